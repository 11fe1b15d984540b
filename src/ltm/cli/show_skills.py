"""Shows the skills of a brain: what each sees and does, how large it is, and how good."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ltm.chart.base import format_bytes
from ltm.cli.render import percent, plain_of, safe

if TYPE_CHECKING:
    from ltm.runtime.record import BrainRecord


def show_skills(folder: Path, records: dict[str, BrainRecord], console: Console) -> None:
    """Prints one line a skill, and how to see more of it."""
    plain = plain_of(console)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for words in ("skill", "what"):
        table.add_column(words)
    for words in ("zones", "parameters", "bytes", "right"):
        table.add_column(words, justify="right", no_wrap=True)
    total = 0
    for name, record in records.items():
        size = sum(file.bytes for file in record.files.values())
        total += size
        exact = record.measured.get("exact")
        right = percent(exact) if isinstance(exact, float) else "-"
        table.add_row(
            Text(name, "cyan"),
            safe(record.about, plain),
            str(len(record.zones)),
            f"{record.parameters:,}",
            format_bytes(size),
            right,
        )
    parameters = sum(record.parameters for record in records.values())
    table.add_row("in all", "", "", f"{parameters:,}", format_bytes(total), "", style="bold")
    console.print(table)
    line = f"More of one skill: ltm inspect {folder}/skills/{next(iter(records))}"
    console.print(Text(line, "bright_black"))
