"""Gradients read off one training step; what else a step may do is told, never accused."""

import copy
import functools
import itertools
import random
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import check_gradients

X = np.random.default_rng(0).normal(size=(8, 3))
Y = np.random.default_rng(1).normal(size=(8, 2))
NAMES = ("W1", "b1", "W2", "b2")


class Trainer:
    """Two layers, and an optimiser in a few lines; `warm` steps are taken before the check."""

    def __init__(self, kind="plain", warm=0, fault="", lr=0.1):
        rng = np.random.default_rng(2)
        shapes = ((3, 4), (4,), (4, 2), (2,))
        self.params = {n: rng.normal(size=s) for n, s in zip(NAMES, shapes, strict=True)}
        self.kind, self.fault, self.lr, self.t = kind, fault, lr, 0
        self.state: dict = dict.fromkeys(NAMES, 0.0)
        self.t0 = 0
        for _ in range(warm):
            self.train()
        self.t0 = self.t

    def loss(self):
        p = self.params
        return np.mean((np.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"] - Y) ** 2)

    def gradients(self):
        p = self.params
        h = np.tanh(X @ p["W1"] + p["b1"])
        d2 = 2 * (h @ p["W2"] + p["b2"] - Y) / Y.size
        d1 = d2 @ p["W2"].T * (1 - h**2)
        found = {"W1": X.T @ d1, "b1": d1.sum(0), "W2": h.T @ d2, "b2": d2.sum(0)}
        if self.fault:
            found[self.fault] = found[self.fault] * np.linspace(1, 2, found[self.fault].shape[-1])
        return found

    def train(self):
        self.t += 1
        found = self.gradients()
        norm = np.sqrt(sum(np.sum(g**2) for g in found.values()))
        for n, g in found.items():
            p, v = self.params[n], self.state[n]
            match self.kind:
                case "momentum":
                    g = self.state[n] = 0.9 * v + g
                case "velocity":
                    self.state[n] = 0.8 * v - self.lr * g
                    self.params[n] = p + self.state[n]
                    continue
                case "averaged":
                    g = self.state[n] = 0.9 * v + 0.1 * g
                case "nesterov":
                    self.state[n] = 0.9 * v + g
                    g = g + 0.9 * self.state[n]
                case "decay":
                    g = g + 0.01 * p
                case "decay of W" if n[0] == "W":
                    g = g + 0.02 * p
                case "decoupled":
                    p = p * 0.999
                case "norm":
                    g = g * min(1, 0.1 / norm)
                case "norm of each":
                    g = g * min(1, 0.02 / np.linalg.norm(g))
                case "value":
                    g = np.clip(g, -0.02, 0.02)
                case "sign":
                    g = np.sign(g)
                case "adam":
                    m, s = v or (0, 0)
                    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
                    self.state[n] = m, s
                    g = m / (1 - 0.9**self.t) / (np.sqrt(s / (1 - 0.999**self.t)) + 1e-8)
                case "warm-up":  # the rate grows with every step, or shrinks below
                    g = g * (self.t + 3) / (self.t0 + 4)
                case "fading":
                    g = g * 0.9 ** (self.t - self.t0 - 1)
                case "rmsprop":
                    self.state[n] = 0.9 * v + 0.1 * g * g
                    g = g / (np.sqrt(self.state[n]) + 1e-8)
            self.params[n] = p - self.lr * g


def check(trainer, **options):
    return check_gradients(
        trainer.loss, trainer.params, step=trainer.train, **{"lr": trainer.lr, **options}
    )


def kinds(report):
    return [finding.kind for finding in report.findings]


PLAIN = {
    "momentum": "momentum 0.9",
    "velocity": "momentum 0.8",
    "averaged": "momentum 0.9",
    "nesterov": "momentum 0.9",
    "decay": "weight decay 0.01",
    "decay of W": "weight decay 0.02",
    "norm": "clips the gradient to norm 0.1",
}
HIDDEN = {
    "decoupled": "shrinks the parameters",
    "norm of each": "clips the gradient to norm 0.02",
    "value": "clips the entries of the gradient at 0.02",
    "sign": "moves every entry by the same amount, 0.1",
    "adam": "same amount|keeps a state",
    "rmsprop": "same amount|keeps a state",
}


@pytest.mark.parametrize("warm", [0, 3])
@pytest.mark.parametrize("kind", PLAIN)
def test_a_gradient_behind_an_optimiser_is_judged_by_itself(kind, warm):
    report = check(Trainer(kind, warm))
    assert report.verdict == "agrees"
    assert kinds(report) == ["not-plain-sgd"]
    assert PLAIN[kind] in report.findings[0].sentence
    if kind != "norm":
        report = check(Trainer(kind, warm, fault="b1"))
        assert [block.name for block in report.wrong] == ["b1"]
        assert "not-plain-sgd" in kinds(report)


@pytest.mark.parametrize("warm", [0, 3])
@pytest.mark.parametrize("kind", HIDDEN)
def test_a_step_that_hides_the_gradient_is_inconclusive(kind, warm):
    report = check(Trainer(kind, warm))
    assert report.verdict == "inconclusive"
    assert {block.reason for block in report if block.verdict == "inconclusive"} == {
        "step not plain: the step does more than subtract lr times the gradient"
    }
    assert kinds(report) == ["not-plain-sgd"]
    assert any(part in report.findings[0].sentence for part in HIDDEN[kind].split("|"))
    assert report.findings[0].advice


@pytest.mark.parametrize("warm", [0, 3])
@pytest.mark.parametrize("kind", ["warm-up", "fading"])
def test_a_schedule_of_the_rate_is_no_momentum(kind, warm):
    report = check(Trainer(kind, warm))
    assert report.verdict == "agrees"
    assert report.findings == ()
    assert "The rate of the step changes from step to step" in report.notes[0]
    report = check(Trainer(kind, warm, fault="b1"))
    assert [block.name for block in report.wrong] == ["b1"]


@pytest.mark.parametrize("lr", [1e-6, 1e-3, 0.1, 1.0, 100.0])
def test_any_rate_will_do_and_precisely_the_wrong_block_is_found(lr):
    assert check(Trainer(lr=lr)).verdict == "agrees"
    report = check(Trainer(fault="W1", lr=lr))
    assert [block.name for block in report.wrong] == ["W1"]


def test_the_rounding_of_a_small_rate_is_part_of_what_can_be_seen():
    seen = [check(Trainer(lr=lr))["W1"].detectable for lr in (1e-2, 1e-6, 1e-8)]
    assert seen[0] < seen[1] < seen[2]
    assert check(Trainer(lr=1e-13)).verdict != "disagrees"


@pytest.mark.parametrize(("passed", "fits"), [(0.2, 0.1), (0.05, 0.1), (1.0, 0.1)])
def test_a_wrong_rate_is_one_factor_for_all(passed, fits):
    report = check(Trainer(), lr=passed)
    assert len(report.wrong) == 4
    (finding,) = [f for f in report.findings if f.sentence.startswith("lr:")]
    assert finding.kind == "scale"
    assert f"lr={fits:g} would fit, got lr={passed:g}." in finding.sentence


def test_a_step_that_climbs():
    trainer = Trainer()
    right = trainer.gradients
    trainer.gradients = lambda: {n: -g for n, g in right().items()}
    report = check(trainer)
    assert report.verdict == "disagrees"
    (finding,) = [f for f in report.findings if "climb the loss" in f.sentence]
    assert "use -= in the update" in finding.advice
    assert "lr=-" not in str(report)


# --- Weights updated before they are used ---------------------------------------------------------


class InPlace:
    """Each layer updates itself in backward, before or after it passes the gradient on."""

    def __init__(self, early):
        self.net, self.early = Trainer().params, early
        self.learning_rate = 0.1

    def loss(self):
        p = self.net
        return np.mean((np.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"] - Y) ** 2)

    def train(self, rate):
        p = self.net
        h = np.tanh(X @ p["W1"] + p["b1"])
        d2 = 2 * (h @ p["W2"] + p["b2"] - Y) / Y.size
        before = p["W2"].copy()
        p["W2"] -= rate * h.T @ d2
        p["b2"] -= rate * d2.sum(0)
        d1 = d2 @ (p["W2"] if self.early else before).T * (1 - h**2)
        p["W1"] -= rate * X.T @ d1
        p["b1"] -= rate * d1.sum(0)


def with_argument(net):
    return {"step": lambda lr: net.train(lr), "lr": 0.1}


def with_default(net):
    return {"step": lambda lr=0.1: net.train(lr)}


def with_attribute(net):
    return {"step": lambda: net.train(net.learning_rate)}


def with_callable(net):
    return {"step": lambda: net.train(net.learning_rate), "lr": lambda: net.learning_rate}


RATE = 0.1


def with_global(net):
    def step():
        net.train(RATE)

    return {"step": step, "lr": 0.1}


@pytest.mark.parametrize(
    "how",
    [with_argument, with_default, with_attribute, with_callable, with_global],
    ids=lambda how: how.__name__,
)
def test_weights_updated_before_they_are_used(how):
    net = InPlace(early=False)
    assert check_gradients(net.loss, net.net, **how(net))
    net = InPlace(early=True)
    report = check_gradients(net.loss, net.net, **how(net))
    assert [block.name for block in report.wrong] == ["W1", "b1"]
    (finding,) = [f for f in report.findings if f.kind == "updated-weights-used"]
    assert "The gradient of W1, b1 depends on the learning rate" in finding.sentence
    assert net.learning_rate == RATE == 0.1


def test_a_variable_that_is_not_the_rate_of_the_step():
    """It has the name and the value of the rate, but the step does not read it."""
    net = InPlace(early=False)
    report = check_gradients(net.loss, net, step=lambda: net.train(0.1), lr=0.1)
    assert report
    assert not report.findings
    assert net.learning_rate == 0.1


def test_a_slope_called_alpha_is_not_the_rate():
    net = types.SimpleNamespace(W=Trainer().params["W1"], alpha=0.1)
    target = Y @ np.ones((2, 4))

    def loss():
        z = X @ net.W
        return np.mean((np.where(z > 0, z, net.alpha * z) - target) ** 2)

    def step():
        z = X @ net.W
        d = 2 * (np.where(z > 0, z, net.alpha * z) - target) / z.size
        net.W -= 0.1 * X.T @ (d * np.where(z > 0, 1, net.alpha))

    report = check_gradients(loss, net, step=step, lr=0.1)
    assert report
    assert not report.findings
    with pytest.raises(ValueError, match="lr: expected the learning rate of the step, got None"):
        check_gradients(loss, net, step=step)


def test_several_updates_in_one_step_depend_on_the_rate():
    """Per-sample descent over an epoch is no gradient of the mean loss."""
    w = {"w": np.array([0.3, -0.2, 0.5])}

    def epoch(lr):
        for x, y in zip(X, Y[:, 0], strict=True):
            w["w"] = w["w"] - lr * 2 * (x @ w["w"] - y) * x / len(X)

    loss = lambda: float(np.mean((X @ w["w"] - Y[:, 0]) ** 2))
    report = check_gradients(loss, w, step=epoch, lr=0.1)
    assert report.verdict == "disagrees"
    assert "updated-weights-used" in kinds(report)


# --- State ----------------------------------------------------------------------------------------


def test_a_gradient_that_is_added_up_over_steps():
    net = types.SimpleNamespace(W=np.array([1.0, 2.0]), dW=np.zeros(2))

    def step():
        net.dW += 2 * net.W
        net.W -= 0.1 * net.dW

    report = check_gradients(lambda: float(net.W @ net.W), net, step=step, lr=0.1)
    assert [block.name for block in report] == ["W"]
    assert report.verdict == "disagrees"
    assert kinds(report) == ["accumulation"]
    np.testing.assert_array_equal(net.dW, 0)


def test_everything_is_put_back():
    class Net:
        def __init__(self):
            self.W, self.v, self.steps = np.array([1.0, 2.0]), np.ones(2), 0
            self.history = [0.5]
            self.rng = np.random.default_rng(0)

        def loss(self):
            return float(self.W @ self.W)

        def step(self):
            self.steps += 1
            self.history.append(self.loss())
            self.v = 0.5 * self.v + 2 * self.W
            self.W = self.W - 0.1 * self.v
            self.rng.normal(), np.random.rand(), random.random()  # noqa: NPY002
            self.last = self.W

    net = Net()
    held, W, draw = dict(vars(net)), net.W.copy(), np.random.default_rng(0).normal()
    states = np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    assert check_gradients(net.loss, net, step=net.step, lr=0.1)
    assert all(vars(net)[name] is value for name, value in held.items())
    assert vars(net).keys() == held.keys()
    np.testing.assert_array_equal(net.W, W)
    assert net.history == [0.5]
    assert net.rng.normal() == draw
    assert (np.random.get_state()[1] == states[0]).all()  # noqa: NPY002
    assert random.getstate() == states[1]


def test_a_step_that_trains_on_the_caches_of_the_loss():
    net = types.SimpleNamespace(W=np.array([1.0, 2.0, 3.0]), error=None)

    def loss():
        net.error = X @ net.W - Y[:, 0]
        return float(net.error @ net.error)

    def step():
        net.W -= 0.01 * 2 * X.T @ net.error

    assert check_gradients(loss, net, step=step, lr=0.01)


def test_a_missing_update_in_a_given_nest_is_wrong():
    trainer = Trainer()
    right = trainer.gradients
    trainer.gradients = lambda: {n: g for n, g in right().items() if n != "b1"}
    report = check(trainer)
    assert [block.name for block in report.wrong] == ["b1"]


def test_an_update_that_changes_a_shape():
    net = {"W": np.ones((3, 2)), "b": np.zeros(2)}

    def step():
        d = 2 * (X @ net["W"] + net["b"] - Y) / Y.size
        net["W"] = net["W"] - 0.1 * X.T @ d
        net["b"] = net["b"] - 0.1 * d.sum(0)[:, None]  # (2,) - (2, 1)

    loss = lambda: np.mean((X @ net["W"] + net["b"] - Y) ** 2)
    report = check_gradients(loss, net, step=step, lr=0.1)
    assert [block.name for block in report.wrong] == ["b"]
    assert "b: expected an analytic gradient of shape (2,), got (2, 2)." in " ".join(
        finding.sentence for finding in report.findings
    )
    assert net["b"].shape == (2,)


def test_float32():
    net = {"w": np.array([1.0, 2.0, 3.0], np.float32)}

    def step():
        net["w"] -= np.float32(0.1) * 2 * net["w"]

    loss = lambda: float(np.sum(net["w"].astype(float) ** 2))
    assert check_gradients(loss, net, step=step, lr=0.1).verdict != "disagrees"


# --- Cost and misuse ------------------------------------------------------------------------------


def test_cost():
    report = check(Trainer())
    assert report.gradient_calls <= 7
    assert report.evaluations <= 100


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"step": 3}, TypeError, "step: expected a callable, got int. "
         "Pass a function that performs one update, such as lambda: ..."),
        ({"step": lambda: None}, ValueError, "lr: expected the learning rate of the step, got "
         "None. Pass the rate that it uses, such as lr=0.1: "
         "the gradient is (before - after) / lr."),
        ({"step": lambda: None, "lr": 0}, ValueError, "lr: expected a positive number, got 0. "
         "Pass the rate that the step multiplies the gradient with."),
        ({"step": lambda: None, "lr": "x"}, ValueError, "lr: expected a positive number, got 'x'. "
         "Pass the rate that the step multiplies the gradient with."),
        ({"step": lambda: None, "lr": 0.1}, ValueError, "step: expected a callable that updates "
         "the parameters, got one that changes none of w. "
         "Pass what holds them, or the function that does the update; "
         "inside a function, W = W - lr * dW changes a local name and no weight."),
        ({"step": lambda a, b: None, "lr": 0.1}, TypeError, "step: expected a function of no "
         "argument, of params or of lr, got one that needs a, b. "
         "Bind the rest: lambda lr: step(..., lr)."),
    ],
)  # fmt: skip
def test_error_texts(options, error, text):
    w = np.ones(3)
    with pytest.raises(error) as raised:
        check_gradients(lambda: float(w @ w), {"w": w}, **options)
    assert str(raised.value) == text


