"""Layers that several kinds of zone share: matrices with explicit initialisation, RMS norm, SwiGLU, rotary positions.

Shapes: B batch, S sites, W width (channels inside a zone), H hidden.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

NORM_EPS = 1e-5


@runtime_checkable
class Initialised(Protocol):
    """A module that draws its own weights from an explicit generator."""

    def initialise(self, generator: torch.Generator) -> None:
        """Fills the module's own parameters and buffers; not those of its children."""


def truncated_normal_(tensor: Tensor, std: float, generator: torch.Generator) -> None:
    """Fills with a normal distribution cut at two standard deviations, rescaled so that `std` is what results."""
    # 0.8796...: standard deviation of a unit normal cut at +-2. The cut is at two of the standard deviations before it.
    uncut = std / 0.87962566103423978
    with torch.no_grad():
        nn.init.trunc_normal_(tensor, std=uncut, a=-2 * uncut, b=2 * uncut, generator=generator)


class Linear(nn.Module):
    """A matrix `[outputs, inputs]` without bias; truncated normal with standard deviation `gain / sqrt(inputs)`."""

    def __init__(self, inputs: int, outputs: int, *, gain: float = 1.0, bias: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None
        self.gain = gain

    def initialise(self, generator: torch.Generator) -> None:
        """Draws the weights; a bias starts at zero."""
        if self.gain == 0:
            nn.init.zeros_(self.weight)
        else:
            truncated_normal_(self.weight, self.gain / math.sqrt(self.weight.shape[1]), generator)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Applies the matrix to the last axis."""
        return F.linear(x, self.weight, self.bias)

    @property
    def operations(self) -> int:
        """Multiply-adds times two for one vector."""
        return 2 * self.weight.numel()


def rms_norm(x: Float[Tensor, "... W"]) -> Float[Tensor, "... W"]:
    """Divides by the root mean square of the last axis, without a learned scale (Zhang and Sennrich 2019)."""
    return F.rms_norm(x, (x.shape[-1],), eps=NORM_EPS)


def field_mean(field_BSD: Float[Tensor, "B S D"], mask_BS: Bool[Tensor, "B S"] | None) -> Float[Tensor, "B D"]:
    """Returns the mean over the sites that exist; zeros where none does, such as those of a goal that nobody named."""
    if mask_BS is None:
        return field_BSD.mean(dim=1)
    weights_BS = mask_BS.to(field_BSD.dtype)
    return (field_BSD * weights_BS[..., None]).sum(1) / weights_BS.sum(1, keepdim=True).clamp_min(1)


class SwiGLU(nn.Module):
    """`down(silu(gate(x)) * up(x))` on the last axis (Shazeer 2020)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate_up = Linear(width, 2 * hidden)
        self.down = Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """Returns a tensor of the same shape."""
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        out: Tensor = self.down(F.silu(gate) * up)
        return out

    @property
    def operations(self) -> int:
        """Multiply-adds times two for one vector."""
        return self.gate_up.operations + self.down.operations


def rotary(
    positions: Float[Tensor, "*B S"],
    dim: int,
    base: float = 10_000.0,
    stretch: Callable[[Tensor], Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """Returns cosines and sines `[*B, S, dim]` of rotary positions (Su et al. 2021), halves laid out side by side.

    Args:
        positions: of the sites, the same for all examples or of each.
        dim: channels that are turned.
        base: of the frequencies.
        stretch: from frequencies to slower ones.
    """
    frequency = 1.0 / (base ** (torch.arange(0, dim, 2, dtype=torch.float32, device=positions.device) / dim))
    frequency = frequency if stretch is None else stretch(frequency)
    angles = positions[..., None] * frequency
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos(), angles.sin()


def rotate(x_BHSK: Tensor, cos_SK: Tensor, sin_SK: Tensor) -> Tensor:
    """Applies rotary positions, `[S, K]` or each example's own, to queries or keys `[B, heads, S, K]`, in fp32."""
    if cos_SK.dim() == 3:
        cos_SK, sin_SK = cos_SK[:, None], sin_SK[:, None]
    x = x_BHSK.float()
    first, second = x.chunk(2, dim=-1)
    return (x * cos_SK + torch.cat((-second, first), dim=-1) * sin_SK).to(x_BHSK.dtype)


def initialise_all(module: nn.Module, generator: torch.Generator) -> None:
    """Draws every weight below `module`, in the order in which modules were registered."""
    for part in module.modules():
        if isinstance(part, Initialised):
            part.initialise(generator)
