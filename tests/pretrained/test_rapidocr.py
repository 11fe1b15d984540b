"""RapidOCR's recogniser of lines: what it makes of a printed line still holds the text, and its cost is the table's."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from little_model import picture_graph
from pydantic import ValidationError

from benchmarks.printed import printed
from ltm.errors import FolderError
from ltm.pretrained import rapidocr
from ltm.pretrained.facts import units_of
from ltm.pretrained.installed import folder_of
from ltm.pretrained.known import KNOWN
from ltm.pretrained.models import facts_of, frozen
from ltm.pretrained.onnx_graph import parsed
from ltm.pretrained.values import GREY, line
from ltm.senses.raw import RawSpec

(FILE,) = KNOWN["rapidocr"].files
TEXTS = ("hello", "frozen zones", "Total: 42.50 EUR", "No. 17-B")


@pytest.fixture
def model() -> Any:
    if importlib.util.find_spec("rapidocr_onnxruntime") is None:
        pytest.skip(f"model rapidocr isn't here: {KNOWN['rapidocr'].command}, or make models")
    return frozen("rapidocr")


def made_of(model: Any, text: str, columns: int = 320, size: int = 32) -> np.ndarray:
    pytest.importorskip("PIL", reason="no pictures: pip install 'ltm[images]'")
    value = RawSpec(kind="raw", model="rapidocr", columns=columns).encode(printed(text, size))
    made: np.ndarray = model.made(value, value.tobytes()).numpy()
    return made


def test_what_it_makes_of_a_line_holds_the_text(model: Any) -> None:
    signs = rapidocr.Signs((folder_of("rapidocr") / FILE).read_bytes(), FILE)
    assert len(signs.signs) == 6625
    for text in TEXTS:
        for size in (24, 40):
            assert signs.read(made_of(model, text, size=size)) == text
    long = "a line that is longer for its height than most are"
    assert signs.read(made_of(model, long, 960)) == long
    assert signs.read(made_of(model, long)) != long  # squeezed


def test_signs_are_those_of_the_whole_file(model: Any) -> None:
    runtime = pytest.importorskip("onnxruntime")
    whole = runtime.InferenceSession((folder_of("rapidocr") / FILE).read_bytes(), providers=["CPUExecutionProvider"])
    signs = rapidocr.Signs((folder_of("rapidocr") / FILE).read_bytes(), FILE)
    value = line(printed(TEXTS[0]), (48, 320))
    given = ((value[..., ::-1] / 255 - 0.5) / 0.5).astype(np.float32).transpose(2, 0, 1)[None]
    (chances_TV,) = whole.run(None, {"x": given})[0]
    logits_TV = model.made(value, b"one").numpy() @ signs._weight_KV + signs._bias_V
    found_TV = np.exp(logits_TV - logits_TV.max(1, keepdims=True))
    np.testing.assert_allclose(found_TV / found_TV.sum(1, keepdims=True), chances_TV, atol=1e-5)


def test_costs_what_the_table_says(model: Any) -> None:
    """Sizes inside the file are known only as it runs, so all that products read and make is asked for."""
    runtime, onnx = pytest.importorskip("onnxruntime"), pytest.importorskip("onnx")
    graph = parsed((folder_of("rapidocr") / FILE).read_bytes(), FILE)
    held = {node.output[0]: node.attribute[0].t for node in graph.graph.node if node.op_type == "Constant"}
    reads = {"linear_85.w_0", "linear_85.b_0"}
    sizes = {name: math.prod(part.dims) for name, part in held.items() if part.data_type == 1 and name not in reads}
    assert sum(size for size in sizes.values() if size > 1) == facts_of("rapidocr").weights
    products = [node for node in graph.graph.node if node.op_type in ("Conv", "MatMul") and node.input[1] not in reads]
    names = list(dict.fromkeys(name for node in products for name in (*node.input[:2], *node.output)))
    names = [name for name in names if name not in held and name != "x"]
    del graph.graph.output[:]
    graph.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in names)
    network = runtime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    for columns in (32, 160, 328):
        given = np.zeros((1, 3, 48, columns), dtype=np.float32)
        shapes = {name: tuple(part.dims) for name, part in held.items()} | {"x": given.shape}
        shapes |= dict(zip(names, (made.shape for made in network.run(names, {"x": given})), strict=True))
        total = 0
        for node in products:
            left, right = (shapes[name] for name in node.input[:2])
            each = math.prod(right[1:]) if node.op_type == "Conv" else left[-1]
            total += 2 * math.prod(shapes[node.output[0]]) * each
        assert facts_of("rapidocr").operations(columns) == total


def test_a_line_keeps_its_shape() -> None:
    pytest.importorskip("PIL")
    picture = np.zeros((24, 40), dtype=np.uint8)
    value = line(picture, (48, 320))
    assert value.shape == (48, 320, 3) and units_of(value) == 320
    assert (value[:, :80] == 0).all() and (value[:, 80:] == GREY).all()
    wide = line(np.full((10, 500), 200, dtype=np.uint8), (48, 320))
    assert (wide == 200).all()  # squeezed into what there is
    with pytest.raises(Exception, match="there is no such picture"):
        line("nowhere.png", (48, 320))


def test_the_sense_says_how_long_lines_are() -> None:
    assert RawSpec(kind="raw", model="rapidocr").sites((48, 320, 3)) == (1, 40)
    sense = RawSpec(kind="raw", model="rapidocr", columns=640)
    assert (sense.fixed_sites, sense.units) == ((1, 80), 640)
    assert sense.words() == "a line of text in 48×640 pixels in colours for rapidocr"
    for declared, words in (
        (
            {"model": "efficientnet-lite0", "columns": 320},
            "are for lines of text; model 'efficientnet-lite0' takes pict",
        ),
        ({"model": "silero-vad", "seconds": 1, "columns": 320}, "model 'silero-vad' takes sounds"),
        ({"model": "rapidocr", "columns": 100}, "multiple of 8"),
        ({"model": "rapidocr", "seconds": 1}, "takes values of kind image, not sounds"),
    ):
        with pytest.raises(ValidationError, match=words):
            RawSpec.model_validate({"kind": "raw", **declared})


def test_another_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="can't be run"):
        rapidocr.load({"other.onnx": picture_graph()}, str(tmp_path))
    with pytest.raises(FolderError, match="holds no list of signs"):
        rapidocr.Signs(picture_graph(), "other.onnx")
