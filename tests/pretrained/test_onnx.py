"""ONNX files: what they make, what they cost, and everything that is refused before it runs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from little_model import CHANNELS, GRID, SIDE, picture_graph, views
from onnx import TensorProto, helper, load_model_from_string, numpy_helper

from ltm.errors import FolderError, LtmError
from ltm.pretrained.models import digest_of, facts_of, frozen


def written(folder: Path, data: bytes, name: str = "a.onnx") -> str:
    (folder / name).write_bytes(data)
    return str(folder / name)


def sound_graph(samples: str | int = "samples") -> bytes:
    """A sound in, three channels every four samples out: `[1, N]` to `[1, T, 3]`."""
    kernel = numpy_helper.from_array(np.arange(12, dtype=np.float32).reshape(3, 1, 4), "kernel")
    axes = numpy_helper.from_array(np.array([1]), "axes")
    nodes = [
        helper.make_node("Unsqueeze", ["sound", "axes"], ["one"]),
        helper.make_node("Conv", ["one", "kernel"], ["heard"], strides=[4]),
        helper.make_node("Transpose", ["heard"], ["made"], perm=[0, 2, 1]),
    ]
    given = helper.make_tensor_value_info("sound", TensorProto.FLOAT, [1, samples])
    made = helper.make_tensor_value_info("made", TensorProto.FLOAT, [1, "moments", 3])
    graph = helper.make_graph(nodes, "little", [given], [made], [kernel, axes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def test_a_picture_is_seen_as_the_graph_says(tmp_path: Path) -> None:
    path = written(tmp_path, picture_graph())
    facts, picture = facts_of(path), views(1)[0]
    assert (facts.takes, facts.size, facts.channels, facts.sites(1)) == ("image", (SIDE, SIDE), CHANNELS, GRID)
    assert facts.weights == CHANNELS * 3 * 4
    assert facts.operations(1) == 2 * 16 * CHANNELS * 3 * 4
    drawn = np.random.default_rng(0).normal(size=(CHANNELS, 3, 2, 2)).astype(np.float32)
    seen = F.conv2d(picture.permute(2, 0, 1)[None] / 255, torch.from_numpy(drawn), stride=2).relu()
    made = frozen(path).made(picture.numpy(), b"one")
    torch.testing.assert_close(made, seen[0].flatten(1).T, atol=1e-5, rtol=1e-5)


def test_a_sound_is_heard_in_moments(tmp_path: Path) -> None:
    path = written(tmp_path, sound_graph())
    facts = facts_of(path)
    assert (facts.takes, facts.channels, facts.sites(400)) == ("audio", 3, (100, 1))
    assert facts.operations(400) == 2 * 100 * 3 * 4
    sound = np.arange(16, dtype=np.int16)
    made = frozen(path).made(sound, b"one")
    expected = (sound.reshape(4, 4) / 32768) @ np.arange(12).reshape(3, 4).T
    np.testing.assert_allclose(made.numpy(), expected, rtol=1e-5)


def test_a_sound_of_one_length_only(tmp_path: Path) -> None:
    facts = facts_of(written(tmp_path, sound_graph(400)))
    assert (facts.least, facts.most, facts.sites(400)) == (400, 400, (100, 1))


def test_a_value_is_looked_at_once(tmp_path: Path) -> None:
    model = frozen(written(tmp_path, picture_graph()))
    for _ in range(3):
        model.made(views(1)[0].numpy(), b"one")
    model.made(views(1, 1)[0].numpy(), b"other")
    assert (model.ran, model.recalled) == (2, 2)


def test_what_was_asked_for_longest_ago_is_forgotten_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ltm.pretrained.frozen.REMEMBERED", 2 * 16 * CHANNELS * 4)
    model = frozen(written(tmp_path, picture_graph()))
    for key in (b"a", b"b", b"a", b"c", b"a", b"b"):
        model.made(views(1)[0].numpy(), key)
    assert (model.ran, model.recalled) == (4, 2)  # c sent b away


def test_another_file_has_another_digest_and_is_read_anew(tmp_path: Path) -> None:
    path = written(tmp_path, picture_graph())
    before, model = digest_of(path), frozen(path)
    written(tmp_path, picture_graph(1) + b"")
    (tmp_path / "a.onnx").touch()
    assert digest_of(path) != before
    assert frozen(path).digest == digest_of(path) != model.digest


NAN = np.full((CHANNELS, 3, 2, 2), np.nan, dtype=np.float32)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (picture_graph()[:200], "damaged, or not an ONNX file"),
        (b"", "holds no graph"),
        (b"hello", "damaged, or not an ONNX file"),
        (picture_graph(weight=NAN), "'kernel' holds NaN"),
        (picture_graph(operator="Frobnicate"), "operator 'Frobnicate' is none of the standard's"),
        (picture_graph(operator="Gelu", domain="com.acme"), "'Gelu' of domain 'com.acme'"),
    ],
    ids=["cut", "empty", "text", "nan", "unknown", "custom"],
)
def test_what_is_damaged_or_strange_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(FolderError) as caught:
        facts_of(written(tmp_path, data))
    assert words in str(caught.value) and "a.onnx" in str(caught.value)


def changed(change: Any) -> bytes:
    model = load_model_from_string(picture_graph())
    change(model.graph)
    return bytes(model.SerializeToString())


def _elsewhere(graph: Any) -> None:
    graph.initializer[0].ClearField("raw_data")
    graph.initializer[0].data_location = TensorProto.EXTERNAL
    graph.initializer[0].external_data.add(key="location", value="../../etc/passwd")


def _short(graph: Any) -> None:
    graph.initializer[0].raw_data = graph.initializer[0].raw_data[:-8]


def _inside(graph: Any) -> None:
    """A branch that would read its weight from another file."""
    away = TensorProto(name="away", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    away.external_data.add(key="location", value="secret.bin")
    out = helper.make_tensor_value_info("b", TensorProto.FLOAT, [1])
    branch = helper.make_graph([helper.make_node("Identity", ["away"], ["b"])], "branch", [], [out], [away])
    truth = helper.make_node("Constant", [], ["yes"], value=helper.make_tensor("t", TensorProto.BOOL, [], [True]))
    graph.node.extend([truth, helper.make_node("If", ["yes"], ["c"], then_branch=branch, else_branch=branch)])


def _constant(graph: Any) -> None:
    value = helper.make_tensor("never", TensorProto.FLOAT, [2], [1.0, float("nan")])
    graph.node.append(helper.make_node("Constant", [], ["c"], value=value))


def _two_inputs(graph: Any) -> None:
    graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1, 2]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_elsewhere, "lies in another file"),
        (_inside, "'away' lies in another file"),
        (_constant, "holds NaN"),
        (_short, "'kernel' is damaged"),
        (_two_inputs, "expected one input"),
    ],
)
def test_a_graph_that_is_not_whole_is_refused(tmp_path: Path, change: Any, words: str) -> None:
    with pytest.raises(FolderError, match=words):
        facts_of(written(tmp_path, changed(change)))


def _in_eight_bits(graph: Any) -> None:
    """The kernel as bytes that the graph makes numbers of, as quantised files have it."""
    kernel = graph.initializer[0]
    bytes_, scale = (
        helper.make_tensor("bytes", TensorProto.INT8, kernel.dims, [1] * math.prod(kernel.dims)),
        helper.make_tensor("scale", TensorProto.FLOAT, [], [0.1]),
    )
    made = helper.make_node("DequantizeLinear", ["bytes", "scale"], [kernel.name])
    nodes = [made, *graph.node]
    del graph.initializer[0], graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend([bytes_, scale])


def test_weights_in_few_bits_count_as_weights(tmp_path: Path) -> None:
    """They may be unfolded when the graph is loaded: what memory a model takes is told by their number."""
    whole, small = facts_of(written(tmp_path, picture_graph())), facts_of(written(tmp_path, changed(_in_eight_bits)))
    assert small.weights == whole.weights + 1  # and its scale


def test_what_a_model_makes_must_be_numbers(tmp_path: Path) -> None:
    drawn = np.full((CHANNELS, 3, 2, 2), -1.0, dtype=np.float32)
    model = frozen(written(tmp_path, picture_graph(weight=drawn, operator="Sqrt")))
    with pytest.raises(FolderError, match="makes NaN or infinity"):
        model.made(np.full((SIDE, SIDE, 3), 200, dtype=np.uint8), b"one")


def test_a_name_that_is_none_is_told_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(LtmError, match="did you mean 'minilm'"):
        facts_of("minilmm")
    with pytest.raises(FolderError, match="there is no such model"):
        facts_of(str(tmp_path / "nothing.onnx"))
    (tmp_path / "a.bin").write_bytes(b"x")
    with pytest.raises(FolderError, match=r"ends in \.onnx"):
        facts_of(str(tmp_path / "a.bin"))
    with pytest.raises(LtmError, match="can't be cut"):
        facts_of(written(tmp_path, picture_graph()), 2)
