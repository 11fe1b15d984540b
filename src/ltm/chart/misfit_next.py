"""Whether a chart with an act `next` keeps what is to be told in advance from what is seen."""

from __future__ import annotations

from collections.abc import Iterator

from ltm.acts.next import NextActSpec
from ltm.chart.circuit import CircuitSpec
from ltm.chart.locate import Problem
from ltm.chart.schema import Chart
from ltm.senses.sequence import SequenceSpec
from ltm.senses.text import TextSpec
from ltm.zones.archetype import ArchetypeSpec
from ltm.zones.llama import LlamaSpec
from ltm.zones.nested import NestedSpec
from ltm.zones.phi import PhiSpec
from ltm.zones.recurrent import RecurrentSpec
from ltm.zones.rwkv7 import Rwkv7Spec
from ltm.zones.spec import ZoneBase

Loc = tuple[str | int, ...]


def next_misfits(chart: Chart) -> Iterator[Problem]:
    """Yields what doesn't fit."""
    acts = {name: act for name, act in chart.acts.items() if isinstance(act, NextActSpec)}
    if not acts:
        return
    if len(chart.senses) > 1:
        yield ("senses",), "an act of kind 'next' needs a chart with one sense"
    for name, act in acts.items():
        yield from _symbols(chart, name, act)
    if chart.steps is not None:
        yield ("steps",), "an act of kind 'next' is for scenes of one step"
    if chart.field.prefix or chart.field.noise:
        key = "prefix" if chart.field.prefix else "noise"
        yield ("field", key), "must be 0 with an act of kind 'next'"
    if chart.scenes.interchange or chart.scenes.symmetries:
        key = "interchange" if chart.scenes.interchange else "symmetries"
        yield ("scenes", key), "would change what is seen and not what comes next"
    yield from _circuit(chart, ())


def _symbols(chart: Chart, name: str, act: NextActSpec) -> Iterator[Problem]:
    at = act.at or next(iter(chart.senses))
    if at not in chart.senses:
        return  # said elsewhere
    sense = chart.senses[at]
    if isinstance(sense, TextSpec) and sense.unit != "words":
        known = sense.rows
    elif isinstance(sense, SequenceSpec) and not sense.branches:
        known = sense.symbols
    else:
        which = "a text of bytes or pieces, or a sequence without brackets"
        yield ("acts", name, "at"), f"what comes next is told of {which}; {at!r} is another"
        return
    if sense.positions != "none":
        yield ("senses", at, "positions"), "must be 'none' with an act of kind 'next': zones know the order of sites"
    if act.symbols != known + act.ends:
        yield ("acts", name, "symbols"), f"must be {known + act.ends}: {known} of {at!r}{' and the end' * act.ends}"
    if act.stop is not None and act.stop >= known:
        yield ("acts", name, "stop"), f"must be one of the {known} symbols of {at!r}, numbered from 0"
    if act.tied and act.ends:
        yield ("acts", name, "tied"), "the end has no vector that the sense writes: set ends or tied to false"


def _circuit(circuit: CircuitSpec, loc: Loc) -> Iterator[Problem]:
    if circuit.wave.policy not in ("rhythm", "all"):
        yield (*loc, "wave", "policy"), f"{circuit.wave.policy!r} looks at all sites at once; use 'rhythm' or 'all'"
    if circuit.coupling.strength == "dynamic":
        yield (*loc, "coupling", "strength"), "'dynamic' looks at all sites at once; use 'fixed' or 'learned'"
    for name, zone in circuit.zones.items():
        here = (*loc, "zones", name)
        if isinstance(zone, NestedSpec):
            yield from _circuit(zone.circuit, (*here, "circuit"))
        elif not _in_order(zone):
            known = "'rwkv7', 'llama' or 'phi'"
            yield (*here, "kind"), f"zones of kind {zone.kind!r} read what comes next off later sites; use {known}"


def _in_order(zone: ZoneBase) -> bool:
    """Whether a zone hears earlier sites only, or none."""
    apart = isinstance(zone, RecurrentSpec) and not zone.windows
    return apart or isinstance(zone, Rwkv7Spec | LlamaSpec | PhiSpec | ArchetypeSpec)
