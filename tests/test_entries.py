"""gradcheck/entries.py: every entry at once, with the verdicts of one by one."""

import itertools

import numpy as np
import pytest

import gradcheck.check
from gradcheck import check_gradients
from gradcheck.numerical import Noise, rung_of, rungs_of
from nets.mlp import MLP

ROW = [0.0, 1.5, -2.0, np.nan, np.inf, 1e-300, 3.0]


def problem(sizes, *kinds, batch=6, l2=0.0, seed=0):
    net = MLP(sizes, *kinds, l2=l2)
    rng = np.random.default_rng(seed)
    params = net.init(seed)
    for block in params.values():
        block["b"][:] = rng.normal(0, 0.1, block["b"].shape)
    X, T = rng.normal(size=(batch, sizes[0])), np.eye(sizes[-1])[np.arange(batch) % sizes[-1]]
    return params, lambda p: net.loss(p, X, T), net.gradients(params, X, T)


def one_by_one(monkeypatch, *arguments, **options):
    """The plain loop."""
    with monkeypatch.context() as patched:
        patched.setattr(gradcheck.check._Check, "open_sources", lambda self, point: None)
        return check_gradients(*arguments, entries="all", **options)


def verdicts(report):
    return [(block.name, block.verdict, block.wrong_entries, block.pattern) for block in report]


NETS = {
    "tanh": ((9, 7, 5), "tanh", "identity", "mse"),
    "relu, softmax": ((12, 6, 4, 3), "relu", "identity", "softmax_cross_entropy"),
    "sigmoid": ((5, 9, 3), "sigmoid", "sigmoid", "mse"),
    "one layer": ((12, 4), "tanh", "identity", "mse"),
}


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("l2", [0.0, 0.01])
def test_part_of_the_net_gives_the_verdicts_of_the_loop(monkeypatch, net, l2):
    params, loss, grads = problem(*NETS[net][:1], *NETS[net][1:], l2=l2)
    grads["layer1"]["W"][2, 1] *= 1.01
    grads["layer1"]["b"][0] += 1e-3
    slow = one_by_one(monkeypatch, loss, params, grads, explain=False)
    fast = check_gradients(loss, params, grads, entries="all", explain=False)
    assert verdicts(fast) == verdicts(slow)
    assert fast["layer1.W"].wrong_entries == ((2, 1),)
    assert any("recognised" in note for note in fast.notes)
    assert fast.evaluations < slow.evaluations - 2 * params["layer1"]["W"].size + 20


def test_a_hundred_thousand_entries_in_a_twentieth_of_the_loop_and_less():
    params, loss, grads = problem((784, 128, 10), "relu", "identity", "softmax_cross_entropy")
    grads["layer1"]["W"][300, 7] *= 1.01
    report = check_gradients(loss, params, grads, entries="all", explain=False)
    assert report.size == 101_770
    assert report["layer1.W"].wrong_entries == ((300, 7),)
    assert [block.name for block in report.wrong] == ["layer1.W"]
    assert 20 * report.evaluations < 2 * report.size


def test_weights_in_columns(monkeypatch):
    rng = np.random.default_rng(0)
    X, T = rng.normal(size=(6, 5)), rng.normal(size=(3, 5))
    p = {"W1": rng.normal(size=(8, 6)), "b1": rng.normal(size=(8, 1)),
         "W2": rng.normal(size=(3, 8)), "b2": rng.normal(size=(3, 1))}  # fmt: skip

    def loss():
        return np.mean((p["W2"] @ np.tanh(p["W1"] @ X + p["b1"]) + p["b2"] - T) ** 2)

    a = np.tanh(p["W1"] @ X + p["b1"])
    d2 = 2 * (p["W2"] @ a + p["b2"] - T) / T.size
    d1 = (p["W2"].T @ d2) * (1 - a * a)
    grads = {"W1": d1 @ X.T, "b1": d1.sum(1, keepdims=True),
             "W2": d2 @ a.T, "b2": d2.sum(1, keepdims=True)}  # fmt: skip
    grads["W1"][5, 2] = 0
    fast = check_gradients(loss, p, grads, entries="all", explain=False)
    assert any("recognised" in note for note in fast.notes)
    assert fast["W1"].wrong_entries == ((5, 2),)
    assert verdicts(fast) == verdicts(one_by_one(monkeypatch, loss, p, grads, explain=False))


