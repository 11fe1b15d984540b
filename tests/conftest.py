"""What every test runs under: one thread, explicit seeds, no display."""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ.setdefault("MPLBACKEND", "Agg")
# Also for what tests start: with a worker on every core, more threads would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import jaxtyping
import pytest
import torch
from hypothesis import HealthCheck, settings

torch.set_num_threads(1)
settings.register_profile(
    "ltm", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ltm")


@pytest.fixture(autouse=True, scope="session")
def _brief_timing() -> Iterator[None]:
    """Reports time thoughts for a moment rather than for seconds; no test looks at how long thoughts take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ltm.training.evaluate.TIMING_SECONDS", 0.1)
        yield


@pytest.fixture(scope="module")
def symbolic_sizes() -> Iterator[None]:
    """Leaves types unchecked where graphs are made for export: the batch is a symbol then, no `int`."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
