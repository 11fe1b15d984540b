"""A model from elsewhere as a brain: a sense that writes its symbols' vectors, one causal zone, an act `next`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError

from ltm.brain.brain import Brain
from ltm.chart.schema import Chart
from ltm.errors import FolderError, first_mistake
from ltm.foreign.table import foreign_model
from ltm.foreign.tensors import Foreign
from ltm.foreign.vocabulary import tokenizer_beside
from ltm.runtime.record import TOKENIZER
from ltm.senses.pieces import BYTES
from ltm.senses.sequence import MOST_TOKENS

SENSE, ACT, ZONE = "context", "next", "core"
"""What the source `text:FILE` calls a window of a text and what follows it."""
LONGEST = 8192
"""Symbols at once; a zone with a state of fixed size goes on for ever."""


def brain_from(place: Path, name: str = "brain") -> Brain:
    """Reads a model and makes a brain of it, with the same weights and logits.

    Args:
        place: a `.safetensors` file, or a folder with one or several and perhaps `config.json`.
        name: of the brain.

    Raises:
        FolderError: it can't be read, or isn't of a known family.
    """
    model = foreign_model(place)
    chart = chart_of(model, tokenizer_beside(place, len(model.table)), name)
    with torch.device("meta"):
        brain = Brain(chart)
    state = brain.state_dict()
    taken = {f"circuit.zones.{ZONE}.body.{part}": tensor for part, tensor in model.body.items()}
    table = "table" if chart.senses[SENSE].kind == "text" else "symbol"
    taken[f"senses.{SENSE}.{table}"] = model.table
    if model.head is not None:
        taken[f"acts.{ACT}.read.weight"] = model.head
    if model.bias is not None:
        taken[f"acts.{ACT}.bias"] = model.bias
    for part, tensor in taken.items():
        if part not in state or state[part].shape != tensor.shape:
            here = list(state[part].shape) if part in state else "nothing"
            there = list(tensor.shape)
            raise FolderError(f"{place}: its configuration asks for {here} where its weights are {there} ({part})")
    brain = brain.to_empty(device="cpu")
    with torch.no_grad():
        for part, tensor in brain.state_dict().items():
            tensor.copy_(taken.get(part, torch.zeros(())))
    return brain.eval()


def chart_of(model: Foreign, tokenizer: str | None, name: str) -> Chart:
    """Returns the chart of a brain made from a model.

    Args:
        model: taken apart.
        tokenizer: SHA-256 of what reads its texts; None where nobody says. A model of 256 symbols then reads bytes, and
            symbols of others are called by their numbers.
        name: of the brain.
    """
    symbols = len(model.table)
    sense: dict[str, Any] = {"kind": "text", "unit": "bytes", "inner": None, "longest": LONGEST}
    if tokenizer is not None:
        sense |= {"unit": "tokens", "tokenizer": tokenizer, "tokens": symbols}
    elif symbols != BYTES:
        if symbols > MOST_TOKENS:
            raise FolderError(f"{symbols:,} symbols without {TOKENIZER}; at most {MOST_TOKENS:,} are read by number")
        names = tuple(str(number) for number in range(symbols))
        # What it writes is what the table holds: the scale undoes what sequences multiply by.
        sense = {"kind": "sequence", "tokens": names, "positions": "none", "scale": model.width**-0.5}
        sense["longest"] = LONGEST
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
        return Chart.model_validate(declared)
    except ValidationError as problem:
        raise FolderError(f"a model that no chart can declare: {first_mistake(problem)}") from None