@pytest.mark.parametrize("bias", [np.array(0.3), np.array([0.3])])
def test_a_vector_as_the_weights_of_one_output(monkeypatch, bias):
    rng = np.random.default_rng(3)
    X, t = rng.normal(size=(9, 40)), rng.integers(0, 2, 9) * 1.0
    p = {"w": rng.normal(size=40), "c": bias.copy()}

    def loss():
        z = X @ p["w"] + p["c"]
        return float(np.mean(np.logaddexp(0, z) - t * z))

    d = (1 / (1 + np.exp(-(X @ p["w"] + p["c"]))) - t) / 9
    grads = {"w": X.T @ d, "c": np.reshape(d.sum(), bias.shape)}
    grads["w"][7] += 0.01
    slow = one_by_one(monkeypatch, loss, p, grads, explain=False)
    fast = check_gradients(loss, p, grads, entries="all", explain=False)
    assert verdicts(fast) == verdicts(slow)
    assert fast["w"].wrong_entries == ((7,),)
    assert any("recognised" in note for note in fast.notes)


def test_a_loss_that_is_no_plain_stack_is_called_for_every_entry(monkeypatch):
    rng = np.random.default_rng(0)
    W, X = rng.normal(size=(7, 7)), rng.normal(size=(4, 7))
    loss = lambda: float(np.sum(np.tanh(X @ W @ W) ** 2))
    a = np.tanh(X @ W @ W)
    d = 2 * a * (1 - a * a)
    grads = (X @ W).T @ d + X.T @ (d @ W.T)
    report = check_gradients(loss, W, grads, entries="all")
    assert report
    assert report.evaluations > 2 * W.size
    assert not any("recognised" in note for note in report.notes)


def stacked_problem():
    rng = np.random.default_rng(0)
    X, T = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    params = [rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(4, 2))]

    def loss(p):
        a = np.tanh(X @ p[0] + p[1][..., None, :])
        return np.mean((a @ p[2] - T) ** 2, axis=(-2, -1))

    a = np.tanh(X @ params[0] + params[1])
    d2 = 2 * (a @ params[2] - T) / T.size
    d1 = d2 @ params[2].T * (1 - a * a)
    return loss, params, [X.T @ d1, d1.sum(axis=0), a.T @ d2]


def test_stacked_losses_give_the_verdicts_of_the_loop(monkeypatch):
    loss, params, grads = stacked_problem()
    grads[0][1, 2] *= 1.001
    before, calls = [p.tobytes() for p in params], itertools.count()

    def counted(p):
        next(calls)
        return loss(p)

    fast = check_gradients(
        counted, params, grads, entries="all", vectorized=True, explain=False, seed=3
    )
    called = next(calls)
    slow = one_by_one(monkeypatch, loss, params, grads, explain=False, seed=3)
    assert verdicts(fast) == verdicts(slow)
    assert fast["0"].wrong_entries == ((1, 2),)
    assert called < fast.evaluations - 40  # of 24 entries and their pairs in a few calls
    assert [p.tobytes() for p in params] == before


def test_a_loss_that_is_not_vectorized():
    loss, params, grads = stacked_problem()
    with pytest.raises(ValueError, match=r"^loss: expected 4 losses, of shape \(4,\), .*got shape"):
        check_gradients(
            lambda p: float(np.sum(loss(p))), params, grads, entries="all", vectorized=True
        )


def test_stacked_calls_count_as_many_evaluations_and_end_with_the_budget():
    loss, params, grads = stacked_problem()
    free = check_gradients(loss, params, grads, entries="all", vectorized=True)
    assert free
    least = free.evaluations // 2
    bound = check_gradients(
        loss, params, grads, entries="all", vectorized=True, max_evaluations=least
    )
    assert bound.evaluations <= least
    assert bound.verdict == "inconclusive"


def test_many_rungs_are_the_rungs_one_by_one():
    noise = Noise(1.5, 1e-16, 2.0**-52, 2.0)
    pairs = np.array(list(itertools.product(ROW, ROW)))
    right, left = np.full(len(pairs), 1e-5), np.full(len(pairs), -1.1e-5)
    left[3] = right[3] = 0.0  # nothing moved
    with np.errstate(all="ignore"):
        many = rungs_of(pairs[:, 0], right, pairs[:, 1], left, noise)
    columns = zip(
        pairs[:, 0].tolist(), right.tolist(), pairs[:, 1].tolist(), left.tolist(), strict=True
    )
    assert many == [rung_of(*row, noise) for row in columns]
    assert many[0] is not None
    assert many[3] is None
