"""Language models that zones look through as this project's own: checkpoints in safetensors, and brain folders."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from little_foreign import as_rwkv, built, little, needs
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.load import chart_from_text
from ltm.chart.schema import Chart
from ltm.errors import ChartError, DataError, FolderError, LtmError
from ltm.foreign.brain import brain_from
from ltm.foreign.table import foreign_model
from ltm.pretrained.models import facts_of, frozen
from ltm.pretrained.values import tokens
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.zone_file import take_zone
from ltm.scenes.scene import Scene

TEXT = "мир, and a word"
MODEL = little("rwkv7", symbols=256, head_width=16, ranks=[4, 5, 6, 7], hidden=40)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A checkpoint of RWKV-7 that reads bytes."""
    (tmp_path / "state").mkdir()
    save_file(as_rwkv(MODEL, "rwkv.cpp"), tmp_path / "state" / "model.safetensors")
    return tmp_path / "state" / "model.safetensors"


@pytest.fixture
def folder(state: Path, tmp_path: Path) -> Path:
    """The brain that such a checkpoint becomes."""
    save_brain(brain_from(state), tmp_path / "brain")
    return tmp_path / "brain"


def known(model: Any, symbols: list[int]) -> Tensor:
    body = built(model)
    with torch.no_grad():
        states, _ = body.advance(model.table[torch.tensor([symbols])], body.start(1))
    found: Tensor = states[0]
    return found


def made(place: Path, text: str = TEXT, layers: int | None = None) -> Tensor:
    return frozen(str(place), layers).made(tokens(str(place), text), text.encode())