class Lists:
    """Lists of weights, and a step that puts new lists in their place."""

    def __init__(self):
        rng = np.random.default_rng(3)
        self.weights = [rng.normal(size=s) for s in ((3, 4), (4, 2))]
        self.biases = (rng.normal(size=4), rng.normal(size=2))

    def loss(self):
        h = np.tanh(X @ self.weights[0] + self.biases[0])
        return np.mean((h @ self.weights[1] + self.biases[1] - Y) ** 2)

    def update(self, eta, fault=1.0):
        h = np.tanh(X @ self.weights[0] + self.biases[0])
        d2 = 2 * (h @ self.weights[1] + self.biases[1] - Y) / Y.size
        d1 = d2 @ self.weights[1].T * (1 - h**2)
        dw, db = [X.T @ d1 * fault, h.T @ d2], [d1.sum(0), d2.sum(0)]
        self.weights = [w - eta * g for w, g in zip(self.weights, dw, strict=True)]
        self.biases = tuple(b - eta * g for b, g in zip(self.biases, db, strict=True))


@pytest.mark.parametrize("fault", [1.0, 1.5])
@pytest.mark.parametrize(
    ("params", "wrong"),
    [
        (lambda net: net, "weights.0"),
        (lambda net: net.weights, "0"),
        (lambda net: [net.weights, net.biases], "0.0"),
        (lambda net: {"w0": net.weights[0], "b1": net.biases[1]}, "w0"),
    ],
)
def test_new_lists_in_the_place_of_old_ones(params, wrong, fault):
    net = Lists()
    weights, biases = net.weights, net.biases
    report = check_gradients(net.loss, params(net), step=lambda lr: net.update(lr, fault), lr=0.1)
    found = [block.name for block in report.blocks if block.verdict != "agrees"]
    assert found == ([wrong] if fault != 1 else [])
    assert "not-plain-sgd" not in kinds(report)
    assert net.weights is weights
    assert net.biases is biases


