"""The charts of TRM and HRM are the published models: weight for weight, answer for answer, gradient for gradient.

Compared in fp64: 21 applications of an untrained TRM blow fp32's rounding up to 1e-4, in the reference as here.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from reference import HRM, TRM, AdamATan2, Net, Reasoner, stablemax_cross_entropy
from torch import Tensor

from ltm.brain.brain import Brain
from ltm.chart.load import load_chart
from ltm.training.optimiser import Optimiser
from ltm.training.segment import look_ahead, loss_of, right_answers, run_segment

Named = dict[str, Tensor]
PUBLISHED: dict[str, tuple[int, Callable[[], Reasoner]]] = {
    "trm": (5_028_866, lambda: TRM(attention=False)),
    "trm-attention": (6_828_034, lambda: TRM(attention=True)),
    "hrm": (27_275_266, HRM),
}


def zone_weights(net: Net, zone: str) -> Named:
    """A net's weights under the names that they have in a brain."""
    body, named = f"circuit.zones.{zone}.body.", {}
    for number, block in enumerate(net.blocks):
        if block.attention is not None:
            part = block.attention
            named[f"{body}attend.{number}.qkv.weight"] = torch.cat((part.q.weight, part.k.weight, part.v.weight))
            named[f"{body}attend.{number}.out.weight"] = part.o.weight
        mlps = {f"channels.{number}": block.channels}
        if block.positions is not None:
            mlps[f"mixing.{number}.sites"] = block.positions
        for name, mlp in mlps.items():
            named[f"{body}{name}.gate_up.weight"] = torch.cat((mlp.gate.weight, mlp.up.weight))
            named[f"{body}{name}.down.weight"] = mlp.down.weight
    return named


def as_brain(model: Reasoner) -> Named:
    """All of a published model under the names that it has in a brain."""
    named: Named = {
        "senses.puzzle.symbol": model.embed.weight,
        "acts.solution.read.weight": model.out.weight,
        "reflection.read.weight": model.q.weight,
        "reflection.read.bias": model.q.bias,
        "reflection.scale": torch.ones((), dtype=torch.float64),
        "reflection.shift": torch.zeros((), dtype=torch.float64),
        "circuit.field_start": model.start_high,
    }
    if isinstance(model, TRM):
        return named | zone_weights(model.net, "net") | {"circuit.zones.net.start_O": model.start_low}
    assert isinstance(model, HRM)
    nets = zone_weights(model.low, "low") | zone_weights(model.high, "high")
    return named | nets | {"circuit.zones.low.start_O": model.start_low}


def count(module: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("trm", False),
        pytest.param("trm-attention", False, marks=pytest.mark.slow),
        pytest.param("hrm", False, marks=pytest.mark.slow),
        ("hrm", True),
    ],
)
def test_a_segment_is_the_published_one(name: str, last: bool) -> None:
    size, build = PUBLISHED[name]
    torch.manual_seed(0)
    model, brain = build().double(), Brain(load_chart(name)).double()
    assert count(model) == count(brain) == size
    with torch.no_grad():  # it starts at zero, where halting and continuing can't be told apart
        model.q.weight.normal_(std=0.05)
    # Strict: every weight of the brain is given, and no other.
    brain.load_state_dict({key: weight.detach().clone() for key, weight in as_brain(model).items()}, strict=True)
    cells = torch.randint(1, 11, (1, 9, 9), dtype=torch.uint8)
    wanted = torch.randint(2, 11, (1, 9, 9), dtype=torch.uint8)
    values = {"puzzle": cells, "solution": wanted}
    mind = brain.begin(values, dtype=torch.float64)
    high, low = model.start(1)
    for _ in range(2):  # the second segment starts from the carried state
        reading = run_segment(brain, mind, values, bf16=False)
        high, low = model.segment(high.detach(), low.detach(), cells.flatten(1))
        logits, halt, go_on = (read.float() for read in model.read(high))
        torch.testing.assert_close(reading.logits["solution"], logits, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(reading.right, halt, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(reading.ahead, go_on, atol=1e-5, rtol=1e-5)
        mind.lanes = mind.lanes.detach()
    ahead = look_ahead(brain, mind, values, False, torch.tensor([last])) if name == "hrm" else None
    loss = loss_of(brain, reading, values, right_answers(reading, values, None), ahead).total
    same = (logits.argmax(-1) == wanted.flatten(1)).all(1).float()
    published = stablemax_cross_entropy(logits, wanted.flatten(1)).float()
    published = published + 0.5 * F.binary_cross_entropy_with_logits(halt, same)
    if name == "hrm":
        target = model.worth_going_on(high.detach(), low.detach(), cells.flatten(1), last).float()
        published = published + 0.5 * F.binary_cross_entropy_with_logits(go_on, target)
    torch.testing.assert_close(loss, published, atol=1e-5, rtol=1e-5)
    torch.autograd.backward(published)
    torch.autograd.backward(loss)
    for weight in model.parameters():
        assert weight.grad is not None
        weight.data = weight.grad  # so that the same names lead to the gradients
    expected = as_brain(model)
    for key, ours in brain.named_parameters():
        assert ours.grad is not None, key
        torch.testing.assert_close(
            ours.grad, expected[key], atol=1e-5, rtol=1e-3, msg=lambda text, key=key: f"{key}: {text}"
        )


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_optimiser_is_the_published_one(name: str) -> None:
    chart = load_chart(name, ["field.width=64", *(f"zones.{zone}.hidden=64" for zone in load_chart(name).zones)])
    assert (chart.training.rate, chart.training.warmup, chart.training.floor) == (1e-4, 2000, 1.0)
    brain = Brain(chart).double()
    ours = Optimiser(brain, chart.training)
    published = AdamATan2([weight.detach().clone() for weight in ours.weights], 0.0, chart.training.weight_decay)
    average = [weight.clone() for weight in published.weights]
    generator = torch.Generator().manual_seed(0)
    for step in range(6):
        published.rate = 1e-4 * (step + 1) / 2000
        gradients = [torch.randn(w.shape, generator=generator, dtype=torch.float64) for w in ours.weights]
        gradients[0] = gradients[0] * 0  # a weight without gradient decays and nothing else
        for weight, gradient in zip(ours.weights, gradients, strict=True):
            weight.grad = gradient
        ours.step(step, 65_104)
        published.step(gradients)
        keep = 0.0 if name == "hrm" else 0.999  # HRM averages no weights
        average = [keep * a + (1 - keep) * w for a, w in zip(average, published.weights, strict=True)]
    for mine, theirs in zip([*ours.weights, *ours.average], [*published.weights, *average], strict=True):
        torch.testing.assert_close(mine.detach(), theirs, atol=1e-12, rtol=1e-10)
