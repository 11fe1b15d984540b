"""The schema of rows agrees with what senses and acts read: for every kind, good values pass and bad ones don't."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ltm.acts.table import KINDS as ACTS
from ltm.cli.main import run
from ltm.errors import DataError
from ltm.scenes.read import cell
from ltm.scenes.row_schema import SCHEMAS, row_schema, value_schema
from ltm.senses.table import KINDS as SENSES
from ltm.senses.value import ValueSpec

jsonschema = pytest.importorskip("jsonschema", reason="needs a validator of JSON Schema")
sys.path.insert(0, str(Path(__file__).parent.parent / "shared"))
from test_every_sense_and_act import ACT_VARIANTS, SENSE_VARIANTS  # noqa: E402

GRID = [[0, 1, 2, 0], [1, 1, 1, 1], [2, 0, 0, 2]]
CANDIDATES: list[Any] = [
    *(
        None,
        True,
        "",
        " ",
        "?",
        "NA",
        "n/a",
        "nothing",
        0,
        1,
        7,
        299,
        300,
        -1,
        1.5,
        1e300,
        "1.5",
        "-2e3",
        ".5",
        "1_000",
    ),
    *("no", "yes", "perhaps", "maybe", [], {}, [[]], [1.5, None, 2], "[1, 2]", [0.5], [2.5], [40000], [1, 2, 3]),
    *(["walk", "jump"], "walk jump", "walk  left\n", "walk run", "walk " * 20, ["a", "[MAX", "b", "]"], "a [MAX b ]"),
    *("t1 t299", "t1 t300", [1.5] * 8, ["1"] * 8, [None] * 11, [1] * 7, ["x"] * 8, "a few words", "é" * 41, "é" * 20),
    *(GRID, [[0, 1], [1]], [[0, 9]], [[0.5]], [[-1]], "0120/1111/2002", "012011112002", "01201111200", "012\n111"),
    *("#.G/...", "#.x/...", "012a11112002", "._20/1111/2002", [[5] * 12] * 9, [[255] * 12] * 9, [[256] * 12] * 9),
    *(
        [[[5]] * 12] * 9,
        [[[5, 6, 7]] * 8] * 8,
        [[5] * 8] * 8,
        [[5] * 5] * 3,
        [[7] * 12] * 10,
        [[1] * 9] * 5,
        [[1] * 4] * 6,
    ),
]
ALL = [(SENSES, name, spec) for name, spec in SENSE_VARIANTS.items()]
ALL += [(ACTS, f"{name}, answered", spec) for name, spec in ACT_VARIANTS.items()]


def reads(spec: ValueSpec, value: Any) -> bool:
    try:
        spec.encode(cell({"value": value}, "value", spec.written, Path()))
    except DataError:
        return False
    return True


def unsaid(spec: Any, value: Any) -> bool:
    """What no schema can say: rows of equal length, which file is a picture or sound, what a list in a string holds."""
    ragged = spec.kind in ("grid", "canvas", "raw")
    if isinstance(value, str):
        rows = [line.strip() for line in value.replace("/", "\n").split("\n") if line.strip()]
        in_string = value.lstrip().startswith("[")
        return (
            bool(ragged and len({len(row) for row in rows}) > 1) or spec.kind in ("image", "audio", "raw") or in_string
        )
    return bool(ragged and isinstance(value, list) and len({len(row) for row in value if isinstance(row, list)}) > 1)


@pytest.mark.parametrize(("table", "spec"), [(t, s) for t, _, s in ALL], ids=[name for _, name, _ in ALL])
def test_the_schema_takes_what_is_read(table: Any, spec: dict[str, Any]) -> None:
    declared = table[spec["kind"]][0].model_validate(spec)
    schema = value_schema(declared)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    taken = [value for value in CANDIDATES if validator.is_valid(value)]
    assert bool(taken) == (declared.kind != "next") and len(taken) < len(CANDIDATES)
    wrong = [value for value in CANDIDATES if validator.is_valid(value) != reads(declared, value)]
    assert [value for value in wrong if not unsaid(declared, value)] == []


def test_every_kind_has_one() -> None:
    assert set(SCHEMAS) == {*SENSES, *ACTS}


def test_a_row_needs_all_columns_and_may_have_more() -> None:
    see = {"a": SENSES["number"][0](kind="number")}
    do = {"b": ACTS["label"][0](kind="label", labels=("no", "yes"))}
    validator = jsonschema.Draft202012Validator(row_schema(see, do, "row"))
    assert validator.is_valid({"a": 1, "b": "yes", "other": []})
    assert not validator.is_valid({"a": 1}) and not validator.is_valid([1, "yes"])


def test_the_command_prints_it_for_charts_sources_and_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "data.jsonl"
    table.write_text("".join(json.dumps({"x": n / 7, "y": "even" if n % 2 else "odd"}) + "\n" for n in range(40)))
    assert run(["scenes", "schema", str(table), "--see", "x", "--do", "y"]) == 0
    schema = json.loads(capsys.readouterr().out)
    for line in table.read_text().splitlines():
        jsonschema.validate(json.loads(line), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"x": "far", "y": "odd"}, schema)
    assert run(["scenes", "schema", "sudoku", "-o", str(tmp_path / "row.json")]) == 0
    assert set(json.loads((tmp_path / "row.json").read_text())["properties"]) == {"puzzle", "solution"}
    assert run(["scenes", "schema", str(tmp_path / "none.yaml")]) == 2
