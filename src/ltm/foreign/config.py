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


def rotary_of(config: Mapping[str, Any], source: str) -> tuple[float, dict[str, Any] | None]:
    """Returns the base of rotary positions, and how they are stretched; None where they aren't.

    Older configurations have these in `rope_theta` and `rope_scaling`, newer ones in `rope_parameters`.

    Raises:
        FolderError: positions are stretched in a way that is not built here, or two are said.
    """
    said = {name: config[name] for name in ("rope_scaling", "rope_parameters") if config.get(name) is not None}
    for name, turning in said.items():
        if not isinstance(turning, Mapping):
            raise FolderError(f"{source}: config.json: {name}: expected an object, got {turning!r}")
    kinds = {name: turning.get("rope_type", turning.get("type", "default")) for name, turning in said.items()}
    for name, kind in kinds.items():
        if kind not in ("default", "llama3"):
            words = f"rotary positions of type {kind!r} are not built here, only 'default' and 'llama3'"
            raise FolderError(f"{source}: config.json: {name}: {words}")
    if len(set(kinds.values())) > 1:
        raise FolderError(f"{source}: config.json: rope_scaling and rope_parameters say different rope_type")
    turning = {name: value for part in said.values() for name, value in part.items() if value is not None}
    base = setting({"rope_theta": config.get("rope_theta"), **turning}, "rope_theta", float, source, 1e4)
    if "llama3" not in kinds.values():
        return base, None
    longest = config.get("max_position_embeddings")
    stretch: dict[str, Any] = {"factor": setting(turning, "factor", float, source)}
    stretch["original"] = setting(turning, "original_max_position_embeddings", int, source, longest)
    for ours, theirs in (("low", "low_freq_factor"), ("high", "high_freq_factor")):
        stretch[ours] = setting(turning, theirs, float, source)
    if stretch["factor"] < 1 or stretch["low"] >= stretch["high"]:
        words = "expected a factor of 1 or more, and low_freq_factor below high_freq_factor"
        raise FolderError(f"{source}: config.json: {words}, got {dict(turning)!r}")
    return base, stretch


def check_symbols(config: Mapping[str, Any], symbols: int, source: str) -> None:
    """Compares how many symbols a configuration says with the rows of the symbols' vectors; Meta's -1 says none.

    Raises:
        FolderError: they differ.
    """
    said = config.get("vocab_size")
    if said not in (None, -1, symbols) or isinstance(said, bool):
        raise FolderError(f"{source}: config.json: vocab_size: {said!r}, but there are vectors for {symbols:,} symbols")


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
