"""Language models that zones of this project run, looked through as they are: checkpoints in safetensors, and brains.

A checkpoint of a family that `ltm import` knows becomes the brain that it would make; a brain folder already is one. Of
a text such a brain tells what comes next, and it is read off what the field holds at each token by then: of a brain of
one zone, that zone's states. Nothing here runs a layer: the brain's own circuit does.

Charts name models, and brains are made of charts, so what builds brains is imported where it is used.

Shapes: L tokens, D field width.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ltm.errors import ChartError, FolderError, LtmError
from ltm.foreign.tensors import CONFIG, INDEX, weights_in
from ltm.pretrained.facts import Facts, Run, Value, in_a_row
from ltm.runtime.weights import from_bytes, load_shapes, metadata, read_bytes
from ltm.zones.places import Places

if TYPE_CHECKING:
    from ltm.brain.brain import Brain
    from ltm.chart.schema import Chart
    from ltm.senses.text import TextSpec

ENDING, TOKENIZER, RECORD, SKILLS = ".safetensors", "tokenizer.json", "brain.json", "skills.json"
MOST_RECORD = 10_000_000
Numbers = Callable[[str], list[int]]
"""From a text to its tokens."""


def state_files(place: Path) -> tuple[str, ...]:
    """Returns the files that make a checkpoint, which is a file or a folder of its own.

    Raises:
        FolderError: there are no weights that are read.
    """
    if place.is_file():
        return (place.name, *(name for name in (TOKENIZER,) if place.with_name(name).is_file()))
    beside = tuple(name for name in (CONFIG, INDEX, TOKENIZER) if (place / name).is_file())
    return (*beside, *weights_in(place))


def state_facts(place: Path, layers: int | None = None) -> Facts:
    """Returns what a checkpoint takes and makes; its numbers aren't read.

    Args:
        place: a `.safetensors` file, or a folder with one or several.
        layers: only the first so many; all when absent.

    Raises:
        FolderError: damaged, of another family, or one whose symbols stand for no texts.
        LtmError: it has fewer layers.
    """
    return _facts(_chart_of_state(place), layers, place)


def load_state(contents: Mapping[str, bytes], source: str, layers: int | None = None) -> Run:
    """Makes what runs a checkpoint, of weights that have been read and hashed.

    Args:
        contents: of its files.
        source: its file or folder.
        layers: only the first so many; all when absent.

    Raises:
        FolderError: damaged, NaN, or tensors that are missing, left over or of another size.
        LtmError: it has fewer layers.
    """
    from ltm.foreign.brain import imported

    def load(file: Path) -> dict[str, Tensor]:
        return from_bytes(contents[file.name], str(file))[0]

    return _run(imported(Path(source), load=load).brain, layers, source)


def state_numbers(place: Path) -> Numbers:
    """Returns how a checkpoint's texts become tokens: by `tokenizer.json` beside it, or byte by byte."""
    return _text(_chart_of_state(place), place).tokenize


def _chart_of_state(place: Path) -> Chart:
    """Returns the chart of the brain that a checkpoint becomes."""
    from ltm.foreign.brain import chart_of
    from ltm.foreign.table import foreign_model
    from ltm.foreign.tensors import Foreign
    from ltm.foreign.vocabulary import tokenizer_beside
    from ltm.senses.pieces import BYTES

    if place.is_file():
        _refuse_part(place)
    model = foreign_model(place, load_shapes)
    if not isinstance(model, Foreign):
        raise FolderError(f"{place}: of the family {model.family!r}, which reads no texts")
    tokenizer = tokenizer_beside(place, len(model.table))
    if tokenizer is None and len(model.table) != BYTES:
        symbols = f"{len(model.table):,} symbols, of which nobody says what texts they stand for"
        raise FolderError(f"{place}: no {TOKENIZER} beside the weights; the model has {symbols}")
    return chart_of(model, tokenizer, "language")


def _refuse_part(file: Path) -> None:
    """Refuses a file that holds a part of one of this project's brains."""
    words = metadata(file)
    if "ltm" in words:
        what = f"a {words.get('part', 'part')} of a brain, which has no vectors for symbols and reads no texts"
        raise FolderError(
            f"{file}: holds {what}; name the folder of the brain that it comes from. A zone needs no `pretrained`: "
            "ltm zone put puts it into a brain, ltm grow --reuse gives a brain's own to a new skill, frozen"
        )


def brain_files(folder: Path) -> tuple[str, ...]:
    """Returns the files of a brain folder that say what it makes of texts.

    Raises:
        FolderError: no brain of one skill, or a damaged one.
    """
    from ltm.runtime.listing import inspect_folder
    from ltm.runtime.record import FAMILIARITY, REHEARSAL

    if (folder / SKILLS).is_file():
        raise FolderError(f"{folder}: a brain of several skills; name the folder of one: {folder}/skills/NAME")
    return tuple(name for name in inspect_folder(folder).files if name not in (FAMILIARITY, REHEARSAL))


