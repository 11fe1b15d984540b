"""Writes tables from the results: `python -m benchmarks.report --write docs/measurements.md`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import (
    ablation,
    arc,
    curve,
    digits,
    kinds,
    listops,
    mazes,
    minigrid,
    scan,
    shipped,
    skills,
    sudoku,
    text,
    visual_sudoku,
)
from benchmarks import tables as tables_of_numbers
from benchmarks.common import Grid, read

BEGIN, END = "<!-- made by `python -m benchmarks.report` -->", "<!-- end -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="file whose text between the two marks is replaced")
    given = parser.parse_args()
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
            where = f"{machine['threads']} cores, {machine['processor']}"
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
    "digits-5min": digits.tables,
    "listops-5min": listops.tables,
    "scan-5min": scan.tables,
    "scan-left-to-right-5min": scan.tables,
    "tables-2min": tables_of_numbers.tables,
    "arc-10min": arc.tables,
    "kinds-3min": kinds.tables,
    "text-3min": text.tables,
    "minigrid-GoToLocal-5min": minigrid.tables,
    "skills-5min-1MB-0": skills.tables,
    "ablation-equal-1500steps": ablation.tables,
}
"""What goes onto the page, in order: result file in `benchmarks/results`, and who makes its tables."""


if __name__ == "__main__":
    main()
