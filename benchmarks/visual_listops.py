"""Sums and nested lists as pictures: read by a brain that saw single pictures, answered by one that saw symbols alone.

python -m benchmarks.visual_listops DIGITS.npz --minutes 3

DIGITS.npz holds `images` [n, 28, 28] and `labels`: the last 1,500 are never learned from, and are the digits in the
expressions. All other symbols are drawn by hand, so to speak: strokes with shaking ends, of changing width, turned and
moved; those in the expressions are drawn from other seeds than those that were learned. Two tasks, each with a brain of
its own that was trained on symbols alone: sums of two to five digits, and nested lists. No brain was
trained with another. Beside them plain stacks of their size, trained for the same time, behind the same eye, and the
same mind behind an SVC that learned the same pictures.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.beside import BRAIN, STACK, plain_stack
from benchmarks.common import RUNS, Grid, asked, read, seeds, spread, trained, write
from benchmarks.pictured import SURE, SVC_EYE, Classified, Pictured, classifier, figures
from ltm.brain.brain import Brain
from ltm.brain.perceive import Coupled
from ltm.errors import DataError
from ltm.scenes.listops import ListopsOptions, generate
from ltm.training.from_data import propose_for
from ltm.training.run_folder import run_folder

ASIDE = 1500
SIDE = 28
DRAWN = 1000
"""Pictures of each symbol that are learned from: about as many as of each digit."""
LEARNED = 10_000
"""Expressions that a mind learns from; those it is judged by are others."""
Stroke = tuple[tuple[float, float], ...]
STROKES: dict[str, tuple[Stroke, ...]] = {
    "+": (((0.5, 0.15), (0.5, 0.85)), ((0.15, 0.5), (0.85, 0.5))),
    "]": (((0.3, 0.1), (0.7, 0.1), (0.7, 0.9), (0.3, 0.9)),),
    "[MAX": (((0.15, 0.7), (0.5, 0.2), (0.85, 0.7)), ((0.2, 0.9), (0.8, 0.9))),
    "[MIN": (((0.15, 0.3), (0.5, 0.8), (0.85, 0.3)), ((0.2, 0.1), (0.8, 0.1))),
    "[FIRST": (((0.8, 0.2), (0.2, 0.5), (0.8, 0.8)), ((0.1, 0.15), (0.1, 0.85))),
    "[LAST": (((0.2, 0.2), (0.8, 0.5), (0.2, 0.8)), ((0.9, 0.15), (0.9, 0.85))),
}
"""How symbols that aren't digits are drawn."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("digits", type=Path)
    parser.add_argument("--minutes", type=float, default=3.0, help="of training each brain")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--scenes", type=int, default=200)
    given = parser.parse_args()
    name = f"visual-listops-{given.minutes:g}min"
    runs: dict[str, Any] = read(name).get("runs", {})
    with np.load(given.digits, allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    pictures, names = _symbols(images[:-ASIDE], labels[:-ASIDE])
    pending = [seed for seed in range(given.seeds) if str(seed) not in runs]
    learned_by_svc = classifier(pictures, names) if pending else None
    for seed in pending:
        eye, record = _eye(pictures, names, given.minutes, RUNS / f"{name}-eye-{seed}", seed)
        run: dict[str, Any] = {"eye": record["measured"]["exact"], "parameters": record["parameters"]}
        for task, make in TASKS.items():
            learned = set(make(LEARNED, seed))
            unseen = [row for row in make(4 * given.scenes, 1_000_003) if row not in learned][: given.scenes]
            for label in (BRAIN, STACK):
                out = RUNS / f"{name}-{task.split()[0]}-{label.replace(' ', '-')}-{seed}"
                mind, thinking = _mind(make, given.minutes, out, seed, stack=label == STACK)
                found = perceive(Coupled(eye, mind), unseen, images[-ASIDE:], labels[-ASIDE:])
                run.setdefault(task, {})[label] = found | {"mind": thinking["measured"]["exact"]}
                if label == BRAIN:
                    by_svc = Classified(eye, mind, model=learned_by_svc)
                    found = perceive(by_svc, unseen, images[-ASIDE:], labels[-ASIDE:])
                    run[task][SVC_EYE] = found | {"mind": thinking["measured"]["exact"]}
        runs[str(seed)] = run
        command = asked("visual_listops DIGITS.npz", given, "minutes", "seeds")
        write(name, {"command": command, "runs": runs})
    for grid in tables(read(name)):
        grid.show()


def sums(count: int, seed: int) -> list[tuple[str, str]]:
    """Returns `count` sums of two to five digits, and what they come to."""
    drawn = random.Random(seed)
    made = [[drawn.randrange(10) for _ in range(drawn.randint(2, 5))] for _ in range(count)]
    return [(" + ".join(map(str, digits)), str(sum(digits))) for digits in made]


def lists(count: int, seed: int) -> list[tuple[str, str]]:
    """Returns `count` nested lists, up to three deep, and their values."""
    made = generate(ListopsOptions(depth=(1, 3), longest=24), count, seed)
    return [(row["expression"], row["answer"]) for row in made]


TASKS: dict[str, Callable[[int, int], list[tuple[str, str]]]] = {"sums": sums, "nested lists": lists}


def draw(symbol: str, seed: int) -> np.ndarray:
    """Returns a picture `[28, 28]` of a symbol, light on dark; no two seeds draw alike."""
    shake = np.random.default_rng(seed)
    scale, large = shake.uniform(0.6, 0.85), 4 * SIDE
    turn, move = shake.normal(0, 0.12), shake.normal(0, 0.04, 2)
    image = Image.new("L", (large, large))
    pen = ImageDraw.Draw(image)
    width = int(shake.integers(6, 13))
    around = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    for stroke in STROKES[symbol]:
        points = np.array(stroke) - 0.5 + shake.normal(0, 0.03, (len(stroke), 2))
        placed = (points @ around.T * scale + 0.5 + move) * large
        pen.line([(float(x), float(y)) for x, y in placed], fill=255, width=width, joint="curve")
    return np.array(image.resize((SIDE, SIDE), Image.Resampling.BOX))


def _symbols(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    drawn = [(draw(symbol, number), symbol) for symbol in STROKES for number in range(DRAWN)]
    pictures = np.concatenate([images, np.stack([picture for picture, _ in drawn])])
    names = np.array([*map(str, labels), *(symbol for _, symbol in drawn)])
    order = np.random.default_rng(0).permutation(len(names))
    return pictures[order], names[order]


def _eye(pictures: np.ndarray, names: np.ndarray, minutes: float, out: Path, seed: int) -> tuple[Brain, dict[str, Any]]:
    file = run_folder(out) / "symbols.npz"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, images=pictures, labels=names)
    return _fitted(file, "images:image(28x28)", "labels", minutes, out, seed)


def _mind(
    make: Callable[[int, int], list[tuple[str, str]]], minutes: float, out: Path, seed: int, *, stack: bool
) -> tuple[Brain, dict[str, Any]]:
    file = run_folder(out) / "symbols.tsv"
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{expression}\t{answer}" for expression, answer in make(LEARNED, seed)]
    file.write_text("\n".join(["expression\tanswer", *rows]) + "\n", encoding="utf-8")
    return _fitted(file, "expression:sequence", "answer:label", minutes, out, seed, stack=stack)


def _fitted(
    file: Path, see: str, do: str, minutes: float, out: Path, seed: int, *, stack: bool = False
) -> tuple[Brain, dict[str, Any]]:
    chart, _ = propose_for(file, [see], [do], size="1MB", minutes=minutes, seed=seed, out=out)
    chart = chart.model_copy(update={"scenes": chart.scenes.model_copy(update={"source": str(file)})})
    return trained(plain_stack(chart) if stack else chart, out)


def perceive(
    coupled: Coupled, unseen: Sequence[tuple[str, str]], images: np.ndarray, labels: np.ndarray
) -> dict[str, Any]:
    """Thinks about expressions of pictures; returns how many came out right, and how sure that was."""
    choose = np.random.default_rng(0)
    of = {str(digit): images[labels == digit] for digit in range(10)}
    found = []
    for expression, answer in unseen:
        tokens = expression.split()
        pictures = [
            of[token][choose.integers(len(of[token]))]
            if token in of
            else draw(token, int(choose.integers(2**32, 2**40)))
            for token in tokens
        ]
        start = time.perf_counter()
        try:
            seen = coupled.think(pictures)
        except DataError:  # no likely reading has brackets that match: no answer is none that is right
            found.append(Pictured(False, False, 0.0, 0, time.perf_counter() - start))
            continue
        seconds = time.perf_counter() - start
        read_right = [coupled.page.symbols[symbol] for symbol in coupled.read(pictures).argmax(1)] == tokens
        right = seen.thought.answer["answer"] == answer
        found.append(Pictured(right, read_right, seen.thought.confidence, seen.readings, seconds))
    return figures(found)


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One line a task and kind of mind or eye."""
    runs = list(result["runs"].values())
    rows = []
    for task, label in ((task, label) for task in TASKS for label in (BRAIN, STACK, SVC_EYE)):
        of = [run[task][label] for run in runs]
        surely = [one["right_when_sure"] for one in of if one["right_when_sure"] is not None]
        share = [spread([one[key] for one in of]) for key in ("mind", "read_right", "right", "sure")]
        rest = [f"{np.mean([one['readings'] for one in of]):.1f}", f"{np.median([one['seconds'] for one in of]):.2f} s"]
        rows.append([f"{task}, {label}", *share, spread(surely) if surely else "-", *rest])
    title = f"Expressions as pictures, {runs[0]['sums'][BRAIN]['scenes']} of each kind, % ({seeds(len(runs))})"
    head = ["task", "right on symbols", "read right at once", "right", f"surer than {SURE}", "of these right"]
    yield Grid(title, [*head, "readings", "an expression"], rows)


if __name__ == "__main__":
    main()
