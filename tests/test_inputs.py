"""Bad and strange inputs, a row each: a right result, or an error in words with a way out."""
# ruff: noqa: E501, B008, PLC3002, PT017, PYI024  a table, and what people write

import array
import collections
import decimal
import fractions
import functools
import itertools
import math
import mmap
import re
import sys
import tempfile
import types
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from gradcheck import check_gradients, check_layer

AGREES, DISAGREES, OPEN = "agrees", "disagrees", "inconclusive"
NAN, INF = math.nan, math.inf
FORM = re.compile(r"^[^\n:]{1,80}: \S.*\S\.$", re.DOTALL)  # who: what is wrong. Way out.
W = np.array([1.0, -2.0, 3.0])


def square(p):
    """The sum of all squares in a nest, whatever it is made of."""
    if isinstance(p, dict):
        return sum(map(square, p.values()))
    if isinstance(p, (list, tuple)):
        return sum(map(square, p))
    return float(np.sum(np.asarray(p, float) ** 2))


def twice(p):
    if isinstance(p, dict):
        return {key: twice(value) for key, value in p.items()}
    if isinstance(p, (list, tuple)):
        return [twice(value) for value in p]
    return 2 * np.asarray(p, float)


@dataclass(frozen=True)
class Row:
    """One input. expect: a verdict, or a part of the error text; several with | between them."""

    name: str
    expect: str
    params: Any = None
    loss: Any = square
    grads: Any = twice
    options: tuple = ()

    def run(self):
        loss, grads = self.loss, self.grads
        params = W.copy() if self.params is None else self.params()  # anew: some are used up
        return check_gradients(loss, params, grads, explain=False, **dict(self.options))


def row(name, expect, params=None, loss=square, grads=twice, **options):
    return Row(name, expect, params, loss, grads, tuple(options.items()))


def at_call(n, value, usual=square):
    """A loss that does something else at its n-th call."""

    def loss(p, calls=itertools.count(1)):
        if next(calls) == n:
            if isinstance(value, type):
                raise value("planted")
            return value
        return usual(p)

    return loss


def ring():
    nest = {"w": W.copy()}
    nest["self"] = nest
    return nest


def bottom(nest):
    while isinstance(nest[0], (list, np.ndarray)):
        nest = nest[0]
    return nest


def deep(n, nest=W):
    nest = nest.copy()
    for _ in range(n):
        nest = [nest]
    return nest


def overlapping():
    buffer = np.arange(1.0, 6.0)
    return {"a": buffer[:3], "b": buffer[2:]}


def read_only_memmap():
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file.name, W)
        return np.load(file.name, mmap_mode="r")


def frozen_view():
    view = W.copy()[:]
    view.flags.writeable = False
    return view


def broadcast():
    return np.broadcast_to(np.array([1.5]), (3,))


def nothing(name, expect, params):
    """A row whose params are none: the loss does not read them."""
    return row(name, expect, params, lambda: 1.0, lambda: None)


class Unit(np.ndarray):
    """A subclass that keeps its type."""

    def __new__(cls, values):
        return np.asarray(values, float).view(cls)


class Hostile:
    """Raises at every attribute that it does not have, and at its text."""

    def __init__(self):
        self.w = W.copy()

    def __repr__(self):
        raise RuntimeError("no text")

    def __eq__(self, other):
        raise RuntimeError("not to be compared")

    __hash__ = None

    def __bool__(self):
        raise RuntimeError("neither true nor false")


@dataclass
class Data:
    w: Any


@dataclass(frozen=True)
class FrozenData:
    w: Any


class Counting(dict):
    def __setitem__(self, key, value):
        raise RuntimeError("refuses")


def of_attributes(p):
    return float(np.sum(np.asarray(p.w) ** 2))


def of_attributes_grads(p):
    return {"w": 2 * np.asarray(p.w)}


def endless(p):
    return endless(p)


def as_generator(p):
    yield square(p)


