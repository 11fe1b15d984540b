"""Weights files: what is written is read back bit for bit, and nothing else is let in."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ltm.errors import FolderError, LtmError
from ltm.runtime import weights
from ltm.runtime.atomic import write_file
from ltm.runtime.weights import from_bytes, load_tensors, metadata, sha256, to_bytes

KINDS = [
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
]


def some() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {"up.weight": torch.randn(3, 4, generator=generator), "up.bias": torch.zeros(3), "count": torch.tensor(7)}


def save_tensors(path: Path, tensors: dict[str, torch.Tensor], words: dict[str, str]) -> None:
    write_file(path, to_bytes(tensors, words, str(path)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "zone.safetensors"
    save_tensors(file, some(), {"part": "zone", "name": "thinker"})
    return file


def expected() -> dict[str, tuple[tuple[int, ...], torch.dtype]]:
    return {name: (tuple(tensor.shape), tensor.dtype) for name, tensor in some().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        one[n].dtype == other[n].dtype
        and one[n].shape == other[n].shape
        and torch.equal(
            one[n].contiguous().view(-1).view(torch.uint8), other[n].contiguous().view(-1).view(torch.uint8)
        )
        for n in one
    )


def test_round_trip(path: Path) -> None:
    loaded = load_tensors(path, expected())
    assert same(loaded, some())
    loaded["up.bias"].add_(1)  # what is loaded belongs to the caller
    assert same(load_tensors(path), some())
    assert metadata(path) == {"part": "zone", "name": "thinker"}


@pytest.mark.parametrize("dtype", KINDS, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3, 0), (5, 2)], ids=str)
def test_every_kind_and_shape(tmp_path: Path, dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(1)
    tensor = torch.randint(0, 2, shape, generator=generator).to(dtype)
    save_tensors(tmp_path / "x", {"x": tensor}, {})
    assert same(load_tensors(tmp_path / "x"), {"x": tensor})


def test_equal_content_gives_equal_bytes() -> None:
    words = {f"word {i}": str(i) for i in range(20)}
    data = to_bytes(some(), words, "x")
    assert to_bytes(dict(reversed(some().items())), dict(reversed(words.items())), "x") == data
    tensors, kept = from_bytes(data, "x")
    assert (list(tensors), kept) == (sorted(some()), words)


def test_views_shared_and_transposed(tmp_path: Path) -> None:
    base = torch.arange(12.0).reshape(3, 4).requires_grad_()
    tensors = {"base": base, "again": base, "turned": base.T, "row": base[1]}
    save_tensors(tmp_path / "x", tensors, {})
    loaded = load_tensors(tmp_path / "x")
    assert same(loaded, {name: tensor.detach() for name, tensor in tensors.items()})
    assert not loaded["base"].requires_grad


def test_no_tensors(tmp_path: Path) -> None:
    save_tensors(tmp_path / "x", {}, {"a": "b"})
    assert load_tensors(tmp_path / "x", {}) == {}


def test_sha256(path: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert sha256(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    before = sha256(path)
    save_tensors(path, some(), {"part": "zone", "name": "thinker"})
    assert sha256(path) == before
    save_tensors(path, some(), {"part": "zone", "name": "other"})
    assert sha256(path) != before


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_nan_and_infinity(tmp_path: Path, path: Path, bad: float, dtype: torch.dtype) -> None:
    tensors = {"fine": torch.ones(2), "bad": torch.tensor([0.0, bad], dtype=dtype)}
    with pytest.raises(
        LtmError, match=r"not written, because tensor 'bad' holds (NaN|infinity); training has diverged"
    ):
        save_tensors(path, tensors, {})
    assert same(load_tensors(path), some()), "the old file must stay"
    data = to_bytes(tensors, {}, "x", finite=False)
    (tmp_path / "bad").write_bytes(data)
    with pytest.raises(FolderError, match=r"bad: tensor 'bad' holds (NaN|infinity)"):
        load_tensors(tmp_path / "bad")
    assert same(from_bytes(data, "x", finite=False)[0], tensors)


def test_nan_in_eight_bits() -> None:
    data = to_bytes({"x": torch.tensor([float("nan")]).to(torch.float8_e4m3fn)}, {}, "x", finite=False)
    with pytest.raises(FolderError, match="holds NaN"):
        from_bytes(data, "x")


def frame(header: object, body: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + body


ONE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
DAMAGED = {
    "empty": b"",
    "short": b"\x01\x02",
    "pickle": b"\x80\x04\x95" + b"x" * 100,
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "text": b"zones: {}\n" * 10,
    "no header": frame(b""),
    "not JSON": frame(b"{" * 20),
    "deep JSON": frame(b'{"a":' * 50_000),
    "deep list": frame(b"[" * 50_000),
    "list": frame([1]),
    "number": frame(5),
    "length beyond the end": frame({"x": ONE}, b"\0" * 4, 10_000),
    "huge length": frame({"x": ONE}, b"\0" * 4, 2**63),
    "no data": frame({"x": ONE}),
    "too much data": frame({"x": ONE}, b"\0" * 5),
    "hole": frame({"x": {**ONE, "data_offsets": [4, 8]}}, b"\0" * 8),
    "overlap": frame({"x": ONE, "y": ONE}, b"\0" * 4),
    "shape and bytes differ": frame({"x": {**ONE, "shape": [2]}}, b"\0" * 4),
    "shape overflows": frame({"x": {**ONE, "shape": [2**62, 4]}}, b"\0" * 4),
    "negative shape": frame({"x": {**ONE, "shape": [-1]}}, b"\0" * 4),
    "unknown kind": frame({"x": {**ONE, "dtype": "F33"}}, b"\0" * 4),
    "kind that torch lacks": frame({"x": {"dtype": "F4", "shape": [8], "data_offsets": [0, 4]}}, b"\0" * 4),
    "metadata is no mapping": frame({"__metadata__": [1], "x": ONE}, b"\0" * 4),
    "metadata is no text": frame({"__metadata__": {"a": 1}, "x": ONE}, b"\0" * 4),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "zone.safetensors").write_bytes(data)
    with pytest.raises(FolderError, match=r"zone\.safetensors: ") as caught:
        load_tensors(tmp_path / "zone.safetensors")
    assert caught.value.exit_code == 4


def test_header_too_large(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "MAX_HEADER", 20)
    with pytest.raises(FolderError, match=r"a header of \d+ bytes; expected at most 20"):
        load_tensors(path)
    with pytest.raises(FolderError, match="expected at most 20"):
        metadata(path)


def test_truncated_anywhere(path: Path) -> None:
    data = path.read_bytes()
    for length in range(0, len(data), 7):
        path.write_bytes(data[:length])
        with pytest.raises(FolderError, match=r"truncated|damaged"):
            load_tensors(path, expected())


def test_not_an_ordinary_file(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="x: missing"):
        load_tensors(tmp_path / "x")
    with pytest.raises(FolderError, match="not an ordinary file"):
        load_tensors(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FolderError, match="not an ordinary file"):
        load_tensors(tmp_path / "pipe")


def test_not_what_was_expected(path: Path) -> None:
    cases = [
        ({"up.wieght": ((3, 4), torch.float32)}, "tensor 'up.wieght' is missing; did you mean 'up.weight'"),
        ({"a": ((), torch.int64), "b": ((), torch.int64)}, r"tensor 'a' is missing \(and 1 more\)"),
    ]
    for wrong, message in cases:
        with pytest.raises(FolderError, match=message):
            load_tensors(path, wrong)
    full = expected()
    without = {name: kind for name, kind in full.items() if name != "count"}
    with pytest.raises(FolderError, match="unknown tensor 'count'"):
        load_tensors(path, without)
    with pytest.raises(FolderError, match=r"tensor 'up.weight' has shape \[3, 4\]; expected \[4, 3\]"):
        load_tensors(path, full | {"up.weight": ((4, 3), torch.float32)})
    with pytest.raises(FolderError, match="tensor 'count' holds int64; expected int32"):
        load_tensors(path, full | {"count": ((), torch.int32)})


def test_kind_that_the_format_lacks(tmp_path: Path) -> None:
    with pytest.raises(LtmError, match="can't hold these tensors"):
        save_tensors(tmp_path / "x", {"x": torch.zeros(2, dtype=torch.complex128)}, {})
    with pytest.raises(LtmError, match="no tensor can be called"):
        save_tensors(tmp_path / "x", {"__metadata__": torch.zeros(2)}, {})


WHOLE = to_bytes(some(), {"part": "zone"}, "x")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(1, 255)))
def test_any_bytes_give_tensors_or_a_folder_error(change: bytes | tuple[int, int]) -> None:
    data = bytearray(WHOLE)
    if isinstance(change, bytes):
        data = bytearray(change)
    else:
        data[change[0]] ^= change[1]
    try:
        from_bytes(bytes(data), "x", expected())
    except FolderError as problem:
        assert str(problem).startswith("x: ")
