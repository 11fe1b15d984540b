"""A model as others give theirs away."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from ltm.foreign.tensors import Foreign
from ltm.zones.causal import Causal
from ltm.zones.layers import initialise_all
from ltm.zones.table import KINDS


def given_away(folder: Path, symbols: int) -> Foreign:
    """A little Llama of random weights, written as transformers writes them."""
    spec, body = KINDS["llama"]
    zone = {"kind": "llama", "layers": 2, "heads": 2, "groups": 1, "hidden": 20}
    made, draws = body(spec(**zone), 16, None), torch.Generator().manual_seed(0)
    initialise_all(made, draws)
    assert isinstance(made, Causal)
    weights = {name: weight.detach() for name, weight in made.state_dict().items()}
    table = torch.randn(symbols, 16, generator=draws)
    names = {"model.embed_tokens.weight": table, "model.norm.weight": weights["norm_out.weight"]}
    for layer in range(2):
        gate, up = weights[f"channels.{layer}.gate_up.weight"].chunk(2)
        at, theirs = f"model.layers.{layer}", {"query": "q", "key": "k", "value": "v", "out": "o"}
        for ours, letter in theirs.items():
            names[f"{at}.self_attn.{letter}_proj.weight"] = weights[f"attention.{layer}.{ours}.weight"]
        names |= {f"{at}.mlp.gate_proj.weight": gate, f"{at}.mlp.up_proj.weight": up}
        names[f"{at}.mlp.down_proj.weight"] = weights[f"channels.{layer}.down.weight"]
        names[f"{at}.input_layernorm.weight"] = weights[f"attention_norms.{layer}.weight"]
        names[f"{at}.post_attention_layernorm.weight"] = weights[f"channel_norms.{layer}.weight"]
    folder.mkdir()
    save_file({name: tensor.clone().contiguous() for name, tensor in names.items()}, folder / "model.safetensors")
    config = {"model_type": "llama", "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 2}
    config |= {"num_attention_heads": 2, "num_key_value_heads": 1, "rms_norm_eps": 1e-5, "tie_word_embeddings": True}
    (folder / "config.json").write_text(json.dumps(config))
    return Foreign("llama", 16, zone, weights, table)