NOT_FLOATING = "expected floating-point numbers|expected real floating-point|expected at least one"
ONE_NUMBER = "loss: expected one real number"
NAMES = ["a\nb", "[red]w[/red]", "\x1b]0;title\x07", "</script>", "::error::w", "", " ", ".", "é",
         "a.b", "0", "*", "a" * 300, "\u202egnp", "\x00", "%s{0}", "|", "'\"", "\\"]  # fmt: skip
ORDINARY = (RuntimeError, KeyError, np.linalg.LinAlgError, AssertionError, IndexError, TypeError)
DTYPES = ["bool", "int8", "uint64", "complex64", "complex128", "S3", "U3", "M8[s]", "m8[s]", "V4"]

ROWS = [
    # --- params: no parameters ---
    nothing("params None", "params: expected", lambda: None),
    nothing("params a string", "params: expected", lambda: "w"),
    nothing("params bytes", "params: expected", lambda: b"w"),
    nothing("params an int", "params: expected", lambda: 3),
    nothing("params True", "params: expected", lambda: True),
    nothing("params an empty dict", "params: expected.*empty dict", dict),
    nothing("params an empty list", "params: expected.*empty list", list),
    nothing("params an empty tuple", "params: expected.*empty tuple", tuple),
    nothing("params an empty array", "params: expected", lambda: np.zeros(0)),
    nothing("params zero rows", "params: expected", lambda: np.zeros((0, 3))),
    nothing("params a set", "params: expected", lambda: {1.0, 2.0}),
    nothing("params a type", "params: expected", lambda: float),
    nothing("params a module", "expected", lambda: math),
    nothing("params a function", "params: expected", lambda: square),
    nothing("params a generator", "params: expected", lambda: (w for w in [W])),
    nothing("params an iterator", "params: expected", lambda: iter([W])),
    nothing("params a map", "params: expected", lambda: map(np.array, [[1.0]])),
    nothing("params a range", "params: expected", lambda: range(3)),
    nothing("params an Ellipsis", "params: expected", lambda: ...),
    nothing("params NotImplemented", "params: expected", lambda: NotImplemented),
    nothing("params a Decimal", "params: expected", lambda: decimal.Decimal(1)),
    nothing("params a Fraction", "params: expected", lambda: fractions.Fraction(1, 2)),
    nothing("params a complex", "params: expected", lambda: 1j),
    nothing("params a dict of strings", "params: expected", lambda: {"a": "b"}),
    nothing("params a dict of None", "params: expected", lambda: {"a": None}),
    nothing("params a list of ints", "params: expected.*a list of whole numbers",
            lambda: [1, 2, 3]),
    nothing("params an object without arrays", "params: expected", types.SimpleNamespace),
    nothing("params a partial", "params: expected", lambda: functools.partial(square, W)),
    nothing("params a memoryview", "expected", lambda: memoryview(W.copy())),
    nothing("params an mmap", "params: expected", lambda: mmap.mmap(-1, 8)),
    nothing("params an open file", "params: expected", lambda: sys.stdin),
    *(nothing(f"params of {d}", NOT_FLOATING, lambda d=d: np.zeros(3, d)) for d in DTYPES),
    nothing("params a structured array", "numbers, got a structured array of a. Pass its fields",
            lambda: np.zeros(3, [("a", float)])),
    nothing("params objects without arrays", "params: expected", lambda: np.array([1, "a"], object)),
    nothing("one int array among floats", NOT_FLOATING, lambda: {"w": W.copy(), "n": np.arange(3)}),
    row("masked", "expected a plain array, got a masked one", lambda: np.ma.array(W, mask=[0, 1, 0])),
    row("masked without a mask", "expected a plain array, got a masked one", lambda: np.ma.array(W)),
    # --- params: strange, but parameters ---
    row("float16", "agrees|inconclusive", lambda: W.astype(np.float16)),
    row("float32", AGREES, lambda: W.astype(np.float32)),
    row("longdouble", AGREES, lambda: W.astype(np.longdouble)),
    row("other byte order", AGREES, lambda: W.astype(">f8")),
    row("other byte order, float32", AGREES, lambda: W.astype(">f4")),
    row("np.matrix", AGREES, lambda: np.asmatrix(W)),
    row("a subclass", AGREES, lambda: Unit(W)),
    row("a recarray field", AGREES, lambda: np.zeros(3, [("w", float)])["w"] + W),
    row("0-d", AGREES, lambda: np.array(2.0)),
    row("a float", AGREES, lambda: 2.0),
    row("a NumPy scalar", AGREES, lambda: np.float64(2.0)),
    row("a float32 scalar in a dict", AGREES, lambda: {"w": np.float32(2.0)}),
    row("a list of floats", AGREES, lambda: [1.0, 2.0]),
    row("a ragged list", AGREES, lambda: [[1.0], [2.0, 3.0]]),
    row("a deque", "agrees|params: expected", lambda: collections.deque([W.copy()]),
        lambda p: square(list(p)), lambda p: twice(list(p))),
    row("an array.array", "agrees|params: expected", lambda: array.array("d", W)),
    row("Fortran order", AGREES, lambda: np.asfortranarray(np.outer(W, W))),
    row("a transposed view", AGREES, lambda: np.outer(W, [1.0, 2]).T),
    row("a strided view", AGREES, lambda: np.arange(1.0, 13).reshape(3, 4)[::2, ::-2]),
    row("a read-only array", AGREES, frozen_view),
    row("a read-only memmap", AGREES, read_only_memmap),
    row("a broadcast view", "agrees|expected", broadcast),
    row("overlapping views", "expected separate arrays", overlapping),
    row("one array twice", AGREES, lambda: (lambda w: {"a": w, "b": w})(W.copy()),
        lambda p: square(p["a"]), lambda p: {"a": 2 * p["a"]}),
    row("an empty one among others", AGREES, lambda: {"w": W.copy(), "none": np.zeros(0)},
        grads=lambda p: {"w": 2 * p["w"]}),
    row("a cyclic dict", AGREES, ring, lambda p: square(p["w"]), lambda p: {"w": 2 * p["w"]}),
    row("a cyclic list", AGREES, lambda: (lambda n: n.append(n) or n)([W.copy()]),
        lambda p: square(p[0]), lambda p: [2 * p[0]]),
    row("nested 90 deep", AGREES, lambda: deep(90)),
    row("nested 3000 deep", AGREES, lambda: deep(3000), lambda p: square(bottom(p)),
        lambda p: deep(3000, twice(bottom(p)))),
    *(row(f"floats {n} lists deep", AGREES, lambda n=n: deep(n, [1.0, 2.0]),
          lambda p: square(bottom(p)), lambda p, n=n: deep(n, [2 * v for v in bottom(p)]))
      for n in (40, 300)),
    row("a namedtuple", AGREES, lambda: collections.namedtuple("N", "w b")(W.copy(), W.copy())),
    row("an ordered dict", AGREES, lambda: collections.OrderedDict(w=W.copy())),
    row("a default dict", AGREES, lambda: collections.defaultdict(list, w=W.copy())),
    row("a chain map", "agrees|expected", lambda: collections.ChainMap({"w": W.copy()}),
        lambda p: square(p["w"]), lambda p: {"w": 2 * p["w"]}),
    row("a mapping proxy", "agrees|expected", lambda: types.MappingProxyType({"w": W.copy()}),
        lambda p: square(p["w"]), lambda p: {"w": 2 * p["w"]}),
    row("a dict with keys of many types", AGREES, lambda: {0: W.copy(), None: W.copy(), (1, 2): W.copy()}),
    row("a dict that refuses", AGREES, lambda: Counting(w=W.copy())),
    row("a hostile object", AGREES, Hostile, of_attributes, of_attributes_grads),
    row("a dataclass", AGREES, lambda: Data(W.copy()),
        of_attributes, of_attributes_grads),
    row("a frozen dataclass", AGREES, lambda: FrozenData(W.copy()),
        of_attributes, of_attributes_grads),
    *(row(f"named {name!r:.20}", AGREES, lambda name=name: {name: W.copy(), "other": W.copy()})
      for name in NAMES),
    # --- values ---
    row("a NaN in params", "expected finite values, got nan", lambda: np.array([1.0, NAN])),
    row("an infinity in params", "expected finite values, got inf", lambda: np.array([1.0, INF])),
    row("a float NaN", "expected finite values, got nan", lambda: {"w": NAN}),
    row("a NaN in a list", "expected finite values, got nan", lambda: [1.0, NAN]),
    *(row(f"params of size {size:g}", "agrees|inconclusive|loss: expected", lambda s=size: s * W)
      for size in (5e-324, 1e-310, 1e-200, 1e-100, 1e-8, 1e8, 1e100, 1e150, 1e200, 1e300)),
    row("all zero", "agrees|inconclusive", lambda: np.zeros(3)),
    row("sizes far apart", "agrees|inconclusive", lambda: np.array([1e-9, 1.0, 1e9])),
    *(row(f"loss times {scale:g}", "agrees|inconclusive", None, lambda p, s=scale: s * square(p),
          lambda p, s=scale: s * twice(p)) for scale in (1e-300, 1e-100, 1e-12, 1e12, 1e100, 1e290)),
    # --- loss: what it returns ---
    row("loss None", "loss: expected a callable", loss=None),
    row("loss a number", "loss: expected a callable", loss=3.0),
    row("loss an array", "loss: expected a callable", loss=W),
    row("loss returns None", ONE_NUMBER, loss=lambda p: None),
    row("loss returns a string", ONE_NUMBER, loss=lambda p: "1.0"),
    row("loss returns an array", ONE_NUMBER, loss=lambda p: p**2),
    row("loss returns an empty array", ONE_NUMBER, loss=lambda p: p[:0]),
    row("loss returns a list", ONE_NUMBER, loss=lambda p: [1.0, 2.0]),
    row("loss returns a ragged list", ONE_NUMBER, loss=lambda p: [[1.0], [1.0, 2.0]]),
    row("loss returns a dict", ONE_NUMBER, loss=lambda p: {"loss": 1.0}),
    row("loss returns a tuple", ONE_NUMBER, loss=lambda p: (square(p), p)),
    row("loss returns a complex", ONE_NUMBER, loss=lambda p: complex(square(p))),
    row("loss returns itself", ONE_NUMBER, loss=lambda p: square),
    row("loss is a generator", ONE_NUMBER, loss=as_generator),
    row("loss returns a coroutine", ONE_NUMBER, loss=lambda p: types.SimpleNamespace()),
    row("loss returns an object array", ONE_NUMBER, loss=lambda p: np.array([None])),
    row("loss returns a Decimal", "agrees|loss: expected", loss=lambda p: decimal.Decimal(square(p))),
    row("loss returns a 1x1 array", AGREES, loss=lambda p: np.array([[square(p)]])),
    row("loss returns a longdouble", AGREES, loss=lambda p: np.longdouble(square(p))),
    row("loss returns a float32", "agrees|inconclusive", loss=lambda p: np.float32(square(p))),
    row("loss returns a float16", "agrees|inconclusive", loss=lambda p: np.float16(square(p))),
    row("loss returns an int", OPEN, loss=lambda p: int(square(p))),
    row("loss returns a bool", ONE_NUMBER, loss=lambda p: square(p) > 0),
    row("loss returns a constant", "inconclusive|disagrees", loss=lambda p: 1.0),
    row("loss NaN", "loss: expected one finite number.*nan", loss=lambda p: NAN),
    row("loss infinite", "loss: expected one finite number.*inf", loss=lambda p: INF),
    row("loss -infinite", "loss: expected one finite number", loss=lambda p: -INF),
    *(row(f"loss {value!r:.12} at call {n}", "agrees|inconclusive|loss: expected", None, at_call(n, value))
      for n in (2, 7, 25) for value in (NAN, INF, -INF)),
    *(row(f"loss {value!r:.12} at call {n}", ONE_NUMBER, None, at_call(n, value))
      for n in (2, 7, 25) for value in (None, "x", W)),
    *(row(f"loss raises {error.__name__} at call {n}", "agrees|inconclusive", None, at_call(n, error))
      for n in (7, 25) for error in (ValueError, ZeroDivisionError, OverflowError, *ORDINARY)),
    *(row(f"loss raises {error.__name__} at call {n}", "planted", None, at_call(n, error))
      for n, errors in ((1, ORDINARY), (25, (MemoryError,))) for error in errors),
    row("loss of two arguments", "loss: expected a function of no argument or of params",
        loss=lambda p, x: 1.0),
    row("loss of a keyword", "loss: expected a function of no argument", loss=lambda *, x: 1.0),
    row("loss recurses without end", "recursion", loss=endless),
    row("grads recurse without end", "recursion", grads=endless),
    row("loss a class", ONE_NUMBER, loss=lambda p: type(p)),
    row("loss a partial", AGREES, loss=functools.partial(square)),
    row("loss a built-in", "inconclusive|loss: expected", loss=len),
    # --- gradients ---
    row("no gradients", "grads: expected", grads=None),
    row("grads return None", "grads: expected|expected", grads=lambda p: None),
    row("grads a string", "expected", grads="dW"),
    row("grads return a string", "expected", grads=lambda p: "dW"),
    row("grads return an int", "expected|disagrees", grads=lambda p: 3),
    row("grads an empty dict", "expected", grads=lambda p: {}),
    row("grads return a generator", "expected", grads=lambda p: (g for g in [2 * p])),
    row("grads too many", "expected|agrees", grads=lambda p: [2 * p, 2 * p]),
    row("grads of another shape", "expected", grads=lambda p: np.zeros(5)),
    row("grads transposed", "expected|disagrees", lambda: np.outer(W, [1.0, 2.0]), grads=lambda p: 2 * p.T),
    row("grads a column", "expected|disagrees", grads=lambda p: 2 * p[:, None]),
    row("grads a scalar", "expected|disagrees", grads=lambda p: 2.0),
    row("grads complex", "expected", grads=lambda p: 2j * p),
    row("grads of objects", "expected|agrees", grads=lambda p: (2 * p).astype(object)),
    row("grads ints", DISAGREES, lambda: W + 0.25, grads=lambda p: (2 * p).astype(int)),
    row("grads bools", "expected|disagrees", grads=lambda p: p > 0),
    row("grads strings", "expected", grads=lambda p: p.astype(str)),
    row("grads masked", "expected|agrees|disagrees", grads=lambda p: np.ma.array(2 * p, mask=[0, 1, 0])),
    row("grads a matrix", "expected|disagrees", grads=lambda p: np.asmatrix(2 * p)),
    row("grads longdouble", AGREES, grads=lambda p: 2 * p.astype(np.longdouble)),
    row("grads float16", "agrees|disagrees", grads=lambda p: (2 * p).astype(np.float16)),
    row("grads of other byte order", AGREES, grads=lambda p: (2 * p).astype(">f8")),
    row("grads NaN", "disagrees|expected", grads=lambda p: NAN * p),
    row("grads one NaN", "disagrees|expected", grads=lambda p: np.where(p > 0, 2 * p, NAN)),
    row("grads infinite", "disagrees|expected", grads=lambda p: INF * p),
    row("grads huge", DISAGREES, grads=lambda p: 1e300 * p),
    row("grads tiny", DISAGREES, grads=lambda p: 1e-300 * p),
    row("grads are the parameters", DISAGREES, grads=lambda p: p),
    row("grads of two arguments", "grads: expected a function of no argument", grads=lambda p, x: p),
    row("grads raise", "planted", grads=at_call(1, RuntimeError)),
    row("grads raise later", "planted", grads=at_call(2, RuntimeError, twice)),
    # --- options ---
    row("both grads and step", "grads, step: expected one of them", step=lambda: None),
    row("lr without step", "lr: expected", lr=0.1),
    row("step without lr", "lr: expected", grads=None, step=lambda: None),
    row("step no function", "step: expected", grads=None, step=3, lr=0.1),
    row("step does nothing", "expected|disagrees|inconclusive", grads=None, step=lambda: None, lr=0.1),
    *(row(f"lr {lr!r}", "lr: expected", grads=None, step=lambda: None, lr=lr)
      for lr in (0, 0.0, NAN, INF, "fast", -0.0, [0.1])),
    *(row(f"seed {seed!r}", "seed: expected", seed=seed) for seed in (-1, 1.5, "1", None, True, [1])),
    *(row(f"max_evaluations {n!r}", "max_evaluations: expected", max_evaluations=n)
      for n in (0, -1, 1.5, "9", True, [])),
    *(row(f"max_evaluations {n}", "inconclusive|agrees", max_evaluations=n) for n in (1, 2, 3, 10, 22)),
    row("entries some", "entries: expected", entries="some"),
    row("entries None", "entries: expected", entries=None),
    row("entries a list", "entries: expected", entries=["all"]),
    row("select nothing that is there", "select: expected", select="V*"),
    row("select a number", "select: expected", select=3),
    row("select a list of numbers", "select: expected", select=[3]),
    row("select an empty list", "select: expected", select=[]),
    row("select a broken pattern", "select: expected", select="[["),
    row("a seed of NumPy", AGREES, seed=np.int64(3)),
    row("progress no function", "progress: expected", progress=3),
]  # fmt: skip


