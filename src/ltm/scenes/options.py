"""Options of a built-in source as they are typed on the command line: `depth=[8, 14]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from ltm.chart.schema import ScenesSpec
from ltm.errors import DataError, first_mistake
from ltm.scenes.sources import find_source


def with_options(scenes: ScenesSpec, source: str, given: Sequence[str]) -> ScenesSpec:
    """Returns a chart's scenes with another source, and options that replace those the chart has for it.

    Args:
        scenes: of the chart.
        source: a built-in source, or a file, which has no options.
        given: `name=value` each.

    Raises:
        DataError: not of that form, or no such option of the source.
    """
    if find_source(source) is None:
        if given:
            raise DataError(f"--option {given[0]}: options are for built-in sources; {source} is a file")
        return scenes
    options: dict[str, Any] = dict(scenes.options) if scenes.source == source else {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise DataError(f"--option {text}: expected name=value, such as depth=[8,14]")
        try:
            options[name.strip()] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise DataError(f"--option {text}: the value can't be read; expected such as depth=[8,14]") from None
    try:
        # What is older than `options` and says the same is not asked here: what was typed counts more.
        checked = ScenesSpec(source=source, options=options)
    except ValidationError as problem:
        raise DataError(f"--option: {first_mistake(problem)}") from None
    return scenes.model_copy(update={"source": source, "options": checked.options})
