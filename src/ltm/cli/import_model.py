"""`ltm import`: a model from elsewhere becomes a brain."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer


def import_model(
    model: Annotated[Path, typer.Argument(help="A .safetensors file, or a folder with config.json and safetensors.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Brain folder to write.")],
) -> None:
    """Turn a language model from elsewhere into a brain: RWKV-7, the Llama family, phi-1 and phi-1.5.

    Its weights become a zone like any other, which can be carried, merged and trained on. Every tensor must find its
    place; pickled weights are not read.

    Example: ltm import SmolLM2-135M/ -o smol/
    """
    from ltm.chart.base import format_bytes
    from ltm.cli.training import console_of
    from ltm.foreign.brain import brain_from
    from ltm.runtime.brains import save_brain
    from ltm.runtime.folder import check_target
    from ltm.senses.sequence import SequenceSpec
    from ltm.training.from_data import name_of

    check_target(out, overwrite=False)
    brain = brain_from(model, name_of(out))
    count = sum(weight.numel() for weight in brain.parameters())
    (zone,) = brain.chart.zones.values()
    save_brain(brain, out, {"provenance": {"data": f"trained elsewhere; taken from {model.name}"}, "measured": {}})
    console = console_of()
    words = f"a zone of kind {zone.kind}, {count:,} weights ({format_bytes(4 * count)})"
    console.print(f"saved {out}/: {words}. Next:", highlight=False, markup=False)
    sense = next(iter(brain.chart.senses.values()))
    start = " ".join(sense.tokens[5:8]) if isinstance(sense, SequenceSpec) else "Once upon a time"
    for line in (f"think {out} {shlex.quote(start)}", f"inspect {out}"):
        console.print(f"  ltm {line}", highlight=False, markup=False)
