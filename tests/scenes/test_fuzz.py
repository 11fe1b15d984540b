"""Files of every kind as they come out of the wild, and worse: they are read, or refused in words that say where."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import struct
import subprocess
import sys
import wave
from pathlib import Path

import fuzzed
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

quick = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
WORDS = (
    "",
    " ",
    "a",
    "b",
    "1",
    "0",
    "2.5",
    "-1e308",
    "1e999",
    "nan",
    "inf",
    "?",
    "9" * 400,
    "1,5",
    "true",
    "=1+1",
    "é",
)
ODD = (
    '"',
    '""',
    '"a\nb"',
    "[[0,1],[1,0]]",
    "[1, null]",
    "[[1],[1,2]]",
    "#.S/.#G",
    "x.png",
    "x.wav",
    "\u202e",
    "🧠",
    "\0",
)
CELLS = st.sampled_from((*WORDS, *ODD)) | st.text(max_size=6)
CODES = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252", "utf-32"])


def damaged(draw: st.DataObject, data: bytes) -> bytes:
    """Some bytes changed, some cut off, some put in."""
    found = bytearray(data)
    for _ in range(draw.draw(st.integers(0, 4))):
        place = draw.draw(st.integers(0, max(0, len(found) - 1)))
        how = draw.draw(st.sampled_from(["flip", "cut", "insert", "zero"]))
        if how == "cut":
            del found[place:]
        elif how == "insert":
            found[place:place] = draw.draw(st.binary(max_size=8))
        elif found:
            found[place] = 0 if how == "zero" else found[place] ^ draw.draw(st.integers(1, 255))
    return bytes(found)


@quick
@given(st.data(), st.lists(st.lists(CELLS, max_size=4), max_size=12), st.sampled_from([",", "\t", ";"]), CODES)
def test_any_table(
    tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject, rows: list[list[str]], mark: str, code: str
) -> None:
    ending = draw.draw(st.sampled_from([".csv", ".tsv"]))
    head = draw.draw(st.lists(st.sampled_from(["a", "b", "A", "c 1", "", "é", "*", "1"]), min_size=1, max_size=4))
    whole = draw.draw(st.booleans())  # ragged, or every row as long as the head
    lines = [mark.join((row + [""] * len(head))[: len(head)] if whole else row) for row in rows]
    text = "\n".join([mark.join(head), *lines])
    file = tmp_path_factory.getbasetemp() / f"fuzz{ending}"
    file.write_bytes(damaged(draw, text.encode(code, "replace")))
    fuzzed.table(file)


@quick
@given(st.data())
def test_any_objects(tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject) -> None:
    value = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | CELLS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    )
    row = st.dictionaries(st.sampled_from(["a", "b", "A", ""]), value, max_size=3)
    rows = draw.draw(st.lists(row | value, max_size=10))
    file = tmp_path_factory.getbasetemp() / "fuzz.jsonl"
    file.write_bytes(damaged(draw, "\n".join(json.dumps(one) for one in rows).encode()))
    fuzzed.table(file)


@quick
@given(st.data())
def test_any_scene_of_steps(tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject) -> None:
    value = st.sampled_from([[[0, 1], [1, 2]], [[0]], "a", "b", "x", None, 1, [], {}, "", [[None, 1], [1, 2]]])
    seen = st.dictionaries(st.sampled_from(["a", "b", "c", "role", "steps"]), value, max_size=2)
    step = st.fixed_dictionaries(
        {},
        optional={
            "role": st.sampled_from(["me", "other", "mee", "", 1, None]),
            "see": seen | value,
            "do": seen | value,
        },
    )
    scene = st.fixed_dictionaries(
        {}, optional={"steps": st.lists(step | value, max_size=4) | value, "a": value, "goal": value, "role": value}
    )
    file = tmp_path_factory.getbasetemp() / "fuzz-steps.jsonl"
    rows = draw.draw(st.lists(scene, max_size=6))
    file.write_bytes(damaged(draw, "\n".join(json.dumps(one) for one in rows).encode()))
    fuzzed.steps(file)


@quick
@given(st.data(), st.booleans())
def test_any_array_of_mnist(tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject, packed: bool) -> None:
    sides = draw.draw(st.lists(st.integers(0, 4) | st.sampled_from([2**31, 2**32 - 1]), max_size=4))
    head = bytes([0, 0, draw.draw(st.sampled_from([8, 9, 13, 0])), len(sides)])
    data = head + b"".join(struct.pack(">I", side) for side in sides) + draw.draw(st.binary(max_size=80))
    file = tmp_path_factory.getbasetemp() / ("fuzz-idx.gz" if packed else "fuzz-idx")
    file.write_bytes(damaged(draw, gzip.compress(data) if packed else data))
    fuzzed.idx(file)


@quick
@given(st.data())
def test_any_archive(tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject) -> None:
    shapes = hnp.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=5)
    kinds = hnp.scalar_dtypes() | hnp.unicode_string_dtypes(max_len=4) | hnp.byte_string_dtypes(max_len=4)
    arrays = draw.draw(st.dictionaries(st.sampled_from(["a", "b", "c"]), hnp.arrays(kinds, shapes), max_size=2))
    folder, data = tmp_path_factory.getbasetemp(), io.BytesIO()
    np.savez(data, **arrays)
    (folder / "fuzz.npz").write_bytes(damaged(draw, data.getvalue()))
    fuzzed.table(folder / "fuzz.npz")
    fuzzed.picture(folder / "fuzz.npz")


@quick
@given(st.data(), st.sampled_from([".txt", ".csv", ".jsonl"]))
def test_any_question(tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject, ending: str) -> None:
    text = draw.draw(
        st.lists(
            st.sampled_from(["#.S", "grid", "label,grid", "a", "[[0,1],[1,0]]", "[ 1 ]", '{"grid": 1}', ""]) | CELLS
        )
    )
    file = tmp_path_factory.getbasetemp() / f"question{ending}"
    file.write_bytes(damaged(draw, "\n".join(text).encode("utf-8", "replace")))
    fuzzed.questions(file)


@quick
@given(
    st.data(),
    st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP"]),
    st.sampled_from(["L", "RGB", "RGBA", "P", "1", "I;16"]),
)
def test_any_picture(tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject, form: str, mode: str) -> None:
    image = pytest.importorskip("PIL.Image")
    sides = draw.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    made, data = image.new(mode, sides), io.BytesIO()
    try:
        made.save(data, form)
    except OSError:  # not every form has every mode
        made.convert("L").save(data, form)
    file = tmp_path_factory.getbasetemp() / "fuzz.png"
    file.write_bytes(damaged(draw, data.getvalue()))
    fuzzed.picture(file)


@quick
@given(st.data())
def test_any_sound(tmp_path_factory: pytest.TempPathFactory, draw: st.DataObject) -> None:
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(draw.draw(st.integers(1, 4)))
        file.setsampwidth(draw.draw(st.integers(1, 4)))
        file.setframerate(draw.draw(st.sampled_from([1, 999, 8000, 44_100, 384_001])))
        file.writeframes(draw.draw(st.binary(max_size=200)))
    whole = data.getvalue()
    if draw.draw(st.booleans()):  # a format that isn't whole numbers, or that nobody knows
        whole = whole[:20] + struct.pack("<H", draw.draw(st.sampled_from([3, 6, 0xFFFE, 999]))) + whole[22:]
    path = tmp_path_factory.getbasetemp() / "fuzz.wav"
    path.write_bytes(damaged(draw, whole))
    fuzzed.sound(path)


def test_the_longer_search_runs_where_its_tool_is(tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed: pip install atheris")
    command = [sys.executable, "-m", "benchmarks.fuzz", "sound", "--seconds", "2", "--folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr[-2000:]