SCRIPT = """
lr = 0.2
P = {"W": np.ones((3, 2)), "b": np.zeros(2)}

def loss():
    return np.mean((X @ P["W"] + P["b"] - Y) ** 2)

def train():
    global P
    e = 2 * (X @ P["W"] + P["b"] - Y) / Y.size
    P = {"W": P["W"] - lr * X.T @ e, "b": P["b"] - lr * e.sum(0)}
"""


@pytest.mark.parametrize("params", ["P", "{'W': P['W'], 'b': P['b']}", "globals()"])
def test_a_script_that_rebinds_its_dict_and_a_rate_one_call_down(params):
    names = {"np": np, "X": X, "Y": Y, "__name__": "script"}
    exec(SCRIPT, names)
    before = names["P"]
    select = ["P.*"] if params == "globals()" else None
    step = eval("lambda: train()", names)
    report = check_gradients(names["loss"], eval(params, names), step=step, select=select)
    assert report
    assert names["P"] is before


@pytest.mark.parametrize("fault", ["", "W1"])
@pytest.mark.parametrize("kind", ["adam", "decoupled", "value"])
def test_stored_gradients_are_checked_where_the_step_hides_them(kind, fault):
    net = Trainer(kind, fault=fault)

    def train():
        for name, g in net.gradients().items():
            setattr(net, f"d{name}", g)
        net.train()

    report = check_gradients(net.loss, net, step=train, lr=0.1)
    wrong = [block.name for block in report.blocks if block.verdict == "disagrees"]
    assert report.verdict == ("disagrees" if fault else "agrees"), report
    assert wrong == ([f"params.{fault}"] if fault else [])
    assert any("stored" in note for note in report.notes)
    assert not hasattr(net, "dW1")


