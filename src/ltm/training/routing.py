"""How often scenes go to the skill that they are for, when nobody says which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ltm.brain.skills import SkilledBrain
from ltm.brain.talk import speaks
from ltm.errors import LtmError, nearest
from ltm.runtime.brains import load_brain
from ltm.runtime.skills import folders_of
from ltm.scenes.columns import columns_of
from ltm.scenes.following import source_columns
from ltm.scenes.lines import attempts
from ltm.scenes.prepare import scorer_of
from ltm.scenes.questions import Question
from ltm.scenes.sources import find_source
from ltm.scenes.store import SceneSet
from ltm.training.outcome import think_all

MOST_SCENES = 500
"""So many scenes are shown to all skills, unless told."""


def skill_for(brain: Path, data: str, wanted: str | None) -> Path:
    """Returns the folder of the skill that a file is for: the one named, or the only one whose columns it has.

    Raises:
        LtmError: no such skill, or none or several fit.
    """
    folders = folders_of(brain)
    if wanted is not None:
        if wanted not in folders:
            raise LtmError(f"--skill {wanted}: the brain's skills are {', '.join(folders)}{nearest(wanted, folders)}")
        return folders[wanted]
    columns = {name: set(source_columns(columns_of(load_brain(folder)[0].chart))) for name, folder in folders.items()}
    source = find_source(data)
    known = _columns(Path(data)) if source is None else set(source.columns) or {*source.seen, source.do}
    fitting = [name for name, wants in columns.items() if wants <= known]
    if len(fitting) != 1:
        listed = "; ".join(f"{name}: {', '.join(sorted(wants))}" for name, wants in columns.items())
        which = f"skills {', '.join(fitting)} fit" if fitting else "no skill fits"
        raise LtmError(f"{data}: {which} its columns ({', '.join(sorted(known))}); say --skill. Columns: {listed}")
    return folders[fitting[0]]


def routing(
    brain: SkilledBrain, right: str, scenes: SceneSet, reads: Iterable[Mapping[str, Question]]
) -> dict[str, Any]:
    """Shows scenes of one skill to all of them.

    Args:
        brain: whose skills are to choose.
        right: the skill that they are for.
        scenes: as that skill reads them, with answers and the lines at which they begin.
        reads: the same and perhaps others, as every skill reads them that can.

    Returns:
        How many scenes were shown (`scenes`), the share that went to the right skill (`right`), the share that the
        right skill would have answered right, but was not asked (`lost`: what wrong routing costs; absent for a skill
        that tells what comes next), and where those went (`elsewhere`, shares by skill).
    """
    rows = {line: row for row, line in enumerate(scenes.lines.tolist())}
    went, astray = Counter[str](), []
    for read in reads:
        row = rows.get(next(iter(read.values())).line)
        if row is None or right not in read:
            continue
        chosen = brain.choose({name: question.scene for name, question in read.items()}).skill
        went[chosen] += 1
        if chosen != right:
            astray.append(row)
        if went.total() == len(scenes):
            break
    total = max(1, went.total())
    skill = brain.skills[right]
    lost = {}
    if not speaks(skill.chart):
        strayed = scenes.take(np.array(astray, dtype=np.int64))
        outcome = think_all(skill, strayed, skill.chart.will, False, scorer_of(skill.chart))
        lost = {"lost": float(outcome.right.sum()) / total}
    elsewhere = {name: count / total for name, count in went.most_common() if name != right}
    return {"scenes": went.total(), "right": went[right] / total, **lost, "elsewhere": elsewhere}


def _columns(path: Path) -> set[str]:
    return next((set(row) for _, row in attempts(path) if isinstance(row, dict)), set())
