"""Charts as YAML text, which reads back to what it was made from."""

from __future__ import annotations

import re
from typing import Any

import yaml
from pydantic import BaseModel
from yaml.nodes import ScalarNode

from ltm.chart.document import FLOAT, INT


def dump(model: BaseModel) -> str:
    """Writes a model as YAML, leaving defaults out; `parse` of the result is equal to the model."""
    return dump_yaml(model.model_dump(mode="json", exclude_defaults=True))


class _Dumper(yaml.SafeDumper):
    """Quotes whatever this or an ordinary YAML reader would take for something else than text; writes no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: _Dumper, text: str) -> ScalarNode:
    # PyYAML would write these line breaks of other systems as they are, and read them back as spaces.
    style = '"' if re.search("[\r\x85\u2028\u2029\ufeff]", text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT, list("-+.0123456789"))
_Dumper.add_implicit_resolver("tag:yaml.org,2002:int", INT, list("-+0123456789"))


def dump_yaml(data: dict[str, Any]) -> str:
    """Writes plain data as YAML that `load_yaml` reads back to equal data; keys stay in their order."""
    text: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None, indent=2
    )
    return text
