"""Edits and sentences in as few words as they can be."""

import ast

import numpy as np
import pytest
from blamed import examine, program

from gradcheck.blame.plainly import simpler
from gradcheck.blame.values import multiple

HERE = {"np": np, "x": np.array([1.0, 2.0]), "y": np.array([-1.0, 2.0]), "n": 4, "k": 2}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("n - 0", "n"),
        ("n + 0 - k", "n - k"),
        ("0 - x", "-x"),
        ("x / 1", "x"),
        ("0.2 * 1 * x", "0.2 * x"),
        ("1 * x ** 1", "x"),
        ("n - -1", "n + 1"),
        ("n + -k", "n - k"),
        ("--x", "x"),
        ("np.sqrt(x ** 2)", "x"),
        ("np.sqrt(y ** 2)", "np.abs(y)"),
        ("np.sqrt(x ** 2 + 0)", "x"),
        ("x[n - 0:] * 2", "x[n:] * 2"),
        ("y + 0 * x", "y"),
        ("y * x * (1 / x)", "y"),
        ("x - 1", "x - 1"),
        ("1 / x", "1 / x"),
        ("x ** 2", "x ** 2"),
    ],
)
def test_what_makes_no_difference_is_left_out(text, told):
    def value(tree):
        return eval(ast.unparse(tree), HERE)

    tree = ast.parse(text, mode="eval").body
    simple = simpler(tree, value)
    assert ast.unparse(simple) == told
    assert ast.unparse(tree) == ast.unparse(ast.parse(text, mode="eval").body)
    assert np.array_equal(value(simple), value(tree))


@pytest.mark.parametrize(
    ("factor", "name", "told"),
    [
        (1.0, "dL/dx", "dL/dx"),
        (-1.0, "dL/dx", "-dL/dx"),
        (-1.0, "dL/d(-(a + b))", "dL/d(a + b)"),
        (-1.0, "dL/d(-x)", "dL/dx"),
        (-1.0, "dL/d(-a + b)", "-dL/d(-a + b)"),
        (0.5, "dL/dx", "1/2 x dL/dx"),
        (-3.236, "dL/dcos", ""),
        (0.01821, "dL/dL", ""),
    ],
)
def test_a_factor_is_told_that_is_a_plain_number(factor, name, told):
    assert multiple(factor, name) == told


NORM = """
    import numpy as np
    r = np.random.default_rng(1)
    X, T, eps = r.standard_normal((6, 3)), r.standard_normal((6, 2)), 0.1
    p = {"W": r.standard_normal((3, 2))}
    def run():
        z = X @ p["W"]
        s = np.sqrt(z ** 2 + eps)
        return z, s
    def loss():
        return np.sum(run()[1] * T)
    def grads():
        z, s = run()
        N = len(X)
        return [(X * N / N).T @ (T * z / s)]
"""


@pytest.mark.blame
@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("* N / N", "* N / (N - 1)", "+ return [(X * N / N).T @ (T * z / s)]"),
        ("T * z / s", "T * z / (s * 8)", "+ return [(X * N / N).T @ (T * z / s)]"),
        ("T * z / s", "T * z / s ** 2", "+ return [(X * N / N).T @ (T * z / s)]"),
    ],
)
def test_the_correction_is_written_as_a_person_would(right, wrong, told):
    found = examine(program(NORM, (right, wrong))).findings[0]
    assert found.verified
    assert found.diff[1] == told
    assert "0 instead" not in found.sentence
