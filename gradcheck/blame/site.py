"""A place in the source where an edit can be made, and an edit."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .remembered import remembered
from .sight import Sight
from .syntax import binary, fills, named, parse, placed, unparsed
from .truths import Library
from .values import is_array, is_number, kept_level

HANDED = 0.3  # what it costs to mend a variable where it is only handed on
PRODUCTS = frozenset({"dot", "matmul", "outer", "multiply", "inner", "einsum", "tensordot"})
DROPOUT = re.compile(r"drop|keep(?!dim)", re.IGNORECASE)
ELEMENTWISE = frozenset({"exp", "log", "tanh", "sqrt", "sin", "cos", "cosh", "log1p", "expm1"})
REDUCTIONS = frozenset({"sum", "mean", "average"})
_HARMLESS = frozenset({
    "sum", "mean", "max", "min", "dot", "matmul", "outer", "multiply", "transpose", "reshape",
    "exp", "log", "sqrt", "tanh", "cosh", "sin", "cos", "square", "power", "where", "array",
    "asarray", "zeros", "ones", "zeros_like", "ones_like", "abs", "str", "len", "range",
    "float", "divide", "subtract", "add", "einsum", "mat", "squeeze", "ravel", "flatten",
    "sign", "astype", "swapaxes", "int", "repeat", "tile", "roll", "flip", "cumsum",
    "concatenate", "stack", "broadcast_to", "clip", "maximum", "minimum",
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Edit:
    """What to change, and in words.

    changes   nodes of the source -> what stands there instead
    anchor    the expression or statement to point at
    """

    changes: Mapping[ast.AST, ast.AST | list[ast.stmt]]
    anchor: ast.AST
    kind: str
    cost: float
    advice: str


@dataclass
class Site:
    """An expression of the backward pass, with its value when it was first reached.

    ratios    factors by which whole blocks are off
    missing   what wrong blocks lack
    right     what the value should be, where that is known to mend everything
    due       the shapes of the parameters, where a gradient has another one
    """

    node: ast.expr
    parents: Mapping[ast.AST, ast.AST]
    statement: ast.stmt | ast.Lambda
    sight: Sight
    value: Any
    times: int
    library: Library
    ratios: tuple[float, ...] = ()
    missing: tuple[Any, ...] = ()
    right: Any = None
    due: frozenset[tuple[int, ...]] = frozenset()
    shape: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.shape = np.shape(self.value) if is_array(self.value) else ()

    @property
    def parent(self) -> ast.AST:
        return self.parents[self.node]

    @property
    def text(self) -> str:
        return unparsed(self.node)

    @property
    def root(self) -> bool:
        """A value with a place of its own: assigned, returned, passed to a user's function."""
        above = self.parent
        if isinstance(above, ast.BinOp | ast.UnaryOp | ast.Attribute | ast.Subscript | ast.Compare):
            return False
        return not (isinstance(above, ast.Call | ast.keyword) and self._numpy(above))

    def _numpy(self, above: ast.AST) -> bool:
        call = above if isinstance(above, ast.Call) else self.parents[above]
        if not isinstance(call, ast.Call):
            return False
        if isinstance(call.func, ast.Attribute) and call.func.attr in (
            "append",
            "insert",
            "at",
            "send",
        ):
            return False
        if isinstance(call.func, ast.Name):
            return call.func.id in ("sum", "float", "len", "range", "zip", "abs", "max", "list")
        function = self.sight.value(call.func)
        return not hasattr(getattr(function, "__func__", function), "__code__") or (
            (getattr(function, "__module__", None) or "").startswith("numpy")
        )

    @property
    def handed(self) -> bool:
        """A variable that is only handed on, or added: what it lacks, it lacked before."""
        above = self.parent
        sums = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add | ast.Sub)
        if isinstance(above, ast.Tuple | ast.List):  # np.hstack((a, b)), and not return a, b
            above = self.parents[above]
        kept = named(above) in ("append", "insert")
        on = sums or (isinstance(above, ast.Call | ast.keyword) and not kept)
        return on and isinstance(self.node, ast.Name | ast.Attribute)

    @property
    def term(self) -> bool:
        """A value of its own, or an operand of a sum: a factor on it changes nothing beside it."""
        above = self.parent
        sums = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add | ast.Sub)
        own = isinstance(self.node, ast.BinOp) and isinstance(self.node.op, ast.Add | ast.Sub)
        return self.root or (sums and not own)

    @property
    def widened(self) -> bool:
        """An operand that is given an axis first: x[:, None] beside a matrix."""
        above = self.parent
        if not isinstance(above, ast.Subscript) or above.value is not self.node:
            return False
        parts = above.slice.elts if isinstance(above.slice, ast.Tuple) else [above.slice]
        wider = any(isinstance(p, ast.Constant) and p.value is None for p in parts)
        return wider and isinstance(self.parents[above], ast.BinOp)

    def known(self, value: Any) -> bool:
        """Is this a value of the forward pass, or a cotangent but for a number?"""
        found = self.library.match(value)
        return any(item.role == "adjoint" or abs(f - 1) < 1e-6 for item, f in found)

    def cotangent(self, value: Any) -> bool:
        """Is this exactly a cotangent?"""
        return self.sight.is_cotangent(value)

    @functools.cached_property
    def masked(self) -> bool:
        """Is there a mask in it: zeros and one other number?"""
        names = [n for n in ast.walk(self.node) if isinstance(n, ast.Name | ast.Attribute)]
        values = [np.asarray(v) for v in map(self.sight.value, names) if is_array(v)]
        return any(kept_level(v) is not None for v in values if v.ndim)

    @property
    def argument(self) -> bool:
        """A variable in a function of each element: np.exp(x)."""
        return isinstance(self.node, ast.Name | ast.Attribute) and named(self.parent) in ELEMENTWISE

    @property
    def factor(self) -> bool:
        """An operand of a product."""
        above = self.parent
        if isinstance(above, ast.Attribute) and above.attr == "T":
            above = self.parents[above]
        if isinstance(above, ast.BinOp):
            return isinstance(above.op, ast.MatMult | ast.Mult)
        return isinstance(above, ast.Call) and named(above) in PRODUCTS

    def times_each(self, factor: ast.expr) -> ast.expr:
        """This times the factor, element by element: the * of np.matrix is the matrix product."""
        if isinstance(self.value, np.matrix):
            multiply = parse(f"{self.sight.numeric_module()}.multiply")
            return ast.Call(multiply, [self.node, factor], [])
        return binary(self.node, ast.Mult(), factor)

    def edit(
        self, new: ast.expr, kind: str, cost: float, advice: str, node: ast.expr | None = None
    ) -> Edit:
        node = node or self.node
        return Edit({node: placed(new, node)}, node, kind, cost, advice)

    def fits(self, new: ast.expr, *, same_shape: bool = True) -> bool:
        """Could `new` stand here? It has a value, another one than now, of a like shape."""
        if not pure(new):
            return True
        value = self.sight.value(new)
        if value is None:
            return any(isinstance(n, ast.Name) and n.id in self.sight.loops for n in ast.walk(new))
        if not is_array(self.value) or not is_array(value):
            return is_number(value) == is_number(self.value) or not same_shape
        if same_shape and np.shape(value) not in (self.shape, self.shape[::-1]):
            return False
        return self.times > 1 or not np.array_equal(value, self.value)


def harmless(call: ast.Call) -> bool:
    """Numpy and the like: evaluating it once more disturbs nothing."""
    return named(call) in _HARMLESS


@remembered(50_000)
def pure(node: ast.AST) -> bool:
    calls = isinstance(node, ast.Call) and (not harmless(node) or fills(node))
    return not calls and all(map(pure, ast.iter_child_nodes(node)))
