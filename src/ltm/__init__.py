"""Local Thinking Models: a brain out of small models.

Public names load on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ltm.brain.brain import Brain as Brain
    from ltm.brain.think import think as think
    from ltm.brain.thought import Thought as Thought
    from ltm.chart.load import load_chart as load_chart
    from ltm.chart.schema import Chart as Chart
    from ltm.export.export import export_brain as export_brain
    from ltm.runtime.brains import load_brain as load_brain
    from ltm.runtime.brains import save_brain as save_brain
    from ltm.scenes.scene import Scene as Scene
    from ltm.training.evaluate import evaluate as evaluate
    from ltm.training.fit import fit as fit

__version__ = "0.1.0"

_HOMES = {
    "Brain": "ltm.brain.brain",
    "Chart": "ltm.chart.schema",
    "Scene": "ltm.scenes.scene",
    "Thought": "ltm.brain.thought",
    "evaluate": "ltm.training.evaluate",
    "export_brain": "ltm.export.export",
    "fit": "ltm.training.fit",
    "load_brain": "ltm.runtime.brains",
    "load_chart": "ltm.chart.load",
    "save_brain": "ltm.runtime.brains",
    "think": "ltm.brain.think",
}

__all__ = [
    "Brain",
    "Chart",
    "Scene",
    "Thought",
    "evaluate",
    "export_brain",
    "fit",
    "load_brain",
    "load_chart",
    "save_brain",
    "think",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ltm' has no attribute {name!r}")
    # The table above is the whole choice: nothing from outside ever names a module here.
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
