"""A brain as one file that thinks for a fixed number of ticks, without this package."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ltm.brain.brain import Brain
from ltm.chart.document import Document
from ltm.chart.locate import refuse
from ltm.chart.schema import Chart, WillSpec
from ltm.errors import DataError, LtmError, nearest
from ltm.export.compare import Compared, Run, compare
from ltm.export.describe import description
from ltm.export.executorch_file import executorch_bytes, run_executorch
from ltm.export.graph import SEE, Sizes, ThoughtGraph, blank
from ltm.export.limits import MOST_TICKS, hindrances
from ltm.export.onnx_file import onnx_bytes, run_onnx
from ltm.export.sizes import sizes_of
from ltm.export.torch_file import run_torch, torch_bytes
from ltm.runtime.atomic import write_file
from ltm.scenes.store import SceneSet

Writer = Callable[[torch.export.ExportedProgram, Mapping[str, Any]], bytes]


class Target(NamedTuple):
    """A kind of file.

    Attributes:
        ending: of its name.
        write: makes one.
        run: runs one.
        batch: how many scenes it thinks about at a time; any number when absent.
    """

    ending: str
    write: Writer
    run: Callable[[bytes, int], Run]
    batch: int | None = None


TARGETS: dict[str, Target] = {
    "onnx": Target(".onnx", onnx_bytes, run_onnx),
    "torch-export": Target(".pt2", torch_bytes, run_torch),
    "executorch": Target(".pte", executorch_bytes, run_executorch, batch=1),
}
TOLERANCE = 1e-4
"""By which confidence and logits may differ."""


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        file: where.
        bytes: its size.
        seconds: that making it took, without comparing.
        told: its description, as it holds it.
        compared: how it thinks beside the brain; None where it couldn't be run.
        unverified: why it couldn't; otherwise empty.
    """

    file: Path
    bytes: int
    seconds: float
    told: dict[str, Any]
    compared: Compared | None
    unverified: str = ""


def export_brain(
    brain: Brain,
    file: Path | str,
    to: str = "onnx",
    *,
    ticks: int = 16,
    seed: int = 0,
    sizes: Mapping[str, tuple[int, ...]] | None = None,
    scenes: SceneSet | None = None,
    tolerance: float = TOLERANCE,
    document: Document | None = None,
    source: str = "chart",
) -> Exported:
    """Writes a brain as a file that thinks for a fixed number of ticks, and checks that it thinks as the brain does.

    The file does what `think` does for a scene by itself, with one try and without halting.

    Args:
        brain: whose thinking it is.
        file: where to write; an existing one is replaced.
        to: `onnx`, `torch-export` or `executorch`.
        ticks: of every thought.
        seed: of the noise in the starting state.
        sizes: of what is seen, where the chart leaves that open; as large as the largest kept scene when absent.
        scenes: to compare on; kept ones when absent. Where they are fewer than 100, others beside them.
        tolerance: by which confidence and logits may differ on these.
        document: the chart as it was written, to locate what can't be exported.
        source: what to call the chart in messages.

    Raises:
        ChartError: the brain has parts that can't be exported; says where they stand in the chart.
        DataError: a library is missing, or a size is open.
        LtmError: the file would think otherwise than the brain, or can't be written.
    """
    require_exportable(brain.chart, to, ticks, document, source)
    target, chart = TARGETS[to], brain.chart
    will = WillSpec(ticks=ticks, tries=1, confidence=1, noise=chart.will.noise, patience=chart.will.patience)
    whole, start = sizes_of(brain, sizes or {}), time.perf_counter()
    told = description(brain, whole, ticks, seed, target.batch)
    content = target.write(exported_program(brain, will, whole, seed, target.batch), told)
    seconds = time.perf_counter() - start
    compared, unverified = None, ""
    try:
        run = target.run(content, torch.get_num_threads())
    except DataError as problem:
        unverified = str(problem)
    else:
        compared = compare(brain, run, will, whole, seed, scenes)
        compared.require(tolerance)
    write_file(Path(file), content)
    return Exported(Path(file), len(content), seconds, told, compared, unverified)


def require_exportable(
    chart: Chart, to: str, ticks: int, document: Document | None = None, source: str = "chart"
) -> None:
    """Refuses what `export_brain` can't do before anything is made; see there."""
    if to not in TARGETS:
        raise LtmError(f"--to {to[:40]}: expected one of {', '.join(TARGETS)}{nearest(to, TARGETS)}")
    if not 1 <= ticks <= MOST_TICKS:
        raise LtmError(f"--ticks {ticks}: expected 1 to {MOST_TICKS}, since every tick is laid out in the file")
    refuse(hindrances(chart, to), document, source)


def exported_program(
    brain: Brain, will: WillSpec, sizes: Sizes, seed: int, batch: int | None = None
) -> torch.export.ExportedProgram:
    """Returns the graph of a thought, for batches of that size, or of any."""
    graph = ThoughtGraph(brain, will, sizes, seed).eval()
    # Where any will do, of two scenes: a batch of one would be taken for a constant.
    seen = {SEE + name: value for name, value in blank(brain, sizes, batch or 2).items()}
    free = {name: {0: torch.export.Dim("batch")} for name in seen}
    with torch.no_grad():
        return torch.export.export(graph, (seen,), dynamic_shapes=None if batch else {"seen": free}, strict=False)
