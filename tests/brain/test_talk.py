"""Talking: symbol by symbol the same as all at once, whatever the circuit, and charts that would cheat are refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from ltm.brain.brain import Brain
from ltm.brain.talk import Talk, choose, speaks
from ltm.brain.writing import writer_of
from ltm.chart.load import chart_from_text
from ltm.errors import ChartError, DataError
from ltm.scenes.columns import columns_of
from ltm.scenes.encode_rows import encode_rows
from ltm.senses.sequence import SequenceSpec
from ltm.senses.text import TextSpec

WIDTH = 16
RWKV = "kind: rwkv7, layers: 2, head_width: 8, chunk: 4, ranks: [3, 3, 3, 3]"
LLAMA = "kind: llama, layers: 2, heads: 2, groups: 1, hidden: 20"
PHI = "kind: phi, layers: 2, heads: 2, hidden: 20"
CHART = """
field: {width: 16}
senses: {text: {kind: text, unit: bytes, inner: null, longest: 64, cut: true}}
acts: {next: {kind: next, symbols: 256}}
zones: {core: {kind: rwkv7, head_width: 8, write: replace}}
reflection: {kind: none}
training: {ticks: 1, segments: 1}
will: {ticks: 1}
"""
CIRCUITS = {
    "rwkv7": (f"{{core: {{{RWKV}, write: replace}}}}", 1, ""),
    "llama": (f"{{core: {{{LLAMA}, write: replace}}}}", 1, ""),
    "phi": (f"{{core: {{{PHI}}}}}", 1, ""),
    "looped": (f"{{core: {{{RWKV}, loops: 3}}}}", 2, ""),
    "two in turns": (f"{{one: {{{RWKV}, state: own}}, two: {{{LLAMA}, width: 8}}}}", 4, ""),
    "two at once, coupled": (f"{{one: {{{PHI}, state: own}}, two: {{{RWKV}, state: own}}}}", 3, "all"),
    "nested": (f"{{whole: {{kind: nested, ticks: 2, circuit: {{zones: {{in: {{{RWKV}}}, out: {{{PHI}}}}}}}}}}}", 2, ""),
    "with a memory": (f"{{core: {{{LLAMA}}}, known: {{kind: archetype, archetypes: 4}}}}", 2, ""),
}


def brain_of(zones: str, ticks: int, pattern: str = "") -> Brain:
    settings = [f"zones={zones}", f"training.ticks={ticks}", f"will.ticks={ticks}"]
    if pattern:
        settings += [f"coupling.pattern={pattern}", "coupling.rank=2", "wave.policy=all"]
    return Brain(chart_from_text(CHART, "chart.yaml", settings)).eval()


@pytest.mark.parametrize("circuit", CIRCUITS.values(), ids=CIRCUITS.keys())
def test_symbol_by_symbol_is_all_at_once(circuit: tuple[str, int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    brain = brain_of(*circuit)
    symbols = torch.randint(0, 255, (1, 23), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    monkeypatch.setattr("ltm.brain.talk.STRETCH", 5)
    with torch.inference_mode():
        whole = brain.think_on(brain.begin({"text": symbols}), circuit[1]).logits["next"][0]
    for parts in ([1] * 23, [7, 1, 1, 14], [23]):
        talk, place = Talk(brain), 0
        for size in parts:
            place += size
            found = talk.hear(symbols[0, place - size : place].tolist())
            assert (found - whole[place - 1]).abs().max() < 1e-5


def test_later_sites_change_nothing_earlier() -> None:
    for circuit in CIRCUITS.values():
        brain = brain_of(*circuit)
        symbols = torch.randint(0, 255, (2, 12), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
        symbols[1, :8] = symbols[0, :8]
        with torch.inference_mode():
            logits = brain.think_on(brain.begin({"text": symbols}), circuit[1]).logits["next"]
        torch.testing.assert_close(logits[0, :8], logits[1, :8])
        assert (logits[0, 8:] - logits[1, 8:]).abs().amax(-1).min() > 1e-4


def test_a_state_of_fixed_size_stays_so() -> None:
    talk = Talk(brain_of(*CIRCUITS["looped"]))

    def held() -> int:
        layers = [layer for state in talk._carried._states for layer in state]
        return sum(t.numel() for one in layers for t in (one.time_BW, one.memory_BHKK, one.channel_BW))

    talk.hear([1])
    first = held()
    talk.hear(list(range(60)))
    assert held() == first > 0


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("zones.core={kind: mixer, windows: [all]}", "'mixer' read what comes next off later sites"),
        ("zones.core={kind: attention}", "zones.core.kind: zones of kind 'attention'"),
        ("zones.core={kind: nested, circuit: {zones: {in: {kind: conv}}}}", "zones.core.circuit.zones.in.kind"),
        ("acts.next.symbols=257", "acts.next.symbols: must be 256: 256 of 'text'"),
        ("acts.next={kind: next, symbols: 256, ends: true}", "must be 257: 256 of 'text' and the end"),
        ("acts.next={kind: next, symbols: 257, ends: true, tied: true}", "the end has no vector"),
        ("acts.next.at=texts", "no sense called 'texts'; did you mean 'text'"),
        ("senses.text={kind: text}", "told of a text of bytes or pieces, or a sequence"),
        ("senses.more={kind: number}", "needs a chart with one sense"),
        ("field.noise=0.5", "field.noise: must be 0"),
        ("senses.text.positions=learned", "senses.text.positions: must be 'none'"),
        ("scenes={interchange: [{one: {text: [1]}, two: {text: [2]}}]}", "interchange"),
        ("scenes.symmetries=[drop]", "scenes.symmetries: would change what is seen"),
        ("wave={policy: top-k, fire: 1}", "'top-k' looks at all sites at once"),
        ("steps={roles: [me]}", "is for scenes of one step"),
    ],
)
def test_what_would_read_the_answer_off_is_refused(setting: str, words: str) -> None:
    with pytest.raises(ChartError) as problem:
        Brain(chart_from_text(CHART, "chart.yaml", [setting]))
    assert words in str(problem.value)


def test_what_comes_next_is_what_is_seen_one_place_on() -> None:
    for settings, last in (([], -1), (["acts.next={kind: next, symbols: 257, ends: true}"], 256)):
        chart = chart_from_text(CHART, "chart.yaml", settings)
        scenes = encode_rows([{"text": "abc"}, {"text": "aé"}], columns_of(chart), "here", alike={})
        assert scenes.values["next"].tolist() == [[98, 99, last], [0xC3, 0xA9, last]]
        assert scenes.values["text"].tolist() == [[97, 98, 99], [97, 0xC3, 0xA9]]
    with pytest.raises(DataError, match="asks for 'text'"):
        encode_rows([{"next": "abc"}], columns_of(chart), "here", alike={})


def test_tied_symbols_have_no_matrix_of_their_own() -> None:
    for sense in ("text", "{kind: sequence, tokens: [a, b, c], positions: none}"):
        changes = [] if sense == "text" else [f"senses.text={sense}"]
        count = 256 if sense == "text" else 3
        chart = chart_from_text(
            CHART, "chart.yaml", [*changes, f"acts.next={{kind: next, symbols: {count}, tied: true}}"]
        )
        brain = Brain(chart).eval()
        assert brain.parameters_by_part()["acts"] == 0
        mind = brain.begin({"text": torch.tensor([[0, 1, 2]], dtype=torch.uint8)})
        reading = brain.think_on(mind, 1)
        written = brain.sense_of("text").vectors_VD  # type: ignore[union-attr]
        torch.testing.assert_close(reading.logits["next"], mind.lanes.field @ written.T)


def test_draws_are_as_likely_as_they_are_and_the_same_again() -> None:
    logits, draws = torch.tensor([0.5, 0.2, 0.2, 0.1]).log(), torch.Generator().manual_seed(0)
    found = torch.bincount(torch.tensor([choose(logits, 1.0, 0, draws) for _ in range(2000)]), minlength=4) / 2000
    assert (found - logits.exp()).abs().max() < 0.04
    assert {choose(logits, 1.0, 1, draws) for _ in range(20)} == {0} == {choose(logits, 0.0, 0, draws)}
    assert choose(1000 * logits, 1e-40, 0, draws) == 0
    brain = brain_of(*CIRCUITS["rwkv7"])
    said = [list(Talk(brain).go_on([1, 2, 3], 12, temperature=0.9, seed=seed)) for seed in (4, 4, 5)]
    assert said[0] == said[1] != said[2] and len(said[0]) == 12
    assert list(Talk(brain).go_on([1, 2, 3], 5)) == list(Talk(brain).go_on([1, 2, 3], 5))


def test_a_text_of_any_length_is_gone_on_with_from_its_end() -> None:
    talk = Talk(brain_of(*CIRCUITS["rwkv7"]))
    text = "".join(f"{number} zones " for number in range(300))
    symbols = talk.symbols(text)
    assert bytes(symbols).decode() == text and len(symbols) > 2000 > 64  # as many as the chart reads at once
    ends = [Talk(talk.brain).hear(talk.symbols(given)) for given in (text, text[:64], text[-800:])]
    assert (ends[0] - ends[1]).abs().max() > 1e-3 and (ends[0] - ends[2]).abs().max() < 1e-3
    assert list(Talk(talk.brain).go_on([255, 7], 3))  # a byte that no text holds is heard like any other


def test_a_talk_ends_where_the_end_is_said() -> None:
    chart = chart_from_text(CHART, "chart.yaml", ["acts.next={kind: next, symbols: 257, ends: true, bias: true}"])
    brain = Brain(chart).eval()
    with torch.no_grad():
        brain.act("next").bias[256] = 1e4  # type: ignore[index,union-attr]
    assert list(Talk(brain).go_on([1], 50)) == [] and speaks(chart)
    with pytest.raises(DataError, match="nothing to go on from"):
        Talk(brain).hear([])


def test_letters_of_several_bytes_are_written_once_they_are_whole() -> None:
    writer = writer_of(TextSpec(kind="text", unit="bytes"), "", [])
    data: Any = "aé€😀".encode()
    assert [writer.write(byte) for byte in data] == ["a", "", "é", "", "", "€", "", "", "", "😀"]
    assert [writer.write(byte) for byte in (0xFF, 0x41, 0xE2)] == ["\ufffd", "A", ""] and writer.rest() == "\ufffd"
    words = writer_of(SequenceSpec(kind="sequence", tokens=("go", "on"), unknown=True), "", [])
    assert [words.write(symbol) for symbol in (0, 1, 2)] == ["go", " on", " ?"]
