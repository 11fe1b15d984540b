"""What every kind of zone declares: width, layers, loops, state, roles, budget."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ltm.chart.base import Bytes, Name, Part

Window = Literal[
    "all", "rows", "columns", "blocks", "field", "cells", "before", "after", "children", "parent", "siblings"
]
"""A family of sets of sites, one for each site, within which it hears others; families overlap on purpose.

`rows`, `columns`, `blocks` and `all` of one sense; `field`: the sites of all senses, and the prefix; `cells`: those at
the same row and column, whichever the sense; `before` and `after`: the next site to either side. Of sequences with
brackets: `children`, `parent` and `siblings`.
"""
BRANCHES = ("children", "parent", "siblings")
"""Families that differ from scene to scene."""


class RoleSpec(Part):
    """One way in which the zone's weights are used; a zone may play several."""

    reads: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Any of `field`, `input` (what the senses wrote), `own` (the zone's own state), or another zone's name: its state.
    When absent: `field` and `input`, and `own` where the zone keeps a state that its kind doesn't read by itself."""
    writes: Literal["field", "own", "both"] | None = None
    """When absent: `both` where the zone keeps a state, otherwise `field`."""
    period: Annotated[int, Field(ge=1, le=4096)] | None = None
    """Policy `rhythm`: the cycle's length; when absent, roles fire one after another in the order of the chart."""
    phases: tuple[Annotated[int, Field(ge=0, le=4095)], ...] = ()
    """Ticks of the cycle at which it fires; needs `period`."""
    windows: tuple[Window, ...] | None = None
    """For kinds that mix within windows: overrides the zone's own."""
    vector: bool = True
    """Whether a learned vector tells the zone which role it is in."""


class ZoneBase(Part):
    """The part of a zone's declaration that all kinds share."""

    kind: str
    """Which kind of zone; each kind fixes its own word."""
    width: Annotated[int, Field(ge=1, le=8192)] | None = None
    """Channels inside; the field's when absent."""
    loops: Annotated[int, Field(ge=1, le=256)] = 1
    """How often it is applied again to its own result within one firing."""
    state: Literal["none", "own"] = "none"
    """`own` keeps a state that only this zone writes."""
    write: Literal["add", "replace"] = "add"
    """`add`: the field moves by what the zone returns; `replace`: the field becomes it."""
    roles: Annotated[
        dict[Name, RoleSpec], Field(min_length=1, max_length=64, default_factory=lambda: {"self": RoleSpec()})
    ]
    frozen: bool = False
    """Its body keeps the weights that it was given, such as an earlier skill's. Learned is what ties it to the field:
    role vectors, and matrices to and from the field, which it has at any width; the one to the field starts at zero."""
    budget: Bytes | None = None
    """Bytes of its weights in fp32; exceeding it is an error."""
