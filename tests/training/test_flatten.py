"""State taken apart: every tensor under a name of its own, and back without a bit of difference."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from alike import same
from hypothesis import given, settings
from hypothesis import strategies as st

from ltm.errors import FolderError
from ltm.training.checkpoint import load_latest, save_checkpoint
from ltm.training.flatten import flatten, unflatten


def small_net() -> torch.nn.Module:
    net = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.GELU(), torch.nn.Linear(6, 3))
    generator = torch.Generator().manual_seed(0)
    for weights in net.parameters():
        torch.nn.init.normal_(weights, generator=generator)
    return net


Optimisers = Callable[[torch.nn.Module], list[torch.optim.Optimizer]]


def adamw(net: torch.nn.Module) -> list[torch.optim.Optimizer]:
    return [torch.optim.AdamW(net.parameters(), lr=0.01, betas=(0.9, 0.95), amsgrad=True)]


def muon(net: torch.nn.Module) -> list[torch.optim.Optimizer]:
    matrices = [w for w in net.parameters() if w.ndim == 2]
    rest = [w for w in net.parameters() if w.ndim != 2]
    return [
        torch.optim.Muon(matrices, lr=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW([{"params": rest, "lr": torch.tensor(0.01)}], capturable=False, foreach=False),
    ]


def train(net: torch.nn.Module, optimisers: list[torch.optim.Optimizer], steps: range) -> None:
    for step in steps:
        x = torch.randn(16, 4, generator=torch.Generator().manual_seed(step))
        net(x).pow(2).mean().backward()
        for optimiser in optimisers:
            optimiser.step()
            optimiser.zero_grad()


@pytest.mark.parametrize("make", [adamw, muon])
def test_optimisers_resume_bit_for_bit(tmp_path: Path, make: Optimisers) -> None:
    whole = small_net()
    train(whole, make(whole), range(12))

    first = small_net()
    optimisers = make(first)
    train(first, optimisers, range(5))
    states = [optimiser.state_dict() for optimiser in optimisers]
    tensors, structure = flatten(states)
    save_checkpoint(tmp_path, 5, {"model": first.state_dict(), "optimiser": tensors}, {"optimiser": structure})

    found = load_latest(tmp_path)
    assert found is not None
    back = unflatten(found.groups["optimiser"], found.state["optimiser"])
    assert same(back, states)
    second = small_net()
    second.load_state_dict(found.groups["model"])
    optimisers = make(second)
    for optimiser, state in zip(optimisers, back, strict=True):
        optimiser.load_state_dict(state)
    train(second, optimisers, range(5, 12))
    assert same(dict(second.state_dict()), dict(whole.state_dict()))


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.floats(width=32), max_size=3).map(torch.tensor)
)
keys = st.sampled_from(["a", "b", "a/b", "", "'", "dict", "tensor", "__metadata__", 0, 1, "0", True, None, 1.5])
states = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200)
@given(states)
def test_flatten_and_back(state: Any) -> None:
    tensors, structure = flatten(state)
    text = json.dumps(structure, allow_nan=False)
    assert same(unflatten(tensors, json.loads(text)), state)


def test_every_tensor_gets_a_name_of_its_own() -> None:
    one = [torch.full((1,), float(i)) for i in range(6)]
    state = {"__metadata__": one[0], "": one[1], "a/b": one[2], "a": {"b": one[3], "b'": one[4]}, 0: one[5]}
    tensors, structure = flatten(state)
    assert len(tensors) == 6
    assert "__metadata__" not in tensors
    assert same(unflatten(tensors, structure), state)


def test_names_say_where_tensors_were() -> None:
    tensors, _ = flatten({"state": {0: {"exp_avg": torch.ones(1)}}, "more": [torch.ones(2)]})
    assert list(tensors) == ["state/0/exp_avg", "more/0"]


def test_flatten_does_not_change_what_it_is_given() -> None:
    state = {"a": [torch.ones(2), (1, 2.5)], "b": {"c": None}}
    before = copy.deepcopy(state)
    flatten(state)
    assert same(state, before)


def test_flatten_refuses_what_it_cannot_keep() -> None:
    with pytest.raises(TypeError, match="can't keep set at a/1"):
        flatten({"a": [1, {2}]})
    with pytest.raises(TypeError, match="can't keep function at the top"):
        flatten(lambda: 1)


@pytest.mark.parametrize(
    "structure",
    [
        *({"tensor": "missing"}, {"tensor": ["x"]}, {}, {"dict": 5}, {"dict": [[1]]}, {"dict": [[{"list": []}, 1]]}),
        *({"float": "x"}, {"set": []}, {"list": 5}, [1], {"dict": [], "list": []}, {"list": [[1]]}),
    ],
    ids=repr,
)
def test_unflatten_refuses_nonsense(structure: Any) -> None:
    with pytest.raises(FolderError, match="doesn't fit together"):
        unflatten({"x": torch.ones(1)}, structure)
