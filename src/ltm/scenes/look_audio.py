"""Works out what sounds a column holds: names of sound files, or lists of samples where that was declared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ltm.errors import DataError
from ltm.scenes.declare import MOSTLY, Declared
from ltm.scenes.look_image import is_name, mostly_names, names_of
from ltm.scenes.look_label import is_empty
from ltm.scenes.read import file_of
from ltm.senses.sound_file import ENDINGS, read_sound

MOST_SITES = 80
"""Patches are made so large that a sound takes at most so many sites."""
LONGEST = 4.0
"""Seconds that are heard at most, unless more are declared."""
MOST_FRAMES = 200
"""Frames lie so far apart that a sound takes at most so many."""
RATE, MELS, HOP = 16_000, 40, 10.0
LOOKED_AT = 20
"""Files that are looked into."""


def look_at_audio(values: Sequence[Any], said: Declared, folder: Path = Path()) -> dict[str, Any]:
    """Returns the arguments of an `AudioSpec`: as long as the longest, as high as most hold.

    Raises:
        DataError: the values aren't sounds.
    """
    if said.kind is None and not mostly_names(values, ENDINGS):
        raise DataError("not names of sound files")
    names = names_of(values, ENDINGS)
    if names:
        rate, seconds = _in_files(names, folder)
    else:
        there = [value for value in values if not is_empty(value)]
        rate, seconds = said.rate or RATE, _in_lists(there, said.rate or RATE)
    rate = said.rate or min(RATE, rate)
    seconds = said.seconds or min(LONGEST, seconds)
    hop = max(HOP, float(np.ceil(seconds * 1000 / MOST_FRAMES)))
    frames = int(np.ceil(seconds * 1000 / hop))
    patch = next(p for p in (1, 2, 4, 8, 16, 32) if -(-frames // p) * -(-MELS // p) <= MOST_SITES or p == 32)
    return {"kind": "audio", "seconds": seconds, "rate": rate, "hop": hop, "patch": patch}


def too_long(values: Sequence[Any], seconds: float, folder: Path) -> tuple[int, int]:
    """Returns how many of the first files are longer than what is heard, and how many were looked into."""
    names = [value for value in values if is_name(value, ENDINGS)][:LOOKED_AT]
    lengths = []
    for name in names:
        try:
            lengths.append(read_sound(file_of(folder, name), 0.1).seconds)
        except DataError:
            continue
    return sum(length > seconds for length in lengths), len(lengths)


def _in_files(names: Sequence[str], folder: Path) -> tuple[int, float]:
    rates, longest = Counter[int](), 0.0
    problem: DataError | None = None
    for name in names[:LOOKED_AT]:
        try:
            sound = read_sound(file_of(folder, name), 0.1)
        except DataError as wrong:  # said of its row, which may be left out
            problem = problem or wrong
            continue
        rates[sound.rate] += 1
        longest = max(longest, sound.seconds)
    if not rates:
        raise problem or DataError("expected names of files")
    # To a tenth of a second, so that a chart says 1.2 rather than 1.1730839.
    return rates.most_common(1)[0][0], max(0.1, float(np.ceil(round(longest * 10, 3)) / 10))


def _in_lists(values: Sequence[Any], rate: int) -> float:
    lengths = []
    for value in values:
        try:
            samples = np.asarray(json.loads(value) if isinstance(value, str) else value)
        except (ValueError, RecursionError):
            continue
        if samples.ndim == 1 and samples.size:
            lengths.append(len(samples))
    if len(lengths) < MOSTLY * len(values):
        raise DataError("expected sounds: names of files, or lists of samples")
    return max(0.1, float(np.ceil(round(max(lengths) / rate * 10, 3)) / 10))
