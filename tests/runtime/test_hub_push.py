"""Brains pushed to a hub: whole, verified, and without harm to what others keep there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hub_case import NAME, TWO, WRITES, changed, files_in, same
from hub_server import Hub, Repository
from tiny import brain_with

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
huggingface_hub = pytest.importorskip("huggingface_hub")
pytest.importorskip("huggingface_hub.constants")

from ltm.brain.brain import Brain  # noqa: E402
from ltm.errors import FolderError, HubError  # noqa: E402
from ltm.runtime.brains import load_brain, save_brain  # noqa: E402
from ltm.runtime.hub import Address, fetch  # noqa: E402
from ltm.runtime.hub_access import Access  # noqa: E402
from ltm.runtime.hub_push import push  # noqa: E402
from ltm.runtime.skills import load_skills, write_skills  # noqa: E402

# The hub's library sends files in a way that its HTTP library would like to see changed.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def test_what_is_pushed_comes_back(hub: Hub, folder: Path) -> None:
    brain = brain_with(TWO).eval()
    pushed = brain.push_to_hub(NAME, private=True, license="mit", token=WRITES, commit_message="first")
    repository = hub.repositories[NAME]
    assert repository.private and pushed.address == Address(NAME, repository.branches["main"])
    there = repository.commits[repository.branches["main"]]
    assert {"brain.json", "zones/first.safetensors", "zones/second.safetensors", "README.md"} <= set(there)
    head = yaml.safe_load(there["README.md"].decode().split("---\n")[1])
    assert head == {"library_name": "ltm", "license": "mit", "tags": ["ltm", "local-thinking-models", "mixer", "conv"]}
    assert same(Brain.from_pretrained(NAME, token=WRITES), brain)
    # Of an earlier brain only its own files go.
    there["notes.txt"] = b"mine"
    brain_with({"first": TWO["first"]}).push_to_hub(NAME, token=WRITES)
    there = repository.commits[repository.branches["main"]]
    assert "zones/second.safetensors" not in there and "notes.txt" in there
    commits = len(repository.commits)
    brain_with({"first": TWO["first"]}).push_to_hub(NAME, token=WRITES)
    assert len(repository.commits) == commits  # nothing has changed
    brain.push_to_hub(NAME, revision="try", token=WRITES)
    assert set(repository.branches) == {"main", "try"}
    assert same(Brain.from_pretrained(NAME, revision="try", token=WRITES), brain)


def test_pushing_is_tried_again_and_refused_in_words(hub: Hub, folder: Path) -> None:
    access = Access(WRITES)
    hub.faults += [("POST", "/api/repos/create", 503), ("POST", "/commit/", 503), ("PUT", "/store/", 503)]
    pushed = push(folder, NAME, access)
    assert hub.repositories[NAME].branches["main"] == pushed.address.revision
    with pytest.raises(HubError, match=r"the hub refuses|no such repository"):
        push(folder, "someone/other", Access("hf_reads"))
    with pytest.raises(HubError, match="license 'My Own!'"):
        push(folder, NAME, access, license="My Own!")
    with pytest.raises(HubError, match="a branch is said by itself"):
        push(folder, f"{NAME}@main", access)
    zone = folder / "zones/first.safetensors"
    zone.write_bytes(changed(zone.read_bytes()))
    commits = len(hub.repositories[NAME].commits)
    with pytest.raises(FolderError, match="damaged or changed"):
        push(folder, NAME, access)
    assert len(hub.repositories[NAME].commits) == commits


def test_what_others_keep_beside_a_brain_stays(hub: Hub, folder: Path) -> None:
    repository = hub.repositories[NAME] = Repository()
    others = {"model.safetensors": b"theirs", "adapter_model.safetensors": b"theirs", "tokenizer.json": b"{}"}
    repository.commit(others)
    push(folder, NAME, Access(WRITES))  # no brain was there
    push(folder, NAME, Access(WRITES), license="mit")  # one whose record lists no tokenizer
    there = repository.commits[repository.branches["main"]]
    assert others.items() <= there.items()
    # A brain that listed it leaves nothing behind.
    record = json.loads(there["brain.json"])
    record["files"]["tokenizer.json"] = {"sha256": "0" * 64, "bytes": 2}
    repository.commit(there | {"brain.json": json.dumps(record | {"format": 4}).encode()})
    push(folder, NAME, Access(WRITES))
    there = repository.commits[repository.branches["main"]]
    assert "tokenizer.json" not in there and "model.safetensors" in there


def test_files_of_others_are_neither_taken_away_nor_replaced(hub: Hub, folder: Path) -> None:
    repository = hub.repositories[NAME] = Repository()
    others = {"zones/map.safetensors": b"theirs", "README.md": b"# Theirs\n", "LICENSE": b"theirs"}
    repository.commit(others)
    push(folder, NAME, Access(WRITES))
    there = repository.commits[repository.branches["main"]]
    assert there["zones/map.safetensors"] == b"theirs" and there["LICENSE"] == b"theirs"
    assert there["README.md"] != b"# Theirs\n"  # the card is the brain's; the other is in the history
    push(folder, NAME, Access(WRITES), license="mit")
    assert repository.commits[repository.branches["main"]]["zones/map.safetensors"] == b"theirs"
    for file in ("zones/first.safetensors", "chart.yaml"):
        repository = hub.repositories[NAME] = Repository()
        repository.commit({file: b"theirs"})
        with pytest.raises(HubError, match=f"holds {file}, which belongs to no brain there"):
            push(folder, NAME, Access(WRITES))
        assert len(repository.commits) == 1
    repository.commit({"brain.json": b"{}"})  # of something else: it lists nothing
    push(folder, NAME, Access(WRITES))


def test_a_license_goes_there_and_back(hub: Hub, folder: Path, tmp_path: Path) -> None:
    (folder / "LICENSE").write_text("Do as you like.\n")
    push(folder, NAME, Access(WRITES))
    there = hub.repositories[NAME].commits[hub.repositories[NAME].branches["main"]]
    assert there["LICENSE"] == b"Do as you like.\n"
    assert (fetch(Address(NAME)).folder / "LICENSE").read_text() == "Do as you like.\n"
    save_brain(brain_with({"only": {"kind": "conv"}}), tmp_path / "other")
    write_skills(tmp_path / "both", "both", {"one": folder, "two": tmp_path / "other"})
    (tmp_path / "both" / "LICENSE").write_text("All of it.\n")
    push(tmp_path / "both", "someone/both", Access(WRITES))
    fetched = fetch(Address("someone/both")).folder
    assert (fetched / "LICENSE").read_text() == "All of it.\n"
    assert (fetched / "skills" / "one" / "LICENSE").read_text() == "Do as you like.\n"
    assert not (fetched / "skills" / "two" / "LICENSE").exists()


def test_only_what_was_verified_is_sent(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, reach = files_in(folder), Access.api
    meddled = folder / "chart.yaml"

    def meddling(access: Access) -> Any:  # the first thing that is done after all files were verified
        meddled.write_bytes(changed(whole[str(meddled.relative_to(folder))]))
        return reach(access)

    monkeypatch.setattr(Access, "api", meddling)
    push(folder, NAME, Access(WRITES))
    there = hub.repositories[NAME].commits[hub.repositories[NAME].branches["main"]]
    assert there["chart.yaml"] == whole["chart.yaml"]
    meddled.write_bytes(whole["chart.yaml"])
    meddled, commits = folder / "zones/first.safetensors", len(hub.repositories[NAME].commits)
    with pytest.raises(FolderError, match=r"first.safetensors: changed while it was pushed"):
        push(folder, NAME, Access(WRITES))
    assert len(hub.repositories[NAME].commits) == commits


def test_a_card_that_is_no_text_is_refused(hub: Hub, folder: Path) -> None:
    (folder / "README.md").write_bytes("# Größe\n".encode("latin-1"))
    with pytest.raises(FolderError, match=r"README.md: not UTF-8 text"):
        push(folder, NAME, Access(WRITES))
    (folder / "README.md").write_bytes(b"---\r\ntags: [mine]\r\n---\r\n# Mine\r\n")
    push(folder, NAME, Access(WRITES))
    there = hub.repositories[NAME].commits[hub.repositories[NAME].branches["main"]]
    assert there["README.md"] == b"---\ntags: [mine]\n---\n# Mine\n"


def test_a_brain_of_several_skills_goes_there_and_back(hub: Hub, folder: Path, tmp_path: Path) -> None:
    save_brain(brain_with({"only": {"kind": "conv"}}), tmp_path / "other")
    write_skills(tmp_path / "both", "both", {"one": folder, "two": tmp_path / "other"})
    pushed = push(tmp_path / "both", NAME, Access(WRITES))
    repository = hub.repositories[NAME]
    assert b"[one](skills/one/README.md)" in repository.commits[repository.branches["main"]]["README.md"]
    fetched = fetch(Address(NAME))
    assert fetched.address == pushed.address
    assert same(load_skills(fetched.folder).skills["one"], load_brain(folder)[0])
    assert fetch(Address(NAME), local_files_only=True) == fetched
    with pytest.raises(FolderError, match="a brain of several skills"):
        Brain.from_pretrained(NAME)
    (tmp_path / "both" / "README.md").write_text("# Mine\n")
    push(tmp_path / "both", NAME, Access(WRITES), license="mit")
    card = repository.commits[repository.branches["main"]]["README.md"].decode()
    assert card.endswith("---\n\n# Mine\n") and "license: mit\n" in card
