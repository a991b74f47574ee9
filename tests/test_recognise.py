"""The net behind a loss: its gradients are those of the program, and other losses are no net."""

import numpy as np
import pytest

from benchmarks.blame import CORPUS, load, planted
from gradcheck import check_gradients
from gradcheck.diagnosis.reading import describe
from gradcheck.objective import Objective
from gradcheck.point import Point
from gradcheck.recognition.context import Context
from gradcheck.recognition.layout import Layout, Part
from gradcheck.recognition.recognise import _Judge, recognise
from gradcheck.recognition.trail import truth
from gradcheck.tree import survey

STYLES = {
    "flat_theta_softplus": "a 3-4-2 net (softplus, identity; squared error; 8 samples)",
    "folded_ones_column": (
        "a 3-4-2 net (tanh, identity; binary cross-entropy of logits; 7 samples)"
    ),
    "coursera_rolled": (
        "a 3-4-3 net (sigmoid, identity; binary cross-entropy of logits; 6 samples)"
    ),
    "elman_last_step": (
        "a 3-4-2 net with a layer over 4 steps in time and the last step in time "
        "(tanh, identity; squared error; 5 samples)"
    ),
    "rnn_every_step": (
        "a 3-4-3 net with a layer over 6 steps in time "
        "(sigmoid, identity; cross-entropy of logits; 1 sample)"
    ),
    "residual_relu_blocks": (
        "a 4-4-4-2 net with skip connections (relu, relu, identity; squared error; 6 samples)"
    ),
    "tied_autoencoder_plain": (
        "a 5-3-5 net with shared weights "
        "(tanh, identity; binary cross-entropy of logits; 7 samples)"
    ),
    "conv_patches_head": (
        "a 9-2-3 net with all places of an image side by side "
        "(relu, identity; cross-entropy of logits; 4 samples)"
    ),
    "hinge_two_layers": "a 4-5-3 net (relu, identity; hinge loss; 9 samples)",
    "huber_columns": (
        "a 3-5-1 net (leaky relu of slope 0.01, identity; Huber loss of width 1; 10 samples)"
    ),
    "poisson_attributes": (
        "a 3-4-1 net (silu, identity; Poisson likelihood of logarithms; 8 samples)"
    ),
    "kl_soft_targets": (
        "a 4-6-3 net (elu, identity; Kullback-Leibler divergence of logits; 5 samples)"
    ),
    "cosine_gelu": "a 3-5-4 net (gelu, identity; cosine distance; 6 samples)",
}


def seen(loss, params, *others):
    """What `recognise` is given of a check."""
    nest = survey(params, None)
    point = Point(Objective(loss, nest.box), nest.blocks, [], np.random.default_rng(0))
    roots = {"loss": loss, "params": params, "others": others}
    return point, Context.of(roots, nest.blocks)


