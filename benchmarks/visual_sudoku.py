"""Visual Sudoku: one brain that saw digits alone, one that solved symbols alone, coupled without any joint training.

python -m benchmarks.visual_sudoku DIGITS.npz --minutes 3 --seeds 3 --stack 30

DIGITS.npz holds `images` [n, 28, 28] and `labels`: the last 1,500 are never learned from, and are the pictures on the
boards. Puzzles have 30 to 40 givens. Two tasks: a blank cell has no picture; or it shows a nought, as in the visual
Sudoku of SATNet (Wang et al. 2019), where 63.2 % of the boards came out right. The reasoning brain is the one that
ships. Beside it, behind the same eye, a plain stack of the same size, trained on built-in puzzles alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beside import MADE
from benchmarks.common import RUNS, Grid, asked, chart_of, console, read, seeds, spread, trained, write
from benchmarks.pictured import SURE, SVC_EYE, Classified, Pictured, classifier, figures
from ltm.brain.brain import Brain
from ltm.brain.perceive import Coupled
from ltm.errors import LtmError
from ltm.runtime.brains import load_brain
from ltm.runtime.shipped import shipped_brain
from ltm.scenes import sudoku
from ltm.training.from_data import propose_for
from ltm.training.run_folder import run_folder
from ltm.training.teach_eye import teach_eye

ASIDE = 1500
TASKS = {"no picture": False, "a nought": True}
"""What a blank cell shows."""
WAYS = ("", "joint", "stack", "svc")
"""Merged; after minutes of learning from boards; with a plain stack as mind; with an SVC as eye."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("digits", type=Path)
    parser.add_argument("--minutes", type=float, default=3.0, help="of training the brain that sees")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--boards", type=int, default=200)
    parser.add_argument("--joint", type=float, default=2.0, help="minutes of learning from boards")
    parser.add_argument(
        "--stack", type=float, default=30.0, help="minutes of training the plain stack: as long as the brain that ships"
    )
    given = parser.parse_args()
    name = f"visual-sudoku-{given.minutes:g}min"
    runs: dict[str, Any] = read(name).get("runs", {})
    mind, _ = load_brain(shipped_brain())
    stack_chart = chart_of("plain-stack", [f"training.minutes={given.stack:g}"])
    stack, _ = trained(stack_chart, RUNS / f"sudoku-plain-stack-{given.stack:g}min-built-in")
    with np.load(given.digits, allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    unseen = images[-ASIDE:], labels[-ASIDE:]
    svc = functools.cache(lambda: classifier(images[:-ASIDE], labels[:-ASIDE]))
    command = asked("visual_sudoku DIGITS.npz", given, "minutes", "seeds", "boards", "joint", "stack")
    for seed in range(given.seeds):
        eye, record = _eye(images[:-ASIDE], labels[:-ASIDE], given.minutes, RUNS / f"{name}-{seed}", seed)
        run: dict[str, Any] = {"parameters": record["parameters"], "digits": record["measured"]["exact"]}
        run |= {what: record["provenance"][what] for what in MADE}
        run |= {"mind": parameters(mind), "stack": parameters(stack)}
        before = runs.get(str(seed), {})
        same = all(before.get(what) == run[what] for what in run)  # what another eye read says nothing of this one
        runs[str(seed)] = run = before if same else run
        for task, way in ((task, way) for task in TASKS for way in WAYS):
            found = run.setdefault(task, {})
            if (way or "right") in found:
                continue
            minds = {"mind": mind, "stack": stack}
            figure = judged(way, eye, minds, svc, unseen, TASKS[task], given)
            found |= {way: figure} if way else figure
            write(name, {"command": command, "runs": runs})
    for grid in tables(read(name)):
        grid.show()


def _eye(images: np.ndarray, labels: np.ndarray, minutes: float, out: Path, seed: int) -> tuple[Brain, dict[str, Any]]:
    file = run_folder(out) / "digits.npz"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, images=images, labels=labels)
    chart, _ = propose_for(file, ["images"], ["labels"], size="1MB", minutes=minutes, seed=seed, out=out)
    scenes = chart.scenes.model_copy(update={"source": str(file)})
    return trained(chart.model_copy(update={"scenes": scenes}), out)


def judged(
    way: str,
    eye: Brain,
    minds: Mapping[str, Brain],
    svc: Callable[[], Any],
    unseen: tuple[np.ndarray, np.ndarray],
    noughts: bool,
    given: argparse.Namespace,
) -> dict[str, Any]:
    """Returns what comes of boards of unseen pictures in one of the ways."""
    coupled = Coupled(eye, minds["stack" if way == "stack" else "mind"], "puzzle")
    if way == "svc":
        coupled = Classified(eye, minds["mind"], "puzzle", model=svc())
    if way != "joint":
        return boards(coupled, *unseen, given.boards, noughts)
    try:
        return joint(coupled, *unseen, given.boards, noughts, given.joint)
    except LtmError as problem:  # thought was never sure: there was nothing to learn from
        return {"failed": str(problem)}


