"""How fast this machine is, measured once in about half a minute and kept; and what work takes on such a machine.

Seconds of some work are the sum of three parts: what calling operators costs, whatever they do; numbers that are read
and written; and matrix products, at the rate of the nearest sizes that were measured. Large matrices are measured as
thinking meets them, one after another, so that what memory can't deliver in time is in their rate. Calls are dearer
inside a brain than alone, since Python runs between them: by how much, a few small brains tell.

A calibration is a file, so that one machine can plan for another: `ltm plan --calibrate FILE` there, `--device FILE`
here.
"""

from __future__ import annotations

import math
import os
import statistics
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field, ValidationError
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.base import Part
from ltm.chart.load import load_chart
from ltm.errors import LtmError, first_mistake
from ltm.plan.sample import sample
from ltm.plan.work import Product, Work, thought_work
from ltm.runtime.atomic import write_file
from ltm.runtime.record import processor

ROWS = (1, 16, 64, 256, 1024)
SIDES = (16, 64, 256, 1024)
"""Products `[rows, side]` by `[side, side]` that are measured."""
COLD_BYTES = 64_000_000
"""Matrices of one side take turns until so many bytes have gone by, or eight of them."""
BRAINS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sudoku", ("field.width=32",)),
    ("sudoku", ("field.width=160",)),
    ("universal-transformer", ("field.width=32",)),
    ("universal-transformer", ("field.width=160",)),
    ("maze", ("field.width=24",)),
    ("maze", ("field.width=96",)),
    ("mixture", ("field.width=64",)),
    ("akorn", ("field.width=64",)),
    ("llama-tiny", ("field.width=64", "zones.core.layers=2")),
    ("rwkv7-tiny", ("field.width=64", "zones.core.layers=2")),
)
"""Shipped charts of other sizes than they are shipped in, which tell what calls and numbers cost inside a brain."""
SECONDS_A_MEASUREMENT = 0.1
Seconds = Annotated[float, Field(gt=0)]


class ProductRate(Part):
    """A measured product."""

    rows: Annotated[int, Field(ge=1)]
    side: Annotated[int, Field(ge=1)]
    rate: Annotated[float, Field(gt=0)]
    """Multiply-adds times two a second."""


class Calibration(Part):
    """What was measured of one machine."""

    processor: str
    threads: Annotated[int, Field(ge=1)]
    torch: str
    call: Seconds
    """Calling an operator that computes, beside what it computes; inside a brain."""
    view: Seconds
    """Calling one that only looks at a tensor in another way, likewise."""
    number: Seconds
    """Reading or writing a number, likewise."""
    products: Annotated[tuple[ProductRate, ...], Field(min_length=1)]
    """For all combinations of some rows and some sides."""

    def seconds(self, work: Work) -> float:
        """Returns what work takes on this machine."""
        products = sum(count * self.product_seconds(product) for product, count in work.products.items())
        return work.views * self.view + work.calls * self.call + work.numbers * self.number + products

    def product_seconds(self, product: Product) -> float:
        """Returns what a product takes beside its call."""
        rows, inner, columns = product
        return 2 * rows * inner * columns / self.rate(rows, math.sqrt(inner * columns))

    def rate(self, rows: float, side: float) -> float:
        """Returns the rate between the four nearest measured sizes, on logarithmic scales; at the edge the edge's."""
        table = {(one.rows, one.side): math.log(one.rate) for one in self.products}
        below, above, share = _between(rows, sorted({one.rows for one in self.products}))
        left, right, part = _between(side, sorted({one.side for one in self.products}))
        low = (1 - part) * table[below, left] + part * table[below, right]
        high = (1 - part) * table[above, left] + part * table[above, right]
        return math.exp((1 - share) * low + share * high)


def _between(value: float, known: Sequence[int]) -> tuple[int, int, float]:
    """Returns the neighbours of a value and how far it lies on the way from one to the other."""
    at = bisect_right(known, value)
    if at in (0, len(known)):
        edge = known[0] if at == 0 else known[-1]
        return edge, edge, 0.0
    below, above = known[at - 1], known[at]
    return below, above, math.log(value / below) / math.log(above / below)


def measure(say: Callable[[str], None]) -> Calibration:
    """Measures this machine, with as many threads as PyTorch uses now."""
    say(f"measuring this machine once ({torch.get_num_threads()} threads, about half a minute)")
    with torch.inference_mode():
        small, few = torch.ones(8), torch.ones(8, 8)
        call = timed(lambda: torch.add(small, small))
        view = timed(lambda: few.transpose(0, 1))
        wide = torch.linspace(-2, 2, 40_000).view(200, 200)
        kinds: tuple[Callable[[Tensor], Tensor], ...] = (torch.sigmoid, F.silu, lambda x: x * x, lambda x: x + 1)
        each = statistics.mean(timed(lambda kind=kind: kind(wide)) for kind in kinds)  # type: ignore[misc]
        number = max(each - call, 0.05 * each) / wide.numel()
        tiny = timed(lambda: F.linear(few, few))
        products = tuple(ProductRate(rows=r, side=s, rate=_product_rate(r, s, tiny)) for s in SIDES for r in ROWS)
    alone = Calibration(
        processor=processor(),
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        call=call,
        view=view,
        number=number,
        products=products,
    )
    dearer, slower = _inside(alone)
    inside = {"call": dearer * call, "view": dearer * view, "number": slower * number}
    return alone.model_copy(update=inside)


