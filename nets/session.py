"""A net on XOR, its data and its start, and the backward pass under test: right or with a fault."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from .faults import Fault, parse
from .layers import ACTIVATIONS, Array
from .losses import LOSSES
from .mlp import MLP, Gradients, Params, expect_known
from .xor import T, X, question_net, question_params

# What is asked for in words, and what the question's net has.
QUESTION: Mapping[str, Any] = {"hidden": "2,2,2", "activation": "sigmoid", "loss": "mse", "l2": 0.0}
LOSS_NAMES = {name: name for name in LOSSES} | {
    "bce": "binary_cross_entropy",
    "bce_logits": "binary_cross_entropy_logits",
    "softmax": "softmax_cross_entropy",
}
# What is tried, where the user left it open, when a fault cannot stand in the question's net.
VARIATIONS: tuple[Mapping[str, Any], ...] = (
    {},
    {"hidden": "3,4"},
    {"l2": 0.01},
    {"activation": "tanh"},
    {"loss": "binary_cross_entropy"},
    {"loss": "softmax_cross_entropy"},
)


@dataclass(frozen=True)
class Session:
    """One call of `gradcheck xor`: what is checked and trained.

    gradients   under test: the net's own, or those of the planted fault
    fault       its name, such as "sign@2", and `sentence`, what it does wrong; "" for none
    """

    net: MLP
    params: Params
    inputs: Array
    targets: Array
    seed: int
    gradients: Gradients
    fault: str = ""
    sentence: str = ""

    @classmethod
    def of(cls, chosen: Mapping[str, Any], fault: str | None, batch: int, seed: int) -> Self:
        """The question's net but for what was chosen, and the fault planted in it.

        chosen   hidden, activation, loss, l2: any of them, as in QUESTION
        Raises   ValueError  for an unknown name, and for a fault that cannot be planted there
        """
        name = sentence = ""
        if fault is None:
            net = chosen_net(chosen)
            gradients: Gradients = net.gradients
        else:
            net, row, gradients = _planted(fault, chosen, batch)
            name = row.name if row.everywhere else type(gradients).__name__
            sentence = row.sentence
        outputs = net.sizes[-1]
        return cls(
            net,
            question_params(net, seed),
            np.resize(X, (batch, 2)),
            np.resize(T if outputs == 1 else np.hstack([1 - T, T]), (batch, outputs)),
            seed,
            gradients,
            name,
            sentence,
        )

    @property
    def title(self) -> str:
        net, samples = self.net, len(self.inputs)
        decay = f", l2 {net.l2:g}" if net.l2 else ""
        return (
            f"{'-'.join(map(str, net.sizes))} {net.activation}, {net.objective}{decay}; "
            f"XOR, {samples} sample{'s' * (samples != 1)}, seed {self.seed}"
        )


def chosen_net(chosen: Mapping[str, Any]) -> MLP:
    """The net of these words; what is not said is as in the question."""
    said = {**QUESTION, **chosen}
    expect_known("activation", said["activation"], ACTIVATIONS)
    expect_known("loss", said["loss"], LOSS_NAMES)
    loss = LOSS_NAMES[said["loss"]]
    return question_net(_units(said["hidden"]), said["activation"], loss, said["l2"])


def _units(text: str) -> list[int]:
    """2,2,2 or 3x2: three hidden layers of two units."""
    count, times, width = text.partition("x")
    try:
        units = [int(width)] * int(count) if times else [int(part) for part in text.split(",")]
    except ValueError:
        units = []
    if min(units, default=0) < 1:
        raise ValueError(
            f"hidden: expected units like 8 or 2,2,2 or 3x2, got {text!r}. "
            "Name the units of each hidden layer."
        )
    return units


def _planted(fault: str, chosen: Mapping[str, Any], batch: int) -> tuple[MLP, Fault, Gradients]:
    """A net in which the fault does damage, nearest to the question's, and the fault in it."""
    row, layer = parse(fault)
    for variation in VARIATIONS:
        if not chosen.keys() & variation.keys():
            net = chosen_net({**chosen, **variation})
            layers = row.layers(net, batch)
            if layers and (layer is None or layer in layers):
                return net, row, row.plant(net, layer, batch)
    net = chosen_net(chosen)
    return net, row, row.plant(net, layer, batch)  # refused in words, or planted without damage
