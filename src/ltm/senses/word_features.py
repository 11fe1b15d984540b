"""What of a word is looked up in a table of fixed size: features, hashed into buckets.

So words need no vocabulary (Bojanowski et al. 2017; Serrà and Karatzoglou 2017).
"""

from __future__ import annotations

import functools
import hashlib
import re
from typing import Literal

_WORD = re.compile(r"\w+|[^\w\s]")
Feature = Literal["word", "again", "pair", "beginning", "ending", "letters"]
LETTERS = 5
"""So many letters in a row, the word's two ends counted as letters, make a feature of `letters`."""
MOST_LETTERS = 12
"""A word has at most so many of those; what lies behind them in longer ones is left out."""


def words_of(text: str) -> list[str]:
    """Returns a text's words and the signs between them, in small letters."""
    return _WORD.findall(text.casefold())


@functools.lru_cache(maxsize=2**17)
def _bucket(text: str, buckets: int) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little") % buckets


def buckets_of(word: str, before: str, features: tuple[Feature, ...], buckets: int) -> list[int]:
    """Returns the bucket of each feature of a word that comes after another."""
    texts = {
        "word": f"w {word}",
        "again": f"a {word}",
        "pair": f"p {before} {word}",
        "beginning": f"b {word[:3]}",
        "ending": f"e {word[-3:]}",
    }
    found = [_bucket(texts[feature], buckets) for feature in features if feature != "letters"]
    return [*found, *_letters(word, buckets)] if "letters" in features else found


@functools.lru_cache(maxsize=2**15)
def _letters(word: str, buckets: int) -> tuple[int, ...]:
    """Returns the buckets of any five letters in a row, filled up with void."""
    whole = f"<{word}>"
    runs = [whole[first : first + LETTERS] for first in range(max(1, len(whole) - LETTERS + 1))][:MOST_LETTERS]
    return (*(_bucket(f"l {run}", buckets) for run in runs), *[-1] * (MOST_LETTERS - len(runs)))
