"""What a run leaves: one small JSON file that says what was trained, how, on what, and what came of it."""

from __future__ import annotations

import functools
import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from ltm.chart.base import Part
from ltm.errors import DataError, first_mistake
from ltm.evidence.experiments import Planned
from ltm.evidence.looking import DEAR, LONGER, LONGEST, SURE, TRIES, TRY_TICKS, UNHALTED_TICKS, WILL_SCENES
from ltm.evidence.pace import HELD_BACK
from ltm.evidence.tasks import ASIDE, LEARNED, SEED, SPARE, TESTED, chart_of
from ltm.runtime.atomic import write_file
from ltm.training.fingerprint import same_chart

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Look(Part):
    """How a brain stood after so many ticks, without halting."""

    ticks: Count
    exact: Share
    cells: Share
    confidence: Share
    ece: Share | None
    """None where there is no brain."""
    auroc: Share | None
    """None where all answers are right, or none is."""


class Spent(Part):
    """What came of thinking under one will, and what it cost; means over scenes."""

    ticks: Count
    """At most."""
    tries: Count
    """At most."""
    confidence: Share
    """At which it halted; 1 never."""
    scenes: Count
    exact: Share
    operations: Amount
    seconds: Amount
    cpu_seconds: Amount
    joules: Amount | None
    """By the processor's counters; None where it shows none."""


class RunFile(Part):
    """One run: an arm with a seed."""

    format: Literal[1] = 1
    arm: str
    task: str
    seed: Count
    made_for: str
    """Digest of what was to be run, so that results of an earlier table are noticed."""
    command: str
    chart: str
    """The whole chart that was trained."""
    declared: dict[str, Any]
    """The arm's chart with every default as it was."""
    learned: Count
    tested: Count
    parameters: Count
    steps: Count
    begun: Count
    """Scenes that training began in all, each as often as it came back."""
    seconds: Amount
    precision: Literal["fp32", "bf16"]
    threads: Count
    processor: str
    torch: str
    ltm: str
    loops: Count
    """Ticks of a thought in training; `operations` and the main accuracy are those of such a thought."""
    operations: Count
    """Of such a thought about one scene, multiply-adds times two."""
    by_ticks: Annotated[tuple[Look, ...], Field(min_length=1)]
    wills: tuple[Spent, ...] = ()
    scenes: str = ""
    """Digest of the scenes that calibrated and judged it."""
    code: str = ""
    """Digest of the package's code that trained it."""
    failed: str = ""
    """Why training ended without a brain; then nothing is right at the only look."""


def digest_of(run: Planned) -> str:
    """Returns a digest of everything that decides what a run measures, except its seed and its pace."""
    # Without defaults: keys that charts gain are no other training. Whether a default has changed, `declared` tells.
    chart = chart_of(run.arm.task, run.arm.changes).model_dump(mode="json", exclude_defaults=True)
    scenes = [run.arm.learned, LEARNED, ASIDE, TESTED, SPARE, SEED]
    asked = [run.arm.thinks, LONGER, LONGEST, DEAR, TRIES, TRY_TICKS, UNHALTED_TICKS, SURE, WILL_SCENES]
    once = ["once"] if run.arm.once else []
    text = json.dumps([chart, run.seconds, HELD_BACK, scenes, asked, *once])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@functools.cache
def code_digest() -> str:
    """Returns a digest of the package's code, so that results of different versions can be told apart."""
    root, hashed = resources.files("ltm"), hashlib.sha256()
    for file in sorted(Path(str(root)).rglob("*.py")):
        hashed.update(file.relative_to(str(root)).as_posix().encode() + b"\0" + file.read_bytes())
    return hashed.hexdigest()[:16]


def result_file(folder: Path, run: Planned) -> Path:
    """Returns where a run's result lies in the folder of a report."""
    return folder / "results" / f"{run.key}.json"


def write_run(file: Path, result: RunFile) -> None:
    """Writes a result as a whole.

    Raises:
        LtmError: the disk is full or refuses.
    """
    write_file(file, result.model_dump_json(indent=1).encode() + b"\n")


def read_run(file: Path, run: Planned) -> RunFile:
    """Reads a result and checks that it is the run's.

    Raises:
        DataError: damaged, or of another arm, seed or table; names the file and what to do.
    """
    try:
        result = RunFile.model_validate_json(file.read_bytes())
    except ValidationError as problem:
        raise DataError(f"{file}: damaged ({first_mistake(problem)}); remove it, and it is run anew") from None
    if (result.arm, result.seed) != (run.arm.name, run.seed):
        raise DataError(f"{file}: holds {result.arm} of seed {result.seed}, expected {run.arm.name} of seed {run.seed}")
    arm = chart_of(run.arm.task, run.arm.changes)
    if result.made_for != digest_of(run) or not same_chart(result.declared, arm):
        raise DataError(f"{file}: was run with other settings than {run.arm.name} has now; remove it to run it anew")
    return result
