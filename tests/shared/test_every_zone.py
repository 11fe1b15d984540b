"""What every kind of zone must do, in every variant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from little_model import views
from safetensors.torch import load_file
from tiny import WIDTH, brain_with, chart_of, puzzles
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from variants import EVERY, VARIANTS

from ltm.brain.brain import Brain
from ltm.chart.check import check
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.int8 import LEAST
from ltm.senses.layout import VOID
from ltm.zones.table import KINDS

every = pytest.mark.parametrize("zone", EVERY.values(), ids=EVERY.keys())
plain = pytest.mark.parametrize("zone", VARIANTS.values(), ids=VARIANTS.keys())
# Dense mixing has a fixed number of sites, so nothing is ever padded there.
FREE = {name: zone for name, zone in VARIANTS.items() if zone.get("mixing") != "dense"}
free = pytest.mark.parametrize("zone", FREE.values(), ids=FREE.keys())


def field_after(brain: Brain, values: dict[str, torch.Tensor], ticks: int = 3) -> torch.Tensor:
    mind = brain.begin(values)
    brain.circuit.run(mind.lanes, mind.input, mind.places, ticks)
    return mind.lanes.field


def test_every_kind_has_a_variant() -> None:
    assert {zone["kind"] for zone in VARIANTS.values()} == set(KINDS)


@every
def test_moves_the_field_and_keeps_its_shape(zone: dict[str, Any]) -> None:
    brain = Brain(chart_of(zone))
    mind = brain.begin(puzzles())
    before = mind.lanes.field
    after = field_after(brain, puzzles())
    assert after.shape == before.shape == (3, mind.places.sites, WIDTH)
    assert after.isfinite().all()
    assert (after - before).abs().amax(dim=(1, 2)).min() > 1e-3


@every
def test_every_weight_gets_a_gradient(zone: dict[str, Any]) -> None:
    brain = Brain(chart_of(zone))
    mind, generator = brain.begin(puzzles()), torch.Generator().manual_seed(1)
    reading = brain.think_on(mind, 4)
    weighted = reading.logits["solution"] * torch.randn(3, 16, 5, generator=generator)
    # No act reads the sites of a view, so the field itself is asked too.
    field = mind.lanes.field * torch.randn(mind.lanes.field.shape, generator=generator)
    torch.autograd.backward(weighted.sum() + reading.right.sum() + field.sum())
    without = [name for name, weight in brain.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert without == []


@every
def test_one_seed_makes_one_brain(zone: dict[str, Any]) -> None:
    chart = chart_of(zone)
    assert torch.equal(field_after(Brain(chart, 7), puzzles()), field_after(Brain(chart, 7), puzzles()))
    assert not torch.equal(field_after(Brain(chart, 7), puzzles()), field_after(Brain(chart, 8), puzzles()))


@every
def test_a_batch_gives_what_its_scenes_give_one_by_one(zone: dict[str, Any]) -> None:
    brain, values = Brain(chart_of(zone)), puzzles()
    together = field_after(brain, values)
    for number in range(3):
        alone = field_after(brain, {name: value[number : number + 1] for name, value in values.items()})
        torch.testing.assert_close(together[number : number + 1], alone, atol=2e-5, rtol=1e-4)


@every
def test_a_saved_brain_thinks_the_same(zone: dict[str, Any], tmp_path: Path) -> None:
    brain = Brain(chart_of(zone))
    save_brain(brain, tmp_path / "brain")
    loaded, _ = load_brain(tmp_path / "brain")
    assert torch.equal(field_after(brain, puzzles()), field_after(loaded, puzzles()))


@every
def test_a_budget_too_small_is_refused_at_the_zone(zone: dict[str, Any]) -> None:
    chart = chart_of(zone)
    size = 4 * Brain(chart).parameters_by_part()["zones/only"]
    for budget, fits in ((size, True), (size - 1, False)):
        spec = chart.zones["only"].model_copy(update={"budget": budget})
        problems = check(chart.model_copy(update={"zones": {"only": spec}}))
        assert [loc for loc, _ in problems] == ([] if fits else [("zones", "only", "budget")])


@every
def test_operations_are_those_that_pytorch_counts(zone: dict[str, Any]) -> None:
    brain = Brain(chart_of(zone))
    mind = brain.begin(puzzles(1))
    ticks = max(1, len(brain.circuit.cycle))
    counter = FlopCounterMode(display=False)
    # The counter knows the attention of this processor only in its plain form.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        brain.circuit.run(mind.lanes, mind.input, mind.places, ticks)
    declared = sum(brain.circuit.operations(mind.places, tick) for tick in range(ticks))
    counted = counter.get_total_flops()
    # The padding of convolutions, a share of the border, is counted by one side and not by the other.
    assert declared == pytest.approx(counted, rel=0.02)


@free
@pytest.mark.parametrize("sides", [(5, 4), (4, 5), (9, 9)], ids=lambda sides: "x".join(map(str, sides)))
def test_sites_that_do_not_exist_change_nothing(zone: dict[str, Any], sides: tuple[int, int]) -> None:
    # In front of what is padded and behind it there are sites that exist.
    brain = Brain(chart_of(zone, field={"width": WIDTH, "noise": 0.0, "prefix": 2}, senses=SENSES, acts=ACTS))
    one_padding(brain, sides)


@pytest.mark.parametrize("wave", ["top-k", "sync"])
@pytest.mark.parametrize("write", ["add", "replace"])
def test_sites_that_do_not_exist_choose_nothing(wave: str, write: str) -> None:
    zones = {f"z{n}": {"kind": "conv", "state": "own", "write": write} for n in range(4)}
    coupling = {"pattern": "ring", "strength": "dynamic"}
    parts = {"senses": SENSES, "acts": ACTS, "wave": {"policy": wave, "fire": 2}, "coupling": coupling}
    one_padding(brain_with(zones, **parts), (9, 9))


SENSES = {"puzzle": {"kind": "grid", "symbols": 5}, "behind": {"kind": "grid", "rows": 1, "columns": 3, "symbols": 5}}
ACTS = {"solution": {"kind": "grid", "symbols": 5, "at": "puzzle"}}


def one_padding(brain: Brain, sides: tuple[int, int]) -> None:
    """Asserts that a scene alone thinks as beside one of those sides."""
    generator = torch.Generator().manual_seed(2)
    small, behind = (
        torch.randint(0, 5, (1, *shape), generator=generator, dtype=torch.uint8) for shape in ((3, 4), (1, 3))
    )
    padded = torch.full((1, *sides), VOID, dtype=torch.uint8)
    padded[:, :3, :4] = small
    alone, among = (brain.begin({"puzzle": p, "behind": behind, "view": views(1)}) for p in (small, padded))
    with torch.no_grad():  # learning would favour other roles the second time
        readings = [brain.think_on(mind, 3) for mind in (alone, among)]
    there = (
        torch.ones(among.places.sites, dtype=torch.bool) if among.places.mask_BS is None else among.places.mask_BS[0]
    )
    torch.testing.assert_close(among.lanes.field[:, there], alone.lanes.field, atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(readings[1].right, readings[0].right, atol=2e-5, rtol=1e-4)


@plain
def test_in_eight_bits_it_is_a_fourth_and_answers_nearly_the_same(zone: dict[str, Any], tmp_path: Path) -> None:
    # Wide enough for most weights to lie in matrices that are packed.
    brain = Brain(chart_of(zone, field={"width": 48, "noise": 0.0}))
    save_brain(brain, tmp_path / "whole")
    brain.int8 = True
    save_brain(brain, tmp_path / "small")
    small, _ = load_brain(tmp_path / "small")
    before, after = (load_file(tmp_path / name / "zones" / "only.safetensors") for name in ("whole", "small"))
    packed = sum(tensor.numel() for tensor in after.values() if tensor.dtype == torch.int8)
    assert packed == sum(t.numel() for t in before.values() if t.dim() >= 2 and t.numel() >= LEAST)
    # A byte for each number and a scale for each row; what ties in the little model is too small, and stays as it is.
    scales = sum(4 * len(tensor) for tensor in after.values() if tensor.dtype == torch.int8)
    assert _bytes(after) == _bytes(before) - 3 * packed + scales
    assert (packed > 0) == (zone["kind"] != "pretrained") and packed + scales <= 0.34 * 4 * packed
    said = [one.eval().think_on(one.begin(puzzles()), 2).logits["solution"] for one in (Brain(brain.chart), small)]
    apart = (said[0] - said[1]).abs().max() / said[0].abs().max()
    assert apart < 0.1 and (apart > 0) == (packed > 0)
    save_brain(small, tmp_path / "again")
    again = (tmp_path / "again" / "zones" / "only.safetensors").read_bytes()
    assert again == (tmp_path / "small" / "zones" / "only.safetensors").read_bytes()


def _bytes(tensors: dict[str, torch.Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors.values())
