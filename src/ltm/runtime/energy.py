"""What the processor says it has used: the energy counters that Linux shows under `/sys/class/powercap`.

Intel's counters (RAPL, running average power limit) and AMD's from Zen on appear there under one name, `intel-rapl:N`.
They count whole processors: everything that runs meanwhile is in the figure. Most systems let only root read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ltm.errors import LtmError

POWERCAP = Path("/sys/class/powercap")
MICRO = 1e-6


@dataclass(frozen=True)
class _Counter:
    """One counter of microjoules, which starts again from 0 after `span`."""

    file: Path
    span: int

    def read(self) -> int:
        return _number(self.file)


class EnergyMeter:
    """Sums the counters of all processors of this machine, and of their memory where that is counted apart.

    Args:
        root: the folder that the counters are in.

    Raises:
        LtmError: there are none, or they can't be read; says which.
    """

    def __init__(self, root: Path = POWERCAP) -> None:
        zones = sorted(root.glob("intel-rapl:*")) if root.is_dir() else []
        # A package holds its cores and graphics; memory is beside it. `psys` holds everything once more.
        wanted = [zone for zone in zones if _name(zone).startswith(("package", "dram"))]
        if not wanted:
            raise LtmError(f"no energy counters under {root}")
        self.counters = tuple(_Counter(zone / "energy_uj", _number(zone / "max_energy_range_uj")) for zone in wanted)
        self.last = [counter.read() for counter in self.counters]

    def joules(self) -> float:
        """Returns what was used since this was asked last (or since the beginning).

        A counter may have started again once meanwhile, which takes a busy processor some minutes at least.
        """
        now = [counter.read() for counter in self.counters]
        used = sum(
            (new - old) % (counter.span + 1) for new, old, counter in zip(now, self.last, self.counters, strict=True)
        )
        self.last = now
        return used * MICRO


def _name(zone: Path) -> str:
    try:
        return (zone / "name").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _number(file: Path) -> int:
    try:
        return int(file.read_text(encoding="ascii"))
    except PermissionError:
        raise LtmError(f"{file} is for root only") from None
    except (OSError, ValueError):
        raise LtmError(f"{file} can't be read") from None
