"""Shows a report of `ltm.training.evaluate.evaluate`: accuracy against thinking time, calibration, halting, speed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ltm.brain.residence import Paging
from ltm.chart.base import format_count
from ltm.cli.render import bar, percent, plain_of, safe
from ltm.training.calibration import Above, Bin

COVERAGES = (0.5, 0.8, 0.9, 0.95, 1.0)


def show_report(report: Mapping[str, Any], console: Console) -> None:
    """Prints a report; nothing when it is empty."""
    if not report:
        return
    plain = plain_of(console)
    if "language" in report:  # whole texts are never told in advance: nothing else of the report says much
        console.print(language_line(report["language"], report["scenes"]))
        return
    console.print(headline(report, plain=plain))
    console.print(eval_table(report, plain=plain))
    if "foresight" in report:
        console.print(foresight_line(report["foresight"]))
    console.print(Text("is it right as often as it says?", "bold"))
    console.print(reliability_table(report["reliability"], plain=plain))
    console.print(Text("what thinking longer gives, one try, no halting", "bold"))
    console.print(accuracy_by_ticks_table(report["by_ticks"], plain=plain))


def language_line(found: Mapping[str, Any], scenes: int) -> Text:
    """Says how well what comes next was told."""
    unit = "byte" if "bits_per_byte" in found else "symbol"
    return Text.assemble(
        (f"{found[f'bits_per_{unit}']:.3f} bits a {unit}", "bold green"),
        f", {percent(found['right'])} of {found['symbols']:,} symbols told in advance, in {scenes:,} texts",
    )


def foresight_line(found: Mapping[str, Any]) -> Text:
    """Says how much of the field's moves from step to step was foreseen."""
    missed, mean = (f"{100 * found[name]:.1f} %" for name in ("missed", "mean_missed"))  # may be more than all of it
    return Text.assemble(
        ("moves foreseen  ", ""),
        f"{found['moves']:,}; missed by {missed} of their squared length (the mean move misses {mean}, none 100 %)",
    )


def headline(report: Mapping[str, Any], *, plain: bool = False) -> Text:
    """Says the result in one line."""
    low, high = report["exact_interval"]
    return Text.assemble(
        (percent(report["exact"]), "bold green"),
        f" of {report['scenes']:,} scenes answered right as a whole",
        (safe(f"  (95 % interval {percent(low)} – {percent(high)})", plain), "bright_black"),
    )


def accuracy_by_ticks_table(rows: Sequence[Mapping[str, Any]], *, plain: bool = False) -> Table:
    """Lists, for each thinking time, whole answers right, cells right and mean confidence."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for words in ("ticks", "right as a whole", "", "cells right", "confidence"):
        table.add_column(words, justify="left" if words == "" else "right", no_wrap=True)
    for row in rows:
        table.add_row(
            f"{row['ticks']:,}",
            percent(row["exact"]),
            bar(row["exact"], 24, "green", plain=plain),
            percent(row["cells"]),
            percent(row["confidence"]),
        )
    return table


def eval_table(report: Mapping[str, Any], *, plain: bool = False) -> Table:
    """Lists calibration, selective answering, thinking with halting, and speed."""
    table = Table.grid(padding=(0, 2))
    above = Above(*report["right_above_0.9"])
    known = "none is so sure" if above.accuracy is None else f"{percent(above.accuracy)} right"
    rows = [
        *_numbers(report),
        *_will(report),
        ("calibration error", f"{report['ece']:.3f}  (0 is perfect)"),
        ("ranks right above wrong", _or_dash(report["auroc"], "{:.3f}") + "  (0.5 is chance, 1 perfect)"),
        ("confidence of 0.9 and more", f"{known}, {percent(above.coverage)} of the scenes"),
        ("wrong among the surest", _risks(report["risk_at_coverage"])),
    ]
    rows += _routing(report)
    if "paging" in report:
        rows.append(("memory", Paging(**report["paging"]).words()))
    for batch, times in report.get("speed", {}).items():
        size = batch.removeprefix("batch_")
        name = "one thought at a time" if size == "1" else f"{size} thoughts at once"
        rows.append((name, f"{_ms(times['p50_ms'])} a thought, {_ms(times['p99_ms'])} at the 99th percentile"))
    for name, words in rows:
        table.add_row(Text(name, "bright_black"), Text(safe(words, plain)))
    return table


def _routing(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Says of a brain of several skills how many scenes find the right one by themselves."""
    if "routing" not in report:
        return []
    found = report["routing"]
    elsewhere = "".join(f", {percent(share)} to {name}" for name, share in found["elsewhere"].items())
    rows = [("finds the skill", f"{percent(found['right'])} of {found['scenes']:,} go to {report['skill']}{elsewhere}")]
    if found["elsewhere"] and "lost" in found:
        rows.append(("lost by that", f"{percent(found['lost'])}, which {report['skill']} would have answered right"))
    return rows


def _will(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    budget = report["budget"]
    sure = report["right_when_sure"]
    known = "never sure" if sure is None else f"{percent(sure)} right when sure"
    tries = "one try" if budget["tries"] == 1 else f"{budget['tries']:,} tries"
    allowed = f"{budget['ticks']:,} ticks, {tries}, stops at {budget['confidence']:.4g}"
    spent = f"{report['ticks']:.1f} ticks, {report['tries']:.2f} tries, {format_count(report['operations'])} operations"
    return [
        ("it may think for", allowed),
        ("it thought for", f"{spent} on average"),
        ("sure", f"of {percent(report['sure'])} of the scenes, {known}"),
    ]


def _numbers(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = []
    for name, errors in report.get("numbers", {}).items():
        explained = "" if errors["r2"] is None else f", R² {errors['r2']:.3f}"
        usual = f"always the median: {errors['mae_of_median']:.4g}"
        rows.append((name, f"off by {errors['mae']:.4g} on average, to the nearest bin ({usual}){explained}"))
    return rows


def _risks(risks: Sequence[float]) -> str:
    pairs = zip(COVERAGES, risks, strict=True)
    return "   ".join(f"{coverage * 100:.0f} %: {percent(risk)}" for coverage, risk in pairs)


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _ms(value: float) -> str:
    return f"{value:.3g} ms"


def reliability_table(rows: Iterable[Sequence[Any]], *, plain: bool = False) -> Table:
    """Lists bins of confidence with mean confidence, share right and how far these lie apart; empty bins are left out.

    Args:
        rows: `ltm.training.calibration.Bin` rows, or lists of the same five values.
        plain: ASCII only.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for words in ("confidence", "answers", "says", "is right", "apart"):
        table.add_column(words, justify="right", no_wrap=True)
    for row in (Bin(*row) for row in rows):
        if row.confidence is None or row.accuracy is None:
            continue
        apart = row.accuracy - row.confidence
        table.add_row(
            safe(f"{row.low:.1f} – {row.high:.1f}", plain),
            f"{row.answers:,}",
            percent(row.confidence),
            percent(row.accuracy),
            Text(f"{apart * 100:+.1f}", "default" if abs(apart) < 0.1 else "yellow"),
        )
    return table
