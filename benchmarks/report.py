"""Writes tables from the results: `python -m benchmarks.report --write docs/measurements.md`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import (
    ablation,
    arc,
    cortex,
    curve,
    digits,
    export,
    int8,
    kinds,
    language,
    listops,
    mazes,
    minigrid,
    paging,
    pretrained,
    scan,
    shipped,
    skills_tables,
    stream,
    sudoku,
    text,
    visual_listops,
    visual_sudoku,
    waves,
)
from benchmarks import tables as tables_of_numbers
from benchmarks.common import RESULTS, Grid, read

BEGIN, END = "<!-- made by `python -m benchmarks.report` -->", "<!-- end -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="file whose text between the two marks is replaced")
    given = parser.parse_args()
    for name in left_out():
        print(f"{name}: not on the page, which shows other options", file=sys.stderr)
    if given.write is None:
        print(report())
    else:
        text = given.write.read_text(encoding="utf-8")
        given.write.write_text(replaced(text, report()), encoding="utf-8")


def replaced(text: str, tables: str) -> str:
    """Returns the text with what lies between the marks replaced."""
    before, rest = text.split(BEGIN, 1)
    return f"{before}{BEGIN}\n\n{tables}\n{END}{rest.split(END, 1)[1]}"


def report() -> str:
    """Returns all tables whose results exist, as Markdown."""
    parts: list[str] = []
    for name, make in SECTIONS.items():
        result = read(name)
        if result:
            machine = result["machine"]
            where = f"{machine['threads']} core{'s' if machine['threads'] > 1 else ''}, {machine['processor']}"
            parts += [f"`{result['command']}`; {where}", ""]
            for grid in make(result):
                parts += [*grid.markdown(), ""]
    return "\n".join(parts)


SECTIONS: dict[str, Callable[[dict[str, Any]], Iterator[Grid]]] = {
    "sudoku-sudoku-30min": sudoku.tables,
    "sudoku-sudoku-5min": sudoku.tables,
    "shipped": shipped.tables,
    "curve-5min": curve.tables,
    "mazes-20min": mazes.tables,
    "visual-sudoku-3min": visual_sudoku.tables,
    "visual-listops-3min": visual_listops.tables,
    "digits-5min": digits.tables,
    "listops-5min": listops.tables,
    "scan-5min": scan.tables,
    "scan-left-to-right-5min": scan.tables,
    "tables-2min": tables_of_numbers.tables,
    "arc-10min": arc.tables,
    "kinds-3min": kinds.tables,
    "text-3min": text.tables,
    "minigrid-GoToLocal-5min": minigrid.tables,
    "skills-5min-1MB-0": skills_tables.tables,
    "language-2min": language.tables,
    "int8": int8.tables,
    "pretrained-polarity-5min": pretrained.tables,
    "pretrained-words-1min": pretrained.tables,
    "pretrained-pictures-200-2min": pretrained.tables,
    "pretrained-print-500-2min": pretrained.tables,
    "pretrained-speech-1min": pretrained.tables,
    "paging-200-300MB": paging.tables,
    "waves-batch1": waves.tables,
    "stream-generated-1gb-ahead0": stream.tables,
    "stream-generated-5gb-ahead0": stream.tables,
    "stream-file-0.06gb-ahead0": stream.tables,
    "stream-file-0.06gb-ahead256": stream.tables,
    "export": export.tables,
    "cortex-digits-2min": cortex.tables,
    "ablation-equal-1500steps": ablation.tables,
}
"""What goes onto the page, in order: result file in `benchmarks/results`, and who makes its tables."""
WITHOUT_TABLES = ("sudoku-sudoku-30min-f0a10dbe", "thought", "plan", "sources", "rate-bf16", "rate-fp32")
"""Results that the page tells in words."""


def left_out() -> list[str]:
    """Returns the names of results that are there and belong nowhere: made with other options than the page shows."""
    return sorted({file.stem for file in RESULTS.glob("*.json")} - set(SECTIONS) - set(WITHOUT_TABLES))


if __name__ == "__main__":
    main()
