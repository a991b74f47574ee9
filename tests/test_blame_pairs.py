"""Two mistakes at once, of which one hides the other: both lines are found, and mended together."""

import pytest
from blamed import examine, line_of, program

pytestmark = pytest.mark.blame

# from the loss back to h there is no parameter, and so on to x: nothing is right before all is
CHAIN = """
    import numpy as np
    r = np.random.default_rng(4)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 2))
    M = r.standard_normal((4, 2))
    p = {"W": r.standard_normal((3, 4)), "b": r.standard_normal(4)}
    def loss():
        z = X @ p["W"] + p["b"]
        h = np.tanh(z)
        y = h @ M
        s = np.sin(y)
        return np.sum((s - T) ** 2)
    def grads():
        z = X @ p["W"] + p["b"]
        h = np.tanh(z)
        y = h @ M
        s = np.sin(y)
        ds = 2 * (s - T)
        dy = ds * np.cos(y)
        dh = dy @ M.T
        dz = dh * (1 - h ** 2)
        return [X.T @ dz, dz.sum(axis=0)]
"""

# two halves of one matrix, each made in a line of its own
HALVES = """
    import numpy as np
    r = np.random.default_rng(5)
    X, E = r.standard_normal((5, 3)), r.standard_normal((5, 2))
    p = {"W": 0.5 * r.standard_normal((3, 4)), "b": 0.5 * r.standard_normal(4)}
    def loss():
        both = X @ p["W"] + p["b"]
        mu, logs = both[:, :2], both[:, 2:]
        z = mu + np.exp(logs) * E
        return np.sum(np.sin(z)) + np.sum(mu ** 2) + np.sum(np.cosh(logs))
    def grads():
        both = X @ p["W"] + p["b"]
        mu, logs = both[:, :2], both[:, 2:]
        dz = np.cos(mu + np.exp(logs) * E)
        dmu = dz + 2 * mu
        dlogs = dz * E * np.exp(logs) + np.sinh(logs)
        dboth = np.concatenate([dmu, dlogs], axis=1)
        return [X.T @ dboth, dboth.sum(axis=0)]
"""

# what comes back from the next turn goes through every line of this one
THROUGH_TIME = """
    import numpy as np
    r = np.random.default_rng(6)
    X, T = r.standard_normal((4, 2)), r.standard_normal((4, 3))
    p = {"Wz": r.standard_normal((2, 3)), "Wn": r.standard_normal((2, 3)),
         "Uz": r.standard_normal((3, 3)), "Un": r.standard_normal((3, 3))}
    def run():
        h, kept = np.zeros(3), []
        for x in X:
            z = 1 / (1 + np.exp(-(x @ p["Wz"] + h @ p["Uz"])))
            n = np.tanh(x @ p["Wn"] + h @ p["Un"])
            old, h = h, (1 - z) * n + z * h
            kept.append((x, old, z, n, h))
        return kept
    def loss():
        return sum(0.5 * np.sum((h - t) ** 2) for (*_, h), t in zip(run(), T))
    def grads():
        g = {k: np.zeros_like(v) for k, v in p.items()}
        carry = 0.0
        for (x, old, z, n, h), t in zip(run()[::-1], T[::-1]):
            d = h - t + carry
            dz = d * (old - n) * z * (1 - z)
            dn = d * (1 - z) * (1 - n ** 2)
            g["Wz"] += np.outer(x, dz)
            g["Wn"] += np.outer(x, dn)
            g["Uz"] += np.outer(old, dz)
            g["Un"] += np.outer(old, dn)
            carry = d * z + dz @ p["Uz"].T + dn @ p["Un"].T
        return [g[k] for k in p]
"""

PAIRS = {
    "one after the other": (
        CHAIN,
        ("dy = ds * np.cos(y)", "dy = ds"),
        ("dz = dh * (1 - h ** 2)", "dz = dh * (1 - z ** 2)"),
    ),
    "the first of all and the last": (
        CHAIN,
        ("ds = 2 * (s - T)", "ds = 2 * (y - T)"),
        ("dz = dh * (1 - h ** 2)", "dz = dh * h * (1 - h)"),
    ),
    "side by side": (
        HALVES,
        ("dmu = dz + 2 * mu", "dmu = dz"),
        ("E * np.exp(logs) +", "E * np.exp(logs) -"),
    ),
    "through time": (
        THROUGH_TIME,
        ("d = h - t + carry", "d = h - t"),
        ("dz = d * (old - n)", "dz = d * (n - old)"),
    ),
}


def told(module, result, *wrong):
    """The findings at these lines, where these are all that is told first, and mend everything."""
    found = result.findings[: len(wrong)]
    lines = [finding.lines[0].line for finding in found]
    assert sorted(lines) == sorted(line_of(module, text) for text in wrong)
    assert found[-1].verified
    assert "where the mistakes above are mended too" in found[-1].evidence
    return [found[lines.index(line_of(module, text))] for text in wrong]


@pytest.mark.parametrize("name", PAIRS)
def test_both_lines_are_found_and_a_fix_that_mends_everything_together(name):
    text, *changes = PAIRS[name]
    module = program(text, *changes)
    told(module, examine(module), *(wrong for _, wrong in changes))


def test_the_kind_of_each_is_told():
    text, *changes = PAIRS["one after the other"]
    module = program(text, *changes)
    first, second = told(module, examine(module), *(wrong for _, wrong in changes))
    assert first.kind == "missing-activation-derivative"
    assert second.kind == "activation-derivative-at-wrong-value"


