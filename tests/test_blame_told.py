"""What is told, and what is not: one mistake once, no lines beside the right one, and why."""

import ast
from types import SimpleNamespace

import numpy as np
import pytest
from blamed import examine, line_of, program

from gradcheck.blame.edits.statements import statements
from gradcheck.blame.merged import merged
from gradcheck.blame.repair import Repair
from gradcheck.blame.sight import look
from gradcheck.blame.site import Edit
from gradcheck.blame.tell import _tried

NO = np.zeros(3, dtype=bool)


def repair(old, new, advice="", **told):
    edit = Edit({old: new}, old, "wrong-operand", 1.0, advice)
    return Repair(edit, None, NO, 1.0, 0, **told)


def expression(text):
    return ast.parse(text, mode="eval").body


def test_an_edit_of_an_edit_is_no_second_mistake():
    old, new = expression("b"), expression("b * -(w * e)")
    minus = new.right
    first = repair(old, new, diff=("- d = b", "+ d = b * -(w * e)"), mended=("W",))
    second = repair(
        minus,
        minus.operand,
        diff=("- d = b * -(w * e)", "+ d = b * (w * e)"),
        mended=("v",),
        verified=True,
    )
    ((one,),) = merged([[first], [second]])
    assert one.diff == ("- d = b", "+ d = b * (w * e)")
    assert one.verified
    assert one.mended == ("W", "v")
    assert ast.unparse(one.edit.changes[old]) == "b * (w * e)"


def test_an_edit_of_what_the_user_wrote_is_a_second_mistake():
    old = expression("b + c")
    new = ast.BinOp(old, ast.Mult(), expression("2"))
    inside = repair(old.right, expression("a"))
    assert len(merged([[repair(old, new)], [inside]])) == 2


def test_adding_nothing_is_no_edit():
    tree = ast.parse("def f(x):\n    x[0] = 0\n    x[1] = 1")
    sight = look({"x": np.ones(2)}, tree, frozenset({"x"}))
    parents = {c: n for n in ast.walk(tree) for c in ast.iter_child_nodes(n)}
    first, second = tree.body[0].body
    told = [[e.advice for e in statements(s, parents, sight, 0)] for s in (first, second)]
    assert "+= instead of =" not in told[0]
    assert "+= instead of =" in told[1]


SLICED = """
    import numpy as np
    r = np.random.default_rng(1)
    X, T = r.standard_normal((4, 6, 3)), r.standard_normal((4, 6, 2))
    p = {"W": r.standard_normal((3, 2)), "g": r.standard_normal(2)}
    def loss():
        return 0.5 * np.sum((np.tanh(X @ p["W"]) * p["g"] - T) ** 2)
    def grads():
        a = np.tanh(X @ p["W"])
        d = a * p["g"] - T
        dg = np.sum(np.sort(d[:, 1:], axis=1) * a[:, 1:], axis=(0, 1))
        return [np.einsum("nti,ntj->ij", X, d * p["g"] * (1 - a ** 2)), dg]
"""


@pytest.mark.blame
def test_a_line_that_reaches_just_what_is_wrong_is_told_alone():
    net = program(SLICED)
    findings = examine(net, seconds=5).findings
    assert [f.lines[0].line for f in findings] == [line_of(net, "dg = ")]


@pytest.mark.parametrize(
    ("line", "short", "told"),
    [
        (3, False, "no small edit of it mends the gradients"),
        (3, True, "the time was over before all small edits of it were tried"),
        (9, True, "no edit of it was tried: the time was over"),
        (9, False, "no edit of it was tried"),
    ],
)
def test_why_a_line_is_told_without_an_edit(line, short, told):
    search = SimpleNamespace(short=short, tried_at={("net.py", 3)})
    node = ast.Pass(lineno=line, end_lineno=line)
    assert _tried(search, SimpleNamespace(node=node, unit=SimpleNamespace(file="net.py"))) == told
