"""The built-in sources of scenes. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ltm.chart.base import Part
from ltm.errors import DataError, nearest
from ltm.scenes import arc_scenes, digits, fashion, listops, maze, minigrid, reasoning, running, sudoku
from ltm.scenes.encode_rows import Written, as_it_is
from ltm.scenes.interchange import Group
from ltm.scenes.lines import Row
from ltm.scenes.store import SceneSet
from ltm.senses.grid import GridSpec
from ltm.senses.value import ValueSpec

Made = SceneSet | Iterable[Row]
"""Scenes in the symbols of the source's columns, or rows as people would write them."""
Make = Callable[[Any, int, int], Made]
"""From a source's options, how many scenes are wanted and a seed to scenes."""


class NoOptions(Part):
    """This source has none."""


@dataclass(frozen=True)
class Source:
    """A generator of scenes, and what they are.

    Attributes:
        make: scenes to learn from.
        see: the column that is seen, or several.
        do: the column that is the answer.
        notes: the scenes in sentences.
        columns: what each column holds; where that depends on the scenes, `describe` says it.
        describe: from options and rows to the arguments of each column's declaration.
        options: what a chart may say under `scenes.options`.
        places: options that name places on a person's machine; a brain that is given away doesn't tell them.
        test: scenes for `ltm eval`, where some are kept for it; other sources make new ones from another seed. Unless
            it has `aside` too, such a source has a fixed number of scenes.
        aside: scenes to set aside while learning, where those that are learned from overlap one another; of other
            sources some of these are.
        symmetries: what leaves a scene's meaning unchanged.
        interchange: groups of things that may take one another's place.
        score: what counts as a right answer.
        family: which scenes count as the same when some are set aside (see `ltm.scenes.split`).
        written: how a row's value is brought into the form that a chart's column reads.
        steps: what a chart declares under `steps`, where scenes have several.
        file: whether its name is that of a person's file.
    """

    make: Make
    see: str | tuple[str, ...]
    do: str
    notes: tuple[str, ...]
    columns: Mapping[str, ValueSpec] = field(default_factory=dict)
    describe: Callable[[Any, Sequence[Row]], Mapping[str, Mapping[str, Any]]] | None = None
    options: type[Part] = NoOptions
    places: tuple[str, ...] = ()
    test: Make | None = None
    aside: Make | None = None
    symmetries: tuple[str, ...] = ()
    interchange: tuple[Group, ...] = ()
    score: str = "exact"
    family: str = "grid"
    written: Written = as_it_is
    steps: Mapping[str, Any] | None = None
    file: bool = False

    @property
    def seen(self) -> tuple[str, ...]:
        """The columns that are seen."""
        return (self.see,) if isinstance(self.see, str) else self.see

    def declarations(self, options: Part, count: int, seed: int) -> dict[str, dict[str, Any]]:
        """Returns the arguments of each column's declaration, from the scenes themselves where it takes them."""
        if self.describe is None:
            return {name: spec.model_dump(exclude_defaults=True) for name, spec in self.columns.items()}
        made = self.make(options, count, seed)
        assert not isinstance(made, SceneSet)
        return {name: dict(arguments) for name, arguments in self.describe(options, list(made)).items()}


