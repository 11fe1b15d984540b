"""The part of YAML that charts are written in, read into a tree that knows where everything stands.

Plain data only: no anchors, aliases, tags, merge keys or second document, and of the words that YAML 1.1 turns into
something else only `true`, `false`, `null`, `~` and decimal numbers. So `no`, `on`, `010`, `12:30:00` and dates stay
text. Size, depth and number of values are limited before anything is built (a 300-byte alias bomb holds 9^9 values).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ltm.chart.place import one_line, place_of
from ltm.errors import ChartError

MAX_TEXT = 1_000_000
"""Characters of a chart."""
MAX_DEPTH = 64
"""Mappings and lists within each other."""
MAX_NODES = 100_000
"""Keys and values of a chart."""
_MAX_DIGITS = 400

INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Loader(yaml.SafeLoader):
    """PyYAML's pure-Python composer with limits; nothing is ever constructed through it."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own protocol

    def __init__(self, text: str, source: str) -> None:
        super().__init__(text)
        self.name = source
        self.nodes = 0
        self.depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        mark = event.start_mark
        if isinstance(event, AliasEvent) or event.anchor is not None:
            place_of(mark).refuse("anchors and aliases (& and *) are not allowed in a chart; write the value again")
        if event.tag is not None:
            place_of(mark).refuse(f"tags are not allowed in a chart, found {event.tag[:60]!r}")
        self.nodes += 1
        if self.nodes > MAX_NODES:
            place_of(mark).refuse(f"more than {MAX_NODES:,} keys and values")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            place_of(mark).refuse(f"nested deeper than {MAX_DEPTH} levels")
        node: Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


@dataclass(frozen=True)
class Document:
    """A chart's text as a tree of PyYAML nodes, of which each knows its place.

    Attributes:
        root: the outermost mapping.
        source: what the text is called.
    """

    root: MappingNode
    source: str

    @cached_property
    def data(self) -> dict[str, Any]:
        """The plain dictionaries, lists, strings, numbers, booleans and None that the text stands for."""
        result = value_of(self.root)
        assert isinstance(result, dict)
        return result


def compose(text: str, source: str) -> Node | None:
    """Reads text into nodes; None when it holds nothing.

    Raises:
        ChartError: not YAML, several documents, or something that charts may not hold.
    """
    if len(text) > MAX_TEXT:
        raise ChartError(f"{source}: longer than {MAX_TEXT:,} characters; a chart declares a brain, it holds no data")
    try:
        loader = _Loader(text, source)
    except yaml.reader.ReaderError as problem:
        before = text[: problem.position]
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        sign = f"{ord(text[problem.position]):04X}"
        raise ChartError(f"{source}:{line}:{column}: character U+{sign} is not allowed in a chart") from None
    try:
        if not loader.check_node():
            return None
        node: Node | None = loader.get_node()
        if loader.check_node():
            second = loader.peek_event()  # type: ignore[no-untyped-call]
            place_of(second.start_mark).refuse("expected one document, found a second one")
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        what = f"not valid YAML: {one_line(problem.problem or problem.context or 'unreadable')}"
        if mark is None:
            raise ChartError(f"{source}: {what}") from None
        place_of(mark).refuse(what)
    except ChartError:
        raise
    except (ValueError, OverflowError) as problem:  # PyYAML lets "\U99999999" through to chr()
        place_of(loader.get_mark()).refuse(f"not valid YAML: {one_line(str(problem))}")
    return node


def load_yaml(text: str, source: str = "chart.yaml") -> Document:
    """Reads a chart's text.

    Args:
        text: the YAML.
        source: what to call it in messages, usually the file's name.

    Raises:
        ChartError: more than 1 MB, not YAML, empty, not a mapping, a key twice, or anything beyond plain data.
    """
    root = compose(text, source)
    if root is None or (isinstance(root, ScalarNode) and not root.value and root.style is None):
        raise ChartError(f"{source}: empty; a chart needs at least zones, senses and acts")
    if not isinstance(root, MappingNode):
        place_of(root.start_mark).refuse("expected keys with values (`key: value`) at the top of a chart")
    document = Document(root, source)
    _ = document.data  # finds double keys and numbers out of range now rather than later
    return document


