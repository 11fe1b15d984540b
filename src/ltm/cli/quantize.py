"""`ltm quantize`: a brain's weights in eight bits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltm.cli.brain_folder import BrainFolder, refuse_several, require_free, require_outside
from ltm.errors import EXIT_OK, LtmError

if TYPE_CHECKING:
    from ltm.brain.brain import Brain
    from ltm.scenes.store import SceneSet

MOST_SCENES = 400


def quantize(
    brain: BrainFolder,
    out: Annotated[Path, typer.Option("--out", "-o", help="Brain folder to write.")],
    data: Annotated[str | None, typer.Option(help="A table or a source to judge by, instead of kept scenes.")] = None,
) -> int:
    """Write a brain's weights in eight bits: a quarter of the bytes, about the same answers.

    Each row of a matrix has a scale of its own. Shows bytes, accuracy and time before and after, on scenes that the
    brain keeps to judge itself by, on new ones of its built-in source, or on your data.

    Example: ltm quantize brain/ -o small/
    """
    from rich import box
    from rich.table import Table

    from ltm.chart.base import format_bytes
    from ltm.cli.judged import scenes_to_judge_by
    from ltm.cli.training import console_of
    from ltm.runtime.brains import load_brain, save_brain
    from ltm.runtime.listing import inspect_folder
    from ltm.runtime.record import REHEARSAL

    refuse_several(brain, "quantize")
    if out.resolve() == brain.resolve():
        raise LtmError(f"--out {out}: is the brain itself; choose another folder")
    require_outside(out, brain)
    require_free(out)
    before, record = load_brain(brain)
    scenes = scenes_to_judge_by(before, data, MOST_SCENES)
    judged = {"before": _judge(before, scenes)}
    before.int8 = True
    save_brain(before, out, {"provenance": record["provenance"], "measured": {}})
    after, _ = load_brain(out)
    judged["after"] = _judge(after, scenes)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("")
    for words in ("bytes of weights", "score", "a thought"):
        table.add_column(words, justify="right", no_wrap=True)
    for when, folder in (("before", brain), ("after", out)):
        files = inspect_folder(folder).files.items()
        size = sum(file.bytes for name, file in files if name.endswith(".safetensors") and name != REHEARSAL)
        table.add_row(when, format_bytes(size), *judged[when])
    console = console_of()
    console.print(table)
    if scenes is None:
        console.print("no scenes to judge by: it keeps none, and none were given (--data)", highlight=False)
    console.print(f"saved {out}/. Next: ltm inspect {out}", highlight=False, markup=False)
    return EXIT_OK


def _judge(brain: Brain, scenes: SceneSet | None) -> tuple[str, str]:
    """Returns how good a brain is, and how long it takes, in words."""
    from ltm.brain.talk import speaks
    from ltm.cli.render import percent
    from ltm.scenes.prepare import scorer_of
    from ltm.training.evaluate import speeds
    from ltm.training.language import language
    from ltm.training.outcome import think_all

    if scenes is None:
        return "-", "-"
    time = f"{speeds(brain, scenes, brain.chart.will, False)['batch_1']['p50_ms']:.1f} ms"
    if speaks(brain.chart):
        told = language(brain, scenes)
        assert told is not None
        unit = "byte" if "bits_per_byte" in told else "symbol"
        return f"{told[f'bits_per_{unit}']:.3f} bits a {unit}", time
    right = think_all(brain, scenes, brain.chart.will, False, scorer_of(brain.chart)).right
    return f"{percent(float(right.mean()))} right of {len(scenes):,}", time
