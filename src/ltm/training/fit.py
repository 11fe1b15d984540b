"""From a chart with scenes, or from a person's file, to a trained, calibrated brain in a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ltm.brain.brain import Brain
from ltm.chart.dump import dump
from ltm.chart.schema import Chart
from ltm.errors import DataError, LtmError
from ltm.pretrained.models import wanted
from ltm.runtime.alone import alone
from ltm.runtime.atomic import write_file
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.folder import check_target
from ltm.scenes.prepare import Prepared, scorer_of, source_file
from ltm.scenes.prepare_stream import Streamed, scenes_of
from ltm.scenes.read import digest
from ltm.scenes.sources import find_source
from ltm.scenes.split import halves
from ltm.scenes.stream import Stream, sample_of
from ltm.training.checkpoint import forget_checkpoints, unfinished
from ltm.training.evaluate import evaluate
from ltm.training.familiar import familiarity_with
from ltm.training.fingerprint import fingerprint
from ltm.training.forgetting import EARLIER, settle
from ltm.training.from_data import propose_for
from ltm.training.keep import choose
from ltm.training.looks import calibrate
from ltm.training.loop import Trainer
from ltm.training.metrics import Progress
from ltm.training.rehearse import Rehearser
from ltm.training.run_folder import Beginning, moved, remember, run_folder, without_path
from ltm.training.together import Together


@dataclass(frozen=True)
class Fitted:
    """What training leaves.

    Attributes:
        brain: with the best weights by validation, calibrated.
        finished: whether all steps were taken; False after an interruption.
        report: evaluation on the half of the scenes set aside that chose nothing; empty after an interruption.
        run: folder with metrics and the chart that `ltm train` goes on from; with checkpoints after an interruption.
        out: the brain folder.
    """

    brain: Brain
    finished: bool
    report: dict[str, Any]
    run: Path
    out: Path


def train_chart(
    chart: Chart,
    out: Path,
    *,
    folder: Path = Path(),
    prepared: Prepared | Streamed | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
    say: Callable[[str], None] = lambda text: None,
    stop: Callable[[], bool] = lambda: False,
    start: Brain | None = None,
    speed: bool = True,
    together: Together | None = None,
) -> Fitted:
    """Trains a chart's brain, or goes on where an earlier run into the same folder stopped.

    Checkpoints are removed once the brain is saved; metrics, the plan and the chart stay in the run's folder.

    Args:
        chart: the brain, its scenes and its training.
        out: brain folder to write; checkpoints go beside it, into `<out>.run`.
        folder: what a relative `scenes.source` is relative to.
        prepared: scenes, where they are at hand already.
        report: called after every step.
        say: told what is going on.
        stop: asked before every step; True saves and ends.
        start: brain whose weights to start from; a run that was stopped goes on from its own.
        speed: whether the final report times thoughts.
        together: earlier skills that rehearse meanwhile; their brains end up in the run's folder, under `earlier`.

    Raises:
        LtmError: scenes or folders that can't be used, another process that trains into this folder, or a full disk.
    """
    with alone(out, "trains it"):
        run = run_folder(out)
        check_target(out)
        scenes = prepared or scenes_of(chart, folder)
        chart = moved(chart, folder, run)
        scorer = scorer_of(chart)
        weights = None if start is None else start.state_dict()
        begun_with = Beginning() if start is None else Beginning(zones=start.zone_origins, origin=start.origin)
        beginning = remember(run, None if unfinished(run) else begun_with)
        if len(scenes.validation) < 2:
            few = len(scenes.validation)
            raise DataError(
                f"scenes set aside: {few}; one is needed to choose weights by and one to judge by: bring more"
            )
        # The best weights and the calibration are chosen by one half of what was set aside, and judged by the other.
        choosing, judging = halves(scenes.validation)
        arguments = (chart, scenes.train, choosing, run, scorer, say, weights)
        trainer = Trainer(*arguments) if together is None else Rehearser(*arguments, together=together)
        write_file(run / "chart.yaml", dump(chart).encode())
        for note in trainer.plan.notes:
            say(note)
        finished = trainer.fit(report, stop)
        if not finished:
            return Fitted(trainer.brain, False, {}, run, out)
        trainer.slots.feed.close()
        brain = trainer.finished_brain()
        if isinstance(trainer, Rehearser):
            settle(trainer, out.name, run / EARLIER, say)
        say(
            f"calibrating on {len(choosing):,} of the scenes that were set aside, judging by the other {len(judging):,}"
        )
        # In fp32, whatever it was trained in: so it will think.
        calibrate(brain, choosing, False, scorer)
        known = sample_of(scenes.train)
        brain.familiarity = familiarity_with(brain, known, choosing)
        kept = choose(brain, known, judging, chart.scenes.replay, False, scorer, chart.training.seed)
        brain.rehearsal = kept.rehearsal
        say(kept.words)
        result = evaluate(brain, judging, bf16=False, scorer=scorer, speed=speed, say=say)
        source = without_path(chart).scenes.source
        provenance = {
            "seed": chart.training.seed,
            "steps": trainer.step,
            "seconds": trainer.seconds,
            "precision": trainer.plan.precision,
            "threads": torch.get_num_threads(),
            "aside_sha256": fingerprint(scenes.validation),
            "data": f"{source}: {learned_from(trainer)}, {len(scenes.validation):,} set aside",
        }
        circuit = brain.circuit
        models = wanted(part.spec.model for name in circuit.looking for part in circuit.zone(name).models)
        provenance |= {"models": models} if models else {}
        if chart.scenes.source is not None and find_source(chart.scenes.source) is None:
            sha256 = digest(source_file(str(chart.scenes.source), run))
            # A file that was moved away meanwhile must not cost the brain.
            provenance |= {"data_sha256": sha256} if sha256 else {}
        brain.chart, brain.zone_origins, brain.origin = without_path(chart), beginning.zones, beginning.origin
        save_brain(brain, out, {"provenance": provenance, "measured": measured(result)})
        forget_checkpoints(run)
        return Fitted(brain, True, result, run, out)


def fit(
    data: str | Path,
    see: Sequence[str] = (),
    do: Sequence[str] = (),
    *,
    out: str | Path = "brain",
    size: str | int = "2MB",
    minutes: float = 15.0,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
    count: int | None = None,
    stream: bool = False,
    replay: str | int | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
    say: Callable[[str], None] = lambda text: None,
) -> Fitted:
    """Goes from a person's file to a brain.

    Args:
        data: CSV, TSV or JSON Lines, or a built-in source (`sudoku`, `maze`, `listops`, …).
        see: columns that are seen, such as `puzzle` or `puzzle:grid(9x9)`.
        do: columns that are to be answered.
        out: brain folder to write.
        size: at most this many bytes of weights.
        minutes: of training.
        seed: of weights, order and noise, and of scenes that are made.
        options: of a built-in source, by name.
        count: of scenes to make from a built-in source; without end where they are streamed and it is absent.
        stream: read scenes while they are learned from, in constant memory, rather than all before.
        replay: bytes of scenes that the brain keeps to rehearse them; the chart's 200KB when absent, 0 keeps none.
        report: called after every step.
        say: told what is going on.

    Raises:
        LtmError: data, sizes or folders that can't be used.
    """
    chart, notes = propose_for(
        data,
        see,
        do,
        size=size,
        minutes=minutes,
        seed=seed,
        out=Path(out),
        options=options,
        count=count,
        stream=stream,
        replay=replay,
    )
    for note in notes:
        say(note)
    return train_chart(chart, Path(out), folder=run_folder(Path(out)), report=report, say=say)


def continue_from(out: Path, chart: Chart) -> tuple[Brain, str | None] | None:
    """Returns the brain in a folder, where there is one to start from, and the fingerprint of what was set aside.

    Raises:
        LtmError: it is of another make than the chart's.
    """
    if not (out / "brain.json").exists():
        return None
    brain, record = load_brain(out)
    with torch.device("meta"):
        wanted = {name: weight.shape for name, weight in Brain(chart).state_dict().items()}
    if {name: weight.shape for name, weight in brain.state_dict().items()} != wanted:
        raise LtmError(f"{out}: holds a brain of another make, which can't be gone on from; choose another folder")
    return brain, record["provenance"].get("aside_sha256")


def learned_from(trainer: Trainer) -> str:
    """Says from how many scenes a run has learned."""
    known = trainer.train
    return trainer.slots.feed.words() if isinstance(known, Stream) else f"{len(known):,} to learn from"


def measured(report: dict[str, Any]) -> dict[str, Any]:
    """Returns the lines of a report that belong on a brain's card."""
    if "language" in report:
        return {"scenes": report["scenes"], **report["language"]}
    keep = ("scenes", "exact", "cells", "ece", "auroc")
    rows: dict[str, Any] = {key: report[key] for key in keep if report.get(key) is not None}
    rows |= {f"{name}, to the nearest bin": dict(errors) for name, errors in report.get("numbers", {}).items()}
    for row in report["by_ticks"]:
        rows[f"after {row['ticks']} ticks"] = {"exact": row["exact"], "confidence": row["confidence"]}
    return rows
