"""What every part of a chart is made of: frozen models that refuse unknown keys, and sizes written as `10MB`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMG]?I?B?)\s*", re.IGNORECASE)


class Part(BaseModel):
    """A frozen piece of a chart: unknown keys, NaN and infinities are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


def parse_bytes(value: Any) -> Any:
    """Turns `10MB`, `512 KiB` or a plain number into bytes; leaves anything else for pydantic to refuse.

    Raises:
        ValueError: the text is not a number with one of the units B, KB, MB, GB, KiB, MiB, GiB.
    """
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value)
    unit = match.group(2).upper() if match else "?"
    if match is None or unit not in _UNITS:
        raise ValueError(f"expected a size such as 2MB or 512KiB, got {value!r}")
    return round(float(match.group(1)) * _UNITS[unit])


def format_count(number: float) -> str:
    """Writes a large number for people: `1.24 G`."""
    for unit, scale in ((" T", 1e12), (" G", 1e9), (" M", 1e6), (" k", 1e3)):
        if number >= 0.9995 * scale:
            return f"{number / scale:.3g}{unit}"
    return f"{number:.0f}"


def format_bytes(size: int) -> str:
    """Returns a size for people: `1.43 MB`; units are powers of ten."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= scale:
            return f"{size / scale:.2f} {unit}"
    return f"{size} B"


Bytes = Annotated[int, BeforeValidator(parse_bytes), Field(ge=1, le=10**13)]
"""A size in bytes; charts may write `2MB`."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""A lower-case word that is safe as a file name."""
