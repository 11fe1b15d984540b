"""What the values of a column are taken for: grids, or labels where few different ones come again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ltm.errors import DataError
from ltm.scenes.declare import Declared
from ltm.scenes.infer import infer
from ltm.scenes.look import LOOKS, look

UNSAID, LABEL = Declared(), Declared(kind="label")


def test_what_recurs_is_a_label_and_numbers_are_in_their_order() -> None:
    assert look(["no", "yes", "no "] * 10, UNSAID) == {"kind": "label", "labels": ["no", "yes"]}
    assert look([10, 9.0, "2", 2.5] * 10, UNSAID) == {"kind": "label", "labels": ["2", "2.5", "9", "10"]}
    assert look(["0110" * 4, "0111" * 4] * 10, UNSAID)["kind"] == "grid"


def test_what_does_not_recur_must_be_declared() -> None:
    texts = [f"name{number}" for number in range(40)]
    with pytest.raises(DataError, match=r"of no kind .* can't be grids"):
        look(texts, UNSAID)
    assert len(look(texts, LABEL)["labels"]) == 40


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["same"] * 20, "every value is the same"),
        ([["a"]] * 20, "expected labels, got list"),
        ([f"{number}" for number in range(10_001)], "10,001 different values"),
        (["", " "] * 20, "every cell is empty"),
    ],
)
def test_no_labels(values: list[Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        look(values, LABEL)


def test_a_file_of_grids_and_labels(tmp_path: Path) -> None:
    file = tmp_path / "tall.csv"
    rows = [("1000/0100", "wide"), ("10/01/11", "tall"), ("0011/0100", "wide"), ("01/11/00", "tall")]
    file.write_text("\n".join(["board,kind", *(f"{board},{kind}" for board, kind in rows * 6)]))
    found = infer(file, ["board"], ["kind"])
    assert found.columns["board"] == {"kind": "grid", "symbols": 2, "form": "text"}
    assert found.columns["kind"] == {"kind": "label", "labels": ["tall", "wide"]}
    assert found.notes[2] == "kind: one of 2 labels (tall, wide)." and not found.symmetries


@pytest.mark.parametrize("kind", [None, *LOOKS])
@pytest.mark.parametrize("values", [[], [None, None]])
def test_a_column_of_nothing_is_refused(kind: str | None, values: list[None]) -> None:
    """Scenes of several steps hand over an empty list where no step shows a column."""
    with pytest.raises(DataError, match="every cell is empty"):
        look(values, Declared(kind=kind))
