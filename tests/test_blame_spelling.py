"""A correction as lines: the least change, in the user's own spelling, and what is equal to it."""

import threading

import pytest
from blamed import examine, program

from gradcheck import check_gradients, smallest_failing

NET = """
    import numpy as np

    r = np.random.default_rng(0)
    X, T = r.normal(size=(7, 4)), r.normal(size=(7, 2))
    p = {"W1": r.normal(size=(4, 3)), "W2": r.normal(size=(3, 2))}

    def forward():
        a = np.tanh(X @ p["W1"])
        return a, a @ p["W2"]

    def loss():
        return np.sum((forward()[1] - T)**2) / len(X)

    def grads():
        a, y = forward()
        d = 2*(y-T)/len(X)
        dz = d@p["W2"].T*(1-a**2)
        return [X.T@dz, a.T@d]
"""


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('d@p["W2"].T*(1-a**2)', 'd@p["W2"].T', 'dz = d@p["W2"].T * (1 - a ** 2)'),
        ("d = 2*(y-T)/len(X)", "d = -2*(y-T)/len(X)", "d = 2*(y-T)/len(X)"),
    ],
)
def test_what_the_user_wrote_is_kept_as_it_is_written(right, wrong, told):
    best = examine(program(NET, (right, wrong))).findings[0]
    assert best.verified
    assert best.diff[1] == f"+ {told}"


KEPT = """
    import numpy as np

    class Net:
        def __init__(self):
            self.w, self.kept = r.normal(size=4), None

        def forward(self):
            a = np.tanh(X @ self.w)
            if self.kept is None:
                self.kept = a
            return a

    r = np.random.default_rng(0)
    X, T = r.normal(size=(7, 4)), r.normal(size=7)
    net = Net()

    def loss():
        return np.sum((net.forward() - T) ** 2)

    def grads():
        net.forward()
        a = net.kept
        return {"w": X.T @ (2 * (a - T) * (1 - a**2))}
"""


def test_a_condition_that_goes_goes_with_what_stands_in_it():
    module = program(KEPT)
    report = check_gradients(module.loss, {"w": module.net.w}, module.grads, explain=True)
    found = next(finding for finding in report.findings if finding.diff)
    assert found.diff == ("- if self.kept is None:", "-     self.kept = a", "+ self.kept = a")


SQUARE = """
    import numpy as np

    r = np.random.default_rng(0)
    X = r.normal(size=(7, 4))
    p = {"W": r.normal(size=(4, 4))}

    def loss():
        return np.mean((X @ p["W"]) ** 2)

    def grads():
        W = p["W"]
        return [2 * X.T @ (X @ W) / len(X)]
"""


def test_a_count_that_is_equal_only_here_is_told_with_its_like():
    best = examine(program(SQUARE)).findings[0]
    assert best.verified
    assert "equal here: " in best.evidence


BUILT = """
    import numpy as np

    def build(n, h, batch):
        r = np.random.default_rng(0)
        X, W = r.normal(size=(batch, n)), r.normal(size=(n, h))

        def loss():
            return np.mean((X @ W) ** 2)

        def grads():
            return 2 * X.T @ (X @ W) / batch

        return loss, W, grads
"""


@pytest.mark.blame
def test_a_net_whose_sizes_differ_tells_the_line():
    build = program(BUILT).build
    (found,) = [f for f in smallest_failing(build).report.findings if f.diff]
    assert found.diff[1].endswith("/ W.shape[1]")


def test_threads_of_the_loss_are_quiet_while_the_line_is_looked_for(capfd):
    import numpy as np

    r = np.random.default_rng(5)
    X, y, w = r.normal(size=(5, 3)), r.normal(size=5), r.normal(size=3)

    def loss():
        out = [0.0] * 5

        def work(i):
            out[i] = float(np.log(np.cosh(X[i] @ w - y[i])))

        threads = [threading.Thread(target=work, args=(i,)) for i in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(out) / 5

    def grads():
        return X.T @ np.tanh(X @ w - y)

    hook = threading.excepthook
    assert check_gradients(loss, w, grads, explain=True).verdict == "disagrees"
    assert threading.excepthook is hook
    assert capfd.readouterr().err == ""


TWO = """
    import numpy as np

    r = np.random.default_rng(0)
    X, T = r.normal(size=(7, 4)), r.normal(size=(7, 2))
    p = {"W": r.normal(size=(4, 2)), "b": r.normal(size=2)}

    def loss():
        return np.sum((X @ p["W"] + p["b"] - T)**2)

    def grads():
        d = 2*(X@p["W"] + p["b"] - T)
        return [X.T@d + 0.1*p["W"], d.sum(0) + 0.1*p["b"]]
"""


def test_two_corrections_of_one_line_leave_the_rest_as_it_is_written():
    found = examine(program(TWO)).findings
    assert found[-1].verified
    assert found[-1].diff[1] == '+ return [X.T@d + 0 * p["W"], d.sum(0)]'
