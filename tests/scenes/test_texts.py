"""Texts: words by their features, bytes, what is left out while training, and how a column of them is recognised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ltm.errors import DataError
from ltm.scenes.augment_text import drop
from ltm.scenes.declare import Declared, parse_declaration
from ltm.scenes.look import look
from ltm.senses.text import TextSense, TextSpec
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
    with pytest.raises(DataError, match="expected text"):
        look(values, Declared(kind="text"))
    with pytest.raises(DataError, match="unit is words, bytes or pieces"):
        look(["a b"], Declared(kind="text", settings={"unit": "letters"}))


def test_long_texts_are_cut_and_not_refused() -> None:
    assert look(["wort " * 9000] * 3, Declared(kind="text"))["longest"] == 8192
    assert look(["ж" * 5000] * 3, Declared(kind="text", settings={"unit": "bytes"}))["longest"] == 8192
