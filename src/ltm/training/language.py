"""How well a brain tells what comes next: bits a byte, and how many symbols it tells right.

Shapes: B batch, S sites, V symbols.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ltm.acts.next import NextActSpec
from ltm.brain.brain import Brain
from ltm.scenes.store import SceneSet
from ltm.senses.layout import void_of
from ltm.senses.pieces import BYTES, piece_bytes
from ltm.senses.text import TextSpec
from ltm.senses.tokenizer import bytes_of_tokens
from ltm.training.looks import at_once, batches

A_BATCH = 32
"""Texts at once at most."""


def language(brain: Brain, scenes: SceneSet, bf16: bool = False) -> dict[str, Any] | None:
    """Returns how well a brain tells what comes next in some scenes, after one segment of thought.

    Keys: `symbols` that were told, `bits_per_symbol`, `right`, their share that was the likeliest, and for texts
    `bits_per_byte` (an end counts as no byte, but its bits count). None for a brain that doesn't tell what comes next.

    Args:
        brain: what to judge.
        scenes: what is seen, with what comes next.
        bf16: precision of matrix products.
    """
    names = [name for name, act in brain.chart.acts.items() if isinstance(act, NextActSpec)]
    if not names:
        return None
    sense = next(iter(brain.chart.senses.values()))
    sizes_V = _bytes(sense)
    nats = right = count = many = 0.0
    dtype = torch.bfloat16 if bf16 else torch.float32
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        for _, values in batches(scenes, at_once(brain, scenes, A_BATCH)):
            mind = brain.begin(values, None, dtype)
            reading = brain.think_on(mind, brain.chart.training.ticks)
            for name in names:
                target_BS = values[name].long()
                known_BS = target_BS != void_of(values[name].dtype)
                target_N, logits_NV = target_BS[known_BS], reading.logits[name][known_BS].float()
                nats += float(F.cross_entropy(logits_NV, target_N, reduction="sum").double())
                right += float((logits_NV.argmax(-1) == target_N).sum())
                count += len(target_N)
                many += 0.0 if sizes_V is None else float(sizes_V[target_N].sum())
    bits = nats / math.log(2)
    found: dict[str, Any] = {"symbols": int(count), "bits_per_symbol": bits / max(1.0, count)}
    found["right"] = right / max(1.0, count)
    return found if sizes_V is None else found | {"bits_per_byte": bits / max(1.0, many)}


def likelihood(brain: Brain, scenes: SceneSet, bf16: bool, most: int) -> float | None:
    """Returns the probability of what came next, as its geometric mean over symbols; None as for `language`.

    Args:
        brain: what to judge.
        scenes: as for `language`.
        bf16: precision of matrix products.
        most: so many scenes, spread over the set.
    """
    index = np.linspace(0, len(scenes) - 1, min(most, len(scenes))).astype(np.int64)
    found = language(brain, scenes.take(index), bf16)
    return None if found is None else float(2.0 ** -found["bits_per_symbol"])


def _bytes(sense: object) -> torch.Tensor | None:
    """Returns how many bytes each symbol stands for `[V]`, the end none; None where symbols aren't text."""
    if not isinstance(sense, TextSpec):
        return None
    if sense.tokenizer is not None:
        return torch.tensor([*bytes_of_tokens(sense.tokenizer, sense.rows), 0])
    sizes = [1] * BYTES + [len(piece_bytes([BYTES + n], sense.pieces)) for n in range(len(sense.pieces))]
    return torch.tensor([*sizes, 0])
