"""Texts of models from elsewhere: read and written by the tokenizer they came with, from import to talk."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from given_away import given_away

from ltm.brain.talk import Talk
from ltm.brain.writing import TokensWriter
from ltm.chart.load import load_chart
from ltm.cli.main import run
from ltm.errors import DataError
from ltm.runtime.brains import load_brain
from ltm.senses.text import TextSpec
from ltm.senses.tokenizer import encode_tokens, keep, most_symbols

tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install 'ltm[language]'")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(list(words))
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    return code, shown.out, shown.err


@pytest.mark.parametrize("form", ["letters for bytes", "spaces as letters"])
def test_texts_are_read_and_written_by_the_models_own_tokenizer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    content = a_tokenizer(form)
    digest = hashlib.sha256(content.encode()).hexdigest()
    symbols = most_symbols(keep(content)) + 3
    given_away(tmp_path / "theirs", symbols)
    (tmp_path / "theirs" / "tokenizer.json").write_text(content)
    config = json.loads((tmp_path / "theirs" / "config.json").read_text())
    (tmp_path / "theirs" / "config.json").write_text(json.dumps({**config, "eos_token_id": [1, 2]}))
    brain = str(tmp_path / "brain")
    assert said(capsys, "import", str(tmp_path / "theirs"), "-o", brain)[0] == 0
    loaded, record = load_brain(tmp_path / "brain")
    spec = loaded.chart.senses["context"]
    assert isinstance(spec, TextSpec) and (spec.tokenizer, spec.tokens) == (digest, symbols) and record["format"] == 4
    assert loaded.chart.acts["next"].stop == 1  # type: ignore[union-attr]
    text = "déjà vu: zones say zones"
    own = tokenizers.Tokenizer.from_str(content)
    assert list(spec.encode(text)) == own.encode(text).ids and len(own.encode(text).ids) < len(text.encode())
    found = json.loads(said(capsys, "think", brain, text, "--symbols", "9", "--json", "--temperature", "1")[1])
    talk = Talk(loaded)
    again = list(talk.go_on(talk.symbols(text), 9, temperature=1.0))
    whole = own.decode([*own.encode(text).ids, *again], skip_special_tokens=True)
    assert found["symbols"] == len(again)
    assert whole.rstrip("\ufffd").startswith(text + found["said"].rstrip("\ufffd")) and found["said"]
    code, shown, _ = said(capsys, "think", brain, text, "--symbols", "9", "--temperature", "1")
    assert code == 0 and shown == f"{text}{found['said']}\n"
    (tmp_path / "plays.txt").write_text("zones say what zones are. " * 200)
    options = ("--option", "context=64", "--option", "answer=1", "--count", "40", "--json")
    code, shown, wrong = said(capsys, "eval", brain, f"text:{tmp_path / 'plays.txt'}", *options)
    assert code == 0, wrong
    told = json.loads(shown)["language"]
    assert 0 < told["bits_per_byte"] < told["bits_per_symbol"]


def test_a_tokenizer_that_does_not_belong_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = a_tokenizer("letters for bytes")
    symbols = most_symbols(keep(content))
    given_away(tmp_path / "theirs", symbols)
    file = tmp_path / "theirs" / "tokenizer.json"
    for wrong, expected in (("{}", "no tokenizer that the package tokenizers reads"), ("\xff", "not UTF-8 text")):
        file.write_bytes(wrong.encode("latin-1"))
        code, _, said_so = said(capsys, "import", str(tmp_path / "theirs"), "-o", str(tmp_path / "x"))
        assert code == 4 and "tokenizer.json" in said_so and expected in said_so, said_so
    file.write_text(content)
    given_away(tmp_path / "small", symbols - 1)
    shutil.copy(file, tmp_path / "small")
    code, _, said_so = said(capsys, "import", str(tmp_path / "small"), "-o", str(tmp_path / "x"))
    assert code == 4 and f"writes {symbols} symbols; the model has {symbols - 1}" in said_so
    assert said(capsys, "import", str(tmp_path / "theirs"), "-o", str(tmp_path / "brain"))[0] == 0
    chart = tmp_path / "brain" / "chart.yaml"
    (tmp_path / "alone.yaml").write_text(
        chart.read_text().replace(hashlib.sha256(content.encode()).hexdigest(), "0" * 64)
    )
    with pytest.raises(DataError, match=r"tokenizer 000000000000… isn't at hand"):
        load_chart(tmp_path / "alone.yaml").senses["context"].encode("zones")
    (tmp_path / "brain" / "tokenizer.json").write_text(content.replace("zones", "zonez"))
    code, _, said_so = said(capsys, "think", str(tmp_path / "brain"), "zones")
    assert code == 4 and "tokenizer.json: its sha256 is not what brain.json says" in said_so
    (tmp_path / "brain" / "tokenizer.json").unlink()
    code, _, said_so = said(capsys, "think", str(tmp_path / "brain"), "zones", "--memory", "1MB")
    assert code == 4 and "tokenizer.json: missing" in said_so


def test_bytes_that_make_no_letter_and_halves_of_letters() -> None:
    vocabulary = {"<unk>": 0, "a": 1, "b": 2, "▁": 3, "<0x0A>": 4, "<0xE2>": 5, "<0x82>": 6, "<0xAC>": 7, "\ufffd": 8}
    model = tokenizers.models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>", byte_fallback=True)
    tokenizer, parts = tokenizers.Tokenizer(model), tokenizers.decoders
    tokenizer.decoder = parts.Sequence([parts.Replace("▁", " "), parts.ByteFallback(), parts.Fuse()])
    digest = keep(tokenizer.to_str())
    for symbols, text in (
        ([4, 5, 2, 1], "\n\ufffdba"),
        ([5, 6, 7, 1], "€a"),
        ([5, 6], "\ufffd\ufffd"),
        ([8, 1], "\ufffda"),
    ):
        writer = TokensWriter("a", [1], digest)
        said = [writer.write(symbol) for symbol in symbols]
        assert "".join(said) + writer.rest() == text, (symbols, said)
    assert TokensWriter("a\ufffd", [1, 8], digest).write(1) == "a"
    assert encode_tokens("a\ud800", digest) == encode_tokens("a?", digest)
    strict = tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0}))
    with pytest.raises(DataError, match="tokenizer can't read this text"):
        encode_tokens("zones", keep(strict.to_str()))


def a_tokenizer(form: str) -> str:
    """A vocabulary learned from a few words, in GPT-2's form or in that of Llama, with two signs before it."""
    model = tokenizers.models.BPE(byte_fallback=form != "letters for bytes", unk_token="<unk>")
    tokenizer = tokenizers.Tokenizer(model)
    signs, alphabet = ["<unk>", "<end>"], []
    if form == "letters for bytes":
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = tokenizers.decoders.ByteLevel()
        alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    else:
        tokenizer.normalizer = tokenizers.normalizers.Sequence(
            [tokenizers.normalizers.Prepend("▁"), tokenizers.normalizers.Replace(" ", "▁")]
        )
        parts = tokenizers.decoders
        tokenizer.decoder = parts.Sequence(
            [parts.Replace("▁", " "), parts.ByteFallback(), parts.Fuse(), parts.Strip(" ", 1, 0)]
        )
        signs += [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=700, special_tokens=signs, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(["zones say what zones are", "vu, said the zones: vu"] * 20, trainer)
    content = json.loads(tokenizer.to_str())
    for token in content["added_tokens"]:
        token["special"] = token["id"] < 2
    return json.dumps(content)
