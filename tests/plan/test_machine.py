"""What work takes on a machine, and where a measurement is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

import ltm.plan.calibration as module
from ltm.errors import LtmError
from ltm.plan.calibration import cache_file, calibration, read_calibration, timed, write_calibration
from ltm.plan.work import Work
from tests.plan.machines import machine


def test_a_measured_product_takes_what_was_measured() -> None:
    assert machine().product_seconds((64, 256, 256)) == pytest.approx(2 * 64 * 256 * 256 / 16e9)
    assert machine().product_seconds((1, 16, 16)) == pytest.approx(2 * 16 * 16 / 1e9)


def test_rates_lie_between_their_neighbours_and_stay_at_the_edge() -> None:
    found = machine()
    # Half the way on both logarithmic scales: the geometric mean of four rates.
    assert found.rate(8, 64) == pytest.approx((1e9 * 4e9 * 4e9 * 16e9) ** 0.25)
    assert found.rate(100_000, 100_000) == pytest.approx(16e9)
    assert found.rate(1, 1) == pytest.approx(1e9)


def test_seconds_are_the_sum_of_calls_numbers_and_products() -> None:
    work = Work(views=3, calls=5, numbers=1000, products={(64, 256, 256): 2})
    wanted = 3 * 2e-6 + 5 * 4e-6 + 1000 * 1e-9 + 2 * 2 * 64 * 256 * 256 / 16e9
    assert machine().seconds(work) == pytest.approx(wanted)
    assert machine(speed=2.0).seconds(work) == pytest.approx(wanted / 2)


def test_a_calibration_is_measured_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured, said = [], list[str]()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(module, "measure", lambda say: measured.append(1) or machine(len(measured)))
    first = calibration(False, said.append)
    assert calibration(False, said.append) == first and measured == [1]
    assert cache_file().is_relative_to(tmp_path / "ltm") and "1-threads" in cache_file().name
    assert calibration(True, said.append) == machine(2) == calibration(False, said.append)
    assert not said
    cache_file().write_text("{}")
    assert calibration(False, said.append) == machine(3)
    assert "measuring anew" in said[0]


def test_a_relative_cache_folder_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert cache_file().is_relative_to(Path.home() / ".cache")


def test_a_file_from_another_machine(tmp_path: Path) -> None:
    file = tmp_path / "other" / "pi.json"
    write_calibration(machine(threads=4), file)
    assert read_calibration(file) == machine(threads=4)
    for text, expected in (("[]", "no calibration"), ('{"processor": "x"}', "no calibration")):
        file.write_text(text)
        with pytest.raises(LtmError, match=expected):
            read_calibration(file)
    uneven = machine().model_copy(update={"products": machine().products[:3]})
    write_calibration(uneven, file)
    with pytest.raises(LtmError, match="all combinations"):
        read_calibration(file)
    with pytest.raises(LtmError, match="can't be read"):
        read_calibration(tmp_path / "none.json")


def test_timing_counts_runs() -> None:
    runs = []
    assert timed(lambda: runs.append(1), seconds=0.0) > 0
    assert len(runs) >= 7
