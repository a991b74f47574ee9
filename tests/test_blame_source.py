"""Instrumented code does what plain code does: results, exceptions, side effects."""

import ast
import colorsys
import heapq
import json.decoder
import linecache
import statistics
import string
import textwrap
import types
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.blame import owners
from gradcheck.blame.syntax import unparsed
from gradcheck.blame.trees import parted


def load(text, name="<blame test>"):
    text = textwrap.dedent(text)
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    module = types.ModuleType("blamed")
    exec(compile(text, name, "exec"), module.__dict__)
    return module


def hooked(function, hook=lambda number, value: value):
    """Swap in the instrumented code; the unit puts the plain code back."""
    found = owners._unit(function.__code__, [function])
    assert found is not None, function
    numbers = iter(range(10**9))
    found.put(found.hooked(hook, lambda node: next(numbers)))
    return found


def outcome(function, *args):
    try:
        return "value", function(*args)
    except Exception as error:  # noqa: BLE001  whatever it is, both must raise it
        return "error", (type(error), str(error))


LIBRARY = [
    (colorsys.rgb_to_hls, [(0.2, 0.5, 0.1), (1, 1, 1), ("a", 1, 2)]),
    (colorsys.hls_to_rgb, [(0.3, 0.4, 0.5), (0.1, 0.0, 0.0)]),
    (colorsys.rgb_to_hsv, [(0.9, 0.1, 0.3), (0, 0, 0)]),
    (colorsys.hsv_to_rgb, [(0.61, 0.4, 0.5), (2.0, 0.5, 0.5), (0.1, 0, 0.7)]),
    (statistics.median, [([3, 1, 2],), ([],), ([1.5, 2.5],)]),
    (statistics.median_low, [([3, 1, 2, 9],), ([],)]),
    (statistics.linear_regression, [([1, 2, 3], [2.0, 4.1, 6.2]), ([1], [2])]),
    (statistics.quantiles, [([1, 5, 2, 8],), ([1],)]),
    (statistics.multimode, [("aabbc",), ([],)]),
    (heapq.nsmallest, [(2, [5, 1, 4]), (0, []), (3, iter("qwe"))]),
    (string.capwords, [("a bc  d",), (3,)]),
    (textwrap.dedent, [("  a\n  b",), ("",)]),
    (json.decoder.linecol if hasattr(json.decoder, "linecol") else string.capwords, [("a b",)]),
    (np.roll.__wrapped__, [(np.arange(6), 2), (np.arange(6).reshape(2, 3), 1, 0)]),
    (np.kron.__wrapped__, [(np.eye(2), np.arange(3.0)), (2, 3)]),
    (np.trapezoid.__wrapped__, [(np.arange(4.0),), (np.arange(4.0), [0, 1, 3, 4])]),
    (np.cov.__wrapped__, [(np.arange(8.0).reshape(2, 4) ** 2,)]),
    (np.interp.__wrapped__, [(2.5, [1, 2, 3], [3, 2, 0])]),
    (np.polyfit.__wrapped__, [([0.0, 1, 2, 3], [1.0, 2, 5, 11], 2)]),
    (np.tile.__wrapped__, [(np.arange(3), 2), ([[1, 2]], (2, 2))]),
]


@pytest.mark.parametrize(("function", "calls"), LIBRARY, ids=lambda x: getattr(x, "__name__", ""))
def test_functions_of_the_standard_library_and_numpy_do_the_same(function, calls):
    plain = [outcome(function, *args) for args in calls]
    unit = hooked(function)
    try:
        for args, before in zip(calls, plain, strict=True):
            if any(hasattr(a, "__next__") for a in args):
                continue
            np.testing.assert_equal(outcome(function, *args), before)
    finally:
        unit.put(unit.code)
    assert function.__code__ is unit.code


STYLES = """
    class Counter:
        total = 0
        def __init__(self, start): self.__start = start; self.log = []
        @property
        def start(self): return self.__start
        def add(self, x, *rest, k=2, **more):
            self.__start += x * k
            self.log.append((x, rest, sorted(more)))
            type(self).total += 1
            return self
    class Child(Counter):
        def add(self, x, *rest, **more):
            return super().add(x + 1, *rest, **more)
    def gen(n):
        for i in range(n):
            got = yield i * i
            if got: yield got
        return "end"
    def everything(n):
        out = []
        c = Child(n).add(1, 2, z=3)
        out += [c.start, c.log, Counter.total > 0]
        x = [i for i in range(n) if i % 2] or [0]
        a, (b, *rest) = 1, (2, *x)
        d = {k: v for k, v in zip("abc", x)}
        d["a"] = d.get("a", 0) + (y := n + 1)
        out += [a, b, rest, d, y, x[-1:], x[::2], 1 < n < 5, not n, n and x, n or None]
        try:
            out.append(10 // (n - 2))
        except ZeroDivisionError as e:
            out.append(str(e))
        else:
            out.append("fine")
        finally:
            out.append("done")
        out.append(list(gen(n)))
        match n:
            case 0: out.append("none")
            case int() if n > 2: out.append("many")
            case _: out.append(f"{n:>4}|{n!r}")
        f = lambda q, r=n: (q + r, [q for _ in range(2)])
        out.append(f(3))
        while n > 0:
            n -= 1
            if n == 1: continue
            if n == 4: break
        else:
            out.append("through")
        def inner():
            nonlocal n
            n += 5
            return n
        out += [inner(), n, max((v for v in x), default=0), sorted(locals())[:3]]
        assert n, "n"
        del x[0]
        return out
"""


