"""`ltm merge`: several brains become one that has the skills of all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ltm.cli.brain_folder import all_fetched, require_free, require_outside


def merge(
    brains: Annotated[
        list[Path],
        typer.Argument(
            help="Two brain folders or more; or hf://owner/name, or sudoku: the one that ships.", callback=all_fetched
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Brain folder to write.")],
    names: Annotated[
        list[str] | None, typer.Option("--name", help="What to call a skill, in the order of the brains.")
    ] = None,
) -> None:
    """Merge brains into one; each skill answers bit for bit as it did before.

    Nobody has to say which skill a scene is for: that is decided by the scene alone, by who can read it, to whom it
    looks familiar, and who trusts its own answer most.

    Example: ltm merge digits/ sudoku -o both/
    """
    from ltm.cli.training import console_of
    from ltm.errors import LtmError
    from ltm.runtime.alone import alone
    from ltm.runtime.brains import declared_in
    from ltm.runtime.listing import inspect_folder
    from ltm.runtime.skills import folders_of, write_skills
    from ltm.training.from_data import name_of
    from ltm.training.merge import gather

    if len(brains) < 2:
        raise LtmError("name at least two brains to merge, such as: ltm merge digits/ sudoku -o both/")
    console = console_of()
    with alone(out, "merges brains into it"):
        require_outside(out, *(brain for brain in brains if brain.exists()))
        require_free(out, beside=brains)
        folders, notes = gather(brains, names or [])
        for note in notes:
            console.print(note, style="yellow", highlight=False, markup=False)
        write_skills(out, name_of(out), folders)
    for name, folder in folders_of(out).items():  # one that was merged into itself is elsewhere now
        chart = declared_in(folder, inspect_folder(folder))
        console.print(f"  {name}: {', '.join(chart.senses)} -> {', '.join(chart.acts)}", highlight=False, markup=False)
    console.print(f"saved {out}/ with {len(folders)} skills. Next:", highlight=False, markup=False)
    for line in (f"think {out} SCENE", f"eval {out} test.csv", f"inspect {out}"):
        console.print(f"  ltm {line}", highlight=False, markup=False)
