"""Writes the tables of the README from the results: `python -m benchmarks.report --write README.md`."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.ablation import TRIES, VARIANTS
from benchmarks.common import read, spread
from benchmarks.curve import CHARTS

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
            parts += [*make(result), "", f"`{result['command']}`; {where}", ""]
    return "\n".join(parts)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def seeds(count: int) -> str:
    return "one seed" if count == 1 else f"median and range of {count} seeds"


def sudoku(title: str) -> Callable[[dict[str, Any]], Iterator[str]]:
    def make(result: dict[str, Any]) -> Iterator[str]:
        runs = list(result["runs"].values())
        tiers = list(runs[0]["tiers"])
        looks = [row["ticks"] for row in runs[0]["tiers"][tiers[0]]["by_ticks"]]
        looks = looks[: min(len(run["tiers"][tier]["by_ticks"]) for run in runs for tier in tiers)]
        shown = [tick for tick in looks if tick in (4, 16, 64, 256, 512, 1024)]
        tries = runs[0]["tiers"][tiers[0]]["many_tries"]["budget"]["tries"]
        what = f"{seeds(len(runs))}; {runs[0]['parameters']:,} weights"
        yield f"**{title}**: whole boards right, %, after a number of ticks with one try, and with tries ({what})"
        yield ""
        rows = []
        for tier in tiers:
            of = [run["tiers"][tier] for run in runs]
            by = [spread([one["by_ticks"][looks.index(tick)]["exact"] for one in of]) for tick in shown]
            rows.append([tier, *by, spread([one["many_tries"]["exact"] for one in of])])
        yield from markdown(["after ticks", *map(str, shown), f"{tries} tries"], rows)
        yield ""
        yield "The same with halting and one try; and how far reflection's confidence can be trusted (worst seed):"
        yield ""
        rows = []
        for tier in tiers:
            of = [run["tiers"][tier] for run in runs]
            halting = [one["will"] for one in of]
            areas = [one["auroc"] for one in of if one["auroc"] is not None]
            sure = [one["right_when_sure"] for one in halting if one["right_when_sure"] is not None]
            rows.append(
                [
                    tier,
                    spread([one["exact"] for one in halting]),
                    f"{statistics.median(one['ticks'] for one in halting):.0f}",
                    f"{min(areas):.4f}" if areas else "all are right",
                    f"{max(one['ece'] for one in of):.4f}",
                    f"{100 * min(sure):.1f} %" if sure else "never sure",
                ]
            )
        budgets = [run["tiers"][tier]["will"]["budget"] for run in runs for tier in tiers]
        most = " or ".join(map(str, sorted({budget["ticks"] for budget in budgets})))
        enough = " or ".join(map(str, sorted({budget["confidence"] for budget in budgets})))
        head = [f"halting at {enough}, at most {most} ticks", "right, %", "mean ticks"]
        yield from markdown([*head, "AUROC", "ECE", "right when sure"], rows)

    return make


def curve(result: dict[str, Any]) -> Iterator[str]:
    runs = result["runs"]
    yield "**Five minutes, beside others of equal size**: whole boards right over all four tiers, %"
    yield ""
    rows = []
    for label in CHARTS:
        of = [run for key, run in runs.items() if key.rsplit("-", 1)[0] == label]
        if of:
            by_minute = [at_minutes([run["curve"] for run in of], minutes) for minutes in (1, 2, 3, 4)]
            ends = [spread([list(run["exact"].values())[at] for run in of]) for at in (0, -1)]
            rows.append([label, f"{of[0]['parameters']:,}", f"{of[0]['steps']:,}", *by_minute, *ends])
    head = ["chart", "weights", "steps", *(f"validation, {m} min" for m in (1, 2, 3, 4))]
    yield from markdown([*head, "test, 1 segment", "test, 16 segments"], rows)


def at_minutes(curves: Sequence[Sequence[Sequence[float]]], minutes: float) -> str:
    """Returns the last validation accuracy before a time, over the runs."""
    found = [[accuracy for seconds, accuracy in curve if seconds <= 60 * minutes] for curve in curves]
    return spread([values[-1] for values in found]) if all(found) else "-"


def mazes(result: dict[str, Any]) -> Iterator[str]:
    runs = list(result["runs"].values())
    what = f"{seeds(len(runs))}; {runs[0]['parameters']:,} weights"
    yield f"**Mazes**, trained on sides from 9 to 13 for 20 minutes: any shortest path counts, % ({what})"
    yield ""
    segments = list(next(iter(runs[0]["sizes"].values())))
    rows = [
        [
            f"side {'-'.join(dict.fromkeys(size.split('-')))}",
            *(spread([run["sizes"][size][segment]["exact"] for run in runs]) for segment in segments),
        ]
        for size in runs[0]["sizes"]
    ]
    yield from markdown(["after segments of 10 ticks", *segments], rows)


def ablation(result: dict[str, Any]) -> Iterator[str]:
    runs = result["runs"]
    yield f"**Do the parts pay their way?** Five minutes each; whole boards right, %; tries: {TRIES}, expert only"
    yield ""
    rows = []
    for label, (what, _) in VARIANTS.items():
        of = [run for key, run in runs.items() if key.split("/")[0] == label]
        if of:
            measured = ("one_segment", "exact", "expert_once", "expert_tries")
            columns = [spread([run[key] for run in of]) for key in measured]
            rows.append([label, what, f"{of[0]['parameters']:,}", str(len(of)), *columns])
    yield from markdown(
        ["part", "change", "weights", "seeds", "1 segment", "16 segments", "expert, one try", "expert, tries"], rows
    )


SECTIONS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "sudoku-sudoku-30min": sudoku("Sudoku, 30 minutes of training from scratch"),
    "sudoku-sudoku-5min": sudoku("Sudoku, 5 minutes"),
    "curve-5min": curve,
    "mazes-20min": mazes,
    "ablation-5min": ablation,
}
"""What goes into the README, in order: result file in `benchmarks/results` and how it is shown."""


if __name__ == "__main__":
    main()
