"""How often scenes go to the skill that they are for, when nobody says which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ltm.brain.skills import SkilledBrain
from ltm.brain.talk import speaks
from ltm.chart.schema import WillSpec
from ltm.scenes.prepare import scorer_of
from ltm.scenes.questions import Question
from ltm.scenes.store import SceneSet
from ltm.training.outcome import think_all

MOST_SCENES = 500
"""So many scenes are shown to all skills, unless told."""


def routing(
    brain: SkilledBrain,
    right: str,
    scenes: SceneSet,
    reads: Iterable[Mapping[str, Question]],
    will: WillSpec | None = None,
) -> dict[str, Any]:
    """Shows scenes of one skill to all of them.

    Args:
        brain: whose skills are to choose.
        right: the skill that they are for.
        scenes: as that skill reads them, with answers and the lines at which they begin.
        reads: the same and perhaps others, as every skill reads them that can.
        will: of the right skill; its chart's when absent.

    Returns:
        How many scenes were shown (`scenes`), the share that other skills can read, too (`contested`), the share that
        went to the right skill (`right`), the share that the
        right skill would have answered right, but was not asked (`lost`: what wrong routing costs; in scenes of
        several steps at the step that is drawn for each, as for the skill's accuracy), and where those went
        (`elsewhere`, shares by skill). Without `lost` for a skill that tells what comes next.
    """
    rows = {line: row for row, line in enumerate(scenes.lines.tolist())}
    went, astray, contested = Counter[str](), [], 0
    for read in reads:
        row = rows.get(next(iter(read.values())).line)
        if row is None or right not in read:
            continue
        chosen = brain.choose({name: question.scene for name, question in read.items()}).skill
        went[chosen] += 1
        contested += len(read) > 1
        if chosen != right:
            astray.append(row)
        if went.total() == len(scenes):
            break
    total = max(1, went.total())
    skill = brain.skills[right]
    lost = {}
    if not speaks(skill.chart):
        strayed = scenes.take(np.array(astray, dtype=np.int64))
        outcome = think_all(skill, strayed, will or skill.chart.will, False, scorer_of(skill.chart))
        lost = {"lost": float(outcome.right.sum()) / total}
    elsewhere = {name: count / total for name, count in went.most_common() if name != right}
    shares = {"contested": contested / total, "right": went[right] / total}
    return {"scenes": went.total(), **shares, **lost, "elsewhere": elsewhere}
