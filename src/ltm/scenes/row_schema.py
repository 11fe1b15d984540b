"""The JSON Schema of a row of scenes, so that any validator can tell whether a brain could read a JSON Lines file.

What a schema takes, a brain reads, but for what no schema can say: that the rows of a grid are equally long, that a
file is a picture, how many words a text has. A kind of value is one function and one line in `SCHEMAS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ltm.chart.steps import StepsSpec
from ltm.scenes.step_rows import MOST_STEPS, STEPS
from ltm.senses.label import label_text
from ltm.senses.missing import MISSING
from ltm.senses.value import ValueSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOST_LISTED = 1000
"""A larger vocabulary is not written out."""

Schema = dict[str, Any]

_NUMBER_TEXT = {"type": "string", "pattern": r"^\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$"}
_NUMBER = {"anyOf": [{"type": "number"}, _NUMBER_TEXT]}
_LIST_TEXT = {"type": "string", "pattern": r"^\s*\["}
"""A list may stand in a string, as it does in CSV."""


def row_schema(
    see: Mapping[str, ValueSpec], do: Mapping[str, ValueSpec], title: str, steps: StepsSpec | None = None
) -> Schema:
    """Returns the schema of one row, an object with a key a column; keys beside these are not read.

    Args:
        see: declarations of the columns that are seen.
        do: of those that are answered.
        title: of the schema.
        steps: what is said of scenes of several steps; None for scenes of one.
    """
    answered = {name: spec for name, spec in do.items() if spec.kind != "next"}  # which is read off what is seen
    described = {name: ("seen", spec) for name, spec in see.items()}
    described |= {name: ("answered", spec) for name, spec in answered.items()}
    properties = {
        name: {"description": f"{role}: {spec.kind}, {spec.words()}", **value_schema(spec)}
        for name, (role, spec) in described.items()
    }
    required = list(properties)
    if steps is not None:
        # What is seen may stand beside the steps, where it is in sight at every one.
        step = _step({name: properties[name] for name in see}, {name: properties[name] for name in answered}, steps)
        listed = {"type": "array", "items": step, "minItems": 1, "maxItems": MOST_STEPS}
        properties, required = {name: properties[name] for name in see} | {STEPS: listed}, [STEPS]
    return {"$schema": DIALECT, "title": title, "type": "object", "required": required, "properties": properties}


def _step(see: Schema, do: Schema, steps: StepsSpec) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "role": {"description": "the first, where none is named", "enum": list(steps.roles)},
            "see": {"type": "object", "properties": see},
            "do": {"type": "object", "properties": do},
        },
    }


def value_schema(spec: ValueSpec) -> Schema:
    """Returns the schema of a value as rows hold it."""
    return SCHEMAS[spec.kind](spec)


def _grid(spec: Any) -> Schema:
    lists = _nested(_whole(0, spec.symbols - 1), spec.rows, spec.columns)
    if spec.form == "lists":
        return {"anyOf": [lists, _LIST_TEXT]}
    one, part = _letter(spec.letters), _part(spec.letters)
    line = f"{one}{{{spec.columns}}}" if spec.columns else f"{one}+"
    lines = f"{line}(?:{part}{line}){_times(spec.rows)}"
    if spec.rows and spec.columns:
        lines = f"(?:{one}{{{spec.rows * spec.columns}}}|{lines})"
    return {"anyOf": [{"type": "string", "pattern": rf"^\s*{lines}\s*$"}, lists]}


def _canvas(spec: Any) -> Schema:
    line = {"type": "array", "items": _whole(0, spec.colours - 1), "minItems": 1, "maxItems": spec.columns}
    lists = {"type": "array", "items": line, "minItems": 1, "maxItems": spec.rows}
    if spec.form == "lists":
        return {"anyOf": [lists, _LIST_TEXT]}
    one = f"{_letter(spec.letters)}{{1,{spec.columns}}}"
    text = rf"^\s*{one}(?:{_part(spec.letters)}{one}){{0,{spec.rows - 1}}}\s*$"
    return {"anyOf": [{"type": "string", "pattern": text}, lists]}


def _letter(letters: str) -> str:
    """Returns a pattern for one cell of a grid that is written as text."""
    return "[" + re.sub(r"([\\\[\]^-])", r"\\\1", letters + ("._" if "0" in letters else "")) + "]"


def _part(letters: str) -> str:
    """Returns a pattern for what parts the rows of such a grid."""
    return r"\s*\n\s*" if "/" in letters else r"\s*[/\n]\s*"


def _times(rows: int | None) -> str:
    return "*" if rows is None else f"{{{rows - 1}}}"


def _image(spec: Any) -> Schema:
    level = _whole(0, 255)
    channels = {"type": "array", "items": level, "minItems": spec.channels, "maxItems": spec.channels}
    pixels = [channels, level] if spec.channels == 1 else [channels]
    lists = [_nested(pixel, spec.rows, spec.columns) for pixel in pixels]
    return {"anyOf": [{"type": "string", "minLength": 1}, *lists]}


def _audio(spec: Any) -> Schema:
    levels = _nested(_whole(0, 254), spec.frames, spec.mels)
    return {"anyOf": [{"type": "string", "minLength": 1}, *_samples(), levels]}


def _samples() -> list[Schema]:
    whole = {"type": "array", "items": _whole(-32768, 32767), "minItems": 1}
    return [whole, {"type": "array", "items": {"type": "number", "minimum": -1, "maximum": 1}, "minItems": 1}]


def _label(spec: Any) -> Schema:
    listed = {"enum": [*spec.labels, *(number for label in spec.labels for number in _as_number(label))]}
    return {"anyOf": [listed, _missing()]} if getattr(spec, "missing", False) else listed


def _number(spec: Any) -> Schema:
    # What is answered must be there; only a sense knows how far numbers spread.
    return {"anyOf": [*_NUMBER["anyOf"], _missing()]} if hasattr(spec, "spread") else _NUMBER


def _vector(spec: Any) -> Schema:
    one = {"anyOf": [*_NUMBER["anyOf"], _missing()]}
    return {"anyOf": [{"type": "array", "items": one, "minItems": spec.size, "maxItems": spec.size}, _LIST_TEXT]}


def _sequence(spec: Any) -> Schema:
    ignored = getattr(spec, "ignore", ())
    open_ended = getattr(spec, "unknown", False) or len(spec.tokens) > MOST_LISTED
    least = 0 if hasattr(spec, "own_sites") else 1
    limits = {} if ignored else {"minItems": least, "maxItems": spec.longest}
    if open_ended:
        items: Schema = {"type": ["string", "integer"]}
        text: Schema = {"type": "string", **({"pattern": r"\S"} if least else {})}
    else:
        words = (*spec.tokens, *ignored)
        items = {"enum": [*words, *(number for word in words for number in _as_number(word))]}
        any_word = "(?:" + "|".join(map(_escaped, words)) + ")"
        more = "*" if ignored else f"{{0,{spec.longest - 1}}}"
        whole = rf"{any_word}(?:\s+{any_word}){more}"
        text = {"type": "string", "pattern": rf"^\s*{whole if least else f'(?:{whole})?'}\s*$"}
    return {"anyOf": [text, {"type": "array", "items": items, **limits}]}


def _raw(spec: Any) -> Schema:
    if spec.facts.takes == "text":
        return {"type": "string", "pattern": r"\S"}
    if spec.facts.takes == "audio":
        return {"anyOf": [{"type": "string", "minLength": 1}, *_samples()]}
    level = _whole(0, 255)
    colours = [{"type": "array", "items": level, "minItems": count, "maxItems": count} for count in (1, 3)]
    return {"anyOf": [{"type": "string", "minLength": 1}, *(_nested(pixel, None, None) for pixel in (level, *colours))]}


def _nothing(spec: Any) -> Schema:
    return {"not": {}}


def _text(spec: Any) -> Schema:
    if spec.unit in ("words", "tokens"):
        return {"type": "string", "pattern": r"\S"}
    least = 0 if hasattr(spec, "own_sites") else 1  # an answer may be empty
    return {"type": "string", "minLength": least, **({} if spec.cut else {"maxLength": spec.longest})}


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _nested(item: Schema, rows: int | None, columns: int | None) -> Schema:
    def lists(inner: Schema, count: int | None) -> Schema:
        sizes = {"minItems": 1} if count is None else {"minItems": count, "maxItems": count}
        return {"type": "array", "items": inner, **sizes}

    return lists(lists(item, columns), rows)


def _missing() -> Schema:
    letters = ("".join(f"[{c.lower()}{c.upper()}]" if c.isalpha() else _escaped(c) for c in word) for word in MISSING)
    return {"anyOf": [{"type": "null"}, {"type": "string", "pattern": rf"^\s*(?:{'|'.join(letters)})\s*$"}]}


def _as_number(word: str) -> list[int | float | bool]:
    """Returns the number or truth value that a word stands for, where it is the label of that."""
    if word in ("True", "False"):
        return [word == "True"]
    if re.fullmatch(r"0|-?[1-9][0-9]{0,14}", word):
        return [int(word)]
    number = re.fullmatch(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}", word)
    return [float(word)] if number and label_text(float(word)) == word else []


def _escaped(word: str) -> str:
    """Returns a pattern for a word that means the same to every dialect of regular expressions."""
    return re.sub(r"([\\^$.*+?()\[\]{}|/])", r"\\\1", word)


SCHEMAS: dict[str, Callable[[Any], Schema]] = {
    "grid": _grid,
    "canvas": _canvas,
    "image": _image,
    "audio": _audio,
    "label": _label,
    "action": _label,
    "number": _number,
    "vector": _vector,
    "sequence": _sequence,
    "text": _text,
    "raw": _raw,
    "next": _nothing,
}
"""By kind of value, of senses and acts alike."""
