"""A new skill and earlier ones learn with one set of weights: steps on rehearsed scenes come between those on new ones.

The bodies of some zones are the same tensors in the new skill's brain and in earlier ones. Whenever such a body moves
for the new scenes, it moves the earlier skills' answers too; so between the steps, they take steps on scenes that they
kept (experience replay; Rolnick et al. 2019, Chaudhry et al. 2019). Their senses stay as they are, and with them what
looks familiar to them. Of all weights that were tried on validation, those are kept that serve the new skill best among
those that keep the earlier ones within the loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ltm.brain.brain import Brain
from ltm.brain.parts import Parts
from ltm.chart.schema import Chart
from ltm.scenes.store import SceneSet
from ltm.scenes.stream import Stream
from ltm.training.fingerprint import fingerprint
from ltm.training.looks import quick_accuracy
from ltm.training.loop import Saved, Trainer
from ltm.training.plan import Plan, seconds_a_step
from ltm.training.segment import Scorer, run_segment
from ltm.training.slots import Slots
from ltm.training.together import Together

SHARE = 1 / 3
"""Of the time that rehearsing takes, where its steps are dearer than new ones; of cheaper ones every other is."""


def tie(body: nn.Module, to: nn.Module) -> None:
    """Makes one module's weights those of another of the same make, not a copy of them."""
    for path, module in body.named_modules():
        other = to.get_submodule(path)
        for name, weight in other.named_parameters(recurse=False):
            setattr(module, name, weight)
        for name, constant in other.named_buffers(recurse=False):
            setattr(module, name, constant)


