"""log(y + 1e-7) in the loss, y - t in the gradient: off by some millionths, and no mistake."""

import types

import numpy as np
import pytest

from gradcheck import check_gradients
from gradcheck.smoothing import added_by, without

EPS = 1e-7
PENALTY = 1e-5
RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(20, 4)), np.eye(3)[RNG.integers(3, size=20)]


def net():
    return {"W": RNG.normal(size=(4, 3)), "b": np.zeros(3)}


def softmax(p):
    z = X @ p["W"] + p["b"]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def grads(p, factor=1.0):
    d = (softmax(p) - T) / len(X)
    return {"W": factor * X.T @ d, "b": d.sum(axis=0)}


def itself(p):
    return -np.sum(T * np.log(softmax(p) + 1e-7)) / len(X)


def before(p):
    return -np.sum(T * np.log(1e-7 + softmax(p))) / len(X)


def named(p):
    return -np.sum(T * np.log(softmax(p) + EPS)) / len(X)


def named_before(p):
    return -np.sum(T * np.log(EPS + softmax(p))) / len(X)


def entropy(y, t, small=1e-7):
    return -np.sum(t * np.log(y + small)) / len(t)


def by_default(p):
    return entropy(softmax(p), T)


def penalised(p):
    return entropy(softmax(p), T, 0.0) + 1e-5 * np.sum(p["W"] ** 2)


def penalised_by_name(p):
    return PENALTY * np.sum(p["W"] ** 2) + entropy(softmax(p), T, 0.0)


SMOOTH = [itself, before, named, named_before, by_default]


@pytest.mark.parametrize("loss", SMOOTH)
def test_gradients_of_the_loss_without_a_small_number_agree_and_it_is_told(loss):
    report = check_gradients(loss, net(), grads)
    assert report.verdict == "agrees", report
    (note,) = (note for note in report.notes if "too little to matter" in note)
    line = (entropy if loss is by_default else loss).__code__.co_firstlineno + 1
    assert note.startswith(
        f"The gradients are those of the loss without the 1e-07 in line {line}, which"
    )
    assert check_gradients(loss, net(), lambda p: grads(p, 1.0001)).verdict == "disagrees"
    assert check_gradients(loss, net(), grads, explain=False, max_evaluations=9_999) is not None


@pytest.mark.parametrize("loss", [penalised, penalised_by_name])
def test_what_multiplies_is_left_out_of_nothing(loss):
    report = check_gradients(loss, net(), grads, explain=False)
    assert report["W"].verdict == "disagrees"


@pytest.mark.parametrize("loss", SMOOTH)
def test_all_is_put_back(loss):
    p = net()
    (one,) = added_by(lambda: loss(p))
    code, given, value = one.function.__code__, one.function.__defaults__, loss(p)

    def interrupted():
        with without([one]):
            assert loss(p) != value
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (one.function.__code__, one.function.__defaults__, EPS) == (code, given, 1e-7)
    assert loss(p) == value


def test_larger_numbers_and_those_of_other_people_stay():
    def loss(p):
        return float(np.sum(np.log(p + 0.01)) + np.sum(p + 2.0) + np.std(p))

    assert added_by(lambda: loss(np.ones(3))) == []
    builtin = types.SimpleNamespace(run=len)
    assert added_by(lambda: builtin.run("abc")) == []


@pytest.mark.parametrize("loss", [itself, named, by_default])
def test_what_else_is_wrong_is_all_that_is_accused(loss):
    def wrong(p):
        return {**grads(p), "b": 0.7 * grads(p)["b"]}

    report = check_gradients(loss, net(), wrong)
    assert {b.name: b.verdict for b in report.blocks} == {"W": "agrees", "b": "disagrees"}
    assert report["b"].ratio == pytest.approx(0.7, abs=1e-6)
    assert report.notes[0].startswith("Right gradients are those of the loss without the 1e-07")
    assert report.findings
