"""log(y + 1e-7) in the loss, y - t in the gradient: off by some millionths, and no mistake."""

import itertools

import numpy as np
import pytest

from gradcheck import check_gradients
from gradcheck.smoothing import Sums

EPS = 1e-7
PENALTY = 1e-5
RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(20, 4)), np.eye(3)[RNG.integers(3, size=20)]


def net():
    return {"W": np.random.default_rng(1).normal(size=(4, 3)), "b": np.zeros(3)}


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


class Net:
    """The number as an attribute of an object, and under a name that a library gives it."""

    def __init__(self):
        self.eps = 1e-7

    def loss(self, p):
        return -np.sum(T * np.log(softmax(p) + self.eps)) / len(X)


def inside():
    eps = 1e-7
    return lambda p: -np.sum(T * np.log(softmax(p) + eps)) / len(X)


def local(p):
    eps, total = 1e-7, 0.0
    total += -np.sum(T * np.log(softmax(p) + eps)) / len(X)
    return total


def of_the_dtype(p):
    return -np.sum(T * np.log(softmax(p) + np.finfo(np.float32).eps)) / len(X)


attribute, closure = Net().loss, inside()
SMOOTH = [itself, before, named, named_before, by_default, attribute, closure, local, of_the_dtype]


@pytest.mark.parametrize("loss", SMOOTH)
def test_gradients_of_the_loss_without_a_small_number_agree_and_it_is_told(loss):
    report = check_gradients(loss, net(), grads)
    assert report.verdict == "agrees", report
    (note,) = (note for note in report.notes if "too little to matter" in note)
    number = "1.19209e-07" if loss is of_the_dtype else "1e-07"
    assert note.startswith(f"The gradients are those of the loss without the {number} in line ")
    given = check_gradients(loss, p := net(), grads(p))
    assert given.verdict == "agrees", given
    assert note in given.notes
    assert check_gradients(loss, net(), lambda p: grads(p, 1.0001)).verdict == "disagrees"
    assert check_gradients(loss, net(), grads, explain=False, max_evaluations=9_999) is not None


def penalised_by_sums(p):
    """The penalty is a small number itself, and no constant."""
    penalty = 1e-6 * float(np.sum(p["W"] ** 2))
    return entropy(softmax(p), T, 0.0) + penalty


@pytest.mark.parametrize("loss", [penalised, penalised_by_name, penalised_by_sums])
def test_what_multiplies_is_left_out_of_nothing(loss):
    for given in (grads, grads(p := net())):
        report = check_gradients(loss, p, given, explain=False)
        assert report["W"].verdict == "disagrees"


def added_by(loss, p):
    sums = Sums(lambda: loss(p))
    return sums, [one for numbers in sums.constants() for one in numbers]


@pytest.mark.parametrize("loss", SMOOTH)
def test_all_is_put_back(loss):
    p = net()
    sums, (one,) = added_by(loss, p)
    (function,) = one.unit.functions
    code, given, value = function.__code__, function.__defaults__, loss(p)

    def interrupted():
        with sums.without([one]):
            assert loss(p) != value
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (function.__code__, function.__defaults__, EPS) == (code, given, 1e-7)
    assert loss(p) == value


def test_larger_numbers_and_those_of_other_people_stay():
    def loss(p):
        return float(np.sum(np.log(p + 0.01)) + np.sum(p + 2.0) + np.std(p))

    assert added_by(loss, np.ones(3))[1] == []
    assert added_by(len, "abc")[1] == []


class Normalised:
    """One small number is left out of the gradient, and another one, elsewhere, is not."""

    def __init__(self):
        self.small, self.eps = 1e-4, 1e-7

    def scaled(self, p):
        z = X @ p["W"]
        return z / (np.abs(z).sum(axis=1, keepdims=True) + self.small)

    def softmax(self, p):
        e = np.exp(self.scaled(p))
        return e / e.sum(axis=1, keepdims=True)

    def loss(self, p):
        return -np.sum(T * np.log(self.softmax(p) + self.eps)) / len(X)

    def grads(self, p):
        z, d = X @ p["W"], (self.softmax(p) - T) / len(X)
        n = np.abs(z).sum(axis=1, keepdims=True) + self.small
        return {"W": X.T @ (d / n - np.sign(z) * np.sum(d * z, axis=1, keepdims=True) / n**2)}


def test_only_the_number_that_is_left_out_is():
    layer = Normalised()
    report = check_gradients(layer.loss, {"W": net()["W"]}, layer.grads)
    assert report.verdict == "agrees", report
    assert report.notes[0].startswith("The gradients are those of the loss without the 1e-07 in")


def test_every_call_of_the_loss_is_counted():
    calls = itertools.count()  # not put back

    def counted(p):
        next(calls)
        return itself(p)

    report = check_gradients(counted, net(), grads)
    assert report.verdict == "agrees"
    assert report.evaluations == next(calls)


def test_where_the_loss_ends_beside_the_point_no_other_point_is_looked_at():
    p = {"w": np.array([1.0, 2.0])}

    def loss(p):
        if np.any(p["w"] < 0.999):
            raise ValueError("outside")
        return float(-np.sum(np.log(p["w"] + 1e-6)))

    report = check_gradients(loss, p, lambda p: {"w": -1 / p["w"]}, explain=False)
    assert report.verdict in ("agrees", "disagrees")


def test_a_number_that_cannot_be_left_out_is_told():
    larger = lambda p: {name: 1.0001 * g for name, g in grads(p).items()}
    report = check_gradients(itself, net(), larger, explain=False)
    assert {block.verdict for block in report.blocks} == {"disagrees"}
    (note,) = report.notes
    assert note.startswith("Slopes are off by very little, and the loss adds the 1e-07 in line")
    assert note.endswith("Without it they disagree as well.")

    (note,) = check_gradients(itself, net(), grads, explain=False, max_evaluations=9_999).notes
    assert note.endswith("max_evaluations forbids to try.")

    space = {"np": np, "X": X, "T": T, "softmax": softmax}
    exec("def typed(p): return -np.sum(T * np.log(softmax(p) + 1e-7)) / len(X)", space)
    (note,) = check_gradients(space["typed"], net(), grads, explain=False).notes
    assert note.endswith("To try needs the source of typed: there is none.")


@pytest.mark.parametrize("factor", [0.7, 1.0001])
@pytest.mark.parametrize("loss", [itself, named, by_default, attribute])
def test_what_else_is_wrong_is_all_that_is_accused(loss, factor):
    def wrong(p):
        return {**grads(p), "b": factor * grads(p)["b"]}

    report = check_gradients(loss, net(), wrong)
    assert {b.name: b.verdict for b in report.blocks} == {"W": "agrees", "b": "disagrees"}
    assert report["b"].ratio == pytest.approx(factor, abs=1e-6)
    assert report.notes[0].startswith("Right gradients are those of the loss without the 1e-07")
    assert report.findings
