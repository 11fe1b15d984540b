"""The brains of this project that stand in the micro-models chart: one entry each, with where its figures lie.

`benchmarks.catalog` writes them; a brain whose result isn't there yet is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks import catalog_charts as charts
from benchmarks import listops, pretrained
from benchmarks.beside import BRAIN
from benchmarks.catalog_charts import Make
from benchmarks.curve import CHARTS
from benchmarks.kinds import ARMS
from ltm.catalog.schema import Runs

Result = Mapping[str, Any]
Path_ = tuple[str | int, ...]
"""Where a figure lies in a run: keys, and -1 for the last of a list or of a table."""
Scores = dict[str, Path_]
Examples = Callable[[Result, Result], str | None]
"""From a result and its first run to a figure with its source, such as `6824 @somewhere`."""
FIT = "ltm fit proposes such a chart for data of yours"
SHIPPED, BENCHMARKS = "ltm-charts", "ltm-benchmarks"
"""Sources of layers and widths: a shipped chart, or the one that a benchmark makes."""


def _nothing(found: Result, run: Result) -> str | None:
    return None


@dataclass(frozen=True)
class Own:
    """A brain of this project.

    Attributes:
        name: of the entry.
        family: architecture in a word.
        modality: of the catalogue.
        result: file under `benchmarks/results`, without its suffix.
        scores: by metric, the headline first, where each lies in a run.
        runs: what runs it.
        label: of its runs in the result, before the seed; empty where only seeds tell them apart.
        chart: makes the chart that was trained; its layers and widths are told if it has the measured size.
        examples: what it learned from, as a figure with its source.
        note: what else to say.
        also: scores of the same brain in other results: metric, result, label and where they lie.
        beside: result of another brain that it thinks together with, which says its parameters.
        cpu_ms: a result and where the milliseconds of one thought lie in it, or in the run where the result is its own.
        unit_ms: milliseconds of the unit in which those are told.
    """

    name: str
    family: str
    modality: str
    result: str
    scores: Mapping[str, Path_]
    runs: Runs
    label: str = ""
    chart: Make | None = None
    examples: Examples = _nothing
    note: str = ""
    also: Sequence[tuple[str, str, str, Path_]] = ()
    beside: str | None = None
    cpu_ms: tuple[str, Path_] | None = None
    unit_ms: float = 1.0


def told(examples: str) -> Examples:
    """Returns the number of examples that somebody wrote down: `6824 @source`."""
    return lambda found, run: examples


def option(name: str) -> Examples:
    """Returns an option of the command that made the result, such as `--few 200`."""

    def given(found: Result, run: Result) -> str | None:
        match = re.search(rf"{name} (\d+)", found["command"])
        return None if match is None else match[1]

    return given


MIXING, LOOKING = Runs(zone="mixer", by=FIT), Runs(zone="attention", by=FIT)
PUZZLES, PICTURES, SENTENCES = (
    told(f"{count} @{source}")
    for count, source in ((14400, "ltm-shipped-brain"), (8500, "ltm-measurements"), (6824, "ltm-measurements"))
)
CURVE: Path_ = ("exact", -1)


def _sudoku() -> list[Own]:
    tiers: Scores = {
        "sudoku-tier-expert": ("tiers", "expert", "by_ticks", -1, "exact"),
        "sudoku-tier-easy": ("tiers", "easy", "by_ticks", -1, "exact"),
        "sudoku-tier-expert-tries": ("tiers", "expert", "many_tries", "exact"),
    }
    plain = ("zones.core={kind: mixer, layers: 2, write: replace}",)

    def ours(name: str, result: str, note: str = "", settings: tuple[str, ...] = ()) -> Own:
        runs, chart = Runs(zone="mixer", chart="sudoku", settings=settings), charts.shipped("sudoku", settings)
        return Own(name, "recursive", "reasoning", result, tiers, runs, "", chart, PUZZLES, note)

    best = ours("LTM-sudoku", "sudoku-sudoku-30min", "The brain that comes with the package is one of these.")
    five = ours("LTM-sudoku-5min", "sudoku-sudoku-5min")
    without = "The same without an own state and without two roles."
    return [
        replace(best, cpu_ms=("thought", ("thoughts", "batch 1, halting", "p50_ms"))),
        replace(five, also=[("sudoku-mixed-5min", "curve-5min", "ours", CURVE)]),
        ours("LTM-sudoku-stateless", "sudoku-sudoku-30min-f0a10dbe", without, plain),
        *(_beside(*kind) for kind in BESIDE),
    ]


BESIDE = (
    ("trm", "recursive", "mixer"),
    ("universal-transformer", "looped-transformer", "attention"),
    ("plain-stack", "mixer", "mixer"),
)
"""Charts of benchmarks.curve that stand beside ours, with their family and kind of zone."""


def _beside(label: str, family: str, zone: str) -> Own:
    scores: Scores = {"sudoku-mixed-5min": CURVE}
    chart, settings = CHARTS[label]
    runs, make = Runs(zone=zone, chart=chart, settings=tuple(settings)), charts.shipped(chart, settings)
    note = "At equal size, time and recipe beside ours."
    return Own(f"LTM-{label}", family, "reasoning", "curve-5min", scores, runs, label, make, PUZZLES, note)


def _others() -> list[Own]:
    """Brains of mazes, pictures, lists, sentences and worlds."""
    maze: Scores = {metric: ("sizes", f"{sides}", -1, "exact") for metric, sides in MAZES.items()}
    blank: Scores = {"visual-sudoku-blank": ("no picture", "right"), "visual-sudoku-nought": ("a nought", "right")}
    lists: Scores = {"listops-d14": ("d14", "exact"), "listops-d8": ("d8", "exact")}
    made, here = Runs(zone="conv", chart="maze"), charts.shipped("maze")
    two = Runs(zone="mixer", by="two brains, of which one sees digits and one solves: ltm perceive")
    grown = Runs(zone="attention", by="ltm chart new mine.yaml --like minigrid")
    pair = "An eye of 216,988 parameters, which learned digits alone, and the brain that comes with the package."
    test: Path_ = ("test", "exact")
    eye = Own("LTM-digits", "mixer", "vision", "digits-5min", {"mnist-1500": test}, MIXING, BRAIN, charts.digits())
    boards = Own("LTM-visual-sudoku", "mixer", "vision", "visual-sudoku-3min", blank, two, "", None, PICTURES, pair)
    nested = Own("LTM-listops", "mixer", "reasoning", "listops-5min", lists, MIXING, BRAIN, charts.lists())
    words = Own("LTM-polarity", "mixer", "language", "text-3min", {"text-polarity": test}, MIXING, BRAIN)
    worlds = Own("LTM-minigrid", "looped-transformer", "reasoning", "minigrid-GoToLocal-5min", WORLDS, grown, BRAIN)
    return [
        Own("LTM-maze", "conv", "reasoning", "mazes-20min", maze, made, "", here),
        replace(eye, examples=PICTURES),
        replace(boards, beside="shipped", cpu_ms=(boards.result, ("no picture", "seconds")), unit_ms=1000.0),
        replace(nested, examples=told(f"{listops.LEARNED} @{BENCHMARKS}")),
        replace(words, chart=charts.sentences(), examples=SENTENCES),
        replace(worlds, chart=charts.worlds(), examples=option("--episodes"), note="Examples: an expert's episodes."),
    ]


MAZES = {"maze-9-13": "9-13", "maze-31": "31-31"}
WORLDS: Scores = {"babyai-gotolocal": ("success",)}


def _scan() -> list[Own]:
    """Commands to actions, said all at once and from left to right."""
    scores, rows = Scores({"scan-length": ("length", "exact")}), told("16990 @scan-data")
    ways = (
        ("", {}, "No sequence longer than those learned comes out whole."),
        (
            "-left-to-right",
            {"order": "left-to-right"},
            "A recurrence that hears in order (RWKV-7) and attention take turns.",
        ),
    )
    return [
        Own(f"LTM-scan{how}", *KIND, f"scan{how}-5min", scores, LOOKING, BRAIN, charts.commands(order), rows, note)
        for how, order, note in ways
    ]


KIND = ("looped-transformer", "language")


def _rules() -> list[Own]:
    """Kinds of zones beside one another, on 1-D ARC."""
    brains = []
    for arm, zones in ARMS.items():
        kinds = [zone["kind"] for zone in zones]
        runs = Runs(zone=kinds[0], by="benchmarks/kinds.py has the chart")
        name, scores = f"LTM-arc-{arm.replace(', then ', '-')}", Scores({"arc-1d-once": ("right",)})
        brain = Own(name, kinds[0], "reasoning", "kinds-3min", scores, runs, arm, charts.rules(arm))
        brains.append(replace(brain, note=f"Zones in turn: {', '.join(kinds)}."))
    return brains


TABLES = {
    "breast-cancer": ("breast-cancer", "exact"),
    "breast-cancer-empty": ("breast-cancer, a fifth of the cells empty", "exact"),
    "wine": ("wine", "exact"),
    "digits-vector": ("digits, as vectors", "exact"),
    "diabetes": ("diabetes, a number", "r2"),
}
"""Of benchmarks.tables: what each is called there, and the figure that it is judged by."""


def _tables() -> list[Own]:
    brains = []
    for name, (label, figure) in TABLES.items():
        scores: Scores = {f"table-{name}": ("judged", "brain", figure)}
        brain = Own(f"LTM-{name}", "mixer", "table", "tables-2min", scores, MIXING, label)
        brains.append(replace(brain, examples=lambda found, run: str(run["rows"])))
    return brains


VOICES = told(f"{24 * len(pretrained.HEARD)} @{BENCHMARKS}")
"""Each voice that is learned from says 24 things."""
LOOKED = (
    ("polarity", "polarity-5min", "language", "minilm", "text-polarity", SENTENCES),
    ("pictures", "pictures-200-2min", "vision", "efficientnet-lite0", "mnist-few", option("--few")),
    ("print", "print-500-2min", "vision", "rapidocr", "print-random", option("--few")),
    ("words", "words-1min", "audio", "speech-embedding", "spoken-words", VOICES),
    ("speech", "speech-1min", "audio", "silero-vad", "speech-or-none", VOICES),
)
"""Of benchmarks.pretrained: part, result, modality, model, metric and examples."""


def _looking() -> list[Own]:
    """Brains that look through a frozen model."""
    brains = []
    for part, result, modality, model, metric, examples in LOOKED:
        chart, settings = pretrained.PARTS[part].chart, tuple(pretrained.PARTS[part].settings())
        runs = Runs(zone="pretrained", chart=chart, settings=settings, model=model)
        name, scores = f"LTM-pretrained-{part}", Scores({metric: ("exact",)})
        brain = Own(name, "pretrained", modality, f"pretrained-{result}", scores, runs, pretrained.ZONE)
        brains.append(replace(brain, chart=charts.shipped(chart, settings), examples=examples))
    return brains


OWN: tuple[Own, ...] = (*_sudoku(), *_others(), *_scan(), *_rules(), *_tables(), *_looking())
"""Every brain of this project that was measured, as the chart lists them."""
