"""Shows what came of looking a table over: its columns, and what is wrong with its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ltm.cli.render import percent, plain_of, safe
from ltm.scenes.alike import Alike
from ltm.scenes.check import Checked, Leaks
from ltm.scenes.check_rows import KEPT
from ltm.scenes.lines import TEXTS
from ltm.scenes.tally import Column, Shapes

_MOST_COUNTS = 8
"""Symbols or labels that are shown with their counts."""
_SHOWN = 10
"""Rows that can't be read are named up to so many."""
MOST_COLUMNS = 200
"""Are shown of a table; those that are seen or done come first."""


def show_check(found: Checked, console: Console) -> None:
    """Prints what a table holds, then what is good and what is wrong with it."""
    plain = plain_of(console)
    console.print(Text.assemble((found.path, "bold cyan"), f"  {_rows(found.rows)}"), soft_wrap=True)
    names = sorted(found.columns, key=lambda name: name not in (*found.see, *found.do))[:MOST_COLUMNS]
    shown = {name: column for name, column in found.columns.items() if name in set(names)}
    console.print(_columns(found, shown, plain))
    for name, column in shown.items():
        words = _about(column)
        if words:
            line = Text.assemble((f"{name}  ", "bold"), safe(words, plain))
            console.print(line, highlight=False, soft_wrap=True)
    if len(found.columns) > len(shown):
        console.print(f"and {len(found.columns) - len(shown):,} more columns: --json tells all", highlight=False)
    for note in found.notes:
        console.print(safe(note, plain), highlight=False, markup=False)
    console.print()
    _show_problems(found, console)
    if found.leaks is not None:
        _show_leaks(found.leaks, found, console)


def _columns(found: Checked, shown: Mapping[str, Column], plain: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for head in ("column", "kind", "what"):
        table.add_column(head, overflow="fold")
    for head in ("values", "distinct", "missing"):
        table.add_column(head, justify="right", no_wrap=True)
    for name, column in shown.items():
        role = " (seen)" if name in found.see else " (done)" if name in found.do else ""
        table.add_row(
            Text(safe(name + role, plain)),
            Text(column.kind, "" if column.usable else "yellow"),
            Text(safe(column.words if column.usable else "no sense reads it", plain)),
            f"{column.values:,}",
            f"{column.distinct:,}",
            Text(f"{column.missing:,}", "yellow" if column.missing else ""),
        )
    return table


def _about(column: Column) -> str:
    """Says what a column's values are like, beyond their kind."""
    parts = []
    if column.shapes is not None and column.shapes.different > 1:
        parts.append(_sizes(column.shapes))
    if column.counts:
        first = list(column.counts.items())[:_MOST_COUNTS]
        more = len(column.counts) - len(first)
        parts.append(
            "  ".join(f"{name}: {count:,}" for name, count in first) + (f"  and {more:,} more" if more else "")
        )
    if column.span is not None:
        what = {"number": "", "vector": "numbers ", "image": "brightness ", "audio": "level "}.get(
            column.kind, "characters "
        )
        low, mean, high = (f"{figure:,.6g}" for figure in column.span)
        parts.append(f"{what}from {low} to {high}, on average {mean}")
    return "; ".join(parts)


def _sizes(shapes: Shapes) -> str:
    smallest, largest, commonest = (_sides(shape) for shape in (shapes.smallest, shapes.largest, shapes.commonest))
    often = f"most often {commonest} ({percent(shapes.share)})"
    word = "lengths" if len(shapes.commonest) == 1 else "sizes"
    return f"{shapes.different:,} {word} from {smallest} to {largest}, {often}"


def _sides(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _first(count: int) -> str:
    return f", the first {_SHOWN} (--json names {min(count, KEPT):,})" if count > _SHOWN else ""


def _show_problems(found: Checked, console: Console) -> None:
    if found.unreadable:
        _say(console, "red", f"{_rows(found.unreadable)} can't be read{_first(found.unreadable)}:")
        for problem in found.problems[:_SHOWN]:
            console.print(f"  {safe(problem, plain_of(console))}", highlight=False, markup=False, soft_wrap=True)
    else:
        _say(console, "green", "every row can be read")
    repeated = found.duplicates
    if repeated.rows:
        extra = repeated.rows - repeated.groups
        _say(console, "yellow", f"{_rows(extra)} repeat{'s' * (extra == 1)} an earlier one; only the first is kept")
        _show_lines(repeated, word_for(found.path), console)
    else:
        _say(console, "green", "no two rows are alike")
    against = found.contradictions
    if against is None:
        _say(console, "yellow", "contradictions weren't looked for: name columns with --see and --do")
    elif not against.rows:
        _say(console, "green", "no two rows are seen alike but answered differently")
    elif found.score != "exact":
        _say(console, "green", f"{_rows(against.rows)} seen alike but answered differently, where several are right")
    else:
        _say(console, "red", f"{_rows(against.rows)} contradict one another: seen alike but answered differently")
        _show_lines(against, word_for(found.path), console)


def _show_lines(alike: Alike, word: str, console: Console) -> None:
    groups = [" = ".join(f"{line:,}" for line in lines) for lines in alike.lines]
    more = ", ..." if alike.groups > len(groups) else ""
    console.print(f"  {word}s {', '.join(groups)}{more}", highlight=False, soft_wrap=True)


def _show_leaks(leaks: Leaks, found: Checked, console: Console) -> None:
    of = f"of the {leaks.rows:,} in {leaks.path}"
    if leaks.unreadable:
        _say(console, "red", f"{_rows(leaks.unreadable)} of {leaks.path} can't be read{_first(leaks.unreadable)}:")
        for problem in leaks.problems[:_SHOWN]:
            console.print(f"  {safe(problem, plain_of(console))}", highlight=False, markup=False, soft_wrap=True)
    if not leaks.count:
        beyond = f", not even up to a symmetry of {found.family}" if leaks.symmetric is not None else ""
        _say(console, "green", f"no scenes {of} are in {found.path}{beyond}")
        return
    _say(console, "red", f"{_rows(leaks.count)} {of} leak:")
    kinds = [(leaks.same, "alike in every column")]
    if leaks.seen is not None:
        kinds.append((leaks.seen - leaks.same, "seen alike, with another answer"))
    if leaks.symmetric is not None:
        kinds.append((leaks.symmetric - (leaks.seen or 0), f"alike up to a symmetry of {found.family}"))
    for count, words in kinds:
        if count > 0:
            console.print(f"  {count:,} {words}", highlight=False)
    pairs = ", ".join(f"{here:,} is {there:,}" for here, there in leaks.lines)
    console.print(
        f"  {word_for(leaks.path)} {pairs}{', ...' if leaks.count > len(leaks.lines) else ''}", highlight=False
    )


def _say(console: Console, style: str, words: str) -> None:
    marks = (
        {"green": "ok", "yellow": "--", "red": "!!"} if plain_of(console) else {"green": "✓", "yellow": "•", "red": "✗"}
    )
    console.print(Text.assemble((f"{marks[style]} ", f"bold {style}"), safe(words, plain_of(console))), soft_wrap=True)


def word_for(path: str) -> str:
    """Returns what the numbers of a table's rows count: lines of a text, or rows of what has none."""
    return "line" if Path(path).suffix.lower() in TEXTS else "row"


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def as_data(found: Checked) -> dict[str, Any]:
    """Returns what was found as plain data."""
    return {**asdict(found), "faults": found.faults}
