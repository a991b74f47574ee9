"""What would mend by a coincidence, or says nothing, is not told as a finding."""

import ast
from types import SimpleNamespace

import numpy as np
import pytest
from blamed import examine, line_of, program

from gradcheck.blame.readings import _is_multiplied
from gradcheck.blame.sight import look
from gradcheck.blame.tell import _by_number
from gradcheck.check import joined
from gradcheck.report import Finding

HALVES = """
    import numpy as np

    r = np.random.default_rng(26)
    x, t = r.normal(size=(5, 4)), r.normal(size=(5, 2))
    p = {"W": r.normal(size=(4, 4))}

    def loss():
        h = x @ p["W"]
        mu, s = h[:, :2], h[:, 2:]
        return np.sum((np.tanh(mu + s) - t) ** 2) / 5 + 0.5 * np.sum(mu**2) / 5

    def grads():
        h = x @ p["W"]
        mu, s = h[:, :2], h[:, 2:]
        a = np.tanh(mu + s)
        dz = 2 * (a - t) * (1 - a**2) / 5
        dmu = dz + mu / 5
        return [x.T @ np.hstack([dmu, dz])]
"""


def test_more_of_what_is_added_by_another_name_is_a_matter_of_scale():
    module = program(HALVES, ("dmu = dz + mu / 5", "dmu = dz + mu"))
    best = examine(module).findings[0]
    assert best.lines[0].line == line_of(module, "dmu = dz + mu")
    assert best.verified
    assert best.diff[1].startswith("+ dmu = dz + mu / ")


@pytest.mark.parametrize(
    ("text", "multiplied"),
    [
        ("return x.T @ dz, dz.sum(0)", False),
        ("return {'W': x.T @ dz, 'b': dz.sum(0)}", False),
        ("return x.T @ dz.sum(0)", True),
        ("g['b'] += dz.sum(axis=0)", False),
        ("self.b.grad = dz.sum(0)", False),
        ("e = x - dz.mean()", False),
        ("d = dz.sum(0); return W @ d", True),
        ("d = dz.mean(axis=0); e = d + 1; return e", False),
        ("return np.outer(x[0], dz.mean(axis=0).reshape(-1))", True),
    ],
)
def test_a_sum_over_the_batch_is_early_only_where_something_is_multiplied_by_it(text, multiplied):
    tree = ast.parse("def f():\n    " + "\n    ".join(text.split("; ")))
    unit = SimpleNamespace(tree=tree, parents={})
    unit.parents = {c: n for n in ast.walk(tree) for c in ast.iter_child_nodes(n)}
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call))
    node = next(n for n in calls if ast.unparse(n.func) in ("dz.sum", "dz.mean"))
    assert _is_multiplied(node, unit) is multiplied


def test_what_only_counts_is_no_index():
    tree = ast.parse("def f(a, n, k):\n    for i in range(n):\n        a[i] += a[k]").body[0]
    sight = look({"a": np.ones(3), "n": 3, "k": 1, "i": 0}, tree, frozenset({"a", "n", "k", "i"}))
    assert {"i", "k"} <= sight.indices
    assert "n" not in sight.indices


def test_a_parameter_without_a_name_is_told_by_its_number():
    told = _by_number(Finding("scale", "d: is 2 x dL/d0; should be dL/d0"))
    assert told.sentence.endswith("should be the gradient of parameter 0")
    named = Finding("scale", "d: should be dL/d(0.5 * x) or dL/dW")
    assert _by_number(named) == named


def test_an_edit_that_mends_everything_is_all_that_two_verdicts_say():
    edit = Finding("wrong-operand", "d: a factor too much", diff=("- d", "+ e"), verified=True)
    one, two = (Finding(k, k, verified=True) for k in ("loss-gradient", "softmax-jacobian"))
    (found,) = joined([edit], [one, two], mends=True)
    assert found.diff == edit.diff
