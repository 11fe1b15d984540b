"""A batch of thoughts under way, and what is read off it.

Shapes: B batch, S sites, D field width, N cells, V symbols.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from ltm.brain.lanes import Lanes
from ltm.brain.spoken import Spoken
from ltm.zones.places import Places


@dataclass(eq=False)
class Mind:
    """One batch of thoughts under way.

    Attributes:
        lanes: field, own states, wave.
        input: what the senses wrote `[B, S, D]`.
        places: where the sites are.
        answers: each act's last answer `[B, N]`; -1 before the first segment.
        spoken: what each act that answers from left to right has said.
        logits: of the last answer of those acts.
    """

    lanes: Lanes
    input: Tensor
    places: Places
    answers: dict[str, Tensor]
    spoken: dict[str, Spoken] = field(default_factory=dict)
    logits: dict[str, Tensor] = field(default_factory=dict)

    def some(self, index: Tensor) -> Mind:
        """Returns the thoughts of some examples; `index` holds their numbers."""
        answers = {name: answer[index] for name, answer in self.answers.items()}
        spoken = {name: said.take(index) for name, said in self.spoken.items()}
        logits = {name: logits[index] for name, logits in self.logits.items()}
        return Mind(self.lanes.take(index), self.input[index], self.places.some(index), answers, spoken, logits)


@dataclass(frozen=True)
class Reading:
    """What acts and reflection read off the field.

    Attributes:
        logits: each act's logits `[B, N, V]`, fp32.
        answers: each act's choice of symbols `[B, N]`.
        right: logit that the whole answer is right `[B]`.
        ahead: logit that it will be right if thinking goes on `[B]`; None where reflection has one output.
        said: which cells a teacher has said `[B, N]`, of each act that has one.
    """

    logits: dict[str, Tensor]
    answers: dict[str, Tensor]
    right: Tensor
    ahead: Tensor | None = None
    said: dict[str, Tensor] = field(default_factory=dict)
