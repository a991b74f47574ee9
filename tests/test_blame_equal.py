"""A hundred generated functions, and a module of Python's own, hooked and plain: the same."""

import contextlib
import fractions
import functools
import itertools
import linecache
import random
import types

import numpy as np
import pytest

from gradcheck.blame import source

FUNCTIONS = 100
A_FILE = 10  # functions compiled together
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


def outcome(function, *args):
    try:
        return "value", function(*args)
    except Exception as error:  # noqa: BLE001  whatever it is, both must raise it
        return "error", type(error), str(error)


@contextlib.contextmanager
def hooked(functions):
    """The hook stands around every expression, and gives back what it is given."""
    found, missing = source.units({f.__code__ for f in functions})
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
    assert sum(found[0][0] == "value" for found in plain) > A_FILE // 5


def of(module):
    """All functions written in a module, methods included."""
    for value in vars(module).values():
        inside = vars(value).values() if isinstance(value, type) else ()
        for each in (value, *inside):
            each = getattr(each, "__wrapped__", getattr(each, "__func__", each))
            if isinstance(each, types.FunctionType) and each.__module__ == module.__name__:
                yield each


def use_fractions():
    F = fractions.Fraction
    a, b = F(3, 7), F("-2.5")
    yield [a + b, a * b, a / b, a**2, a // b, a % b, round(a, 2), a < b, hash(a), str(b)]
    yield [F(0.25).limit_denominator(3), F.from_float(0.5), abs(b), float(a), -a, bool(b)]
    yield outcome(F, 1, 0)


USES = {
    "fractions": (fractions, use_fractions),
}


@pytest.mark.parametrize("name", USES)
def test_whole_modules_of_python_do_the_same(name):
    module, use = USES[name]
    plain = list(use())
    functions = list(of(module))
    with hooked(functions) as (count, _):
        assert count > 0.6 * len({f.__code__ for f in functions})
        np.testing.assert_equal(list(use()), plain)
