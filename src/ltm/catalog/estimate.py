"""What follows from the brain's figures: every formula is a product and quotient of quantities, and nothing else.

Because no quantity appears twice in a formula and all are positive, interval arithmetic (Moore 1966) gives the exact
range, and Monte Carlo draws (independent of one another: published figures say nothing of correlation) lie within it.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from ltm.catalog.quantity import Draws, Quantity
from ltm.errors import LtmError, nearest

SAMPLES = 20_000
"""Monte Carlo draws of every quantity."""


@dataclass(frozen=True)
class Formula:
    """`factor` times some quantities, over some others.

    Attributes:
        name: a word for it.
        says: what it is, for people.
        unit: of the result; `share` for a share of one.
        times: quantities that are multiplied.
        over: quantities that are divided by.
        factor: a constant, such as one byte in eight bits.
    """

    name: str
    says: str
    unit: str
    times: tuple[str, ...]
    over: tuple[str, ...] = ()
    factor: float = 1.0

    @property
    def quantities(self) -> tuple[str, ...]:
        """Every quantity that it needs."""
        return self.times + self.over


BIT = 1 / 8

BRAIN = (
    Formula("brain_bytes", "whole brain", "B", ("synapses", "bits_per_synapse"), (), BIT),
    Formula("area_bytes", "one cortical area", "B", ("cortex_neurons", "synapses_per_neuron", "bits_per_synapse"),
            ("cortex_areas",), BIT),
    Formula("area_in_zones", "zones in one area", "", ("cortex_neurons", "synapses_per_neuron", "bits_per_synapse"),
            ("cortex_areas", "zone_bytes"), BIT),
    Formula("active_bytes", "active at once", "B", ("synapses", "bits_per_synapse", "active_fraction"), (), BIT),
    Formula("active_neurons", "neurons active at once", "", ("neurons", "active_fraction")),
    Formula("synapses_each", "synapses a neuron, all", "", ("synapses",), ("neurons",)),
    Formula("operations_per_second", "operations a second", "",
            ("synapses", "firing_rate", "operations_per_transmission")),
    Formula("operations_per_cycle", "operations a gamma cycle", "",
            ("synapses", "firing_rate", "operations_per_transmission"), ("gamma",)),
    Formula("joules_per_operation", "joules an operation", "J", ("power",),
            ("synapses", "firing_rate", "operations_per_transmission")),
    Formula("computing_joules", "same, cortex computing", "J", ("computation_power",),
            ("cortex_synapses", "firing_rate", "operations_per_transmission")),
    Formula("sending_over_computing", "power, sending/computing", "", ("communication_power",),
            ("computation_power",)),
    Formula("rate_reserve", "spikes: bearable/usual", "", ("supportable_rate",), ("firing_rate",)),
    Formula("crossings_per_cycle", "crossings a gamma cycle", "", (), ("crossing_delay", "gamma")),
    Formula("gamma_per_theta", "gamma cycles in one theta", "", ("gamma",), ("theta",)),
)  # fmt: skip
"""What `ltm scale` says of the brain."""

SHARES = (
    Formula("share_at_rest", "share, one weight a synapse", "share", ("parameters",), ("synapses",)),
    Formula("share_of_bytes", "share of its bytes", "share", ("parameters", "bytes_per_parameter"),
            ("synapses", "bits_per_synapse"), 1 / BIT),
    Formula("share_active", "share of what is active", "share", ("active_parameters",),
            ("synapses", "active_fraction")),
    Formula("area_in_models", "one area, in such models", "",
            ("cortex_neurons", "synapses_per_neuron", "bits_per_synapse"),
            ("cortex_areas", "parameters", "bytes_per_parameter"), BIT),
)  # fmt: skip
"""What share of a brain something with so many `parameters`, of which `active_parameters` are used at once, is."""

TOKENS = (
    Formula("operations_per_token", "operations a token", "", ("operations_per_parameter", "active_parameters")),
    Formula("tokens_in_a_second", "tokens for a brain's second", "",
            ("synapses", "firing_rate", "operations_per_transmission"),
            ("operations_per_parameter", "active_parameters")),
)  # fmt: skip
"""What a language model computes beside a brain."""

THINKING = (
    Formula("thought_in_seconds", "a thought, in brain seconds", "s", ("thought_operations",),
            ("synapses", "firing_rate", "operations_per_transmission")),
)  # fmt: skip
"""What a thought of one of this project's brains computes beside a brain."""