def test_what_was_put_in_meanwhile_is_told():
    text, *changes = PAIRS["side by side"]
    evidence = examine(program(text, *changes)).findings[0].evidence
    assert evidence == "tried: with the right value in place of dmu in line 17, mends W, b"


def test_what_is_built_in_place_is_right_where_it_is_read():
    wrong = "dh[rows] = dy @ M.T", "dz = dh * (1 - z ** 2)"
    text = CHAIN.replace("y = h @ M", "y = h[rows] @ M")
    text = text.replace("X, T =", "rows = np.array([0, 1, 1, 2, 3, 3]); X, T =")
    module = program(
        text,
        ("dh = dy @ M.T", f"dh = np.zeros((6, 4)); {wrong[0]}"),
        ("dz = dh * (1 - h ** 2)", wrong[1]),
    )
    told(module, examine(module), *wrong)


LAYERS = """
    import numpy as np
    r = np.random.default_rng(7)
    X, T = r.standard_normal((5, 3)), r.standard_normal((5, 2))
    p = {"W1": r.standard_normal((3, 4)), "b1": r.standard_normal(4),
         "W2": r.standard_normal((4, 2)), "b2": r.standard_normal(2)}
    def forward():
        a = np.tanh(X @ p["W1"] + p["b1"])
        return a, a @ p["W2"] + p["b2"]
    def loss():
        return np.sum((forward()[1] - T) ** 2) / len(T)
    def grads():
        a, y = forward()
        d2 = 2 * (y - T) / len(T)
        d1 = d2 @ p["W2"].T * (1 - a ** 2)
        out = [X.T @ d1, d1.sum(axis=0), a.T @ d2, d2.sum(axis=0)]
        return out
"""


def test_the_first_cotangent_is_not_mended_in_the_last_line():
    """What it lacks everything lacks, which could be made good at the other end, too."""
    wrong = "d2 = (y - T) / y.size", "d1.mean(axis=0)"
    module = program(LAYERS, ("d2 = 2 * (y - T) / len(T)", wrong[0]), ("d1.sum(axis=0)", wrong[1]))
    told(module, examine(module), *wrong)


def test_the_line_that_no_edit_mends_is_told_after_the_one_that_was_mended():
    step = "np.sin(y) * np.exp(-0.1 * y ** 2) + y ** 3 / (3 + y ** 2)"
    wrong = "dy = ds * ds", "dz = dh * (1 - z ** 2)"
    text = CHAIN.replace("s = np.sin(y)", f"s = {step}")
    module = program(text, ("dy = ds * np.cos(y)", wrong[0]), ("dz = dh * (1 - h ** 2)", wrong[1]))
    mended, other = examine(module, seconds=20).findings[:2]
    assert mended.lines[0].line == line_of(module, wrong[1])
    assert mended.diff
    assert other.lines[0].line == line_of(module, wrong[0])
    assert other.evidence.startswith("where the mistakes above are mended too, substituting")
    assert not mended.verified
    assert not other.verified


def test_three_mistakes_in_a_row():
    wrong = "ds = 2 * (y - T)", "dy = ds\n", "dz = dh * (1 - z ** 2)"
    right = "ds = 2 * (s - T)", "dy = ds * np.cos(y)\n", "dz = dh * (1 - h ** 2)"
    module = program(CHAIN, *zip(right, wrong, strict=True))
    told(module, examine(module), *wrong)


# what is lost on both ways back to h is made of it in no small edit
TWO_HEADS = """
    import numpy as np
    r = np.random.default_rng(8)
    X = r.standard_normal((6, 3))
    p = {"W": r.standard_normal((3, 4)), "V": r.standard_normal((4, 4)),
         "U": r.standard_normal((4, 2))}
    def loss():
        h = np.tanh(X @ p["W"])
        u = h @ p["V"]
        q = np.sin(u) * np.exp(-0.1 * u ** 2) + u ** 3 / (3 + u ** 2)
        v = q @ p["U"]
        s = np.cos(v) * np.exp(-0.2 * v ** 2) + v ** 3 / (2 + v ** 2)
        return np.sum(s ** 2)
    def grads():
        h = np.tanh(X @ p["W"])
        u = h @ p["V"]
        q = np.sin(u) * np.exp(-0.1 * u ** 2) + u ** 3 / (3 + u ** 2)
        v = q @ p["U"]
        s = np.cos(v) * np.exp(-0.2 * v ** 2) + v ** 3 / (2 + v ** 2)
        ds = 2 * s
        dv = ds * s
        dq = dv @ p["U"].T
        du = dq * q
        dh = du @ p["V"].T
        dw = dh * (1 - h ** 2)
        return [X.T @ dw, h.T @ du, q.T @ dv]
"""


def test_both_lines_are_told_where_no_edit_is_known_for_either():
    module = program(TWO_HEADS)
    found = examine(module, seconds=15).findings
    lines = [finding.lines[0].line for finding in found]
    assert set(lines[:2]) == {line_of(module, "dv = ds * s"), line_of(module, "du = dq * q")}
    assert not any(finding.verified for finding in found)
    assert "with both right values every parameter is mended" in found[0].sentence


def test_an_edit_of_what_an_edit_made_is_told_where_it_stands():
    module = program(
        CHAIN,
        ("ds = 2 * (s - T)", "ds = 2 * (T - s)"),
        ("dz = dh * (1 - h ** 2)", "dz = dh * h * (1 - h)"),
    )
    first = line_of(module, "ds = ")
    assert all(finding.lines[0].line >= first for finding in examine(module).findings)
