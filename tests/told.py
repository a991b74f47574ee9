"""What is told of each fault of the catalogue, word by word: told_of_faults.txt, beside this file.

`PYTHONPATH=. python tests/told.py` writes it anew, to be read before it is committed.
Measured numbers stand as #.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from strategies import Problem

from gradcheck import Report, check, check_gradients
from nets.faults import CATALOGUE
from nets.mlp import MLP

FILE = Path(__file__).with_name("told_of_faults.txt")
NETS = [
    MLP((3, 4, 4, 3, 2), "tanh", "sigmoid", l2=0.1),
    MLP((3, 4, 4, 4, 4, 2), "tanh", "sigmoid"),
    MLP((3, 4, 3), "relu", "identity", "softmax_cross_entropy"),
    MLP((3, 4, 2), "tanh", "sigmoid", "binary_cross_entropy"),
    MLP((3, 4, 1), "tanh", "sigmoid"),
]
TOLD = [f for f in CATALOGUE.values() if f.effect != "shape"]


def home(name: str, nets: Sequence[MLP] = NETS) -> tuple[Problem, int]:
    """The first of some nets in which the fault does damage, and a layer for it."""
    for net in nets:
        layers = CATALOGUE[name].layers(net, 4)
        if layers:
            return Problem.at(net, 4, 3), layers[len(layers) // 2]
    raise AssertionError(name)


def report_of(name: str, *, alone: bool = False, nets: Sequence[MLP] = ()) -> Report:
    """alone: the loss is that of no net, and only gradients and parameters can be seen."""
    problem, layer = home(name, nets or (NETS[::-1] if alone else NETS))
    backward = CATALOGUE[name].plant(problem.net, layer)

    def loss() -> float:
        return math.exp(2 * problem.loss()) if alone else problem.loss()

    def grads() -> dict[str, dict[str, np.ndarray]]:
        given = backward(problem.params, problem.X, problem.T)
        if not alone:
            return given
        factor = 2 * loss()
        return {k: {n: factor * g for n, g in layer.items()} for k, layer in given.items()}

    return check_gradients(loss, problem.params, grads)


# --- Scenes that no single fault of the catalogue makes -------------------------------------------


Change = Callable[[np.ndarray], np.ndarray]


class Stack:
    """A loss of arrays that is no net: only blocks, their names and their gradients are seen."""

    def __init__(self, *names: str, shape: tuple[int, ...] = (4, 3)) -> None:
        rng = np.random.default_rng(7)
        small = {name: shape if name[0] in "WABV" else shape[1:] for name in names}
        self.params = {name: rng.normal(size=size) for name, size in small.items()}
        self.scale = {name: rng.normal(size=size) for name, size in small.items()}

    def loss(self) -> float:
        return float(sum(np.sum(np.sin(self.scale[n] * p)) for n, p in self.params.items()))

    def right(self) -> dict[str, np.ndarray]:
        return {n: self.scale[n] * np.cos(self.scale[n] * p) for n, p in self.params.items()}

    def report(self, given: Callable[..., object] | None = None, **changes: Change) -> Report:
        def grads() -> object:
            g = self.right()
            g |= {name: change(g[name]) for name, change in changes.items()}
            return given(g) if given else g

        return check_gradients(self.loss, self.params, grads)


LAYERS = ("W1", "b1", "W2", "b2", "W3", "b3")


def odd(g: np.ndarray) -> np.ndarray:
    return np.tanh(30 * g) + 0.1


def minus(g: np.ndarray) -> np.ndarray:
    return -g


class Kept(Stack):
    """Its gradients are right in the first call and add up, or are made odd, in later ones."""

    def __init__(self, *, in_state: bool) -> None:
        super().__init__("A", "r")
        self.sum = np.zeros(3)
        self.calls, self.in_state = 0, in_state
        self.home = self.params["r"].copy()

    def grads(self) -> dict[str, np.ndarray]:
        g = self.right()
        if self.in_state:
            self.sum += g["r"]
            return g | {"r": self.sum.copy()}
        return g | {"r": g["r"] if np.array_equal(self.params["r"], self.home) else odd(g["r"])}

    def told(self) -> Report:
        return check_gradients(self.loss, self.params, self.grads)


class First(Stack):
    """Keeps what the first call computed."""

    kept: np.ndarray | None = None

    def grads(self) -> dict[str, np.ndarray]:
        g = self.right()
        if self.kept is None:
            self.kept = g["r"]
        return g | {"r": 1.0 * self.kept}


class Here(Stack):
    """Twice the right gradient where it is checked, and some other multiple anywhere else."""

    def told(self) -> Report:
        first = float(self.params["A"][0, 0])
        return self.report(A=lambda g: g * (1 + self.params["A"][0, 0] / first))


def given(scene: First) -> Report:
    return check_gradients(scene.loss, scene.params, scene.grads)


def in_layers(**changes: Change) -> Report:
    return Stack(*LAYERS).report(**changes)


def twins(name: str) -> Report:
    """A fault in the middle of five layers, where the net behind the loss is not seen."""
    return report_of(name, alone=True, nets=[NETS[1]])


def in_net(fault: str = "", layer: int = 0, **changes: Change) -> Report:
    """A fault of the catalogue in a net that is seen, and gradients changed besides: layer1_W."""
    problem = Problem.at(NETS[0], 5, 3)
    backward = CATALOGUE[fault].plant(problem.net, layer) if fault else problem.net.gradients

    def grads() -> dict[str, dict[str, np.ndarray]]:
        g = backward(problem.params, problem.X, problem.T)
        for name, change in changes.items():
            layer, parameter = name.split("_")
            g[layer][parameter] = change(g[layer][parameter])
        return g

    return check_gradients(problem.loss, problem.params, grads)


def other_data(share: float) -> Report:
    """Gradients of the first samples, for a loss of all of them."""
    rng = np.random.default_rng(5)
    X, T, p = rng.normal(size=(8, 3)), rng.normal(size=(8, 2)), {"W": rng.normal(size=(3, 2))}
    first, its = X[:6].copy(), T[:6].copy()

    def loss() -> float:
        return float(np.mean((np.tanh(X @ p["W"]) - T) ** 2))

    def grads() -> dict[str, np.ndarray]:
        A = np.tanh(first @ p["W"])
        return {"W": share * first.T @ ((A - its) * (1 - A**2)) / its.size}

    return check_gradients(loss, p, grads)


def recurrent(change: Change) -> Report:
    """h = tanh(x W + h V + b) over four steps in time, from h = 0; the last one is compared."""
    rng = np.random.default_rng(3)
    X, T = rng.normal(size=(4, 5, 3)), rng.normal(size=(5, 2))
    shapes = {"W": (3, 2), "V": (2, 2), "b": (2,)}
    p = {name: rng.normal(size=shape) for name, shape in shapes.items()}

    def forward() -> list[np.ndarray]:
        h = [np.zeros((5, 2))]
        for x in X:
            h.append(np.tanh(x @ p["W"] + h[-1] @ p["V"] + p["b"]))
        return h

    def grads() -> dict[str, np.ndarray]:
        h = forward()
        d, g = 2 * (h[-1] - T) / T.size, {name: np.zeros(shape) for name, shape in shapes.items()}
        for t in reversed(range(4)):
            z = d * (1 - h[t + 1] ** 2)
            g["W"] += X[t].T @ z
            g["V"] += h[t].T @ z
            g["b"] += z.sum(0)
            d = z @ p["V"].T
        return g | {"W": change(g["W"])}

    return check_gradients(lambda: float(np.mean((forward()[-1] - T) ** 2)), p, grads)


SCENES: dict[str, Callable[[], Report]] = {
    "two odd blocks": lambda: Stack("A", "q", "r").report(A=odd, r=odd),
    "all blocks odd": lambda: Stack("A", "q", "r").report(A=odd, q=odd, r=odd),
    "all of one sign": lambda: Stack("A", "q", "r").report(A=minus, q=minus, r=minus),
    "two signs": lambda: Stack("A", "q", "r").report(A=minus, q=minus),
    "one layer, one of two explained": lambda: in_layers(W2=minus, b2=odd),
    "one layer, both explained": lambda: in_layers(W2=minus, b2=lambda g: 3 * g),
    "from a layer down": lambda: in_layers(W2=minus, b2=minus, W1=minus, b1=minus),
    "from a layer down, one not": lambda: in_layers(W2=minus, b2=minus, W1=minus, b1=odd),
    "from a layer down, zero": lambda: in_layers(**dict.fromkeys(LAYERS[:4], lambda g: 0 * g)),
    "two layers apart": lambda: in_layers(W3=minus, b1=lambda g: g / 2),
    "top layer": lambda: in_layers(**dict.fromkeys(LAYERS, lambda g: 7 * g)),
    "a row": lambda: Stack("A", "q").report(A=lambda g: g * (np.arange(4) != 2)[:, None]),
    "every entry off by one number": lambda: Stack("A", "q").report(A=lambda g: g + 0.25),
    "another block's": lambda: Stack("A", "B").report(lambda g: {"A": g["B"], "B": g["B"]}),
    "exchanged": lambda: Stack("A", "B").report(lambda g: {"A": g["B"], "B": g["A"]}),
    "exchanged, and one sign": lambda: Stack("A", "B", "r").report(
        lambda g: {"A": g["B"], "B": g["A"], "r": -g["r"]}
    ),
    "one number for all": lambda: Stack("A", "q").report(q=lambda g: np.full(3, g.sum())),
    "transposed": lambda: Stack("A", "q").report(A=lambda g: g.T),
    "a column for a vector": lambda: Stack("A", "q").report(q=lambda g: g[:, None]),
    "not summed": lambda: Stack("A", "q").report(q=lambda g: np.stack([g / 4] * 4)),
    "not summed, and wrong": lambda: Stack("A", "q").report(q=lambda g: np.stack([g] * 4)),
    "adds up": lambda: Kept(in_state=True).told(),
    "wrong elsewhere": lambda: Kept(in_state=False).told(),
    "kept from the first call": lambda: given(First("A", "r")),
    "twice here only": lambda: Here("A", "q").told(),
    "sign in the middle": lambda: twins("sign"),
    "factor in the middle": lambda: twins("factor-2"),
    "cut in the middle": lambda: twins("cut"),
    "net, a line and a sign": lambda: in_net("missing-derivative", 3, layer1_b=minus),
    "net, a factor and a sign": lambda: in_net("factor-2-weight", 2, layer4_b=minus),
    "net, explained and not": lambda: in_net("sign", 3, layer1_b=odd),
    "net, nothing explained": lambda: in_net(layer3_W=odd, layer3_b=odd),
    "net, all odd": lambda: in_net(**{f"layer{k}_{n}": odd for k in range(1, 5) for n in "Wb"}),
    "net, one kind in two layers": lambda: in_net(layer1_W=minus, layer3_W=minus),
    "net, one factor in two layers": lambda: in_net(layer1_b=minus, layer2_W=lambda g: 5 * g),
    "net, two kinds in one layer": lambda: in_net(layer2_b=minus, layer2_W=lambda g: g / 5),
    "net, two lines down": lambda: in_net("sign", 2, layer4_W=lambda g: g / 2),
    "net, other data": lambda: other_data(2.0),
    "net, other data, as a mean over all": lambda: other_data(2.0 * 6 / 8),
    "net, other data, and a factor": lambda: other_data(3.0),
    "recurrent, by its steps": lambda: recurrent(lambda g: g / 4),
    "recurrent, by its samples": lambda: recurrent(lambda g: 5 * g),
    "recurrent, by both": lambda: recurrent(lambda g: 20 * g),
    "recurrent, odd": lambda: recurrent(odd),
}


def told(report: Report) -> str:
    """Roles and findings; of measured numbers only that they are there."""
    roles = [f"{block.name} {block.role}" for block in report if block.role]
    lines = [f"roles: {', '.join(roles)}"]
    for f in report.findings:
        marks = "".join(f" ({word})" for word in ("verified", "instead") if getattr(f, word))
        lines += [f"{f.kind}{marks}: {f.sentence}", f"  block: {f.block}"]
        lines += [f"  why: {f.evidence}", f"  do: {f.advice}"]
    text = "\n".join(line.rstrip() for line in lines)
    return re.sub(r"[-+]?\d+\.\d{3,}(e[-+]\d+)?|\d+e[-+]\d+", "#", text)


def expected() -> dict[str, str]:
    parts = FILE.read_text("utf-8").split("\n\n")
    return {name: text for name, _, text in (part.strip().partition("\n") for part in parts)}


def main() -> None:
    check.EXPLAIN_SECONDS = 0.0  # as for all tests but those of the line
    parts = []
    for fault in TOLD:
        parts.append(f"{fault.name}\n{told(report_of(fault.name))}\n")
        parts.append(f"{fault.name}, alone\n{told(report_of(fault.name, alone=True))}\n")
    parts += [f"{name}\n{told(scene())}\n" for name, scene in SCENES.items()]
    FILE.write_text("\n".join(parts), "utf-8")


if __name__ == "__main__":
    main()