SOURCES: dict[str, Source] = {
    "sudoku": Source(
        make=sudoku.make,
        options=sudoku.SudokuOptions,
        columns={
            "puzzle": GridSpec(kind="grid", rows=9, columns=9, symbols=10),
            "solution": GridSpec(kind="grid", rows=9, columns=9, symbols=10),
        },
        see="puzzle",
        do="solution",
        symmetries=("relabel", "bands", "transpose"),
        family="sudoku",
        notes=("Random Sudoku puzzles, each with exactly one solution; no two grids are alike up to symmetry.",),
    ),
    "maze": Source(
        make=maze.make,
        options=maze.MazeOptions,
        columns={
            "maze": GridSpec(kind="grid", symbols=4, alphabet=maze.MAZE_ALPHABET),
            "path": GridSpec(kind="grid", symbols=2, alphabet=maze.PATH_ALPHABET),
        },
        see="maze",
        do="path",
        score="shortest-path",
        family="maze",
        notes=("Random mazes with loops; any shortest path from S to G is right.",),
    ),
    "listops": Source(
        make=listops.generate,
        options=listops.ListopsOptions,
        columns={"expression": listops.EXPRESSION, "answer": listops.ANSWER},
        see="expression",
        do="answer",
        notes=("Random nested lists of digits with MAX, MIN, FIRST and LAST; no two are alike.",),
    ),
    "digits": Source(
        make=digits.learn,
        test=digits.judge,
        columns=digits.COLUMNS,
        see="image",
        do="label",
        symmetries=("jitter",),
        notes=("Handwritten digits of 8×8 pixels, from scikit-learn; one in six is kept for ltm eval.",),
    ),
    "fashion": Source(
        make=fashion.learn,
        test=fashion.judge,
        options=fashion.FashionOptions,
        places=("folder",),
        columns=fashion.COLUMNS,
        see="image",
        do="label",
        symmetries=("jitter",),
        notes=("Fashion-MNIST: clothes of 28×28 pixels; the 10,000 of the test set are kept for ltm eval.",),
    ),
    "arc": Source(
        make=arc_scenes.learn,
        test=arc_scenes.judge,
        options=arc_scenes.ArcOptions,
        places=("file",),
        columns={"board": arc_scenes.BOARD, "answer": arc_scenes.BOARD},
        describe=arc_scenes.describe,
        see="board",
        do="answer",
        symmetries=("relabel", "dihedral"),
        steps={"roles": (arc_scenes.EXAMPLE, arc_scenes.QUESTION), "window": 5},
        notes=(
            "ARC tasks: pairs that show a rule, then a question.",
            "Only those whose outputs have the size of their inputs, unless `sizes` is `any`.",
        ),
    ),
    "minigrid": Source(
        make=minigrid.episodes,
        options=minigrid.MinigridOptions,
        columns=minigrid.COLUMNS,
        see=("view", "goal"),
        do="action",
        interchange=(minigrid.COLOURED_THINGS,),
        steps={"roles": (minigrid.ROLE,), "window": 8, "goal": "goal"},
        notes=("Episodes of a BabyAI level, played by its expert: what it sees, its mission, what it does.",),
    ),
}


def _reasoning(name: str) -> Source:
    def make(options: reasoning.ReasoningOptions, count: int, seed: int) -> Iterable[Row]:
        return reasoning.rows(name, options, count, seed)

    return Source(
        make=make,
        options=reasoning.ReasoningOptions,
        describe=reasoning.describe,
        see="question",
        do="answer",
        written=reasoning.written,
        notes=(f"{name} of reasoning-gym; a right answer is the very one that the generator gives.",),
    )


def _running(name: str) -> Source:
    def part(rows: Callable[[str, Any, int, int], Iterable[Row]]) -> Make:
        return lambda options, count, seed: rows(name, options, count, seed)

    return Source(
        make=part(running.learn),
        test=part(running.judge),
        aside=part(running.set_aside),
        options=running.RunningOptions,
        describe=running.describe,
        see="context",
        do="next",
        file=not running.is_manual(name),
        notes=(f"What comes next in {Path(name).name}; its last tenth is kept for ltm eval.",),
    )


FAMILIES: dict[str, Callable[[str], Source]] = {reasoning.FAMILY: _reasoning, running.FAMILY: _running}
"""Sources of which there are many, asked for as `family:name`; from the name to the source."""


def source_names() -> tuple[str, ...]:
    """Returns what a person may ask for, in order."""
    return (*SOURCES, f"{reasoning.FAMILY}:NAME", f"{running.FAMILY}:FILE")


def find_source(name: str | None) -> Source | None:
    """Returns the built-in source of a name; None where it is none, but a file, or nothing."""
    if name is None:
        return None
    family, colon, member = name.partition(":")
    if colon and family in FAMILIES:
        return FAMILIES[family](member)
    return SOURCES.get(name)


def check_named(data: str) -> None:
    """Refuses a word that is neither a file nor a built-in source; what looks like a file is left to be read.

    Raises:
        DataError: names the nearest source.
    """
    if find_source(data) is None and not Path(data).suffix and not Path(data).exists():
        close = nearest(data, SOURCES) or nearest(data, FAMILIES)
        known = "" if close else f" (built-in sources: {', '.join(source_names())})"
        raise DataError(f"{data}: no such file, and no built-in source of that name{close}{known}")


def settled(name: str) -> str:
    """Returns a source's name as it is understood from any folder: one that names a file, by its whole path."""
    source = find_source(name)
    if source is None or not source.file:
        return name
    family, _, member = name.partition(":")
    return f"{family}:{Path(member).expanduser().resolve()}"
