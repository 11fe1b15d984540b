"""Waves: which roles fire at a tick.

`all` and `rhythm` follow a fixed schedule. `sync`, `top-k` and `random` choose for every example: `sync` by oscillators
(Kuramoto 1975) that the field pushes, `top-k` by a learned router (Shazeer et al. 2017), `random` as the control.
Where there are many roles they pull one another through a few common phases, so that what a choice takes grows with
the roles and not with their pairs: at one common phase that is Kuramoto's own mean field.

A router alone soon sends everything to the few roles that happened to be picked first. So while learning, roles picked
too seldom are favoured a little more at every tick, the others less (Wang et al. 2024, arXiv 2408.15664).

Shapes: B batch, S sites, D field width, R roles, C common phases.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ltm.brain.lanes import Lanes
from ltm.chart.circuit import WaveSpec
from ltm.zones.layers import Linear, field_mean, truncated_normal_

BALANCE_STEP = 0.01
"""By how much a role's favour changes at a tick, beside scores that sum to one."""

COMMON = 16
"""Phases through which more than twice as many roles pull one another."""


class DynamicWave(nn.Module):
    """A policy that chooses, for every example, which roles fire.

    Args:
        spec: the declaration; policy `sync`, `top-k` or `random`.
        roles: how many there are.
        width: channels of the field.

    Attributes:
        router: from the field to what speaks for each role; none where chance chooses.
        frequency: natural frequency of each role's oscillator, in radians a tick `[R]`.
        pull: how strongly each role is pulled by the phase of each other `[R, R]`; where there are many roles, by each
            common phase `[R, C]`.
        gather: how much each role's phase adds to the common ones `[C, R]`, where there are many.
        favour_R: what balances how often roles are chosen by `top-k`.
    """

    def __init__(self, spec: WaveSpec, roles: int, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.roles = roles
        self.router = None if spec.policy == "random" else Linear(width, roles, bias=True)
        sync = spec.policy == "sync"
        self.frequency = nn.Parameter(torch.empty(roles)) if sync else None
        many = roles > 2 * COMMON
        self.pull = nn.Parameter(torch.empty(roles, COMMON if many else roles)) if sync else None
        self.gather = nn.Parameter(torch.empty(COMMON, roles)) if sync and many else None
        self.favour_R: Tensor | None
        self.register_buffer("favour_R", torch.zeros(roles) if spec.policy == "top-k" else None)

    def initialise(self, generator: torch.Generator) -> None:
        """Spreads natural frequencies over one turn in `roles` ticks; couplings start near zero; none is favoured."""
        if self.favour_R is not None:
            self.favour_R.zero_()
        if self.frequency is not None and self.pull is not None:
            with torch.no_grad():
                self.frequency.fill_(2 * math.pi * self.spec.fire / self.roles)
            std = 0.1
            if self.gather is not None:  # the product of both is to vary as much
                std = math.sqrt(std / math.sqrt(COMMON))
                truncated_normal_(self.gather, std, generator)
            truncated_normal_(self.pull, std, generator)

    def start(self, batch: int) -> Tensor | None:
        """Returns starting phases `[B, R]`, spread evenly so that roles take turns; None without oscillators."""
        if self.spec.policy != "sync":
            return None
        return (-2 * math.pi * torch.arange(self.roles) / self.roles).expand(batch, -1).clone()

    def choose(
        self, lanes: Lanes, mask_BS: Bool[Tensor, "B S"] | None
    ) -> tuple[Bool[Tensor, "B R"], Float[Tensor, "B R"]]:
        """Chooses exactly `fire` roles for each example; moves the phases, and while learning the favour of roles.

        Args:
            lanes: whose field, at the sites that exist, says who is chosen.
            mask_BS: which do; None where all.

        Returns:
            Which roles fire, and factors equal to one through which the choice gets its gradient (straight-through).
        """
        if self.router is None:
            batch = lanes.field.shape[0]
            scores_BR = torch.rand(batch, self.roles, generator=lanes.generator)
        else:
            drive_BR = self.router(field_mean(lanes.field.float(), mask_BS))
            if lanes.phases is None:
                scores_BR = torch.softmax(drive_BR, dim=-1)
            else:
                lanes.phases = self._turn(lanes.phases, drive_BR)
                scores_BR = torch.cos(lanes.phases)
        ranked_BR = scores_BR if self.favour_R is None else scores_BR.detach() + self.favour_R
        chosen = ranked_BR.topk(min(self.spec.fire, self.roles), dim=-1).indices
        fired_BR = torch.zeros_like(scores_BR, dtype=torch.bool).scatter_(1, chosen, True)
        if self.favour_R is not None and self.training and torch.is_grad_enabled():
            share_R = fired_BR.float().mean(0)
            self.favour_R += BALANCE_STEP * torch.sign(share_R.mean() - share_R)
        return fired_BR, 1 + scores_BR - scores_BR.detach()

    def foreseen(self, lanes: Lanes) -> Bool[Tensor, "B R"] | None:
        """Returns which roles will fire at the next tick, where that is known already; what is drawn then is the same.

        No promise: where something else draws in between, such as chance inside a zone or a restless mind, others fire.
        What a router or oscillators will choose depends on the field, which is still moving: None.
        """
        if self.router is not None or lanes.generator is None:
            return None
        state = lanes.generator.get_state()
        fired_BR, _ = self.choose(lanes, None)  # by chance, whatever exists
        lanes.generator.set_state(state)
        return fired_BR

    def _turn(self, phases_BR: Tensor, drive_BR: Tensor) -> Tensor:
        assert self.frequency is not None and self.pull is not None
        # The sum of pull[i, j] sin(phase j - phase i) over j, without a sine for every pair.
        sine_BR, cosine_BR = torch.sin(phases_BR), torch.cos(phases_BR)
        phases_2BR = torch.stack((sine_BR, cosine_BR))
        gathered = phases_2BR if self.gather is None else F.linear(phases_2BR, self.gather)
        sines_BR, cosines_BR = F.linear(gathered, self.pull)
        pulled_BR = cosine_BR * sines_BR - sine_BR * cosines_BR
        turned = phases_BR + self.frequency + pulled_BR * (self.spec.coupling / self.roles) + torch.tanh(drive_BR)
        return torch.remainder(turned, 2 * math.pi)

    def operations(self) -> int:
        """Operations of one choice for one example."""
        pulls = sum(4 * weights.numel() for weights in (self.pull, self.gather) if weights is not None)
        return pulls + (0 if self.router is None else self.router.operations)


def roles_in(fired_BR: Tensor) -> list[int]:
    """Returns the numbers of the roles that fire for any example."""
    numbers: list[int] = fired_BR.any(0).nonzero().flatten().tolist()
    return numbers
