"""Of edits that mend as much, the one that is no coincidence of sizes or of a tiny number."""

import pytest
from blamed import examine, program

pytestmark = pytest.mark.blame

NOISY = """
    import numpy as np
    r = np.random.default_rng(1)
    X, T, eps = r.standard_normal((7, 3)), r.standard_normal((7, 2)), r.standard_normal((7, 2))
    half = r.standard_normal((2, 5))
    p = {"m": r.standard_normal((3, 2)), "v": 0.3 * r.standard_normal((3, 2))}
    def run():
        lv = X @ p["v"]
        return lv, X @ p["m"] + eps * np.exp(0.5 * lv)
    def loss():
        return np.sum(np.tanh(run()[1]) * T)
    def grads():
        lv, z = run()
        dz = T * (1 - np.tanh(z) ** 2)
        dlv = dz * eps * 0.5 * np.exp(0.5 * lv)
        return [X.T @ dz, X.T @ dlv]
"""

PICKED = """
    import numpy as np
    r = np.random.default_rng(2)
    X, T = r.standard_normal((9, 4)), r.standard_normal(9)
    train = np.array([True, True, False, True, False, False, True, False, False])
    p = {"w": r.standard_normal(4)}
    def loss():
        return ((X @ p["w"] - T)[train] ** 2).mean()
    def grads():
        d = 2 * (X @ p["w"] - T) * train / train.sum()
        return [X.T @ d]
"""

LARGEST = """
    import numpy as np
    r = np.random.default_rng(3)
    X, k = r.standard_normal((20, 3)), 5
    p = {"w": r.standard_normal(3)}
    def loss():
        s = np.tanh(X @ p["w"])
        return np.sort(s)[-k:].mean()
    def grads():
        s = np.tanh(X @ p["w"])
        ds = np.zeros(20)
        ds[np.argsort(s)[-k:]] = 1 / k
        return [X.T @ (ds * (1 - s ** 2))]
"""

ROWS = """
    import numpy as np
    r = np.random.default_rng(4)
    X, T = r.standard_normal((8, 3)), r.standard_normal((8, 2))
    p = {"W": r.standard_normal((3, 2))}
    def loss():
        return np.mean(np.sum((X @ p["W"] - T) ** 2, axis=1))
    def grads():
        d = 2 * (X @ p["W"] - T) / T.shape[0]
        return [X.T @ d]
"""

GELU = """
    import numpy as np
    from math import pi, sqrt, erf
    r = np.random.default_rng(5)
    X, T = r.standard_normal((6, 2)), r.standard_normal((6, 2))
    erfs = np.vectorize(erf)
    p = {"W": r.standard_normal((2, 2))}
    def loss():
        x = X @ p["W"]
        return np.sum(T * x * 0.5 * (1 + erfs(x / sqrt(2))))
    def slope(x):
        return 0.5 * (1 + erfs(x / sqrt(2))) + x * np.exp(-x * x / 2) / sqrt(2 * pi)
    def grads():
        x = X @ p["W"]
        return [X.T @ (T * slope(x))]
"""


@pytest.mark.parametrize(
    ("net", "right", "wrong", "told"),
    [
        (NOISY, "eps * 0.5 * np", "eps * np", "0.5"),
        (PICKED, "/ train.sum()", "/ len(T)", "train.sum()"),
        (LARGEST, "1 / k", "1 / 20", "1 / k"),
        (ROWS, "/ T.shape[0]", "/ T.size", "T.shape[0]"),
        (GELU, "sqrt(2 * pi)", "sqrt(pi)", "sqrt(2)"),
    ],
)
def test_a_factor_is_what_it_is_and_not_what_happens_to_be_as_large(net, right, wrong, told):
    found = examine(program(net, (right, wrong))).findings[0]
    assert found.verified
    assert told in found.diff[1]
    assert ".shape[1]" not in found.diff[1]


SOLVED = """
    import numpy as np
    r = np.random.default_rng(6)
    x, T = r.standard_normal(4), r.standard_normal(4)
    p = {"A": 0.3 * r.standard_normal((4, 4)), "b": r.standard_normal(4)}
    def solve():
        z, tol = np.zeros(4), 1e-16
        for _ in range(300):
            new = np.tanh(p["A"] @ z + p["b"])
            if np.sum((new - z) ** 2) < tol:
                break
            z = new
        return z
    def loss():
        return 0.5 * np.sum((solve() - T) ** 2)
    def grads():
        z = solve()
        tol = 1e-16
        D = 1 - z ** 2
        v = np.linalg.solve(np.eye(4) - (D[:, None] * p["A"]).T, z - T)
        return [np.outer(D * v, z), D * v]
"""


def test_a_number_that_keeps_from_zero_is_no_factor():
    net = program(
        SOLVED, ('v = np.linalg.solve(np.eye(4) - (D[:, None] * p["A"]).T, z - T)', "v = z - T")
    )
    told = [line for finding in examine(net, seconds=20).findings for line in finding.diff]
    assert not any("tol" in line or "1e-16" in line for line in told if line.startswith("+"))


COLUMNS = """
    import numpy as np
    r = np.random.default_rng(7)
    t, y = np.linspace(0.1, 2, 9), r.standard_normal(9)
    p = {"q": np.array([1.3, 0.4, 2.0])}
    def loss():
        A, k, w = p["q"]
        return 0.5 * np.sum((A * np.exp(-k * t) * np.cos(w * t) - y) ** 2)
    def grads():
        A, k, w = p["q"]
        e = np.exp(-k * t)
        r = A * e * np.cos(w * t) - y
        J = np.empty((9, 3))
        J[:, 0] = e * np.cos(w * t)
        J[:, 1] = -A * t * e * np.cos(w * t)
        J[:, 2] = -A * t * e * np.sin(w * t)
        return [J.T @ r]
"""


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("J[:, 2] = -A * t * e", "J[:, 2] = -A * e", "J[:, 2]"),
        ("J[:, 1] = -A * t", "J[:, 1] = A * t", "J[:, 1]"),
    ],
)
def test_a_column_of_a_jacobian_is_mended_though_many_others_would_give_its_one_sum(
    right, wrong, line
):
    found = examine(program(COLUMNS, (right, wrong))).findings[0]
    assert found.verified
    assert line in found.diff[1]


LASSO = """
    import numpy as np
    r = np.random.default_rng(8)
    class Sparse:
        def __init__(self, val, row):
            self.val, self.row = val, row
    M = Sparse(r.standard_normal(8), r.integers(0, 3, 8))
    x, T = r.standard_normal(8), r.standard_normal(3)
    p = {"v": M.val}
    def out():
        z = np.zeros(3)
        np.add.at(z, M.row, M.val * x)
        return z
    def loss():
        return 0.5 * np.sum((out() - T) ** 2) + 1e-3 * np.abs(M.val).sum()
    def grads():
        g = (out() - T)[M.row] * x + 1e-3 * np.sign(M.val)
        return [g]
"""


def test_a_penalty_on_sizes_is_found_where_an_object_holds_what_is_learned():
    net = program(LASSO, (" + 1e-3 * np.sign(M.val)", ""))
    found = examine(net).findings[0]
    assert found.verified
    assert "0.001 * np.sign(M.val)" in found.diff[1]
