"""`ltm export`: a brain as one file that thinks without this package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltm.cli.brain_folder import BrainFolder, refuse_several, require_outside
from ltm.errors import LtmError

if TYPE_CHECKING:
    from ltm.export.export import Exported


def export(
    brain: BrainFolder,
    to: Annotated[str, typer.Option(help="onnx, which runs without torch; torch-export; or executorch.")] = "onnx",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; the brain's name when absent.")
    ] = None,
    ticks: Annotated[int, typer.Option(help="Ticks of every thought.")] = 16,
    size: Annotated[
        list[str] | None, typer.Option(help="Largest value of a sense of open size, as maze=15x15 or text=200.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the noise in the starting state.")] = 0,
    data: Annotated[str | None, typer.Option(help="A table or a source to compare on, instead of kept scenes.")] = None,
    tolerance: Annotated[float, typer.Option(min=0, max=1, help="By which confidence and logits may differ.")] = 1e-4,
) -> None:
    """Write a brain as one file that thinks for a fixed number of ticks; ONNX files run without torch.

    Confidence is one of its outputs, and what goes in and out is described inside. Batches may have any size, but
    executorch files see one scene at a time. Brain and file then think about the same scenes: a file that thinks
    otherwise is not written. Opening a torch-export file runs what is pickled in it: take none from strangers.

    Example: ltm export brain/ --to onnx --ticks 16
    """
    from ltm.chart.document import load_yaml
    from ltm.chart.parse import read_text
    from ltm.cli.judged import scenes_to_judge_by
    from ltm.export.export import TARGETS, export_brain, require_exportable
    from ltm.export.shown import SCENES
    from ltm.export.sizes import asked_sizes
    from ltm.runtime.brains import load_brain
    from ltm.runtime.folder import CHART

    refuse_several(brain, "export")
    loaded, _ = load_brain(brain)
    source = str(brain / CHART)
    document = load_yaml(read_text(brain / CHART), source)
    require_exportable(loaded.chart, to, ticks, document, source)
    file = out or Path(f"{loaded.chart.name}{TARGETS[to].ending}")
    if file.is_dir():
        raise LtmError(f"--out {file}: a folder; expected the name of a file")
    require_outside(file, brain)
    made = export_brain(
        loaded,
        file,
        to,
        ticks=ticks,
        seed=seed,
        sizes=asked_sizes(size or (), loaded),
        scenes=None if data is None else scenes_to_judge_by(loaded, data, SCENES),
        tolerance=tolerance,
        document=document,
        source=source,
    )
    _show(made)


def _show(made: Exported) -> None:
    from rich import box
    from rich.table import Table

    from ltm.chart.base import format_bytes
    from ltm.cli.training import console_of
    from ltm.export.shown import words as of_what

    console, table = console_of(), Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for words in ("", "name", "type", "shape"):
        table.add_column(words)
    for way in ("inputs", "outputs"):
        for name, told in made.told[way].items():
            table.add_row(way[:-1], name, told["dtype"], " × ".join(map(str, told["shape"])))
    console.print(table)
    done = made.compared
    if done is None:
        console.print(f"not verified: {made.unverified}", highlight=False, markup=False)
    else:
        console.print(
            f"verified on {done.scenes} scenes ({of_what(done.of)}): {done.answers} answered as by the brain, "
            f"confidence differs by {done.confidence:.2g} at most, logits by {done.logits:.2g}; a thought takes "
            f"{done.file_ms:.1f} ms, the brain's {done.brain_ms:.1f}",
            highlight=False,
            markup=False,
        )
    size = f"{format_bytes(made.bytes)}, {made.told['ticks']} ticks, made in {made.seconds:.1f} s"
    console.print(f"saved {made.file}: {size}", highlight=False, markup=False)
