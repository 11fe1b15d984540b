"""Says in sentences what was found in a table."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ltm.acts.table import KINDS as ACTS
from ltm.errors import DataError, first_mistake
from ltm.scenes.lines import TEXTS
from ltm.senses.table import KINDS as SENSES
from ltm.senses.value import ValueSpec

_READ_BYTES = 2**20
SHOWN_LABELS = 8
"""So many labels are named when a file is described."""
SHOWN_COLUMNS = 12
"""More columns than this are told together, kind by kind."""


def spec_of(arguments: Mapping[str, Any], done: bool = False, column: str = "") -> ValueSpec:
    """Returns the declaration that these arguments, `kind` among them, are for: of an act if done, else of a sense.

    Raises:
        DataError: there is no such, as where grids are larger than any may be.
    """
    kind = arguments["kind"]
    declared: Any = (ACTS if done else SENSES)[kind][0]
    try:
        spec: ValueSpec = declared.model_validate(arguments)
    except ValidationError as problem:
        where = f"column '{column}': " if column else ""
        raise DataError(f"{where}no {kind} can be like these values: {first_mistake(problem)}") from None
    return spec


def count_words(path: Path, found: int, sample: int, one_line_each: bool) -> str:
    """Says how many rows there are; without counting them where that would mean to read them all."""
    if found < sample:
        return f"{found:,} rows."
    if not one_line_each or path.suffix.lower() not in TEXTS:
        return f"More than {found - 1:,} rows."
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(_READ_BYTES), b""))
        file.seek(-1, os.SEEK_END)
        lines += file.read(1) != b"\n"
    header = path.suffix.lower() in (".csv", ".tsv")
    return f"{lines - header:,} rows."


def sentences(
    columns: Mapping[str, Mapping[str, Any]], seen: Sequence[str], done: Sequence[str], rows: int | None
) -> list[str]:
    """Returns a sentence for each column, or for many of a kind; `rows` are those looked at, None for all."""
    told = [_sentence(name, columns[name], done=False) for name in seen]
    if len(seen) > SHOWN_COLUMNS:
        kinds = defaultdict[str, list[str]](list)
        for name in seen:
            kinds[columns[name]["kind"]].append(name)
        told = [f"{len(names)} columns of kind {kind}: {_some(names)}." for kind, names in kinds.items()]
    if rows is not None and any(columns[name]["kind"] in ("number", "vector") for name in seen):
        told.append(f"Middle and spread of numbers are those of the first {rows:,} rows.")
    return told + [_sentence(name, columns[name], done=True) for name in done]


def _sentence(name: str, arguments: Mapping[str, Any], *, done: bool) -> str:
    if arguments["kind"] == "label":
        missing = ", or missing" if arguments.get("missing") else ""
        return f"{name}: one of {len(arguments['labels'])} labels ({_some(arguments['labels'])}){missing}."
    if arguments["kind"] != "grid":
        right = "; right means in the right bin" if arguments["kind"] == "number" and done else ""
        return f"{name}: {arguments['kind']}, {spec_of(arguments, done).words()}{right}."
    rows, columns = arguments.get("rows"), arguments.get("columns")
    size = f"{rows}×{columns} grids" if rows and columns else "grids of several shapes"
    letters = f" ({arguments['alphabet']})" if "alphabet" in arguments else ""
    return f"{name}: {size} of {arguments['symbols']} symbols{letters}."


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:SHOWN_LABELS]) + (", …" if len(words) > SHOWN_LABELS else "")
