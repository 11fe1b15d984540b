"""Tables that come with scikit-learn: a brain beside its plain stack, logistic regression and gradient-boosted trees.

python -m benchmarks.tables --minutes 1 --seeds 3

All learn from the same rows; the plain stack has the brain's size and trains for as long. Needs scikit-learn
(pip install 'ltm[data]'), and downloads nothing. Numbers are judged against those of the table, not to the nearest bin.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.beside import BRAIN, STACK, plain_stack
from benchmarks.common import RUNS, Grid, asked, read, seeds, spread, trained, write
from ltm.brain.think import think
from ltm.errors import LtmError
from ltm.scenes.scene import Scene
from ltm.training.from_data import propose_for

REGRESSION, TREES = "linear or logistic regression", "boosted trees"
JUDGED = (BRAIN, STACK, REGRESSION, TREES)
HELD_OUT = 0.3
MISSING = 0.2
"""Share of the cells that is emptied in the table which is to show how missing cells are borne."""


@dataclass(frozen=True)
class Data:
    """A table.

    Attributes:
        columns: names of what is seen; one name where all numbers are one vector.
        seen: `[rows, numbers]`, NaN where a cell is empty.
        done: class or number of each row.
        numeric: whether a number is to be answered.
    """

    columns: Sequence[str]
    seen: np.ndarray
    done: np.ndarray
    numeric: bool = False


def _classes(loaded: Any, emptied: float = 0.0) -> Data:
    seen = np.array(loaded.data, dtype=float)
    seen[np.random.default_rng(0).random(seen.shape) < emptied] = np.nan
    return Data([f"c{number}" for number in range(seen.shape[1])], seen, np.array(loaded.target_names)[loaded.target])


def _digits(loaded: Any) -> Data:
    return Data(["pixels"], loaded.data, loaded.target)


def _numbers(loaded: Any) -> Data:
    return Data([f"c{number}" for number in range(loaded.data.shape[1])], loaded.data, loaded.target, numeric=True)


TABLES: dict[str, tuple[str, Callable[[Any], Data]]] = {
    "breast-cancer": ("load_breast_cancer", _classes),
    "breast-cancer, a fifth of the cells empty": ("load_breast_cancer", lambda loaded: _classes(loaded, MISSING)),
    "wine": ("load_wine", _classes),
    "digits, as vectors": ("load_digits", _digits),
    "diabetes, a number": ("load_diabetes", _numbers),
}
"""By name: the function of scikit-learn that loads it, and what is made of it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=list(TABLES), default=list(TABLES))
    given = parser.parse_args()
    name = f"tables-{given.minutes:g}min"
    result = read(name)
    runs: dict[str, dict[str, Any]] = result.get("runs", {})
    for table in given.only:
        for seed in range(given.seeds):
            if str(seed) in runs.setdefault(table, {}):
                continue
            runs[table][str(seed)] = run(table, given.minutes, seed, RUNS / f"{name}-{seed}")
            write(name, {"command": asked("tables", given, "minutes", "seeds"), "runs": runs})
    for grid in tables(read(name)):
        grid.show()


