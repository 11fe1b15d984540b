"""`ltm take`: one skill of a brain, as a brain of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ltm.cli.brain_folder import fetched, require_free, require_outside

WILL = "will."


def take(
    brain: Annotated[
        Path,
        typer.Argument(help="A brain folder; or hf://owner/name, or sudoku: the one that ships.", callback=fetched),
    ],
    skill: Annotated[str, typer.Argument(help="Which skill; of a brain that has but one, its name.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Brain folder to write.")],
    settings: Annotated[
        list[str] | None, typer.Argument(help="Settings of its will that replace its own, such as will.ms=200.")
    ] = None,
) -> None:
    """Take a skill out of a brain, whole: what it shares with other skills is copied. The brain stays as it is.

    Example: ltm take both/ digits -o digits/
    """
    from ltm.chart.load import load_chart
    from ltm.cli.training import console_of
    from ltm.errors import LtmError, nearest
    from ltm.runtime.brains import load_brain, save_brain
    from ltm.runtime.record import CHART
    from ltm.runtime.skills import folders_of

    folders = folders_of(brain)
    if skill not in folders:
        raise LtmError(f"{skill}: the brain's skills are {', '.join(folders)}{nearest(skill, folders)}")
    require_outside(out, brain)
    require_free(out)
    for setting in settings or ():
        if not setting.startswith(WILL):
            raise LtmError(f"{setting[:60]}: only its will may be another, such as will.ms=200 or will.ticks=64")
    loaded, record = load_brain(folders[skill])
    if settings:
        loaded.chart = load_chart(folders[skill] / CHART, settings)
        # What was measured was measured with the will that it had.
        record = {**record, "measured": {}}
    save_brain(loaded, out, record)
    console_of().print(f"saved {out}/. Next: ltm inspect {out}", highlight=False, markup=False)
