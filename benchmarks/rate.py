"""Training rate: operations a second of our step beside this machine's best matrix product, and beside a plain loop.

python -m benchmarks.rate

The plain loop is the same network written out by hand (no zones, field, wave or slots), trained by the same optimiser.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.common import chart_of, table, write
from ltm.brain.brain import Brain
from ltm.chart.size import Sizes
from ltm.scenes.prepare import generate_scenes
from ltm.training.machine import rates
from ltm.training.optimiser import Optimiser
from ltm.training.plan import compiled_segment
from ltm.training.slots import Slots
from ltm.training.step import learn


class Plain(nn.Module):
    """The network of `sudoku.yaml`, by hand."""

    def __init__(self, brain: Brain) -> None:
        super().__init__()
        self.weights = nn.ParameterDict(
            {name.replace(".", "/"): nn.Parameter(w.detach().clone()) for name, w in brain.named_parameters()}
        )
        spec = next(iter(brain.chart.zones.values()))
        self.zone = next(iter(brain.chart.zones))
        self.layers, self.ticks = spec.layers, brain.chart.training.ticks  # type: ignore[attr-defined]
        places = brain.layout.places({"puzzle": torch.zeros(1, 9, 9, dtype=torch.uint8)})
        self.register_buffer("pools", torch.stack([places.pool(window) for window in spec.windows]))  # type: ignore[attr-defined]

    def w(self, name: str) -> Tensor:
        return self.weights[name.replace(".", "/")]

    def forward(self, field: Tensor, own: Tensor, puzzle: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        def norm(x: Tensor) -> Tensor:
            return F.rms_norm(x, (x.shape[-1],), eps=1e-5)

        width = field.shape[-1]
        seen = F.embedding(puzzle.long(), self.w("senses.puzzle.symbol"))
        if "senses/puzzle/row" in self.weights:
            seen = seen + self.w("senses.puzzle.row")[:, None] + self.w("senses.puzzle.column")[None]
        seen = (seen * width**0.5).flatten(1, 2)
        at = f"circuit.zones.{self.zone}."
        for tick in range(self.ticks):
            fast = tick % 4 < 3
            x = field + own + (seen + self.w(at + "roles.fast") if fast else self.w(at + "roles.slow"))
            for layer in range(self.layers):
                gate, up = F.linear(x, self.w(f"{at}body.mixing.{layer}.gate_up.weight")).chunk(2, -1)
                shares = torch.tensor_split(F.silu(up), 3, dim=-1)
                heard = torch.cat([p.to(s.dtype) @ s for p, s in zip(self.pools, shares, strict=True)], -1)
                x = norm(x + F.linear(torch.sigmoid(gate) * heard, self.w(f"{at}body.mixing.{layer}.down.weight")))
                gate, up = F.linear(x, self.w(f"{at}body.channels.{layer}.gate_up.weight")).chunk(2, -1)
                x = norm(x + F.linear(F.silu(gate) * up, self.w(f"{at}body.channels.{layer}.down.weight")))
            field, own = (field, x) if fast else (x, own)
        logits = F.linear(field, self.w("acts.solution.read.weight")).float()
        right = F.linear(field.mean(1), self.w("reflection.read.weight"), self.w("reflection.read.bias")).float()
        return field, own, logits, right[:, 0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=5, help="steps a round")
    given = parser.parse_args()
    chart = chart_of("sudoku")
    scenes = generate_scenes(chart, 512, 0)
    batch = chart.training.batch
    operations = 3 * batch * Sizes.of(chart).segment  # forward once, backward twice as much
    peak = rates()
    bf16 = peak.bf16 > peak.fp32
    brain = Brain(chart)
    slots = Slots(brain, scenes, torch.Generator().manual_seed(0), torch.bfloat16 if bf16 else torch.float32)
    optimiser = Optimiser(brain, chart.training)
    segment = compiled_segment(chart)

    def ours() -> None:
        learn(brain, slots, optimiser, segment, bf16, 0, 1000)

    plain = Plain(Brain(chart))
    matrices = [w for name, w in plain.weights.items() if w.ndim == 2 and name.startswith("circuit")]
    others = [w for w in plain.weights.values() if not any(w is m for m in matrices)]
    muon = torch.optim.Muon(matrices, lr=3e-3, adjust_lr_fn="match_rms_adamw")
    adamw = torch.optim.AdamW(others, lr=3e-3, fused=True)
    forward = torch.compile(plain)
    lanes = slots.mind.lanes
    carried = [lanes.field.detach().clone(), lanes.own[plain.zone].detach().clone()]

    def hand() -> None:
        puzzle, solution = slots.values["puzzle"], slots.values["solution"].flatten().long()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            field, own, logits, right = forward(*carried, puzzle)
        same = (logits.argmax(-1).flatten() == solution).view(batch, -1).all(1).float()
        loss = F.cross_entropy(logits.flatten(0, 1), solution) + 0.1 * F.binary_cross_entropy_with_logits(right, same)
        torch.autograd.backward(loss)
        for part in (muon, adamw):
            part.step()
            part.zero_grad(set_to_none=True)
        carried[:] = field.detach(), own.detach()

    times = alternate({"ours": ours, "by hand": hand}, given.rounds, given.steps)
    rows, result = [], {}
    for name, seconds in times.items():
        median = statistics.median(seconds)
        share = operations / median / peak.best
        result[name] = {"seconds_a_step": median, "all": seconds, "rate": operations / median, "share": share}
        rows.append([name, f"{median:.3f}", f"{operations / median / 1e9:.0f}", f"{share:.2f}"])
    ratio = statistics.median(h / o for h, o in zip(times["by hand"], times["ours"], strict=True))
    precision = "bf16" if bf16 else "fp32"
    table(
        f"a training step in {precision}; best matrix product {peak.best / 1e9:.0f} G operations a second "
        f"(fp32 {peak.fp32 / 1e9:.0f}, bf16 {peak.bf16 / 1e9:.0f}); by hand / ours {ratio:.2f}",
        ["", "s a step", "G operations/s", "share of the best"],
        rows,
    )
    rated = {"fp32": peak.fp32, "bf16": peak.bf16}
    found = {"command": "python -m benchmarks.rate", "peak": rated, "steps": result, "hand_over_ours": ratio}
    write(f"rate-{precision}", found)


def alternate(steps: dict[str, Callable[[], None]], rounds: int, count: int) -> dict[str, list[float]]:
    """Times the candidates in turn, so that a machine that slows down slows them alike."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step in steps.values():
            for _ in range(3):
                step()
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            for _ in range(count):
                step()
            times[name].append((time.perf_counter() - start) / count)
    return times


if __name__ == "__main__":
    main()
