"""Settings of a model from elsewhere, read with suspicion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ltm.errors import FolderError, nearest

Number = TypeVar("Number", int, float)
MOST = 10**6
"""No width, layer or head count of a micro-model comes near it."""


def setting(
    config: Mapping[str, Any],
    name: str,
    kind: type[Number],
    source: str,
    default: Number | None = None,
    *,
    file: str = "config.json",
) -> Number:
    """Returns a positive number.

    Args:
        config: settings by name.
        name: of the one that is wanted.
        kind: whole numbers, or any.
        source: the model, for messages.
        default: where it isn't set.
        file: that the settings are from, for messages.

    Raises:
        FolderError: it is missing, no such number, or out of all proportion.
    """
    value = config.get(name, default)
    if value is None:
        value = default
    if value is None:
        raise FolderError(f"{source}: {file} lacks {name!r}{nearest(name, config)}")
    fits = isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    # A number in range: widths beyond a million, or a NaN, are no model's.
    if not fits or not 0 < value <= (MOST if kind is int else 1e12):
        raise FolderError(f"{source}: {file}: {name}: expected a positive number, got {value!r}")
    return kind(value)


def end_of(config: Mapping[str, Any], symbols: int, name: str = "eos_token_id") -> int | None:
    """Returns the symbol at which texts end, the first of several; None where none is said that the model has."""
    said = config.get(name)
    first = said[0] if isinstance(said, list) and said else said
    return first if isinstance(first, int) and not isinstance(first, bool) and 0 <= first < symbols else None


def rotary_base(config: Mapping[str, Any], source: str) -> float:
    """Returns the base of rotary positions, which older configurations have in one place and newer ones in another.

    Raises:
        FolderError: positions are stretched in a way that is not built here.
    """
    turning = config.get("rope_parameters")
    if turning is not None and not isinstance(turning, Mapping):
        raise FolderError(f"{source}: config.json: rope_parameters: expected an object, got {turning!r}")
    turning = turning or {}
    kind = turning.get("rope_type", turning.get("type", "default"))
    if kind != "default" or config.get("rope_scaling") is not None:
        found = kind if kind != "default" else config["rope_scaling"]
        raise FolderError(
            f"{source}: config.json: rotary positions of type {found!r} are not built here, only 'default'"
        )
    base = turning.get("rope_theta")
    return setting({"rope_theta": config.get("rope_theta") if base is None else base}, "rope_theta", float, source, 1e4)


def refuse_other(
    config: Mapping[str, Any], known: Mapping[str, Any], source: str, *, file: str = "config.json"
) -> None:
    """Refuses a configuration that asks for what is not built here.

    Raises:
        FolderError: names the setting.
    """
    for name, value in known.items():
        if config.get(name, value) not in (value, None):
            raise FolderError(f"{source}: {file}: {name}: {config[name]!r} is not built here, only {value!r}")


def longest_of(config: Mapping[str, Any], name: str, source: str, *, file: str = "config.json") -> int | None:
    """Returns how many symbols the longest text had that a model learned from; None where nobody says.

    Raises:
        FolderError: no such number.
    """
    return None if config.get(name) is None else setting(config, name, int, source, file=file)
