"""Machines that nobody measured: every time that tests plan with is made up."""

from __future__ import annotations

from ltm.plan.calibration import Calibration, ProductRate


def machine(speed: float = 1.0, threads: int = 1) -> Calibration:
    """Returns a calibration with rates that grow with rows and sides, `speed` times as fast as the slowest here."""
    rates = {(1, 16): 1e9, (64, 16): 4e9, (1, 256): 4e9, (64, 256): 16e9}
    return Calibration(
        processor="made up",
        threads=threads,
        torch="0",
        call=4e-6 / speed,
        view=2e-6 / speed,
        number=1e-9 / speed,
        products=tuple(ProductRate(rows=rows, side=side, rate=rate * speed) for (rows, side), rate in rates.items()),
    )
