"""Texts: words by their features, bytes, what is left out while training, and how a column of them is recognised."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ltm.chart.propose import propose
from ltm.chart.size import Sizes
from ltm.errors import DataError
from ltm.scenes.augment_text import drop
from ltm.scenes.declare import Declared, parse_declaration
from ltm.scenes.infer import infer
from ltm.scenes.look import look
from ltm.scenes.store import SceneWriter
from ltm.senses.text import TextSense, TextSpec
from ltm.training.plan import LEAST_STEPS, make_plan
from ltm.zones.layers import initialise_all

WORDS = TextSpec(kind="text", longest=12)
BYTES = TextSpec(kind="text", unit="bytes", longest=40)


def test_words_of_one_stem_share_features_and_case_does_not_matter() -> None:
    one, other = WORDS.encode("Walking home"), WORDS.encode("walked home")
    assert one.shape == (2, 4) and np.array_equal(one, WORDS.encode("walking HOME"))
    assert one[0, 2] == other[0, 2] and one[0, 0] != other[0, 0]  # the beginning is the same, the word isn't
    assert np.array_equal(one[1], other[1])
    pairs = TextSpec(kind="text", features=("pair",))
    assert not np.array_equal(pairs.encode("not good")[1], pairs.encode("very good")[1])


def test_bytes_are_those_of_utf8() -> None:
    assert BYTES.encode("aé").tolist() == [97, 0xC3, 0xA9]


@given(st.text(max_size=60))
@pytest.mark.parametrize("spec", [WORDS, BYTES], ids=["words", "bytes"])
def test_any_text_is_read_or_refused_in_words(spec: TextSpec, text: str) -> None:
    try:
        encoded = spec.encode(text)
    except DataError as problem:
        assert "empty" in str(problem) or "at most" in str(problem)
        return
    assert 1 <= len(encoded) <= spec.longest and not (encoded == spec.layout.void).any()


def test_what_is_too_long_is_refused_or_cut() -> None:
    long = "word " * 20
    with pytest.raises(DataError, match="20 words; at most 12"):
        WORDS.encode(long)
    assert len(WORDS.model_copy(update={"cut": True}).encode(long)) == 12


@pytest.mark.parametrize("spec", [WORDS, BYTES, WORDS.model_copy(update={"positions": "learned"})])
def test_writes_a_vector_for_each_unit_and_none_for_padding(spec: TextSpec) -> None:
    sense = TextSense(spec, 16)
    initialise_all(sense, torch.Generator().manual_seed(0))
    one = torch.from_numpy(spec.encode("some words here"))[None]
    padded = torch.full((1, one.shape[1] + 2, *one.shape[2:]), int(spec.layout.void), dtype=one.dtype)
    padded[:, : one.shape[1]] = one
    written = sense(padded)
    torch.testing.assert_close(written[:, : one.shape[1]], sense(one))
    assert not written[:, one.shape[1] :].any() and sense.exists(one) is None
    there = sense.exists(padded)
    assert there is not None and int(there.sum()) == one.shape[1]
    assert 0.4 < written[:, : one.shape[1]].std().item() < 2
    torch.autograd.backward(written.square().sum())
    assert all(weight.grad is not None and weight.grad.any() for weight in sense.parameters())


@pytest.mark.parametrize("spec", [WORDS, BYTES], ids=["words", "bytes"])
def test_a_quarter_of_the_words_is_left_out_and_never_all(spec: TextSpec) -> None:
    text = torch.from_numpy(np.stack([spec.encode("one two three four five six seven")] * 400))
    dropped = drop(text, torch.Generator().manual_seed(0))
    gone = (dropped if dropped.dim() == 2 else dropped[..., 0]) == spec.layout.void
    assert 0.2 < gone.float().mean() < 0.27 and not torch.equal(dropped[0], dropped[1])
    lonely = torch.from_numpy(spec.encode("x"))[None].repeat_interleave(200, 0)
    assert torch.equal(drop(lonely, torch.Generator().manual_seed(0)), lonely)


def test_a_column_of_sentences_is_text() -> None:
    sentences = [f"it was the {n}th day of a journey to place{n}" for n in range(40)]
    found = look(sentences, Declared())
    assert found == {"kind": "text", "unit": "words", "longest": 20, "cut": True}
    _, said = parse_declaration("sentence:text(unit=bytes, longest=50)")
    assert look(sentences, said) == {"kind": "text", "unit": "bytes", "longest": 50, "cut": True}


@pytest.mark.parametrize("values", [[1, 2, 3], ["", " "], [["a"]]])
def test_no_texts(values: list[Any]) -> None:
    with pytest.raises(DataError, match="every cell is empty" if values == ["", " "] else "expected text"):
        look(values, Declared(kind="text"))
    with pytest.raises(DataError, match="unit is words, bytes or pieces"):
        look(["a b"], Declared(kind="text", settings={"unit": "letters"}))


def test_long_texts_are_cut_and_not_refused() -> None:
    assert look(["wort " * 9000] * 3, Declared(kind="text"))["longest"] == 8192
    assert look(["ж" * 5000] * 3, Declared(kind="text", settings={"unit": "bytes"}))["longest"] == 8192


def sentences(count: int) -> list[str]:
    return [
        f"so {word} a film" for word in ("".join(chr(97 + n // 26**k % 26) for k in range(4)) for n in range(count))
    ]


def test_letters_in_a_row_are_shared_by_words_and_as_large_as_one_feature() -> None:
    spec = TextSpec(kind="text", features=("letters",), buckets=2**16)
    one, other = (set(spec.encode(word)[0].tolist()) - {-1} for word in ("unwatchable", "watchable"))
    assert len(one & other) == len("watchable") - 3 and spec.encode("a").shape == spec.encode("unwatchable").shape
    sense = TextSense(spec, 64)
    initialise_all(sense, torch.Generator().manual_seed(0))
    written = [sense(torch.from_numpy(spec.encode(word))[None]).std().item() for word in ("it", "incomprehensible")]
    assert 0.5 < written[0] / written[1] < 2.0


def test_words_may_start_as_good_as_silent() -> None:
    quiet = TextSense(WORDS.model_copy(update={"start": 0.02}), 64)
    initialise_all(quiet, torch.Generator().manual_seed(0))
    assert 0.005 < quiet(torch.from_numpy(WORDS.encode("some words here"))[None]).std().item() < 0.05


def test_free_text_is_told_from_text_of_few_words(tmp_path: Path) -> None:
    few = look([f"is {n} more than {n // 2} ?" for n in range(1000)], Declared(kind="text"))
    free = look(sentences(1000), Declared(kind="text"))
    assert "start" not in few and free["start"] < 0.1 and "letters" in free["features"]
    columns = {"says": free, "tone": {"kind": "label", "labels": ["bad", "good"]}}
    for size in (2_000_000, 100_000):
        chart = propose(columns, ["says"], ["tone"], source="any.jsonl", size=size)
        assert Sizes.of(chart).bytes <= size and chart.training.passes and chart.training.keep == "last"
    mixed = propose({**columns, "age": {"kind": "number"}}, ["says", "age"], ["tone"], source="any.jsonl", size=100_000)
    assert Sizes.of(mixed).bytes <= 100_000 and not mixed.training.passes
    assert not propose({**columns, "says": few}, ["says"], ["tone"], source="any.jsonl").training.passes


def test_a_file_sorted_by_its_labels_is_read_to_the_end(tmp_path: Path) -> None:
    rows = [{"says": text, "tone": "bad" if place < 2500 else "good"} for place, text in enumerate(sentences(3000))]
    file = tmp_path / "sorted.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert infer(file, ["says"], ["tone"]).columns["tone"]["labels"] == ["bad", "good"]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows[:2500]), encoding="utf-8")
    with pytest.raises(DataError, match="every value is the same"):
        infer(file, ["says"], ["tone"])


def test_a_few_passes_end_training_but_not_before_it_taught_something() -> None:
    free = look(sentences(1000), Declared(kind="text"))
    columns = {"says": free, "tone": {"kind": "label", "labels": ["bad", "good"]}}
    chart = propose(columns, ["says"], ["tone"], source="any.jsonl", size=100_000, minutes=1000)
    writer = SceneWriter({name: spec.layout for name, spec in {**chart.senses, **chart.acts}.items()})
    for place, text in enumerate(sentences(100)):
        tone = chart.acts["tone"].encode("good" if place % 2 else "bad")
        writer.append({"says": chart.senses["says"].encode(text), "tone": tone})
    scenes, told = writer.finish(), list[str]()
    plans = []
    for passes in (4.0, 500.0):
        training = chart.training.model_copy(update={"passes": passes, "compile": "off", "precision": "fp32"})
        plans.append(make_plan(chart.model_copy(update={"training": training}), scenes, told.append))
    assert [plan.steps for plan in plans] == [LEAST_STEPS, math.ceil(500 * 100 / 64)]
    assert any("passes" in note for note in plans[1].notes)
