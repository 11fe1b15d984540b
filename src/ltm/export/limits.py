"""Which brains can be exported: everything that a graph of fixed ticks can't hold is refused by name and place."""

from __future__ import annotations

from collections.abc import Iterator

from ltm.chart.circuit import CircuitSpec
from ltm.chart.locate import Problem
from ltm.chart.schema import Chart
from ltm.zones.nested import NestedSpec
from ltm.zones.pretrained import PretrainedSpec

MOST_TICKS = 512
"""Every tick is laid out, so a graph of more would take very long to make."""


UNPROVEN = {"executorch": ("rwkv7",)}
"""Kinds of zone of which no test has shown yet that a target's files think the same."""


def hindrances(chart: Chart, target: str) -> list[Problem]:
    """Returns where in a chart what can't be exported stands, and why; empty when the brain can be.

    Args:
        chart: of the brain.
        target: `onnx`, `torch-export` or `executorch`.
    """
    return [*_of_circuit(chart, target, ()), *_of_senses(chart), *_of_steps(chart), *_of_acts(chart)]


def _of_senses(chart: Chart) -> Iterator[Problem]:
    for name, sense in chart.senses.items():
        if sense.kind == "raw":
            yield (
                ("senses", name, "kind"),
                "senses of kind 'raw' can't be exported: they are for pretrained models",
            )


def _of_steps(chart: Chart) -> Iterator[Problem]:
    if chart.steps is not None:
        yield ("steps",), "scenes of several steps can't be exported: a graph sees one scene of one step"


def _of_acts(chart: Chart) -> Iterator[Problem]:
    for name, act in chart.acts.items():
        if act.kind == "next":
            why = (
                "acts of kind 'next' can't be exported: a text is gone on with symbol by symbol, by a state that grows"
            )
            yield ("acts", name, "kind"), why


def _of_circuit(circuit: CircuitSpec, target: str, path: tuple[str, ...]) -> Iterator[Problem]:
    if circuit.wave.policy == "random":
        why = "the policy 'random' can't be exported: a graph draws nothing; expected all, rhythm, sync or top-k"
        yield (*path, "wave", "policy"), why
    for name, zone in circuit.zones.items():
        if isinstance(zone, NestedSpec):
            yield from _of_circuit(zone.circuit, target, (*path, "zones", name, "circuit"))
        elif isinstance(zone, PretrainedSpec):
            why = "zones of kind 'pretrained' can't be exported: the model they look through is a file of its own"
            yield (*path, "zones", name, "kind"), why
        elif zone.kind in UNPROVEN.get(target, ()):
            why = f"zones of kind {zone.kind!r} have not been proven in files of this kind yet; try --to onnx"
            yield (*path, "zones", name, "kind"), why
