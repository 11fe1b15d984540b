"""Lets an eye learn from the mind behind it, for `ltm perceive --teach`; says what every round came to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ltm.brain.perceive import Coupled
from ltm.brain.perceived import Perceived
from ltm.chart.schema import WillSpec
from ltm.runtime.brains import load_brain, save_brain
from ltm.scenes.pictured import Picture
from ltm.training.teach_eye import Round, teach_eye


def teach(
    coupled: Coupled,
    pages: Sequence[tuple[Sequence[Picture], Perceived]],
    eye: Path,
    mind: Path,
    out: Path,
    minutes: float,
    will: WillSpec,
    readings: int,
    seed: int,
    console: Console,
) -> None:
    """Teaches an eye and writes it as a brain of its own.

    Args:
        coupled: the eye and the mind.
        pages: pictures of each scene, and what came of them.
        eye: folder of the eye.
        mind: folder of the mind.
        out: folder to write.
        minutes: of teaching.
        will: of the mind.
        readings: of a scene that are tried at most.
        seed: of order, noise and symmetries.
        console: that is told.

    Raises:
        DataError: thought was sure of none of the scenes.
    """

    def told(one: Round) -> None:
        console.print(
            f"sure of {one.sure} of {one.pages}: learned from {one.pictures:,} pictures, {one.otherwise} of which "
            f"looked like something else, in {one.steps:,} steps",
            highlight=False,
        )

    start = time.monotonic()
    pictures, found = [seen for seen, _ in pages], [perceived for _, perceived in pages]
    taught = teach_eye(
        coupled, pictures, seconds=60 * minutes, readings=readings, will=will, known=found, seed=seed, told=told
    )
    _, record = load_brain(eye)
    measured: dict[str, float] = {}
    if taught.before is not None and taught.after is not None:
        measured = {"kept_before": taught.before, "kept_after": taught.after}
        console.print(
            f"of the pictures that {eye} kept aside, {100 * taught.before:.1f} % were told right before and "
            f"{100 * taught.after:.1f} % are now",
            highlight=False,
        )
    provenance = record["provenance"]
    last = taught.rounds[-1]
    words = f"taught by {mind.name} on {last.sure} of {last.pages} scenes of pictures"
    provenance |= {
        "data": f"{provenance.get('data') or 'unknown'}; then {words}",
        "steps": (provenance.get("steps") or 0) + sum(one.steps for one in taught.rounds),
        "seconds": (provenance.get("seconds") or 0) + time.monotonic() - start,
    }
    save_brain(taught.eye, out, {"provenance": provenance, "measured": measured})
    console.print(f"saved {out}/. Next: ltm perceive {out} {mind} ...", highlight=False, markup=False)
