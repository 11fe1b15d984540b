"""`ltm quantize`: a brain's weights in eight bits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltm.cli.fetched import fetched
from ltm.errors import EXIT_OK, LtmError

if TYPE_CHECKING:
    from ltm.brain.brain import Brain
    from ltm.scenes.store import SceneSet

MOST_SCENES = 400


def quantize(
    brain: Annotated[Path, typer.Argument(help="A brain folder, or hf://owner/name.", callback=fetched)],
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
    from ltm.cli.training import console_of
    from ltm.runtime.brains import load_brain, save_brain
    from ltm.runtime.folder import check_target
    from ltm.runtime.listing import inspect_folder
    from ltm.runtime.record import REHEARSAL
    from ltm.runtime.skills import folders_of, has_skills

    if has_skills(brain):
        listed = ", ".join(str(folder) for folder in folders_of(brain).values())
        raise LtmError(f"{brain}: a brain of several skills; quantize one of them: {listed}")
    check_target(out)
    if out.resolve() == brain.resolve():
        raise LtmError(f"--out {out}: is the brain itself; choose another folder")
    before, record = load_brain(brain)
    scenes = _scenes(before, brain, data)
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


def _scenes(brain: Brain, folder: Path, data: str | None) -> SceneSet | None:
    """Returns scenes to judge by: a person's, kept ones, or new ones of the built-in source."""
    import numpy as np

    from ltm.scenes.prepare import generate_scenes, questions_of, read_scenes
    from ltm.scenes.sources import find_source

    source = brain.chart.scenes.source
    if data is not None and find_source(data) is None:
        found = questions_of(brain.chart, read_scenes(brain.chart, Path(data), skip_bad=False).train)
        return found.take(np.arange(min(MOST_SCENES, len(found))))
    if data is None and brain.rehearsal is not None and len(brain.rehearsal.aside):
        return brain.rehearsal.aside
    named = find_source(data or source)
    if named is None or (named.file and data is None):
        return None
    made = generate_scenes(brain.chart, MOST_SCENES, 987_654, data or source, part="test", left_out=[])
    return questions_of(brain.chart, made)


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