@pytest.mark.parametrize("same", [False, True])
def test_a_random_minibatch_is_no_wrong_gradient(same):
    net = {"W": np.ones((3, 2))}

    def train(lr):
        rows = np.random.permutation(len(X)) if same else np.random.choice(len(X), 4)  # noqa: NPY002
        e = X[rows] @ net["W"] - Y[rows]
        net["W"] = net["W"] - lr * X[rows].T @ e * 2 / e.size

    loss = lambda: np.mean((X @ net["W"] - Y) ** 2)
    report = check_gradients(loss, net, step=train, lr=0.1)
    assert report.verdict == ("agrees" if same else "inconclusive")
    assert ("random minibatch" in str(report.findings)) is not same


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("slope", [True, False])
def test_nets_of_np_matrix(in_place, slope, dtype):
    """Their arithmetic is another one, and stays theirs: not ours."""
    inputs, targets = np.asmatrix(X), np.asmatrix(Y)
    rng = np.random.default_rng(3)
    net = types.SimpleNamespace(
        W=np.asmatrix(rng.normal(size=(3, 4)).astype(dtype)),
        V=np.asmatrix(rng.normal(size=(4, 2)).astype(dtype)),
    )
    held = net.W, net.V

    def loss():
        return float(np.mean(np.square(np.tanh(inputs * net.W) * net.V - targets)))

    def step(lr=0.1):
        a = np.tanh(inputs * net.W)
        d = 2 * (a * net.V - targets) / targets.size
        dz = np.multiply(d * net.V.T, 1 - np.square(a)) if slope else d * net.V.T
        if in_place:
            net.W -= (lr * inputs.T * dz).astype(dtype)
            net.V -= (lr * a.T * d).astype(dtype)
        else:
            net.W = (net.W - lr * inputs.T * dz).astype(dtype)
            net.V = (net.V - lr * a.T * d).astype(dtype)

    before = [values.copy() for values in held]
    report = check_gradients(loss, net, step=step, lr=0.1, explain=False)
    assert report["W"].verdict == ("agrees" if slope else "disagrees")
    assert report["V"].verdict == "agrees"
    assert net.W is held[0]
    assert net.V is held[1]
    for now, then in zip(held, before, strict=True):
        assert type(now) is np.matrix
        assert now.tobytes() == then.tobytes()


