"""A thought says what it is in words and as a notebook shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest
import torch

from ltm.brain.thought import Thought, TickRecord

WORDS = "sure enough: 24 ticks until the kept answer, 2 tries, 0.50 s, 1 k operations"


def thought(answer: Any, trace: tuple[TickRecord, ...] = ()) -> Thought:
    return Thought({"out": answer}, 0.9731, 24, 2, 0.5, 1000, "confident", True, trace)


def ticks(count: int) -> tuple[TickRecord, ...]:
    return tuple(
        TickRecord(0, tick, ("zone.fast",) if tick % 4 else ("zone.fast", "<b>.slow"), {}, tick / count, None, 10)
        for tick in range(count)
    )


@pytest.mark.parametrize(
    ("answer", "cells"),
    [("1234", 4), ("12/34/56", 6), ([[1, 2, 3], [4, 5, 6]], 6), ("12345", 0), ("<&>", 0), ("<&>x", 4)],
)
def test_html_is_well_formed_and_shows_every_cell(answer: Any, cells: int) -> None:
    tree = ElementTree.fromstring(thought(answer)._repr_html_())
    assert len(tree.findall(".//td")) == cells
    told = "".join(tree.itertext())
    assert "97.31 % sure" in told and WORDS in told
    if not cells:
        assert answer in told


def test_html_marks_every_firing() -> None:
    tree = ElementTree.fromstring(thought("1234", ticks(8))._repr_html_())
    svg = "{http://www.w3.org/2000/svg}"
    assert len(tree.findall(f".//{svg}rect")) == 1 + 8 + 2
    (line,) = tree.findall(f".//{svg}polyline")
    assert len(line.attrib["points"].split()) == 8
    assert "<b>.slow" in "".join(tree.itertext())


def test_words_name_every_answer_and_leave_the_trace_out() -> None:
    shown = str(thought("1234", ticks(8)))
    assert shown.splitlines() == ["out: 1234", "97.31 % sure", WORDS]


def test_thoughts_that_hold_tensors_can_be_compared() -> None:
    held = {"symbols": {"out": torch.tensor([1, 2])}, "logits": {"out": torch.zeros(2, 3)}}
    assert replace(thought("12"), **held) == replace(thought("12"), **held) != thought("13")
