"""Brain folders: read back as written, and every way of damaging one is noticed and named."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from little_brain import CHART, brain

from ltm.errors import FolderError, LtmError
from ltm.runtime.folder import BrainFiles, inspect_folder, load_folder, save_folder
from ltm.runtime.record import read_record
from ltm.runtime.weights import metadata, to_bytes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    save_folder(folder, brain())
    return folder


def test_round_trip(path: Path) -> None:
    files = load_folder(path)
    assert files.chart_text == CHART
    assert list(files.zones) == ["thinker", "doubter"]
    assert torch.equal(files.zones["doubter"]["up"], torch.full((4, 3), 2.0))
    assert torch.equal(files.connectome["field.norm"], torch.ones(5))
    assert files.record["measured"] == brain().record["measured"]
    assert files.record["provenance"].items() >= brain().record["provenance"].items()
    assert files.record["parameters"] == 12 + 12 + 5


def test_what_is_there(path: Path) -> None:
    names = sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())
    assert names == [
        *("README.md", "brain.json", "chart.yaml", "connectome.safetensors"),
        *("zones/doubter.safetensors", "zones/thinker.safetensors"),
    ]
    record = inspect_folder(path)
    assert record.zones == ("thinker", "doubter")
    for name, entry in record.files.items():
        data = (path / name).read_bytes()
        assert (entry.bytes, entry.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert {name: entry.parameters for name, entry in record.files.items()} == {
        "chart.yaml": 0,
        "zones/thinker.safetensors": 12,
        "zones/doubter.safetensors": 12,
        "connectome.safetensors": 5,
    }
    assert record.provenance.torch == torch.__version__
    assert record.provenance.python
    assert record.provenance.processor
    assert record.provenance.ltm


def test_zone_file_says_what_it_is(path: Path) -> None:
    words = metadata(path / "zones" / "doubter.safetensors")
    assert (words["part"], words["name"]) == ("zone", "doubter")
    assert json.loads(words["spec"]) == {"kind": "mixer", "loops": 3}
    assert metadata(path / "connectome.safetensors")["part"] == "connectome"


def test_saving_what_was_loaded_changes_nothing(path: Path, tmp_path: Path) -> None:
    save_folder(tmp_path / "again", load_folder(path))
    for file in path.rglob("*"):
        if file.is_file():
            assert (tmp_path / "again" / file.relative_to(path)).read_bytes() == file.read_bytes()


def test_given_provenance_is_kept(tmp_path: Path) -> None:
    save_folder(tmp_path / "x", brain(provenance={"processor": "abacus"}))
    assert inspect_folder(tmp_path / "x").provenance.processor == "abacus"


def test_readme_and_license_may_change(path: Path) -> None:
    (path / "README.md").write_text("mine")
    (path / "LICENSE").write_text("MIT")
    (path / ".gitattributes").write_text("x")
    load_folder(path)
    (path / "README.md").unlink()
    load_folder(path)


def test_a_license_goes_where_the_brain_goes(path: Path, tmp_path: Path) -> None:
    (path / "LICENSE").write_text("mine")
    save_folder(tmp_path / "copy", load_folder(path))
    assert (tmp_path / "copy" / "LICENSE").read_text() == "mine"
    save_folder(path, brain())  # another brain in its place: what was added to the folder stays
    assert (path / "LICENSE").read_text() == "mine"


def flip(file: Path, at: int = -1) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(bytes(data))


def rehash(path: Path, name: str, data: bytes) -> None:
    """Replaces a file and makes `brain.json` agree, as a careful forger would."""
    (path / name).write_bytes(data)
    record = json.loads((path / "brain.json").read_text())
    record["files"][name] |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    (path / "brain.json").write_text(json.dumps(record))


def swap(one: Path, other: Path) -> None:
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def swap_with_record(path: Path) -> None:
    names = ("zones/thinker.safetensors", "zones/doubter.safetensors")
    contents = [(path / name).read_bytes() for name in names]
    for name, data in zip(names, reversed(contents), strict=True):
        rehash(path, name, data)


def nan(path: Path) -> None:
    words = metadata(path / "zones/thinker.safetensors")
    data = to_bytes({"up": torch.full((4, 3), float("nan"))}, words, "x", finite=False)
    rehash(path, "zones/thinker.safetensors", data)


def replace_by_link(path: Path) -> None:
    (path / "chart.yaml").unlink()
    (path / "chart.yaml").symlink_to("/dev/zero")


def replace_by_pipe(path: Path) -> None:
    (path / "chart.yaml").unlink()
    os.mkfifo(path / "chart.yaml")


ZONE = "zones/thinker.safetensors"
DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing zone": (lambda p: (p / ZONE).unlink(), r"thinker\.safetensors: missing"),
    "missing chart": (lambda p: (p / "chart.yaml").unlink(), r"chart\.yaml: missing"),
    "missing connectome": (lambda p: (p / "connectome.safetensors").unlink(), r"connectome\.safetensors: missing"),
    "missing record": (lambda p: (p / "brain.json").unlink(), r"brain\.json: missing"),
    "missing zones": (lambda p: shutil.rmtree(p / "zones"), r"thinker\.safetensors: missing"),
    "extra zone": (
        lambda p: shutil.copy(p / ZONE, p / "zones" / "thinkers.safetensors"),
        r"thinkers\.safetensors: not part of the brain.*did you mean 'zones/thinker\.safetensors'",
    ),
    "extra file": (lambda p: (p / "model.pt").write_text("x"), r"model\.pt: not part of the brain"),
    "extra folder": (lambda p: (p / "zones" / "sub").mkdir(), "sub: not part of the brain"),
    "flipped bit": (lambda p: flip(p / ZONE), r"thinker\.safetensors: its sha256 is not what brain\.json says"),
    "flipped bit in header": (lambda p: flip(p / ZONE, 12), r"thinker\.safetensors: its sha256"),
    "flipped bit in connectome": (lambda p: flip(p / "connectome.safetensors"), r"connectome\.safetensors: its sha256"),
    "truncated": (
        lambda p: os.truncate(p / ZONE, 50),
        r"thinker\.safetensors: 50 bytes; brain\.json says",
    ),
    "empty": (lambda p: os.truncate(p / ZONE, 0), r"thinker\.safetensors: 0 bytes"),
    "longer": (lambda p: (p / ZONE).write_bytes((p / ZONE).read_bytes() + b"x"), r"thinker\.safetensors: .* bytes"),
    "swapped": (
        lambda p: rehash(p, "zones/doubter.safetensors", (p / ZONE).read_bytes()),
        r"doubter\.safetensors: holds zone 'thinker'; expected zone 'doubter'",
    ),
    "swapped with record": (swap_with_record, r"thinker\.safetensors: holds zone 'doubter'; expected zone 'thinker'"),
    "connectome as zone": (
        lambda p: rehash(p, ZONE, (p / "connectome.safetensors").read_bytes()),
        r"thinker\.safetensors: holds connectome 'tiny'; expected zone 'thinker'",
    ),
    "foreign weights": (
        lambda p: rehash(p, ZONE, to_bytes({"up": torch.ones(2)}, {}, "x")),
        r"thinker\.safetensors: holds unknown ''; expected zone",
    ),
    "nan": (nan, r"thinker\.safetensors: tensor 'up' holds NaN"),
    "pickle": (lambda p: rehash(p, ZONE, b"\x80\x04\x95" + b"x" * 99), r"thinker\.safetensors: truncated, or not"),
    "changed chart": (
        lambda p: (p / "chart.yaml").write_text(CHART.replace("loops: 3", "loops: 4")),
        r"chart\.yaml: its sha256",
    ),
    "chart with another zone": (
        lambda p: rehash(p, "chart.yaml", CHART.replace("thinker:", "thinkers:").encode()),
        "weights for zone 'thinker', which its chart doesn't have; did you mean 'thinkers'",
    ),
    "chart with one more zone": (
        lambda p: rehash(p, "chart.yaml", CHART.replace("zones:", "zones:\n  more: {kind: mixer}").encode()),
        "zone 'more' of the chart has no weights",
    ),
    "chart that is no YAML": (lambda p: rehash(p, "chart.yaml", b"zones: ["), r"chart\.yaml:1:9: not valid YAML"),
    "chart that is no text": (lambda p: rehash(p, "chart.yaml", b"\xff\xfe"), r"chart\.yaml: not UTF-8"),
    "chart without zones": (lambda p: rehash(p, "chart.yaml", b"name: x\n"), r"chart\.yaml: declares no zones"),
    "chart that never ends": (replace_by_link, r"chart\.yaml: missing"),
    "chart that blocks": (replace_by_pipe, r"chart\.yaml: missing"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_noticed(path: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(path)
    with pytest.raises(FolderError, match=message) as caught:
        load_folder(path)
    assert caught.value.exit_code == 4


def test_exchanged_files_are_named(path: Path) -> None:
    swap(path / ZONE, path / "zones" / "doubter.safetensors")
    # The second zone's header is longer, so the sizes differ already.
    with pytest.raises(FolderError, match=r"thinker\.safetensors: .* bytes"):
        load_folder(path)
    save_folder(path, BrainFiles(CHART.replace(", loops: 3", ""), brain().zones, brain().connectome, brain().record))
    swap(path / ZONE, path / "zones" / "doubter.safetensors")
    with pytest.raises(FolderError, match=r"it holds what belongs in zones/doubter\.safetensors"):
        load_folder(path)


def edit(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        record = json.loads((path / "brain.json").read_text())
        change(record)
        (path / "brain.json").write_text(json.dumps(record))

    return apply


def listed(name: str) -> Callable[[Path], None]:
    return edit(lambda r: r["files"].update({name: {"sha256": "0" * 64, "bytes": 1, "parameters": 0}}))


def raw(data: bytes) -> Callable[[Path], None]:
    return lambda path: (path / "brain.json").write_bytes(data) and None


RECORDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "newer format": (edit(lambda r: r.update(format=5)), "format 5; this version of ltm reads format 1 to 4"),
    "format as text": (edit(lambda r: r.update(format="1")), "format 1; this version"),
    "no format": (edit(lambda r: r.pop("files")), "files: Field required"),
    "unknown key": (edit(lambda r: r.update(run="rm -rf")), "run: Extra inputs"),
    "wrong type": (edit(lambda r: r.update(parameters="many")), "parameters: "),
    "negative": (edit(lambda r: r.update(parameters=-1)), "parameters: "),
    "fraction": (edit(lambda r: r["files"]["chart.yaml"].update(bytes=1.5)), r"files.chart.yaml.bytes: "),
    "name leads elsewhere": (edit(lambda r: r.update(name="../x")), "name: "),
    "bad digest": (edit(lambda r: r["files"]["chart.yaml"].update(sha256="0")), r"files.chart.yaml.sha256: "),
    "files as list": (edit(lambda r: r.update(files=["chart.yaml"])), "files: "),
    "no zones": (edit(lambda r: [r["files"].pop(n) for n in list(r["files"]) if "zones" in n]), "is not listed"),
    "no chart": (edit(lambda r: r["files"].pop("chart.yaml")), "chart.yaml is not listed"),
    "parent folder": (listed("../x"), "files"),
    "parent folder of zones": (listed("zones/../../x.safetensors"), "files"),
    "absolute": (listed("/etc/passwd"), "files"),
    "other suffix": (listed("zones/x.pt"), "files"),
    "upper case": (listed("zones/X.safetensors"), "files"),
    "line break": (listed("zones/x.safetensors\n"), "files"),
    "nothing there": (listed("zones/x.safetensors"), r"x\.safetensors: missing"),
    "NaN": (edit(lambda r: r["measured"].update(x=float("nan"))), "measured"),
    "nested measures": (edit(lambda r: r["measured"].update(x={"y": {"z": 1}})), "measured"),
    "empty": (raw(b""), "Invalid JSON"),
    "not JSON": (raw(b"format: 1"), "Invalid JSON"),
    "not text": (raw(b"\xff\xfe\x00"), "Invalid JSON"),
    "list": (raw(b"[]"), "brain.json: "),
    "deep": (raw(b'{"name":' * 100_000), "Invalid JSON"),
    "deep list": (raw(b"[" * 100_000), "Invalid JSON"),
    "huge": (raw(b" " * 4_000_001), "4,000,001 bytes; expected at most 4,000,000"),
    "surrogate": (raw(b'{"name": "\\ud800"}'), "Invalid JSON"),
    "huge number": (raw(b'{"format": ' + b"9" * 5000 + b"}"), "brain.json: "),
}


@pytest.mark.parametrize(("damage", "message"), RECORDS.values(), ids=RECORDS.keys())
def test_bad_record(path: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(path)
    with pytest.raises(FolderError, match=message) as caught:
        load_folder(path)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < 500


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_record_is_read_or_refused(data: bytes | str) -> None:
    with pytest.raises(FolderError):
        read_record(data.encode() if isinstance(data, str) else data, "brain.json")


def test_no_brain_folder(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="no such brain folder"):
        load_folder(tmp_path / "missing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(FolderError, match="not a brain folder"):
        inspect_folder(tmp_path / "file")
    with pytest.raises(FolderError, match=r"brain\.json: missing"):
        inspect_folder(tmp_path)


def test_inspecting_reads_no_weights_but_sees_what_is_missing_cut_or_edited(path: Path) -> None:
    zone, chart = path / "zones" / "thinker.safetensors", path / "chart.yaml"
    whole = zone.read_bytes()
    zone.write_bytes(bytes(len(whole)))
    assert inspect_folder(path).name == "tiny"
    for content, words in ((whole[:-1], "damaged or changed"), (None, "missing")):
        zone.unlink() if content is None else zone.write_bytes(content)
        with pytest.raises(FolderError, match=rf"thinker\.safetensors: .*{words}"):
            inspect_folder(path)
    zone.write_bytes(whole)
    chart.write_text(chart.read_text().replace("a", "b", 1))
    with pytest.raises(FolderError, match=r"chart\.yaml: its sha256"):
        inspect_folder(path)


def test_folder_left_aside_by_a_killed_writer_is_found(path: Path) -> None:
    path.rename(path.with_name(".tiny.old-0123abcd"))
    assert load_folder(path).chart_text == CHART


def test_overwriting(path: Path) -> None:
    with pytest.raises(LtmError, match="already there"):
        save_folder(path, brain(5.0), overwrite=False)
    assert load_folder(path).zones["thinker"]["up"][0, 0] == 1
    save_folder(path, brain(5.0))
    assert load_folder(path).zones["thinker"]["up"][0, 0] == 5
    assert [other.name for other in path.parent.iterdir()] == ["tiny"]


@pytest.mark.parametrize("content", ["", "{}", "[1]", "x", '{"format": 1}', "[" * 5000])
def test_never_overwrites_what_is_no_brain(tmp_path: Path, content: str) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "photo.jpg").write_text("dear to me")
    (mine / "brain.json").write_text(content)
    with pytest.raises(LtmError, match="a folder that is not a brain; choose another one"):
        save_folder(mine, brain())
    assert (mine / "photo.jpg").read_text() == "dear to me"


def test_never_overwrites_what_lies_beside_a_brain(path: Path) -> None:
    (path / "photo.jpg").write_text("dear to me")
    with pytest.raises(LtmError, match=r"shares its folder with 'photo.jpg', which would be lost"):
        save_folder(path, brain())
    (path.parent / "file").write_text("mine")
    with pytest.raises(LtmError, match="a file; expected a folder"):
        save_folder(path.parent / "file", brain())


def test_a_damaged_brain_may_be_overwritten(path: Path) -> None:
    (path / ZONE).unlink()
    save_folder(path, brain(5.0))
    assert load_folder(path).zones["thinker"]["up"][0, 0] == 5


def test_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    save_folder(tmp_path / "empty", brain())
    load_folder(tmp_path / "empty")


def test_refuses_to_save_nonsense(path: Path) -> None:
    good = brain()
    diverged = {"thinker": {"up": torch.full((2,), float("nan"))}, "doubter": {}}
    cases: list[tuple[BrainFiles, str]] = [
        (
            BrainFiles(CHART, diverged, {}, good.record),
            r"thinker\.safetensors: not written, because tensor 'up' holds NaN",
        ),
        (BrainFiles(CHART, {"thinker": {}}, {}, good.record), "zone 'doubter' of the chart has no weights"),
        (BrainFiles(CHART, good.zones | {"../x": {}}, {}, good.record), "is not a lower-case word"),
        (BrainFiles(CHART, good.zones | {"more": {}}, {}, good.record), "which its chart doesn't have"),
        (BrainFiles("zones: [", good.zones, {}, good.record), "not valid YAML"),
        (brain(name="A B"), "name: "),
        (brain(measured={"x": float("inf")}), "measured"),
        (brain(wrong=1), "wrong: Extra inputs"),
    ]
    for files, message in cases:
        with pytest.raises(LtmError, match=message):
            save_folder(path, files)
        assert load_folder(path).zones["thinker"]["up"][0, 0] == 1


@pytest.mark.parametrize("after", range(4))
def test_disk_full(path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    real, calls = Path.write_bytes, [0]

    def full(file: Path, data: bytes) -> int:
        calls[0] += 1
        if calls[0] > after:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(LtmError, match=r"disk full: .* the last good tiny is intact"):
            save_folder(path, brain(5.0))
    assert load_folder(path).zones["thinker"]["up"][0, 0] == 1