@pytest.mark.parametrize("rate", [0.3, 1.0])
def test_weights_that_grow_are_no_weight_decay(rate):
    """A step without the penalty that the loss has: its gradient is wrong, not its way."""
    rng = np.random.default_rng(0)
    X, T, W = rng.normal(size=(8, 3)), rng.normal(size=(8, 2)), rng.normal(size=(3, 2))

    def loss():
        return float(np.mean((X @ W - T) ** 2) + 0.01 * np.sum(W**2))

    def step():
        W[...] -= rate * 2 * X.T @ (X @ W - T) / T.size

    report = check_gradients(loss, {"W": W}, step=step, lr=rate)
    assert report.verdict == "disagrees"
    assert not any("decay" in f.sentence or "lr" in f.sentence for f in report.findings)


@pytest.mark.parametrize("fault", [1.0, 1.2])
def test_a_step_draws_what_the_loss_drew(fault):
    """Dropout from the global generator: loss and step see one mask, whatever was drawn before."""
    rng = np.random.default_rng(1)
    X, T = rng.normal(size=(12, 4)), rng.normal(size=(12, 2))
    p = {"W1": rng.normal(size=(4, 9)) * 0.3, "W2": rng.normal(size=(9, 2)) * 0.3}

    def forward():
        a = np.tanh(X @ p["W1"])
        mask = (np.random.rand(*a.shape) > 0.3) / 0.7  # noqa: NPY002
        return a, mask, a * mask, a * mask @ p["W2"] - T

    def loss():
        return float(np.sum(forward()[-1] ** 2))

    def step():
        a, mask, dropped, d = forward()
        first = X.T @ (2 * d @ p["W2"].T * mask * (1 - a**2))
        p["W2"] -= 0.1 * fault * 2 * dropped.T @ d
        p["W1"] -= 0.1 * first

    report = check_gradients(loss, p, step=step, lr=0.1)
    assert [b.name for b in report if b.verdict != "agrees"] == ([] if fault == 1.0 else ["W2"])
    assert not any("step" in finding.sentence for finding in report.findings)


def test_names_that_the_step_makes_are_no_parameters_that_went():
    """A script's function makes its variables global: they are gone when all is put back."""
    names = {"np": np, "__name__": "script"}
    code = """
X, T, W = np.eye(3), np.ones((3, 2)), np.full((3, 2), 0.5)
def loss():
    global out
    out = X @ W * np.random.rand(3, 2)
    return float(np.sum((out - T) ** 2))
def step():
    global out, mask, d
    mask = np.random.rand(3, 2)
    out = X @ W * mask
    d = 2 * (out - T) * mask
    W[...] -= 0.1 * X.T @ d
"""
    exec(code, names)
    report = check_gradients(names["loss"], {"W": names["W"]}, step=names["step"], lr=0.1)
    assert report, report
    assert not {"out", "mask", "d"} & names.keys()


