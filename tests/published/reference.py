"""TRM and HRM written once more, from the papers' recipes alone and with nothing of `ltm`, for comparison.

Positions come first as the papers number them: the puzzle embedding's slots, then the 81 cells. Everything is fp32.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def rms_norm(x: Tensor, eps: float = 1e-5) -> Tensor:
    return x * (x.square().mean(-1, keepdim=True) + eps).rsqrt()


class GatedMLP(nn.Module):
    """SwiGLU; the inner size is two thirds of four times the width, rounded up to a multiple of 256."""

    def __init__(self, size: int) -> None:
        super().__init__()
        inner = math.ceil(round(4 * size * 2 / 3) / 256) * 256
        self.gate = nn.Linear(size, inner, bias=False)
        self.up = nn.Linear(size, inner, bias=False)
        self.down = nn.Linear(inner, size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Attention(nn.Module):
    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(size, size, bias=False) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        batch, length, size = x.shape
        each = size // self.heads
        q, k, v = (
            part(x).reshape(batch, length, self.heads, each).transpose(1, 2) for part in (self.q, self.k, self.v)
        )
        angle = torch.arange(length)[:, None] / 10_000 ** (torch.arange(each // 2) / (each // 2))[None]
        turn = torch.polar(torch.ones_like(angle), angle)  # rotary positions as complex numbers

        def rotated(u: Tensor) -> Tensor:
            u = torch.complex(u[..., : each // 2].contiguous(), u[..., each // 2 :].contiguous()) * turn
            return torch.cat((u.real, u.imag), -1)

        scores = rotated(q) @ rotated(k).transpose(-1, -2) / math.sqrt(each)
        return self.o((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, size))


class Block(nn.Module):
    """Post-norm: mixing over positions, then over channels."""

    def __init__(self, size: int, heads: int, length: int | None) -> None:
        super().__init__()
        self.attention = Attention(size, heads) if length is None else None
        self.positions = None if length is None else GatedMLP(length)
        self.channels = GatedMLP(size)

    def forward(self, x: Tensor) -> Tensor:
        if self.attention is not None:
            x = rms_norm(x + self.attention(x))
        if self.positions is not None:
            turned = x.transpose(1, 2)
            x = rms_norm(turned + self.positions(turned)).transpose(1, 2)
        return rms_norm(x + self.channels(x))


class Net(nn.Module):
    def __init__(self, layers: int, size: int, heads: int, length: int | None = None) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(size, heads, length) for _ in range(layers))

    def forward(self, state: Tensor, injected: Tensor) -> Tensor:
        x = state + injected
        for block in self.blocks:
            x = block(x)
        return x


class Reasoner(nn.Module):
    """What TRM and HRM share: symbols in and out, the halting head, starting states, slots before the cells."""

    def __init__(self, size: int = 512, slots: int = 16, symbols: int = 11, cells: int = 81) -> None:
        super().__init__()
        self.size, self.slots, self.cells = size, slots, cells
        self.embed = nn.Embedding(symbols, size)
        self.out = nn.Linear(size, symbols, bias=False)
        self.q = nn.Linear(size, 2)
        self.register_buffer("start_high", torch.randn(size))
        self.register_buffer("start_low", torch.randn(size))
        self.register_buffer(
            "puzzle", torch.zeros(size)
        )  # the embedding of the one puzzle identifier, zero at the start

    def draw(self) -> None:
        """Weights with a standard deviation of one over the root of their inputs, symbols of one over the width's."""
        for part in self.modules():
            if isinstance(part, nn.Linear | nn.Embedding):
                nn.init.trunc_normal_(part.weight, std=part.weight.shape[1] ** -0.5)
        nn.init.zeros_(self.q.weight)
        nn.init.constant_(self.q.bias, -5.0)

    def seen(self, cells: Tensor) -> Tensor:
        """The puzzle's embedding comes first, then empty slots, then the cells."""
        cells = self.embed(cells.long())
        slots = F.pad(self.puzzle[None], (0, 0, 0, self.slots - 1)).expand(cells.shape[0], -1, -1)
        return math.sqrt(self.size) * torch.cat((slots, cells), 1)

    def start(self, batch: int) -> tuple[Tensor, Tensor]:
        shape = (batch, self.slots + self.cells, self.size)
        return self.start_high.expand(shape), self.start_low.expand(shape)

    def read(self, high: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns logits of the cells, and the logits of halting and of continuing."""
        halt, go_on = self.q(high[:, 0]).unbind(-1)
        return self.out(high)[:, self.slots :], halt, go_on

    def segment(self, high: Tensor, low: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
        """Thinks once; returns both states."""
        raise NotImplementedError

    def worth_going_on(self, high: Tensor, low: Tensor, cells: Tensor, last: bool) -> Tensor:
        """HRM's target of the logit of continuing: the best of the next segment's two, at the end its first."""
        with torch.no_grad():
            _, halt, go_on = self.read(self.segment(high, low, cells)[0])
        return torch.sigmoid(halt if last else torch.maximum(halt, go_on))


class TRM(Reasoner):
    """One net of two blocks; rounds of some updates of z and one of y, gradient through the last round."""

    def __init__(
        self,
        *,
        attention: bool,
        size: int = 512,
        heads: int = 8,
        symbols: int = 11,
        cells: int = 81,
        cycles: tuple[int, int] = (3, 6),
    ) -> None:
        super().__init__(size, symbols=symbols, cells=cells)
        self.cycles = cycles
        self.net = Net(2, size, heads, None if attention else self.slots + cells)
        self.draw()

    def segment(self, y: Tensor, z: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
        x = self.seen(cells)
        rounds, updates = self.cycles
        for turn in range(rounds):
            with torch.set_grad_enabled(turn == rounds - 1):
                for _ in range(updates):
                    z = self.net(z, y + x)
                y = self.net(y, z)
        return y, z


class HRM(Reasoner):
    """Two nets of four blocks; two rounds of two low updates and one high; the last of each has gradient."""

    def __init__(self, size: int = 512, heads: int = 8, symbols: int = 11, cells: int = 81) -> None:
        super().__init__(size, 1, symbols, cells)
        self.low, self.high = Net(4, size, heads), Net(4, size, heads)
        self.draw()

    def segment(self, high: Tensor, low: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
        x = self.seen(cells)
        with torch.no_grad():
            low = self.low(self.low(low, high + x), high + x)
            high = self.high(high, low)
            low = self.low(low, high + x)
        low = self.low(low, high + x)
        return self.high(high, low), low


def stablemax_cross_entropy(logits: Tensor, wanted: Tensor) -> Tensor:
    """Mean over cells; the sum of a puzzle's cells over their number, as published."""
    logits = logits.double()
    s = torch.where(logits < 0, 1 / (1 - logits), logits + 1)
    p = s.gather(-1, wanted.long()[..., None])[..., 0] / s.sum(-1)
    return -p.log().mean()


class AdamATan2:
    """The published optimiser, one weight at a time, in numbers."""

    def __init__(self, weights: list[Tensor], rate: float, decay: float) -> None:
        self.weights, self.rate, self.decay, self.count = weights, rate, decay, 0
        self.m = [torch.zeros_like(weight) for weight in weights]
        self.v = [torch.zeros_like(weight) for weight in weights]

    def step(self, gradients: list[Tensor]) -> None:
        self.count += 1
        for i, gradient in enumerate(gradients):
            self.m[i] = 0.9 * self.m[i] + 0.1 * gradient
            self.v[i] = 0.95 * self.v[i] + 0.05 * gradient**2
            denominator = self.v[i].sqrt() / math.sqrt(1 - 0.95**self.count)
            kept = self.weights[i] * (1 - self.rate * self.decay)
            self.weights[i] = kept - self.rate / (1 - 0.9**self.count) * torch.atan2(self.m[i], denominator)
