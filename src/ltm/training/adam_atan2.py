"""AdamATan2: Adam whose quotient is replaced by an arctangent (Everett et al. 2024, arXiv 2407.05872).

`atan2(m, sqrt(v))` needs no epsilon and can't blow up. Bias corrections stand where HRM's and TRM's optimiser has
them: the first moment's outside the arctangent. Other implementations put it inside and scale by 4/pi.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class AdamATan2(torch.optim.Optimizer):
    """Adam with an arctangent and decoupled weight decay.

    Args:
        weights: what is trained.
        lr: step size.
        betas: decay of the averages of the gradient and of its square.
        weight_decay: share of a weight, times `lr`, that is taken off before each step.
    """

    def __init__(
        self, weights: Iterable[Tensor], lr: float, betas: tuple[float, float], weight_decay: float = 0.0
    ) -> None:
        super().__init__(weights, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Moves every weight that has a gradient; a closure is not supported."""
        assert closure is None
        for group in self.param_groups:
            slow, slower = group["betas"]
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["step"] = torch.zeros(())
                    state["mean"], state["square"] = torch.zeros_like(weight), torch.zeros_like(weight)
                state["step"] += 1
                step = int(state["step"])
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                state["mean"].lerp_(weight.grad, 1 - slow)
                state["square"].lerp_(weight.grad.square(), 1 - slower)
                size = (state["square"] / (1 - slower**step)).sqrt_()
                weight.add_(torch.atan2(state["mean"], size), alpha=-group["lr"] / (1 - slow**step))