def value_of(node: Node) -> Any:
    """Returns the plain value that a node stands for.

    Raises:
        ChartError: a key twice, a key that is not a word, or a number out of range.
    """
    if isinstance(node, SequenceNode):
        return [value_of(item) for item in node.value]
    if isinstance(node, MappingNode):
        result: dict[str, Any] = {}
        for key, value in node.value:
            name = key_of(key)
            if name in result:
                place_of(key.start_mark).refuse(f"key {name[:60]!r} appears twice")
            result[name] = value_of(value)
        return result
    return _scalar(node)


def key_of(node: Node) -> str:
    """Returns a key's text; keys are always text, so `no:` and `1:` mean what they look like."""
    if not isinstance(node, ScalarNode):
        place_of(node.start_mark).refuse("expected a word as key, got a list or mapping")
    return _text(node)


def child(node: Node | None, part: str | int) -> tuple[Node, Node] | None:
    """Returns the key (or the item itself) and the value found under `part`, or None when there is none."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.value == str(part):
                return key, value
    if isinstance(node, SequenceNode) and str(part).isdecimal() and int(part) < len(node.value):
        item = node.value[int(part)]
        return item, item
    return None


def splice(root: MappingNode, key: Node, path: list[str], value: Node) -> MappingNode:
    """Returns a copy of the tree in which `path` holds `value`; mappings on the way are made when missing.

    Args:
        root: the tree, which stays as it is.
        key: a node whose marks say where the path was written.
        path: keys from the outside in; numbers step into lists.
        value: what to put there.

    Raises:
        ChartError: the path leads through something that is neither a mapping nor a list that long.
    """
    result = _spliced(root, key, path, 0, value)
    assert isinstance(result, MappingNode)
    return result


def _spliced(node: Node | None, key: Node, path: list[str], at: int, value: Node) -> Node:
    if at == len(path):
        return value
    part = path[at]
    found = child(node, part)
    inner = _spliced(found[1] if found else None, key, path, at + 1, value)
    if isinstance(node, SequenceNode):
        if found is None:
            place_of(key.start_mark).refuse(
                f"'{'.'.join(path[:at])}' is a list of {len(node.value)}; expected a number below that, got {part!r}"
            )
        items: list[Any] = [inner if item is found[1] else item for item in node.value]
        return SequenceNode(node.tag, items, node.start_mark, node.end_mark)
    if isinstance(node, ScalarNode) and _scalar(node) is not None:
        place_of(key.start_mark).refuse(f"'{'.'.join(path[:at])}' holds a value, so it has no key {part!r}")
    pairs = list(node.value) if isinstance(node, MappingNode) else []
    name = ScalarNode("tag:yaml.org,2002:str", part, key.start_mark, key.end_mark)
    items = [(name, inner) if pair[0].value == part else pair for pair in pairs]
    if found is None:
        items.append((name, inner))
    base = node if isinstance(node, MappingNode) else key
    return MappingNode("tag:yaml.org,2002:map", items, base.start_mark, base.end_mark)


def _text(node: ScalarNode) -> str:
    text: str = node.value
    if _SURROGATE.search(text):
        place_of(node.start_mark).refuse("half of a surrogate pair is not a character")
    return text


def _scalar(node: Node) -> Any:
    assert isinstance(node, ScalarNode)
    text = _text(node)
    if node.style is not None:  # quoted or a block: text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if not FLOAT.match(text):
        return text
    if len(text) > _MAX_DIGITS:
        place_of(node.start_mark).refuse(f"a number of {len(text)} characters")
    if INT.match(text):
        return int(text)
    number = float(text)
    if abs(number) == float("inf"):
        place_of(node.start_mark).refuse(f"number {text[:60]} is too large")
    return number
