"""Files of packages that hold models: found without running the packages' code, and checked by their SHA-256."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from ltm.errors import FolderError, LtmError
from ltm.foreign.gguf_file import ENDING
from ltm.pretrained.known import KNOWN, Known
from ltm.runtime.weights import read_bytes


def folder_of(model: str) -> Path:
    """Returns the folder in which a package keeps a model of the table.

    Raises:
        LtmError: it isn't installed; says how to get it.
    """
    known = KNOWN[model]
    top, _, inner = known.folder.partition("/")
    try:
        found = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        found = None
    for place in (found.submodule_search_locations or ()) if found else ():
        if (Path(place) / inner).is_dir():
            return Path(place) / inner
    raise LtmError(f"model {model!r} ({known.about}) is not installed: {known.command}")


def content_of(known: Known, folder: Path, name: str) -> bytes:
    """Returns the content of one of a model's files.

    Raises:
        FolderError: it is another file than the table's.
    """
    data = read_bytes(folder / name)
    if hashlib.sha256(data).hexdigest() != known.files[name]:
        raise FolderError(
            f"{folder / name}: not the file that is known here (its sha256 is another): damaged, exchanged, or of "
            f"another version; {known.command} --force-reinstall"
        )
    return data


def whole_model(name: str) -> Path | None:
    """Returns the one file of a model of the table that can become a brain; None where no such model has that name.

    Raises:
        LtmError: it isn't installed.
        FolderError: it is another file than the table's.
    """
    if name not in KNOWN or not all(file.endswith(ENDING) for file in KNOWN[name].files):
        return None
    (file,) = KNOWN[name].files
    folder = folder_of(name)
    content_of(KNOWN[name], folder, file)
    return folder / file
