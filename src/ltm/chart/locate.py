"""Where a mistake in a chart stands and what to say about it, from what the model's checker (pydantic) reports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from yaml.nodes import Node

from ltm.chart.document import Document, child
from ltm.chart.place import place_of
from ltm.errors import ChartError, nearest

Problem = tuple[tuple[str | int, ...], str]
"""Where in the chart, and what is wrong."""

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "none_required": "nothing",
}


@dataclass(frozen=True)
class _Spot:
    """Where one of pydantic's locations ends.

    Attributes:
        key: the node of the last key that is there.
        value: the node of its value.
        kind: the type that the model has there; None when unknown.
        owner: the type of what holds it; None when unknown.
        path: the keys that lead there, in the reader's words.
    """

    key: Node
    value: Node
    kind: Any
    owner: Any
    path: tuple[str, ...]


def locate(document: Document, model: type[BaseModel], error: Any) -> tuple[str, int, int, str]:
    """Returns source, line, column and text of one of pydantic's errors."""
    spot = _walk(document.root, model, error["loc"])
    message, node = _message(error, spot)
    path = spot.path[:-1] if error["type"] in ("missing", "extra_forbidden") else spot.path
    if error["type"] == "union_tag_invalid":
        path = (*path, error["ctx"]["discriminator"].strip("'"))
    if path:
        message = f"{'.'.join(path)[:200]}: {message}"
    place = place_of(node.start_mark)
    return place.source, place.line, place.column, place.describe(message)


def _named(node: Node, message: str) -> Node | None:
    """Returns the key that a validator's message begins with (`training.ticks (8) exceeds …`), if it is there."""
    found = None
    for part in message.split(" ", 1)[0].rstrip(":,").split("."):
        step = child(node, part)
        if step is None:
            break
        found, node = step
    return found


def _walk(root: Node, model: Any, loc: Sequence[str | int]) -> _Spot:
    """Follows pydantic's location through the tree and the model's types side by side.

    Types tell which parts of the location are keys, and which are the kinds that pydantic puts in for unions.
    """
    key, value, kind, owner = root, root, _plain(model), None
    path: list[str] = []
    for part in loc:
        if part == "[key]":  # the key itself is wrong
            return _Spot(key, key, str, owner, tuple(path))
        members = _members(kind)
        if members:
            kind = next((member for member in members if _is_called(member, str(part))), None)
            continue
        step = child(value, part)
        if step is None and kind is None:  # a kind's name, below a union that is not understood
            continue
        owner, kind = kind, _inside(kind, part)
        path.append(str(part))
        if step is not None:
            key, value = step
    return _Spot(key, value, kind, owner, tuple(path))


def _plain(kind: Any) -> Any:
    """Strips annotations, aliases and `| None` off a type."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif hasattr(kind, "__value__"):
            kind = kind.__value__
        elif get_origin(kind) in (Union, UnionType):
            rest = [member for member in get_args(kind) if member is not type(None)]
            if len(rest) != 1:
                return kind
            kind = rest[0]
        else:
            return kind


def _members(kind: Any) -> list[Any]:
    if get_origin(kind) not in (Union, UnionType):
        return []
    plain = [_plain(member) for member in get_args(kind) if member is not type(None)]
    return [inner for member in plain for inner in (_members(member) or [member])]


def _is_called(member: Any, tag: str) -> bool:
    """Whether pydantic means this member of a union by `tag`: its kind, or its class's name."""
    if isinstance(member, type) and issubclass(member, BaseModel):
        fields = member.model_fields.values()
        kinds = [str(word) for field in fields if field.is_required() for word in _words(_plain(field.annotation))]
        return tag in kinds or tag == member.__name__
    name = getattr(get_origin(member) or member, "__name__", "").lower()
    return tag.split("[")[0] == name


def _words(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) is Literal else ()


