"""Shows what a brain is made of: zones with sizes and rhythms, couplings, senses, acts, results and provenance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ltm.chart.base import format_bytes, format_count
from ltm.chart.draw import ranges
from ltm.chart.draw_wires import coupling_words, kind, rhythm_words, will_words, wires
from ltm.chart.size import BYTES_A_WEIGHT
from ltm.cli.render import clock, percent, plain_of, safe
from ltm.zones.pretrained import PretrainedSpec

if TYPE_CHECKING:
    from ltm.chart.schema import Chart
    from ltm.chart.size import Sizes
    from ltm.runtime.record import BrainRecord
    from ltm.zones.spec import RoleSpec

MOST_SENSES = 40
"""More senses than this are counted, not listed."""
MOST_ZONES = 40
"""More zones than this are counted, not listed."""
SHARES = ("exact", "cells", "confidence", "sure", "right_when_sure")
"""Measured values that are shares of 1."""


def show_brain(chart: Chart, sizes: Sizes, console: Console, record: BrainRecord | None = None) -> None:
    """Prints a brain's zones, sizes, couplings, rhythm, senses, acts, and what its record says."""
    plain = plain_of(console)
    title = Text.assemble((chart.name, "bold"), f"  {sizes.parameters:,} parameters, {format_bytes(sizes.bytes)}")
    if record is not None and any(file.weights == "int8" for file in record.files.values()):
        weights = (file.bytes for name, file in record.files.items() if file.weights == "int8")
        title.append(f" in fp32; on disk in eight bits, {format_bytes(sum(weights))}")
    console.print(title)
    if chart.about:
        console.print(Text(safe(chart.about.strip(), plain), "bright_black"))
    console.print(brain_table(chart, sizes, plain=plain))
    console.print(wiring_table(chart, plain=plain))
    if record is not None:
        console.print(record_table(record, plain=plain))


def brain_table(chart: Chart, sizes: Sizes, *, plain: bool = False) -> Table:
    """Lists zones with kind, width, parameters, bytes and operations a firing, roles beneath; then the other parts."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for words in ("zone", "kind"):
        table.add_column(words, no_wrap=True)
    for words in ("width", "parameters", "bytes", "operations"):
        table.add_column(words, justify="right", no_wrap=True)
    for name in list(chart.zones)[:MOST_ZONES]:
        spec = chart.zones[name]
        weights = sizes.parts[f"zones/{name}"]
        spent = {role: format_count(sizes.operations[f"{name}.{role}"]) for role in spec.roles}
        loops = f", {spec.loops} loops" if spec.loops > 1 else ""
        adapted = ", adapted" if isinstance(spec, PretrainedSpec) and spec.adapters is not None else ""
        alone = len(spent) == 1 and not _when(chart, next(iter(spec.roles.values())))
        table.add_row(
            Text(name, "cyan"),
            kind(spec) + adapted + loops + (", own state" if spec.state == "own" else ""),
            str(spec.width or chart.field.width),
            f"{weights:,}",
            format_bytes(BYTES_A_WEIGHT * weights),
            next(iter(spent.values())) if alone else "",
        )
        if name in sizes.once:
            spent_once = format_count(sizes.once[name])
            table.add_row(Text("  its model", "bright_black"), "frozen, looks once", "", "", "", spent_once)
        if not alone:
            for role, part in spec.roles.items():
                table.add_row(Text(f"  {role}", "bright_black"), _when(chart, part), "", "", "", spent[role])
    hidden = len(chart.zones) - MOST_ZONES
    if hidden > 0:
        table.add_row(Text(f"and {hidden} more", "bright_black"))
    table.add_section()
    for name, weights in sizes.parts.items():
        if not name.startswith("zones/") and weights:
            table.add_row(Text(name, "bright_black"), "", "", f"{weights:,}", format_bytes(BYTES_A_WEIGHT * weights))
    table.add_row("in all", "", "", f"{sizes.parameters:,}", format_bytes(sizes.bytes), style="bold")
    return table


def _when(chart: Chart, role: RoleSpec) -> str:
    if chart.wave.policy != "rhythm" or role.period is None:
        return ""
    phases = role.phases or (0,)
    return f"tick{'s' if len(phases) > 1 else ''} {ranges(phases)} of {role.period}"


def wiring_table(chart: Chart, *, plain: bool = False) -> Table:
    """Says in words how the parts are connected: senses, field, wave, coupling, acts, reflection, will."""
    found = wires(chart)
    table = Table.grid(padding=(0, 2))
    rows = [("sees", f"{name}: {spec.kind} {spec.words()}") for name, spec in list(chart.senses.items())[:MOST_SENSES]]
    if len(chart.senses) > MOST_SENSES:
        rows.append(("", f"and {len(chart.senses) - MOST_SENSES:,} more"))
    field = f"width {chart.field.width}" + (f", {chart.field.prefix} prefix sites" if chart.field.prefix else "")
    field += f", {chart.field.prefix_vectors} of them with a learned vector" if chart.field.prefix_vectors else ""
    rows.append(("field", field + (f", starts with noise {chart.field.noise:g}" if chart.field.noise else "")))
    rows.append(("wave", rhythm_words(chart, found)))
    rows.append(("coupling", coupling_words(chart, found) or "through the field only"))
    rows += [("does", f"{name}: {spec.kind} {spec.words()}") for name, spec in chart.acts.items()]
    rows.append(("reflection", chart.reflection.kind))
    rows.append(("will", ", ".join(will_words(chart))))
    for name, words in rows:
        table.add_row(Text(name, "bright_black"), Text(safe(words, plain)))
    return table


def record_table(record: BrainRecord, *, plain: bool = False) -> Table:
    """Lists what was measured and where the weights come from."""
    table = Table(box=None, show_header=False, pad_edge=False, title="measured", title_justify="left")
    for name, value in record.measured.items():
        row = value if isinstance(value, dict) else {"": value}
        words = "  ".join(f"{key} {_value(key or name, part)}".strip() for key, part in row.items())
        table.add_row(Text(safe(name, plain), "bright_black"), Text(safe(words, plain)))
    table.add_section()
    for name, value in record.provenance.model_dump(exclude_none=True, exclude={"zones"}).items():
        if value != "":
            shown = clock(value) if name == "seconds" else f"{value:,}" if name == "steps" else str(value)
            table.add_row(Text("time" if name == "seconds" else name, "bright_black"), Text(safe(shown, plain)))
    for name, origin in (record.provenance.zones or {}).items():
        table.add_row(Text(safe(f"zone {name}", plain), "bright_black"), Text(safe(origin.words(), plain)))
    return table


def _value(name: str, value: Any) -> str:
    if isinstance(value, float):
        return percent(value) if name in SHARES else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
