"""From a person's file, or a built-in source, to a proposed chart."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ltm.chart.base import parse_bytes
from ltm.chart.document import MAX_TEXT
from ltm.chart.dump import dump
from ltm.chart.propose import propose
from ltm.chart.scenes import PIPE, ScenesSpec
from ltm.chart.schema import Chart
from ltm.errors import DataError, LtmError, first_mistake, nearest
from ltm.scenes.infer import Inferred, infer
from ltm.scenes.options import with_options
from ltm.scenes.sources import check_named, find_source, settled
from ltm.training.run_folder import run_folder

USUAL_ASIDE: float = ScenesSpec.model_fields["validation"].default
"""Share of the scenes that charts set aside unless they say otherwise."""
FEW, SHARE_OF_FEW = 64, 0.15
"""So many scenes are set aside where that share makes fewer, though not more than this share of all."""


def propose_for(
    data: str | Path,
    see: Sequence[str],
    do: Sequence[str],
    *,
    size: str | int = "2MB",
    minutes: float = 15.0,
    seed: int = 0,
    symmetries: Sequence[str] | None = None,
    out: Path = Path("brain"),
    skip_bad: bool = False,
    options: Mapping[str, Any] | None = None,
    count: int | None = None,
    stream: bool = False,
    buffer: int | None = None,
    replay: str | int | None = None,
) -> tuple[Chart, Sequence[str]]:
    """Looks at a file (or takes a built-in source) and proposes a chart.

    The chart names the file relative to the run folder of `out`, where it will be kept.

    Args:
        data: a file or a built-in source.
        see: columns that are seen; a source's own where none are named.
        do: columns that are to be answered, likewise.
        size: bytes of all weights at most.
        minutes: of training.
        seed: of weights, order and noise, and of scenes that are made.
        symmetries: instead of those that the data looks like.
        out: brain folder.
        skip_bad: pass over rows that can't be read.
        options: of a built-in source, by name.
        count: of scenes to make from a built-in source; without end where they are streamed and it is absent.
        stream: read scenes while they are learned from, rather than all before.
        buffer: of a stream: how many scenes are held.
        replay: bytes of scenes that the brain keeps to rehearse them; the chart's default when absent.

    Returns:
        The chart, and what was seen in the data, in sentences.

    Raises:
        LtmError: data that can't be used, or a size, time or seed that can't be.
    """
    try:
        most = int(parse_bytes(size))
    except ValueError as problem:
        raise LtmError(f"size: {problem}") from None
    source = find_source(str(data))
    if source is not None:
        data = settled(str(data))
        asked = {"seed": seed} if count is None else {"seed": seed, "count": count}
        scenes = with_options(ScenesSpec.model_validate(asked), str(data), options or {})
        columns = source.declarations(scenes.options_of(str(data)), scenes.made, seed)
        see_names, do_names = list(see) or list(source.seen), list(do) or [source.do]
        for word in (*see_names, *do_names):
            if word not in columns:
                known = ", ".join(columns)
                raise DataError(f"source {data!r} has the columns {known}; got {word!r}{nearest(word, columns)}")
        found, notes, score, steps = source.symmetries, source.notes, source.score, source.steps
        things, aside = source.interchange, {}
        text = str(data)
    else:
        if str(data) == PIPE:
            raise DataError(
                "standard input can be read only once, but here data is looked at before it is learned from; "
                "pipe it into ltm train CHART --data -"
            )
        check_named(str(data))
        scenes = with_options(ScenesSpec(), str(data), options or {})
        if count is not None:
            raise LtmError("count is for built-in sources; of a file all scenes are read")
        inferred: Inferred = infer(Path(data), list(see), list(do), skip_bad=skip_bad)
        columns, notes = dict(inferred.columns), tuple(inferred.notes)
        see_names, do_names = list(inferred.see), list(inferred.do)
        found, score, steps = inferred.symmetries, inferred.score, inferred.steps
        things, aside = (), share_aside(inferred.rows)
        # Without links on either side, as `..` leads elsewhere from a linked folder.
        text = os.path.relpath(Path(data).resolve(), run_folder(out).resolve())
    try:
        chart = propose(
            columns,
            see_names,
            do_names,
            source=text,
            symmetries=found if symmetries is None else symmetries,
            interchange=things if symmetries is None else (),
            score=score,
            size=most,
            minutes=minutes,
            seed=seed,
            name=name_of(out),
            steps=steps,
        )
    except ValidationError as problem:
        raise LtmError(first_mistake(problem)) from None
    asked_for: dict[str, Any] = {"count": scenes.count, "options": scenes.options, "stream": stream}
    asked_for |= aside
    asked_for |= {} if replay is None else {"replay": replay_bytes(replay)}
    made = _asked(chart.scenes, asked_for, buffer)
    chart = chart.model_copy(update={"scenes": made})
    if len(dump(chart)) > MAX_TEXT:
        many = "fewer columns, or fewer labels in them"
        raise DataError(f"{data}: the chart would be longer than {MAX_TEXT:,} characters; choose {many}")
    return chart, notes


def share_aside(rows: int | None) -> dict[str, float]:
    """Returns what a chart says of scenes set aside where a file has few, of which the usual share tells nothing."""
    if rows is None or rows * USUAL_ASIDE >= FEW:
        return {}
    return {"validation": round(min(SHARE_OF_FEW, FEW / rows), 4)}


def _asked(spec: ScenesSpec, asked_for: dict[str, Any], buffer: int | None) -> ScenesSpec:
    """Returns what a chart says of its scenes with what a person asked for beside it."""
    if buffer is not None:
        if not asked_for["stream"]:
            raise LtmError("buffer is for streams: only they are shuffled in one")
        asked_for = {**asked_for, "buffer": buffer}
    try:
        return ScenesSpec.model_validate({**spec.model_dump(), **asked_for})
    except ValidationError as problem:
        raise LtmError(f"scenes.{first_mistake(problem)}") from None


def replay_bytes(size: str | int) -> int:
    """Returns how many bytes of scenes a brain shall keep.

    Raises:
        LtmError: no such number of bytes.
    """
    try:
        return ScenesSpec.model_validate({"replay": size}).replay
    except ValidationError as problem:
        raise LtmError(f"--{first_mistake(problem)}") from None


def name_of(out: Path) -> str:
    """Returns a brain's name from its folder's."""
    word = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in out.name.lower()).strip("-_")
    return word[:40] if word[:1].isalpha() else "brain"