def _inside(kind: Any, part: str | int) -> Any:
    """Returns the type of what a value of type `kind` holds under `part`, or None when unknown."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            if part in (name, field.alias):
                return _plain(field.annotation)
        return None
    arguments = get_args(kind)
    if get_origin(kind) is dict:
        return _plain(arguments[1])
    if get_origin(kind) is tuple and isinstance(part, int) and Ellipsis not in arguments:
        return _plain(arguments[part]) if part < len(arguments) else None
    return _plain(arguments[0]) if arguments and isinstance(part, int) else None


def _message(error: Any, spot: _Spot) -> tuple[str, Node]:
    """Returns what to say about one of pydantic's errors, and the node to point at."""
    what, context = error["type"], error.get("ctx", {})
    if what == "extra_forbidden":
        fields = list(getattr(spot.owner, "model_fields", ()))
        return f"unknown key {spot.path[-1][:60]!r}{_suggest(spot.path[-1], fields)}", spot.key
    if what == "missing":
        last = spot.path[-1]
        return f"missing {'item' if last.isdecimal() else 'key'} {last!r}", spot.key
    if what in ("union_tag_not_found", "union_tag_invalid"):
        return _kind_message(error, spot)
    if what in ("literal_error", "enum"):
        close = nearest(str(error["input"])[:60], re.findall(r"'([^']*)'", context["expected"]))
        one_of = "one of " if " or " in context["expected"] else ""
        return f"expected {one_of}{context['expected']}, got {_got(error)}{close}", spot.value
    if what in ("value_error", "assertion_error"):
        message = re.sub(r"^(Value|Assertion) error, ", "", error["msg"])
        return message, _named(spot.value, message) or (spot.key if spot.path else spot.value)
    if what in _EXPECTED:
        return f"expected {_EXPECTED[what]}, got {_got(error)}", spot.value
    said = error["msg"].replace("Input should be ", "expected ").replace("String should", "text should")
    said = re.sub(r"^(Dictionary|Tuple|List) should", "should", said).replace(" after validation", "")
    got = "" if what in ("too_short", "too_long") else f", got {_got(error)}"
    return f"{said[:1].lower()}{said[1:]}{got}", spot.value


def _kind_message(error: Any, spot: _Spot) -> tuple[str, Node]:
    name = error["ctx"]["discriminator"].strip("'")
    words = [str(word) for member in _members(spot.kind) for word in _kind_words(member, name)]
    if error["type"] == "union_tag_not_found":
        return f"missing key {name!r}; expected one of {', '.join(map(repr, words))}", spot.key
    got = str(error["ctx"]["tag"])[:60]
    at = child(spot.value, name)
    return f"expected one of {error['ctx']['expected_tags']}, got {got!r}{nearest(got, words)}", (
        at[1] if at else spot.value
    )


def _kind_words(member: Any, name: str) -> tuple[Any, ...]:
    field = member.model_fields.get(name) if isinstance(member, type) and issubclass(member, BaseModel) else None
    return _words(_plain(field.annotation)) if field else ()


def _got(error: Any) -> str:
    got = error["input"]
    if isinstance(got, dict):
        return "keys with values" if got else "no keys"
    if isinstance(got, list):
        return f"a list of {len(got)}"
    if got is None:
        return "nothing"
    return str(got).lower() if isinstance(got, bool) else repr(got)[:60]


def _suggest(word: str, choices: list[str]) -> str:
    """Returns `; did you mean 'x'?`, or which words there are when none is close."""
    close = nearest(word[:60], choices)
    if close or not choices:
        return close
    shown = ", ".join(repr(choice) for choice in choices[:12])
    return f"; expected one of {shown}{' …' if len(choices) > 12 else ''}"


def refuse(problems: Sequence[Problem], document: Document | None = None, source: Path | str = "chart") -> None:
    """Raises a `ChartError` that lists the first ten problems; does nothing when there are none."""
    if problems:
        raise ChartError("\n".join(_located(document, loc, text, source) for loc, text in problems[:10]))


def _located(document: Document | None, loc: tuple[str | int, ...], text: str, source: Path | str) -> str:
    path = ".".join(str(part) for part in loc)
    if document is None:
        return f"{source}: {path}: {text}"
    node: Any = document.root
    mark = node.start_mark
    for part in loc:
        found = child(node, part)
        if found is None:
            break
        mark, node = found[0].start_mark, found[1]
    return place_of(mark).describe(f"{path}: {text}")
