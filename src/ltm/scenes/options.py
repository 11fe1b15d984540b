"""Options of a built-in source that are given beside a chart, or typed on the command line: `depth=[8, 14]`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from ltm.chart.scenes import ScenesSpec
from ltm.errors import DataError, first_mistake
from ltm.scenes.sources import find_source


def parse_options(given: Sequence[str]) -> dict[str, Any]:
    """Returns options by name from `name=value` each; values are written as in a chart.

    Raises:
        DataError: not of that form, or given twice.
    """
    options: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise DataError(f"option {text}: expected name=value, such as depth=[8,14]")
        if name.strip() in options:
            raise DataError(f"option {name.strip()}: given twice")
        try:
            options[name.strip()] = yaml.safe_load(value)
        except (yaml.YAMLError, ValueError):  # ValueError: a date that no calendar has
            raise DataError(f"option {text}: the value can't be read; expected such as depth=[8,14]") from None
    return options


def with_options(scenes: ScenesSpec, source: str, options: Mapping[str, Any]) -> ScenesSpec:
    """Returns a chart's scenes with another source, and options that replace those the chart has for it.

    Args:
        scenes: of the chart.
        source: a built-in source, or a file, which has no options.
        options: by name.

    Raises:
        DataError: no such option of the source, or a value that it can't have.
    """
    if find_source(source) is None:
        if options:
            raise DataError(f"option {next(iter(options))}: options are for built-in sources; {source} is a file")
        return scenes
    kept = scenes.options if scenes.source == source else {}
    try:
        checked = ScenesSpec.model_validate({"source": source, "options": {**kept, **options}})
    except ValidationError as problem:
        raise DataError(first_mistake(problem)) from None
    return scenes.model_copy(update={"source": source, "options": checked.options})