def parameters(brain: Brain) -> int:
    """Returns how many weights a brain has learned."""
    return sum(weight.numel() for weight in brain.parameters())


def joint(
    coupled: Coupled, images: np.ndarray, labels: np.ndarray, count: int, noughts: bool, minutes: float
) -> dict[str, Any]:
    """Lets the eye learn from boards of one half of the pictures; returns what it is worth on boards of the other."""
    half = len(images) // 2
    pages = [pictures for pictures, _, _ in drawn(images[:half], labels[:half], count, noughts, seed=2)]
    taught = teach_eye(
        coupled, pages, seconds=60 * minutes, told=lambda one: console.print(f"  {one}", highlight=False)
    )
    pairs = {"before": coupled, "after": dataclasses.replace(coupled, eye=taught.eye)}
    judged = {when: boards(who, images[half:], labels[half:], count, noughts) for when, who in pairs.items()}
    return {**judged, "rounds": [dataclasses.asdict(one) for one in taught.rounds]}


def drawn(
    images: np.ndarray, labels: np.ndarray, count: int, noughts: bool, seed: int
) -> Iterator[tuple[list[np.ndarray | None], np.ndarray, np.ndarray]]:
    """Yields the pictures of boards, what they show, and the solution."""
    made, draw = sudoku.generate(count, seed=seed + 1_000_003, givens=(30, 40)), np.random.default_rng(seed)
    of = {digit: images[labels == digit] for digit in range(10)}
    for puzzle, solution in zip(made.values["puzzle"], made.values["solution"], strict=True):
        cells = puzzle.reshape(-1)
        pictures = [of[d][draw.integers(len(of[d]))] if d or noughts else None for d in cells.tolist()]
        yield pictures, cells, solution.reshape(-1)


def boards(coupled: Coupled, images: np.ndarray, labels: np.ndarray, count: int, noughts: bool) -> dict[str, Any]:
    """Thinks about boards of pictures; returns how many came out right, at once and in the end, and how sure it was."""
    found = []
    for pictures, cells, solution in drawn(images, labels, count, noughts, seed=0):
        start = time.perf_counter()
        seen = coupled.think(pictures)
        seconds = time.perf_counter() - start
        right = seen.thought.answer["solution"] == "".join(map(str, solution))
        read_right = bool((coupled.read(pictures).argmax(1) == cells).all())
        found.append(Pictured(right, read_right, seen.thought.confidence, seen.readings, seconds))
    return figures(found)


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One line a task."""
    runs = [run for run in result["runs"].values() if all("right" in run.get(task, {}) for task in TASKS)]
    if not runs:
        return
    rows = []
    whose = {"": "", "stack": ", plain stack as mind", "svc": f", {SVC_EYE}"}
    kinds = [(task, kind) for kind in whose for task in TASKS if not kind or all(kind in run[task] for run in runs)]
    for task, kind in kinds:
        of = [run[task][kind] if kind else run[task] for run in runs]
        surely = [one["right_when_sure"] for one in of if one["right_when_sure"] is not None]
        rows.append(
            [
                task + whose[kind],
                *(spread([one[key] for one in of]) for key in ("read_right", "right", "sure")),
                spread(surely) if surely else "-",
                f"{np.median([one['auroc'] for one in of]):.2f}",
                f"{np.median([one['readings'] for one in of]):.0f}",
                f"{np.median([one['seconds'] for one in of]):.1f} s",
            ]
        )
    learned = []
    for task in TASKS:
        pairs = [run[task]["joint"] for run in runs if "after" in run[task].get("joint", {})]
        for when in ("before", "after") if pairs else ():
            keys = ("read_right", "right", "sure")
            learned.append([task, when, *(spread([pair[when][key] for pair in pairs]) for key in keys)])
    title = f"Visual Sudoku, {runs[0]['no picture']['scenes']} boards of 30 to 40 givens, % ({seeds(len(runs))})"
    head = [
        "a blank cell shows",
        "read right at once",
        "solved",
        f"surer than {SURE}",
        "of these right",
        "AUROC",
        "readings",
        "a board",
    ]
    yield Grid(title, head, rows)
    if learned:
        head = ["a blank cell shows", "", "read right at once", "solved", f"surer than {SURE}"]
        yield Grid("The same before and after the eye learned from boards that nobody read to it, %", head, learned)


if __name__ == "__main__":
    main()
