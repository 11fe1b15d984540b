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
from ltm.runtime.record import REHEARSAL

if TYPE_CHECKING:
    from ltm.runtime.record import BrainRecord


def show_skills(folder: Path, records: dict[str, BrainRecord], console: Console) -> None:
    """Prints one line a skill, and how to see more of it."""
    plain = plain_of(console)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for words in ("skill", "what"):
        table.add_column(words)
    for words in ("zones", "parameters", "bytes", "scenes kept", "right"):
        table.add_column(words, justify="right", no_wrap=True)
    total = scenes = 0
    for name, record in records.items():
        kept = record.files[REHEARSAL].bytes if REHEARSAL in record.files else 0
        size = sum(file.bytes for file in record.files.values()) - kept
        total, scenes = total + size, scenes + kept
        exact = record.measured.get("exact")
        right = percent(exact) if isinstance(exact, float) else "-"
        table.add_row(
            Text(name, "cyan"),
            safe(record.about, plain),
            str(len(record.zones)),
            f"{record.parameters:,}",
            format_bytes(size),
            format_bytes(kept) if kept else "-",
            right,
        )
    parameters = sum(record.parameters for record in records.values())
    table.add_row("in all", "", "", f"{parameters:,}", format_bytes(total), format_bytes(scenes), "", style="bold")
    console.print(table)
    shared = sum(file.body is not None for record in records.values() for file in record.files.values())
    if shared:
        line = f"{shared} zone{'' if shared == 1 else 's'} with the body of an earlier skill's, which is counted there"
        console.print(Text(line, "bright_black"))
    line = f"More of one skill: ltm inspect {folder}/skills/{next(iter(records))}"
    console.print(Text(line, "bright_black"))
