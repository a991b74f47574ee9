"""Generated functions, and modules of Python's own and of NumPy, hooked and plain: the same.

A hundred functions are written in a run of the tests; more, with other seeds, by
GRADCHECK_FUNCTIONS=5000 python -m pytest tests/test_blame_equal.py
"""

import colorsys
import contextlib
import copy
import difflib
import fractions
import functools
import importlib.util
import itertools
import json
import linecache
import os
import random
import shlex
import statistics
import string
import sys
import textwrap
import types

import numpy as np
import pytest

from gradcheck.blame import owners

FUNCTIONS = int(os.environ.get("GRADCHECK_FUNCTIONS", "100"))
A_FILE = 10  # functions compiled together
VALUES = []  # how many of each file came to their end
NAMES = [f"f_{i}" for i in range(10 * A_FILE)]


class Writer:
    """Writes a function with a bit of everything; its variables are a, b, c and log."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.fresh = iter(range(10**6))

    def pick(self, *options):
        return self.random.choice(options)

    def expression(self, depth=0):
        r = self.random
        if depth > 1 or r.random() < 0.3:
            return self.pick("a", "b", "c", str(r.randint(-3, 4)), f"{r.uniform(-2, 2):.2f}", "G")
        e = functools.partial(self.expression, depth + 1)
        n = f"v{next(self.fresh)}"
        op = self.pick("+", "-", "*", "/", "//", "%", "<", "<=", "==", "!=", "and", "or", "is not")
        return self.pick(
            lambda: f"({e()} {op} {e()})",
            lambda: f"({e()} < {e()} <= {e()})",
            lambda: f"(-{e()})",
            lambda: f"(not {e()})",
            lambda: f"({e()} if {e()} else {e()})",
            lambda: f"({n} := {e()})",
            lambda: f"sum([{n} * {e()} for {n} in range(3) if {n} != {e()}])",
            lambda: f"max(({n} for {n} in (a, b, {e()})), default={e()})",
            lambda: f"len({{{n}: {e()} for {n} in 'xyz'}})",
            lambda: f"len({{str({n}) for {n} in (a, {e()})}})",
            lambda: (
                f"(lambda {n}, q={e()}, *r, **k: {n} + q + len(r) + len(k))({e()}, *[1], z={e()})"
            ),
            lambda: f"[{e()}, {e()}, {e()}][{self.pick('0', '-1', '1', 'int(a)', '::2', '1:')}]",
            lambda: f"dict(x={e()}, y={e()})[{self.pick(repr('x'), repr('y'), repr('w'))}]",
            lambda: f"float(f'{{{self.pick(*'abc')}:.3f}}')",
            lambda: f"K(a).plus({e()}).v",
            lambda: f"K.make({e()}).double",
            lambda: f"twice({e()})",
            lambda: f"abs({e()})",
        )()

    def block(self, depth):
        lines = [line for _ in range(self.random.randint(1, 2)) for line in self.statement(depth)]
        return ["    " + line for line in lines]

    def statement(self, depth=0):
        e, n = self.expression, f"w{next(self.fresh)}"
        target = self.pick("a", "b", "c")
        if depth > 1 or self.random.random() < 0.45:
            return [
                self.pick(
                    lambda: f"{target} = {e()}",
                    lambda: f"{target} {self.pick('+', '-', '*')}= {e()}",
                    lambda: f"{target}: float = {e()}",
                    lambda: f"a, *{n} = {e()}, b, c",
                    lambda: f"log.append({e()})",
                    lambda: f"log[len(log):] = [{e()}]",
                    lambda: f"assert {e()}, {e()}",
                    lambda: f"({n}, {target}) = ({e()}, {e()}); del {n}",
                    lambda: "pass",
                )()
            ]
        inside = functools.partial(self.block, depth + 1)
        return self.pick(
            lambda: [f"if {e()}:", *inside(), f"elif {e()}:", *inside(), "else:", *inside()],
            lambda: [
                f"for {n} in range(3):",
                *inside(),
                f"    if {e()}: break",
                "else:",
                *inside(),
            ],
            lambda: [
                f"{n} = 3",
                f"while {n}:",
                f"    {n} -= 1",
                f"    if {e()}: continue",
                *inside(),
            ],
            lambda: [
                "try:",
                *inside(),
                f"except ({self.pick('ZeroDivisionError', 'KeyError')}, TypeError) as x:",
                "    log.append(type(x).__name__)",
                "else:",
                *inside(),
                "finally:",
                *inside(),
            ],
            lambda: [f"with entered(log) as {n}:", *inside()],
            lambda: [
                f"match {e()}:",
                "    case 0 | 1:",
                *["    " + x for x in inside()],
                f"    case int() as {n} if {n} > {e()}:",
                *["    " + x for x in inside()],
                "    case [x, *_]:",
                *["    " + x for x in inside()],
                "    case _:",
                *["    " + x for x in inside()],
            ],
            lambda: [
                f"def {n}(x, y={e()}, *, z=2):",
                "    nonlocal b",
                f"    b = {e()}",
                *inside(),
                "    return x + y + z",
                f"log.append({n}(1, z={e()}))",
            ],
            lambda: [
                f"def {n}(k):",
                "    for j in range(k):",
                "        got = yield j * a",
                "        log.append(got)",
                f"    return {e()}",
                f"log.extend({n}(2))",
            ],
            lambda: ["@twice_of", f"def {n}(x):", f"    return x + {e()}", f"log.append({n}(a))"],
            lambda: [
                f"class {n}:",
                f"    one = {e()}",
                "    def __init__(self, v): self.__v = v",
                "    @property",
                "    def v(self): return self.__v",
                "    @staticmethod",
                "    def s(x): return x",
                f"log.append({n}({e()}).v)",
                f"log.append({n}.s({n}.one))",
            ],
            lambda: [f"count({e()})"],
        )()

    def function(self, name):
        body = [line for _ in range(self.random.randint(2, 4)) for line in self.statement()]
        body = "\n".join("    " + line for line in [*body, "return a, b, c, sorted(map(str, log))"])
        return f"def {name}(a, b, c, log):\n{body}\n\n"


PRELUDE = """
import contextlib
G = 1.5
class K:
    def __init__(self, v): self.v = v
    def plus(self, x): self.v = self.v + x; return self
    @classmethod
    def make(cls, v): return cls(v)
    @property
    def double(self): return 2 * self.v
