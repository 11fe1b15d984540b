"""Bodies of zones that several skills of a brain share: one skill's zone file holds the weights, the others name it.

A zone is its body and what ties it to a field: matrices to and from it, role vectors, a starting state. Where two
skills use one body, the file of the later one holds only its own ties, and the SHA-256 of the earlier one's file. So
shared weights are stored once, every file is still vouched for by its hash, and the earlier skill's folder stays as it
was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from ltm.errors import FolderError
from ltm.runtime.int8 import unpack
from ltm.runtime.listing import RECORD, checked, inspect_folder
from ltm.runtime.record import BrainRecord
from ltm.runtime.weights import from_bytes

BODY = "body."
"""What the names of a body's tensors begin with, in a zone's file."""
SKILLS_FOLDER = "skills"
"""Holds the folder of each skill."""


def zone_file(zone: str) -> str:
    """Returns the name of a zone's file in a brain folder."""
    return f"zones/{zone}.safetensors"


def find_body(folder: Path, zone: str, digest: str) -> dict[str, Tensor]:
    """Reads the body of a zone from the skill that holds it, in fp32.

    Args:
        folder: of the skill that doesn't hold it, beside those of the brain's other skills.
        zone: whose body it is.
        digest: SHA-256 of the zone file that holds it.

    Raises:
        FolderError: none of the skills beside holds it, or the file is damaged.
    """
    other, file, record = holding_file(folder, zone, digest)
    tensors, words = from_bytes(checked(other, file, record), str(other / file))
    tensors = unpack(tensors, str(other / file)) if words.get("weights") == "int8" else tensors
    return {inner: tensor for inner, tensor in tensors.items() if inner.startswith(BODY)}


def holding_file(folder: Path, zone: str, digest: str) -> tuple[Path, str, BrainRecord]:
    """Returns the skill that holds the body of a zone, its file there, and the skill's record; as for `find_body`.

    Raises:
        FolderError: none of the skills beside holds it.
    """
    skills = folder.resolve().parent
    if skills.name == SKILLS_FOLDER:
        for other in sorted(skills.iterdir()):
            if other.is_dir() and not other.name.startswith(".") and (other / RECORD).is_file():
                record = inspect_folder(other)
                file = holder(record, digest)
                if file is not None:
                    return other, file, record
    raise FolderError(
        f"{folder / zone_file(zone)}: its body is held by another skill of the brain that this one was copied out of; "
        "use it there, or take it out whole with ltm take"
    )


def holder(record: BrainRecord, digest: str) -> str | None:
    """Returns the zone file of a brain with that SHA-256, if it holds its own body."""
    return next((name for name, file in record.files.items() if file.sha256 == digest and file.body is None), None)


def fingerprint_of(tensors: Mapping[str, Tensor]) -> str | None:
    """Returns a hash of the body among a zone's tensors, by which equal ones are found; None where it has none."""
    hashed = hashlib.sha256()
    body = [name for name in tensors if name.startswith(BODY)]
    hash_tensors(hashed, tensors, body)
    return hashed.hexdigest() if body else None


def hash_tensors(hashed: hashlib._Hash, tensors: Mapping[str, Tensor], names: Iterable[str]) -> None:
    """Adds tensors to a hash: names, kinds of number, shapes and numbers."""
    for name in sorted(names):
        tensor = tensors[name].detach().contiguous()
        hashed.update(f"{name} {tensor.dtype} {list(tensor.shape)} ".encode())
        hashed.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
