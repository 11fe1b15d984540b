"""The brains of this project that stand in the micro-models chart: one entry each, with where its figures lie.

`benchmarks.catalog` writes them; a brain whose result isn't there yet is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks import listops, pretrained
from benchmarks.arc import CHART
from benchmarks.beside import BRAIN
from benchmarks.common import chart_of
from benchmarks.curve import CHARTS
from benchmarks.kinds import ARMS, with_zones
from ltm.catalog.schema import Runs
from ltm.chart.load import chart_from_text
from ltm.chart.propose import propose
from ltm.chart.schema import Chart
from ltm.training.from_data import propose_for

Result = Mapping[str, Any]
Path_ = tuple[str | int, ...]
"""Where a figure lies in a run: keys, and -1 for the last of a list or of a table."""
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
        also: scores of the same brain in other results: metric, result, label and where they lie.
        examples: what it learned from, as a figure with its source.
        beside: result of another brain that it thinks together with, which says its parameters.
        cpu_ms: a result and where the milliseconds of one thought lie in it, or in the run where the result is its own.
        unit_ms: milliseconds of the unit in which those are told.
        note: what else to say.
    """

    name: str
    family: str
    modality: str
    result: str
    scores: Mapping[str, Path_]
    runs: Runs
    label: str = ""
    chart: Callable[[], Chart] | None = None
    also: Sequence[tuple[str, str, str, Path_]] = ()
    examples: Callable[[Result, Result], str | None] = _nothing
    beside: str | None = None
    cpu_ms: tuple[str, Path_] | None = None
    unit_ms: float = 1.0
    note: str = ""


def told(examples: str) -> Callable[[Result, Result], str | None]:
    """Returns the number of examples that somebody wrote down: `6824 @source`."""
    return lambda found, run: examples


def option(name: str) -> Callable[[Result, Result], str | None]:
    """Returns an option of the command that made the result, such as `--few 200`."""

    def given(found: Result, run: Result) -> str | None:
        match = re.search(rf"{name} (\d+)", found["command"])
        return None if match is None else match[1]

    return given


def shipped(chart: str, settings: Sequence[str] = ()) -> Callable[[], Chart]:
    return lambda: chart_of(chart, settings)


def fitted(columns: Mapping[str, Mapping[str, Any]], see: Sequence[str], do: str, size: int) -> Callable[[], Chart]:
    """Returns what makes the chart that `ltm fit` proposes for columns like those of a benchmark's file."""
    return lambda: propose(columns, see, [do], source="data.csv", size=size)


def _sudoku() -> list[Own]:
    tiers: dict[str, Path_] = {
        "sudoku-tier-expert": ("tiers", "expert", "by_ticks", -1, "exact"),
        "sudoku-tier-easy": ("tiers", "easy", "by_ticks", -1, "exact"),
        "sudoku-tier-expert-tries": ("tiers", "expert", "many_tries", "exact"),
    }
    puzzles = told("14400 @ltm-shipped-brain")
    ours = Own(
        "LTM-sudoku",
        "recursive",
        "reasoning",
        "sudoku-sudoku-30min",
        tiers,
        Runs(zone="mixer", chart="sudoku"),
        chart=shipped("sudoku"),
        examples=puzzles,
        cpu_ms=("thought", ("thoughts", "batch 1, halting", "p50_ms")),
        note="The brain that comes with the package is one of these.",
    )
    curve: Path_ = ("exact", -1)
    five = replace(
        ours,
        name="LTM-sudoku-5min",
        result="sudoku-sudoku-5min",
        also=(("sudoku-mixed-5min", "curve-5min", "ours", curve),),
        cpu_ms=None,
        note="",
    )
    settings = ("zones.core={kind: mixer, layers: 2, write: replace}",)
    stateless = replace(
        ours,
        name="LTM-sudoku-stateless",
        result="sudoku-without-own-state-30min",
        runs=Runs(zone="mixer", chart="sudoku", settings=settings),
        chart=shipped("sudoku", settings),
        cpu_ms=None,
        note="The same without an own state and without two roles.",
    )
    kinds = {"trm": ("recursive", "mixer"), "universal-transformer": ("looped-transformer", "attention")}
    kinds["plain-stack"] = ("mixer", "mixer")
    beside = [
        Own(
            f"LTM-{label}",
            family,
            "reasoning",
            "curve-5min",
            {"sudoku-mixed-5min": curve},
            Runs(zone=zone, chart=CHARTS[label][0], settings=tuple(CHARTS[label][1])),
            label=label,
            chart=shipped(*CHARTS[label]),
            examples=puzzles,
            note="At equal size, time and recipe beside ours.",
        )
        for label, (family, zone) in kinds.items()
    ]
    return [ours, five, stateless, *beside]