def test_a_checkpoint_tells_the_states_of_its_zone(state: Path) -> None:
    expected = known(MODEL, list(TEXT.encode()))
    torch.testing.assert_close(made(state), expected, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(made(state.parent), expected, atol=1e-6, rtol=1e-5)
    facts = facts_of(str(state))
    assert (facts.takes, facts.channels, facts.most, facts.sites(7)) == ("text", 32, 8192, (1, 7))
    assert facts.weights == sum(part.numel() for part in MODEL.body.values()) + MODEL.table.numel()
    assert facts.operations(20) > facts.operations(10) > 0


def test_its_first_layers_are_those_of_a_model_that_has_no_more(state: Path) -> None:
    body = {name: part for name, part in MODEL.body.items() if not name.split(".")[1] == "1"}
    shorter = type(MODEL)("rwkv7", 32, {**MODEL.zone, "layers": 1}, body, MODEL.table, MODEL.head)
    torch.testing.assert_close(made(state, layers=1), known(shorter, list(TEXT.encode())), atol=1e-6, rtol=1e-5)
    assert facts_of(str(state), 1).weights < facts_of(str(state)).weights
    assert facts_of(str(state), 1).operations(9) < facts_of(str(state)).operations(9)
    with pytest.raises(LtmError, match="has 2, got 3"):
        facts_of(str(state), 3)


@pytest.mark.parametrize("int8", [False, True])
def test_a_brain_tells_what_its_checkpoint_does(folder: Path, state: Path, int8: bool) -> None:
    if int8:
        brain, record = load_brain(folder)
        brain.int8 = True
        save_brain(brain, folder, record)
    torch.testing.assert_close(made(folder), made(state), atol=0.1 if int8 else 0, rtol=0)
    assert torch.equal(made(folder), made(state)) != int8
    torch.testing.assert_close(made(folder, layers=1), made(state, layers=1), atol=0.1 if int8 else 0, rtol=0)
    assert facts_of(str(folder)).weights == facts_of(str(state)).weights


SEVERAL = """
    name: several
    field: {width: 16}
    senses:
      context: {kind: text, unit: bytes, inner: 8, longest: 600}
    acts:
      next: {kind: next, symbols: 256}
    zones:
      core: {kind: llama, layers: 1, heads: 2, loops: 2, roles: {slow: {period: 3, phases: [0, 2]}}}
      side:
        kind: rwkv7
        width: 8
        layers: 1
        head_width: 4
        ranks: [2, 2, 2, 2]
        roles: {fast: {period: 3, phases: [1, 2]}}
    training: {ticks: 3, segments: 1}
"""


def test_of_a_brain_of_several_zones_it_tells_what_the_field_holds(tmp_path: Path) -> None:
    brain = Brain(chart_from_text(SEVERAL))
    save_brain(brain, tmp_path / "several")
    text = "word " * 110  # longer than what is taken in at once
    mind = brain.begin({"context": torch.tensor([list(text.encode())], dtype=torch.uint8)})
    with torch.no_grad():
        brain.circuit.run(mind.lanes, mind.input, mind.places, 3)
    torch.testing.assert_close(made(tmp_path / "several", text), mind.lanes.field[0], atol=1e-5, rtol=1e-4)
    facts = facts_of(str(tmp_path / "several"))
    assert (facts.channels, facts.most) == (16, 600)
    assert facts.operations(550) == sum(brain.circuit.operations(mind.places, tick) for tick in range(3))
    with pytest.raises(LtmError, match="can't be cut: it isn't one zone of layers"):
        facts_of(str(tmp_path / "several"), 1)


@pytest.mark.filterwarnings("ignore")
def test_a_phi_of_transformers_tells_the_states_that_they_give_it(tmp_path: Path) -> None:
    library = pytest.importorskip("transformers", reason="needs transformers: pip install 'ltm[pretrained]'")
    from little_folder import TEXT as SMALL
    from little_folder import folder_of

    folder_of("bert", tmp_path)  # for its vocabulary
    torch.manual_seed(1)
    theirs = library.PhiForCausalLM(library.PhiConfig(**SMALL)).eval()
    theirs.save_pretrained(tmp_path)
    value, counter = tokens(str(tmp_path), "a good movie"), FlopCounterMode(display=False)
    assert value.tolist() == [2, 4, 5, 7, 3]
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        states = theirs.model(torch.from_numpy(value).long()[None]).last_hidden_state[0]
    torch.testing.assert_close(made(tmp_path, "a good movie"), states, atol=1e-5, rtol=1e-4)
    facts = facts_of(str(tmp_path))
    assert (facts.most, facts.operations(len(value))) == (40, counter.get_total_flops())
    assert facts.weights == sum(weight.numel() for weight in theirs.model.parameters())


def looks_through(model: Path, layers: str = "") -> Chart:
    return chart_from_text(
        f"""
        name: little
        field: {{width: 16}}
        senses:
          text: {{kind: raw, model: {model}, longest: 32, cut: true}}
        acts:
          mood: {{kind: label, labels: [glad, sad]}}
        zones:
          language: {{kind: pretrained, model: {model}, sense: text, {layers} roles: {{tell: {{}}}}}}
        """
    )


def test_zones_look_through_it_and_it_stays_as_it_is(folder: Path, tmp_path: Path) -> None:
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    brain = Brain(looks_through(folder, "layers: 1,"))
    assert sum(weight.numel() for weight in brain.parameters()) < 3_000
    assert brain.circuit.zone("language").borrowed == facts_of(str(folder), 1).weights
    values = {"text": torch.from_numpy(tokens(str(folder), TEXT))[None]}
    reading = brain.think_on(brain.begin(values), 1)
    reading.logits["mood"].square().sum().backward()
    assert all(bool(weight.grad.any()) for weight in brain.circuit.zone("language").body.parameters())  # type: ignore[union-attr]
    save_brain(brain, tmp_path / "looks")
    again, _ = load_brain(tmp_path / "looks")
    (thought,) = think(again, [Scene({"text": TEXT})])
    assert thought.operations > facts_of(str(folder), 1).operations(len(TEXT.encode()))
    assert before == {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    other = brain_from(folder.parent / "state")
    with torch.no_grad():
        next(other.circuit.zone("core").parameters()).add_(1e-3)
    save_brain(other, folder)
    with pytest.raises(FolderError, match="not the one that this zone was trained with"):
        think(again, [Scene({"text": TEXT})])


def test_what_a_record_notes_beside_the_weights_does_not_make_another_model(folder: Path, tmp_path: Path) -> None:
    save_brain(Brain(looks_through(folder)), tmp_path / "looks")
    brain, record = load_brain(folder)
    save_brain(brain, folder, {**record, "measured": {"bits": 2.0}})
    assert think(load_brain(tmp_path / "looks")[0], [Scene({"text": TEXT})])


def _tensor(change: Callable[[dict[str, Tensor]], Any]) -> Callable[[Path], Path]:
    def harm(state: Path) -> Path:
        tensors = load_file(state)
        change(tensors)
        save_file(tensors, state)
        return state

    return harm


def _taken(state: Path) -> Path:
    save_brain(brain_from(state), state.parent / "brain")
    take_zone(state.parent / "brain", "core", state.parent / "core.safetensors")
    return state.parent / "core.safetensors"


def _inside(state: Path) -> Path:
    save_brain(brain_from(state), state.parent / "brain")
    return state.parent / "brain" / "zones" / "core.safetensors"


def _skills(state: Path) -> Path:
    (state.parent / "skills.json").write_text("{}")
    return state.parent


def _silent(state: Path) -> Path:
    chart = SEVERAL.replace("next: {kind: next, symbols: 256}", "mood: {kind: label, labels: [glad, sad]}")
    save_brain(Brain(chart_from_text(chart)), state.parent / "silent")
    return state.parent / "silent"


def _other_chart(state: Path) -> Path:
    save_brain(brain_from(state), state.parent / "brain")
    chart = state.parent / "brain" / "chart.yaml"
    chart.write_text(chart.read_text().replace("head_width: 16", "head_width: 32"))
    return state.parent / "brain"


def _many_symbols(state: Path) -> Path:
    save_file(as_rwkv(little("rwkv7", symbols=50, head_width=16), "author"), state)
    return state


def _reasoner(state: Path) -> Path:
    save_file({"x": torch.ones(2)}, state)
    state.with_name("config.json").write_text("{}")
    return state


def _named_llama(state: Path) -> Path:
    state.with_name("config.json").write_text(json.dumps({"model_type": "gpt_code"}))
    return state.parent


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_tensor(lambda t: t.pop("ln_out.bias")), "no tensor 'ln_out.bias'"),
        (_tensor(lambda t: t.update(more=torch.ones(2))), "tensor 'more' belongs to no part"),
        (_tensor(lambda t: t.update({"ln_out.bias": torch.ones(31)})), "ln_out.bias is 31; expected 32"),
        (_tensor(lambda t: t["ln_out.bias"].fill_(torch.nan)), "tensor 'ln_out.bias' holds NaN"),
        (_taken, r"a taken zone of a brain.*reads no texts; name the folder of.*ltm zone put.*ltm grow --reuse"),
        (_inside, r"holds a zone of a brain.*name the folder of the brain"),
        (_skills, r"a brain of several skills; name the folder of one: .*/skills/NAME"),
        (_silent, r"doesn't tell what comes next in texts \(an act of kind 'next'\)"),
        (_other_chart, "chart.yaml: .*damaged or changed|chart.yaml: its sha256"),
        (_many_symbols, "no tokenizer.json beside the weights; the model has 50 symbols"),
        (_reasoner, "of no family that is known here.*its config.json may tell: name the folder"),
        (_named_llama, "of a family that is not run here.*rwkv7, phi"),
    ],
)
def test_what_can_not_be_looked_through_is_refused(harm: Callable[[Path], Path], words: str, state: Path) -> None:
    place = harm(state)
    with pytest.raises(FolderError, match=words):
        frozen(str(place))


