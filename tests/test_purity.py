"""What depends on earlier calls, shares memory or writes into parameters is told by findings."""

import types

import numpy as np
import pytest

from gradcheck import check_gradients

X = np.random.default_rng(0).normal(size=(6, 3))


def start():
    return {"A": np.array([1.0, 2.0, 3.0]), "B": np.array([-1.0, 0.5, 2.0])}


def problem():
    p = start()
    loss = lambda: float(p["A"] @ p["A"] + np.sum(p["B"] ** 3))
    right = lambda: {"A": 2 * p["A"], "B": 3 * p["B"] ** 2}
    return p, loss, right


def kinds(report):
    return [finding.kind for finding in report.findings]


def test_pure_code_has_no_findings():
    p, loss, right = problem()
    report = check_gradients(loss, p, right)
    assert report
    assert not report.findings
    assert not report.notes


def test_a_gradient_that_accumulates():
    p, loss, right = problem()
    kept = {"A": np.zeros(3), "B": np.zeros(3)}

    def grads():
        for name, g in right().items():
            kept[name] += g
        return kept

    report = check_gradients(loss, p, grads)
    assert kinds(report).count("accumulation") == 2
    assert report.verdict == "disagrees"
    assert not kept["A"].any()


def test_a_stale_cache():
    """backward uses what forward kept, but forward keeps it only once."""
    p, _, _ = problem()
    net = types.SimpleNamespace(p=p, cache=None)

    def loss():
        if net.cache is None:
            net.cache = p["A"].copy()
        return float(p["A"] @ p["A"])

    report = check_gradients(loss, {"A": p["A"]}, lambda: {"A": 2 * net.cache})
    assert report.verdict == "disagrees"


@pytest.mark.parametrize("fault", [1.0, 1.01])
def test_gradients_that_are_only_read_belong_to_one_point(fault):
    p, loss, right = problem()
    net = types.SimpleNamespace(grads={})
    net.grads = {name: fault * g for name, g in right().items()}
    report = check_gradients(loss, p, lambda: {name: g.copy() for name, g in net.grads.items()})
    assert report.verdict == ("agrees" if fault == 1 else "disagrees")
    assert any("computes none" in note for note in report.notes) or fault != 1


def test_a_counter_in_backward():
    p, loss, right = problem()
    net = {"calls": 0}

    def grads():
        net["calls"] += 1
        return {name: g * net["calls"] for name, g in right().items()}

    report = check_gradients(loss, p, grads)
    assert "accumulation" in kinds(report) or "stale-buffer" in kinds(report)
    assert report.verdict == "disagrees"
    assert net == {"calls": 0}


def test_one_buffer_for_two_gradients():
    p, loss, right = problem()
    buffer = np.empty(3)

    def grads():
        buffer[:] = right()["A"]
        first = buffer
        buffer[:] = right()["B"]
        return {"A": first, "B": buffer}

    report = check_gradients(loss, p, grads)
    (finding,) = [f for f in report.findings if f.kind == "aliasing"]
    assert finding.sentence == "The gradients of A and B share memory."
    assert [block.name for block in report.wrong] == ["A"]


def test_a_gradient_that_is_its_parameter():
    p = {"A": np.array([1.0, 2.0, 3.0])}
    report = check_gradients(lambda: 0.5 * float(p["A"] @ p["A"]), p, lambda: {"A": p["A"]})
    (finding,) = report.findings
    assert finding.kind == "aliasing"
    assert "shares memory with parameter A" in finding.sentence


@pytest.mark.parametrize("given_as", ["nest", "callable"])
def test_a_gradient_that_lies_in_a_cache_of_the_loss(given_as):
    p, _, right = problem()
    net = types.SimpleNamespace(work=np.zeros(3))

    def loss():
        net.work[:] = p["A"] - 1  # the forward pass uses the same work array
        return float(p["A"] @ p["A"] + np.sum(p["B"] ** 3))

    def grads():
        net.work[:] = 2 * p["A"]
        return {"A": net.work, "B": right()["B"]}

    grads_now = grads()
    report = check_gradients(loss, p, grads if given_as == "callable" else grads_now)
    assert "aliasing" in kinds(report)
    (finding,) = [f for f in report.findings if f.kind == "aliasing"]
    assert finding.sentence == (
        "A call of the loss changes the gradient of A after it was returned."
    )


def test_a_loss_that_writes_into_its_parameters_found_in_an_object():
    class Net:
        def __init__(self):
            self.W = np.array([1.0, 2.0, 3.0])

        def loss(self):
            value = float(self.W @ self.W)
            self.W *= 1.0001
            return value

    net = Net()
    report = check_gradients(net.loss, net, {"W": 2 * net.W})
    assert kinds(report)[0] == "state"
    assert report.findings[0].sentence == "The loss writes into the parameters: W."
    assert report.verdict != "disagrees"
    np.testing.assert_array_equal(net.W, [1.0, 2.0, 3.0])


def test_a_backward_pass_that_overwrites_what_it_reads_is_right_after_each_forward():
    net = types.SimpleNamespace(W=np.array([0.1, 0.2, 0.3]), h=None)

    def loss():
        net.h = X * net.W
        return float(np.sum(net.h**2))

    def grads():
        net.h *= 2
        net.h *= X
        return {"W": net.h.sum(axis=0)}

    assert check_gradients(loss, {"W": net.W}, grads)


@pytest.mark.parametrize("how", ["grads", "step"])
def test_a_loss_that_does_not_read_the_params(how):
    """A copy was passed: nobody is accused, and the report says what to pass."""
    p, loss, right = problem()
    copies = {name: value.copy() for name, value in p.items()}

    def step():
        for name, g in right().items():
            copies[name] -= 0.1 * g

    source = {"grads": right} if how == "grads" else {"step": step, "lr": 0.1}
    report = check_gradients(loss, copies, **source)
    assert report.verdict == "inconclusive"
    assert kinds(report) == ["unread"]
    assert "Pass the very arrays" in report.findings[0].advice