def twice(x): return x + x
def twice_of(f): return lambda *args: f(*args) * 2
def count(x):
    global G
    G = G + 1 if x else G
@contextlib.contextmanager
def entered(log):
    log.append("in")
    try: yield len(log)
    except ValueError: log.append("caught")
    finally: log.append("out")
"""


def outcome(function, *args, **words):
    try:
        return "value", function(*args, **words)
    except Exception as error:  # noqa: BLE001  whatever it is, both must raise it
        return "error", type(error), str(error)


@contextlib.contextmanager
def hooked(functions):
    """The hook stands around every expression, and gives back what it is given."""
    found, missing = owners.units({f.__code__ for f in functions})
    try:
        for unit in found:
            numbers = iter(range(10**9))
            unit.put(unit.hooked(lambda number, value: value, lambda node, i=numbers: next(i)))
        yield len(found), missing
    finally:
        for unit in found:
            unit.put(unit.code)


def compiles(text):
    """Not so, for example, where := stands in the head of a comprehension."""
    try:
        compile(text, "<a try>", "exec")
    except SyntaxError:
        return False
    return True


def load(text, name):
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    module = types.ModuleType("generated")
    exec(compile(text, name, "exec"), module.__dict__)
    return module


@pytest.mark.parametrize("file", range(FUNCTIONS // A_FILE))
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_generated_functions_do_the_same(file):
    writer = Writer(file)
    texts = list(itertools.islice(filter(compiles, map(writer.function, NAMES)), A_FILE))
    module = load(PRELUDE + "".join(texts), f"<generated {file}>")
    functions = [f for name, f in vars(module).items() if name.startswith("f_")]

    def everything():
        module.G = 1.5
        for function in functions:
            log = []
            yield outcome(function, 1, 2.5, -1, log), repr(log), module.G

    plain = list(everything())
    with hooked(functions) as (count, missing):
        assert count == A_FILE
        assert not missing
        assert repr(list(everything())) == repr(plain)
    VALUES.append(sum(found[0][0] == "value" for found in plain))


def test_generated_functions_do_not_all_raise():
    assert sum(VALUES) >= A_FILE * len(VALUES) // 5


def of(module):
    """All functions written in a module, methods included."""
    for value in vars(module).values():
        inside = vars(value).values() if isinstance(value, type) else ()
        for each in (value, *inside):
            each = getattr(each, "__wrapped__", getattr(each, "__func__", each))
            if isinstance(each, types.FunctionType) and each.__module__ == module.__name__:
                yield each


def pure(name, *compiled):
    """A module of Python's own, without its parts in C."""
    hidden = {part: sys.modules.get(part) for part in compiled}
    spec = importlib.util.find_spec(name)
    module = importlib.util.module_from_spec(spec)
    try:
        sys.modules.update(dict.fromkeys(compiled))  # None: an import of it fails
        spec.loader.exec_module(module)
    finally:
        for part, before in hidden.items():
            sys.modules.pop(part)
            if before is not None:
                sys.modules[part] = before
    return module