def _product_rate(rows: int, side: int, call: float) -> float:
    count = max(1, min(8, COLD_BYTES // (4 * side * side)))
    matrices = [torch.ones(side, side) for _ in range(count)]
    left = torch.ones(rows, side)

    def run() -> None:
        for matrix in matrices:
            F.linear(left, matrix)

    seconds = timed(run) / count
    return 2 * rows * side * side / max(seconds - call, 0.05 * seconds)


def _inside(alone: Calibration) -> tuple[float, float]:
    """Returns how many times dearer calls and numbers are inside brains than alone.

    The two that explain the times of some brains best, by least squares of relative errors; neither is below one.
    """
    rows, wanted = [], []
    for name, settings in BRAINS:
        brain = Brain(load_chart(name, settings))
        values = sample(brain.chart, Path())
        work = thought_work(brain, values)
        ticks = 2 * work.segment_ticks
        whole, spent = work.of(ticks), time_thought(brain, values, ticks)
        calls = alone.seconds(Work(whole.views, whole.calls))
        numbers = alone.seconds(Work(numbers=whole.numbers))
        products = alone.seconds(Work(products=whole.products))
        rows.append([calls / spent, numbers / spent])
        wanted.append(1 - products / spent)
    (dearer, slower), *_ = np.linalg.lstsq(np.array(rows), np.array(wanted), rcond=None)
    return max(1.0, float(dearer)), max(1.0, float(slower))


def time_thought(
    brain: Brain, values: dict[str, Tensor], ticks: int, seconds: float = 3 * SECONDS_A_MEASUREMENT
) -> float:
    """Returns the median time of thoughts of so many ticks about one scene, without halting."""
    will = brain.chart.will.model_copy(
        update={"ticks": ticks, "tries": 1, "confidence": 1.0, "ms": None, "operations": None}
    )
    return timed(lambda: think(brain, values, will), seconds)


def timed(run: Callable[[], object], seconds: float = SECONDS_A_MEASUREMENT) -> float:
    """Returns the median time of a call, of at least five; quick ones are timed many at once.

    By the processor time of the thread that calls, which works along with any others that PyTorch uses: what a clock
    would show if nothing else ran.
    """
    run()
    start = time.thread_time()
    run()
    many = max(1, round(1e-4 / max(time.thread_time() - start, 1e-7)))
    times: list[float] = []
    begun = time.thread_time()
    while len(times) < 5 or time.thread_time() - begun < seconds:
        start = time.thread_time()
        for _ in range(many):
            run()
        times.append((time.thread_time() - start) / many)
    return statistics.median(times)


def cache_file() -> Path:
    """Returns where this machine's calibrations are kept: one for each processor, number of threads and PyTorch."""
    base = os.environ.get("XDG_CACHE_HOME")
    folder = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    words = f"{processor()}-{torch.get_num_threads()}-threads-torch-{torch.__version__}"
    name = "".join(letter if letter.isalnum() or letter in "-._" else "-" for letter in words)
    return folder / "ltm" / f"calibration-{name}.json"


def read_calibration(file: Path) -> Calibration:
    """Reads a calibration that some machine wrote.

    Raises:
        LtmError: not such a file.
    """
    try:
        found = Calibration.model_validate_json(file.read_bytes())
    except OSError as problem:
        raise LtmError(f"{file}: can't be read: {problem.strerror or problem}") from None
    except ValidationError as problem:
        raise LtmError(f"{file}: no calibration of ltm plan --calibrate: {first_mistake(problem)}") from None
    sizes = {(one.rows, one.side) for one in found.products}
    if len(sizes) != len({rows for rows, _ in sizes}) * len({side for _, side in sizes}):
        raise LtmError(f"{file}: products must be measured for all combinations of rows and sides")
    return found


def write_calibration(found: Calibration, file: Path) -> None:
    """Writes a calibration, making the folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_file(file, found.model_dump_json(indent=1).encode() + b"\n")


def calibration(again: bool, say: Callable[[str], None]) -> Calibration:
    """Returns this machine's calibration: the kept one, or a new one, which is kept.

    Args:
        again: whether to measure although one is kept.
        say: told when it is measured.
    """
    file = cache_file()
    if not again and file.exists():
        try:
            return read_calibration(file)
        except LtmError as problem:
            say(f"{problem}; measuring anew")
    found = measure(say)
    write_calibration(found, file)
    return found
