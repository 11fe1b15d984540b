"""Brains on the hub, against a stand-in on localhost: strict, pinned, resumed, and nothing pickled."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hub_case import NAME, TWO, WRITES, changed, files_in, same, shared
from hub_server import Hub, Repository
from tiny import brain_with, puzzles

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
huggingface_hub = pytest.importorskip("huggingface_hub")
pytest.importorskip("huggingface_hub.constants")

from ltm.brain.brain import Brain  # noqa: E402
from ltm.cli.main import run  # noqa: E402
from ltm.errors import DataError, FolderError, HubError  # noqa: E402
from ltm.runtime import hub as module  # noqa: E402
from ltm.runtime.brains import load_brain, save_brain  # noqa: E402
from ltm.runtime.front_matter import front_matter, with_front_matter  # noqa: E402
from ltm.runtime.hub import Address, fetch  # noqa: E402
from ltm.runtime.hub_access import Access  # noqa: E402
from ltm.runtime.hub_push import push  # noqa: E402
from ltm.runtime.skills import load_skills, write_skills  # noqa: E402

# The hub's library sends files in a way that its HTTP library would like to see changed.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def test_a_folder_is_read_and_written_by_the_usual_words(tmp_path: Path) -> None:
    brain = brain_with(TWO).eval()
    brain.save_pretrained(tmp_path / "brain", record={"measured": {"exact": 0.25}})
    assert same(Brain.from_pretrained(tmp_path / "brain"), brain)
    assert load_brain(tmp_path / "brain")[1]["measured"] == {"exact": 0.25}
    with pytest.raises(HubError, match="a folder, which has no revision"):
        Brain.from_pretrained(tmp_path / "brain", revision="main")


def test_a_card_has_its_head_from_the_start(folder: Path) -> None:
    assert (folder / "README.md").read_text().startswith("---\nlibrary_name: ltm\ntags:\n")


def test_a_fetched_brain_is_the_one_that_was_shared_and_says_its_commit(
    hub: Hub, folder: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    commit = shared(hub, folder, pytorch_model__bin=b"\x80\x04harm", model__pkl=b"\x80\x04")
    with caplog.at_level(logging.WARNING, logger="ltm"):
        brain = Brain.from_pretrained(NAME, token="hf_reads")
    assert same(brain, load_brain(folder)[0])
    assert f"is commit {commit} today" in caplog.text and brain.origin == f"hf://{NAME}@{commit}"
    assert not hub.asked(".bin") and not hub.asked(".pkl")
    # The token goes to the hub, and never to where large files lie.
    tokens = {("large" in path, token) for _, path, token in hub.seen}
    assert tokens == {(False, "Bearer hf_reads"), (True, "")}
    brain.save_pretrained(tmp_path / "again")
    assert load_brain(tmp_path / "again")[1]["provenance"]["origin"] == brain.origin
    assert Brain.from_pretrained(tmp_path / "again").origin == brain.origin
    # Its own record may name another place, from which its weights came there.
    second = shared(hub, tmp_path / "again")
    later = Brain.from_pretrained(NAME)
    later.save_pretrained(tmp_path / "later", record=load_brain(tmp_path / "again")[1])
    assert later.origin == load_brain(tmp_path / "later")[1]["provenance"]["origin"] == f"hf://{NAME}@{second}"


def test_verbs_that_fetch_keep_the_address(hub: Hub, folder: Path, tmp_path: Path) -> None:
    origin = f"hf://{NAME}@{shared(hub, folder)}"
    save_brain(brain_with({"only": {"kind": "conv"}}), tmp_path / "other")
    zone, both = tmp_path / "zone.safetensors", tmp_path / "both"
    assert run(["zone", "take", str(folder), "first", "-o", str(zone)]) == 0
    assert run(["quantize", origin, "-o", str(tmp_path / "small")]) == 0
    assert run(["zone", "put", str(zone), origin, "--name", "third", "-o", str(tmp_path / "grown")]) == 0
    assert run(["merge", origin, str(tmp_path / "other"), "-o", str(both), "--name", "one"]) == 0
    assert run(["take", str(both), "one", "-o", str(tmp_path / "taken")]) == 0
    for place in (tmp_path / "small", tmp_path / "grown", both / "skills" / "one", tmp_path / "taken"):
        assert load_brain(place)[1]["provenance"]["origin"] == origin, place
    assert load_skills(both).skills["one"].origin == origin
    push(both, "someone/both", Access(WRITES))
    address = fetch(Address("someone/both")).address
    assert run(["take", str(address), "one", "-o", str(tmp_path / "again")]) == 0
    assert load_brain(tmp_path / "again")[1]["provenance"]["origin"] == str(address)


def test_what_others_fetch_into_the_same_folder_does_no_harm(hub: Hub, folder: Path, tmp_path: Path) -> None:
    shared(hub, folder, plot__png=b"a picture")
    brain = Brain.from_pretrained(NAME)
    huggingface_hub.hf_hub_download(NAME, "plot.png", endpoint=hub.url)
    assert same(Brain.from_pretrained(NAME), brain)
    fetched = fetch(Address(NAME), local_files_only=True).folder
    assert (fetched / "plot.png").exists()
    write_skills(tmp_path / "both", "both", {"one": fetched, "two": folder})
    assert same(load_skills(tmp_path / "both").skills["one"], brain)
    (folder / "plot.png").write_bytes(b"a picture")
    with pytest.raises(FolderError, match="not part of the brain"):
        load_brain(folder)


def test_a_commit_is_pinned_and_once_fetched_nobody_is_asked(
    hub: Hub, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = shared(hub, folder)
    old = Brain.from_pretrained(NAME, revision=first)
    assert not caplog.records
    asked = len(hub.seen)
    save_brain(brain_with(TWO, field={"width": 24}), folder)
    second = shared(hub, folder)
    assert same(Brain.from_pretrained(f"hf://{NAME}@{first}"), old) and len(hub.seen) == asked
    assert Brain.from_pretrained(NAME).chart.field.width == 24
    assert Brain.from_pretrained(NAME, local_files_only=True).origin == f"hf://{NAME}@{second}"
    asked = len(hub.seen)
    assert Brain.from_pretrained(NAME, revision=second, force_download=True).chart.field.width == 24
    assert len(hub.seen) > asked + 4


def test_offline_takes_what_is_there_and_says_what_is_not(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared(hub, folder)
    with pytest.raises(HubError, match="not among what was fetched before"):
        Brain.from_pretrained(NAME, local_files_only=True)
    assert not hub.seen
    brain = Brain.from_pretrained(NAME)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    asked = len(hub.seen)
    assert same(Brain.from_pretrained(NAME), brain) and len(hub.seen) == asked
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # where nobody listens
    with pytest.raises(HubError, match="can't be reached"):
        Brain.from_pretrained(NAME)
    assert same(Brain.from_pretrained(NAME, local_files_only=True), brain)


def test_what_may_pass_is_tried_again(hub: Hub, folder: Path) -> None:
    shared(hub, folder)
    hub.faults += [("GET", "/api/models/", 503), ("GET", "/large/", 503), ("GET", "brain.json", 429)]
    assert same(Brain.from_pretrained(NAME), load_brain(folder)[0])
    hub.faults += [("GET", "/api/models/", 503)] * 3
    with pytest.raises(HubError, match="the hub refuses"):
        Brain.from_pretrained(NAME)


def test_a_file_that_is_cut_off_goes_on_where_it_was(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared(hub, folder)
    # The library keeps what came in whole chunks, of ten megabytes.
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    whole = (folder / "zones/first.safetensors").stat().st_size // 2 // 1000 * 1000
    mark = load_brain(folder)[1]["files"]["zones/first.safetensors"]["sha256"]
    hub.faults.append(("GET", f"/large/{mark}", "cut"))
    assert same(Brain.from_pretrained(NAME), load_brain(folder)[0])
    assert hub.ranges == [f"bytes={whole}-"] and len(hub.asked(mark)) == 2


def test_a_file_that_is_not_what_the_record_says_is_refused(hub: Hub, folder: Path) -> None:
    whole = files_in(folder)
    zone = "zones/first.safetensors"
    repository = hub.repositories[NAME] = Repository()
    repository.commit(whole | {zone: changed(whole[zone])})
    with pytest.raises(FolderError, match=r"sha256 is not what brain.json says.*force_download=True fetches it again"):
        Brain.from_pretrained(NAME)
    repository.commit(whole | {zone: whole[zone] + b"\0"})
    before = len(hub.asked("/large/"))
    with pytest.raises(FolderError, match=r"bytes; brain.json says [\d,]+; not fetched"):
        Brain.from_pretrained(NAME)
    repository.commit({name: data for name, data in whole.items() if name != zone})
    with pytest.raises(FolderError, match=f"{zone} is missing there"):
        Brain.from_pretrained(NAME)
    repository.commit(whole | {"brain.json": whole["brain.json"].replace(zone.encode(), b"../../escape.safetensors")})
    with pytest.raises(FolderError, match=r"brain.json: files\."):
        Brain.from_pretrained(NAME)
    assert len(hub.asked("escape")) == 0 and before <= len(hub.asked("/large/")) <= before + 1


def test_nothing_larger_than_a_brain_is_fetched(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared(hub, folder)
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    with pytest.raises(FolderError, match="at most 1"):
        Brain.from_pretrained(NAME)
    monkeypatch.setattr(module, "MAX_RECORD", 10)
    with pytest.raises(FolderError, match="at most 10 are read; not fetched"):
        Brain.from_pretrained(NAME, revision="main")
    assert not hub.asked("/large/")


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("someone/else", "no such repository, or a private one"),
        ("someone/tiny@nowhere", "no such revision"),
        ("someone/empty", "holds no brain"),
        ("no brain here", "neither a folder nor a place on the hub"),
        ("some/one/else", "neither a folder"),
        ("someone/tiny@../x", "is no revision"),
        ("someone/..", "neither a folder"),
    ],
)
def test_what_cannot_be_fetched_is_said(place: str, words: str, hub: Hub, folder: Path) -> None:
    shared(hub, folder)
    hub.repositories["someone/empty"] = Repository()
    hub.repositories["someone/empty"].commit({"README.md": b"hello"})
    with pytest.raises((HubError, FolderError), match=words):
        Brain.from_pretrained(place)


def test_private_repositories_need_a_token(hub: Hub, folder: Path) -> None:
    shared(hub, folder)
    hub.repositories[NAME].private = True
    with pytest.raises(HubError, match="or give a token"):
        Brain.from_pretrained(NAME)
    assert same(Brain.from_pretrained(NAME, token="hf_reads"), load_brain(folder)[0])


def test_the_command_line_takes_brains_from_the_hub(
    hub: Hub, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", False)
    monkeypatch.setenv("HF_TOKEN", WRITES)
    assert run(["push", str(folder), NAME, "--license", "mit", "--message", "here it is"]) == 0
    commit = hub.repositories[NAME].branches["main"]
    assert f"ltm inspect hf://{NAME}@{commit}" in capsys.readouterr().out.replace("\n", "")
    assert run(["inspect", f"hf://{NAME}"]) == 0
    shown = capsys.readouterr()
    assert "first" in shown.out and f"is commit {commit} today" in shown.err
    board = "".join(map(str, puzzles()["puzzle"][0].flatten().tolist()))
    rows = "/".join(board[start : start + 4] for start in range(0, 16, 4))
    assert run(["think", f"hf://{NAME}@{commit}", rows, "--ticks", "2", "--confidence", "0"]) == 0
    save_brain(brain_with({"only": {"kind": "conv"}}), tmp_path / "other")
    assert run(["merge", f"hf://{NAME}", str(tmp_path / "other"), "-o", str(tmp_path / "both")]) == 0
    assert len(load_skills(tmp_path / "both").skills) == 2
    assert run(["zone", "take", f"hf://{NAME}", "first", "-o", str(tmp_path / "first.safetensors")]) == 0
    assert run(["inspect", "hf://someone/else"]) == 2
    assert "no such repository" in capsys.readouterr().err


def test_without_the_library_the_command_that_gets_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(DataError, match=r"the hub needs huggingface-hub.*pip install 'ltm\[hub\]'"):
        Brain.from_pretrained(NAME)


def test_cards_have_a_head_that_says_what_the_brain_does() -> None:
    def head(chart: str, license: str | None = None) -> Any:
        return yaml.safe_load(front_matter(chart, license).split("---\n")[1])

    digits = "senses: {image: {kind: image}}\nacts: {digit: {kind: label}}\nzones: {a: {kind: conv}}\n"
    assert head(digits)["pipeline_tag"] == "image-classification"
    assert head("acts: {next: {kind: next}}\n")["pipeline_tag"] == "text-generation"
    assert "pipeline_tag" not in head("senses: {p: {kind: grid}}\nacts: {s: {kind: grid}}\n", "mit")
    assert head("[", None) == {"library_name": "ltm", "tags": ["ltm", "local-thinking-models"]}
    own = "---\ntags: [mine]\n---\n# Mine\n"
    assert with_front_matter(own, digits) == own
    assert with_front_matter(own, digits, "mit") == "---\ntags: [mine]\nlicense: mit\n---\n# Mine\n"
    assert with_front_matter("# Mine\n", digits).startswith("---\nlibrary_name: ltm\n")
