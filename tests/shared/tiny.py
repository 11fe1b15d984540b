"""Charts of brains so small that a tick takes less than a millisecond, and something for them to look at."""

from __future__ import annotations

from typing import Any

import torch
from little_model import little_model, views

from ltm.brain.brain import Brain
from ltm.chart.check import require
from ltm.chart.schema import Chart

WIDTH = 16
SITES = (4, 4)
GRID = {"kind": "grid", "rows": SITES[0], "columns": SITES[1], "symbols": 5}
VIEW = {"kind": "raw", "model": little_model()}


def chart_with(zones: dict[str, Any], **parts: Any) -> Chart:
    """Returns a chart with those zones on boards of four by four; `parts` replace the rest.

    Where a zone looks through a pretrained model there is something to look at beside the board: `view`.
    """
    looks = any(zone["kind"] == "pretrained" for zone in zones.values())
    senses = {**({"view": VIEW} if looks else {}), **parts.pop("senses", {"puzzle": GRID})}
    if looks and "puzzle" in senses:
        senses = {"puzzle": senses["puzzle"], **senses}
    declared: dict[str, Any] = {
        "field": {"width": WIDTH, "noise": 0.0},
        "senses": senses,
        "acts": {"solution": GRID},
        "training": {"ticks": 2, "precision": "fp32", "compile": "off"},
    }
    return require(Chart.model_validate({**declared, "zones": zones, **parts}))


def chart_of(zone: dict[str, Any], **parts: Any) -> Chart:
    """Returns a chart with that one zone, called `only`."""
    return chart_with({"only": zone}, **parts)


def brain_with(zones: dict[str, Any], **parts: Any) -> Brain:
    """Returns a brain of `chart_with`."""
    return Brain(chart_with(zones, **parts))


def puzzles(batch: int = 3, seed: int = 0) -> dict[str, torch.Tensor]:
    """Returns boards of random symbols, and views for zones that look through a model."""
    generator = torch.Generator().manual_seed(seed)
    boards = torch.randint(0, 5, (batch, *SITES), generator=generator, dtype=torch.uint8)
    return {"puzzle": boards, "view": views(batch, seed)}
