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
from ltm.scenes.idx import read_idx
from ltm.scenes.infer import infer
from ltm.scenes.lines import attempts
from ltm.scenes.pictured import Pictured
from ltm.scenes.questions import attempted
from ltm.scenes.read import load
from ltm.scenes.step_rows import ROLE
from ltm.scenes.steps import Roles, Stepped
from ltm.senses.audio import AudioSpec
from ltm.senses.grid import GridSpec
from ltm.senses.image import ImageSpec
from ltm.senses.label import LabelSpec
from ltm.senses.number import NumberSpec
from ltm.senses.sequence import SequenceSpec
from ltm.senses.text import TextSpec
from ltm.senses.value import ValueSpec
from ltm.senses.vector import VectorSpec

PICTURE = ImageSpec(kind="image", rows=4, columns=4, patch=1)
SOUND = AudioSpec(kind="audio", seconds=0.05, rate=8000)
SENSES: dict[str, ValueSpec] = {
    "grid": GridSpec(kind="grid", symbols=4, alphabet="#.SG"),
    "board": GridSpec(kind="grid", rows=2, columns=2, symbols=3, form="lists"),
    "picture": PICTURE,
    "sound": SOUND,
    "label": LabelSpec(kind="label", labels=("a", "b")),
    "list": SequenceSpec(kind="sequence", tokens=("1", "[", "]"), longest=8, opening=("[",), closing=("]",)),
    "number": NumberSpec(kind="number", mean=1.0, spread=2.0),
    "vector": VectorSpec(kind="vector", size=2),
    "text": TextSpec(kind="text", longest=8),
    "bytes": TextSpec(kind="text", unit="bytes", longest=8, cut=True),
}
STEPS = Roles(("me", "other"))


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


def steps(file: Path) -> None:
    """Scenes of several steps: as a table, and as questions to a brain that walks through them."""
    table(file)
    seen: dict[str, ValueSpec] = {ROLE: STEPS, "a": Stepped(SENSES["board"]), "b": Stepped(SENSES["label"])}
    for pipe in (None, io.BufferedReader(io.BytesIO(file.read_bytes()))):
        with _allowed(
            file.name, "standard input", "nothing to think about", "this brain thinks about scenes of several"
        ):
            for found in attempted(seen, str(file), pipe):
                assert found.where


def idx(file: Path) -> None:
    """An array as MNIST's files hold it, packed or not."""
    for axes in (1, 3):
        with _allowed(file.name):
            assert read_idx(file, axes).ndim == axes


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
    "steps": (steps, (".jsonl",)),
    "idx": (idx, ("", ".gz")),
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
