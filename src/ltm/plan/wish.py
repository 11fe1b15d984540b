"""What a person wishes for: skills, and what the brain may cost."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ltm.chart.base import parse_bytes
from ltm.errors import LtmError
from ltm.plan.skills import Data

_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?(?:e-?\d+)?)\s*([a-zµ]*)\s*", re.IGNORECASE)
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
_JOULES = {"mj": 1e-3, "j": 1.0, "kj": 1e3}


@dataclass(frozen=True)
class Wish:
    """A wish; what is None is not bounded.

    Attributes:
        skills: by name.
        memory: bytes of all weights in fp32, as they lie in memory.
        latency: seconds a thought at most.
        energy: joules a thought at most.
        minutes: of training, all skills together.
        data: a person's own scenes, by skill.
        seed: of weights, order and noise.
        from_scratch: whether to learn all here, although a brain ships or a pretrained model would help.
    """

    skills: tuple[str, ...]
    memory: int | None = None
    latency: float | None = None
    energy: float | None = None
    minutes: float | None = None
    data: Mapping[str, Data] = field(default_factory=dict)
    seed: int = 0
    from_scratch: bool = False


def parse_memory(text: str | None) -> int | None:
    """Returns bytes.

    Raises:
        LtmError: not a size such as `100MB`.
    """
    if text is None:
        return None
    try:
        size = parse_bytes(text)
    except ValueError as problem:
        raise LtmError(f"--memory: {problem}") from None
    if size < 1:
        raise LtmError("--memory: expected more than nothing")
    return int(size)


def parse_latency(text: str | None) -> float | None:
    """Returns seconds.

    Raises:
        LtmError: not a time such as `200ms`.
    """
    return _amount("--latency", text, _SECONDS, "200ms or 1.5s")


def parse_energy(text: str | None) -> float | None:
    """Returns joules.

    Raises:
        LtmError: not an energy such as `2J`.
    """
    return _amount("--energy", text, _JOULES, "2J or 500mJ")


def _amount(option: str, text: str | None, units: Mapping[str, float], example: str) -> float | None:
    if text is None:
        return None
    match = _AMOUNT.fullmatch(text)
    if match is None or match[2].lower() not in units or not 0 < float(match[1]) < math.inf:
        raise LtmError(f"{option}: expected such as {example}, got {text[:40]!r}")
    return float(match[1]) * units[match[2].lower()]


def parse_data(files: Sequence[str], see: Sequence[str], do: Sequence[str]) -> dict[str, Data]:
    """Returns scenes by skill from `SKILL=FILE` and `SKILL=COLUMN` each.

    Raises:
        LtmError: not of that form, a skill with two files, or columns of a skill without a file.
    """
    found: dict[str, Data] = {}
    for text in files:
        skill, file = _parted("--data", text, "FILE")
        if skill in found:
            raise LtmError(f"--data {text}: {skill} has a file already")
        found[skill] = Data(file)
    for option, texts in (("--see", see), ("--do", do)):
        for text in texts:
            skill, column = _parted(option, text, "COLUMN")
            if skill not in found:
                raise LtmError(f"{option} {text}: no --data {skill}=FILE to have that column")
            old = found[skill]
            columns = {"see": old.see, "do": old.do}
            columns[option.removeprefix("--")] += (column,)
            found[skill] = Data(old.file, **columns)
    return found


def _parted(option: str, text: str, what: str) -> tuple[str, str]:
    skill, sign, value = text.partition("=")
    if not sign or not skill.strip() or not value.strip():
        raise LtmError(f"{option} {text[:60]}: expected SKILL={what}")
    return skill.strip(), value.strip()
