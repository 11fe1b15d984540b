"""TRM and HRM checkpoints as published: a state dict, and perhaps `all_config.yaml` beside it.

Both keep their tensors under the same names (`model.inner.L_level.layers.0.mlp.gate_up_proj.weight`), after
`_orig_mod.` where they were compiled. Their brains are the charts `trm`, `trm-attention` and `hrm`, resized; the
vector of the one puzzle identifier, `puzzle_emb.weights`, becomes what the first prefix sites hear.

Shapes: W width, S sites, H hidden, V symbols.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ltm.chart.schema import Chart
from ltm.errors import FolderError
from ltm.foreign.config import setting
from ltm.foreign.reasoner_chart import TASKS, declared_as, validated
from ltm.foreign.tensors import PUBLISHED, Tensors

_START = "H_init"
"""A tensor that both families have, and nobody else."""
SLOTS, HEADS, SEGMENTS = 16, 8, 16
"""Prefix sites of a TRM, heads, and segments that are thought at most, as published; where nobody says."""


@dataclass(frozen=True, eq=False)
class Reasoner:
    """A recursive reasoner from elsewhere, in this project's terms.

    Attributes:
        family: `trm` or `hrm`.
        chart: the brain's.
        weights: of the brain, by name.
        notes: what a user should know: what was left out and why, what had to be assumed.
    """

    family: str
    chart: Chart
    weights: dict[str, Tensor]
    notes: tuple[str, ...] = ()


def is_trm(config: dict[str, Any], tensors: Tensors) -> bool:
    """Whether a model is a Tiny Recursive Model."""
    return bool(_inner(tensors)) and not is_hrm(config, tensors)


def is_hrm(config: dict[str, Any], tensors: Tensors) -> bool:
    """Whether a model is a Hierarchical Reasoning Model: it alone has a net of its own for slow updates."""
    found = _inner(tensors)
    return bool(found) and any(name.startswith(f"{found[0]}H_level.") for name in tensors.names)


def trm_from(config: dict[str, Any], tensors: Tensors) -> Reasoner:
    """Takes a Tiny Recursive Model apart; see `_reasoner`."""
    return _reasoner("trm", {"net": "L_level"}, config, tensors)


def hrm_from(config: dict[str, Any], tensors: Tensors) -> Reasoner:
    """Takes a Hierarchical Reasoning Model apart; see `_reasoner`."""
    return _reasoner("hrm", {"low": "L_level", "high": "H_level"}, config, tensors)


def _inner(tensors: Tensors) -> list[str]:
    """Returns what stands before the names of a reasoner's own tensors; nothing where this is none."""
    return [name.removesuffix(_START) for name in tensors.names if re.fullmatch(rf"([\w.]+\.)?inner\.{_START}", name)][
        :1
    ]


def _reasoner(family: str, nets: Mapping[str, str], config: dict[str, Any], tensors: Tensors) -> Reasoner:
    """Takes a model apart.

    Args:
        family: `trm` or `hrm`.
        nets: their name of each zone's net.
        config: of `all_config.yaml`.
        tensors: the model's.

    Raises:
        FolderError: tensors are missing, of other sizes, or left over; or the model is of a task or a form that no
            chart can hold, which is named.
    """
    (at,), where = _inner(tensors), tensors.source
    arch = config.get("arch", {})
    if not isinstance(arch, dict):
        raise FolderError(f"{where}: {PUBLISHED}: arch: expected keys with values")
    told = _Told(arch, where)
    dense = any(".mlp_t." in name for name in tensors.names)
    _refuse_other(at, told, tensors, dense)
    symbol = tensors.take(f"{at}embed_tokens.embedding_weight", axes=2)
    symbols, width = symbol.shape
    task = TASKS[symbols]
    vectors = _vectors(tensors.take(f"{at}puzzle_emb.weights", axes=2), width)
    slots = told.number("puzzle_emb_len", SLOTS if family == "trm" else 0) or len(vectors)
    first = next(iter(nets))
    weights = {
        f"senses.{task.see}.symbol": symbol,
        "acts.solution.read.weight": _take(tensors, f"{at}lm_head.weight", symbols, width),
        "reflection.read.weight": _take(tensors, f"{at}q_head.weight", 2, width),
        "reflection.read.bias": _take(tensors, f"{at}q_head.bias", 2),
        "circuit.field_start": _take(tensors, f"{at}{_START}", width),
        f"circuit.zones.{first}.start_O": _take(tensors, f"{at}L_init", width),
        "prefix.vectors": vectors,
        # Not theirs: the published confidence is the plain sigmoid of the halting logit.
        "reflection.scale": torch.ones(()),
        "reflection.shift": torch.zeros(()),
    }
    zones: dict[str, dict[str, Any]] = {}
    for zone, net in nets.items():
        layers = max(1, tensors.count(rf"{re.escape(at)}{net}\.layers\.(\d+)\."))
        body: dict[str, Tensor] = {}
        for layer in range(layers):
            body |= _layer(f"{at}{net}.layers.{layer}", layer, width, slots + task.side**2 if dense else None, tensors)
        weights |= {f"circuit.zones.{zone}.body.{name}": tensor for name, tensor in body.items()}
        zones[zone] = {"layers": layers, "hidden": body["channels.0.down.weight"].shape[1]}
        if dense:
            zones[zone]["messages"] = body["mixing.0.sites.down.weight"].shape[1]
        else:
            zones[zone]["heads"] = told.number("num_heads", HEADS)
    # Made anew from positions wherever they are kept: nothing was learned in them.
    turning = [name for name in tensors.names if name.startswith(f"{at}rotary_emb.")]
    tensors.leave(turning)
    tensors.done()
    base = family if family == "hrm" or dense else "trm-attention"
    slow, fast = (told.number(f"{level}_cycles", usual) for level, usual in zip("HL", task.cycles[family], strict=True))
    chart = declared_as(base, task, zones, (slow, fast), told.number("halt_max_steps", SEGMENTS))
    chart["field"] |= {"width": width, "prefix": slots, "prefix_vectors": len(vectors)}
    notes = [f"left out: {name} (rotary positions, which are computed)" for name in turning]
    if told.assumed:
        notes.append(f"assumed, as nothing beside the weights says so: {', '.join(dict.fromkeys(told.assumed))}")
    return Reasoner(family, validated(chart, where), weights, tuple(notes))


