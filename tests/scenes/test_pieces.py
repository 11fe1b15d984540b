"""Texts in pieces of a vocabulary: every text comes back, what is learned is what the library would say."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ltm.acts.text import TextActSpec
from ltm.errors import DataError
from ltm.scenes.declare import Declared, parse_declaration
from ltm.scenes.learn_pieces import learn_pieces
from ltm.scenes.look import look
from ltm.senses.pieces import BYTES, byte_letters, decode_pieces, encode_pieces, written_words
from ltm.senses.text import TextSpec

PIECES = ("Ġt", "he", "Ġthe", "Ð°")
TEXTS = ["the cat sat on the mat", "the dog and the cat", "Кот сидел на коврике, и кот спал"] * 5


@given(st.text(max_size=80))
def test_every_text_comes_back(text: str) -> None:
    whole = text.encode("utf-8", "replace").decode("utf-8")
    assert decode_pieces(encode_pieces(text, PIECES), PIECES) == whole
    assert "".join(written_words(text)) == "".join(byte_letters()[byte] for byte in whole.encode())


def test_the_earliest_piece_is_joined_first() -> None:
    assert encode_pieces("the the", PIECES) == [ord("t"), BYTES + 1, BYTES + 2]
    assert encode_pieces("а", PIECES) == [BYTES + 3]
    assert encode_pieces("th e", PIECES) == [ord("t"), ord("h"), 32, ord("e")]


def test_a_learned_vocabulary_is_the_librarys_own() -> None:
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install 'ltm[language]'")
    pieces = learn_pieces(TEXTS, 300)
    assert 10 < len(pieces) <= 300 - BYTES and pieces == learn_pieces(iter(TEXTS), 300)
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=300, min_frequency=2, initial_alphabet=list(byte_letters()), show_progress=False
    )
    model.train_from_iterator((written_words(text) for text in TEXTS), trainer)
    names = (*byte_letters(), *pieces)
    for text in ("the cat and the mat", "Кот на коврике", "there, then"):
        theirs = [token for word in written_words(text) for token in model.encode(word).tokens]
        assert [names[symbol] for symbol in encode_pieces(text, pieces)] == theirs


def test_the_vocabulary_is_part_of_the_declaration() -> None:
    pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install 'ltm[language]'")
    seen = look(TEXTS, parse_declaration("story:text(vocabulary=280)")[1])
    assert seen["unit"] == "pieces" and len(seen["pieces"]) <= 24
    done = look(TEXTS, Declared("text", settings={"unit": "pieces"}, done=True))
    spec = TextActSpec.model_validate(done)
    assert spec.order == "left-to-right" and spec.decode(spec.encode("the кот 😀")) == "the кот 😀"
    assert TextSpec.model_validate(seen).encode(TEXTS[0]).shape[0] < len(TEXTS[0])


def test_without_the_library_a_vocabulary_can_be_used_but_not_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(DataError, match=r"a vocabulary of pieces needs tokenizers: pip install 'ltm\[language\]'"):
        look(TEXTS, parse_declaration("story:text(unit=pieces)")[1])
    assert TextSpec(kind="text", unit="pieces", pieces=PIECES).encode(" the").tolist() == [BYTES + 2]


@pytest.mark.parametrize(
    ("unit", "pieces", "words"),
    [
        ("pieces", (), "needs pieces, the vocabulary"),
        ("bytes", PIECES, "pieces go with unit: pieces"),
        ("pieces", ("he", "he"), "listed twice"),
        ("pieces", ("h e",), "GPT-2's alphabet"),
    ],
)
def test_vocabularies_that_are_none(unit: str, pieces: tuple[str, ...], words: str) -> None:
    for spec in (TextSpec, TextActSpec):
        with pytest.raises(ValidationError, match=words):
            spec.model_validate({"kind": "text", "unit": unit, "pieces": pieces})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("a:text(unit=piece)", "did you mean 'pieces'"),
        ("a:text(unit=bytes, vocabulary=300)", "a vocabulary goes with unit=pieces"),
        ("a:text(order=left-to-right)", "order is a setting of what is answered"),
        ("a:text(vocabulary=7)", "vocabulary must lie in 257"),
    ],
)
def test_what_can_not_be_said_of_texts(said: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        look(TEXTS, parse_declaration(said)[1])


def test_texts_to_be_answered_are_bytes_and_an_order_is_one_that_is_known() -> None:
    written = look([f"{text} {number}" for number, text in enumerate(TEXTS)], Declared(done=True))
    assert (written["kind"], written["unit"], written["order"]) == ("text", "bytes", "left-to-right")
    act = TextActSpec(kind="text", longest=3)
    with pytest.raises(DataError, match="4 bytes; at most 3"):
        act.encode("four")
    assert act.model_copy(update={"cut": True}).decode(act.encode("ab")) == "ab"
    with pytest.raises(DataError, match="order is parallel or left-to-right"):
        look(TEXTS, Declared("text", settings={"order": "left"}, done=True))