def _shown() -> list[Own]:
    """Brains that see pictures, lists, commands, sentences and worlds."""
    digits = {"kind": "label", "labels": [str(digit) for digit in range(10)]}
    image = {"kind": "image", "rows": 28, "columns": 28, "channels": 1, "patch": 4}
    opening = ["[FIRST", "[LAST", "[MAX", "[MIN"]
    tokens = [*digits["labels"], *opening, "]"]
    nested = {"kind": "sequence", "tokens": tokens, "longest": 8192, "ignore": ["(", ")"]}
    nested |= {"opening": opening, "closing": ["]"]}
    eye = Own(
        "LTM-digits",
        "mixer",
        "vision",
        "digits-5min",
        {"mnist-1500": ("test", "exact")},
        Runs(zone="mixer", by=FIT),
        label=BRAIN,
        chart=fitted({"images": image, "labels": digits}, ["images"], "labels", 1_000_000),
        examples=told("8500 @ltm-measurements"),
    )
    boards = replace(
        eye,
        name="LTM-visual-sudoku",
        result="visual-sudoku-3min",
        scores={"visual-sudoku-blank": ("no picture", "right"), "visual-sudoku-nought": ("a nought", "right")},
        runs=Runs(zone="mixer", by="two brains, of which one sees digits and one solves: ltm perceive"),
        label="",
        chart=None,
        beside="shipped",
        cpu_ms=("visual-sudoku-3min", ("no picture", "seconds")),
        unit_ms=1000.0,
        note="An eye of 216,988 parameters, which learned digits alone, and the brain that comes with the package.",
    )
    lists = Own(
        "LTM-listops",
        "mixer",
        "reasoning",
        "listops-5min",
        {"listops-d14": ("d14", "exact"), "listops-d8": ("d8", "exact")},
        Runs(zone="mixer", by=FIT),
        label=BRAIN,
        chart=fitted({"expression": nested, "answer": digits}, ["expression"], "answer", 2_000_000),
        examples=told(f"{listops.LEARNED} @{BENCHMARKS}"),
    )
    sentences = {"kind": "text", "unit": "words", "features": ["word", "pair", "letters"], "buckets": 131_072}
    sentences |= {"inner": 2, "start": 0.02, "longest": 136, "cut": True}
    polarity = {"kind": "label", "labels": ["negative", "positive"]}
    texts = Own(
        "LTM-polarity",
        "mixer",
        "language",
        "text-3min",
        {"text-polarity": ("test", "exact")},
        Runs(zone="mixer", by=FIT),
        label=BRAIN,
        chart=fitted({"sentence": sentences, "polarity": polarity}, ["sentence"], "polarity", 2_000_000),
        examples=told("6824 @ltm-measurements"),
    )
    worlds = Own(
        "LTM-minigrid",
        "looped-transformer",
        "reasoning",
        "minigrid-GoToLocal-5min",
        {"babyai-gotolocal": ("success",)},
        Runs(zone="attention", by="ltm chart new mine.yaml --like minigrid"),
        label=BRAIN,
        chart=lambda: propose_for("minigrid", [], [], size="1MB", count=2000)[0],
        examples=option("--episodes"),
        note="Examples are episodes of an expert.",
    )
    return [eye, boards, lists, texts, worlds, *_scan()]


