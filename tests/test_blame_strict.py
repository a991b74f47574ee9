"""What is told as tried is as right as a verdict can tell: small mistakes, and small rests."""

import pytest
from blamed import examine, line_of, program

pytestmark = pytest.mark.blame

GAUSS = """
    import numpy as np
    r = np.random.default_rng(1)
    X = np.sort(r.uniform(0, 5, 10))[:, None]
    y = np.sin(2 * X[:, 0]) + 0.2 * r.standard_normal(10)
    p = {"s": np.array([0.2]), "n": np.array([-1.2])}
    def covariance():
        kept = np.exp(2 * p["s"][0] - 0.5 * (X - X.T) ** 2)
        noise = np.exp(2 * p["n"][0])
        return kept + (noise + 1e-6) * np.eye(10), kept, noise
    def loss():
        K = covariance()[0]
        return 0.5 * y @ np.linalg.solve(K, y) + 0.5 * np.linalg.slogdet(K)[1]
    def grads():
        K, kept, noise = covariance()
        inverse = np.linalg.inv(K)
        Q = inverse - np.outer(inverse @ y, inverse @ y)
        dn = 2 * (noise + 1e-6) * np.eye(10)
        return [np.array([np.sum(Q * kept)]), np.array([0.5 * np.sum(Q * dn)])]
"""


def test_a_mistake_of_a_hundred_thousandth_is_mended_and_not_halved():
    net = program(GAUSS)
    found = examine(net).findings[0]
    assert found.verified
    assert found.lines[0].line == line_of(net, "dn =")
    assert "noise + 5e-07" not in found.diff[1]
    right = found.diff[1].split("dn = ")[1]
    assert eval(right, {"np": __import__("numpy"), "noise": 0.3}).max() == pytest.approx(0.6, 1e-9)


PENALTY = """
    import numpy as np
    r = np.random.default_rng(2)
    X, T, lam = r.standard_normal((6, 3)), r.standard_normal((6, 2)), 2e-5
    p = {"W": 3 * r.standard_normal((3, 2))}
    def loss():
        return 0.5 * np.sum((X @ p["W"] - T) ** 2) + 0.5 * lam * np.sum(p["W"] ** 2)
    def grads():
        return [X.T @ (X @ p["W"] - T)]
"""


def test_a_penalty_too_small_for_the_first_look_is_found():
    found = examine(program(PENALTY)).findings[0]
    assert found.verified
    assert "lam * p['W']" in found.diff[1]


SOFT = """
    import numpy as np
    r = np.random.default_rng(3)
    X, T = r.standard_normal((6, 3)), r.integers(0, 2, (6, 1)).astype(float)
    p = {"W": r.standard_normal((3, 1))}
    def loss():
        a = 1 / (1 + np.exp(-X @ p["W"]))
        return -np.sum(T * np.log(a + 1e-8) + (1 - T) * np.log(1 - a + 1e-8))
    def grads():
        a = 1 / (1 + np.exp(-X @ p["W"]))
        return [-X.T @ (a - T)]
"""


def test_an_edit_that_leaves_next_to_nothing_is_told_but_not_as_tried():
    net = program(SOFT)
    found = examine(net).findings[0]
    assert found.lines[0].line == line_of(net, "return [-X.T")
    assert found.kind == "sign"
    assert not found.verified
    assert "next to nothing is left" in found.evidence
