"""Slips with whole arrays: axes in another order, running sums, indices of two kinds."""

import pytest
from blamed import examine, line_of, program

pytestmark = pytest.mark.blame

HEADS = """
    import numpy as np
    r = np.random.default_rng(1)
    X, T = r.standard_normal((4, 6)), r.standard_normal((4, 6))
    p = {"Q": r.standard_normal((6, 6)), "K": r.standard_normal((6, 6)),
         "V": r.standard_normal((6, 6))}
    def split(x):
        return x.reshape(4, 3, 2).transpose(1, 0, 2)
    def run():
        q, k, v = (split(X @ p[n]) for n in "QKV")
        s = np.exp(q @ k.transpose(0, 2, 1))
        a = s / s.sum(axis=-1, keepdims=True)
        return q, k, v, a, (a @ v).transpose(1, 0, 2).reshape(4, 6)
    def loss():
        return 0.5 * np.sum((run()[-1] - T) ** 2)
    def grads():
        q, k, v, a, y = run()
        dy = (y - T).reshape(4, 3, 2).transpose(1, 0, 2)
        da = dy @ v.transpose(0, 2, 1)
        dv = np.swapaxes(a, -1, -2) @ dy
        de = a * (da - (da * a).sum(axis=-1, keepdims=True))
        dq = de @ k
        dk = de.transpose(0, 2, 1) @ q
        return [X.T @ d.transpose(1, 0, 2).reshape(4, 6) for d in (dq, dk, dv)]
"""

STEPS = """
    import numpy as np
    r = np.random.default_rng(2)
    X, y = r.standard_normal((6, 3)), r.standard_normal((6, 4))
    tau = np.array([0.1, 0.3, 0.6, 0.8])
    p = {"W": r.standard_normal((3, 4)), "b": r.standard_normal(4)}
    def loss():
        e = y - np.cumsum(X @ p["W"] + p["b"], axis=1)
        return np.sum(np.maximum(tau * e, (tau - 1) * e))
    def grads():
        e = y - np.cumsum(X @ p["W"] + p["b"], axis=1)
        d = np.where(e > 0, -tau, 1 - tau)
        dz = np.cumsum(d[:, ::-1], axis=1)[:, ::-1]
        return [X.T @ dz, dz.sum(axis=0)]
"""

CLASSES = """
    import numpy as np
    r = np.random.default_rng(3)
    ids = r.integers(5, size=(7, 2))
    t = r.integers(4, size=7)
    pairs = [(0, 1), (2, 1), (3, 4), (1, 3), (0, 4)]
    p = {"E": r.standard_normal((5, 3)), "W": r.standard_normal((3, 4))}
    def run():
        E = p["E"].copy()
        for i, j in pairs:
            E[i] = E[i] + 0.5 * p["E"][j]
        h = np.tanh(E[ids].sum(axis=1))
        s = np.exp(h @ p["W"])
        return h, s / s.sum(axis=1, keepdims=True)
    def loss():
        return -np.sum(np.log(run()[1][np.arange(7), t]))
    def grads():
        h, d = run()
        d[np.arange(len(d)), t] -= 1
        dx = d @ p["W"].T * (1 - h ** 2)
        dF = np.zeros((5, 3))
        for n in range(7):
            for k in range(2):
                dF[ids[n, k]] += dx[n]
        dE = dF.copy()
        for i, j in pairs:
            dE[j] += 0.5 * dF[i]
        return [dE, h.T @ d]
"""

SLIPS = [
    (HEADS, "dk = de.transpose(0, 2, 1) @ q", "dk = de @ q", "transpose"),
    (HEADS, "da = dy @ v.transpose(0, 2, 1)", "da = dy @ v.reshape(3, 2, 4)", "indexing"),
    (HEADS, "dv = np.swapaxes(a, -1, -2) @ dy", "dv = a @ dy", "transpose"),
    (HEADS, "dy = (y - T).reshape(4, 3, 2).transpose(1, 0, 2)", "dy = (y - T).reshape(3, 4, 2)",
     "indexing"),
    (STEPS, "dz = np.cumsum(d[:, ::-1], axis=1)[:, ::-1]", "dz = d", "missing-term"),
    (STEPS, "dz = np.cumsum(d[:, ::-1], axis=1)[:, ::-1]", "dz = np.cumsum(d, axis=1)", "indexing"),
    (STEPS, "d = np.where(e > 0, -tau, 1 - tau)", "d = np.where(e > 0, tau - 1, tau)",
     "loss-gradient"),
    (CLASSES, "d[np.arange(len(d)), t] -= 1", "d[:, t] -= 1", "indexing"),
    (CLASSES, "dE[j] += 0.5 * dF[i]", "dE[i] += 0.5 * dF[j]", "indexing"),
    (CLASSES, "dF[ids[n, k]] += dx[n]", "dF[t[n]] += dx[n]", "indexing"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "right", "wrong", "kind"), SLIPS)
def test_a_slip_with_arrays_is_mended(text, right, wrong, kind):
    module = program(text, (right, wrong))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, wrong)
    assert found.verified
    assert found.kind == kind
