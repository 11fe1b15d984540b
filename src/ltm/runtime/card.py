"""The model card: the `README.md` of a brain folder, for people who find the folder and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ltm.chart.base import format_bytes
from ltm.runtime.record import BrainRecord, Scalar

_USE = """    ltm think path/to/{name} '<a scene>'
    ltm think path/to/{name} scenes.csv --json

Each thought is an answer, how sure the brain is of it, and what it cost."""


def card(record: BrainRecord, chart_text: str) -> str:
    """Returns Markdown: what the brain is, its sizes, its use, what was measured, where it is from, and its chart.

    Args:
        record: what `brain.json` says.
        chart_text: the exact chart, which is quoted as it is.
    """
    total = sum(file.bytes for name, file in record.files.items() if name.endswith(".safetensors"))
    count = len(record.zones)
    parts = [
        f"# {record.name}",
        _plain(record.about),
        f"A brain of {count} zone{'' if count == 1 else 's'} with {record.parameters:,} parameters in "
        f"{format_bytes(total)}, written by Local Thinking Models.",
        "## Use",
        _USE.format(name=record.name),
        "## Sizes",
        _table(
            ("file", "parameters", "size", "sha256"),
            [
                (f"`{name}`", f"{file.parameters:,}" if file.parameters else "", format_bytes(file.bytes), file.sha256)
                for name, file in record.files.items()
            ],
        ),
        "## Measured",
        _measured(record) or "Nothing was measured.",
        "## Provenance",
        _provenance(record) or "Unknown.",
        "## Chart",
        _quoted(chart_text),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _measured(record: BrainRecord) -> str:
    values = [(_cell(name), _cell(value)) for name, value in record.measured.items() if not isinstance(value, dict)]
    rows = {name: value for name, value in record.measured.items() if isinstance(value, dict)}
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    tables = []
    if values:
        tables.append(_table(("what", "value"), values))
    if rows:
        cells = [(_cell(name), *(_cell(row.get(column, "")) for column in columns)) for name, row in rows.items()]
        tables.append(_table(("what", *map(_cell, columns)), cells))
    return "\n\n".join(tables)


def _provenance(record: BrainRecord) -> str:
    known = record.provenance.model_dump(exclude_none=True, exclude={"zones"})
    rows = [(name.replace("_", " "), _cell(value)) for name, value in known.items() if value != ""]
    rows += [(f"zone {name}", _cell(origin.words())) for name, origin in (record.provenance.zones or {}).items()]
    return _table(("what", "value"), rows) if rows else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Scalar) -> str:
    """Returns a value as the text of a table's cell, which it can't break out of."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, int):
        return f"{value:,}"
    return _plain(value or "").replace("|", "\\|").replace("\n", " ")


def _plain(text: str) -> str:
    return re.sub(r"[<>]", lambda sign: {"<": "&lt;", ">": "&gt;"}[sign[0]], text.strip())


def _quoted(text: str) -> str:
    """Fences text with more backticks than it holds itself."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}yaml\n{text.rstrip()}\n{fence}"
