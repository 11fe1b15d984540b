"""Sequences: their trees, how a column of them is recognised, and what can't be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ltm.acts.sequence import SequenceActSpec
from ltm.errors import DataError
from ltm.scenes.declare import Declared, parse_declaration
from ltm.scenes.infer import infer
from ltm.scenes.look import look
from ltm.scenes.read import load
from ltm.senses.sequence import SequenceSpec, tree

LISTS = SequenceSpec(kind="sequence", tokens=("1", "2", "[MAX", "]"), opening=("[MAX",), closing=("]",))
ACT = SequenceActSpec(kind="sequence", tokens=("run", "left"), longest=4)


def test_tokens_hang_below_the_bracket_that_holds_them() -> None:
    encoded = LISTS.encode("[MAX 1 [MAX 2 ] 1 ]")
    assert encoded[:, 0].tolist() == [2, 0, 2, 1, 3, 0, 3]
    assert encoded[:, 1].tolist() == [-1, 0, 0, 2, 2, 0, 0]
    assert encoded[:, 2].tolist() == [0, 0, 1, 0, 1, 2, 3]
    assert LISTS.decode(encoded) == "[MAX 1 [MAX 2 ] 1 ]"


@given(st.lists(st.sampled_from("(a)"), max_size=60))
def test_any_brackets_make_a_tree(tokens: list[str]) -> None:
    parents, orders = tree([t == "(" for t in tokens], [t == ")" for t in tokens])
    for place, (parent, order) in enumerate(zip(parents, orders, strict=True)):
        assert -1 <= parent < place and (parent == -1 or tokens[parent] == "(")
        assert order == sum(parents[other] == parent for other in range(place))


def test_an_answer_ends_with_a_symbol_of_its_own() -> None:
    encoded = ACT.encode("left run")
    assert encoded.tolist() == [1, 0, 2, 255, 255] and ACT.decode(encoded) == "left run"
    assert ACT.encode("").tolist() == [2, 255, 255, 255, 255] and ACT.decode(ACT.encode("")) == ""
    assert ACT.encode(["run"] * 4).tolist() == [0, 0, 0, 0, 2]
    with pytest.raises(DataError, match="5 tokens; at most 4"):
        ACT.encode("run run run run run")
    with pytest.raises(DataError, match="did you mean 'left'"):
        ACT.encode("lefd")


def test_a_column_of_words_is_a_sequence_and_its_brackets_are_found() -> None:
    plain = look([f"walk {way} twice" for way in ("left", "right")] * 50 + ["jump left"] * 20, Declared())
    assert plain["kind"] == "label"  # so few different ones come again and again
    words = ["run", "left", "walk"]
    many = [" ".join(words[(n >> shift) % 3] for shift in range(8)) for n in range(256)]
    found = look(many, Declared())
    assert found == {"kind": "sequence", "tokens": sorted(words), "longest": 16}
    nested = [f"[MAX {n % 10} [MIN {n % 7} {n % 3} ( 4 ) ] ]" for n in range(210)]
    found = look(nested, Declared(kind="sequence"))
    assert found["opening"] == ["("] and found["closing"] == [")"]  # the flattest nesting
    without = look(nested, Declared(kind="sequence", settings={"ignore": "( )"}))
    assert without["opening"] == ["[MAX", "[MIN"] and without["closing"] == ["]"] and "(" not in without["tokens"]
    assert "opening" not in look(["a [ b", "b ] a", "a b ]"] * 30, Declared(kind="sequence"))
    answered = look(nested, Declared(kind="sequence", done=True))  # on a line, so no longer than twice the longest
    assert answered["longest"] == 2 * max(len(one.split()) for one in nested) and "opening" not in answered


@pytest.mark.parametrize("values", [["one", "two", "three"] * 2, [f"word{n}" for n in range(40)], [["a"], 3]])
def test_other_columns_are_not_taken_for_sequences(values: list[Any]) -> None:
    with pytest.raises(DataError):
        look(values, Declared())


def test_what_is_said_of_a_sequence() -> None:
    name, said = parse_declaration("words:sequence(longest=60, ignore=( ) ;)")
    assert (name, said.kind, said.longest, said.settings) == ("words", "sequence", 60, {"ignore": "( ) ;"})
    assert look(["a b ( c"] * 2, said)["longest"] == 60
    with pytest.raises(DataError, match="longest must lie in 1 to 8191"):
        parse_declaration("words:sequence(longest=9000)")


def test_sequences_of_several_lengths_are_read_and_bad_ones_located(tmp_path: Path) -> None:
    file = tmp_path / "data.tsv"
    rows = [f"{'left ' * (n % 5)}run\t{'run ' * (n % 3)}left" for n in range(60)]
    file.write_text("\n".join(["command\tactions", *rows]) + "\n")
    found = infer(file, ["command:sequence"], ["actions:sequence"])
    seen = SequenceSpec.model_validate(found.columns["command"])
    done = SequenceActSpec.model_validate({**found.columns["actions"], "longest": 6})
    scenes = load(file, {"command": seen, "actions": done}).scenes
    assert scenes.values["command"].shape[1] == 5 and scenes.values["actions"].shape[1] == 7
    assert sorted(set(scenes.shapes["command"][:, 0].tolist())) == [1, 2, 3, 4, 5]
    file.write_text("command\tactions\nrun\tleft\nrun run fly\tleft\n")
    with pytest.raises(DataError, match=r"data.tsv:3: command: token 'fly' is not in the vocabulary"):
        load(file, {"command": seen, "actions": done})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tokens": ["a", "a"]}, "listed twice"),
        ({"opening": ["("]}, "did you mean|is not among"),
        ({"opening": ["a"]}, "go together"),
        ({"opening": ["a"], "closing": ["a"]}, "both open and close"),
        ({"longest": 0}, "greater than or equal"),
    ],
)
def test_impossible_declarations(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SequenceSpec.model_validate({"kind": "sequence", "tokens": ["a", "b"], **change})


def test_unknown_tokens_have_a_symbol_where_that_is_wanted() -> None:
    spec = SequenceSpec(kind="sequence", tokens=("a", "b"), unknown=True)
    assert spec.encode("a z b").tolist() == [0, 2, 1] and spec.decode(np.array([0, 2, 1])) == "a ? b"
