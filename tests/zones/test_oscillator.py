"""Oscillators stay on the sphere, turn at their frequency, and lose energy by turning towards what they hear."""

from __future__ import annotations

import itertools

import pytest
import torch
from tiny import WIDTH, brain_with, puzzles

from ltm.zones.mixer import WindowMixing
from ltm.zones.oscillator import OscillatorBody
from ltm.zones.places import Places

GROUP = 4


def body(frequency: float, rate: float, coupled: bool) -> tuple[OscillatorBody, Places]:
    brain = brain_with({"only": {"kind": "oscillator", "group": GROUP, "windows": ["rows", "blocks"]}})
    made = brain.circuit.zone("only").body
    assert isinstance(made, OscillatorBody)
    with torch.no_grad():
        made.frequency.fill_(frequency)
        made.rate.fill_(rate)
        if not coupled:
            for weight in made.coupling.parameters():
                weight.zero_()
    return made, brain.layout.places(puzzles(1))


def states(count: int, sites: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, sites, WIDTH, generator=generator), torch.randn(count, sites, WIDTH, generator=generator)


def energy(made: OscillatorBody, own: torch.Tensor, x: torch.Tensor, where: Places) -> torch.Tensor:
    """Returns `-sum x.y` of each example: lower where the oscillators agree with what they hear."""
    unit = torch.nn.functional.normalize(own.unflatten(-1, (-1, GROUP)), dim=-1).flatten(-2)
    assert isinstance(made.coupling, WindowMixing)
    heard = made.coupling(unit, where, made.spec.windows) + made.condition(x)
    return -(unit * heard).sum(dim=(1, 2))


@torch.no_grad()
def test_the_state_stays_on_the_sphere() -> None:
    made, where = body(0.5, 1.0, coupled=True)
    x, own = states(3, where.sites)
    _, state = made(x, own, where)
    assert state is not None
    norms = state.reshape(3, where.sites, -1, GROUP).norm(dim=-1)
    torch.testing.assert_close(norms, torch.ones_like(norms))


@torch.no_grad()
def test_turning_towards_what_is_heard_lowers_the_energy() -> None:
    made, where = body(0.0, 0.05, coupled=False)
    x, own = states(3, where.sites)
    energies = [energy(made, own, x, where)]
    for _ in range(20):
        own = made(x, own, where)[1]
        energies.append(energy(made, own, x, where))
    assert all((after < before).all() for before, after in itertools.pairwise(energies))


@torch.no_grad()
def test_without_anything_heard_it_turns_at_its_frequency() -> None:
    made, where = body(0.3, 1.0, coupled=False)
    x, own = states(2, where.sites)
    made.condition.weight.zero_()
    unit = made._unit(own)
    state = made(x, own, where)[1]
    assert state is not None
    # One step adds the tangent 0.3 times and goes back to the sphere: an angle of atan(0.3).
    cosine = (unit * state).reshape(2, where.sites, -1, GROUP).sum(-1)
    torch.testing.assert_close(cosine, torch.full_like(cosine, 1 / (1 + 0.3**2) ** 0.5))
    assert energy(made, own, x, where).tolist() == pytest.approx([0.0, 0.0], abs=1e-5)
