"""Whether what a chart says of a zone of some kind fits its width and the sites it works on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ltm.chart.locate import Problem
from ltm.zones.archetype import ArchetypeSpec
from ltm.zones.attention import AttentionSpec
from ltm.zones.llama import LlamaSpec
from ltm.zones.mixer import MixerSpec
from ltm.zones.oscillator import OscillatorSpec
from ltm.zones.phi import PhiSpec
from ltm.zones.recurrent import RecurrentSpec
from ltm.zones.rwkv7 import Rwkv7Spec
from ltm.zones.spec import Window, ZoneBase

MAX_WINDOW_SITES = 4096


def has_windows(zone: ZoneBase) -> bool:
    """Returns whether a zone so declared mixes within windows."""
    if isinstance(zone, MixerSpec):
        return zone.mixing == "windows"
    if isinstance(zone, AttentionSpec):
        return True
    return isinstance(zone, RecurrentSpec | OscillatorSpec) and bool(zone.windows)


def kind_misfits(zone: ZoneBase, width: int, sites: int | None, loc: tuple[str | int, ...]) -> Iterator[Problem]:
    """Yields what doesn't fit.

    Args:
        zone: declared.
        width: channels inside.
        sites: of the field, where that is fixed.
        loc: where the zone is declared.
    """
    heads = getattr(zone, "heads", 1)
    uses_heads = isinstance(zone, AttentionSpec | ArchetypeSpec | LlamaSpec | PhiSpec) or (
        isinstance(zone, OscillatorSpec) and not zone.windows
    )
    if uses_heads and width % heads:
        yield (*loc, "heads"), f"{heads} heads don't divide the width, {width}"
    elif isinstance(zone, AttentionSpec | OscillatorSpec) and uses_heads:
        turning = {"none": 1, "grid": 4}.get(getattr(zone, "positions", "line"), 2)
        if width // heads % turning:
            yield (*loc, "heads"), f"a head of width {width // heads} can't turn; it must be a multiple of {turning}"
    elif isinstance(zone, LlamaSpec | PhiSpec):
        yield from _turning(zone, width, loc)
    if isinstance(zone, MixerSpec) and zone.mixing == "dense" and sites is None:
        yield (*loc, "mixing"), "dense needs senses with fixed rows and columns"
    if isinstance(zone, MixerSpec | AttentionSpec) and has_windows(zone):
        yield from crowded(zone, zone.windows, width, (*loc, "messages" if isinstance(zone, MixerSpec) else "windows"))
    if has_windows(zone) and sites is not None and sites > MAX_WINDOW_SITES:
        yield loc, f"windows reach {MAX_WINDOW_SITES:,} sites at most, this field has {sites:,}; use kind conv"
    if isinstance(zone, Rwkv7Spec) and width % zone.head_width:
        yield (*loc, "head_width"), f"heads of {zone.head_width} channels don't divide the width, {width}"
    if isinstance(zone, OscillatorSpec) and (width % zone.group or zone.group % 2):
        yield (*loc, "group"), f"must be even and divide the width, {width}"


def crowded(zone: ZoneBase, windows: Sequence[Window], width: int, loc: tuple[str | int, ...]) -> Iterator[Problem]:
    """Yields a problem where there are more families of windows than channels, or heads, to share out among them."""
    if isinstance(zone, MixerSpec) and (zone.messages or 3 * width // 2) < len(windows):
        yield loc, f"fewer than one channel for each of {len(windows)} windows"
    if isinstance(zone, AttentionSpec) and zone.heads < len(windows):
        yield loc, f"{zone.heads} heads for {len(windows)} families of windows: one for each at least"


def _turning(zone: LlamaSpec | PhiSpec, width: int, loc: tuple[str | int, ...]) -> Iterator[Problem]:
    """Rotary positions turn channels in pairs."""
    if isinstance(zone, LlamaSpec):
        if zone.groups is not None and zone.heads % zone.groups:
            yield (*loc, "groups"), f"{zone.groups} groups don't divide the heads, {zone.heads}"
        if width // zone.heads % 2:
            yield (*loc, "heads"), f"a head of width {width // zone.heads} can't turn; it must be a multiple of 2"
    elif zone.turned_channels(width) < 2 or zone.turned_channels(width) % 2:
        yield (*loc, "turned"), f"turns {zone.turned_channels(width)} channels of a head; it must be an even number"