def use_fractions(_):
    F = fractions.Fraction
    a, b = F(3, 7), F("-2.5")
    yield [a + b, a * b, a / b, a**2, a // b, a % b, round(a, 2), a < b, hash(a), str(b)]
    yield [F(0.25).limit_denominator(3), F.from_float(0.5), abs(b), float(a), -a, bool(b)]
    yield outcome(F, 1, 0)


def use_colorsys(m):
    triples = list(itertools.product((0.0, 0.2, 0.7, 1.0), repeat=3))
    for name in ("rgb_to_hls", "hls_to_rgb", "rgb_to_hsv", "hsv_to_rgb", "rgb_to_yiq"):
        yield [outcome(getattr(m, name), *triple) for triple in triples]


def use_statistics(m):
    lists = ([], [1], [3, 1, 2, 2], [0.5, -2.25, 7.0, 7.0, 1.5], ["a", "b", "a"])
    for name in ("mean", "median", "median_high", "mode", "multimode", "variance", "pstdev"):
        yield [outcome(getattr(m, name), data) for data in lists]
    yield [outcome(m.quantiles, data, n=3, method="inclusive") for data in lists]
    normal = m.NormalDist(1, 2)
    yield [normal.cdf(0.3), normal.pdf(2), normal + 3, normal.quantiles(5), normal.overlap(normal)]


def use_textwrap(m):
    text = "It is a truth  universally acknowledged,\tthat a single man-of-war.\n\n  must be."
    for width in (1, 7, 20, 100):
        yield m.wrap(text, width), m.fill(text, width, initial_indent="* ")
        yield outcome(m.shorten, text, width), m.wrap(text, width, break_long_words=False)
    yield m.dedent("    a\n      b\n"), m.indent(text, "> "), outcome(m.wrap, text, 0)


def use_heapq(m):
    heap = []
    for number in (5, 3, 8, 1, 9, 2):
        m.heappush(heap, number)
        yield list(heap)
    yield m.heapreplace(heap, 4), m.heappushpop(heap, 7), m.heappop(heap), list(heap)
    yield m.nlargest(3, heap, key=lambda x: -x), m.nsmallest(9, heap)
    yield list(m.merge([1, 4], [2, 3], [], key=lambda x: x)), outcome(m.heappop, [])


def use_bisect(m):
    row = [1, 2, 2, 2, 5]
    for x in (0, 2, 3, 9):
        yield m.bisect_left(row, x), m.bisect_right(row, x, 1, 3), m.bisect_left(row, -x, key=float)
        m.insort(row, x)
        yield list(row), outcome(m.insort_left, row, x, -1)


def use_difflib(m):
    a, b = "one two three\nfour\nfive\n".splitlines(True), "one three\nfour\nsix\n".splitlines(True)
    yield list(m.ndiff(a, b)), list(m.unified_diff(a, b, "x", "y")), list(m.context_diff(a, b))
    matcher = m.SequenceMatcher(None, "qabxcd", "abycdf")
    yield matcher.get_opcodes(), matcher.ratio(), matcher.find_longest_match()
    yield (
        m.get_close_matches("appel", ["ape", "apple", "peach"]),
        outcome(m.get_close_matches, "", [], 0),
    )


def use_string(m):
    yield m.capwords("to be  or"), m.Template("$a ${b} $$").substitute(a=1, b="x")
    yield outcome(m.Template("$a").substitute), m.Template("$a $9").safe_substitute(a=2)
    yield (
        m.Formatter().format("{0:>5} {x!r} {y[0]}", 1.5, x="a", y=[3]),
        outcome(m.Formatter().format, "{}{0}", 1),
    )


def use_shlex(m):
    for text in ("a 'b c' d", 'x="y z" # note', "it's", "", "a\\ b"):
        yield outcome(m.split, text), outcome(m.split, text, comments=True), m.quote(text)


def use_json(_):
    nest = {"a": [1, 2.5, None, True, "\u00e9\n"], "b": {"c": []}}
    for module, indent in ((json, None), (json, 2)):
        text = module.dumps(nest, indent=indent, sort_keys=True)
        yield text, module.JSONDecoder().decode(text), list(module.JSONEncoder().iterencode(nest))
    yield outcome(json.loads, "{1}"), outcome(json.loads, "[1"), outcome(json.dumps, {1, 2})


def use_copy(m):
    shared = [1, 2]
    nest = {"x": shared, "y": (shared, {3}), "z": K(shared)}
    deep = m.deepcopy(nest)
    yield (
        deep["x"] is deep["y"][0],
        deep["z"].v is deep["x"],
        deep["y"],
        m.copy(nest)["x"] is shared,
    )


class K:
    def __init__(self, v):
        self.v = v


def use_polynomial(m):
    p, q = m.Polynomial([1, -3, 2]), m.Polynomial([0.5, 1])
    yield [str(x) for x in (p + q, p * q, p**2, p // q, p % q, p.deriv(), p.integ(2, k=[1, 2]))]
    yield p(np.linspace(-1, 1, 5)), p.roots(), p.linspace(4), p.convert(kind=m.Chebyshev).coef
    x = np.linspace(0, 1, 9)
    yield m.Polynomial.fit(x, x**3, 3).convert().coef, m.Legendre.fit(x, np.cos(x), 2).coef
    yield outcome(m.Polynomial, []), outcome(lambda: p + m.Chebyshev([1])), p == q, repr(q)


def use_numpy(_):
    x = np.arange(12.0).reshape(3, 4) ** 1.5
    yield np.gradient(x), np.diff(x, axis=0), np.cov(x), np.percentile(x, [10, 50], axis=1)
    yield (
        np.trapezoid(x),
        np.rot90(x),
        np.flip(x, 0),
        np.median(x, axis=0),
        np.digitize(2.5, [1, 3]),
    )
    yield (
        outcome(np.interp, 1.5, [1, 2], [3]),
        np.kron(x[:2], x[0]),
        np.tile(x, (1, 2)),
        np.roll(x, 2),
    )
    yield np.pad(x, 1, mode="reflect"), np.unique(x.round(), return_counts=True), np.histogram(x, 3)
    yield (
        np.linalg.matrix_power(x[:, :3], 3),
        outcome(np.linalg.inv, x),
        np.linalg.multi_dot([x, x.T]),
    )
    yield np.apply_along_axis(np.sum, 1, x), np.vander([1, 2, 3]), np.meshgrid([1, 2], [3])


POLYNOMIALS = np.polynomial
PARTS = [
    sys.modules[name]
    for name in (
        "numpy.lib._function_base_impl",
        "numpy.lib._shape_base_impl",
        "numpy.lib._arraypad_impl",
        "numpy.lib._twodim_base_impl",
        "numpy.linalg._linalg",
    )
    if name in sys.modules
]
USES = {  # modules, the share of their functions that must be reached, and what is done with them
    "fractions": ([fractions], 0.6, use_fractions),
    "colorsys": ([colorsys], 0.9, use_colorsys),
    "statistics": ([statistics], 0.7, use_statistics),
    "textwrap": ([textwrap], 0.9, use_textwrap),
    "heapq": ([pure("heapq", "_heapq")], 0.9, use_heapq),
    "bisect": ([pure("bisect", "_bisect")], 0.9, use_bisect),
    "difflib": ([difflib], 0.7, use_difflib),
    "string": ([string], 0.6, use_string),
    "shlex": ([shlex], 0.6, use_shlex),
    "json": ([json, json.decoder, json.encoder, json.scanner], 0.5, use_json),
    "copy": ([copy], 0.6, use_copy),
    "numpy.polynomial": (
        [POLYNOMIALS, POLYNOMIALS._polybase, POLYNOMIALS.polynomial, POLYNOMIALS.polyutils],
        0.6,
        use_polynomial,
    ),
    "numpy": (PARTS, 0.5, use_numpy),
}


@pytest.mark.parametrize("name", USES)
def test_whole_modules_do_the_same(name):
    modules, share, use = USES[name]
    plain = list(use(modules[0]))
    functions = [function for module in modules for function in of(module)]
    with hooked(functions) as (count, _):
        assert count > share * len({f.__code__ for f in functions})
        again = list(use(modules[0]))
    assert repr(again) == repr(plain)
