"""Scenes by which `ltm quantize` and `ltm export` judge a brain: a person's, kept ones, or new ones of its source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ltm.brain.brain import Brain
    from ltm.scenes.store import SceneSet


def scenes_to_judge_by(brain: Brain, data: str | None, most: int) -> SceneSet | None:
    """Returns scenes to judge by, so many at most; None where there are none.

    Args:
        brain: that is judged.
        data: a table or a source; kept scenes, or new ones of the brain's own source, when absent.
        most: scenes; kept ones are all returned.
    """
    import numpy as np

    from ltm.scenes.prepare import generate_scenes, questions_of, read_scenes
    from ltm.scenes.sources import check_named, find_source

    source = brain.chart.scenes.source
    if data is not None and find_source(data) is None:
        check_named(data)
        found = questions_of(brain.chart, read_scenes(brain.chart, Path(data), skip_bad=False).train)
        return found.take(np.arange(min(most, len(found))))
    if data is None and brain.rehearsal is not None and len(brain.rehearsal.aside):
        return brain.rehearsal.aside
    named = find_source(data or source)
    if named is None or (named.file and data is None):
        return None
    made = generate_scenes(brain.chart, most, 987_654, data or source, part="test", left_out=[])
    return questions_of(brain.chart, made)