class _Told:
    """Settings of a published configuration, and which of them had to be assumed."""

    def __init__(self, arch: dict[str, Any], where: str) -> None:
        self.arch, self.where = arch, where
        self.assumed: list[str] = []

    def number(self, key: str, usual: int) -> int:
        """Returns a whole number; what is usual where nobody says, and nought where that is said."""
        value = self.arch.get(key)
        if value is None:
            self.assumed += [f"{key} {usual}"] if usual else []
            return usual
        return 0 if value == 0 else setting(self.arch, key, int, self.where, file=PUBLISHED)


def _refuse_other(at: str, told: _Told, tensors: Tensors, dense: bool) -> None:
    """Refuses, before any weight is read, what these charts can't hold; `dense` nets mix sites without attention."""
    where = tensors.source
    if f"{at}embed_pos.embedding_weight" in tensors or told.arch.get("pos_encodings") == "learned":
        raise FolderError(
            f"{where}: a learned vector for every site (embed_pos) is not built here; only rotary positions"
        )
    positions = told.arch.get("pos_encodings", "rope")
    if not dense and positions != "rope":
        raise FolderError(f"{where}: {PUBLISHED}: pos_encodings: {positions!r} is not built here, only 'rope'")
    rows = (tensors.shape(f"{at}puzzle_emb.weights") or (1,))[0]
    if rows != 1:
        raise FolderError(
            f"{where}: {at}puzzle_emb.weights holds vectors of {rows:,} puzzles, as of ARC; "
            "a brain's prefix holds that of one task, so only Sudoku and maze checkpoints can be imported"
        )
    table = tensors.shape(f"{at}embed_tokens.embedding_weight")
    if 0 in table:
        sides = "×".join(map(str, table))
        raise FolderError(f"{where}: {at}embed_tokens.embedding_weight is {sides}; expected at least one number")
    symbols = table[0] if table else 0
    if symbols and symbols not in TASKS:
        raise FolderError(f"{where}: {symbols} symbols; known are 11 (Sudoku-Extreme) and 6 (Maze-Hard)")
    for key, value in {"rms_norm_eps": 1e-5, "rope_theta": 10000.0}.items():
        if told.arch.get(key, value) != value:
            raise FolderError(f"{where}: {PUBLISHED}: {key}: {told.arch[key]!r} is not built here, only {value!r}")


def _vectors(puzzle: Tensor, width: int) -> Tensor:
    """Returns the vector of the one puzzle as those of so many sites `[P, W]`, filled up with noughts as published."""
    sites = math.ceil(puzzle.shape[1] / width)
    return F.pad(puzzle[0], (0, sites * width - puzzle.shape[1])).view(sites, width)


def _layer(at: str, number: int, width: int, sites: int | None, tensors: Tensors) -> dict[str, Tensor]:
    """Returns a layer's weights under the names that they have in a zone's body; `sites` where it mixes across them."""
    mlps = {f"channels.{number}": ("mlp", width)} | ({f"mixing.{number}.sites": ("mlp_t", sites)} if sites else {})
    taken = {}
    for ours, (theirs, size) in mlps.items():
        down = f"{at}.{theirs}.down_proj.weight"
        hidden = (tensors.shape(down) or (1,))[-1]
        taken[f"{ours}.down.weight"] = _take(tensors, down, size, hidden)
        taken[f"{ours}.gate_up.weight"] = _take(tensors, f"{at}.{theirs}.gate_up_proj.weight", 2 * hidden, size)
    if sites is None:
        taken[f"attend.{number}.qkv.weight"] = _take(tensors, f"{at}.self_attn.qkv_proj.weight", 3 * width, width)
        taken[f"attend.{number}.out.weight"] = _take(tensors, f"{at}.self_attn.o_proj.weight", width, width)
    return taken


def _take(tensors: Tensors, name: str, *shape: int) -> Tensor:
    """Returns a tensor of just that shape: one of as many numbers might be another matrix, turned."""
    found = tensors.shape(name)
    if found and found != shape:
        sides = ["×".join(map(str, each)) for each in (found, shape)]
        raise FolderError(f"{tensors.source}: {name} is {sides[0]}; expected {sides[1]}")
    return tensors.take(name, shape)
