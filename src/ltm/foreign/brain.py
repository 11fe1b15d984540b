"""A model from elsewhere as a brain.

A language model becomes a sense that writes its symbols' vectors, one causal zone, and an act `next`; a recursive
reasoner becomes the chart that declares it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.chart.check import require
from ltm.chart.schema import Chart
from ltm.errors import ChartError, FolderError, first_mistake
from ltm.foreign.reasoners import Reasoner
from ltm.foreign.table import foreign_model
from ltm.foreign.tensors import Foreign, Load
from ltm.foreign.vocabulary import tokenizer_beside
from ltm.runtime.record import TOKENIZER
from ltm.runtime.weights import load_tensors
from ltm.senses.pieces import BYTES
from ltm.senses.sequence import MOST_TOKENS

SENSE, ACT, ZONE = "context", "next", "core"
"""What the source `text:FILE` calls a window of a text and what follows it."""
LONGEST = 8192
"""Symbols at once, or as many as the model learned from; a zone with a state of fixed size goes on for ever."""


@dataclass(frozen=True, eq=False)
class Imported:
    """A brain that was made of a model from elsewhere.

    Attributes:
        brain: with its weights.
        family: that the model is of.
        notes: what a user should know: what was left out and why, what had to be assumed.
    """

    brain: Brain
    family: str
    notes: tuple[str, ...] = ()


def brain_from(place: Path, name: str = "brain") -> Brain:
    """Reads a model and makes a brain of it, with the same weights and logits; see `imported`."""
    return imported(place, name).brain


def imported(place: Path, name: str = "brain", load: Load = load_tensors) -> Imported:
    """Reads a model and makes a brain of it, with the same weights and logits.

    Args:
        place: a `.safetensors` file, or a folder with one or several and perhaps `config.json`; or a checkpoint of TRM
            or HRM, perhaps with `all_config.yaml` beside it.
        name: of the brain.
        load: reads safetensors files.

    Raises:
        FolderError: it can't be read, or isn't of a known family.
    """
    model = foreign_model(place, load)
    if isinstance(model, Reasoner):
        chart = model.chart.model_copy(update={"name": name})
        return Imported(_filled(chart, model.weights, place, strict=True), model.family, model.notes)
    chart = chart_of(model, tokenizer_beside(place, len(model.table)), name)
    taken = {f"circuit.zones.{ZONE}.body.{part}": tensor for part, tensor in model.body.items()}
    table = "table" if chart.senses[SENSE].kind == "text" else "symbol"
    taken[f"senses.{SENSE}.{table}"] = model.table
    if model.head is not None:
        taken[f"acts.{ACT}.read.weight"] = model.head
    if model.bias is not None:
        taken[f"acts.{ACT}.bias"] = model.bias
    return Imported(_filled(chart, taken, place), model.family)


def _filled(chart: Chart, taken: Mapping[str, Tensor], place: Path, *, strict: bool = False) -> Brain:
    """Returns the brain of a chart with some weights; the others are nought, or where `strict` there are none."""
    with torch.device("meta"):
        brain = Brain(chart)
    state = brain.state_dict()
    for part, tensor in taken.items():
        if part not in state or state[part].shape != tensor.shape:
            here = list(state[part].shape) if part in state else "nothing"
            there = list(tensor.shape)
            raise FolderError(f"{place}: its configuration asks for {here} where its weights are {there} ({part})")
    missing = sorted(set(state) - set(taken))
    if strict and missing:
        raise FolderError(f"{place}: has nothing for {missing[0]}, which its chart asks for")
    brain = brain.to_empty(device="cpu")
    with torch.no_grad():
        for part, tensor in brain.state_dict().items():
            # What nobody knows is nothing; only confidence is as it comes, neither stretched nor moved.
            tensor.copy_(taken.get(part, torch.ones(()) if part == "reflection.scale" else torch.zeros(())))
    return brain.eval()


def chart_of(model: Foreign, tokenizer: str | None, name: str) -> Chart:
    """Returns the chart of a brain made from a model.

    Args:
        model: taken apart.
        tokenizer: SHA-256 of what reads its texts; None where nobody says. A model of 256 symbols then reads bytes, and
            symbols of others are called by their numbers.
        name: of the brain.
    """
    symbols, longest = len(model.table), min(LONGEST, model.longest or LONGEST)
    sense: dict[str, Any] = {"kind": "text", "unit": "bytes", "inner": None, "longest": longest}
    if tokenizer is not None:
        sense |= {"unit": "tokens", "tokenizer": tokenizer, "tokens": symbols}
    elif symbols != BYTES:
        if symbols > MOST_TOKENS:
            raise FolderError(f"{symbols:,} symbols without {TOKENIZER}; at most {MOST_TOKENS:,} are read by number")
        names = tuple(str(number) for number in range(symbols))
        # What it writes is what the table holds: the scale undoes what sequences multiply by.
        sense = {"kind": "sequence", "tokens": names, "positions": "none", "scale": model.width**-0.5}
        sense["longest"] = longest
    role = {"reads": ["input"], "vector": False}
    act = {"kind": "next", "symbols": symbols, "tied": model.head is None, "bias": model.bias is not None}
    if model.end is not None:
        act["stop"] = model.end
    declared = {
        "name": name,
        "about": f"A {model.family} language model from elsewhere: says what comes next.",
        "field": {"width": model.width, "norm": "none"},
        "senses": {SENSE: sense},
        "acts": {ACT: act},
        "zones": {ZONE: {**model.zone, "write": "replace", "roles": {"self": role}}},
        "reflection": {"kind": "none"},
        "training": {"ticks": 1, "segments": 1},
        "will": {"ticks": 1},
    }
    try:
        # With its size, before gigabytes are written that could never be opened.
        return require(Chart.model_validate(declared))
    except ValidationError as problem:
        raise FolderError(f"a model that no chart can declare: {first_mistake(problem)}") from None
    except ChartError as problem:
        raise FolderError(f"a model that no brain can be: {problem}") from None
