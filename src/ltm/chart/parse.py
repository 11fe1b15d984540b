"""From a chart's text to its model, with every mistake located: `chart.yaml:7:3: unknown key 'widht'; did you mean …`.

Values are checked strictly: `width: "128"`, `augment: 1` and `augment: no` are mistakes, not conversions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from yaml import Mark
from yaml.nodes import Node, ScalarNode

from ltm.chart.document import (
    MAX_DEPTH,
    MAX_TEXT,
    Document,
    child,
    compose,
    dump_yaml,
    load_yaml,
    place_of,
    splice,
    suggest,
)
from ltm.errors import ChartError, nearest

__all__ = ["apply_overrides", "dump", "load", "load_yaml", "parse", "read_text", "validate"]

M = TypeVar("M", bound=BaseModel)
MAX_ERRORS = 10
"""How many mistakes a message lists."""
_MAX_LOCATED = 200  # locating every one of 100,000 mistakes would take minutes

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


def parse(text: str, model: type[M], source: str = "chart.yaml", overrides: Sequence[str] = ()) -> M:
    """Reads a model out of YAML.

    Args:
        text: the YAML.
        model: the pydantic model to read, such as `Chart`.
        source: what to call the text in messages, usually the file's name.
        overrides: `key.key=value` each, applied on top.

    Raises:
        ChartError: the text or an override can't be read, or does not fit the model. Lists at most ten mistakes.
    """
    document = load_yaml(text, source)
    return validate(apply_overrides(document, overrides) if overrides else document, model)


def load(path: Path, model: type[M], overrides: Sequence[str] = ()) -> M:
    """Reads a model out of a YAML file; see `read_text` and `parse` for what is refused."""
    return parse(read_text(path), model, str(path), overrides)


def read_text(path: Path) -> str:
    """Reads a chart's text.

    Raises:
        ChartError: no such file, not UTF-8, or more than 1 MB.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_TEXT + 1)
    except FileNotFoundError:
        near = ""
        if path.parent.is_dir():
            near = nearest(path.name, [other.name for other in sorted(path.parent.glob("*.y*ml"))[:1000]])
        raise ChartError(f"{path}: no such file{near}") from None
    except IsADirectoryError:
        raise ChartError(f"{path}: a folder; expected a YAML file") from None
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise ChartError(f"{path}: can't be read: {reason}") from None
    if len(raw) > MAX_TEXT:
        raise ChartError(f"{path}: longer than {MAX_TEXT:,} bytes; a chart declares a brain, it holds no data")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise ChartError(f"{path}:{line}: not UTF-8 text (byte {raw[problem.start]:#04x})") from None


def dump(model: BaseModel) -> str:
    """Writes a model as YAML, leaving defaults out; `parse` of the result is equal to the model."""
    return dump_yaml(model.model_dump(mode="json", exclude_defaults=True))


def apply_overrides(document: Document, overrides: Sequence[str]) -> Document:
    """Returns a document in which `key.key=value` settings have replaced or added values.

    Values are YAML (`5`, `null`, `[1, 2]`, `{kind: grid, symbols: 10}`); numbers in a path step into lists. Keys that
    the model doesn't know are found by `validate`, which points into the override.

    Raises:
        ChartError: no `=`, an empty key, an unreadable value, or a path through something that has no keys.
    """
    root = document.root
    for override in overrides:
        name, sign, text = override.partition("=")
        path = name.strip().split(".")
        if not sign or not all(path) or not name.isprintable() or len(path) > MAX_DEPTH:
            raise ChartError(f"override {override[:80]!r}: expected key=value, such as training.minutes=5")
        source = f"override {name.strip()[:80]}"
        value = compose(text, source)
        if value is None or (isinstance(value, ScalarNode) and not value.value and value.style is None):
            raise ChartError(f"{source}: no value after '='; write null or '' for none")
        mark = Mark(source, 0, 0, 0, override + "\0", 0)
        root = splice(root, ScalarNode("", name, mark, mark), path, value)
    changed = Document(root, document.source)
    _ = changed.data  # finds double keys and numbers out of range now rather than later
    return changed


def validate(document: Document, model: type[M]) -> M:
    """Checks a document against a model.

    Raises:
        ChartError: it does not fit; every mistake is given with line and column, at most ten of them.
    """
    try:
        return model.model_validate_json(json.dumps(document.data), strict=True)
    except ValidationError as problem:
        errors = problem.errors(include_url=False)
    found = sorted({_locate(document, model, error) for error in errors[:_MAX_LOCATED]})[:MAX_ERRORS]
    lines = [text for _, _, _, text in found]
    if len(errors) > MAX_ERRORS:
        lines.append(f"… and {len(errors) - len(found)} more")
    raise ChartError("\n".join(lines))


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


def _locate(document: Document, model: type[BaseModel], error: Any) -> tuple[str, int, int, str]:
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
        return f"unknown key {spot.path[-1][:60]!r}{suggest(spot.path[-1], fields)}", spot.key
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