def test_the_steps_of_adagrad_are_no_momentum():
    """They shrink as 1, 1/sqrt(2), 1/sqrt(3): for three of them one factor seems to do."""
    rng = np.random.default_rng(2)
    X, T = rng.normal(size=(9, 4)) * [1, 1, 1e-8, 1e-8], rng.normal(size=(9, 2))
    W, seen = rng.normal(size=(4, 2)), np.zeros((4, 2))

    def loss():
        return float(np.mean((X @ W - T) ** 2))

    def step():
        gradient = 2 * X.T @ (X @ W - T) / T.size
        seen[...] += gradient**2
        W[...] -= 0.1 * gradient / np.sqrt(seen + 1e-8)

    report = check_gradients(loss, {"W": W}, step=step, lr=0.1)
    assert report.verdict == "inconclusive"
    assert not any("momentum" in finding.sentence for finding in report.findings)


SQUASHED = {
    "tanh": (np.tanh, lambda a: 1 - a * a),
    "relu": (lambda z: z * (z > 0), lambda a: a > 0),
}


def penalised(seed, penalty, shrinks, *, rate=0.1, fit="classes"):
    """A random net whose loss has penalty / 2 * |W|**2, and a step that shrinks W by itself."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 6, size=rng.integers(2, 5))
    squash, slope = SQUASHED[str(rng.choice(list(SQUASHED)))]
    W = [rng.standard_normal(shape) for shape in itertools.pairwise(sizes)]
    b = [rng.standard_normal(size) for size in sizes[1:]]
    X = rng.standard_normal((6, sizes[0]))
    Y = np.eye(sizes[-1])[rng.integers(sizes[-1], size=6)]

    def forward():
        A = [X]
        for k, (w, c) in enumerate(zip(W, b, strict=True)):
            A.append(squash(A[-1] @ w + c) if k < len(W) - 1 else A[-1] @ w + c)
        return A

    def chances(z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def loss():
        out = forward()[-1]
        if fit == "classes":
            data = -np.mean(np.log(np.sum(Y * chances(out), axis=1) + 1e-300))
        else:
            data = 0.5 * np.sum((out - Y) ** 2) / len(X)
        return data + 0.5 * penalty * sum(np.sum(w**2) for w in W)

    def step():
        A = forward()
        d = ((chances(A[-1]) if fit == "classes" else A[-1]) - Y) / len(X)
        moves = []
        for k in reversed(range(len(W))):
            moves.append((W[k], A[k].T @ d + shrinks * W[k]))
            moves.append((b[k], d.sum(axis=0)))
            d = d @ W[k].T * (slope(A[k]) if k else 1)
        for parameter, gradient in moves:
            parameter -= rate * gradient

    return check_gradients(loss, {"W": W, "b": b}, step=step, lr=rate)


@pytest.mark.parametrize("fit", ["classes", "numbers"])
@pytest.mark.parametrize("shrinks", [0.1, 1e-3])
@pytest.mark.parametrize("seed", range(12))
def test_weight_decay_beside_a_loss_without_a_penalty_is_right(seed, shrinks, fit):
    report = penalised(seed, 0.0, shrinks, fit=fit)
    assert report.verdict == "agrees", report
    assert any("weight decay" in f.sentence for f in report.findings)


@pytest.mark.parametrize("fit", ["classes", "numbers"])
@pytest.mark.parametrize(("penalty", "shrinks"), [(0.1, 0.2), (0.01, 0.1)])
@pytest.mark.parametrize("seed", range(12))
def test_a_step_that_shrinks_more_than_the_penalty_of_the_loss_is_wrong(
    seed, penalty, shrinks, fit
):
    assert penalised(seed, penalty, penalty, fit=fit).verdict == "agrees"
    report = penalised(seed, penalty, shrinks, fit=fit)
    if len([b for b in report.blocks if b.name.startswith("W")]) == 1 and fit == "numbers":
        told = [f.advice for f in report.findings]  # a linear model with a quadratic loss
        assert report.verdict == "agrees"
        assert any("cannot be told here" in advice for advice in told)
        return
    assert report.verdict == "disagrees"
    assert report.findings[0].kind == "regulariser"
    assert f"times {shrinks:.4g}; the penalty" in report.findings[0].sentence
    assert f"makes that {penalty:.4g}." in report.findings[0].sentence


FORGETFUL = """
import numpy as np
r = np.random.default_rng(5)
X, T = r.normal(size=(6, 3)), r.normal(size=(6, 2))
W, bias, calls = r.normal(size=(3, 2)), r.normal(size=2), np.zeros(2)
def cost():
    return np.sum((X @ W + bias - T) ** 2)
def update(lr=0.01):
    global W
    W = W - lr * 2 * X.T @ (X @ W + bias - T)
