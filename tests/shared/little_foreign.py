"""Models from elsewhere, so small that tests write them, and real ones where they are at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ltm.foreign.rwkv7 import AUTHORS, LOW, MATRICES, SIX
from ltm.foreign.tensors import Foreign
from ltm.zones.causal import Causal
from ltm.zones.layers import initialise_all
from ltm.zones.table import KINDS

DATA = Path(__file__).parents[3] / "shared" / "data"


def needs(folder: str) -> Path:
    place = DATA / folder
    if not place.exists():
        pytest.skip(f"needs shared/data/{folder}, which is not part of the project")
    return place


def built(model: Foreign) -> Any:
    spec, body = KINDS[model.zone["kind"]]
    made = body(spec(**model.zone), model.width, None)
    made.load_state_dict(model.body)
    assert isinstance(made, Causal)
    return made.eval()


def little(kind: str, width: int = 32, symbols: int = 50, **declared: Any) -> Foreign:
    """A model of random weights."""
    spec, body = KINDS[kind]
    zone = {"kind": kind, "layers": 2, **declared}
    made, draws = body(spec(**zone), width, None), torch.Generator().manual_seed(3)
    initialise_all(made, draws)
    with torch.no_grad():
        for part in made.modules():
            if isinstance(part, nn.LayerNorm | nn.GroupNorm | nn.RMSNorm):
                for weight in part.parameters():
                    weight.add_(torch.randn(weight.shape, generator=draws) * 0.1)
    table, head = (torch.randn(symbols, width, generator=draws) for _ in range(2))
    return Foreign(kind, width, zone, {n: w.detach() for n, w in made.state_dict().items()}, table, head)


def as_rwkv(model: Foreign, layout: str) -> dict[str, Tensor]:
    """The tensors of a model in the layouts in which RWKV-7 is given away."""
    body, width = model.body, model.width
    if layout == "fla":
        names = {"model.embeddings.weight": model.table, "lm_head.weight": model.head}
        norms = {"model.layers.0.pre_norm": "norm_in", "model.norm": "norm_out"}
    else:
        names = {"emb.weight": model.table, "head.weight": model.head}
        norms = {"blocks.0.ln0": "norm_in", "ln_out": "norm_out"}
    for layer in range(model.zone["layers"]):
        time, at = f"time.{layer}", f"model.layers.{layer}.attn" if layout == "fla" else f"blocks.{layer}.att"
        ffn = at.rsplit(".", 1)[0] + ".ffn"
        shift = body[f"{time}.shift"]
        if layout == "rwkv.cpp":
            names[f"{at}.x_rwkvag"] = shift[:, None]
        else:
            names |= {f"{at}.x_{letter}": shift[number].view(1, 1, width) for number, letter in enumerate(SIX)}
        for part, letter in LOW:
            if part == "earlier" and not layer:
                if layout == "author":  # has them, and never uses them
                    names |= {f"{at}.v0": torch.zeros(1, 1, width), f"{at}.v1": torch.zeros(width, 3)}
                    names |= {f"{at}.v2": torch.zeros(3, width)}
                continue
            down, up = body[f"{time}.{part}.down.weight"], body[f"{time}.{part}.up.weight"]
            base = body.get(f"{time}.{part}.base")
            if layout == "fla":
                names |= {f"{at}.{letter}_lora.lora.0.weight": down, f"{at}.{letter}_lora.lora.2.weight": up}
                names |= {} if base is None else {f"{at}.{letter}_lora.lora.2.bias": base}
            else:
                turn = layout == "author"
                names |= {f"{at}.{letter}1": down.T if turn else down, f"{at}.{letter}2": up.T if turn else up}
                names |= {} if base is None else {f"{at}.{letter}0": base.view(1, 1, width)}
        called = dict(MATRICES) if layout == "fla" else AUTHORS
        ending = "_proj.weight" if layout == "fla" else ".weight"
        names |= {f"{at}.{theirs}{ending}": body[f"{time}.{ours}.weight"] for ours, theirs in called.items()}
        names |= {f"{at}.k_k": body[f"{time}.removal"], f"{at}.k_a": body[f"{time}.renewal"]}
        names |= {f"{at}.r_k": body[f"{time}.bonus"], f"{ffn}.x_k": body[f"channels.{layer}.shift"]}
        names |= {f"{ffn}.{part}.weight": body[f"channels.{layer}.{part}.weight"] for part in ("key", "value")}
        block = at.rsplit(".", 1)[0]
        if layout == "fla":
            norms |= {f"{at}.g_norm": f"{time}.norm", f"{block}.attn_norm": f"time_norms.{layer}"}
            norms |= {f"{block}.ffn_norm": f"channel_norms.{layer}"}
        else:
            norms |= {f"{at}.ln_x": f"{time}.norm", f"{block}.ln1": f"time_norms.{layer}"}
            norms |= {f"{block}.ln2": f"channel_norms.{layer}"}
    for theirs, ours in norms.items():
        names |= {f"{theirs}.{part}": body[f"{ours}.{part}"] for part in ("weight", "bias")}
    return {name: tensor.clone().contiguous() for name, tensor in names.items() if tensor is not None}
