"""Command line, schema and public names change only on purpose."""

from __future__ import annotations

import json

import pytest
from refresh import FROZEN, HERE


@pytest.mark.parametrize("what", FROZEN)
def test_is_as_it_was(what: str) -> None:
    kept = json.loads((HERE / f"{what}.json").read_text(encoding="utf-8"))
    now = json.loads(json.dumps(FROZEN[what]()))
    assert now == kept, "changed on purpose? python tests/frozen/refresh.py, and say so in CHANGELOG.md"
