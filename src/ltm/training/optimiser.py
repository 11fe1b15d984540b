"""The optimiser: Muon for matrices inside zones, AdamW for the rest, a warm-up and cosine schedule, averaged weights.

Muon orthogonalises each matrix's update (Jordan 2024); `match_rms_adamw` scales it so that AdamW's rates fit
(Liu et al. 2025).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from ltm.chart.schema import TrainingSpec
from ltm.training.adam_atan2 import AdamATan2


class Optimiser:
    """Optimisers, schedule and averaged weights of one brain.

    Args:
        brain: or several in one module; the parameters that need no gradient are left alone.
        spec: rates, decay and so on.
    """

    def __init__(self, brain: nn.Module, spec: TrainingSpec) -> None:
        self.spec = spec
        named = {name: weight for name, weight in brain.named_parameters() if weight.requires_grad}
        inner = (".circuit.zones.", ".steps.transition.")
        matrices = [w for name, w in named.items() if w.ndim == 2 and any(part in f".{name}" for part in inner)]
        if spec.optimiser != "muon":
            matrices = []
        ids = {id(weight) for weight in matrices}
        rest = [weight for weight in named.values() if id(weight) not in ids]
        self.parts: list[torch.optim.Optimizer] = []
        if matrices:
            self.parts.append(
                torch.optim.Muon(matrices, lr=spec.rate, weight_decay=spec.weight_decay, adjust_lr_fn="match_rms_adamw")
            )
        if rest and spec.optimiser == "adam-atan2":
            self.parts.append(AdamATan2(rest, lr=spec.rate, weight_decay=spec.weight_decay, betas=spec.betas))
        elif rest:
            self.parts.append(
                torch.optim.AdamW(rest, lr=spec.rate, weight_decay=spec.weight_decay, betas=spec.betas, fused=True)
            )
        self.weights = list(named.values())
        self.average = [weight.detach().clone() for weight in self.weights]
        self.names = list(named)

    def rate(self, step: int, steps: int) -> float:
        """Returns the rate at a step (from 0): linear warm-up, then cosine decay to the floor."""
        spec = self.spec
        warm = min(1.0, (step + 1) / max(1, min(spec.warmup, steps // 4)))
        decay = 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, steps))))
        return spec.rate * warm * (spec.floor + (1 - spec.floor) * decay)

    def gradients_are_numbers(self) -> bool:
        """Returns whether no gradient holds NaN or infinity."""
        gradients = [weight.grad for weight in self.weights if weight.grad is not None]
        return bool(torch.stack(torch._foreach_norm(gradients)).isfinite().all()) if gradients else True

    def step(self, step: int, steps: int) -> None:
        """Applies the gradients and forgets them; moves the averaged weights."""
        if self.spec.clip is not None:
            nn.utils.clip_grad_norm_(self.weights, self.spec.clip)
        rate = self.rate(step, steps)
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()
            part.zero_grad(set_to_none=True)
        keep = min(self.spec.ema, (step + 1) / (step + 10)) if self.spec.ema_warmup else self.spec.ema
        with torch.no_grad():
            torch._foreach_lerp_(self.average, [weight.detach() for weight in self.weights], 1 - keep)

    def averaged(self) -> dict[str, Tensor]:
        """Returns the averaged weights by name."""
        return dict(zip(self.names, self.average, strict=True))

    def swap(self) -> None:
        """Exchanges the trained weights with the averaged ones, in place; a second call undoes it."""
        with torch.no_grad():
            for weight, average in zip(self.weights, self.average, strict=True):
                held = weight.detach().clone()
                weight.copy_(average)
                average.copy_(held)

    def state(self) -> dict[str, Any]:
        """Returns everything that a resumed run needs, as nested dictionaries of tensors and numbers."""
        return {"parts": [part.state_dict() for part in self.parts], "average": self.averaged()}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""
        for part, saved in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(saved)
        with torch.no_grad():
            for name, average in zip(self.names, self.average, strict=True):
                average.copy_(state["average"][name])
