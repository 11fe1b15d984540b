"""Brains with a part less: a coupling, a zone, hidden channels. What stays keeps its weights; the chart says the rest.

Shapes: H hidden channels.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ltm.brain.brain import Brain
from ltm.brain.walk import begin
from ltm.chart.misfits import misfits
from ltm.chart.schema import Chart
from ltm.scenes.store import SceneSet
from ltm.training.looks import BATCH, batches
from ltm.zones.layers import SwiGLU

_COUPLING = "circuit.coupling."
LEAST_HIDDEN = 8


def without_edge(brain: Brain, number: int) -> Brain:
    """Returns the brain without one of its direct couplings, counted as `Coupling.edges` does."""
    return with_edges(brain, brain.chart, [n for n in range(len(brain.circuit.coupling.edges)) if n != number])


def without_zone(brain: Brain, zone: str) -> Brain | None:
    """Returns the brain without a zone and its couplings; None where it can't be without.

    A wave that chooses among roles has learned to choose among all of them, and windows on the field are laid out by
    all zones: there none can go.
    """
    chart = brain.chart
    if len(chart.zones) == 1 or brain.circuit.wave is not None or chart.coupling.overlap is not None:
        return None
    zones = {name: spec for name, spec in chart.zones.items() if name != zone}
    if any(zone in (role.reads or ()) for spec in zones.values() for role in spec.roles.values()):
        return None
    kept = [n for n, edge in enumerate(brain.circuit.coupling.edges) if zone not in (edge.source, edge.to)]
    return with_edges(brain, chart.model_copy(update={"zones": zones}), kept)


def narrower(brain: Brain, zone: str, weight_of: Mapping[int, Tensor], share: float) -> Brain | None:
    """Returns the brain with fewer hidden channels in a zone's layers; None where the zone has none to lose.

    Args:
        brain: the brain.
        zone: which zone.
        weight_of: how much each hidden channel of each layer carries `[H]`, from `carried`.
        share: of the hidden channels that stays.
    """
    layers = hidden_layers(brain, zone)
    if not layers or set(weight_of) != set(range(len(layers))):
        return None
    old = layers[0].down.weight.shape[1]
    hidden = max(LEAST_HIDDEN, round(share * old))
    if hidden >= old:
        return None
    state = brain.state_dict()
    for number, layer in enumerate(layers):
        keep = weight_of[number].topk(hidden).indices.sort().values
        gate, up = layer.gate_up.weight.chunk(2)
        prefix = f"circuit.zones.{zone}.body.channels.{number}."
        state[f"{prefix}gate_up.weight"] = torch.cat((gate[keep], up[keep]))
        state[f"{prefix}down.weight"] = layer.down.weight[:, keep]
    zones = {**brain.chart.zones, zone: brain.chart.zones[zone].model_copy(update={"hidden": hidden})}
    return _rebuilt(brain, brain.chart.model_copy(update={"zones": zones}), state)


def carried(brain: Brain, zone: str, scenes: SceneSet) -> dict[int, Tensor]:
    """Returns how much each hidden channel of each layer moves what its zone returns `[H]`, over some scenes.

    That is the mean size of what the channel holds, times the length of its column in the matrix that reads it.
    """
    found: dict[int, Tensor] = {}
    counts: Counter[int] = Counter()
    layers = hidden_layers(brain, zone)

    def note(number: int, module: nn.Module, given: tuple[Tensor, ...]) -> None:
        held = given[0].detach().double().abs().flatten(0, -2)
        found[number] = found.get(number, torch.zeros_like(held[0])) + held.sum(0)
        counts[number] += len(held)

    hooks = [
        layer.down.register_forward_pre_hook(functools.partial(note, number)) for number, layer in enumerate(layers)
    ]
    try:
        with torch.inference_mode():
            for _, values in batches(scenes, BATCH):
                mind, _, _ = begin(brain, values, torch.Generator().manual_seed(0), torch.float32)
                brain.think_on(mind, brain.chart.training.ticks * brain.chart.training.segments)
    finally:
        for hook in hooks:
            hook.remove()
    # Out of inference mode, so that the sums may be used beside weights.
    lengths = [layer.down.weight.detach().norm(dim=0) for layer in layers]
    return {n: (held.clone() / counts[n]).float() * lengths[n] for n, held in found.items()}


def with_body(brain: Brain, zone: str, body: Mapping[str, Tensor]) -> Brain:
    """Returns the brain with another body in a zone, of the same make."""
    prefix = f"circuit.zones.{zone}.body."
    state = brain.state_dict() | {f"{prefix}{name}": weight for name, weight in body.items()}
    return _rebuilt(brain, brain.chart, state)


def hidden_layers(brain: Brain, zone: str) -> list[SwiGLU]:
    """Returns those layers of a zone whose hidden channels its chart counts; none for kinds without."""
    body, spec = brain.circuit.zone(zone).body, brain.chart.zones[zone]
    layers = list(getattr(body, "channels", ()))
    if not hasattr(spec, "hidden") or not all(isinstance(layer, SwiGLU) for layer in layers):
        return []
    return layers


def with_edges(brain: Brain, chart: Chart, kept: Sequence[int]) -> Brain:
    """Returns a brain of another chart with some of the brain's couplings, and all weights that both have.

    Args:
        brain: whose weights they are.
        chart: with other zones, or the same.
        kept: numbers of the direct couplings that stay; the chart then lists them one by one.
    """
    coupling = brain.circuit.coupling
    edges = tuple(coupling.edges[number] for number in kept)
    changes: dict[str, Any] = {"pattern": "edges" if edges else "none", "edges": edges}
    chart = chart.model_copy(update={"coupling": chart.coupling.model_copy(update=changes)})
    state = {name: weight for name, weight in brain.state_dict().items() if not name.startswith(_COUPLING)}
    for new, old in enumerate(kept):
        for part in ("matrices", "gates"):
            prefix = f"{_COUPLING}{part}.{old}."
            for name, weight in brain.state_dict().items():
                if name.startswith(prefix):
                    state[f"{_COUPLING}{part}.{new}.{name.removeprefix(prefix)}"] = weight
    if coupling.strengths is not None and kept:
        state[f"{_COUPLING}strengths"] = coupling.strengths.detach()[kept]
    return _rebuilt(brain, chart, state)


def _rebuilt(brain: Brain, chart: Chart, state: Mapping[str, Tensor]) -> Brain:
    assert not misfits(chart)
    made = Brain(chart)
    drawn = made.state_dict()
    made.load_state_dict(drawn | {name: weight for name, weight in state.items() if name in drawn})
    made.familiarity, made.rehearsal, made.int8 = brain.familiarity, brain.rehearsal, brain.int8
    made.origin, made.license, made.zone_origins = brain.origin, brain.license, dict(brain.zone_origins)
    return made.eval()
