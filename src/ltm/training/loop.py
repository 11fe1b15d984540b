"""The training loop: one optimiser step a segment, checkpoints that survive anything, the best by validation kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ltm.brain.brain import Brain
from ltm.chart.schema import Chart
from ltm.errors import LtmError
from ltm.scenes.store import SceneSet
from ltm.scenes.stream import Stream, sample_of
from ltm.training.checkpoint import load_latest, save_checkpoint
from ltm.training.fingerprint import fingerprint, identity, run_digest, same_chart
from ltm.training.flatten import flatten, unflatten
from ltm.training.machine import compiler, peak_memory
from ltm.training.metrics import Metrics, Progress
from ltm.training.optimiser import Optimiser
from ltm.training.plan import Plan, compiled_segment, make_plan, record_plan, recorded_plan
from ltm.training.score import by_likelihood, quick_score
from ltm.training.segment import Loss, Scorer, Segment, run_segment
from ltm.training.slots import Slots
from ltm.training.step import learn

Saved = tuple[dict[str, Tensor], dict[str, Any]]
"""What slots gave to be saved."""
CHECKPOINT_SECONDS = 60.0
VALIDATIONS = 12
"""How often the averaged weights are tried on the validation scenes over a whole run, evenly."""


class Trainer:
    """One run of training.

    Args:
        chart: the brain and how it is trained.
        train: scenes to learn from, all of them or a stream.
        validation: scenes set aside.
        run: folder for checkpoints and `metrics.jsonl`; None keeps nothing.
        scorer: what else counts as right, beside the very answer in the data.
        say: told what is going on.
        start: weights to start from instead of drawing them.
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
    ) -> None:
        self.chart, self.train, self.validation = chart, train, validation
        self.run, self.scorer, self.say = run, scorer, say
        self.metrics = None if run is None else Metrics(run)
        self.brain = Brain(chart)
        if start is not None:
            self.brain.load_state_dict(start)
        self.optimiser = Optimiser(self.learners(), chart.training)
        self.step = 0
        self.seconds = 0.0
        self.best: float | None = None
        self.best_weights: dict[str, Tensor] = {}
        self.latest: float | None = None
        self._loss, self._right = 0.0, 0.0
        self.pace = 0.0
        """Seconds a step, recently."""
        saved = None if run is None else load_latest(run)
        for note in saved.notes if saved is not None else ():
            say(note)
        self.scenes = {"train": identity(train), "validation": fingerprint(validation), **self.also_seen()}
        if saved is None:
            wanted = run_digest(chart, self.scenes)
            self.plan = (None if run is None else recorded_plan(run, wanted, say)) or self.planned()
            self.slots = self.new_slots()
            if run is not None and self.metrics is not None:
                self.metrics.forget_after(0)
                record_plan(run, wanted, self.plan)
        else:
            if not same_chart(saved.state["chart"], chart):
                raise LtmError(
                    f"{run}: holds a stopped run of another chart or other settings; go on with that one "
                    f"(ltm train {run}/chart.yaml), or choose another output folder"
                )
            pipe = isinstance(train, Stream) and not train.origin.rewinds
            if saved.state["scenes"] != self.scenes and not pipe:
                raise LtmError(f"{run}: the scenes have changed since this run was stopped; choose another folder")
            self.plan = Plan.model_validate(saved.state["plan"])
            self.slots = self.new_slots((saved.groups["slots"], saved.state["slots"]))
            self.restore(saved.groups, saved.state)
            say(f"resuming at step {self.step:,} of {self.plan.steps:,}")
            if pipe:
                self._begin_anew()
        self.segment: Segment = self._segment()

    def learners(self) -> nn.Module:
        """Returns everything that learns."""
        return self.brain

    def also_seen(self) -> dict[str, str]:
        """Returns fingerprints of what else the run depends on, by name."""
        return {}

    def planned(self) -> Plan:
        """Measures and decides how the run is carried out."""
        return make_plan(self.chart, sample_of(self.train), self.say, isinstance(self.train, Stream))

    def new_slots(self, saved: Saved | None = None) -> Slots:
        """Returns slots filled with the first scenes, or with those that were saved."""
        generator = torch.Generator().manual_seed(self.chart.training.seed + 1)
        dtype = torch.bfloat16 if self.plan.precision == "bf16" else torch.float32
        return Slots(self.brain, self.train, generator, dtype, saved)

    def _segment(self) -> Segment:
        if not self.plan.compiled:
            return run_segment
        if compiler() is None:  # the run was begun where there was one
            self.say("no C++ compiler found (g++ or clang++): going on eagerly, slower, and rounded a little otherwise")
            return run_segment
        return compiled_segment(self.chart)

    @property
    def done(self) -> bool:
        """Whether all steps have been taken, or the pipe that scenes come from has ended."""
        return self.step >= self.plan.steps or self.slots.feed.ended

    def train_step(self) -> None:
        """Thinks one segment in every slot and learns from it."""
        loss = self.learn_from(self.brain, self.slots, self.segment, self.scorer)
        self.step += 1
        blend = max(0.05, 1.0 / self.step)
        self._loss += blend * (float(loss.acts) - self._loss)
        self._right += blend * (float(loss.right.float().mean()) - self._right)

    def learn_from(self, brain: Brain, slots: Slots, segment: Segment, scorer: Scorer | None) -> Loss:
        """Takes one optimiser step with a brain's scenes under way."""
        bf16 = self.plan.precision == "bf16"
        return learn(brain, slots, self.optimiser, segment, bf16, self.step, self.plan.steps, scorer)

    def fit(
        self,
        report: Callable[[Progress], None],
        stop: Callable[[], bool] = lambda: False,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
    ) -> bool:
        """Trains to the end, or until `stop` says so; saves in either case.

        Args:
            report: called after every step.
            stop: asked before every step.
            checkpoint_seconds: time between checkpoints; 0 writes one after every step.

        Returns:
            Whether the end was reached.
        """
        every, early = max(1, self.plan.steps // VALIDATIONS), self.early_steps()
        clock = saved = time.monotonic()
        self.pace = self.plan.seconds_a_step
        # Once all steps are taken no scene is waited for: it may be bad, or never come.
        while self.step < self.plan.steps and self._ready(stop) and not self.done and not stop():
            self.train_step()
            now = time.monotonic()
            self.pace += 0.1 * (now - clock - self.pace)
            self.seconds += now - clock
            clock = now
            if self.step % every == 0 or self.step in early or self.done:
                self.validate()
                self._log()
            elif self.step % 20 == 0:
                self._log()
            try:
                report(self.progress())
            except BaseException:  # such as the reader of a pipe that has gone: what was learned isn't lost by it
                self.checkpoint()
                raise
            if now - saved >= checkpoint_seconds:
                self.checkpoint()
                saved = now
            self.seconds += time.monotonic() - clock
            clock = time.monotonic()
        if self.slots.feed.ended and self.step < self.plan.steps:
            self.say(f"the scenes have come to an end: training ends at step {self.step:,} of {self.plan.steps:,}")
            self.validate()
            self._log()
        self.checkpoint()
        return self.done

    def early_steps(self) -> set[int]:
        """Returns further steps at which the weights are tried: after 1, 2, 4, … passes over few scenes.

        What is learned from few scenes is soon learned by heart, and best long before that.
        """
        if isinstance(self.train, Stream) or not by_likelihood(self.chart, len(self.validation)):
            return set()
        a_pass = -(-len(self.train) // self.chart.training.batch)
        first = self.plan.steps // VALIDATIONS
        return {a_pass * 2**k for k in range(32) if a_pass * 2**k < first}

    def _ready(self, stop: Callable[[], bool]) -> bool:
        """Sees to it that the next step can be taken; where it can't, the steps so far are saved."""
        try:
            self.slots.ready(stop)
        except LtmError:
            self.checkpoint()
            raise
        return True

    def _begin_anew(self) -> None:
        """Forgets what was best by scenes of a pipe that are gone, and says so."""
        self.best, self.best_weights = None, {}
        gone = "standard input can't be rewound: what was piped in before is gone, and other scenes are set aside now"
        self.say(f"{gone}. The brain may have learned from some of these: figures may flatter it")

    def progress(self) -> Progress:
        """Returns where the run stands."""
        left = (self.plan.steps - self.step) * self.pace
        rate = self.chart.training.batch / self.pace
        return Progress(
            self.step, self.plan.steps, self._loss, self._right, rate, peak_memory(), left, self.latest, self.best
        )

    def validate(self) -> None:
        """Tries the averaged weights on validation scenes and keeps them if they are the best so far, or always.

        Equal accuracy goes to the later weights, which have seen more.
        """
        self.optimiser.swap()
        try:
            bf16 = self.plan.precision == "bf16"
            self.latest = quick_score(self.brain, self.validation, bf16, self.scorer)
            if self.best is None or self.latest >= self.best or self.chart.training.keep == "last":
                self.best = self.latest
                self.best_weights = {name: w.detach().clone() for name, w in self.brain.state_dict().items()}
        finally:
            self.optimiser.swap()

    def finished_brain(self) -> Brain:
        """Returns a brain with the best weights seen."""
        brain = Brain(self.chart)
        if not self.best_weights:
            self.validate()
        brain.load_state_dict(self.best_weights)
        return brain

    def checkpoint(self) -> None:
        """Writes everything needed to go on bit for bit; does nothing without a run folder."""
        if self.run is not None:
            save_checkpoint(self.run, self.step, *self.state())

    def state(self) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
        """Returns everything needed to go on bit for bit: tensors by group, and the rest."""
        slots, numbers = self.slots.state()
        tensors, structure = flatten(self.optimiser.state())
        groups = {
            "model": {name: w.detach() for name, w in self.brain.state_dict().items()},
            "best": self.best_weights,
            "optimiser": tensors,
            "slots": slots,
        }
        state = {
            "chart": self.chart.model_dump(mode="json"),
            "scenes": self.scenes,
            "plan": self.plan.model_dump(mode="json"),
            "optimiser": structure,
            "slots": numbers,
            "seconds": self.seconds,
            "best": self.best,
            "latest": self.latest,
            "loss": self._loss,
            "right": self._right,
        }
        return groups, state

    def restore(self, groups: dict[str, dict[str, Tensor]], state: dict[str, Any]) -> None:
        """Takes back what `state` gave.

        Raises:
            LtmError: this version of the program gives such a chart other weights than the one that saved them.
        """
        try:
            self.brain.load_state_dict(groups["model"])
        except RuntimeError:  # with a list of tensors
            raise LtmError(
                f"{self.run}: begun by another version, whose weights for this chart have other names or shapes; "
                "remove that folder to begin anew"
            ) from None
        self.optimiser.restore(unflatten(groups["optimiser"], state["optimiser"]))
        self.best_weights = groups["best"]
        self.step, self.seconds = int(state["step"]), float(state["seconds"])
        self.best, self.latest = state["best"], state["latest"]
        self._loss, self._right = float(state["loss"]), float(state["right"])
        if self.metrics is not None:
            self.metrics.forget_after(self.step)

    def _log(self) -> None:
        if self.metrics is not None:
            rate = self.optimiser.rate(self.step, self.plan.steps)
            self.metrics.add(self.progress(), self.seconds, rate)