ENERGY_GUESSED = (
    Formula("thought_joules", "joules a thought, estimated", "J", ("thought_cpu_seconds", "watts_per_core")),
    Formula("own_joules_per_operation", "joules an operation, est.", "J",
            ("thought_cpu_seconds", "watts_per_core"), ("thought_operations",)),
    Formula("energy_ratio", "that, over the brain's", "",
            ("thought_cpu_seconds", "watts_per_core", "synapses", "firing_rate", "operations_per_transmission"),
            ("thought_operations", "power")),
)  # fmt: skip
"""Energy where the processor does not report it."""

ENERGY_MEASURED = (
    Formula("thought_joules", "joules a thought, measured", "J", ("measured_joules",)),
    Formula("own_joules_per_operation", "joules an operation, meas.", "J", ("measured_joules",),
            ("thought_operations",)),
    Formula("energy_ratio", "that, over the brain's", "",
            ("measured_joules", "synapses", "firing_rate", "operations_per_transmission"),
            ("thought_operations", "power")),
)  # fmt: skip
"""Energy as the processor reports it."""


@dataclass(frozen=True)
class Estimate:
    """The value of a formula.

    Attributes:
        formula: what was computed.
        typical: from typical values; with skewed quantities neither the mean nor the median of the draws.
        low: the least that the ranges allow.
        high: the most that they allow.
        draws: Monte Carlo draws `[SAMPLES]`, sorted.
    """

    formula: Formula
    typical: float
    low: float
    high: float
    draws: Draws

    def quantile(self, share: float) -> float:
        """Returns the value below which this share of the draws lies."""
        return float(np.quantile(self.draws, share))

    def percentile(self, value: float) -> float:
        """Returns how many of 100 draws are at most `value`."""
        return 100 * float(np.searchsorted(self.draws, value, side="right")) / len(self.draws)


class World:
    """Quantities with their draws; the same seed and name give the same draws whatever else is set.

    Args:
        quantities: by name.
        seed: of the draws.
    """

    def __init__(self, quantities: Mapping[str, Quantity], seed: int = 0) -> None:
        self.quantities = dict(quantities)
        self.seed = seed
        self._drawn: dict[str, Draws] = {}

    def with_quantities(self, more: Mapping[str, Quantity]) -> World:
        """Returns the same world with some quantities added or replaced."""
        return World({**self.quantities, **more}, self.seed)

    def estimate(self, formula: Formula) -> Estimate:
        """Computes a formula from typical values, as an interval, and by Monte Carlo."""
        up = [self.quantities[name] for name in formula.times]
        down = [self.quantities[name] for name in formula.over]
        draws = np.full(SAMPLES, formula.factor)
        for name in formula.times:
            draws = draws * self._draws(name)
        for name in formula.over:
            draws = draws / self._draws(name)
        return Estimate(
            formula,
            formula.factor * prod(q.typical for q in up) / prod(q.typical for q in down),
            formula.factor * prod(q.low for q in up) / prod(q.high for q in down),
            formula.factor * prod(q.high for q in up) / prod(q.low for q in down),
            np.sort(draws),
        )

    def _draws(self, name: str) -> Draws:
        if name not in self._drawn:
            generator = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
            self._drawn[name] = self.quantities[name].draw(generator, SAMPLES)
        return self._drawn[name]


def formula_named(name: str) -> Formula:
    """Returns a formula about the brain or a share of it.

    Raises:
        LtmError: there is none of that name.
    """
    known = {formula.name: formula for formula in (*BRAIN, *SHARES)}
    if name not in known:
        raise LtmError(f"no figure {name!r}{nearest(name, known)}")
    return known[name]
