"""How many evaluations of the loss a check takes: what no commit may raise unnoticed."""

import itertools

import numpy as np
import pytest

from gradcheck import check_gradients
from nets import xor
from nets.mlp import MLP

SEEDS = range(6)
NETS = {
    "20-16-5": (MLP((20, 16, 5), "tanh", "identity", "mse"), 8),
    "784-128-10": (MLP((784, 128, 10), "relu", "identity", "softmax_cross_entropy"), 4),
}


def problem(name, seed):
    net, batch = NETS[name]
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(batch, net.sizes[0]))
    T = np.eye(net.sizes[-1])[rng.integers(net.sizes[-1], size=batch)]
    return net.init(seed), lambda p: net.loss(p, X, T), lambda p: net.gradients(p, X, T)


@pytest.mark.parametrize(("name", "mean"), [("20-16-5", 86), ("784-128-10", 80)])
def test_a_right_gradient(name, mean):
    """The same for 421 parameters and for 101,770."""
    counts = []
    for seed in SEEDS:
        params, loss, grads = problem(name, seed)
        report = check_gradients(loss, params, grads, seed=seed)
        assert report
        counts.append(report.evaluations)
    assert np.mean(counts) <= mean, counts


@pytest.mark.parametrize(("name", "mean"), [("20-16-5", 130), ("784-128-10", 120)])
def test_one_wrong_entry(name, mean):
    counts = []
    for seed in SEEDS:
        params, loss, grads = problem(name, seed)
        wrong = grads(params)
        row = int(np.argmax(np.abs(wrong["layer1"]["W"][:, 3])))
        wrong["layer1"]["W"][row, 3] *= 1.1
        report = check_gradients(loss, params, wrong, seed=seed, explain=False)
        assert report["layer1.W"].wrong_entries == ((row, 3),)
        counts.append(report.evaluations)
    assert np.mean(counts) <= mean, counts


def test_xor():
    net = xor.question_net()
    params = xor.question_params(net, 0)
    report = check_gradients(
        lambda p: net.loss(p, xor.X, xor.T), params, lambda p: net.gradients(p, xor.X, xor.T)
    )
    assert report
    assert report.evaluations <= 120


def test_all_blocks_at_once():
    params, loss, grads = problem("784-128-10", 0)
    assert check_gradients(loss, params, grads, overall=True).evaluations <= 50


def test_the_report_counts_the_calls():
    params, loss, grads = problem("20-16-5", 0)
    losses, backwards = itertools.count(), itertools.count()

    def counted(p):
        next(losses)
        return loss(p)

    def called(p):
        next(backwards)
        return grads(p)

    report = check_gradients(counted, params, called)
    assert (report.evaluations, report.gradient_calls) == (next(losses), next(backwards))