class Rehearser(Trainer):
    """One run of training in which earlier skills rehearse.

    Args:
        chart: of the new skill.
        train: scenes it learns from.
        validation: scenes set aside.
        run: folder for checkpoints and metrics; None keeps nothing.
        scorer: what else counts as right.
        say: told what is going on.
        start: weights of the new skill to start from; bodies that are shared start as the earlier skills'.
        together: what rehearses.
    """

    def __init__(
        self,
        chart: Chart,
        train: SceneSet | Stream,
        validation: SceneSet,
        run: Path | None = None,
        scorer: Scorer | None = None,
        say: Callable[[str], None] = lambda text: None,
        start: dict[str, Tensor] | None = None,
        *,
        together: Together,
    ) -> None:
        self.earlier = {one.name: one for one in together.earlier}
        self.shared, self.loss = together.shared, together.loss / 100
        self.standing: tuple[bool, float] | None = None
        super().__init__(chart, train, validation, run, scorer, say, start)

    def learners(self) -> nn.Module:
        """Returns all brains, once shared bodies are one; senses of earlier ones don't learn."""
        brains = {skill: one.brain for skill, one in self.earlier.items()}
        for (skill, zone), (holder, held) in self.shared.others.items():
            tie(brains[skill].circuit.zone(zone).body, brains[holder].circuit.zone(held).body)
        for zone, (holder, held) in self.shared.zones.items():
            tie(self.brain.circuit.zone(zone).body, brains[holder].circuit.zone(held).body)
        for brain in brains.values():
            brain.train()
            brain.senses.requires_grad_(False)
        for skill, zone in self.shared.zones.values():
            brains[skill].circuit.zone(zone).body.requires_grad_(True)
        return Parts({"new": self.brain, **{f"earlier-{skill}": brain for skill, brain in brains.items()}})

    def also_seen(self) -> dict[str, str]:
        """Returns fingerprints of what earlier skills rehearse, and of their weights."""
        return {
            f"{skill}: {part}": mark
            for skill, one in self.earlier.items()
            for part, mark in (
                ("files", str({file: entry["sha256"] for file, entry in one.record["files"].items()})),
                ("scenes", fingerprint(one.replay)),
            )
        }

    def planned(self) -> Plan:
        """Counts the steps by what steps of new and of rehearsed scenes take."""
        plan = super().planned()
        bf16 = plan.precision == "bf16"
        self.say("measuring a step of the skills that rehearse")
        times = [seconds_a_step(one.brain.chart, one.replay, bf16, run_segment, 2) for one in self.earlier.values()]
        spec, new, rehearsed = self.chart.training, plan.seconds_a_step, sum(times) / len(times)
        every = 2 if spec.steps is not None else 1 + max(1, math.ceil((1 - SHARE) / SHARE * rehearsed / new - 1e-9))
        mean = ((every - 1) * new + rehearsed) / every
        steps = spec.steps or max(every, round(plan.steps * new / mean))
        if spec.steps is None and spec.passes is not None:
            # Passes are over new scenes: as many steps of those as alone, if time allows.
            wanted = math.ceil(plan.steps * every / (every - 1))
            steps = max(steps, min(wanted, round(plan.seconds / mean)))
        notes = (*plan.notes, f"one step in {every} rehearses {', '.join(self.earlier)}")
        changes = {"steps": steps, "seconds_a_step": mean, "rehearse_every": every, "notes": notes}
        return plan.model_copy(update=changes)

    def new_slots(self, saved: Saved | None = None) -> Slots:
        """Fills the slots of all skills, and measures where the earlier ones stand."""
        slots = super().new_slots(saved)
        bf16 = self.plan.precision == "bf16"
        for number, one in enumerate(self.earlier.values()):
            generator = torch.Generator().manual_seed(self.chart.training.seed + 2 + number)
            one.slots = Slots(one.brain, one.replay, generator, slots.dtype)
            one.before = quick_accuracy(one.brain, one.choosing, bf16, one.scorer)
        return slots

    def train_step(self) -> None:
        """Takes a step on new scenes, or now and then on those of an earlier skill, which take turns."""
        every = self.plan.rehearse_every
        if self.step % every != every - 1:
            super().train_step()
            return
        one = list(self.earlier.values())[self.step // every % len(self.earlier)]
        assert one.slots is not None  # filled before the first step
        # As it was measured for the plan: what was compiled is for the new skill's brain.
        self.learn_from(one.brain, one.slots, run_segment, one.scorer)
        self.step += 1

    def early_steps(self) -> set[int]:
        """None: here weights are chosen by what is right in all skills."""
        return set()

    def validate(self) -> None:
        """Tries the averaged weights on all skills; keeps those best for the new one that spare the earlier ones."""
        self.optimiser.swap()
        try:
            bf16 = self.plan.precision == "bf16"
            self.latest = quick_accuracy(self.brain, self.validation, bf16, self.scorer)
            falls = {
                skill: one.before - quick_accuracy(one.brain, one.choosing, bf16, one.scorer)
                for skill, one in self.earlier.items()
            }
            # One scene more or less is chance: it must not cost the new skill all it has learned.
            worst = max(fall - 1 / len(self.earlier[skill].choosing) for skill, fall in falls.items())
            spares = worst <= self.loss + 1e-9
            # Where the chart keeps the last weights, of those that spare the earlier skills the last.
            good = self.step if self.chart.training.keep == "last" else self.latest
            standing = (spares, good if spares else -worst)
            moved = ", ".join(f"{skill} {0.0 - 100 * fall:+.1f}" for skill, fall in falls.items())
            self.say(f"step {self.step:,}: new {100 * self.latest:.1f} %; points since before: {moved}")
            if self.standing is None or standing >= self.standing:
                self.standing, self.best = standing, self.latest
                self.best_weights = _weights(self.brain)
                for one in self.earlier.values():
                    one.best_weights = _weights(one.brain)
        finally:
            self.optimiser.swap()

    def finished_brain(self) -> Brain:
        """Returns the new skill's brain with the best weights, and gives theirs to the earlier ones."""
        brain = super().finished_brain()
        for one in self.earlier.values():
            one.brain.load_state_dict(one.best_weights)
            one.brain.eval()
        return brain

    def state(self) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
        """Returns everything needed to go on bit for bit."""
        groups, state = super().state()
        numbers = {}
        for number, (skill, one) in enumerate(self.earlier.items()):
            assert one.slots is not None
            groups[f"earlier-{number}-slots"], numbers[skill] = one.slots.state()
            groups[f"earlier-{number}-model"] = _weights(one.brain)
            groups[f"earlier-{number}-best"] = one.best_weights
        state |= {"earlier": numbers, "standing": self.standing}
        return groups, state

    def restore(self, groups: dict[str, dict[str, Tensor]], state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""
        for number, (skill, one) in enumerate(self.earlier.items()):
            assert one.slots is not None
            one.brain.load_state_dict(groups[f"earlier-{number}-model"])
            one.slots.restore(groups[f"earlier-{number}-slots"], state["earlier"][skill])
            one.best_weights = groups[f"earlier-{number}-best"]
        super().restore(groups, state)
        self.standing = None if state["standing"] is None else (bool(state["standing"][0]), float(state["standing"][1]))


def _weights(brain: Brain) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in brain.state_dict().items()}
