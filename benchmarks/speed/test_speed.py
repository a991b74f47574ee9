"""Times of whole checks, for comparing two commits; see ../README.md. Not part of the tests.

pytest benchmarks/speed --benchmark-autosave
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # nets/ is not installed as `nets`

from gradcheck import check_gradients
from nets import xor
from nets.mlp import MLP

NETS: dict[str, tuple[MLP, int]] = {
    "xor": (xor.question_net(), 0),
    "20-16-5": (MLP((20, 16, 5), "tanh", "identity", "mse"), 8),
    "784-128-10": (MLP((784, 128, 10), "relu", "identity", "softmax_cross_entropy"), 64),
    "1024-1024-10": (MLP((1024, 1024, 10), "tanh", "identity", "mse"), 16),
}


def problem(name: str) -> tuple[Any, Any, Any]:
    net, batch = NETS[name]
    if name == "xor":
        params, X, T = xor.question_params(net, 0), xor.X, xor.T
    else:
        rng = np.random.default_rng(0)
        params, X = net.init(0), rng.normal(size=(batch, net.sizes[0]))
        T = np.eye(net.sizes[-1])[rng.integers(net.sizes[-1], size=batch)]
    return lambda p: net.loss(p, X, T), params, lambda p: net.gradients(p, X, T)


@pytest.mark.parametrize("name", NETS)
def test_one_evaluation(benchmark: Any, name: str) -> None:
    """The unit: a time of the others means something only beside this one."""
    loss, params, _ = problem(name)
    benchmark(loss, params)


@pytest.mark.parametrize("name", NETS)
def test_right_gradient(benchmark: Any, name: str) -> None:
    assert benchmark(check_gradients, *problem(name))


@pytest.mark.parametrize("name", NETS)
def test_wrong_entry(benchmark: Any, name: str) -> None:
    loss, params, right = problem(name)
    grads = right(params)
    grads["layer1"]["W"][1, 1] *= 1.1
    assert not benchmark(check_gradients, loss, params, grads, explain=False)


@pytest.mark.parametrize("name", ["xor", "20-16-5"])
def test_every_entry(benchmark: Any, name: str) -> None:
    assert benchmark(check_gradients, *problem(name), entries="all")


@pytest.mark.parametrize("code", ["import numpy", "import gradcheck"])
def test_import(benchmark: Any, code: str) -> None:
    benchmark(subprocess.run, [sys.executable, "-c", code], check=True)


def test_the_command(benchmark: Any) -> None:
    command = ["gradcheck", "xor", "--no-train"]
    benchmark(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
