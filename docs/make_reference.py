"""Makes docs/chart-reference.md from the chart's schema.

python docs/make_reference.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ltm.acts.table import KINDS as ACTS
from ltm.chart.schema import Chart
from ltm.scenes.sources import SOURCES
from ltm.senses.table import KINDS as SENSES
from ltm.zones.table import KINDS as ZONES

HEAD = """# Chart reference

Every key of a chart, made from its schema by `python docs/make_reference.py`. What has no default must be given.
`ltm chart schema` prints the schema itself, for editors; `ltm chart check FILE` locates mistakes by line and column.

Sizes in bytes may be written with a unit (`10MB`). Names are lower case, start with a letter, and hold letters, digits,
`-` and `_`, at most 40.
"""
PARTS = {
    "the chart": "Chart",
    "field": "FieldSpec",
    "senses": "",
    "acts": "",
    "zones": "",
    "coupling": "CouplingSpec",
    "coupling.edges": "Edge",
    "wave": "WaveSpec",
    "steps": "StepsSpec",
    "steps.transition": "TransitionSpec",
    "reflection": "ReflectionSpec",
    "will": "WillSpec",
    "scenes": "ScenesSpec",
    "training": "TrainingSpec",
}
KINDS: dict[str, dict[str, tuple[Any, Any]]] = {"senses": SENSES, "acts": ACTS}
INNER = {"llama": {"stretch": "Stretch"}, "pretrained": {"adapters": "AdaptersSpec"}}
"""Keys of kinds of zone that have keys of their own, and what declares these."""


def reference() -> str:
    """Returns the page."""
    schema = Chart.model_json_schema()
    models = {"Chart": schema, **schema["$defs"]}
    parts = [HEAD]
    for title, name in PARTS.items():
        parts.append(f"## {title}\n")
        if title in KINDS:
            for kind, (spec, _) in KINDS[title].items():
                parts.append(f"### {title}: kind {kind}\n")
                parts += _table(models[spec.__name__], ("kind",))
            continue
        if title != "zones":
            parts += _table(models[name], ())
            parts += _options() if title == "scenes" else []
            continue
        specs = {kind: models[spec.__name__] for kind, (spec, _) in ZONES.items()}
        shared = set.intersection(*(set(spec["properties"]) for spec in specs.values())) - {"kind"}
        parts.append("A name each. Keys that every kind takes:\n")
        parts += _table({"properties": models["MixerSpec"]["properties"], "required": []}, (), shared)
        parts.append("### roles\n")
        parts += _table(models["RoleSpec"], ())
        for kind, spec in specs.items():
            parts.append(f"### kind: {kind}\n")
            parts += _table(spec, ("kind", *shared))
            for key, inner in INNER.get(kind, {}).items():
                parts += [f"### {key} of kind {kind}\n", *_table(models[inner], ())]
    return "\n".join(parts).rstrip() + "\n"


def _options() -> list[str]:
    parts = []
    for name, source in SOURCES.items():
        schema = source.options.model_json_schema()
        if schema["properties"]:
            parts += [f"### scenes.options of source {name}\n", *_table(schema, ())]
    parts.append("Options of `reasoning-gym:NAME` are the settings of that generator.\n")
    return parts


def _table(model: dict[str, Any], without: tuple[str, ...], only: set[str] | None = None) -> list[str]:
    rows = []
    for key, about in model["properties"].items():
        if key in without or (only is not None and key not in only):
            continue
        default = "" if key in model.get("required", []) or "default" not in about else _value(about["default"])
        text = " ".join(about.get("description", "").split())
        rows.append(f"| `{key}` | {_kind(about)} | {default} | {text} |")
    about = [" ".join(model["description"].split()) + "\n"] if "description" in model else []
    if not rows:
        return [*about, "No keys of its own.\n"]
    return [*about, "| key | value | default | what it is |", "|---|---|---|---|", *rows, ""]


def _value(value: Any) -> str:
    if value is None:
        return "absent"
    return "as below" if isinstance(value, dict) else f"`{json.dumps(value)}`"


def _kind(about: dict[str, Any]) -> str:
    if "anyOf" in about:
        return ", ".join(dict.fromkeys(_kind(part) for part in about["anyOf"] if part.get("type") != "null"))
    if "const" in about:
        return f"`{about['const']}`"
    if "enum" in about:
        return ", ".join(f"`{word}`" for word in about["enum"])
    if about.get("type") == "array":
        if "prefixItems" in about:
            return "[" + ", ".join(_kind(part) for part in about["prefixItems"]) + "]"
        return f"list of {_kind(about['items'])}"
    if "$ref" in about or about.get("type") == "object" or "discriminator" in about:
        return "see below"
    word = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true, false"}[about["type"]]
    bounds = []
    for key, sign in (("minimum", "from"), ("exclusiveMinimum", "above"), ("ge", "from")):
        bounds += [f"{sign} {about[key]:,}"] if key in about else []
    for key, sign in (("maximum", "to"), ("exclusiveMaximum", "below"), ("le", "to")):
        bounds += [f"{sign} {about[key]:,}"] if key in about else []
    return " ".join([word, *bounds])


if __name__ == "__main__":
    (Path(__file__).parent / "chart-reference.md").write_text(reference(), encoding="utf-8")
