"""What every test runs under: one thread, explicit seeds, no display."""

from __future__ import annotations

import os

os.environ.setdefault("MPLBACKEND", "Agg")
# Also for what tests start: with a worker on every core, more threads would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from hypothesis import HealthCheck, settings

torch.set_num_threads(1)
settings.register_profile(
    "ltm", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ltm")
