"""What a file says of itself, as JSON inside it: enough to use it with NumPy alone, or from another language."""

from __future__ import annotations

from typing import Any

from ltm import __version__
from ltm.acts.canvas import CanvasSpec
from ltm.acts.grid import GridActSpec
from ltm.acts.number import NumberActSpec
from ltm.brain.brain import Brain
from ltm.export.graph import ANSWER, CONFIDENCE, LOGITS, SEE, TICKS, Sizes
from ltm.senses.grid import GridSpec
from ltm.senses.label import Labels
from ltm.senses.sequence import SequenceSpec
from ltm.senses.text import TextSpec

KEY = "ltm"
"""Under which the text stands: in ONNX's metadata, as a file `ltm.json` of a `.pt2` archive, or as what a method of a
`.pte` program returns."""
BATCH = "batch"

SEEN = {
    "grid": "each cell's symbol as its place in `symbols`",
    "label": "the label as its place in `symbols`",
    "number": "(number - mean) / spread by `spec` (0 and 1 where absent), at most 10 from 0; NaN where it is missing",
    "vector": "each number as (number - mean) / spread by `spec` (0 and 1 where absent), at most 10 from 0; NaN for "
    "missing ones",
    "sequence": "each token as its place in `symbols`; an unknown one, where `spec.unknown` allows it, as their number",
    "tree": "for each token its place in `symbols`, the place of its parent in the sequence (-1 at the root), and its "
    "place among its parent's children; a bracket is the parent of what it holds and of what closes it",
    "text": "UTF-8, a byte a place",
    "tokens": "tokens of a model's own vocabulary, the `tokenizer.json` whose SHA-256 is `spec.tokenizer`",
    "pieces": "byte-pair encoding: the bytes are 0 to 255, the pieces of `spec.pieces` follow in order",
    "words": "for each word hashes of its features, as `ltm.senses.text` makes them",
    "image": "brightness from 0 to 255: rows, columns, channels",
    "audio": "levels of a log-mel spectrogram, as `ltm.senses.audio` makes them: frames, bands",
}
"""How values are encoded, by kind of sense, or by what a kind is made of."""

SAID = {
    "grid": "each cell's symbol as its place in `symbols`; cells that were padded mean nothing",
    "canvas": "each cell's symbol as its place in `symbols`; cells that say `outside` are not part of the grid",
    "label": "the label as its place in `symbols`",
    "action": "the action as its place in `symbols`",
    "number": "the bin as its place in `symbols`, which holds the number to answer for each",
    "sequence": "each token as its place in `symbols`; the first `end` ends the answer",
    "text": "bytes, then pieces of `spec.pieces` from 256 on; the first `end` ends the answer",
}
"""How answers are to be read, by kind of act."""


def description(brain: Brain, sizes: Sizes, ticks: int, seed: int, batch: int | None = None) -> dict[str, Any]:
    """Returns what there is to know about a graph, ready for JSON; inputs and outputs in the graph's order.

    Args:
        brain: who thinks.
        sizes: of what is seen.
        ticks: of every thought.
        seed: of the noise.
        batch: how many scenes are seen at a time; any number when absent.
    """
    chart, scenes = brain.chart, BATCH if batch is None else batch
    answers, logits = dict[str, Any](), dict[str, Any]()
    for name, act in chart.acts.items():
        cells = _cells(act, sizes, next(iter(sizes)))
        told = {"kind": act.kind, "meaning": SAID[act.kind], "symbols": _symbols(act), "spec": _spec(act)}
        mark = "outside" if isinstance(act, CanvasSpec) else "end"
        end = {mark: act.symbols - 1} if act.own_sites else {}
        answers[ANSWER + name] = {"dtype": "int64", "shape": [scenes, *cells], **told, **end}
        flat = [_product(cells), act.symbols]
        logits[LOGITS + name] = {
            "dtype": "float32",
            "shape": [scenes, *flat],
            "meaning": "of each symbol, cell by cell",
        }
    sure = "calibrated probability that the whole answer is right"
    last = {
        CONFIDENCE: {"dtype": "float32", "shape": [scenes], "meaning": sure},
        TICKS: {"dtype": "int64", "shape": [scenes], "meaning": "after so many ticks that answer stood"},
    }
    inputs = {
        SEE + name: {
            "kind": sense.kind,
            "dtype": sense.layout.dtype,
            "shape": [scenes, *sizes[name]],
            "encoding": SEEN[_encoded(sense)],
            "pad": None if sense.fixed_sites else sense.layout.void,
            "symbols": _symbols(sense),
            "spec": _spec(sense),
        }
        for name, sense in chart.senses.items()
    }
    head = {"ltm": __version__, "brain": chart.name, "about": chart.about, "ticks": ticks, "tries": 1, "seed": seed}
    return {**head, "inputs": inputs, "outputs": answers | logits | last}


def _encoded(sense: Any) -> str:
    if isinstance(sense, SequenceSpec) and sense.branches:
        return "tree"
    if isinstance(sense, TextSpec) and sense.unit != "bytes":
        return str(sense.unit)
    return str(sense.kind)


def _symbols(spec: Any) -> list[Any] | None:
    """Returns what the numbers of symbols stand for, in order; None where they speak for themselves."""
    if isinstance(spec, GridSpec | CanvasSpec):
        count = spec.symbols if isinstance(spec, GridSpec) else spec.colours
        return list(spec.letters) if len(spec.letters) == count else None
    if isinstance(spec, Labels):
        return [*spec.labels, *([None] if getattr(spec, "missing", False) else [])]
    if isinstance(spec, NumberActSpec):
        return list(spec.centres)
    tokens = None if isinstance(spec, TextSpec) else getattr(spec, "tokens", None)
    return None if tokens is None else list(tokens)


def _spec(spec: Any) -> dict[str, Any]:
    """Returns the declaration without what `symbols` holds already."""
    told: dict[str, Any] = spec.model_dump(mode="json", exclude_defaults=True)
    held = {"kind", "labels", "centres"} | (set() if isinstance(spec, TextSpec) else {"tokens"})
    return {key: value for key, value in told.items() if key not in held}


def _cells(act: Any, sizes: Sizes, first: str) -> tuple[int, ...]:
    if isinstance(act, GridActSpec):
        return sizes[act.place(first) or first]
    return act.own_grid if isinstance(act, CanvasSpec) else (act.own_sites or 1,)


def _product(sides: tuple[int, ...]) -> int:
    product = 1
    for side in sides:
        product *= side
    return product