def test_the_table_is_long_and_its_names_differ():
    assert len(ROWS) >= 150
    assert len({r.name for r in ROWS}) == len(ROWS)


@pytest.mark.parametrize("case", ROWS, ids=lambda r: r.name.encode("unicode_escape").decode())
def test_an_input_gets_a_right_result_or_an_error_in_words(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (RuntimeWarning, PendingDeprecationWarning))
        try:
            report = case.run()
        except Exception as error:  # noqa: BLE001  every error is judged
            said = str(error)
            assert re.search(case.expect, said, re.DOTALL), f"{type(error).__name__}: {said}"
            if not re.search("planted|recursion", said):
                assert isinstance(error, (TypeError, ValueError)), repr(error)
                assert FORM.match(said), said
                assert "expected" in said, said
        else:
            assert report.verdict in case.expect.split("|"), str(report)
            drawn = str(report)
            assert "\x1b" not in drawn
            assert all(line.isprintable() for line in drawn.splitlines())
            assert report.to_json()


def test_a_thousand_tiny_blocks():
    params = [np.array([float(i % 7 + 1)]) for i in range(1000)]
    grads = [2 * p for p in params]
    report = check_gradients(lambda: square(params), params, grads, overall=True)
    assert report.verdict == AGREES
    assert report.evaluations < 100


@pytest.mark.parametrize(
    ("layer", "x", "said"),
    [
        (None, W, "expected"),
        (object(), W, "expected"),
        (lambda x: x, W, "expected"),
        ((lambda x: x, lambda d: d), "x", "expected"),
        ((lambda x: x, lambda d: d), np.array([1j]), "expected"),
        ((lambda x: x, lambda d: d), np.zeros(0), "expected"),
        ((lambda x: None, lambda d: d), W, "forward: expected"),
        ((lambda x: "y", lambda d: d), W, "forward: expected"),
    ],
)  # fmt: skip
def test_a_layer_that_is_none(layer, x, said):
    with pytest.raises((TypeError, ValueError), match=said) as caught:
        check_layer(layer, x)
    assert FORM.match(str(caught.value)), caught.value