@pytest.mark.parametrize("style", STYLES)
def test_the_gradients_of_a_recognised_net_are_those_of_the_program(style: str) -> None:
    problem = load(planted(CORPUS / "fresh" / f"{style}.py", [])[0], style)
    point, context = seen(problem["loss"], problem["params"], problem["grads"])
    net = recognise(point, None, context)
    assert net is not None
    assert describe(net) == STYLES[style]
    right = truth(net, [block.values for block in point.blocks])
    # each against the loss itself, so that the program's own gradients are not asked
    for i, block in enumerate(point.blocks):
        for at in list(np.ndindex(block.shape))[:: max(1, block.size // 5)]:
            home, losses = block.values[at], []
            for step in (1e-5, -1e-5):
                block.values[at] = home + step
                block.publish()
                losses.append(problem["loss"]())
            block.values[at] = home
            block.publish()
            slope = (losses[0] - losses[1]) / 2e-5
            assert right[i][at] == pytest.approx(slope, rel=1e-5, abs=1e-8), block.name


@pytest.mark.parametrize("pooling", ["max", "mean"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_convolution_with_a_pooling_behind(pooling: str, channels: int) -> None:
    rng = np.random.default_rng(5)
    images, labels = rng.normal(size=(3, channels, 6, 6)), np.array([0, 1, 1])
    p = {"K": rng.normal(size=(2, channels, 3, 3)), "b": rng.normal(size=2)}
    p |= {"V": rng.normal(size=(8, 2)), "c": rng.normal(size=2)}

    def loss() -> float:
        z = np.zeros((3, 2, 4, 4))
        for i, j in np.ndindex(4, 4):
            window = images[:, :, i : i + 3, j : j + 3]
            z[:, :, i, j] = np.tensordot(window, p["K"], axes=((1, 2, 3), (1, 2, 3))) + p["b"]
        cells = np.tanh(z).reshape(3, 2, 2, 2, 2, 2)
        pooled = cells.max(axis=(3, 5)) if pooling == "max" else cells.mean(axis=(3, 5))
        logits = pooled.reshape(3, -1) @ p["V"] + p["c"]
        return float(-np.mean((logits - np.log(np.exp(logits).sum(1))[:, None])[range(3), labels]))

    point, context = seen(loss, p)
    net = recognise(point, None, context)
    assert net is not None
    assert f"a {pooling} pooling by 2" in describe(net)
    right = truth(net, list(p.values()))
    grads = {name: right[i] for i, name in enumerate(p)}
    assert check_gradients(loss, p, grads).verdict == "agrees"


@pytest.mark.parametrize("small", [1e-15, 1e-12, 1e-9, 1e-8])
def test_a_small_number_inside_the_logarithm(small: float) -> None:
    """log(p + 1e-9) with the gradient p - t: the loss is met but for that number."""
    rng = np.random.default_rng(8)
    X, T = rng.normal(size=(8, 3)), np.eye(4)[rng.integers(0, 4, 8)]
    p = {"W1": rng.normal(size=(3, 5)), "b1": rng.normal(size=5), "W2": rng.normal(size=(5, 4))}

    def forward() -> tuple[np.ndarray, np.ndarray]:
        h = np.tanh(X @ p["W1"] + p["b1"])
        e = np.exp(h @ p["W2"])
        return h, e / e.sum(axis=1, keepdims=True)

    def loss() -> float:
        penalty = 0.3 / 16 * sum((p[name] ** 2).sum() for name in ("W1", "W2"))
        return float(-np.sum(T * np.log(forward()[1] + small)) / 8 + penalty)

    def grads() -> dict[str, np.ndarray]:
        h, y = forward()
        d = (y - T) / 8
        dh = d @ p["W2"].T  # the derivative of tanh is missing
        W1, W2 = X.T @ dh + 0.3 / 8 * p["W1"], h.T @ d + 0.3 / 8 * p["W2"]
        return {"W1": W1, "b1": dh.sum(axis=0), "W2": W2}

    (finding,) = check_gradients(loss, p, grads).findings
    assert finding.kind == "missing-activation-derivative"
    assert finding.verified


def test_a_loss_that_is_no_net_is_given_up_soon(monkeypatch) -> None:
    """Square layers in many orders, much data of fitting sizes: guesses stay few."""
    rng = np.random.default_rng(6)
    p = {f"W{k}": rng.normal(size=(4, 4)) for k in range(4)} | {"b": rng.normal(size=4)}
    arrays = [rng.normal(size=(4, 4)) for _ in range(20)]
    guesses = []
    first = _Judge.first
    monkeypatch.setattr(
        _Judge,
        "first",
        lambda self, net, targets, stacks: (
            guesses.append(len(targets)) or first(self, net, targets, stacks)
        ),
    )

    def loss() -> float:
        total = sum(np.sin(values * a).sum() for values, a in zip(p.values(), arrays, strict=False))
        return float(total)

    point, context = seen(loss, p, arrays)
    assert recognise(point, None, context) is None
    assert 0 < sum(guesses) <= 200


def test_a_layout_opens_and_closes_what_stands_in_several_uses() -> None:
    W = np.arange(6.0).reshape(2, 3)
    at = np.arange(6).reshape(2, 3)
    layout = Layout(((2, 3),), (Part(0, at), Part(0, at.T), Part(0, at[1])))
    arrays = layout.open([W])
    assert np.array_equal(arrays[1], W.T)
    assert np.array_equal(arrays[2], W[1])
    stacked = layout.open([np.stack([W, 2 * W])])
    assert np.array_equal(stacked[1][1], 2 * W.T)
    total = layout.close({0: W, 1: W.T, 2: np.ones(3)}, 0)
    assert np.array_equal(total, 2 * W + [[0.0], [1.0]])


@pytest.mark.parametrize("digits", [4, 5, 6])
def test_the_constants_of_a_rounded_loss_are_ratios_all_the_same(digits) -> None:
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(12, 4)), rng.normal(size=(12, 2))
    p = {"W": rng.normal(size=(4, 2)), "b": np.zeros(2)}

    def loss() -> float:
        return round(float(((X @ p["W"] + p["b"] - Y) ** 2).mean()), digits)

    def grads() -> dict[str, np.ndarray]:
        d = 2 * (X @ p["W"] + p["b"] - Y) / Y.size
        return {"W": X.T @ d, "b": -d.sum(0)}

    proven = [found for found in check_gradients(loss, p, grads).findings if found.verified]
    assert [(found.kind, found.block) for found in proven] == [("sign", "b")]
