"""Brains and scenes of several steps, for tests."""

from __future__ import annotations

from ltm.brain.brain import Brain
from ltm.chart.load import chart_from_text
from ltm.scenes.scene import Scene, Step, encode
from ltm.scenes.store import SceneSet

RULES = """
field: {width: 16}
senses: {board: {kind: grid, symbols: 4, form: lists, rows: 1, columns: 3, positions: learned}}
acts: {answer: {kind: grid, symbols: 4, form: lists, rows: 1, columns: 3}}
steps:
  roles: [example, question]
  shows: [example]
  window: 2
  transition: {zone: {kind: mixer, windows: [rows], write: replace}, weight: 0.3}
zones: {core: {kind: mixer, windows: [rows], write: replace}}
training: {ticks: 2, segments: 1, batch: 32, steps: 120, precision: fp32, compile: off, rate: 0.01, augment: false}
will: {ticks: 4, confidence: 1}
"""
WORLD = """
field: {width: 16}
senses: {view: {kind: grid, symbols: 3, form: lists, rows: 1, columns: 2}, goal: {kind: label, labels: [same, other]}}
acts: {move: {kind: action, labels: [a, b]}}
steps: {roles: [me], window: 3, goal: goal}
zones: {core: {kind: mixer, windows: [rows, field], write: replace}}
training: {ticks: 2, segments: 1, batch: 32, steps: 60, precision: fp32, compile: off, rate: 0.01}
will: {ticks: 2, confidence: 1}
"""


def brain_of(text: str) -> Brain:
    return Brain(chart_from_text(text, "chart.yaml"), seed=0).eval()


def rule_scene(shown: int, known: bool = True) -> Scene:
    """One example shows a number everywhere; the question asks for it again."""
    answer = {"answer": [[shown] * 3]}
    return Scene(
        steps=[
            Step({"board": [[0, 1, 2]]}, "example", answer),
            Step({"board": [[3, 2, 1]]}, "question", answer if known else {}),
        ]
    )


def scene_set(brain: Brain, scenes: list[Scene]) -> SceneSet:
    return SceneSet.of({name: value.numpy() for name, value in encode(brain.chart, scenes).items()})
