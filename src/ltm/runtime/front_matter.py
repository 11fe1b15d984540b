"""What stands at the head of a model card for machines: the hub reads from it what a repository holds."""

from __future__ import annotations

import re
from typing import Any

import yaml

from ltm.chart.document import load_yaml
from ltm.errors import ChartError, HubError

LIBRARY = "ltm"
PIPELINES = {
    ("image", "label"): "image-classification",
    ("audio", "label"): "audio-classification",
    ("text", "label"): "text-classification",
    ("number", "label"): "tabular-classification",
    ("vector", "label"): "tabular-classification",
    ("number", "number"): "tabular-regression",
    ("vector", "number"): "tabular-regression",
}
"""The hub's word for what a brain does, by what it sees and does. There is none for puzzles."""
_FENCE = "---\n"
_LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}")


def front_matter(chart_text: str, license: str | None = None) -> str:
    """Returns the head of a card: YAML between two lines of dashes.

    Args:
        chart_text: of the brain; may be empty.
        license: the hub's name of it, such as `mit` or `apache-2.0`.

    Raises:
        HubError: no such name can be.
    """
    chart = _plain(chart_text)
    senses, acts, zones = (_kinds(chart.get(part)) for part in ("senses", "acts", "zones"))
    told: dict[str, Any] = {"library_name": LIBRARY}
    if license is not None:
        if not _LICENSE.fullmatch(license):
            raise HubError(f"license {license!r}: expected the hub's name of one, such as mit or apache-2.0")
        told["license"] = license
    told["tags"] = list(dict.fromkeys((LIBRARY, "local-thinking-models", *zones)))
    doing = "text-generation" if "next" in acts else None
    if len(acts) == 1 and len(set(senses)) == 1:
        doing = PIPELINES.get((senses[0], acts[0]), doing)
    if doing is not None:
        told["pipeline_tag"] = doing
    return _FENCE + yaml.safe_dump(told, sort_keys=False) + _FENCE


def with_front_matter(card: str, chart_text: str, license: str | None = None) -> str:
    """Returns a card with a head: its own where it has one, to which at most the license is added."""
    if not card.startswith(_FENCE):
        return front_matter(chart_text, license) + "\n" + card
    head, dashes, rest = card.removeprefix(_FENCE).partition(_FENCE)
    if license is None or not dashes or re.search(r"^license:", head, re.MULTILINE):
        return card
    front_matter(chart_text, license)  # refuses an impossible one
    return f"{_FENCE}{head}license: {license}\n{_FENCE}{rest}"


def _plain(chart_text: str) -> dict[str, Any]:
    try:
        return dict(load_yaml(chart_text).data) if chart_text else {}
    except ChartError:
        return {}  # a card says what it can; whether the chart is sound is seen elsewhere


def _kinds(parts: Any) -> list[str]:
    found = parts.values() if isinstance(parts, dict) else ()
    return [str(part["kind"]) for part in found if isinstance(part, dict) and "kind" in part]
