"""The report, made of readings alone: verdicts, experiments, what others published, and what can't be said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from ltm.evidence.chapters import chapter
from ltm.evidence.claims import Judged, judged
from ltm.evidence.document import Block, Heading, Paragraph, Points, Row, Table
from ltm.evidence.drawings import Drawing
from ltm.evidence.experiments import EXPERIMENTS
from ltm.evidence.outcome import Outcome, Verdict
from ltm.evidence.published import published
from ltm.evidence.readings import Reading, Shelf
from ltm.evidence.rules import EFFECT, LEAST

TITLE = "Evidence: does coupling matter more than mass?"
TITULAR = "coupling-over-mass"
"""The claim that the title asks about."""
LIMITS = (
    "Three seeds a side are few. A difference that the ranges hide may be there all the same; one that they show may "
    "be chance, in one of twenty comparisons.",
    "All runs last a minute or so on two processor cores. What pays in a minute need not pay in a day, and a brain of "
    "10 M parameters gets few steps in a minute: mass is given the same time, or three times that, not the time that "
    "it wants.",
    "Puzzles, mazes and lists are small, made by rules, and have one right answer each. Nothing here is about language "
    "or the world.",
    "Equal time is equal on the machine that paced the arms. On another, such as a graphics card, wide layers cost "
    "less beside many loops.",
    "Sizes were fitted, not tuned; no arm got a learning rate of its own.",
    "All seeds of a task are judged by the same 256 scenes, so ranges show how trainings differ, not how scenes do: at "
    "half of the answers right that alone is worth three points.",
    "Checks about other benchmarks' results (`ablation/…`, `skills/…` and the like) were written when most of these "
    "were known; all others before any of their runs, but for a pilot of eleven arms, by which mass and depth got "
    "three times the seconds of the small, and the largest no sixteen loops; and for four runs of the smallest brains.",
    "How many steps an arm gets follows from its pace, measured once (`pace.json`, with what either half of the "
    "measurement says). An error in it is the same for all seeds of an arm, and no range shows it.",
)


@dataclass(frozen=True)
class Report:
    """All that is to be written.

    Attributes:
        blocks: in order.
        drawings: pictures by name.
        texts: the part of a result file behind figures, by anchor.
    """

    blocks: Sequence[Block]
    drawings: Mapping[str, Drawing]
    texts: Mapping[str, str]


def make_report(shelf: Shelf, wanted: int, quick: bool) -> Report:
    """Makes the report of the readings on a shelf.

    Args:
        shelf: with what is missing and damaged.
        wanted: runs that a complete report is made of.
        quick: whether it is the quick version.
    """
    drawn: dict[str, Drawing] = {}
    blocks: list[Block] = [Heading(1, TITLE), *_state(shelf, wanted, quick), *_verdicts(judged(shelf, quick))]
    for number, (name, experiment) in enumerate(EXPERIMENTS.items(), start=1):
        blocks += [
            Heading(2, f"{number}. {experiment.title}"),
            Paragraph(f"{experiment.question} {experiment.equal}"),
            *chapter(shelf, name, experiment, drawn),
        ]
    blocks += [*_published(), Heading(2, "What can't be said"), Points(LIMITS), *_how(shelf), *_missing(shelf)]
    readings = [
        reading for block in blocks if isinstance(block, Table) for row in block.rows for reading in row.readings
    ]
    texts = {reading.anchor: json.dumps(reading.raw, indent=1) for reading in readings}
    return Report(blocks, drawn, texts)


def _state(shelf: Shelf, wanted: int, quick: bool) -> Iterator[Block]:
    """Yields what this report is made of."""
    if quick:
        yield Paragraph(
            "**This is the quick version**: one seed, few arms, seconds of training. It shows that everything works; "
            "it decides nothing."
        )
    results = [reading.raw for arm in shelf.readings.values() for reading in arm if "made_for" in reading.raw]
    done = len(results)
    words = f"Made from {done} of the {wanted} runs that a complete report takes."
    if done < wanted:
        words += " **It is incomplete**: what has too few runs is called untested."
    yield Paragraph(words + " Every row of every table leads to the files that its figures come from.")
    if shelf.damaged:
        yield Paragraph("Damaged results, left out:")
        yield Points([f"`{words}`" for words in shelf.damaged])
    if shelf.missing:
        yield Paragraph(f"{len(shelf.missing)} results are missing; the last chapter names them.")
    failed = [f"`{raw['arm']}`, seed {raw['seed']}: {raw['failed']}" for raw in results if raw.get("failed")]
    if failed:
        yield Paragraph("Trainings that got out of hand, which count as if no answer were right:")
        yield Points(failed)
    machines = sorted({_machine(raw) for raw in results})
    if machines:
        yield Paragraph(f"Machines: {'; '.join(machines)}.")
    codes = {raw.get("code") for raw in results}
    if len(codes) > 1:
        yield Paragraph(
            f"**Results of {len(codes)} states of the code stand beside one another.** Arms and scenes are the same "
            "in all; what trains them may not be."
        )


def _machine(raw: Mapping[str, object]) -> str:
    how = f"{raw['threads']} threads, {raw['precision']}, torch {raw['torch']}"
    return f"{raw['processor']}, {how}, code {raw.get('code') or 'unknown'}"


def _verdicts(found: Sequence[Judged]) -> Iterator[Block]:
    """Yields each claim with its verdict, then check by check."""
    yield Heading(2, "What holds and what failed")
    counts = {verdict: sum(one.verdict == verdict for one in found) for verdict in _MARKS}
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    titular = next(one for one in found if one.name == TITULAR)
    deciding = _deciding(titular)
    yield Paragraph(
        f"The question above, whether a small brain that loops beats mass that doesn't: **{titular.verdict}**"
        f"{f' ({deciding.found})' if deciding else ''}. Of all {len(found)} claims: {said}."
    )
    yield Table(
        ["claim", "verdict", "checks that hold", "the figures that say so"],
        [_verdict(one) for one in found],
    )
    yield Paragraph(
        "Nobody writes a verdict. A claim is supported if all its checks hold, not supported if one doesn't, and "
        f"untested while one has fewer than {LEAST} runs a side and none has failed. What runs can't tell, such as how "
        "reflection tells right from wrong where all is right, or which of two is better where neither gets anything "
        "right, is left out: the others decide, if they are two thirds of a claim's checks or more. One arm lies above "
        f"another if its worst run is better than the other's best and the medians are {100 * EFFECT:g} points apart: "
        "of two arms that don't differ, nor in how exact their paces are, with three seeds each, the first does in at "
        "most one of twenty cases. Not supported is a claim also where ranges overlap, so that nobody knows; where a "
        "check came out the other way round, it says so. What is "
        "asked of one brain in two ways is compared run by run. Figures are the share of whole answers right on "
        "scenes that no run learned from, after as many ticks as in training, unless they say otherwise (as `@64`, "
        "after so many ticks): median, range, runs."
    )
    rows = []
    for one in found:
        if one.claim.untested:
            rows.append(Row([one.claim.words, f"none: {one.claim.untested}", "-", "untested"]))
        for place, outcome in enumerate(one.outcomes):
            words = one.claim.words if place == 0 else ""
            rows.append(Row([words, outcome.rule, outcome.found, outcome.verdict], outcome.readings))
    yield Heading(3, "Check by check")
    yield Table(["claim", "holds if", "found", "verdict"], rows)


def _verdict(one: Judged) -> Row:
    """Returns a claim with the check that decided it: the first that fails, or else the first."""
    deciding = _deciding(one)
    words, readings = ("-", ()) if deciding is None else (deciding.found, deciding.readings)
    return Row([one.claim.words, f"**{one.verdict}**", _held(one), words], readings)


def _deciding(one: Judged) -> Outcome | None:
    return next((outcome for outcome in one.outcomes if outcome.verdict == one.verdict), None)


_MARKS = get_args(Verdict)


def _held(one: Judged) -> str:
    held = sum(outcome.verdict == "supported" for outcome in one.outcomes)
    waiting = sum(outcome.verdict == "untested" for outcome in one.outcomes)
    untold = sum(outcome.verdict == "can't be told" for outcome in one.outcomes)
    if not one.outcomes:
        return f"- ({one.claim.untested})"
    words = f"{held} of {len(one.outcomes) - waiting - untold} decided"
    words += f", {waiting} waiting for runs" if waiting else ""
    return words + (f", {untold} can't be told" if untold else "")


def _published() -> Iterator[Block]:
    """Yields what others have published, with why it can't be compared."""
    known = published()
    yield Heading(2, "Beside published results")
    yield Paragraph(f"{known.ours} None of the figures below was measured here.")
    rows = []
    for entry in known.entries:
        size = "-" if entry.parameters is None else f"{entry.parameters:,}"
        why = "the same data" if entry.same else f"not comparable: {entry.why}"
        rows.append(Row([entry.system, size, entry.data, entry.compute, entry.result, why, entry.source]))
    yield Table(["system", "parameters", "data", "compute", "result", "beside ours", "source"], rows)


def _how(shelf: Shelf) -> Iterator[Block]:
    """Yields the commands that made the figures."""
    yield Heading(2, "How it was made")
    read: dict[str, list[Reading]] = {}
    for readings in shelf.readings.values():
        for reading in readings:
            read.setdefault(reading.command, []).append(reading)
    yield Table(
        ["command", "results"],
        [Row([f"`{command}`", f"{len({(r.file, r.part) for r in of})}"]) for command, of in sorted(read.items())],
    )
    yield Paragraph(
        "`ltm evidence` runs what is missing and writes this report; `ltm evidence --report` only writes it. How many "
        "steps an arm gets follows from `pace.json` beside it, which is measured once, each arm in turns with its "
        "task's reference."
    )


def _missing(shelf: Shelf) -> Iterator[Block]:
    """Yields the files that are not there, an arm or benchmark a line."""
    if not shelf.missing:
        return
    yield Heading(2, "Missing results")
    lines: dict[str, list[str]] = {}
    for file in shelf.missing:
        lines.setdefault(file.stem.partition("-seed")[0], []).append(f"`{file.parent.name}/{file.name}`")
    yield Points([", ".join(names) for names in lines.values()])
