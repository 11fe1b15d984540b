"""What every kind of sense and act must do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
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
}
ACT_VARIANTS = {name: spec for name, spec in SENSE_VARIANTS.items() if "positions" not in spec}
each_sense = pytest.mark.parametrize("spec", SENSE_VARIANTS.values(), ids=SENSE_VARIANTS.keys())
each_act = pytest.mark.parametrize("spec", ACT_VARIANTS.values(), ids=ACT_VARIANTS.keys())


def made(table: Any, spec: dict[str, Any], seed: int = 0) -> Any:
    declared, module = table[spec["kind"]]
    body = module(declared.model_validate(spec), WIDTH)
    initialise_all(body, torch.Generator().manual_seed(seed))
    return body


def symbols(spec: dict[str, Any], batch: int = 2) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, spec["symbols"], (batch, 3, 4), generator=generator, dtype=torch.uint8)


def test_every_kind_has_a_variant() -> None:
    assert {spec["kind"] for spec in SENSE_VARIANTS.values()} == set(SENSES)
    assert {spec["kind"] for spec in ACT_VARIANTS.values()} == set(ACTS)


@each_sense
def test_writes_a_vector_at_each_site(spec: dict[str, Any]) -> None:
    sense = made(SENSES, spec)
    written = sense(symbols(spec))
    assert written.shape == (2, 12, WIDTH)
    assert 0.5 < written.std().item() < 2.0
    torch.autograd.backward(written.square().sum())
    assert all(weight.grad is not None and weight.grad.any() for weight in sense.parameters())
    assert torch.equal(made(SENSES, spec)(symbols(spec)), written)
    assert not torch.equal(made(SENSES, spec, 1)(symbols(spec)), written)


@each_sense
def test_a_batch_is_its_scenes(spec: dict[str, Any]) -> None:
    sense = made(SENSES, spec)
    values = symbols(spec)
    assert torch.equal(sense(values)[1:], sense(values[1:]))


@each_act
def test_reads_a_symbol_off_each_site_and_counts_its_operations(spec: dict[str, Any]) -> None:
    act = made(ACTS, spec)
    field = torch.randn(2, 12, WIDTH, generator=torch.Generator().manual_seed(0))
    counter = FlopCounterMode(display=False)
    with counter:
        logits = act(field)
    assert logits.shape == (2, 12, spec["symbols"]) and logits.dtype == torch.float32
    assert counter.get_total_flops() == 2 * act.operations(12)


@each_sense
def test_what_is_written_can_be_read_back(spec: dict[str, Any]) -> None:
    declared = SENSES[spec["kind"]][0].model_validate(spec)
    grid = symbols(spec, 1)[0].numpy()
    value = declared.decode(grid)
    assert isinstance(value, list if spec.get("form") == "lists" else str)
    assert np.array_equal(declared.encode(value), grid)


@each_sense
@pytest.mark.parametrize("value", ["", "xyz!", [[0, 1], [1]], [[99]], [[0.5]], [[-1]], [], "12\n1", None, 7, {"a": 1}])
def test_nonsense_is_refused_in_words(spec: dict[str, Any], value: Any) -> None:
    declared = SENSES[spec["kind"]][0].model_validate(spec)
    with pytest.raises(DataError) as problem:
        declared.encode(value)
    assert len(str(problem.value)) > 10
