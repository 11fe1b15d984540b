"""A brain gains a skill: the new one is trained beside the brain, which is replaced once that is done.

Earlier skills keep their files byte for byte, so their answers stay as they were, unless they rehearse (see
`ltm.training.rehearse`). A new skill may start from the zones of an earlier one instead of from scratch: those of the
same name and make are copied, and learn on.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import torch

from ltm.brain.brain import Brain
from ltm.chart.schema import Chart
from ltm.errors import LtmError, nearest
from ltm.runtime.alone import alone
from ltm.runtime.listing import RECORD
from ltm.runtime.skills import check_skills_target, folders_of, has_skills, read_skills, write_skills
from ltm.runtime.weights import sha256
from ltm.training.attempt import Attempt
from ltm.training.run_folder import run_folder

_ZONES = "circuit.zones."


def nursery(brain: Path, skill: str) -> Path:
    """Returns where a brain's new skill is trained: beside the brain, by the skill's name."""
    resolved = brain.resolve()
    return resolved.with_name(f"{resolved.name}.grow") / skill


def check_new(brain: Path, skill: str, out: Path | None = None) -> dict[str, Path]:
    """Returns the folders of the skills that a brain has, once it is sure that it can gain one of that name.

    Args:
        brain: its folder.
        skill: the name.
        out: where the grown brain will be written; the brain itself when absent.

    Raises:
        LtmError: it has a skill of that name, or the folder is no brain.
    """
    folders = folders_of(brain)
    check_skills_target(out or brain)  # better now than after hours of training
    if skill in folders:
        raise LtmError(f"{brain}: has a skill '{skill}' already; choose another --name")
    return folders


def start_from(chart: Chart, earlier: Brain, name: str) -> tuple[Brain, list[str]]:
    """Returns a brain of a chart whose zones start with the weights of an earlier skill's, and which zones those are.

    Args:
        chart: of the new skill.
        earlier: whose zones are copied, where name, kind and shapes are the same.
        name: of the earlier skill, for messages.

    Raises:
        LtmError: no zone of theirs is of the same make.
    """
    brain = Brain(chart)
    mine, theirs = brain.state_dict(), earlier.state_dict()
    copied = []
    for zone in chart.zones:
        prefix = f"{_ZONES}{zone}."
        wanted = {key: tensor.shape for key, tensor in mine.items() if key.startswith(prefix)}
        given = {key: tensor.shape for key, tensor in theirs.items() if key.startswith(prefix)}
        if wanted == given and wanted:
            mine |= {key: theirs[key] for key in wanted}
            copied.append(zone)
    if not copied:
        zones = ", ".join(f"{zone} ({spec.kind})" for zone, spec in earlier.chart.zones.items())
        hint = nearest(next(iter(chart.zones)), earlier.chart.zones)
        raise LtmError(f"no zone of '{name}' ({zones}) is of the make that the new skill's chart asks for{hint}")
    with torch.no_grad():
        brain.load_state_dict(mine)
    return brain, copied


def add_skill(
    brain: Path, skill: str, trained: Path, changed: Mapping[str, Path] | None = None, out: Path | None = None
) -> None:
    """Puts a trained skill into a brain, which is replaced as a whole; the place where it was trained is cleared.

    Args:
        brain: the brain's folder.
        skill: what the new skill is called.
        trained: its brain folder.
        changed: folders of earlier skills that have rehearsed, which replace those in the brain.
        out: where the grown brain is written instead; the brain then stays as it is.

    Raises:
        LtmError: another process is changing the brain, or has changed a skill that rehearsed; the disk is full, or
            something else is in the way. The brain is as it was, and the trained skill stays where it is.
    """
    changed = changed or {}
    with alone(out or brain, f"adds skill '{skill}' to it"):
        folders = check_new(brain, skill, out)
        _refuse_other(changed, folders, trained)
        name = read_skills(brain).name if has_skills(brain) else next(iter(folders))
        write_skills(out or brain, name, {**folders, **changed, skill: trained}, share={skill, *changed})
    forget_attempt(trained)


def _refuse_other(changed: Mapping[str, Path], folders: Mapping[str, Path], trained: Path) -> None:
    """Refuses to replace skills that aren't those any more which began to rehearse."""
    begun = Attempt.read(run_folder(trained))
    marks = {} if begun is None else begun.skills
    for name in changed if begun is not None else ():
        if name not in folders or sha256(folders[name] / RECORD) != marks.get(name):
            raise LtmError(
                f"skill '{name}' has changed since it began to rehearse, and what it has become would be lost; "
                f"remove {trained.parent} to begin anew"
            )


def forget_attempt(trained: Path) -> None:
    """Removes what an attempt at a skill left beside the brain."""
    for folder in (trained, run_folder(trained)):
        shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # other skills may still be in training beside it
        trained.parent.rmdir()
