"""How a run stands, and the file that keeps it: `metrics.jsonl`, one line every few steps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ltm.errors import LtmError
from ltm.runtime.atomic import write_file


@dataclass(frozen=True)
class Progress:
    """Where a run stands, after a step.

    Attributes:
        step: steps done.
        steps: steps in all.
        loss: mean loss a cell, averaged over recent steps.
        right: share of scenes under way whose whole answer is right, likewise.
        thoughts: scene segments thought a second.
        memory: peak resident bytes.
        seconds_left: at the recent pace.
        validation: newest score of the averaged weights on scenes set aside: how many are right, or where that is no
            measure (few scenes, numbers, what comes next) how likely the right answers are; None before the first.
        best: best so far.
    """

    step: int
    steps: int
    loss: float
    right: float
    thoughts: float
    memory: int
    seconds_left: float
    validation: float | None
    best: float | None


class Metrics:
    """A run's `metrics.jsonl`.

    Args:
        run: the run's folder.
    """

    def __init__(self, run: Path) -> None:
        self.file = run / "metrics.jsonl"

    def add(self, standing: Progress, seconds: float, rate: float) -> None:
        """Writes one line.

        Args:
            standing: where the run stands.
            seconds: that training has taken so far.
            rate: of learning.

        Raises:
            LtmError: the disk is full or the file can't be written.
        """
        row = asdict(standing) | {"seconds": round(seconds, 3), "rate": rate}
        try:
            with self.file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(row) + "\n")
        except OSError as problem:
            kept = "checkpoints written so far are intact"
            raise LtmError(f"could not write {self.file}: {problem.strerror or problem}; {kept}") from problem

    def forget_after(self, step: int) -> None:
        """Drops lines of steps that will be taken again; 0 begins an empty file."""
        lines = self.file.read_text(encoding="utf-8", errors="replace").splitlines() if self.file.exists() else []
        kept = [line for line in lines if _step_of(line) <= step]
        write_file(self.file, "".join(line + "\n" for line in kept).encode())


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
