"""A training on XOR: its losses, what was checked on its way, and what was learned."""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .layers import Array, sigmoid
from .losses import softmax
from .mlp import MLP, Gradients, Params
from .session import Session
from .xor import T, X, train

LEARNED = 0.25  # largest distance of an output from its target
RIGHT = "right gradient"
CHECKED = (1, 10, 50, 100)  # per cent of the way
CURVE = 300  # losses that are told of a curve: more than a screen shows


@dataclass
class Training:
    """One training from the start of the session.

    gradients   None is the net's own, right, backward pass
    losses      before each update
    reports     (epoch, what the check returned there, which has a verdict)
    outputs     probabilities of a 1 that the trained net gives to the four inputs
    failure     why the update could not be made
    """

    session: Session
    name: str
    gradients: Gradients | None
    lr: float
    epochs: int
    losses: list[float] = field(default_factory=list)
    reports: list[tuple[int, Any]] = field(default_factory=list)
    last: float = math.nan
    outputs: list[float] = field(default_factory=list)
    failure: str = ""

    def run(self, check: Callable[[Params], Any] | None = None) -> Iterator[int]:
        """Train, yielding the epoch every one per cent of the way; check its gradients there."""
        session, net = self.session, self.session.net
        params = {
            layer: {name: values.copy() for name, values in block.items()}
            for layer, block in session.params.items()
        }
        ends = {self.epochs * percent // 100 for percent in range(1, 101)} - {0}
        checks = {self.epochs * percent // 100 for percent in CHECKED}
        done = 0
        for end in sorted(ends):
            data = session.inputs, session.targets
            try:
                losses = train(net, params, *data, self.lr, end - done, self.gradients)
            except ValueError as problem:  # a gradient of another shape does not fit the update
                self.failure = str(problem)
                return
            self.losses += losses.tolist()
            if not math.isfinite(losses[-1]):
                return
            if check is not None and end in checks:
                self.reports.append((end, check(params)))
            done = end
            yield done
        self.last = float(net.loss(params, session.inputs, session.targets))
        self.outputs = _probabilities(net, net.forward(params, X))

    @property
    def learned(self) -> bool:
        pairs = zip(self.outputs, T.flat, strict=True)
        return all(abs(output - target) < LEARNED for output, target in pairs)

    @property
    def said(self) -> list[str]:
        """What became of it, in one sentence or two."""
        if self.failure:
            return [f"{self.name}: the update fails, {self.failure}"]
        if not self.outputs:
            finite = sum(1 for _ in itertools.takewhile(math.isfinite, self.losses))
            why = "interrupted" if finite == len(self.losses) else "the loss is not finite any more"
            return [f"{self.name}: {why} after {finite:,} epochs"]
        learned = "XOR is learned" if self.learned else "XOR is not learned"
        answers = (
            f"{a:.0f} xor {b:.0f} = {y:.2f}" for (a, b), y in zip(X, self.outputs, strict=True)
        )
        return [
            f"{self.name}: {learned}, loss {self.losses[0]:.3g} -> {self.last:.3g}",
            ", ".join(answers),
        ]

    @property
    def curve(self) -> list[tuple[int, float]]:
        """The loss at some epochs, evenly spaced, up to the first that is not finite."""
        chosen = range(0, len(self.losses), max(1, len(self.losses) // CURVE))
        pairs = ((epoch, float(self.losses[epoch])) for epoch in chosen)
        return list(itertools.takewhile(lambda pair: math.isfinite(pair[1]), pairs))

    @property
    def facts(self) -> dict[str, Any]:
        """For a program: plain values, None for a number that is not finite."""
        return {
            "gradient": self.name,
            "said": self.said,
            "losses": [_finite(loss) for loss in (*self.losses[:1], self.last)],
            "curve": self.curve,
            "outputs": [_finite(y) for y in self.outputs],
            "learned": self.learned if self.outputs else None,
            "checks": [{"epoch": epoch, "verdict": r.verdict} for epoch, r in self.reports],
        }


def trainings(session: Session, lr: float, epochs: int) -> Iterator[Training]:
    """With the right gradient and, if there is one, from the same start with the faulty."""
    yield Training(session, RIGHT, None, lr, epochs)
    if session.fault:
        yield Training(session, session.fault, session.gradients, lr, epochs)


def _probabilities(net: MLP, outputs: Array) -> list[float]:
    """What the net says to the four inputs, whether its outputs are logits or not."""
    if net.sizes[-1] > 1:
        outputs = softmax(outputs)[:, 1:]
    elif net.output == "identity":
        outputs = sigmoid(outputs)
    return [float(output) for output in outputs[:, 0]]


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
