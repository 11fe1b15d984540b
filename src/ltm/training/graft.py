"""A brain with a zone more, which comes from another: tied to its field, and silent until that has been learned."""

from __future__ import annotations

from typing import Any

import torch

from ltm.brain.brain import Brain
from ltm.chart.check import require
from ltm.chart.schema import Chart
from ltm.chart.sites import fixed_sites
from ltm.errors import LtmError
from ltm.runtime.zone_file import ZoneFile
from ltm.training.prune import with_edges

OWN_READS = ("field", "input", "own")
"""What a role may read that is no other zone."""


def graft(brain: Brain, zone: ZoneFile, name: str, *, thaw: bool = False) -> Brain:
    """Returns a brain that has a zone more, which adds to the field: at every tick, its roles in turn.

    Its body and its roles' vectors have the weights that they were taken with; other zones that its roles heard by name
    aren't here, and are heard no more. Matrices from the field and to it, whatever the widths, are new;
    that to the field starts at zero, so the zone says nothing until it has been learned what its saying is good for.

    Args:
        brain: to put it into; it stays as it is.
        zone: outside any brain.
        name: what to call it.
        thaw: whether its body may be learned too, rather than kept as it is.

    Raises:
        LtmError: a thawed zone is as wide as the field; the brain has a zone of that name, a wave that has learned to
            choose among its roles, or windows on its field; or the zone's body is made for another number of sites.
    """
    chart = brain.chart
    if name in chart.zones:
        raise LtmError(f"the brain has a zone {name!r} already; choose another --name")
    if chart.wave.policy in ("sync", "top-k"):
        raise LtmError("the brain's wave has learned to choose among its roles; a zone more would be a stranger to it")
    if chart.coupling.overlap is not None:
        raise LtmError("the brain's zones share its field by overlapping windows; there is none left for a zone more")
    if thaw and zone.width == chart.field.width:
        # Only a frozen zone has matrices at the field's own width, and without one to the field it can't start silent.
        raise LtmError(
            f"--thaw: the zone is as wide as the field, {zone.width}, and would speak at once; keep it frozen"
        )
    sites = fixed_sites(chart)
    if zone.sites is not None and zone.sites != sites:
        raise LtmError(
            f"{zone.name}: its weights are made for {zone.sites} sites, the brain has {sites or 'any number'}"
        )
    given: dict[str, Any] = zone.spec.model_dump(mode="json", exclude_defaults=True)
    for key in ("budget", "write"):
        given.pop(key, None)
    # The matrices that tie it are a frozen zone's; a thawed one is as wide inside as it was, beside another field.
    given |= {"width": zone.width, "frozen": not thaw, "roles": _roles(zone)}
    kept = chart.model_dump(mode="json", exclude_defaults=True)
    kept["zones"][name] = given
    kept["budget"] = None
    # Generated couplings are listed, or a zone more would change them all.
    kept.pop("coupling", None)
    grown = Chart.model_validate({**kept, "coupling": chart.coupling.model_dump(mode="json")})
    edges = brain.circuit.coupling.edges
    listed = {"pattern": "edges" if edges else "none", "edges": tuple(edges)}
    grown = grown.model_copy(update={"coupling": grown.coupling.model_copy(update=listed)})
    made = with_edges(brain, require(grown, source="the brain with a zone more"), range(len(edges)))
    with torch.no_grad():
        guest = made.circuit.zone(name)
        guest.body.load_state_dict(zone.body)
        for role, vector_W in zone.roles.items():
            guest.roles[role].copy_(vector_W)
        write = guest.write
        assert write is not None  # frozen, or of another width than the field
        write.weight.zero_()
    made.zone_origins[name] = zone.came_from()
    if made.circuit.zone(name).models:
        made.familiarity = None  # it was measured without what these models tell
    return made


def _roles(zone: ZoneFile) -> dict[str, Any]:
    """Returns a zone's roles as another brain has them: a tick each, in turn, without the zones that they heard."""
    roles, turns = {}, len(zone.spec.roles)
    speaks = any(role.writes != "own" for role in zone.spec.roles.values())
    for turn, (name, role) in enumerate(zone.spec.roles.items()):
        kept: dict[str, Any] = role.model_dump(mode="json", exclude_defaults=True, include={"windows", "vector"})
        reads = [word for word in role.reads or () if word in OWN_READS]
        kept |= {"reads": reads} if reads else {}
        kept |= {"writes": role.writes} if role.writes is not None and speaks else {}
        roles[name] = {**kept, "period": turns, "phases": [turn]}
    return roles


def unheard(zone: ZoneFile) -> list[str]:
    """Returns the zones that a zone's roles heard by name where it was, none of which comes along."""
    named = (word for role in zone.spec.roles.values() for word in role.reads or () if word not in OWN_READS)
    return list(dict.fromkeys(named))
