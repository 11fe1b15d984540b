"""Pictures from files, arrays and folders, and the small changes that training makes to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from image_files import PIXELS, picture

from ltm.errors import DataError
from ltm.scenes.augment_image import jitter
from ltm.scenes.declare import Declared
from ltm.scenes.infer import infer
from ltm.scenes.lines import attempts
from ltm.scenes.look import look
from ltm.scenes.questions import questions
from ltm.scenes.read import load
from ltm.senses.image import ImageSpec, open_image
from ltm.senses.label import LabelSpec

Image = pytest.importorskip("PIL.Image", reason="pictures in files need Pillow")
GREY = ImageSpec(kind="image", rows=4, columns=6)
COLOUR = ImageSpec(kind="image", rows=4, columns=6, channels=3)


def test_a_file_an_array_and_lists_are_the_same_picture(tmp_path: Path) -> None:
    file = picture(tmp_path / "a.png")
    encoded = GREY.encode(file)
    assert encoded.shape == (4, 6, 1) and np.array_equal(encoded[..., 0], PIXELS)
    assert np.array_equal(GREY.encode(PIXELS), encoded) and np.array_equal(GREY.encode(PIXELS.tolist()), encoded)
    assert COLOUR.encode(file).shape == (4, 6, 3)
    large = picture(tmp_path / "large.jpg", np.full((40, 60), 200, dtype=np.uint8))
    assert abs(int(GREY.encode(large).mean()) - 200) < 5


@pytest.mark.parametrize("name", ["missing.png", "empty.png", "cut.png", "text.png", "folder.png"])
def test_what_is_no_picture_is_refused_with_its_name(tmp_path: Path, name: str) -> None:
    whole = picture(tmp_path / "whole.png", np.random.default_rng(0).integers(0, 255, (60, 60), dtype=np.uint8))
    (tmp_path / "empty.png").touch()
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:1500])
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(DataError, match=name):
        GREY.encode(tmp_path / name)


def test_a_picture_that_would_unpack_to_gigabytes_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ltm.senses.image.MOST_PIXELS", 100)
    with pytest.raises(DataError, match="60×60 pixels; at most 100"):
        GREY.encode(picture(tmp_path / "large.png", np.zeros((60, 60), dtype=np.uint8)))


def test_a_folder_of_classes_is_a_table_whose_classes_take_turns(tmp_path: Path) -> None:
    folder = tmp_path / "animals"
    for number in range(6):
        picture(folder / "cat" / f"{number}.png")
        picture(folder / "dog" / f"{number}.png")
    (folder / "cat" / "notes.txt").write_text("not a picture")
    rows = [row for _, row in attempts(folder) if not isinstance(row, DataError)]
    assert [row["label"] for row in rows] == ["cat", "dog"] * 6
    found = infer(folder, ["image"], ["label"])
    assert found.columns["image"]["kind"] == "image" and found.columns["label"]["labels"] == ["cat", "dog"]
    assert found.symmetries == ("jitter",)
    specs = {
        "image": ImageSpec.model_validate(found.columns["image"]),
        "label": LabelSpec.model_validate(found.columns["label"]),
    }
    loaded = load(folder, specs).scenes
    assert loaded.values["image"].shape == (2, 4, 6, 1)  # the six of a class are alike
    with pytest.raises(DataError, match="one folder a class"):
        list(attempts(tmp_path / "animals" / "cat"))


def test_an_archive_is_a_table(tmp_path: Path) -> None:
    file = tmp_path / "digits.npz"
    images = np.random.default_rng(0).integers(0, 256, (40, 5, 5), dtype=np.uint8)
    np.savez(file, Images=images, labels=np.arange(40) % 2)
    found = infer(file, ["images"], ["labels"])
    assert found.columns["images"]["kind"] == "image" and found.columns["labels"]["labels"] == ["0", "1"]
    specs = {
        name: kind.model_validate(found.columns[name]) for name, kind in (("images", ImageSpec), ("labels", LabelSpec))
    }
    scenes = load(file, specs).scenes
    assert np.array_equal(scenes.values["images"][..., 0], images) and scenes.lines.tolist() == list(range(1, 41))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"a": np.zeros(3), "b": np.zeros(4)}, "as many rows"),
        ({"a": np.array(5)}, "first axis"),
        ({"a": np.array([{"code": "runs"}], dtype=object)}, "can't be read"),
        ({"a b": np.zeros(3), "A_B": np.zeros(3)}, "same name"),
        (None, "can't be read"),
        ({}, "expected arrays"),
    ],
)
def test_archives_that_are_refused(tmp_path: Path, content: dict[str, np.ndarray] | None, words: str) -> None:
    file = tmp_path / "data.npz"
    if content is None:
        file.write_bytes(b"PK\x03\x04 broken")
    else:
        np.savez(file, **content)
    with pytest.raises(DataError, match=words):
        list(attempts(file))


def test_arrays_of_small_numbers_are_grids_and_of_large_ones_pictures() -> None:
    small = [np.full((4, 4), number % 5) for number in range(20)]
    assert look(small, Declared())["kind"] == "grid"
    assert look([array * 60 for array in small], Declared())["kind"] == "image"
    assert look(small, Declared(kind="image"))["patch"] == 1
    assert look([np.full((100, 50, 3), 99)] * 9, Declared())["patch"] == 16
    with pytest.raises(DataError, match="one size"):
        look([np.full((side, 5), 99) for side in range(2, 22)], Declared(kind="image"))


def test_a_file_is_a_question_by_itself(tmp_path: Path) -> None:
    file = picture(tmp_path / "a.png")
    (question,) = questions({"picture": GREY}, str(file))
    assert question.where == str(file) and question.shape == ((4, 6, 1),)
    table = tmp_path / "list.csv"
    table.write_text("picture\na.png\nb.png\n")
    skipped: list[str] = []
    assert len(list(questions({"picture": GREY}, str(table), skipped.append))) == 1
    assert "b.png" in skipped[0]


def test_jitter_moves_a_picture_a_little_and_each_differently() -> None:
    blot = torch.zeros(8, 28, 28, 1, dtype=torch.uint8)
    blot[:, 10:18, 12:16] = 200
    moved = jitter(blot, torch.Generator().manual_seed(0))
    assert moved.dtype == torch.uint8 and moved.shape == blot.shape
    assert torch.equal(moved, jitter(blot, torch.Generator().manual_seed(0)))
    weight = moved.float().sum((1, 2, 3)) / blot.float().sum((1, 2, 3))
    assert ((weight > 0.7) & (weight < 1.4)).all()
    assert len({tuple(picture.flatten().tolist()) for picture in moved}) == 8
    rows = torch.arange(28)[None, :, None, None]
    middle = (moved.float() * rows).sum((1, 2, 3)) / moved.float().sum((1, 2, 3))
    assert ((middle - 13.5).abs() < 4).all() and middle.std() > 0.3


def test_pictures_of_sixteen_bits_and_transparent_ones_keep_what_they_show(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 24).astype(np.uint16).reshape(4, 6)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    encoded = GREY.encode(tmp_path / "deep.png")[..., 0]
    assert np.abs(encoded.astype(int) - ramp // 257).max() <= 1
    strokes = np.zeros((4, 6, 4), dtype=np.uint8)
    strokes[1, :, 3] = 255  # black strokes on nothing
    Image.fromarray(strokes).save(tmp_path / "strokes.png")
    encoded = GREY.encode(tmp_path / "strokes.png")[..., 0]
    assert (encoded[1] == 0).all() and (encoded[[0, 2, 3]] == 255).all()


def test_a_picture_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side: its first row is the right-hand column
    Image.fromarray(PIXELS).save(tmp_path / "phone.png", exif=exif)
    seen = np.asarray(open_image(tmp_path / "phone.png", "L"))
    assert np.array_equal(seen, np.rot90(PIXELS, -1))


def test_hidden_files_and_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(tmp_path / "a" / "0.png")
    (tmp_path / "a" / "._0.png").write_bytes(b"left by another system")
    monkeypatch.chdir(tmp_path)
    rows = [row for _, row in attempts(".") if not isinstance(row, DataError)]
    assert [row["image"] for row in rows] == ["a/0.png"]
    assert look(["a/0.png", "a/._0.png"] * 9, Declared(kind="image"), tmp_path)["rows"] == 4


def test_archives_with_other_things_in_them_are_refused(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "mixed.npz", "w") as archive:
        archive.writestr("README.txt", "no array")
    np.savez_compressed(tmp_path / "whole.npz", a=np.random.default_rng(0).random(4000))
    data = bytearray((tmp_path / "whole.npz").read_bytes())
    data[2000:2400] = bytes(400)
    (tmp_path / "damaged.npz").write_bytes(data)
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (3,"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(24)
    with zipfile.ZipFile(tmp_path / "open.npz", "w") as archive:
        archive.writestr("a.npy", array)
    with zipfile.ZipFile(tmp_path / "packed.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.npy", array + bytes(9000))
    data = bytearray((tmp_path / "packed.npz").read_bytes())
    data[60:90] = b"\xff" * 30
    (tmp_path / "packed.npz").write_bytes(data)
    for name in ("mixed", "damaged", "open", "packed"):
        with pytest.raises(DataError, match=name):
            list(attempts(tmp_path / f"{name}.npz"))
