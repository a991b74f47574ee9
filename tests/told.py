"""What is told of each fault of the catalogue, word by word: told_of_faults.txt, beside this file.

`PYTHONPATH=. python tests/told.py` writes it anew, to be read before it is committed.
Measured numbers stand as #.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
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


def report_of(name: str, *, alone: bool = False) -> Report:
    """alone: the loss is that of no net, and only gradients and parameters can be seen."""
    problem, layer = home(name, NETS[::-1] if alone else NETS)
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
    FILE.write_text("\n".join(parts), "utf-8")


if __name__ == "__main__":
    main()
