"""Which earlier skills rehearse while a new one is learned, and which bodies of zones they share with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from ltm.brain.brain import Brain
from ltm.errors import LtmError
from ltm.runtime.brains import load_brain
from ltm.scenes.prepare import scorer_of
from ltm.scenes.split import halves
from ltm.scenes.store import SceneSet
from ltm.training.segment import Scorer
from ltm.training.slots import Slots


@dataclass(eq=False)
class Earlier:
    """An earlier skill that rehearses.

    Attributes:
        name: of the skill.
        folder: of its brain as it was.
        brain: whose weights move.
        record: what its `brain.json` says.
        replay: scenes it rehearses.
        choosing: scenes set aside by which weights are chosen.
        judging: scenes set aside by which the result is judged.
        scorer: what else counts as right.
        slots: its scenes under way.
        before: share of the choosing scenes that was right.
    """

    name: str
    folder: Path
    brain: Brain
    record: dict[str, Any]
    replay: SceneSet
    choosing: SceneSet
    judging: SceneSet
    scorer: Scorer | None
    slots: Slots | None = None
    before: float = 0.0
    best_weights: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, folder: Path) -> Earlier:
        """Loads a skill with the scenes that it kept.

        Raises:
            LtmError: it kept none.
        """
        brain, record = load_brain(folder)
        kept = brain.rehearsal
        if kept is None:
            raise LtmError(
                f"skill '{name}' keeps no scenes to rehearse (it learned with --replay 0, or before there was such a "
                "thing), so that it would be forgotten; use --keep frozen"
            )
        return cls(name, folder, brain, record, kept.replay, *halves(kept.aside), scorer_of(brain.chart))


@dataclass(frozen=True)
class Shared:
    """Bodies that are one.

    Attributes:
        zones: from each zone of the new skill to the earlier skill and zone whose body it uses.
        others: from other earlier skills and zones with the same body to the skill and zone they share it with.
    """

    zones: Mapping[str, tuple[str, str]]
    others: Mapping[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Together:
    """What rehearses while a new skill is learned.

    Attributes:
        earlier: skills whose zones move.
        shared: which bodies are one.
        loss: points that an earlier skill may lose.
    """

    earlier: tuple[Earlier, ...]
    shared: Shared
    loss: float
