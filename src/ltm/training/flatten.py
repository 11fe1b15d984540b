"""Nested state, such as an optimiser's, taken apart into named tensors and JSON, and put together again: no pickle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ltm.errors import FolderError


def flatten(state: Any) -> tuple[dict[str, Tensor], Any]:
    """Takes nested dictionaries, lists and tuples apart, such as an optimiser's `state_dict()`.

    Returns:
        The tensors by name, and the rest as JSON in which tensors are named; `unflatten` puts both together again.

    Raises:
        TypeError: a value that is neither a tensor nor a string, number, boolean or None.
    """
    tensors: dict[str, Tensor] = {}
    return tensors, _taken_apart(state, "", tensors)


def unflatten(tensors: Mapping[str, Tensor], structure: Any) -> Any:
    """Puts together what `flatten` took apart.

    Raises:
        FolderError: a tensor is missing, or the structure is not one that `flatten` returns.
    """
    try:
        return _put_together(tensors, structure)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        raise FolderError(f"saved state doesn't fit together: {type(problem).__name__} {problem}") from None


def _taken_apart(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        while name in ("", "__metadata__") or name in tensors:
            name += "'"  # {"a/b": …} and {"a": {"b": …}} would share a name, and the format reserves one
        tensors[name] = value
        return {"tensor": name}
    if isinstance(value, dict):
        return {
            "dict": [
                [_taken_apart(key, name, {}), _taken_apart(item, f"{name}/{key}".lstrip("/"), tensors)]
                for key, item in value.items()
            ]
        }
    if type(value) in (list, tuple):
        items = [_taken_apart(item, f"{name}/{i}".lstrip("/"), tensors) for i, item in enumerate(value)]
        return {type(value).__name__: items}
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(float(value))}
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"can't keep {type(value).__name__} at {name or 'the top'}")


def _put_together(tensors: Mapping[str, Tensor], structure: Any) -> Any:
    if not isinstance(structure, dict):
        if isinstance(structure, list):
            raise ValueError("unexpected list")
        return structure
    ((what, inside),) = structure.items()
    if what == "tensor":
        return tensors[inside]
    if what == "dict":
        return {_put_together({}, key): _put_together(tensors, item) for key, item in inside}
    if what == "float":
        return float(inside)
    if what not in ("list", "tuple"):
        raise ValueError(f"unexpected {what!r}")
    items = [_put_together(tensors, item) for item in inside]
    return items if what == "list" else tuple(items)
