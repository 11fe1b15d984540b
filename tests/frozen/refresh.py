"""Writes down the command line, the schemas and the public names as they are: python tests/frozen/refresh.py

A change of any of them shows as a difference in review; a removal or a renaming breaks what users have.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer.main

import ltm
from ltm.chart.schema import Chart
from ltm.cli.main import build

HERE = Path(__file__).parent


def command_line() -> dict[str, list[str]]:
    """Every verb with its arguments and options."""

    def walk(command: Any, name: str) -> Iterator[tuple[str, list[str]]]:
        yield name, sorted("/".join(part.opts) for part in command.params if part.name != "help")
        for word, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, f"{name} {word}")

    return dict(walk(typer.main.get_command(build()), "ltm"))


def schema() -> dict[str, Any]:
    return Chart.model_json_schema()


def names() -> dict[str, list[str]]:
    """What `import ltm` offers: parameters of functions, public members of classes."""
    told = {}
    for name in ltm.__all__:
        thing = getattr(ltm, name)
        if inspect.isclass(thing):
            ours = [kind for kind in thing.__mro__ if kind is thing or kind.__name__ == "Pretrained"]
            own = [m for kind in ours for m in vars(kind) if not m.startswith("_") and m != "model_config"]
            told[name] = sorted({*own, *getattr(thing, "__annotations__", {})})
        else:
            told[name] = list(inspect.signature(thing).parameters)
    return told


def catalog() -> dict[str, Any]:
    """What the micro-models chart may say, and the names that people use to ask for entries."""
    from ltm.catalog.load import load_catalog
    from ltm.catalog.schema import Catalog

    told = load_catalog()
    return {
        "schema": Catalog.model_json_schema(),
        "models": {name: model.family for name, model in told.models.items()},
        "metrics": list(told.metrics),
    }


FROZEN: dict[str, Callable[[], Any]] = {
    "command_line": command_line,
    "schema": schema,
    "names": names,
    "catalog": catalog,
}

if __name__ == "__main__":
    for what, tell in FROZEN.items():
        (HERE / f"{what}.json").write_text(json.dumps(tell(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
