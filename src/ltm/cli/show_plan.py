"""Shows a plan: a line a skill, what the zones are, what shaped it, and the commands that carry it out."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ltm.chart.base import format_bytes, format_count
from ltm.cli.render import plain_of, safe
from ltm.cli.show_scale import amount
from ltm.plan.search import BrainPlan
from ltm.plan.written import pretrained, steps, zones


def show_plan(plan: BrainPlan, out: Path, console: Console) -> None:
    """Prints everything."""
    plain = plain_of(console)
    _predictions(plan, console)
    for one in plan.skills:
        console.print(Text(one.name, "bold cyan"))
        # Areas say themselves what they are.
        for words in plan.areas or zones(one.chart):
            _line(console, words, plain)
        coupled = one.chart.coupling.pattern
        _line(console, "coupled through the field" + ("" if coupled == "none" else f", and directly: {coupled}"), plain)
        known = one.measured
        _line(console, "measured: nothing yet" if known is None else f"measured: {known.told()}", plain)
        for note in one.notes:
            _line(console, note, plain, "yellow")
    if plan.cited:
        _line(console, f"who says so: {len(plan.cited)} papers, named in the chart's comments", plain)
    have = pretrained(plan)
    if have:
        console.print(Text("Already trained", "bold"))
        for words in have:
            _line(console, words, plain)
    console.print(Text("In this order", "bold"))
    for step in steps(plan, out):
        _line(console, f"{step.command}   # {step.why}", plain)


def _predictions(plan: BrainPlan, console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column("skill", no_wrap=True)
    for words in ("bytes", "active", "ticks", "operations", "one look", "a thought", "energy"):
        table.add_column(words, justify="right", no_wrap=True)
    for one in plan.skills:
        found = one.prediction
        table.add_row(
            Text(one.name, "cyan"),
            format_bytes(found.bytes),
            f"{100 * found.active:.0f} %",
            f"{found.ticks}",
            format_count(found.operations),
            amount(found.segment_seconds, "s"),
            amount(found.seconds, "s"),
            amount(found.joules[0], "J"),
        )
    table.add_row("in all", format_bytes(plan.bytes), f"{100 * plan.active:.0f} %", *[""] * 5, style="bold")
    console.print(table)
    machine = plan.machine
    threads = f"{machine.threads} thread{'' if machine.threads == 1 else 's'}"
    plain = plain_of(console)
    _line(console, f"bytes and operations are exact; times for {machine.processor}, {threads}, otherwise idle", plain)
    _line(
        console,
        "one skill thinks at a time, about one scene; a thought is the longest it may be; energy is estimated",
        plain,
    )
    console.print()


def _line(console: Console, words: str, plain: bool, style: str = "default") -> None:
    console.print(Text("  ").append(safe(words, plain)), style=style)
