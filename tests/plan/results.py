"""Looks up in a benchmark's result file what the plan says was measured."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from ltm.plan.skills import Measured

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


def scored(known: Measured) -> float:
    """Returns the score that the file has where `path` leads; parameters and minutes must be the file's, too."""
    found = json.loads((RESULTS / f"{known.result}.json").read_text(encoding="utf-8"))
    assert f'"parameters": {known.parameters}' in json.dumps(found)
    places: list[Any] = [found]
    for key in known.path:
        if key.endswith("*"):
            places = [one for place in places for name, one in place.items() if name.startswith(key[:-1])]
        else:
            places = [place[key] for place in places]
    assert places and all(isinstance(place, float) for place in places)
    return statistics.median(places)


def command(known: Measured) -> str:
    """Returns the command that made the file."""
    return str(json.loads((RESULTS / f"{known.result}.json").read_text(encoding="utf-8"))["command"])
