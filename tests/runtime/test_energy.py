"""Energy counters, as Linux shows them: summed once each, across an overflow, or refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from ltm.errors import LtmError
from ltm.runtime.energy import EnergyMeter

SPAN = 262_143_328_850


def counter(root: Path, zone: str, name: str, microjoules: int) -> Path:
    folder = root / zone
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "name").write_text(name + "\n")
    (folder / "max_energy_range_uj").write_text(f"{SPAN}\n")
    (folder / "energy_uj").write_text(f"{microjoules}\n")
    return folder / "energy_uj"


def test_processors_and_memory_are_summed_and_nothing_twice(tmp_path: Path) -> None:
    names = {
        "intel-rapl:0": "package-0",
        "intel-rapl:0:0": "core",
        "intel-rapl:0:1": "dram",
        "intel-rapl:1": "package-1",
        "intel-rapl:2": "psys",
        "intel-rapl-mmio:0": "package-0",
    }
    files = {zone: counter(tmp_path, zone, name, 1_000_000) for zone, name in names.items()}
    meter = EnergyMeter(tmp_path)
    for place, file in enumerate(files.values()):
        file.write_text(f"{1_000_000 + 10**place * 1_000_000}\n")
    assert meter.joules() == pytest.approx(1 + 100 + 1000)  # package-0, dram, package-1
    assert meter.joules() == 0


def test_a_counter_that_starts_again_is_followed(tmp_path: Path) -> None:
    file = counter(tmp_path, "intel-rapl:0", "package-0", SPAN - 2_000_000)
    meter = EnergyMeter(tmp_path)
    file.write_text("3000000\n")
    assert meter.joules() == pytest.approx(5.0, abs=1e-5)


def test_why_there_is_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LtmError, match="no energy counters"):
        EnergyMeter(tmp_path / "none")
    file = counter(tmp_path, "intel-rapl:0", "package-0", 5)
    file.write_text("what?\n")
    with pytest.raises(LtmError, match=r"energy_uj can't be read"):
        EnergyMeter(tmp_path)
    read = Path.read_text

    def guarded(self: Path, *args: str, **named: str) -> str:
        if self.name == "energy_uj":
            raise PermissionError(13, "Permission denied")
        return read(self, *args, **named)

    monkeypatch.setattr(Path, "read_text", guarded)  # root, who may run the tests, is never refused
    with pytest.raises(LtmError, match="for root only"):
        EnergyMeter(tmp_path)
