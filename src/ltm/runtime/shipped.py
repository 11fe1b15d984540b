"""The brain that comes with the package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from ltm.errors import FolderError


def shipped_brain() -> Path:
    """Returns the folder of the Sudoku brain that comes with the package.

    Raises:
        FolderError: the package was installed without it.
    """
    folder = Path(str(resources.files("ltm") / "brains" / "sudoku"))
    if not folder.is_dir():
        raise FolderError(f"{folder}: the shipped brain is missing; install the package again")
    return folder
