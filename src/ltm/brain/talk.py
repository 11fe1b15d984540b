"""Talking: a brain that tells what comes next goes on with a text or a sequence, symbol by symbol.

Sites that have gone by are not thought about again: causal zones carry a state from site to site, one for each firing
(`ltm.zones.causal.Carried`), so a symbol costs the same however long the text is, apart from what zones that keep every
site look back at. What is told is what thinking about all sites at once would tell, up to rounding.

Shapes: B batch, S sites, D field width, V symbols.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from ltm.acts.next import NextActSpec
from ltm.brain.brain import Brain
from ltm.brain.mind import Mind
from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.senses.text import TextSpec
from ltm.zones.causal import Carried

STRETCH = 512
"""So many symbols are taken in at once."""


def speaks(chart: Chart) -> bool:
    """Whether a brain tells what comes next."""
    return any(isinstance(act, NextActSpec) for act in chart.acts.values())


class Talk:
    """One text or sequence, as far as it has come.

    Args:
        brain: one that tells what comes next.

    Raises:
        DataError: it doesn't.
    """

    def __init__(self, brain: Brain) -> None:
        acts = [name for name, act in brain.chart.acts.items() if isinstance(act, NextActSpec)]
        if not acts:
            raise DataError("this brain doesn't tell what comes next: no act of kind 'next'")
        self.brain = brain
        self._act = acts[0]
        ((self._sense, self.spec),) = brain.chart.senses.items()
        self._carried = Carried()

    @property
    def end(self) -> int | None:
        """The symbol that ends a text; None where nothing does."""
        act = self.brain.chart.acts[self._act]
        assert isinstance(act, NextActSpec)
        return act.symbols - 1 if act.ends else act.stop

    def symbols(self, text: Any) -> list[int]:
        """Returns the symbols of a text or a sequence, however long it is.

        Raises:
            DataError: nothing there, or what the brain has no symbol for.
        """
        if isinstance(self.spec, TextSpec) and isinstance(text, str):
            return self.spec.tokenize(text)
        whole = self.spec.model_copy(update={"longest": sys.maxsize})
        return [int(symbol) for symbol in whole.encode(text)]

    def hear(self, symbols: Sequence[int]) -> Tensor:
        """Takes in symbols that come next; returns logits `[V]` of what follows them.

        Raises:
            DataError: there is none.
        """
        if not symbols:
            raise DataError("nothing to go on from: the text is empty")
        for start in range(0, len(symbols) - 1, STRETCH):
            self._take_in(symbols[start : min(start + STRETCH, len(symbols) - 1)])
        # Only of the last site it matters what comes next: a large vocabulary is told once.
        mind = self._take_in(symbols[-1:])
        with torch.inference_mode():
            logits_V = self.brain.read(mind).logits[self._act][0, -1]
        return logits_V.clone()

    def states(self, symbols: Sequence[int]) -> Tensor:
        """Takes in symbols that come next; returns what the field holds at each of them `[S, D]`.

        Raises:
            DataError: there is none.
        """
        if not symbols:
            raise DataError("nothing to look at: the text is empty")
        stretches = (symbols[start : start + STRETCH] for start in range(0, len(symbols), STRETCH))
        return torch.cat([self._take_in(stretch).lanes.field[0] for stretch in stretches])

    def _take_in(self, symbols: Sequence[int]) -> Mind:
        seen = torch.tensor([symbols]).to(getattr(torch, self.spec.layout.dtype))
        with torch.inference_mode():
            mind = self.brain.begin({self._sense: seen})
            mind.places.mask_BS = None  # all that is heard is there: byte 255 isn't what pads a text
            mind.places.carried = self._carried
            self._carried.rewind()
            self.brain.circuit.run(mind.lanes, mind.input, mind.places, self.brain.chart.training.ticks)
        return mind

    def go_on(
        self, symbols: Sequence[int], count: int, *, temperature: float = 0.0, top: int = 0, seed: int = 0
    ) -> Iterator[int]:
        """Yields what it says after some symbols, up to `count` symbols or the end.

        Args:
            symbols: what has been said.
            count: how many to say at most.
            temperature: 0 says the likeliest; 1 draws as likely as they are.
            top: draws among so many of the likeliest only; 0 among all.
            seed: of the draws.
        """
        draws = torch.Generator().manual_seed(seed)
        logits_V = self.hear(symbols)
        for _ in range(count):
            symbol = choose(logits_V, temperature, top, draws)
            if symbol == self.end:
                return
            yield symbol
            logits_V = self.hear([symbol])


def choose(logits_V: Tensor, temperature: float, top: int, draws: torch.Generator) -> int:
    """Returns a symbol: the likeliest, or one that is drawn."""
    if temperature <= 0:
        return int(logits_V.argmax())
    # The likeliest is 0 first, so that nothing overflows however low the temperature.
    scaled_V = (logits_V.double() - logits_V.max()) / temperature
    if top:
        least = scaled_V.topk(min(top, len(scaled_V))).values[-1]
        scaled_V = scaled_V.masked_fill(scaled_V < least, float("-inf"))
    return int(torch.multinomial(scaled_V.softmax(-1), 1, generator=draws))