def test_a_brain_that_looks_through_itself_ends(folder: Path, tmp_path: Path) -> None:
    looking = tmp_path / "looks"
    save_brain(Brain(looks_through(folder)), looking)
    with pytest.raises(ChartError, match="looks through a pretrained model itself; name that one"):
        looks_through(looking)


def test_a_zone_that_is_exchanged_in_a_brain_is_noticed(folder: Path) -> None:
    zone = folder / "zones" / "core.safetensors"
    zone.write_bytes(zone.read_bytes()[:-4] + b"\0\0\0\0")
    with pytest.raises(FolderError, match=r"core\.safetensors: its sha256 is not what brain\.json says"):
        frozen(str(folder))


def test_a_vocabulary_of_more_symbols_than_the_model_is_refused(state: Path, tmp_path: Path) -> None:
    library = pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install 'ltm[language]'")
    words = {f"word{number}": number for number in range(257)}
    library.Tokenizer(library.models.WordLevel(words, unk_token="word0")).save(str(state.with_name("tokenizer.json")))
    for place in (state, state.parent):
        with pytest.raises(FolderError, match="writes 257 symbols; the model has 256"):
            facts_of(str(place))


def test_a_real_rwkv7_tells_the_states_that_give_its_known_logits(tmp_path: Path) -> None:
    place = needs("rwkv7_834K")
    logits = torch.from_numpy(np.fromfile(place / "expected_logits-f32.bin", dtype=np.float32))
    head = foreign_model(place).head  # type: ignore[union-attr]
    assert head is not None
    shutil.copy(place / "model.safetensors", tmp_path)
    found = made(tmp_path / "model.safetensors", '"in')
    assert found.shape == (3, 64) and (found[-1] @ head.T - logits).abs().max() < 1e-5
    brain = Brain(looks_through(tmp_path / "model.safetensors", "layers: 6,"))
    assert brain.circuit.zone("language").borrowed == 412_992


def test_empty_texts_are_refused(state: Path) -> None:
    sense = looks_through(state).senses["text"]
    with pytest.raises(DataError, match="the text is empty"):
        sense.encode("  ")
