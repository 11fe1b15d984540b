"""GGUF files: the logits that transformers reads out of them, their own vocabulary, and whatever is wrong refused."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from little_gguf import LAYERS, TEXTS, package, vocabulary, weights, write
from torch import Tensor

from ltm.cli.main import run
from ltm.errors import FolderError
from ltm.foreign.brain import brain_from
from ltm.foreign.gguf_file import Header, tensors_of
from ltm.foreign.table import foreign_model
from ltm.foreign.tensors import Foreign
from ltm.runtime.brains import load_brain
from ltm.senses.tokenizer import tokenizer_of
from ltm.zones.causal import Causal
from ltm.zones.table import KINDS

SYMBOLS = torch.randint(0, 61, (2, 23), generator=torch.Generator().manual_seed(0))


def logits(model: Foreign, symbols: Tensor = SYMBOLS) -> Tensor:
    spec, body = KINDS[model.zone["kind"]]
    made = body(spec(**model.zone), model.width, None)
    made.load_state_dict(model.body)
    assert isinstance(made, Causal)
    with torch.no_grad():
        out, _ = made.advance(model.table[symbols], made.start(len(symbols)))
    head = model.table if model.head is None else model.head
    found: Tensor = out @ head.T
    return found


def read_by_transformers(file: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    library = pytest.importorskip("transformers", reason="transformers is not installed: pip install 'ltm[pretrained]'")
    # It asks for accelerate, and then does without.
    monkeypatch.setattr("transformers.modeling_utils.is_accelerate_available", lambda: True)
    kind = library.LlamaForCausalLM
    return kind.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32, local_files_only=True).eval()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_1"])
def test_gives_the_logits_that_transformers_gives(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "little.gguf", weights(61, tied=kind != "Q8_0"), kind=kind)
    found, theirs = foreign_model(file), read_by_transformers(file, monkeypatch)
    with torch.no_grad():
        known = theirs(SYMBOLS).logits
    assert (logits(found) - known).abs().max() < 1e-5 * known.abs().max()
    assert (found.head is None) == (kind != "Q8_0")
    assert (found.family, found.longest, found.end) == ("llama", 128, 2)
    assert found.zone["theta"] == 5000.0 and found.zone["eps"] == pytest.approx(1e-5)


def test_stored_in_fewer_bits_it_is_nearly_the_same_model(tmp_path: Path) -> None:
    whole = logits(foreign_model(write(tmp_path / "whole.gguf", weights(61))))
    apart = {}
    for kind in ("F16", "Q8_0", "Q4_1"):
        found = logits(foreign_model(write(tmp_path / f"{kind}.gguf", weights(61), kind=kind)))
        apart[kind] = float((found - whole).abs().mean() / whole.abs().mean())
    assert 0 < apart["F16"] < apart["Q8_0"] < apart["Q4_1"] < 1


@pytest.mark.parametrize("parted", ["smollm", "gpt-2"])
def test_texts_are_read_by_the_files_own_vocabulary(parted: str, tmp_path: Path) -> None:
    settings = vocabulary(parted)
    tokens = settings["tokenizer.ggml.tokens"]
    brain = brain_from(write(tmp_path / "little.gguf", weights(len(tokens)), settings, "Q8_0"))
    spec: Any = brain.chart.senses["context"]
    assert (spec.unit, spec.tokens) == ("tokens", len(tokens))
    own = tokenizer_of(spec.tokenizer)
    for text in TEXTS:
        assert own.decode(own.encode(text).ids, skip_special_tokens=False) == text
    assert spec.encode("<|start|>").tolist() == [1]
    assert [tokens[symbol] for symbol in spec.encode("in 2024")][-4:] == list("2024") or parted == "gpt-2"


def test_reads_texts_as_transformers_does(tmp_path: Path) -> None:
    # Without figures: of those transformers doesn't know that smollm parts them.
    mapping = pytest.importorskip("transformers.integrations.gguf.gguf_tokenizer_mapping", reason="needs transformers")
    settings = vocabulary()
    file = write(tmp_path / "little.gguf", weights(len(settings["tokenizer.ggml.tokens"])), settings)
    architecture, said, _ = mapping.get_gguf_tokenizer(str(file))
    theirs, _ = mapping.convert_gguf_tokenizer(architecture, said)
    own = tokenizer_of(brain_from(file).chart.senses["context"].tokenizer)  # type: ignore[union-attr]
    for text in ("the cats ran  away", "Ünïcödé 你好 😀 it's", "<|start|>say it<|end|> again", "\n\n\tx"):
        assert own.encode(text).ids == theirs.encode(text).ids


def test_begins_texts_as_the_file_says(tmp_path: Path) -> None:
    settings = vocabulary() | {"tokenizer.ggml.add_bos_token": True}
    file = write(tmp_path / "little.gguf", weights(len(settings["tokenizer.ggml.tokens"])), settings)
    assert brain_from(file).chart.senses["context"].encode("say")[0] == 1  # type: ignore[union-attr]


def test_becomes_a_brain_that_talks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = vocabulary()
    count = len(settings["tokenizer.ggml.tokens"])
    file = write(tmp_path / "little.gguf", weights(count), settings, "Q8_0")
    assert run(["import", str(file), "-o", str(tmp_path / "brain")]) == 0
    assert "brain of llama" in capsys.readouterr().out
    assert run(["think", str(tmp_path / "brain"), "the cats", "--symbols", "5", "--seed", "1"]) == 0
    assert capsys.readouterr().out.startswith("the cats")
    loaded, _ = load_brain(tmp_path / "brain")
    assert loaded.chart.acts["next"].stop == 2  # type: ignore[union-attr]
    assert sum(weight.numel() for weight in loaded.parameters()) == sum(one.size for one in weights(count).values())


VOCABULARY = "a vocabulary of kind 'gpt2' with text parted as for 'tekken' is not read here"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"tokenizer.ggml.pre": "tekken"}, VOCABULARY),
        ({"tokenizer.ggml.model": "llama"}, "a vocabulary of kind 'llama' is not read here"),
        ({"tokenizer.ggml.token_type": [1, 1]}, "as many different ones as kinds of them"),
        ({"tokenizer.ggml.merges": ["nothing like"]}, "no vocabulary can be built"),
        ({"tokenizer.ggml.tokens": [3, 4, 5]}, "expected a list of texts"),
    ],
)
def test_vocabularies_that_are_not_read_are_refused(settings: dict[str, Any], words: str, tmp_path: Path) -> None:
    told = vocabulary() | settings
    file = write(tmp_path / "little.gguf", weights(300), told)
    with pytest.raises(FolderError) as problem:
        brain_from(file)
    assert words in str(problem.value) and "little.gguf" in str(problem.value)


def test_a_tokenizer_beside_the_file_is_taken_instead(tmp_path: Path) -> None:
    settings = vocabulary("tekken")
    count = len(settings["tokenizer.ggml.tokens"])
    file = write(tmp_path / "little.gguf", weights(count), settings)
    other = write(tmp_path / "other.gguf", weights(count), vocabulary())
    kept: Any = brain_from(other).chart.senses["context"]
    (tmp_path / "tokenizer.json").write_text(tokenizer_of(kept.tokenizer).to_str())
    found: Any = brain_from(file).chart.senses["context"]
    assert found.encode("the cats").tolist() == kept.encode("the cats").tolist()


def _more(tensors: dict[str, np.ndarray]) -> None:
    tensors["rope_freqs.weight"] = np.ones(8, dtype=np.float32)


def _nan(tensors: dict[str, np.ndarray]) -> None:
    tensors["blk.1.ffn_up.weight"][3, 3] = np.nan


@pytest.mark.parametrize(
    ("change", "settings", "words"),
    [
        (lambda t: t.pop("blk.1.ffn_up.weight"), {}, "no tensor 'blk.1.ffn_up.weight'; did you mean"),
        (_more, {}, "tensor 'rope_freqs.weight' belongs to no part"),
        (_nan, {}, "tensor 'blk.1.ffn_up.weight' holds NaN"),
        (None, {"llama.block_count": LAYERS + 1}, "no tensor 'blk.2.attn_q.weight'"),
        (None, {"llama.attention.head_count": 3}, "only heads that together are as wide"),
        (None, {"llama.attention.head_count_kv": 3}, "3 groups of keys and values don't divide 4 heads"),
        (None, {"llama.embedding_length": None}, "its settings lacks 'llama.embedding_length'"),
        (None, {"llama.expert_count": 8}, "its settings: llama.expert_count: 8 is not built here"),
        (None, {"llama.rope.scaling.type": "yarn"}, "llama.rope.scaling.type: 'yarn' is not built here"),
        (None, {"general.alignment": 2**20}, "general.alignment: expected 1 to"),
    ],
)
def test_what_does_not_fit_is_named(change: Any, settings: dict[str, Any], words: str, tmp_path: Path) -> None:
    tensors = weights(61)
    if change is not None:
        change(tensors)
    file = write(tmp_path / "little.gguf", tensors, settings)
    with pytest.raises(FolderError) as problem:
        foreign_model(file)
    assert words in str(problem.value) and "little.gguf" in str(problem.value)


def test_other_architectures_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "little.gguf", weights(61), architecture="qwen2")
    with pytest.raises(FolderError, match=r"general\.architecture is 'qwen2'; of GGUF files only 'llama' is read"):
        foreign_model(file)
    with pytest.raises(FolderError, match=r"holds no \.safetensors file; to read little\.gguf, name the file itself"):
        foreign_model(tmp_path)


def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    package()
    settings = vocabulary()
    data = write(tmp_path / "whole.gguf", weights(len(settings["tokenizer.ggml.tokens"])), settings).read_bytes()
    start = Header(data, "whole").start
    for cut in (*range(4, 200, 7), *range(200, start, 997), start, len(data) - 1):
        (tmp_path / "cut.gguf").write_bytes(data[:cut])
        with pytest.raises(FolderError, match="truncated"):
            foreign_model(tmp_path / "cut.gguf")


def _string(text: bytes) -> bytes:
    return struct.pack("<Q", len(text)) + text


HEAD = b"GGUF" + struct.pack("<I", 3)
NUMBER = _string(b"a") + struct.pack("<II", 4, 1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "GGUF of version 1; 2 and 3 are read"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "GGUF of version 50331648"),
        (HEAD + struct.pack("<QQ", 2**63, 0), "truncated"),
        (HEAD + struct.pack("<QQ", 0, 2**63), "truncated"),
        (HEAD + struct.pack("<QQ", 0, 1) + struct.pack("<Q", 2**60), "truncated"),
        (HEAD + struct.pack("<QQ", 0, 1) + _string(b"a") + struct.pack("<IIQ", 9, 0, 2**63), "truncated"),
        (HEAD + struct.pack("<QQ", 0, 1) + _string(b"a") + struct.pack("<IIQ", 9, 8, 2**63), "truncated"),
        (HEAD + struct.pack("<QQ", 0, 1) + _string(b"a") + struct.pack("<IIQ", 9, 9, 1), "a list of an unknown kind"),
        (HEAD + struct.pack("<QQ", 0, 1) + _string(b"a") + struct.pack("<I", 77), "a value of an unknown kind (77)"),
        (HEAD + struct.pack("<QQ", 0, 2) + NUMBER + NUMBER, "'a' is there twice"),
        (HEAD + struct.pack("<QQ", 1, 0) + _string(b"t") + struct.pack("<I", 2**31), "has 2147483648 axes"),
        (HEAD + struct.pack("<QQ", 1, 0) + _string(b"t") + struct.pack("<IQIQ", 1, 0, 0, 0), "'t' is empty"),
        (HEAD + struct.pack("<QQ", 1, 0) + _string(b"t") + struct.pack("<IQIQ", 1, 8, 9999, 0), "unknown way (9999)"),
        (HEAD + struct.pack("<QQ", 1, 0) + _string(b"t") + struct.pack("<IQIQ", 1, 31, 2, 0), "rows of 31; Q4_0 has"),
        (HEAD + struct.pack("<QQ", 1, 0) + _string(b"t") + struct.pack("<IQIQ", 1, 2**62, 0, 0), "beyond the file's"),
        (HEAD + struct.pack("<QQ", 1, 0) + _string(b"t") + struct.pack("<IQIQ", 1, 8, 0, 2**62), "beyond the file's"),
        (HEAD + struct.pack("<QQ", 1, 0) + _string(b"t") + struct.pack("<IQIQ", 1, 4, 26, 0) + b"\0" * 64, "I32"),
    ],
)
def test_damaged_headers_are_refused_at_once(data: bytes, words: str, tmp_path: Path) -> None:
    package()
    (tmp_path / "bad.gguf").write_bytes(data)
    with pytest.raises(FolderError) as problem:
        foreign_model(tmp_path / "bad.gguf")
    assert words in str(problem.value) and "bad.gguf" in str(problem.value)


def test_tensors_that_lie_over_one_another_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    package()
    many, side = 500, 64
    entries = b"".join(_string(b"t%d" % n) + struct.pack("<IQQIQ", 2, side, side, 0, 0) for n in range(many))
    head = HEAD + struct.pack("<QQ", many, 0) + entries
    file = tmp_path / "bomb.gguf"
    file.write_bytes(head + b"\0" * (-len(head) % 32) + b"\0" * (4 * side * side))
    with pytest.raises(FolderError, match="beyond the file's end, or overlap"):
        tensors_of(Header(file.read_bytes(), str(file)))
