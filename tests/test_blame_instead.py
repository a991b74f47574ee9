"""An edit that is evaluated in place gives what the edited code gives, or tells that it cannot."""

import ast
import linecache
import textwrap
import types

import numpy as np
import pytest

from gradcheck.blame.instead import run_instead
from gradcheck.blame.replay import Replay
from gradcheck.state import Snapshot
from gradcheck.tree import Parameter, Slot

NET = """
import numpy as np

p = {"w": np.array([[0.3, -0.2], [0.5, 0.7]])}
x = np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 0.1]])
seen = []

def loss():
    return float(np.sum(np.tanh(x @ p["w"]) ** 2))

def noted(a):
    seen.append(1)
    return a

class Net:
    def __init__(self):
        self.__scale = 2.0

    def back(self):
        total = 0 * p["w"]
        for row in x:
            row = row[None]
            a = np.tanh(row @ p["w"])
            d = self.__scale * a * (1 - a**2)
            parts = [k * row.T for k in (1.0, 2.0)]
            total += parts[0] @ noted(d)
        return total

net = Net()

def grads():
    return [net.back()]
"""


@pytest.fixture
def replay():
    linecache.cache["<instead>"] = (len(NET), None, NET.splitlines(keepends=True), "<instead>")
    module = types.ModuleType("instead")
    exec(compile(NET, "<instead>", "exec"), module.__dict__)
    p = module.p
    block = Parameter("w", Slot(p, "w"), p["w"], p["w"])
    roots = {"loss": module.loss, "grads": module.grads}
    replay = Replay(module.loss, module.grads, [block], Snapshot(roots))
    with replay.session():
        replay.find()
        yield replay


def edited(replay, old, new):
    """The change of the first expression of this text in Net.back into another."""
    trees = [unit.tree for unit in replay.units if unit.name == "back"]
    found = [n for n in ast.walk(trees[0]) if isinstance(n, ast.expr) and ast.unparse(n) == old]
    node = next(n for n in found if not isinstance(getattr(n, "ctx", None), ast.Store))
    return {node: ast.copy_location(ast.parse(textwrap.dedent(new), mode="eval").body, node)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1 - a ** 2", "1 - a"),
        ("a ** 2", "a"),
        ("parts[0]", "parts[1]"),
        ("np.tanh(row @ p['w'])", "np.sin(row @ p['w'])"),
        ("np.tanh", "np.sin"),
        ("d", "2 * d + 0.0 * row.sum()"),
        ("row[None]", "3 * row[None]"),
    ],
)
def test_it_gives_what_the_edited_code_gives(replay, old, new):
    changes = edited(replay, old, new)
    told, gradient = run_instead(replay, changes)
    replay.install(hooked=False)
    plain = replay.run_grads()
    replay.install(hooked=False, changes=changes)
    assert told
    np.testing.assert_array_equal(gradient, replay.run_grads())
    assert not np.array_equal(gradient, plain)


@pytest.mark.parametrize("new", ["parts[5]", "row / None", "row.nothing"])
def test_an_edit_that_fails_is_known_to_fail(replay, new):
    assert run_instead(replay, edited(replay, "parts[0]", new)) == (True, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("noted(d)", "noted(2 * d)"),  # would be noted twice
        ("a ** 2", "noted(a)"),
        ("self.__scale", "2 * self.__scale"),  # renamed in its class
        ("a ** 2", "sum(b for b in a)"),  # sees no variables of the function
        ("parts", "[k * row.T for k in (2.0, 1.0)]"),
        ("a ** 2", "unknown"),  # may be known to the compiler
    ],
)
def test_what_must_be_compiled_is_told(replay, old, new):
    assert run_instead(replay, edited(replay, old, new)) == (False, None)


def test_what_a_comprehension_cannot_see_is_compiled(replay):
    told, gradient = run_instead(replay, edited(replay, "k", "k + 0 * row[0, 0]"))
    assert told == (gradient is not None)  # since Python 3.12 it is a part of the function


def test_more_than_one_change_is_compiled(replay):
    both = {**edited(replay, "parts[0]", "parts[1]"), **edited(replay, "a ** 2", "a")}
    assert run_instead(replay, both) == (False, None)
