"""Which kind of zone the layers of a model of the catalogue are here, from its layers and widths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ltm.catalog.schema import Model

Shape = Mapping[str, int]
RANKS = {288: (64, 64, 32, 128), 512: (96, 96, 64, 256)}
"""RWKV-7: ranks of decay, rate, value and gate by their sum, which is what the catalogue holds; from RWKV-LM's code."""


def _llama(s: Shape) -> dict[str, Any]:
    groups = {} if s.get("kv_heads", s["heads"]) == s["heads"] else {"groups": s["kv_heads"]}
    return {"kind": "llama", "layers": s["layers"], "heads": s["heads"], **groups, "hidden": s["inner"]}


def _phi(s: Shape) -> dict[str, Any]:
    return {"kind": "phi", "layers": s["layers"], "heads": s["heads"]}


def _rwkv_7(s: Shape) -> dict[str, Any]:
    ranks = RANKS[s["low_rank"]]
    return {"kind": "rwkv7", "layers": s["layers"], "head_width": s["width"] // s["heads"], "ranks": ranks}


LAYERS: dict[str, Callable[[Shape], dict[str, Any]]] = {
    "llama": _llama,
    "llama-3": _llama,
    "mobilellm": _llama,
    "phi": _phi,
    "rwkv-7": _rwkv_7,
}
"""From a family's shape to the zone of its layers."""
IMPORTED = frozenset({"llama", "phi", "rwkv-7"})
"""Families whose published weights `ltm import` reads."""


def zone_kind(model: Model) -> str | None:
    """Returns the kind of zone that a model's layers are here; None where there is none, or too little is known."""
    if model.runs is not None:
        return model.runs.zone
    made = zone_like(model)
    return None if made is None else str(made["kind"])


def has_chart(model: Model) -> bool:
    """Whether `ltm chart new --like` makes a chart of a model: a shipped one, or one of its layers."""
    return zone_like(model) is not None if model.runs is None else model.runs.chart is not None


def zone_like(model: Model) -> dict[str, Any] | None:
    """Returns a zone of a model's layers, declared; None where there is no such kind, or too little is known."""
    shape = shape_of(model)
    try:
        return LAYERS[model.family](shape) if "width" in shape else None
    except KeyError:
        return None


def shape_of(model: Model) -> Shape:
    """Returns what is known of a model's layers and widths, as whole numbers."""
    return {name: int(figure.value) for name, figure in model.shape if figure is not None}
