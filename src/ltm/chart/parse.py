"""From a chart's text to its model, with every mistake located: `chart.yaml:7:3: unknown key 'widht'; did you mean …`.

Values are checked strictly: `width: "128"`, `augment: 1` and `augment: no` are mistakes, not conversions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from yaml import Mark
from yaml.nodes import ScalarNode

from ltm.chart.document import MAX_DEPTH, MAX_TEXT, Document, compose, load_yaml, splice
from ltm.chart.locate import locate
from ltm.errors import ChartError, nearest

M = TypeVar("M", bound=BaseModel)
MAX_ERRORS = 10
"""How many mistakes a message lists."""
_MAX_LOCATED = 200  # locating every one of 100,000 mistakes would take minutes


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
    found = sorted({locate(document, model, error) for error in errors[:_MAX_LOCATED]})[:MAX_ERRORS]
    lines = [text for _, _, _, text in found]
    if len(errors) > MAX_ERRORS:
        lines.append(f"… and {len(errors) - len(found)} more")
    raise ChartError("\n".join(lines))
