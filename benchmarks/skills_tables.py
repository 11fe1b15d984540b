"""Tables of `benchmarks.skills`: skills gained one after another in several ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.beside import STACK
from benchmarks.common import Grid

_SAID = {
    "frozen": "frozen: each for itself",
    "reuse": "frozen, earlier zones reused",
    "rehearse": "rehearsed",
    "joint": "jointly",
}
"""Ways in a table's head; what is frozen has the very weights that separate brains have."""


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """All ways side by side; then of each the accuracy after each skill, forgetting, transfer, bytes and routing."""
    whole = {
        way: list(steps.values())[-1] for way, steps in result["ways"].items() if "routing" in [*steps.values()][-1]
    }
    stacks = {name: stack["exact"] for name, stack in result.get("stacks", {}).items()}
    names = list(next(iter(result["ways"].values())))
    columns = {**{_SAID[way]: last["exact"] for way, last in whole.items()}, f"{STACK}, alone": stacks}
    models = {name: found for name, found in result.get("baselines", {}).items() if found}
    said = {name: f"{_percent(found['exact'])} ({found['model']})" for name, found in models.items()}
    rows = [[name, *(_percent(of.get(name)) for of in columns.values()), said.get(name, "-")] for name in names]
    means = [float(np.mean([*of.values()])) if len(of) == len(names) else None for of in columns.values()]
    head = ["", *columns, "scikit-learn, alone"]
    yield Grid("Right at the end, %", head, [*rows, ["average", *map(_percent, means), "-"]])
    for way, steps in result["ways"].items():
        names = list(steps)
        rows = [[f"after {n}", *(_percent(step["exact"].get(other)) for other in names)] for n, step in steps.items()]
        yield Grid(f"{way}: right after each skill, on each skill, %", ["", *names], rows)
        last = steps[names[-1]]
        falls = {name: steps[name]["exact"][name] - last["exact"][name] for name in names[:-1]}
        rows = []
        for name in names:
            alone = result["ways"].get("frozen", {}).get(name, {}).get("exact", {}).get(name)
            gained = None if alone is None else steps[name]["exact"][name] - alone
            route = last.get("routing", {}).get(name, {})
            rows.append(
                [
                    name,
                    _percent(last["exact"][name]),
                    "-" if name not in falls else f"{100 * falls[name]:+.1f}",
                    "-" if gained is None or way == "frozen" else f"{100 * gained:+.1f}",
                    steps[name]["how"]["notes"][0].partition(":")[0] if steps[name]["how"].get("notes") else "-",
                    f"{last['bytes'][name]:,}",
                    *(_count(last.get("made", {}).get(name, {}).get(key)) for key in ("kept", "steps")),
                    _percent(route.get("right")),
                    _percent(route.get("contested")),
                    _percent(route.get("lost", 0.0 if route.get("right") == 1 else None)),
                ]
            )
        mean = float(np.mean(list(last["exact"].values())))
        worst = max(falls.values(), default=0.0)
        title = f"{way}: {100 * mean:.1f} % right on average, at most {100 * worst:.1f} points forgotten"
        head = ["", "right", "forgotten", "against from scratch", "beside earlier ones", "bytes added"]
        head += [
            "of scenes that it keeps",
            "steps",
            "finds its skill",
            "of several that can read it",
            "lost by routing",
        ]
        yield Grid(title, head, rows)


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"
