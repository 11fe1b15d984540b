"""`ltm take`: one skill of a brain, as a brain of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ltm.cli.brain_folder import fetched


def take(
    brain: Annotated[
        Path, typer.Argument(help="A brain folder of several skills, or hf://owner/name.", callback=fetched)
    ],
    skill: Annotated[str, typer.Argument(help="Which skill.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Brain folder to write.")],
) -> None:
    """Take a skill out of a brain, whole: what it shares with other skills is copied. The brain stays as it is.

    Example: ltm take both/ digits -o digits/
    """
    from ltm.cli.training import console_of
    from ltm.errors import LtmError, nearest
    from ltm.runtime.brains import load_brain, save_brain
    from ltm.runtime.skills import folders_of

    folders = folders_of(brain)
    if skill not in folders:
        raise LtmError(f"{skill}: the brain's skills are {', '.join(folders)}{nearest(skill, folders)}")
    if out.resolve() == brain.resolve() or brain.resolve() in out.resolve().parents:
        raise LtmError(f"--out {out}: lies in the brain; choose a folder of its own")
    loaded, record = load_brain(folders[skill])
    save_brain(loaded, out, record)
    console_of().print(f"saved {out}/. Next: ltm inspect {out}", highlight=False, markup=False)
