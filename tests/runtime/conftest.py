"""A hub on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_case import TWO
from hub_server import Hub, serving
from tiny import brain_with

from ltm.runtime import hub_access
from ltm.runtime.brains import save_brain


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    constants = pytest.importorskip(
        "huggingface_hub.constants", reason="huggingface_hub is not installed: pip install 'ltm[hub]'"
    )
    for name in ("HF_HUB_DISABLE_XET", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_IMPLICIT_TOKEN"):
        monkeypatch.setattr(constants, name, True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hub_access, "WAITS", (0.0, 0.0))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with serving() as stand_in:
        monkeypatch.setenv("HF_ENDPOINT", stand_in.url)
        yield stand_in
    assert not stand_in.faults and not stand_in.asked("agent")  # all that was planned happened, nothing else was asked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_brain(brain_with(TWO), tmp_path / "brain", {"measured": {"exact": 0.5}})
    return tmp_path / "brain"
