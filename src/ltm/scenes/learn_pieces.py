"""Learns a vocabulary of pieces from a person's texts, with the package tokenizers.

Only learning needs the package: the vocabulary becomes part of the chart, and so of the brain.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ltm.scenes.extras import library
from ltm.senses.pieces import BYTES, byte_letters, written_words

USUAL = 1024
"""Symbols of a vocabulary, the 256 bytes among them, unless told."""
MOST = 16_384


def learn_pieces(texts: Iterable[str], symbols: int = USUAL) -> tuple[str, ...]:
    """Returns pieces in the order in which they were learned: pairs of neighbours, the most frequent first.

    Args:
        texts: what to learn from.
        symbols: of the vocabulary at most, the bytes among them; fewer where no pair comes twice.

    Raises:
        DataError: the package tokenizers is not installed.
    """
    tokenizers = library("tokenizers", "a vocabulary of pieces")
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=symbols, min_frequency=2, initial_alphabet=list(byte_letters()), show_progress=False
    )

    def words() -> Iterator[list[str]]:
        for text in texts:
            yield written_words(text)

    model.train_from_iterator(words(), trainer)
    merges = json.loads(model.to_str())["model"]["merges"]
    # Two pairs may make the same piece: it counts from the first.
    return tuple(dict.fromkeys("".join(pair) for pair in merges))[: max(0, symbols - BYTES)]
