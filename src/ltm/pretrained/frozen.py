"""A loaded model and what it has made so far: its weights never change, so what it makes of a value doesn't either.

Values are run one by one, each without padding. So what is made of one doesn't depend on the batch that it comes in,
and a run that goes on after a crash, with nothing remembered, gets the same bits.

Shapes: S sites, K channels.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor

from ltm.errors import FolderError
from ltm.pretrained.facts import Facts, Run, Value, units_of

REMEMBERED = 2**30
"""Bytes that one model has made and that are kept at most; what was asked for longest ago goes first."""


class Frozen:
    """A model that is run, and remembers.

    Args:
        name: as charts call it.
        run: the model.
        facts: what is known of it.
        digest: 32 bytes that say which files it was made of.
    """

    def __init__(self, name: str, run: Run, facts: Facts, digest: bytes) -> None:
        self.name, self.facts, self.digest = name, facts, digest
        self.ran = self.recalled = 0
        """How often it ran, and how often it didn't have to."""
        self._run = run
        self._made: OrderedDict[bytes, Tensor] = OrderedDict()
        self._bytes = 0

    def made(self, value: Value, key: bytes, most: int | None = None) -> Tensor:
        """Returns what the model makes of one value, fp32 `[S, K]`; computed once, as long as it is remembered.

        Args:
            value: as a sense encodes it, without padding.
            key: that equal values share, and others don't.
            most: bytes that are remembered of what it makes; of the last value in any case. `REMEMBERED` when absent.

        Raises:
            FolderError: it makes NaN or infinity, or something of another size than it should.
        """
        found = self._made.get(key)
        if found is not None:
            self._made.move_to_end(key)
            self.recalled += 1
            return found
        self.ran += 1
        # What is kept serves thinking and training alike, whichever asks first, at full precision.
        with torch.inference_mode(False), torch.no_grad(), torch.autocast("cpu", enabled=False):
            made = torch.from_numpy(self._run(value)).clone()
        self._check(made, value)
        self._made[key] = made
        self._bytes += made.nbytes
        while self._bytes > (REMEMBERED if most is None else most) and len(self._made) > 1:
            self._bytes -= self._made.popitem(last=False)[1].nbytes
        return made

    def _check(self, made: Tensor, value: Value) -> None:
        rows, columns = self.facts.sites(units_of(value))
        if made.shape != (rows * columns, self.facts.channels):
            expected = [rows * columns, self.facts.channels]
            raise FolderError(f"model {self.name!r} makes {list(made.shape)} of a value; expected {expected}")
        if not bool(made.isfinite().all()):
            raise FolderError(f"model {self.name!r} makes NaN or infinity: its weights are damaged")
