"""Zones on disk: they come in when the wave calls them, under a hard budget of bytes, and the least recent leave first.

A zone's file is verified when it first comes in, and again once it has changed, so a brain that changes under one's
hands is noticed. Zones that the wave expects next are sent for while others compute, where there is room without
sending away what is expected sooner. The numbers are those of the files, so answers are bit for bit those of the brain
fully loaded. A pretrained model that a zone looks through comes and goes with it, and counts as part of it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import torch
from torch import Tensor, nn

from ltm.brain.residence import Paging
from ltm.chart.base import format_bytes
from ltm.chart.size import BYTES_A_WEIGHT
from ltm.errors import LtmError
from ltm.pretrained.models import let_go
from ltm.zones.zone import Zone

START = "start_O"
"""What a zone's own state begins with stays here: thoughts begin with it, whether the zone fires or not."""
REMEMBERS = 8
"""One part in so many of the budget is for what pretrained models have made, at most."""
Load = Callable[[str], Mapping[str, Tensor]]
"""From a zone's name to its tensors, read and verified."""


class Pager:
    """Keeps the weights of some zones here, and the others on disk.

    Args:
        zones: without weights.
        load: reads a zone; called from another thread too.
        budget: bytes of weights here at any moment.
        pins: zones that never leave, once they are here.

    Raises:
        LtmError: the budget doesn't hold the largest zone beside those that are pinned; says which, and what would.
    """

    def __init__(self, zones: Mapping[str, Zone], load: Load, budget: int, pins: Sequence[str] = ()) -> None:
        self._zones, self._load, self._budget = dict(zones), load, budget
        self._sizes = {name: size_of(zone) for name, zone in zones.items()}
        self._pins = frozenset(pins)
        # Zones may look through different parts of one model, which are here apart.
        self._looking = {
            name: frozenset((body.spec.model, part) for body in zone.models for part in body.parts)
            for name, zone in zones.items()
        }
        self._here: OrderedDict[str, None] = OrderedDict()
        self._coming: dict[str, Future[Mapping[str, Tensor]]] = {}
        self._expected: list[str] = []
        """Who will fire, the soonest first."""
        self._closed = False
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ltm-pager")
        self.paging = Paging()
        self._share_with_models(self._check_budget())

    def _share_with_models(self, least: int) -> None:
        """Sets aside what models may remember of what they have made; it is theirs alone, so the budget stays hard."""
        parts = [part for zone in self._zones.values() for part in zone.models]
        remembered = min(self._budget - least, self._budget // REMEMBERS) // len(parts) if parts else 0
        for part in parts:
            part.remembered = remembered
        self._budget -= remembered * len(parts)

    def _check_budget(self) -> int:
        """Returns the least that works."""
        pinned = sum(self._sizes[name] for name in self._pins)
        others = {name: size for name, size in self._sizes.items() if name not in self._pins}
        largest = max(others, key=others.__getitem__, default="")
        least = pinned + others.get(largest, 0)
        if least > self._budget:
            beside = f" beside the {format_bytes(pinned)} of pinned zones" if pinned else ""
            looks = " with the model that it looks through" if self._looking.get(largest) else ""
            which = "zones are pinned"
            if largest:
                which = f"zone {largest!r}{looks} takes {format_bytes(others[largest])}{beside}"
            raise LtmError(f"--memory {format_bytes(self._budget)}: {which}; at least {least:,} bytes are needed")
        return least

    @property
    def here(self) -> tuple[str, ...]:
        """The zones whose weights are here, the least recently needed first."""
        return tuple(self._here)

    @property
    def used(self) -> int:
        """Bytes of weights that are here or on their way."""
        return sum(self._sizes[name] for name in (*self._here, *self._coming))

    def need(self, name: str) -> None:
        """Sees to it that a zone's weights are here; waits for them where they aren't.

        Raises:
            FolderError: its file is missing, damaged, or not what the brain's record says.
        """
        if name in self._expected:
            self._expected.remove(name)
        if name in self._here:
            self._here.move_to_end(name)
            self.paging = replace(self.paging, hits=self.paging.hits + 1)
            return
        start = time.perf_counter()
        coming = self._coming.pop(name, None)
        ahead = coming is not None and coming.done()
        if coming is not None:
            tensors = coming.result()
        else:
            self._make_room(self._sizes[name], None)
            tensors = self._load(name)
        self._settle(name, tensors)
        for part in self._zones[name].models:
            part.load()  # now, so that the wait for it is counted
        now = self.paging
        self.paging = replace(
            now,
            hits=now.hits + ahead,
            ahead=now.ahead + ahead,
            misses=now.misses + (not ahead),
            bytes_read=now.bytes_read + self._sizes[name],
            waited=now.waited + time.perf_counter() - start,
            peak_bytes=max(now.peak_bytes, self.used),
        )

    def expect(self, names: Sequence[str]) -> None:
        """Sends for zones that will fire, the soonest first, as far as there is room without those that fire sooner."""
        self._expected = list(names)
        for place, name in enumerate(() if self._closed else names):
            if name in self._here or name in self._coming:
                continue
            if not self._make_room(self._sizes[name], place):
                return
            self._coming[name] = self._reader.submit(self._load, name)
            self.paging = replace(self.paging, peak_bytes=max(self.paging.peak_bytes, self.used))

    def close(self) -> None:
        """Ends reading ahead, for who opens many brains in one process; zones that are needed later still come."""
        self._closed = True
        self._reader.shutdown(wait=True, cancel_futures=True)
        self._coming = {name: coming for name, coming in self._coming.items() if not coming.cancelled()}

    def _make_room(self, size: int, place: int | None) -> bool:
        """Lets zones leave until a size fits; returns whether it does.

        Who isn't expected leaves first, the least recently needed before others; then who is expected latest.

        Args:
            size: in bytes.
            place: of the zone among those expected, before which nobody leaves; None for a zone that is needed now.
        """
        free = self._budget - self.used
        leaving = []
        for name in self._may_leave(self._here, place) if free < size else ():
            if free >= size:
                break
            leaving.append(name)
            free += self._sizes[name]
        if free < size and place is not None:
            return False  # nobody leaves for a zone that can't come in yet
        for name in leaving:
            self._leave(name)
        for name in self._may_leave(self._coming, None) if free < size else ():
            if free >= size:
                break
            self._let_go_by(name)
            free += self._sizes[name]
        return free >= size

    def _may_leave(self, names: Iterable[str], place: int | None) -> list[str]:
        """Returns who of some zones may leave for one at a place among the expected, who should leave first before."""
        first = {name: at for at, name in reversed(list(enumerate(self._expected)))}
        never = len(self._expected)
        free = [
            name
            for name in names
            if name not in self._pins and first.get(name, never) > (-1 if place is None else place)
        ]
        return sorted(free, key=lambda name: -first.get(name, never))

    def _let_go_by(self, name: str) -> None:
        """Lets in what was sent for too early, and it leaves at once; what can't be read needn't be, and isn't told."""
        coming = self._coming.pop(name)
        try:
            self._settle(name, coming.result())
        except LtmError:
            return
        self._leave(name)
        read = self.paging.bytes_read + self._sizes[name]
        self.paging = replace(self.paging, vain=self.paging.vain + 1, bytes_read=read)

    def _settle(self, name: str, tensors: Mapping[str, Tensor]) -> None:
        zone = self._zones[name]
        # What stays here when the zone leaves must be no view of what leaves.
        kept = {} if zone.start_O is None else {START: zone.start_O}
        zone.load_state_dict({**tensors, **kept}, assign=True)
        self._here[name] = None

    def _leave(self, name: str) -> None:
        vacate(self._zones[name])
        del self._here[name]
        for model, part in self._looking[name] - {one for other in self._here for one in self._looking[other]}:
            let_go(model, [part])
        self.paging = replace(self.paging, evictions=self.paging.evictions + 1)


class Lodging:
    """The zones of one brain among those of several that share a pager.

    Args:
        pager: has all their zones.
        prefix: what it calls this brain's by, before their names.
    """

    def __init__(self, pager: Pager, prefix: str) -> None:
        self._pager, self._prefix = pager, prefix

    @property
    def paging(self) -> Paging:
        """What it has come to so far, of all brains together."""
        return self._pager.paging

    def expect(self, names: Sequence[str]) -> None:
        """Sends for zones that will fire soon."""
        self._pager.expect([self._prefix + name for name in names])

    def need(self, name: str) -> None:
        """Sees to it that a zone's weights are here."""
        self._pager.need(self._prefix + name)


def size_of(zone: Zone) -> int:
    """Returns the bytes of a zone's tensors, whether they are here or not; of models that it looks through too."""
    tensors = ((name, tensor) for name, tensor in zone.state_dict().items() if name != START)
    own: int = sum(tensor.numel() * tensor.element_size() for _, tensor in tensors)
    return own + BYTES_A_WEIGHT * zone.borrowed


def vacate(zone: Zone) -> None:
    """Lets go of all numbers of a zone but what its own state begins with; shapes stay."""
    kept = zone.start_O
    for part in zone.modules():
        for name, weight in part._parameters.items():
            if weight is not None:
                part._parameters[name] = nn.Parameter(torch.empty_like(weight, device="meta"), requires_grad=False)
        for name, buffer in part._buffers.items():
            if buffer is not None and name not in part._non_persistent_buffers_set:
                part._buffers[name] = torch.empty_like(buffer, device="meta")
    zone.start_O = kept
