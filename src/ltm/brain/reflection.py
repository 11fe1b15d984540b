"""Reflection: the brain's own estimate that its present answer is right, trained on whole-answer correctness.

`head` is TRM's: one matrix read off the field. `evidence` adds what the acts give away: the mean and the lowest
log-probability of the chosen symbols, and how much of the answer changed since the last segment. Both are trained with
binary cross-entropy against "is every cell right", and afterwards calibrated on validation scenes by a scale and a
shift of the logit (Platt 1999).

Shapes: B batch, S sites, D field width, N cells, V symbols, O outputs (one or two).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ltm.chart.schema import ReflectionSpec
from ltm.zones.layers import Linear, field_mean


class Reflection(nn.Module):
    """Weights of the confidence read-out."""

    def __init__(self, spec: ReflectionSpec, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.read = None if spec.kind == "none" else Linear(width, spec.outputs, gain=0.0, bias=True)
        self.evidence = nn.Parameter(torch.empty(3)) if spec.kind == "evidence" else None
        self.scale: Tensor
        self.shift: Tensor
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("shift", torch.zeros(()))

    def initialise(self, generator: torch.Generator) -> None:
        """Starts uncalibrated; evidence starts at unit weight on the mean log-probability."""
        with torch.no_grad():
            self.scale.fill_(1.0)
            self.shift.fill_(0.0)
            if self.evidence is not None:
                self.evidence.copy_(torch.tensor([1.0, 0.1, 0.0]))

    def start_bias(self) -> None:
        """Sets the starting bias; called after all weights are drawn, since matrices zero theirs."""
        if self.read is not None and self.read.bias is not None:
            nn.init.constant_(self.read.bias, self.spec.bias)

    def forward(
        self,
        field_BSD: Float[Tensor, "B S D"],
        logits: Mapping[str, Tensor],
        answers: Mapping[str, Tensor],
        exists: Mapping[str, Tensor | None],
        changed_B: Float[Tensor, " B"],
        mask_BS: Tensor | None,
    ) -> Float[Tensor, "B O"]:
        """Returns the logit that the whole answer is right, and with two outputs that it will be if thinking goes on.

        Args:
            field_BSD: the field, prefix included.
            logits: each act's logits `[B, N, V]`.
            answers: what each act chose by them `[B, N]`, which need not be the likeliest.
            exists: for each act, which cells exist `[B, N]`; None when all do.
            changed_B: share of cells whose answer changed since the last segment; 1 at the first.
            mask_BS: which sites exist; None when all do.
        """
        mean_B, least_B = log_probability(logits, answers, exists)
        if self.read is None:
            return mean_B.exp().clamp(1e-6, 1 - 1e-6).logit()[:, None]
        held_BD = field_BSD[:, 0] if self.spec.read == "first" else field_mean(field_BSD, mask_BS)
        logits_BO: Tensor = self.read(held_BD).float()
        if self.evidence is not None:
            # Logarithms of how unsure: spread over orders of magnitude near certainty, where it matters.
            parts = torch.stack((_doubt(mean_B), _doubt(least_B), 1 - 10 * changed_B.clamp(max=0.2)), dim=-1)
            logits_BO = logits_BO + (parts * self.evidence).sum(-1, keepdim=True)
        return logits_BO

    def confidence(self, logit_B: Float[Tensor, " B"]) -> Float[Tensor, " B"]:
        """Returns the calibrated probability in [0, 1]."""
        return torch.sigmoid(logit_B.float() * self.scale + self.shift)


def _doubt(log_probability_B: Tensor) -> Tensor:
    """Maps a log-probability to -0.8 (no idea which of ten symbols; less of more) up to 10 (certain)."""
    return -torch.log((-log_probability_B).clamp_min(4.5e-5))


def log_probability(
    logits: Mapping[str, Tensor], answers: Mapping[str, Tensor], exists: Mapping[str, Tensor | None]
) -> tuple[Float[Tensor, " B"], Float[Tensor, " B"]]:
    """Returns the mean and the lowest log-probability of the chosen symbols over all cells of all acts, detached."""
    chosen = []
    for name, logits_BNV in logits.items():
        told_BN = F.log_softmax(logits_BNV.detach().float(), dim=-1).gather(-1, answers[name][..., None])[..., 0]
        there = exists[name]
        chosen.append(told_BN if there is None else told_BN.masked_fill(~there, torch.nan))
    all_BN = torch.cat(chosen, dim=1)
    least_B = torch.nan_to_num(all_BN, nan=0.0).amin(1)
    # Where no cell exists, nothing can be wrong.
    return torch.nan_to_num(torch.nanmean(all_BN, dim=1), nan=0.0), least_B