@pytest.mark.parametrize("n", range(7))
def test_every_construct_does_the_same(n):
    function = load(STYLES).everything
    plain = outcome(load(STYLES, "<blame plain>").everything, n)
    hooked(function)
    assert outcome(function, n) == plain


NAMES = st.sampled_from("abc")
EXPRESSIONS = st.recursive(
    st.one_of(NAMES, st.integers(-3, 3).map(str), st.floats(-2, 2).map(lambda x: f"{x:.2f}")),
    lambda inner: st.one_of(
        st.tuples(
            inner,
            st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "<", "==", "and", "or"]),
            inner,
        ).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda e: f"(-{e})"),
        inner.map(lambda e: f"abs({e})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"[{t[0]}, {t[1]}][{t[1]} > 0]"),
        inner.map(lambda e: f"sum(q * {e} for q in range(3))"),
    ),
    max_leaves=8,
)
STATEMENTS = st.one_of(
    st.tuples(NAMES, EXPRESSIONS).map(lambda t: f"{t[0]} = {t[1]}"),
    st.tuples(NAMES, EXPRESSIONS).map(lambda t: f"{t[0]} += {t[1]}"),
    st.tuples(EXPRESSIONS, NAMES, EXPRESSIONS).map(lambda t: f"if {t[0]}: {t[1]} = {t[2]}"),
    st.tuples(NAMES, EXPRESSIONS).map(
        lambda t: f"for i in range(2): log.append({t[1]}); {t[0]} = i"
    ),
    EXPRESSIONS.map(lambda e: f"log.append({e})"),
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(STATEMENTS, min_size=1, max_size=5), st.floats(-2, 2), st.integers(-2, 3))
def test_generated_functions_do_the_same(statements, a, b):
    body = "\n    ".join(statements)
    text = f"def f(a, b, c, log):\n    {body}\n    return a, b, c\n"
    module = load(text)
    first, second = [], []
    plain = outcome(module.f, a, b, 1.5, first)
    hooked(module.f)
    again = outcome(module.f, a, b, 1.5, second)
    assert repr(plain) == repr(again)
    assert repr(first) == repr(second)


def test_lambdas_on_one_line_are_told_apart():
    module = load("pair = (lambda x: x + 1, lambda x: x * 3)\n")
    first, second = (owners._unit(f.__code__, [f]) for f in module.pair)
    assert first is not None
    assert second is not None
    assert ast.unparse(first.tree) != ast.unparse(second.tree)


def test_an_edit_may_drop_the_last_use_of_a_closures_variable():
    module = load("def make(k):\n    def f(x):\n        return x * k\n    return f\nf = make(3)\n")
    unit = owners._unit(module.f.__code__, [module.f])
    product = next(n for n in ast.walk(unit.tree) if isinstance(n, ast.BinOp))
    unit.put(unit.plain({product: product.left}, lambda number, value: value))
    assert module.f(5) == 5
    unit.put(unit.code)
    assert module.f(5) == 15


def test_annotations_that_are_never_evaluated_stay_so():
    module = load(
        "from __future__ import annotations\n"
        "def f(x):\n    def g(y: Nowhere) -> Nowhere:\n        return y * 2\n    return g(x)\n"
    )
    assert module.f(3) == 6
    hooked(module.f)
    assert module.f(3) == 6


def test_a_loop_without_end_is_stopped_by_its_tick():
    class Enough(BaseException):
        pass

    steps = []

    def hook(number, value):
        steps.append(number)
        if len(steps) > 100:
            raise Enough
        return value

    module = load("def f():\n    while True:\n        pass\n")
    unit = owners._unit(module.f.__code__, [module.f])
    unit.put(unit.plain({}, hook))
    with pytest.raises(Enough):
        module.f()


def test_code_without_source_is_left_alone():
    names = {}
    exec("def f(x): return x", names)
    found, missing = owners.units({names["f"].__code__})
    assert found == []
    assert missing == [names["f"].__code__]


def test_the_text_of_an_expression_is_that_of_ast():
    folder = Path(__file__).parent.parent
    files = [*folder.glob("gradcheck/blame/**/*.py"), *folder.glob("benchmarks/corpus/exam/*.py")]
    nodes = [n for file in files for n in ast.walk(ast.parse(file.read_text()))]
    expressions = [n for n in nodes if isinstance(n, ast.expr)]
    assert len(expressions) > 10_000
    assert [n for n in expressions if unparsed(n) != ast.unparse(n)] == []


def test_what_stands_in_one_place_only_is_the_node_that_it_was():
    tree = ast.parse("x = a * b\ny = c").body
    product = tree[0].value
    twice = ast.BinOp(product, ast.Add(), product)
    new = parted([ast.Assign(tree[0].targets, twice), tree[1]])
    assert new[1] is tree[1]
    assert new[0].value.left is product
    assert new[0].value.right is not product
    assert ast.unparse(new[0].value.right) == "a * b"
    nodes = [n for statement in new for n in ast.walk(statement) if isinstance(n, ast.expr)]
    assert len(nodes) == len(set(map(id, nodes)))