"""


@pytest.mark.parametrize(
    ("select", "verdict"), [(["W", "bias"], "disagrees"), (["W*", "b*"], "agrees")]
)
def test_a_parameter_that_is_selected_by_its_name_needs_an_update(select, verdict):
    module = types.ModuleType("forgetful")
    exec(FORGETFUL, module.__dict__)
    options = {"select": select, "lr": 0.01, "explain": False}
    assert check_gradients(module.cost, module, step=module.update, **options).verdict == verdict


TRAINS = """
import numpy as np
r = np.random.default_rng({seed})
X, T = r.normal(size=(6, 3)), r.normal(size=(6, 2))
W1, b1, W2, b2 = r.normal(size=(3, 4)), np.zeros(4), r.normal(size=(4, 2)), 0.01 * r.normal(size=2)
lr, v = {rate}, np.zeros((4, 2))
def forward():
    h = np.tanh(X @ W1 + b1)
    return h, h @ W2 + b2
def train():
    global W1, b1, W2, b2, v
    h, y = forward()
    loss = np.sum((y - T) ** 2) / 2
    d = y - T
    dh = d @ W2.T{missing}
    {update}
    return {loss}
"""
BACKWARD = " * (1 - h**2)"
IN_PLACE = "W1 -= lr * X.T @ dh; b1 -= lr * dh.sum(0); W2 -= lr * h.T @ d; b2 -= lr * d.sum(0)"
ANEW = (
    "W1 = W1 - lr * X.T @ dh; b1 = b1 - lr * dh.sum(0); W2 = W2 - lr * h.T @ d; "
    "b2 = b2 - lr * d.sum(0)"
)
MOMENTUM = IN_PLACE.replace("W2 -= lr * h.T @ d", "v = 0.9 * v + h.T @ d; W2 -= lr * v")
LATER = "np.sum((forward()[1] - T) ** 2) / 2"


def trained(**parts):
    """What is told of a training that returns its loss, and whether all is as it was."""
    told = {"seed": 0, "rate": 0.1, "missing": BACKWARD, "update": IN_PLACE, "loss": "loss"} | parts
    module = types.ModuleType("trained")
    exec(TRAINS.format(**told), module.__dict__)
    held = {name: vars(module)[name] for name in ("W1", "b1", "W2", "b2", "v")}
    before = {name: values.copy() for name, values in held.items()}
    options = {"select": ["W*", "b*"], "lr": told["rate"], "explain": False}
    report = check_gradients(module.train, module, step=module.train, **options)
    assert all(vars(module)[name] is values for name, values in held.items())
    assert all(np.array_equal(held[name], values) for name, values in before.items())
    return report


@pytest.mark.parametrize("loss", ["loss", LATER])
@pytest.mark.parametrize("update", [IN_PLACE, ANEW, MOMENTUM])
@given(seed=st.integers(0, 1000), rate=st.sampled_from([1e-3, 0.03, 0.2, 0.7]))
@settings(max_examples=12)
def test_the_training_that_returns_the_loss_may_be_both(loss, update, seed, rate):
    report = trained(seed=seed, rate=rate, update=update, loss=loss)
    assert [block.verdict for block in report.blocks] == ["agrees"] * 4, report
    assert ("the rate was 0" in str(report)) == (loss == LATER)
    report = trained(seed=seed, rate=rate, update=update, loss=loss, missing="")
    wrong = [block.name for block in report.blocks if block.verdict == "disagrees"]
    assert wrong == ["W1", "b1"], report


@pytest.mark.parametrize("seed", range(6))
def test_a_loss_after_an_update_of_unknown_rate_is_no_reason_to_accuse(seed):
    literal = IN_PLACE.replace("lr", "0.05")
    report = trained(seed=seed, rate=0.05, update=literal, loss=LATER)
    assert report.verdict == "inconclusive"
    assert "that of the parameters after their update" in report.findings[0].sentence
    report = trained(seed=seed, rate=0.05, update=literal, loss=LATER, missing="")
    assert report.verdict == "disagrees"


def test_a_net_whose_loss_trains_it_is_checked_without_a_copy():
    net = types.SimpleNamespace(w=np.ones(3))

    def train(net=net, factor=1.0):
        d = 2 * net.w
        net.w -= 0.1 * factor * d
        return float(d @ d / 4)

    halved = lambda: train(factor=0.5)  # the loss trains, and another step does
    for loss in (train, halved, lambda: train(copy.deepcopy(net))):
        assert check_gradients(loss, net, step=train, lr=0.1).verdict == "agrees"
        assert check_gradients(loss, net, step=train, lr=0.2).verdict == "disagrees"
    assert net.w.tolist() == [1.0, 1.0, 1.0]


def test_a_loss_that_makes_the_parameters_anew_is_none_of_them():
    net = types.SimpleNamespace(w=np.ones(3))

    def loss():
        net.w = np.arange(3.0)
        return float(net.w @ net.w)

    def step():
        net.w = net.w - 0.1 * 2 * net.w

    with pytest.raises(ValueError, match=r"got one that makes all of them anew"):
        check_gradients(loss, net, step=step, lr=0.1)


@pytest.mark.parametrize("right", [True, False])
@given(seed=st.integers(0, 1000), count=st.integers(2, 4))
@settings(max_examples=12)
def test_blocks_that_are_updated_in_turn_are_no_mistake(right, seed, count):
    rng = np.random.default_rng(seed)
    R = rng.normal(size=(5, 4))
    net = {
        f"F{i}": rng.normal(size=(5 if i == 0 else 3, 3 if i < count - 1 else 4))
        for i in range(count)
    }

    def product(names):
        return functools.reduce(
            np.matmul, [net[name] for name in names], np.eye(len(net[names[0]])) if names else None
        )

    def loss():
        return 0.5 * np.sum((product(list(net)) - R) ** 2)

    def step(lr=1e-3):
        names = list(net)
        for i, name in enumerate(names):
            E = product(names) - R
            left = product(names[:i]) if i else np.eye(5)
            right_of = product(names[i + 1 :]) if i < count - 1 else np.eye(4)
            g = left.T @ E @ right_of.T
            net[name] = net[name] - lr * (g if right or i < count - 1 else 1.5 * g)

    report = check_gradients(loss, net, step=step, explain=False)
    wrong = [block.name for block in report.blocks if block.verdict == "disagrees"]
    if right:
        assert not wrong, report
        assert "updated in turn" in str(report)
    else:
        assert wrong, report


class Following:
    """A linear critic that a step trains, and what only follows it or the rewards."""

    def __init__(self, how="slowly", fault=1.0):
        rng = np.random.default_rng(3)
        self.own = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=(2, 1))}
        self.target = {k: w.copy() for k, w in self.own.items()}
        self.mean, self.how, self.fault = np.array([0.5]), how, fault

    def off(self):
        other = X[::-1] @ self.target["W"] + self.target["b"][:, 0] + self.mean
        return X @ self.own["W"] + self.own["b"][:, 0] - Y - 0.9 * other

    def loss(self):
        return np.sum(self.off() ** 2)

    def step(self):
        d = 2 * self.off()
        self.own["W"] = self.own["W"] - 0.01 * X.T @ d
        self.own["b"] = self.own["b"] - 0.01 * self.fault * d.sum(axis=0)[:, None]
        part = {"slowly": 0.05, "at once": 1.0}[self.how]
        for k, w in self.own.items():
            self.target[k] = (1 - part) * self.target[k] + part * w
        self.mean += 0.1 * (Y.mean() - self.mean)


@pytest.mark.parametrize("how", ["slowly", "at once"])
@pytest.mark.parametrize("fault", [1.0, 1.1])
def test_what_only_follows_is_left_out_and_told(how, fault):
    net = Following(how, fault)
    report = check_gradients(net.loss, net, step=net.step, lr=0.01)
    wrong = [] if fault == 1.0 else ["own.b"]
    assert [b.name for b in report if b.verdict != "agrees"] == wrong
    assert {block.name for block in report} == {"own.W", "own.b"}
    assert "Not checked: target.W, target.b, mean." in " ".join(report.notes)


@pytest.mark.parametrize("fault", [1.0, 2.0])
def test_a_number_beside_others_is_no_running_mean(fault):
    """A bias of squared errors moves by a part of what it lacks, but that depends on the rest."""
    p = {"W": np.ones((3, 2)), "b": np.zeros(1), "c": 0.5}

    def off():
        return X @ p["W"] + p["b"] + p["c"] - Y

    def step():
        d = 2 * off()
        p["W"] = p["W"] - 0.01 * X.T @ d
        p["b"] = p["b"] - 0.01 * d.sum(keepdims=True)[0]
        p["c"] = p["c"] - 0.01 * fault * d.sum()

    report = check_gradients(lambda: np.sum(off() ** 2), p, step=step, lr=0.01)
    assert {block.name for block in report} == {"W", "b", "c"}
    assert [b.name for b in report if b.verdict != "agrees"] == ([] if fault == 1.0 else ["c"])


def test_twins_that_move_alike_do_not_follow_each_other():
    p = {"U": np.zeros((3, 2)), "V": np.zeros((3, 2))}

    def off():
        return X @ p["U"] + X[::-1] @ p["V"] - Y - Y[::-1]

    def step():
        d = 2 * off()
        p["U"] = p["U"] - 0.01 * X.T @ d
        p["V"] = p["V"] - 0.01 * X[::-1].T @ d

    report = check_gradients(lambda: np.sum(off() ** 2), p, step=step, lr=0.01)
    assert {block.name: block.verdict for block in report} == {"U": "agrees", "V": "agrees"}


def test_what_averages_alone_is_checked():
    p = {"mean": 0.3}

    def step():
        p["mean"] += 0.1 * (2.0 - p["mean"])

    report = check_gradients(lambda: 0.5 * (p["mean"] - 2.0) ** 2, p, step=step, lr=0.1)
    assert [(block.name, block.verdict) for block in report] == [("mean", "agrees")]


@pytest.mark.parametrize(("kind", "rate"), [(np.float32, 1e-8), (np.float64, 1e-20)])
def test_an_update_that_is_lost_in_rounding_is_told_from_none(kind, rate):
    p = {"w": np.ones(3, kind)}

    def step(lr=rate):
        p["w"] = p["w"] - kind(lr) * 2 * p["w"]

    with pytest.raises(ValueError, match=r"lr: expected a rate that changes .* lost in .*rounding"):
        check_gradients(lambda: float(p["w"] @ p["w"]), p, step=step, lr=rate)