def run(table: str, minutes: float, seed: int, folder: Path) -> dict[str, Any]:
    """Trains on some rows of a table and judges by the others; the same for scikit-learn's models."""
    try:
        from sklearn import datasets
        from sklearn.model_selection import train_test_split
    except ImportError:
        raise SystemExit("this benchmark needs scikit-learn: pip install 'ltm[data]'") from None
    loader, make = TABLES[table]
    data = make(getattr(datasets, loader)())
    rows = np.arange(len(data.done))
    classes = None if data.numeric else data.done
    train, test = train_test_split(rows, test_size=HELD_OUT, random_state=seed, stratify=classes)
    out = folder / "".join(letter for letter in table if letter.isalnum())
    out.parent.mkdir(parents=True, exist_ok=True)
    file = out.with_suffix(".csv")
    _write(file, data, train)
    do = "done:number" if data.numeric else "done:label"
    chart, _ = propose_for(file, ["*"], [do], minutes=minutes, seed=seed, out=out)
    chart = chart.model_copy(update={"scenes": chart.scenes.model_copy(update={"source": str(file)})})
    scenes = [Scene(_scene(data, row)) for row in test]
    wanted = data.done[test] if data.numeric else data.done[test].astype(str)
    judged, made = {}, {}
    for name, one in ((BRAIN, chart), (STACK, plain_stack(chart))):
        brain, record = trained(one, out.with_name(f"{out.name}-{name.replace(' ', '-')}"))
        answers = [thought.answer["done"] for thought in think(brain, scenes)]
        judged[name] = _judged(np.array(answers, dtype=float if data.numeric else str), wanted, data.numeric)
        made[name] = {"parameters": record["parameters"], "steps": record["provenance"]["steps"]}
    for name, model in _models(data.numeric, seed).items():
        model.fit(data.seen[train], data.done[train])
        judged[name] = _judged(model.predict(data.seen[test]), data.done[test], data.numeric)
    return {
        "rows": len(train),
        "numbers": data.seen.shape[1],
        "made": made,
        "judged": judged,
    }


def _scene(data: Data, row: int) -> dict[str, Any]:
    numbers = [None if np.isnan(number) else float(number) for number in data.seen[row]]
    return {data.columns[0]: numbers} if len(data.columns) == 1 else dict(zip(data.columns, numbers, strict=True))


def _write(file: Path, data: Data, rows: np.ndarray) -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow([*data.columns, "done"])
        for row in rows:
            cells = _scene(data, row)
            shown = ["" if cell is None else str(cell) for cell in cells.values()]
            writer.writerow([*shown, data.done[row]])


def _models(numeric: bool, seed: int) -> dict[str, Any]:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    linear = Ridge() if numeric else LogisticRegression(max_iter=2000)
    trees = HistGradientBoostingRegressor if numeric else HistGradientBoostingClassifier
    return {
        REGRESSION: make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), linear),
        TREES: trees(random_state=seed),
    }


def _judged(said: np.ndarray, wanted: np.ndarray, numeric: bool) -> dict[str, float]:
    if not numeric:
        return {"exact": float((said == wanted).mean())}
    missed, spread_ = np.square(wanted - said).sum(), np.square(wanted - wanted.mean()).sum()
    return {"mae": float(np.abs(wanted - said).mean()), "r2": float(1 - missed / spread_)}


def tables(result: Mapping[str, Any]) -> Iterator[Grid]:
    """How good each model is on each table: classes by accuracy, numbers by mean absolute error and R²."""
    rows, most = [], 0
    for table, by_seed in result["runs"].items():
        runs = list(by_seed.values())
        most = max(most, len(runs))
        made = runs[0].get("made", {})
        weights = " and ".join(f"{made[name]['parameters']:,}" for name in (BRAIN, STACK) if name in made) or "-"
        cells = [_cell([run["judged"][name] for run in runs if name in run["judged"]]) for name in JUDGED]
        rows.append([table, f"{runs[0]['rows']:,}", weights, *cells])
    title = f"Tables of scikit-learn, 30 % of the rows held out: % right, or mean absolute error and R² ({seeds(most)})"
    yield Grid(title, ["table", "rows", "weights of both", *JUDGED], rows)


def _cell(judged: Sequence[Mapping[str, float]]) -> str:
    if not judged:
        return "-"
    if "exact" in judged[0]:
        return spread([one["exact"] for one in judged])
    errors, r2 = ([one[key] for one in judged] for key in ("mae", "r2"))
    low, middle, high = (f"{value:.1f}" for value in np.quantile(errors, (0, 0.5, 1)))
    return f"{middle} ({low}-{high}), R² {np.median(r2):.2f}"


if __name__ == "__main__":
    try:
        main()
    except LtmError as problem:
        raise SystemExit(str(problem)) from None
