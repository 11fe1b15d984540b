"""What a thought makes the processor do, counted operator by operator while the real brain thinks.

Nothing is assumed of any kind of zone: a thought of one segment and one of two are thought under a recorder that sees
every operator of PyTorch with the shapes it gets, and their difference is what each further segment costs. What that
takes in seconds is a matter of the machine, and of `ltm.plan.calibration`.

Letters: a product is of `[M, K]` by `[K, N]`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.brain.thought import Thought

Product = tuple[int, int, int]
"""M, K and N."""


@dataclass(frozen=True)
class Work:
    """Operators that were run.

    Attributes:
        views: that only look at a tensor in another way.
        calls: that compute, products among them.
        numbers: numbers read or written by those that are no products, the larger of the two of each.
        products: how often each matrix product was run.
    """

    views: int = 0
    calls: int = 0
    numbers: int = 0
    products: Mapping[Product, int] = field(default_factory=dict)

    def plus(self, other: Work, times: int = 1) -> Work:
        """Returns this and so many times the other; -1 takes it away."""
        products = Counter(self.products)
        for product, count in other.products.items():
            products[product] += times * count
        return Work(
            self.views + times * other.views,
            self.calls + times * other.calls,
            self.numbers + times * other.numbers,
            {product: count for product, count in products.items() if count},
        )


@dataclass(frozen=True)
class ThoughtWork:
    """What thinking about a scene takes.

    Attributes:
        start: until the first segment: seeing, and walking through earlier steps.
        segment: each segment, with its reading.
        segment_ticks: ticks of a segment.
        first: the thought of one segment that was thought to find out.
    """

    start: Work
    segment: Work
    segment_ticks: int
    first: Thought

    def of(self, ticks: int) -> Work:
        """Returns the work of a thought of so many ticks."""
        return self.start.plus(self.segment, segments(ticks, self.segment_ticks))


def segments(ticks: int, segment_ticks: int) -> int:
    """Returns in how many segments so many ticks are thought."""
    return max(1, math.ceil(ticks / segment_ticks))


def thought_work(brain: Brain, values: Mapping[str, Tensor]) -> ThoughtWork:
    """Thinks twice about one scene, and counts.

    Args:
        brain: of any weights: what they are changes nothing.
        values: what is seen, `[1, *sides]` for each sense.
    """
    ticks = brain.chart.training.ticks
    will = brain.chart.will
    found = []
    # Once unrecorded: the first thought of all makes what later ones find ready, such as where windows lie.
    think(brain, values, will.model_copy(update={"ticks": ticks, "tries": 1, "ms": None, "operations": None}))
    for count in (1, 2):
        # Restless from the start where the brain is restless at all, as a long thought mostly is.
        once = will.model_copy(
            update={"ticks": count * ticks, "tries": 1, "confidence": 1.0, "ms": None, "operations": None}
        )
        if will.noise and will.patience < will.ticks:
            once = once.model_copy(update={"patience": 0})
        with _Recorder() as recorder:
            (thought,) = think(brain, values, once)
        found.append((recorder.work(), thought))
    (one, first), (two, _) = found
    segment = two.plus(one, -1)
    return ThoughtWork(one.plus(segment, -1).plus(_looks(brain, values)), segment, ticks, first)


def _looks(brain: Brain, values: Mapping[str, Tensor]) -> Work:
    """Returns what pretrained models do, once a value.

    The recorder doesn't see it: they remember what they made, and not all are run by PyTorch. Their operations are
    taken for as many square products as they come to, of their channels, at their sites.
    """
    places = brain.begin(values).places
    products: Counter[Product] = Counter()
    for name in brain.circuit.looking:
        for part in brain.circuit.zone(name).models:
            sites, channels = places.count(part.spec.sense), part.facts.channels
            operations = sum(part.once(places.raw[part.spec.sense]))
            products[sites, channels, channels] += max(1, round(operations / (2 * sites * channels**2)))
    return Work(products=products)


def operations(brain: Brain, values: Mapping[str, Tensor], work: ThoughtWork, ticks: int) -> int:
    """Returns the operations of a thought of so many ticks, as `Thought.operations` counts them; exact.

    Where the wave chooses for every scene, it is the most that there can be after the first segment.
    """
    places = brain.layout.places(values)
    later = range(work.segment_ticks, max(ticks, work.segment_ticks))
    readings = segments(ticks, work.segment_ticks) - 1
    fired = sum(brain.circuit.operations(places, tick) for tick in later)
    return work.first.operations + fired + readings * brain.reading_operations(places)


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts operators; composite ones by what they are made of."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.views = self.calls = self.numbers = 0
        self.products: Counter[Product] = Counter()

    def work(self) -> Work:
        return Work(self.views, self.calls, self.numbers, dict(self.products))

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        # In inference mode composite operators arrive whole.
        with self:
            parts = func.decompose(*args, **kwargs)
        if parts is not NotImplemented:
            return parts
        out = func(*args, **kwargs)
        self._note(func, args, out)
        return out

    def _note(self, func: Any, args: Any, out: Any) -> None:
        if func.is_view or func in _AS_VIEWS:
            self.views += 1
            return
        self.calls += 1
        shapes = _PRODUCTS.get(func.overloadpacket)
        if shapes is not None:
            self.products.update(shapes(args, out))
        else:
            self.numbers += max(_numbers(args), _numbers(out))


def _numbers(given: Any) -> int:
    if isinstance(given, Tensor):
        return given.numel()
    return max((_numbers(one) for one in given), default=0) if isinstance(given, list | tuple) else 0


def _matrices(first: int) -> Callable[[Any, Any], Counter[Product]]:
    """Returns what a product's arguments from `first` on multiply, for each of a batch."""

    def shapes(args: Any, out: Any) -> Counter[Product]:
        left, right = args[first].shape, args[first + 1].shape
        return Counter({(int(left[-2]), int(left[-1]), int(right[-1])): math.prod(left[:-2])})

    return shapes


def _attention(args: Any, out: Any) -> Counter[Product]:
    query, key = args[0].shape, args[1].shape
    many, sites, seen, width = math.prod(query[:-2]), int(query[-2]), int(key[-2]), int(query[-1])
    return Counter({(sites, width, seen): many}) + Counter({(sites, seen, width): many})


def _convolution(args: Any, out: Any) -> Counter[Product]:
    """A convolution as the product that it amounts to: what it makes is less than what it sees where it strides."""
    kernel, made = args[1].shape, out.shape
    return Counter({(made[0] * math.prod(made[2:]), math.prod(kernel[1:]), int(kernel[0])): 1})


aten = torch.ops.aten
_PRODUCTS: dict[Any, Callable[[Any, Any], Counter[Product]]] = {
    aten.mm: _matrices(0),
    aten.bmm: _matrices(0),
    aten.addmm: _matrices(1),
    aten.baddbmm: _matrices(1),
    aten.convolution: _convolution,
    aten._scaled_dot_product_flash_attention_for_cpu: _attention,
}
_AS_VIEWS = {aten._unsafe_view.default, aten._reshape_alias.default, aten.detach.default}
