"""How often scenes go to the skill that they are for, when nobody says which."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from ltm.brain.skills import SkilledBrain
from ltm.errors import LtmError, nearest
from ltm.runtime.brains import load_brain
from ltm.runtime.skills import folders_of
from ltm.scenes.columns import columns_of, seen_columns
from ltm.scenes.following import source_columns
from ltm.scenes.lines import attempts
from ltm.scenes.skilled import skilled_questions
from ltm.scenes.sources import find_source

MOST_SCENES = 500
"""So many of a file's scenes are shown to all skills, unless told."""


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


def routing(brain: SkilledBrain, data: str, right: str, limit: int | None = None) -> dict[str, Any]:
    """Shows scenes of one skill to all of them.

    Args:
        brain: whose skills are to choose.
        data: a file of scenes.
        right: the skill that they are for.
        limit: so many scenes; 500 when absent.

    Returns:
        How many scenes were shown, the share that went to the right skill, and where the others went.
    """
    senses = {name: seen_columns(skill.chart) for name, skill in brain.skills.items()}
    went = Counter[str]()
    for read in skilled_questions(senses, data, lambda problem: None):
        if went.total() == (limit or MOST_SCENES):
            break
        if right in read:
            went[brain.choose({name: question.scene for name, question in read.items()}).skill] += 1
    total = max(1, went.total())
    elsewhere = {name: count / total for name, count in went.most_common() if name != right}
    return {"scenes": went.total(), "right": went[right] / total, "elsewhere": elsewhere}


def _columns(path: Path) -> set[str]:
    return next((set(row) for _, row in attempts(path) if isinstance(row, dict)), set())
