"""Several skills in one brain: each scene goes to the skill that knows such scenes, which nobody has to name.

A skill is a whole brain of its own: senses, zones, acts, reflection. Which of them thinks about a scene is decided by
the scene alone, in three steps: by which senses can read it at all; by how familiar it looks to each (see
`ltm.brain.familiarity`); and where several know it, by whose reflection trusts its answer most after a short thought,
trusted less where the scene is hardly familiar. A skill's answers don't depend on which others there are.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ltm.brain.brain import Brain
from ltm.brain.choice import Choice
from ltm.brain.familiarity import features_of
from ltm.brain.spoken import segments_to_say
from ltm.brain.think import think
from ltm.brain.thought import Thought
from ltm.chart.schema import WillSpec
from ltm.errors import DataError, FolderError
from ltm.scenes.scene import Scene, encode

STRANGE = 0.02
"""Scenes less familiar than this are left to another skill, if one knows them."""
ASKING = 2
"""Asking skills may take a half of what is allowed, all of them together."""


@dataclass(frozen=True, eq=False)
class SkilledBrain:
    """A brain of several skills.

    Attributes:
        name: of the brain.
        skills: by name, in the order in which they were gained; where a brain's familiarity was never measured, it
            takes every scene that it can read for one of its own.
    """

    name: str
    skills: dict[str, Brain]

    def choose(self, scene: Mapping[str, Scene], wills: Mapping[str, WillSpec] | None = None) -> Choice:
        """Decides which skill thinks about a scene.

        Args:
            scene: as each skill that can read it reads it, by the skill's name.
            wills: goals and budgets by skill, for skills that have to be asked; the charts' where absent.

        Raises:
            DataError: no skill can read it.
        """
        known = {name: self._familiarity(name, read) for name, read in scene.items()}
        if not known:
            raise DataError(f"none of the skills ({', '.join(self.skills)}) can read this scene")
        likely = [name for name, share in known.items() if share >= STRANGE] or [max(known, key=known.__getitem__)]
        if len(likely) == 1:
            return Choice(likely[0], known)
        begun, among = time.perf_counter(), ASKING * len(likely)
        thoughts = {name: self._briefly(name, scene[name], self._will(name, wills), among) for name in likely}
        asked = {name: thought.confidence for name, thought in thoughts.items()}
        operations = sum(thought.operations for thought in thoughts.values())
        skill = max(asked, key=lambda name: asked[name] * trust(known[name]))
        return Choice(skill, known, asked, operations, time.perf_counter() - begun)

    def think(
        self, scenes: Sequence[Mapping[str, Scene]], wills: Mapping[str, WillSpec] | None = None, *, seed: int = 0
    ) -> list[Thought]:
        """Thinks about scenes, each with the skill that knows it, and says which and why.

        Args:
            scenes: each as the skills that can read it do.
            wills: goals and budgets by skill; the charts' where absent. Asking several skills costs, too.
            seed: of the noise in starting states.
        """
        thoughts = []
        for scene in scenes:
            choice = self.choose(scene, wills)
            name = choice.skill
            left = choice.left(self._will(name, wills))
            (thought,) = think(self.skills[name], [scene[name]], left, seed=seed)
            thoughts.append(choice.paid(thought))
        return thoughts

    def _will(self, name: str, wills: Mapping[str, WillSpec] | None) -> WillSpec:
        return (wills or {}).get(name) or self.skills[name].chart.will

    def _familiarity(self, name: str, scene: Scene) -> float:
        brain = self.skills[name]
        if brain.familiarity is None:
            return 1.0
        features_BF = features_of(brain, encode(brain.chart, [scene]), brain.familiarity.rarity_R)
        if features_BF.shape[1] != len(brain.familiarity.mean_F):
            raise FolderError(f"skill '{name}': what is familiar to it was measured with other senses")
        return float(brain.familiarity(features_BF)[0])

    def _briefly(self, name: str, scene: Scene, will: WillSpec, among: int) -> Thought:
        """Returns what a skill thinks, and so how sure it is, in the time it had while learning, or its will gives.

        It may take one of so many parts of the will's budget.
        """
        brain = self.skills[name]
        operations = None if will.operations is None else max(1, will.operations // among)
        ms = None if will.ms is None else will.ms / among
        training = brain.chart.training
        segments = max(training.segments, segments_to_say(brain.chart))  # or it would be judged before it has spoken
        brief = {"ticks": min(will.ticks, training.ticks * segments), "tries": 1, "operations": operations, "ms": ms}
        return think(brain, [scene], will.model_copy(update=brief))[0]


def trust(familiarity: float) -> float:
    """Returns how far a skill's word counts for a scene that is so familiar to it.

    Familiarity is the share of known scenes that lie farther out, a p-value; this is the most that it says for the
    scene being such a one, against the best other guess (Sellke, Bayarri and Berger 2001): 1 above 0.37, 0.13 at 0.01.
    """
    return 1.0 if familiarity >= 1 / math.e else -math.e * familiarity * math.log(familiarity)
