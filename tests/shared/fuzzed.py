"""What fuzzing gives to the readers: bytes of any file. Either they are read, or a `LtmError` names the file or place.

Shared by `tests/scenes/test_fuzz.py`, which is short, and `benchmarks/fuzz.py`, which goes on as long as it is let.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

from ltm.errors import DataError, LtmError
from ltm.scenes.check import check
from ltm.scenes.describe import spec_of
from ltm.scenes.infer import infer
from ltm.scenes.lines import attempts
from ltm.scenes.pictured import Pictured
from ltm.scenes.questions import attempted
from ltm.scenes.read import load
from ltm.senses.audio import AudioSpec
from ltm.senses.grid import GridSpec
from ltm.senses.image import ImageSpec
from ltm.senses.label import LabelSpec
from ltm.senses.sequence import SequenceSpec
from ltm.senses.value import ValueSpec

PICTURE = ImageSpec(kind="image", rows=4, columns=4, patch=1)
SOUND = AudioSpec(kind="audio", seconds=0.05, rate=8000)
SENSES: dict[str, ValueSpec] = {
    "grid": GridSpec(kind="grid", symbols=4, alphabet="#.SG"),
    "board": GridSpec(kind="grid", rows=2, columns=2, symbols=3, form="lists"),
    "picture": PICTURE,
    "sound": SOUND,
    "label": LabelSpec(kind="label", labels=("a", "b")),
    "list": SequenceSpec(kind="sequence", tokens=("1", "[", "]"), longest=8, opening=("[",), closing=("]",)),
}


def table(file: Path) -> None:
    """A table, from its first look to the scenes that are trained on; also by columns that are only guessed."""
    with _allowed(file.name):
        check(file)
    try:
        row = next((row for _, row in attempts(file) if isinstance(row, dict)), None)
    except LtmError:
        return
    for done in list(row or {})[-2:]:
        with _allowed(file.name, done):
            found = infer(file, ["*"], [done])
            specs = {name: spec_of(column, name in found.do) for name, column in found.columns.items()}
            load(file, specs, skip_bad=True)


def questions(file: Path) -> None:
    """What `ltm think` is given: as a file, as a value and as a pipe, by every kind of sense."""
    data = file.read_bytes()
    for name, spec in SENSES.items():
        for pipe in (None, io.BufferedReader(io.BytesIO(data))):
            with _allowed(file.name, name, "standard input", "nothing to think about"):
                for found in attempted({name: spec}, str(file), pipe):
                    assert found.where
        text = data.decode("utf-8", "surrogateescape")
        with _allowed("nothing to think about", "scene"):
            list(attempted({name: spec}, text[:2000]))


def picture(file: Path) -> None:
    """A picture, in a file and as bytes; and cut into cells."""
    with _allowed(file.name, "bytes"):
        assert PICTURE.encode(file).shape == PICTURE.encode(file.read_bytes()).shape == (4, 4, 1)
    for sides in ((2, 2), None):
        with _allowed(file.name):
            list(Pictured(PICTURE, sides).scenes([str(file)]))


def sound(file: Path) -> None:
    """A sound, in a file and as bytes."""
    with _allowed(file.name, "bytes"):
        assert SOUND.encode(file).shape == SOUND.encode(file.read_bytes()).shape


TARGETS: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "table": (table, (".csv", ".tsv", ".jsonl", ".npz", ".parquet")),
    "questions": (questions, (".txt", ".csv", ".jsonl")),
    "picture": (picture, (".png", ".npz", ".npy")),
    "sound": (sound, (".wav", ".flac")),
}
"""Who reads, and under which endings."""


@contextlib.contextmanager
def _allowed(*named: str) -> Iterator[None]:
    """Lets a `LtmError` pass that says where or what."""
    try:
        yield
    except LtmError as problem:
        assert any(name in str(problem) for name in named), f"says neither of {named}: {problem}"
        assert len(str(problem)) < 5000 and isinstance(problem, DataError)