def _scan() -> list[Own]:
    words = "after and around jump left look opposite right run thrice turn twice walk".split()
    deeds = ["I_JUMP", "I_LOOK", "I_RUN", "I_TURN_LEFT", "I_TURN_RIGHT", "I_WALK"]
    commands = {"kind": "sequence", "tokens": words, "longest": 14}
    brains = []
    for suffix, result, order in (
        ("", "scan-5min", {}),
        ("-left-to-right", "scan-left-to-right-5min", {"order": "left-to-right"}),
    ):
        actions = {"kind": "sequence", "tokens": deeds, "longest": 48, **order}
        brains.append(
            Own(
                f"LTM-scan{suffix}",
                "looped-transformer",
                "language",
                result,
                {"scan-length": ("length", "exact")},
                Runs(zone="attention", by=FIT),
                label=BRAIN,
                chart=fitted({"command": commands, "actions": actions}, ["command"], "actions", 2_000_000),
                examples=told("16990 @scan-data"),
                note="No sequence longer than those learned comes out whole.",
            )
        )
    return brains


def _rules() -> list[Own]:
    """Kinds of zones beside one another, on 1-D ARC."""
    return [
        Own(
            f"LTM-arc-{'-'.join(arm.replace(',', '').split())}",
            zones[0]["kind"],
            "reasoning",
            "kinds-3min",
            {"arc-1d-once": ("right",)},
            Runs(zone=zones[0]["kind"], by="benchmarks/kinds.py has the chart"),
            label=arm,
            chart=lambda arm=arm: with_zones(chart_from_text(CHART, "benchmarks/arc.py"), arm),  # type: ignore[misc]
            note="Zones in turn: " + ", ".join(zone["kind"] for zone in zones) + ".",
        )
        for arm, zones in ARMS.items()
    ]


def _tables() -> list[Own]:
    tables = {
        "breast-cancer": ("breast-cancer", "exact"),
        "breast-cancer-empty": ("breast-cancer, a fifth of the cells empty", "exact"),
        "wine": ("wine", "exact"),
        "digits-vector": ("digits, as vectors", "exact"),
        "diabetes": ("diabetes, a number", "r2"),
    }
    return [
        Own(
            f"LTM-table-{name}",
            "mixer",
            "table",
            "tables-2min",
            {f"table-{name}": ("judged", "LTM", figure)},
            Runs(zone="mixer", by=FIT),
            label=label,
            examples=lambda found, run: str(run["rows"]),
        )
        for name, (label, figure) in tables.items()
    ]


def _looking() -> list[Own]:
    """Brains that look through a frozen model."""
    voices = len(pretrained.HEARD)
    brains = []
    for part, result, modality, model, metric, examples in (
        ("polarity", "polarity-5min", "language", "minilm", "text-polarity", told("6824 @ltm-measurements")),
        ("pictures", "pictures-200-2min", "vision", "efficientnet-lite0", "mnist-few", option("--few")),
        ("print", "print-500-2min", "vision", "rapidocr", "print-random", option("--few")),
        ("words", "words-1min", "audio", "speech-embedding", "spoken-words", told(f"{24 * voices} @{BENCHMARKS}")),
        ("speech", "speech-1min", "audio", "silero-vad", "speech-or-none", told(f"{24 * voices} @{BENCHMARKS}")),
    ):
        chart = pretrained.PARTS[part].chart
        settings = tuple(pretrained.PARTS[part].settings())
        brains.append(
            Own(
                f"LTM-{part}-through-{model}",
                "pretrained",
                modality,
                f"pretrained-{result}",
                {metric: ("exact",)},
                Runs(zone="pretrained", chart=chart, settings=settings, model=model),
                label=pretrained.ZONE,
                chart=shipped(chart, settings),
                examples=examples,
            )
        )
    return brains


def _mazes() -> list[Own]:
    return [
        Own(
            "LTM-maze",
            "conv",
            "reasoning",
            "mazes-20min",
            {"maze-9-13": ("sizes", "9-13", -1, "exact"), "maze-31": ("sizes", "31-31", -1, "exact")},
            Runs(zone="conv", chart="maze"),
            chart=shipped("maze"),
        )
    ]


OWN: tuple[Own, ...] = (*_sudoku(), *_mazes(), *_shown(), *_rules(), *_tables(), *_looking())
"""Every brain of this project that was measured, as the chart lists them."""
