"""Works out what the values of one column are. A new kind is one file and one line in `LOOKS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ltm.errors import DataError
from ltm.scenes.declare import Declared
from ltm.scenes.look_audio import look_at_audio
from ltm.scenes.look_grid import look_at_grids
from ltm.scenes.look_image import look_at_images
from ltm.scenes.look_label import PLAIN, look_at_labels
from ltm.scenes.look_number import look_at_numbers
from ltm.scenes.look_sequence import look_at_sequences
from ltm.scenes.look_text import look_at_texts
from ltm.scenes.look_vector import look_at_vectors
from ltm.senses.label import label_text
from ltm.senses.missing import is_missing

Look = Callable[[Sequence[Any], Declared, Path], dict[str, Any]]
"""From values, what was said of them and the folder that names of files are relative to, to their declaration."""

LOOKS: dict[str, Look] = {
    "image": look_at_images,
    "audio": look_at_audio,
    "grid": look_at_grids,
    "vector": look_at_vectors,
    "label": look_at_labels,
    "number": look_at_numbers,
    "sequence": look_at_sequences,
    "text": look_at_texts,
}
"""By kind; where nothing is said, the first that fits."""


def look(values: Sequence[Any], said: Declared, folder: Path = Path()) -> dict[str, Any]:
    """Returns the declaration, `kind` and all, that most values fit.

    Args:
        values: of one column.
        said: what was declared of it.
        folder: what names of files are relative to.

    Raises:
        DataError: the values are of no kind, or not what was declared.
    """
    if all(is_missing(value) for value in values):
        raise DataError("every cell is empty")
    if said.kind is not None:
        return LOOKS[said.kind](values, said, folder)
    reasons = []
    for kind, take in LOOKS.items():
        try:
            return take(values, said, folder)
        except DataError as problem:
            reasons.append(f"{kind}: {problem}")
    if len({label_text(value) if isinstance(value, PLAIN) else id(value) for value in values}) == 1:
        raise DataError("every value is the same: there is nothing to tell apart")
    raise DataError(f"these values are of no kind ({'; '.join(reasons)})")
