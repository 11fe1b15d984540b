"""What every kind of sense and act must do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from little_model import SIDE, little_model
from torch.utils.flop_counter import FlopCounterMode

from ltm.acts.table import KINDS as ACTS
from ltm.errors import DataError
from ltm.senses.table import KINDS as SENSES
from ltm.zones.layers import initialise_all

WIDTH = 16
SENSE_VARIANTS: dict[str, dict[str, Any]] = {
    "grid": {"kind": "grid", "symbols": 5},
    "grid-fixed": {"kind": "grid", "symbols": 5, "rows": 3, "columns": 4},
    "grid-positions": {"kind": "grid", "symbols": 5, "rows": 3, "columns": 4, "positions": "learned"},
    "grid-letters": {"kind": "grid", "symbols": 3, "alphabet": "#.G"},
    "grid-lists": {"kind": "grid", "symbols": 12, "form": "lists"},
    "image": {"kind": "image", "rows": 9, "columns": 12},
    "image-colours": {"kind": "image", "rows": 8, "columns": 8, "channels": 3, "patch": 8},
    "image-patches": {"kind": "image", "rows": 8, "columns": 8, "stem": "patches", "positions": "none"},
    "image-pixels": {"kind": "image", "rows": 3, "columns": 5, "patch": 1},
    "audio": {"kind": "audio", "seconds": 0.1, "mels": 12, "patch": 4},
    "audio-patches": {
        "kind": "audio",
        "seconds": 0.05,
        "rate": 8000,
        "mels": 9,
        "stem": "patches",
        "positions": "none",
    },
    "audio-points": {"kind": "audio", "seconds": 0.03, "hop": 5, "mels": 4, "patch": 1},
    "label": {"kind": "label", "labels": ["no", "yes", "perhaps"]},
    "label-many": {"kind": "label", "labels": [f"{number}" for number in range(300)]},
    "label-missing": {"kind": "label", "labels": ["no", "yes"], "missing": True},
    "number": {"kind": "number"},
    "number-plain": {"kind": "number", "mean": -3.0, "spread": 0.5, "frequencies": 0},
    "vector": {"kind": "vector", "size": 8, "frequencies": 3},
    "vector-shared": {"kind": "vector", "size": 11, "each": 4, "mean": [2.0] * 11, "spread": [0.5] * 11},
}
TREE = {"tokens": ["a", "b", "[MAX", "]"], "opening": ["[MAX"], "closing": ["]"]}
SENSE_VARIANTS |= {
    "sequence": {"kind": "sequence", "tokens": ["walk", "jump", "left"], "longest": 9},
    "sequence-unknown": {"kind": "sequence", "tokens": ["walk", "jump"], "unknown": True, "positions": "none"},
    "sequence-many": {"kind": "sequence", "tokens": [f"t{number}" for number in range(300)]},
    "sequence-tree": {"kind": "sequence", **TREE},
    "text": {"kind": "text", "buckets": 8},
    "text-letters": {"kind": "text", "buckets": 64, "features": ["word", "pair", "letters"]},
    "text-direct": {"kind": "text", "unit": "bytes", "inner": None},
    "text-bytes": {"kind": "text", "unit": "bytes", "longest": 40, "positions": "learned"},
    "text-pieces": {"kind": "text", "unit": "pieces", "pieces": ["Ġt", "he", "Ġthe"]},
    "raw": {"kind": "raw", "model": little_model()},
}
LATER = {"order": "left-to-right", "longest": 11}
ACT_VARIANTS = {
    **{name: SENSE_VARIANTS[name] for name in ("grid", "grid-fixed", "grid-letters", "grid-lists")},
    **{name: SENSE_VARIANTS[name] for name in ("label", "label-many")},
    "canvas": {"kind": "canvas", "rows": 3, "columns": 4, "colours": 5},
    "canvas-lists": {"kind": "canvas", "rows": 2, "columns": 6, "colours": 12, "form": "lists"},
    "action": SENSE_VARIANTS["label"] | {"kind": "action"},
    **{name: SENSE_VARIANTS[name] | {"longest": 11} for name in ("sequence", "sequence-many")},
    "sequence-said": {**SENSE_VARIANTS["sequence"], **LATER, "pace": 2, "positions": "none"},
    "number": {"kind": "number", "edges": [1.5, 10.0], "centres": [0.0, 1.5, 20.0]},
    "next": {"kind": "next", "symbols": 300},
    "next-biased": {"kind": "next", "symbols": 5, "bias": True},
    "text": {"kind": "text", "longest": 11},
    "text-pieces": {"kind": "text", "unit": "pieces", "pieces": ["Ġt", "he", "Ġthe"], **LATER},
}
NOTHING = {"label-missing": ("",), "number": ("",), "number-plain": ("",)}
"""What the kinds take for a missing value rather than for nonsense, beside None."""
each_sense = pytest.mark.parametrize("spec", SENSE_VARIANTS.values(), ids=SENSE_VARIANTS.keys())
each_act = pytest.mark.parametrize("spec", ACT_VARIANTS.values(), ids=ACT_VARIANTS.keys())


def made(table: Any, spec: dict[str, Any], seed: int = 0) -> Any:
    declared, module = table[spec["kind"]]
    body = module(declared.model_validate(spec), WIDTH)
    initialise_all(body, torch.Generator().manual_seed(seed))
    return body


def declared(table: Any, spec: dict[str, Any]) -> Any:
    return table[spec["kind"]][0].model_validate(spec)


def values(spec: dict[str, Any], batch: int = 2) -> torch.Tensor:
    """Random values of a kind; sizes where the kind leaves them open."""
    said, generator = declared(SENSES, spec), torch.Generator().manual_seed(0)
    if spec["kind"] == "sequence":
        said_in = (
            ["a [MAX b a ] a", "[MAX [MAX b ] a ]"] if "opening" in spec else [" ".join(said.tokens[:2] * 3)] * batch
        )
        return torch.from_numpy(np.stack([said.encode(text) for text in said_in[:batch]]))
    if spec["kind"] == "text":
        return torch.from_numpy(np.stack([said.encode("a few of the words in a text that I read")] * batch))
    picture = (spec.get("rows"), spec.get("columns"), spec.get("channels", 1))
    sound = (getattr(said, "frames", 0), spec.get("mels"))
    known = {"grid": (3, 4), "image": picture, "audio": sound, "vector": (spec.get("size"),), "raw": (SIDE, SIDE, 3)}
    sides = known.get(spec["kind"], (1,))
    assert said.layout.rank == len(sides)
    if said.layout.dtype == "float32":
        # In steps of an eighth, which can be written down; one of them missing.
        numbers = torch.randint(-24, 25, (batch, *sides), generator=generator) / 8
        numbers[0, 0] = torch.nan
        return numbers
    most = getattr(said, "symbols", 255) + spec.get("missing", False)
    made = torch.randint(0, most, (batch, *sides), generator=generator)
    return made.to(getattr(torch, said.layout.dtype))


def sites(spec: dict[str, Any]) -> int:
    rows, columns = declared(SENSES, spec).sites(tuple(values(spec).shape[1:]))
    return int(rows * columns)


def test_every_kind_has_a_variant() -> None:
    assert {spec["kind"] for spec in SENSE_VARIANTS.values()} == set(SENSES)
    assert {spec["kind"] for spec in ACT_VARIANTS.values()} == set(ACTS)


@each_sense
def test_writes_a_vector_at_each_site(spec: dict[str, Any]) -> None:
    sense = made(SENSES, spec)
    written = sense(values(spec))
    assert written.shape == (2, sites(spec), WIDTH)
    assert sense.exists(values(spec)) is None
    assert 0.5 < written.std().item() < 2.0
    torch.autograd.backward(written.square().sum())
    assert all(weight.grad is not None and weight.grad.any() for weight in sense.parameters())
    assert torch.equal(made(SENSES, spec)(values(spec)), written)
    assert not torch.equal(made(SENSES, spec, 1)(values(spec)), written)


@each_sense
def test_a_batch_is_its_scenes(spec: dict[str, Any]) -> None:
    sense = made(SENSES, spec)
    both = values(spec)
    torch.testing.assert_close(sense(both)[1:], sense(both[1:]))  # convolutions add up in another order


@each_act
def test_reads_as_many_symbols_as_it_says_and_counts_its_operations(spec: dict[str, Any]) -> None:
    act = made(ACTS, spec)
    field = torch.randn(2, 12, WIDTH, generator=torch.Generator().manual_seed(0))
    counter = FlopCounterMode(display=False)
    with counter:
        logits = act(field)
    symbols = declared(ACTS, spec).symbols
    assert logits.shape == (2, act.cells(12), symbols) and logits.dtype == torch.float32
    assert counter.get_total_flops() == 2 * act.operations(12)


@each_act
def test_sites_that_do_not_exist_change_no_answer(spec: dict[str, Any]) -> None:
    act, generator = made(ACTS, spec), torch.Generator().manual_seed(0)
    field, mask = torch.randn(1, 12, WIDTH, generator=generator), torch.arange(12)[None] < 8
    other = torch.where(mask[..., None], field, torch.randn(1, 12, WIDTH, generator=generator))
    if act.spec.own_sites:
        # Its own sites always exist.
        assert act.exists(mask, torch.zeros(1, act.spec.own_sites, dtype=torch.long)).all()
        return
    there = act.exists(mask, torch.zeros(1, act.cells(12), dtype=torch.long))
    one, two = (act(given, mask) if there is None else act(given, mask)[there] for given in (field, other))
    assert torch.equal(one, two)
    shorter = act(field[:, :8], None).reshape(one.shape)
    torch.testing.assert_close(one, shorter)


@each_sense
def test_what_is_written_can_be_read_back(spec: dict[str, Any]) -> None:
    said = declared(SENSES, spec)
    assert len(said.words()) > 5
    if spec["kind"] == "text":
        return  # the features of words can't be turned back into them, and no act says texts
    encoded = values(spec, 1)[0].numpy()
    value = said.decode(encoded)
    assert isinstance(value, str | float | None if said.written == "plain" else list)
    assert said.encode(value).dtype == said.layout.dtype
    np.testing.assert_array_equal(said.encode(value), encoded)


@pytest.mark.parametrize("name", SENSE_VARIANTS)
@pytest.mark.parametrize(
    "value", ["", "xyz!", [[0, 1], [1]], [[999]], [[0.5]], [[-1]], [], "12\n1", None, 7000, {"a": 1}]
)
def test_nonsense_is_refused_in_words(name: str, value: Any) -> None:
    spec = SENSE_VARIANTS[name]
    said = declared(SENSES, spec)
    if name in NOTHING and (value in (*NOTHING[name], None) or (value == 7000 and said.kind == "number")):
        assert said.encode(value).shape == (1,)
        return
    if (spec.get("unknown") or spec["kind"] == "text") and isinstance(value, str) and value:
        value = ["xyz", None]  # any text will do for these
    with pytest.raises(DataError) as problem:
        said.encode(value)
    assert len(str(problem.value)) > 10


@each_act
def test_an_answer_is_turned_back_into_what_was_chosen(spec: dict[str, Any]) -> None:
    said = declared(ACTS, spec)
    if spec["kind"] in ("sequence", "text", "next", "canvas"):
        return  # the symbol that ends it can't be the last of several, and what comes next is no value of its own
    seen = np.zeros((3, 4), dtype=np.uint8)
    for symbol in range(said.symbols):
        chosen = np.full(12 if spec["kind"] == "grid" else 1, symbol)
        assert (said.encode(said.answer(chosen, seen)) == symbol).all()
