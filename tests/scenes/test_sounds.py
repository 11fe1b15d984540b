"""Sounds from files and samples: every format gives the same levels, what is no sound is refused with its name."""

from __future__ import annotations

import json
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from ltm.chart.propose import propose
from ltm.errors import DataError
from ltm.scenes.declare import Declared, parse_declaration
from ltm.scenes.infer import infer
from ltm.scenes.lines import attempts
from ltm.scenes.look import look
from ltm.scenes.questions import questions
from ltm.scenes.read import digest, load
from ltm.senses.audio import AudioSpec
from ltm.senses.label import LabelSpec
from ltm.senses.sound_file import read_sound
from ltm.training.loop import Trainer
from ltm.training.outcome import think_all

SPEC = AudioSpec(kind="audio", seconds=0.5)


def tone(hertz: float = 1000.0, seconds: float = 0.5, rate: int = 16_000, loud: float = 0.5) -> np.ndarray:
    return loud * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def saved(file: Path, samples: np.ndarray, rate: int = 16_000, bits: int = 16) -> Path:
    """Writes samples from -1 to 1, `[samples]` or `[samples, channels]`, as a plain WAV file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    channels = samples.shape[1] if samples.ndim == 2 else 1
    whole = np.clip(np.rint(samples.reshape(-1) * 2.0 ** (bits - 1)), -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)
    if bits == 8:
        data = (whole + 128).astype(np.uint8).tobytes()
    else:
        data = whole.astype("<i4").view(np.uint8).reshape(-1, 4)[:, : bits // 8].tobytes()
    with wave.open(str(file), "wb") as stream:
        stream.setnchannels(channels)
        stream.setsampwidth(bits // 8)
        stream.setframerate(rate)
        stream.writeframes(data)
    return file


def far(one: np.ndarray, two: np.ndarray) -> int:
    """The largest difference of levels down to 39 dB below the loudest, which 8 bits still hold."""
    heard = np.maximum(one, two) > 150
    return int(np.abs(one.astype(int) - two.astype(int))[heard].max())


def test_a_tone_is_loud_at_its_pitch_only() -> None:
    levels = SPEC.encode(tone(1000, loud=1.0).astype(np.float32))
    assert levels.shape == (50, 40) and levels.dtype == np.uint8
    middle = levels[10]
    bands = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 42)[1:-1] / 2595) - 1)
    assert abs(bands[middle.argmax()] - 1000) < 60
    assert 254 - 10 <= middle.max() <= 254  # a tone as loud as can be, shared by two bands at most
    far_off = np.abs(np.arange(40) - middle.argmax()) > 6
    assert middle[far_off].max() < 254 * (96 - 50) / 96
    softer = SPEC.encode(tone(1000, loud=0.1))[10].max()  # 20 dB are 53 levels
    assert abs(int(middle.max()) - int(softer) - 53) <= 1


@pytest.mark.parametrize("bits", [8, 16, 24, 32])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_every_width_and_number_of_channels_is_the_same_sound(tmp_path: Path, bits: int, channels: int) -> None:
    samples = tone()
    file = saved(tmp_path / "a.wav", np.repeat(samples[:, None], channels, axis=1), bits=bits)
    assert far(SPEC.encode(file), SPEC.encode(samples)) <= 1
    assert np.allclose(read_sound(file, 0.5).samples, samples, atol=2.0 ** (2 - bits))


def test_channels_are_averaged(tmp_path: Path) -> None:
    samples = tone()
    apart = saved(tmp_path / "apart.wav", np.stack((samples, -samples), axis=1))
    assert SPEC.encode(apart).max() == 0
    one_side = saved(tmp_path / "one.wav", np.stack((samples, 0 * samples), axis=1))
    assert far(SPEC.encode(one_side), SPEC.encode(samples / 2)) <= 1


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_every_rate_is_the_same_sound(tmp_path: Path, rate: int) -> None:
    pitches = (300.0, 1000.0, 2500.0)
    heard = SPEC.encode(saved(tmp_path / "a.wav", sum(tone(p, rate=rate, loud=0.3) for p in pitches), rate))  # type: ignore[arg-type]
    wanted = SPEC.encode(sum(tone(p, loud=0.3) for p in pitches))
    assert far(heard[2:-4], wanted[2:-4]) <= 4  # 1.5 dB
    # What lies above half of the rate that was declared isn't folded back.
    if rate > 40_000:
        high = saved(tmp_path / "high.wav", tone(14_000, rate=rate), rate)
        assert SPEC.encode(high)[2:-4].max() < 60


def test_longer_is_cut_and_shorter_is_followed_by_silence(tmp_path: Path) -> None:
    long = saved(tmp_path / "long.wav", np.concatenate((tone(500), tone(3000, seconds=2.0))))
    assert read_sound(long, 0.5).seconds == 2.5 and len(read_sound(long, 0.5).samples) == 8000
    assert far(SPEC.encode(long), SPEC.encode(tone(500))) <= 1
    short = SPEC.encode(saved(tmp_path / "short.wav", tone(seconds=0.2)))
    assert short.shape == (50, 40) and short[5].max() > 200 and short[20:].max() == 0
    assert "first 0.5 s" in SPEC.words()


def test_silence_an_offset_and_clipping(tmp_path: Path) -> None:
    assert SPEC.encode(saved(tmp_path / "silent.wav", np.zeros(8000))).max() == 0
    assert SPEC.encode(np.full(8000, 0.25)).max() == 0
    clipped = SPEC.encode(saved(tmp_path / "clipped.wav", 20 * tone()))
    assert 240 < clipped.max() <= 254
    assert SPEC.encode([0.0]).shape == (50, 40)


@pytest.mark.parametrize(
    "name", ["missing.wav", "empty.wav", "head.wav", "cut.wav", "text.wav", "folder.wav", "none.wav"]
)
def test_what_is_no_sound_is_refused_with_its_name(tmp_path: Path, name: str) -> None:
    whole = saved(tmp_path / "whole.wav", tone())
    (tmp_path / "empty.wav").touch()
    (tmp_path / "head.wav").write_bytes(whole.read_bytes()[:30])
    (tmp_path / "cut.wav").write_bytes(whole.read_bytes()[:5000])
    (tmp_path / "text.wav").write_text("this is not a sound at all")
    (tmp_path / "folder.wav").mkdir()
    saved(tmp_path / "none.wav", np.zeros(0))
    with pytest.raises(DataError, match=name):
        SPEC.encode(tmp_path / name)


def test_every_cut_and_many_damages_are_refused_or_read(tmp_path: Path) -> None:
    whole = saved(tmp_path / "whole.wav", tone(seconds=0.02)).read_bytes()
    file, draw = tmp_path / "a.wav", np.random.default_rng(0)
    for length in range(0, 60):
        file.write_bytes(whole[:length])
        with pytest.raises(DataError):
            SPEC.encode(file)
    for _ in range(300):
        damaged = bytearray(whole)
        for place in draw.integers(0, 44, 3):
            damaged[place] = draw.integers(0, 256)
        file.write_bytes(bytes(damaged))
        try:
            assert SPEC.encode(file).shape == (50, 40)
        except DataError as problem:
            assert "a.wav" in str(problem)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([0.5, 1.5], "-1 to 1"),
        ([0, 40_000], "16 bits"),
        ([float("nan")], "-1 to 1"),
        (["a"], "list of samples"),
        ([[0, 1]] * 50, "50×40 levels"),
        (np.full((50, 40), 255), "0 to 254"),
        (np.array([True]), "list of samples"),
        (np.array([1j]), "must be numbers"),
        (np.zeros((2, 2, 2)), "list of samples"),
    ],
)
def test_samples_that_are_refused(value: object, words: str) -> None:
    with pytest.raises(DataError, match=words):
        SPEC.encode(value)


def test_whole_numbers_are_of_16_bits() -> None:
    assert far(SPEC.encode(np.rint(tone() * 32767).astype(np.int16)), SPEC.encode(tone())) <= 1


def test_too_many_frames_say_what_would_do() -> None:
    with pytest.raises(ValueError, match=r"hop: 19\.5 or more"):
        AudioSpec(kind="audio", seconds=20)
    assert AudioSpec(kind="audio", seconds=20, hop=19.6).frames <= 1024
    assert AudioSpec(kind="audio", seconds=0.3).frames == 30


def test_other_formats_need_soundfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soundfile", None)
    flac = tmp_path / "a.flac"
    flac.write_bytes(b"fLaC" + bytes(100))
    with pytest.raises(DataError, match=r"a\.flac.*pip install 'ltm\[audio\]'"):
        SPEC.encode(flac)
    floating = bytearray(saved(tmp_path / "a.wav", tone()).read_bytes())
    floating[20] = 3  # the tag of floating point numbers
    (tmp_path / "a.wav").write_bytes(bytes(floating))
    with pytest.raises(DataError, match=r"a\.wav.*pip install 'ltm\[audio\]'"):
        SPEC.encode(tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("name", "subtype", "most"),
    [("a.wav", "FLOAT", 1), ("a.wav", "DOUBLE", 1), ("a.flac", "PCM_24", 1), ("a.ogg", "VORBIS", 30)],
)
def test_formats_that_soundfile_reads(tmp_path: Path, name: str, subtype: str, most: int) -> None:
    soundfile = pytest.importorskip("soundfile", reason="WAV files of floats, FLAC and Ogg need soundfile")
    stereo = np.repeat(tone(seconds=1.0)[:, None], 2, axis=1)
    soundfile.write(tmp_path / name, stereo, 16_000, subtype=subtype)
    found = read_sound(tmp_path / name, 0.5)
    assert found.rate == 16_000 and found.seconds == 1.0 and len(found.samples) == 8000
    loud = SPEC.encode(tone()) > 150
    assert np.abs(SPEC.encode(tmp_path / name).astype(int) - SPEC.encode(tone()))[loud].max() <= most
    damaged = (tmp_path / name).read_bytes()[:40]
    (tmp_path / name).write_bytes(damaged)
    with pytest.raises(DataError, match=name):
        SPEC.encode(tmp_path / name)


def animals(folder: Path, rate: int = 22_050) -> Path:
    for number in range(6):
        saved(folder / "bird" / f"{number}.wav", tone(2000 + 10 * number, 0.3, rate), rate)
        saved(folder / "cow" / f"{number}.WAV", tone(200 + 10 * number, 0.25, rate), rate)
    return folder


def test_a_folder_of_classes_is_a_table(tmp_path: Path) -> None:
    folder = animals(tmp_path / "animals")
    (folder / "cow" / "notes.txt").write_text("not a sound")
    rows = [row for _, row in attempts(folder) if not isinstance(row, DataError)]
    assert [row["label"] for row in rows] == ["bird", "cow"] * 6
    found = infer(folder, ["audio"], ["label"])
    assert found.columns["audio"] == {"kind": "audio", "seconds": 0.3, "rate": 16_000, "hop": 10.0, "patch": 4}
    assert found.symmetries == () and any("first 0.3 s" in note for note in found.notes)
    sounds, names = AudioSpec.model_validate(found.columns["audio"]), LabelSpec(kind="label", labels=("bird", "cow"))
    assert load(folder, {"audio": sounds, "label": names}).scenes.values["audio"].shape == (12, 30, 40)
    known = digest(folder)
    assert len(known) == 64 and digest(tmp_path / "nothing") == ""
    (folder / "cow" / "picture.png").touch()
    assert digest(folder) not in (known, "")
    with pytest.raises(DataError, match="pictures and sounds"):
        list(attempts(folder))
    (folder / "cow" / "picture.png").unlink()
    (folder / "bird" / "0.wav").write_bytes(b"")  # one that can't be read is said of its row
    assert infer(folder, ["audio"], ["label"]).columns["audio"] == found.columns["audio"]


def test_what_is_cut_is_said(tmp_path: Path) -> None:
    folder = animals(tmp_path / "animals")
    found = infer(folder, ["audio:audio(seconds=0.28, rate=8000)"], ["label"])
    assert found.columns["audio"]["seconds"] == 0.28 and found.columns["audio"]["rate"] == 8000
    assert "audio: 6 of the first 12 are longer than 0.28 s and cut." in found.notes


def test_samples_are_sounds_where_that_was_declared(tmp_path: Path) -> None:
    rows = [tone(300 + 100 * (number % 2), 0.2, 8000).round(4).tolist() for number in range(40)]
    for said in (Declared("audio", rate=8000), parse_declaration("a:audio(rate=8000)")[1]):
        assert look(rows, said) == {"kind": "audio", "seconds": 0.2, "rate": 8000, "hop": 10.0, "patch": 4}
    assert look(rows, Declared())["kind"] == "vector"
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(json.dumps({"a": row, "b": number % 2}) for number, row in enumerate(rows)))
    found = infer(file, ["a:audio(rate=8000)"], ["b"])
    assert load(file, {"a": AudioSpec.model_validate(found.columns["a"])}).scenes.values["a"].shape == (2, 20, 40)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("a:audio(second=1)", "did you mean 'seconds'"),
        ("a:audio(seconds=0)", "seconds must lie in 0.05 to 60"),
        ("a:audio(rate=16.5)", "expected|lie in"),
        ("a:audio(rate=8000.5)", "whole number"),
        ("a:audio(9x9)", "audio takes seconds, rate"),
        ("a:label(symbols=3)", "label takes none"),
    ],
)
def test_declarations_that_are_refused(said: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        parse_declaration(said)


def test_a_file_is_a_question_by_itself(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.wav", tone())
    (question,) = questions({"sound": SPEC}, str(file))
    assert question.where == str(file) and question.shape == ((50, 40),)


def test_a_small_brain_tells_two_tones_apart(tmp_path: Path) -> None:
    draw, rows = np.random.default_rng(0), ["sound,name"]
    for number in range(240):
        pitch = (500, 700)[number % 2] * draw.uniform(0.95, 1.05)
        noise = draw.normal(0, 0.05, 1600)
        samples = tone(pitch, 0.2, 8000, draw.uniform(0.1, 0.6)) * np.exp(-np.arange(1600) / 800) + noise
        saved(tmp_path / f"{number}.wav", np.clip(samples, -1, 1), 8000)
        rows.append(f"{number}.wav,{('low', 'high')[number % 2]}")
    (tmp_path / "sounds.csv").write_text("\n".join(rows))
    found = infer(tmp_path / "sounds.csv", ["sound"], ["name"])
    chart = propose(found.columns, ["sound"], ["name"], source="sounds.csv", size=100_000)
    specs = {**chart.senses, **chart.acts}
    scenes = load(tmp_path / "sounds.csv", specs).scenes
    training = {"steps": 60, "batch": 32, "precision": "fp32", "compile": "off", "rate": 0.01}
    chart = chart.model_copy(update={"training": chart.training.model_copy(update=training)})
    trainer = Trainer(chart, scenes.take(range(160)), scenes.take(range(160, 190)))
    while not trainer.done:
        trainer.train_step()
    brain, test = trainer.finished_brain(), scenes.take(range(190, 240))
    assert think_all(brain, test, brain.chart.will, False, None).right.mean() > 0.9