def brain_facts(folder: Path, layers: int | None = None) -> Facts:
    """Returns what a brain takes and makes; its weights aren't read.

    Args:
        folder: of a brain of one skill.
        layers: only the first so many, of a brain of one zone; all when absent.

    Raises:
        FolderError: no brain, a damaged one, or one that doesn't tell what comes next in texts.
        LtmError: it has fewer layers, or can't be cut.
    """
    return _facts(_chart_of_brain(folder), layers, folder)


def load_brain_folder(contents: Mapping[str, bytes], source: str, layers: int | None = None) -> Run:
    """Makes what runs a brain.

    Args:
        contents: of its files.
        source: its folder.
        layers: only the first so many, of a brain of one zone; all when absent.

    Raises:
        FolderError: files are missing, damaged or exchanged, or changed just now.
        LtmError: it has fewer layers, or can't be cut.
    """
    from ltm.runtime.brains import load_brain
    from ltm.runtime.listing import digest_of

    brain, record = load_brain(Path(source))
    for name, data in contents.items():
        if record["files"].get(name, {}).get("sha256") != digest_of(data):
            raise FolderError(f"{source}/{name}: changed while it was read; try again")
    return _run(brain, layers, source)


def brain_numbers(folder: Path) -> Numbers:
    """Returns how a brain's texts become tokens."""
    return _text(_chart_of_brain(folder), folder).tokenize


def _chart_of_brain(folder: Path) -> Chart:
    from ltm.chart.document import load_yaml
    from ltm.runtime.brains import read_chart
    from ltm.runtime.listing import inspect_folder
    from ltm.runtime.record import CHART

    record = inspect_folder(folder)
    try:
        declared = load_yaml(read_bytes(folder / CHART).decode("utf-8", "replace"), str(folder / CHART)).data
    except ChartError as problem:
        raise FolderError(str(problem)) from None
    # Before its chart is read for good: two brains that name one another would be read for ever.
    if _looks_through(declared):
        raise FolderError(f"{folder}: looks through a pretrained model itself; name that one")
    return read_chart(folder, record)


def _looks_through(declared: Any) -> bool:
    """Whether anything in a chart, circuits inside zones included, names a pretrained model."""
    if not isinstance(declared, dict):
        return False
    return declared.get("kind") in ("raw", "pretrained") or any(map(_looks_through, declared.values()))


def _text(chart: Chart, place: Path | str) -> TextSpec:
    """Returns the sense of texts of which a brain tells what comes next."""
    from ltm.brain.talk import speaks
    from ltm.senses.text import TextSpec

    sense = next(iter(chart.senses.values()))
    if not speaks(chart) or not isinstance(sense, TextSpec):
        raise FolderError(f"{place}: this brain doesn't tell what comes next in texts (an act of kind 'next')")
    return sense


def _facts(chart: Chart, layers: int | None, place: Path) -> Facts:
    from ltm.brain.brain import Brain

    sense = _text(chart, place)
    with torch.device("meta"):
        brain = Brain(chart if layers is None else _cut(chart, layers, place))
    circuit, name, ticks = brain.circuit, next(iter(chart.senses)), range(chart.training.ticks)

    @functools.lru_cache(maxsize=1024)
    def operations(tokens: int) -> int:
        places = Places(((1, tokens),), names=(name,))
        return sum(circuit.operations(places, tick) for tick in ticks)

    parts = brain.parameters_by_part()
    weights = sum(parts.values()) - parts["acts"] - parts["reflection"]
    return Facts("text", chart.field.width, weights, in_a_row, operations, most=sense.longest)


def _cut(chart: Chart, layers: int, place: Path | str) -> Chart:
    """Returns the chart of a brain whose only zone has fewer layers."""
    ((name, zone), *others) = chart.zones.items()
    whole = getattr(zone, "layers", None)
    if others or not isinstance(whole, int):
        raise LtmError(f"layers: the brain in {place} can't be cut: it isn't one zone of layers")
    if not 1 <= layers <= whole:
        raise LtmError(f"layers: the model in {place} has {whole}, got {layers}")
    return chart.model_copy(update={"zones": {name: zone.model_copy(update={"layers": layers})}})


def _run(brain: Brain, layers: int | None, source: str) -> Run:
    from ltm.brain.brain import Brain as Built
    from ltm.brain.talk import Talk

    if layers is not None:
        # Its first layers are called what they are called in the whole one.
        with torch.device("meta"):
            shorter = Built(_cut(brain.chart, layers, source))
        weights = brain.state_dict()
        shorter.load_state_dict({name: weights[name] for name in shorter.state_dict()}, assign=True)
        brain = shorter
    brain = brain.eval().requires_grad_(False)
    for part in brain.acts.modules():  # nobody asks what comes next, and saying it may take as many weights as the rest
        for name in part._parameters:
            part._parameters[name] = None

    def run(value: Value) -> npt.NDArray[np.float32]:
        """Returns what the field holds at tokens `[L]`, `[L, D]`."""
        states_LD = Talk(brain).states(np.asarray(value).tolist())
        return np.asarray(states_LD.numpy())

    return run
