"""Small edits of one line: the slips that people make in a backward pass, taken back.

Each row of ROWS is a generator: a place in the source in, edits out. The cost of an edit says how
much it assumes: 1 for a slip of one character (a sign, a transpose, a neighbour's index), 1.2 to
1.5 for another name, axis or factor, more for what could mend a line by chance (a free factor).
Edits are tried in this order, and the cheapest that mends everything is told.
"""

from __future__ import annotations

import ast
import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .sight import Sight, index_variants, is_floating, is_number, reading, substituted


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
    """An expression of the backward pass, with its value when it was first reached."""

    node: ast.expr
    parents: Mapping[ast.AST, ast.AST]
    statement: ast.stmt | ast.Lambda
    sight: Sight
    value: Any
    times: int
    is_derivative: Callable[[Any], bool]
    ratios: tuple[float, ...] = ()
    missing: tuple[Any, ...] = ()
    shape: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.shape = np.shape(self.value) if is_array(self.value) else ()

    @property
    def parent(self) -> ast.AST:
        return self.parents[self.node]

    @property
    def text(self) -> str:
        return ast.unparse(self.node)

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
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("append", "insert"):
            return False
        if isinstance(call.func, ast.Name):
            return call.func.id in ("sum", "float", "len", "range", "zip", "abs", "max", "list")
        function = self.sight.value(call.func)
        return not hasattr(getattr(function, "__func__", function), "__code__") or (
            (getattr(function, "__module__", None) or "").startswith("numpy")
        )

    @property
    def term(self) -> bool:
        """A value of its own, or an operand of a sum: a factor on it changes nothing beside it."""
        above = self.parent
        sums = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add | ast.Sub)
        own = isinstance(self.node, ast.BinOp) and isinstance(self.node.op, ast.Add | ast.Sub)
        return self.root or (sums and not own)

    @property
    def factor(self) -> bool:
        """An operand of a product."""
        above = self.parent
        if isinstance(above, ast.Attribute) and above.attr == "T":
            above = self.parents[above]
        if isinstance(above, ast.BinOp):
            return isinstance(above.op, ast.MatMult | ast.Mult)
        return isinstance(above, ast.Call) and named(above) in _PRODUCTS

    def edit(
        self, new: ast.expr, kind: str, cost: float, advice: str, node: ast.expr | None = None
    ) -> Edit:
        node = node or self.node
        return Edit({node: ast.copy_location(new, node)}, node, kind, cost, advice)

    def fits(self, new: ast.expr, *, same_shape: bool = True) -> bool:
        """Could `new` stand here? It has a value, another one than now, of a like shape."""
        if any(isinstance(n, ast.Call) and not _harmless(n) for n in ast.walk(new)):
            return True
        value = self.sight.value(new)
        if value is None:
            return any(isinstance(n, ast.Name) and n.id in self.sight.loops for n in ast.walk(new))
        if not is_array(self.value) or not is_array(value):
            return is_number(value) == is_number(self.value) or not same_shape
        if same_shape and np.shape(value) not in (self.shape, self.shape[::-1]):
            return False
        return self.times > 1 or not np.array_equal(value, self.value)


def is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fbiu"


def named(call: ast.AST | None) -> str:
    """The last name of the function called: np.sum and x.sum are "sum"."""
    if not isinstance(call, ast.Call):
        return ""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


_PRODUCTS = frozenset({"dot", "matmul", "outer", "multiply", "inner", "einsum", "tensordot"})
_REDUCTIONS = frozenset({"sum", "mean", "average"})
_HARMLESS = frozenset(
    [
        "sum",
        "mean",
        "max",
        "min",
        "dot",
        "matmul",
        "outer",
        "multiply",
        "transpose",
        "reshape",
        "exp",
        "log",
        "sqrt",
        "tanh",
        "cosh",
        "sin",
        "cos",
        "square",
        "power",
        "where",
        "array",
        "asarray",
        "zeros",
        "ones",
        "zeros_like",
        "ones_like",
        "abs",
        "str",
        "len",
        "range",
        "float",
        "divide",
        "subtract",
        "add",
        "einsum",
        "mat",
        "squeeze",
        "ravel",
        "flatten",
        "sign",
        "astype",
        "swapaxes",
        "int",
    ]
)


def _harmless(call: ast.Call) -> bool:
    """Numpy and the like: evaluating it once more disturbs nothing."""
    return named(call) in _HARMLESS


def binary(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.BinOp:
    return ast.BinOp(left, op, right)


def transposed(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def parse(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


# -- rows: what stands at this place is itself mistaken --------------------------------------------


def signs(site: Site) -> Iterator[Edit]:
    n = site.node
    if isinstance(n, ast.BinOp):
        for side in (n.left, n.right):
            part = side
            while isinstance(part, ast.BinOp):
                part = part.left
            if isinstance(part, ast.UnaryOp) and isinstance(part.operand, ast.Constant):
                yield site.edit(part.operand, "sign", 1.0, "without the minus sign", part)
    if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Sub):
        yield site.edit(binary(n.right, n.op, n.left), "sign", 1.0, "swap the two operands")
        yield site.edit(binary(n.left, ast.Add(), n.right), "sign", 1.2, "+ instead of -")
    if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add):
        yield site.edit(binary(n.left, ast.Sub(), n.right), "sign", 1.2, "- instead of +")
        yield site.edit(binary(n.right, ast.Sub(), n.left), "sign", 1.5, "- instead of +")
    if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub):
        yield site.edit(n.operand, "sign", 1.0, "without the minus sign")
    elif site.root and not isinstance(n, ast.Constant):
        yield site.edit(ast.UnaryOp(ast.USub(), n), "sign", 1.4, "with the opposite sign")
    elif isinstance(site.parent, ast.Call) and n in site.parent.args and is_floating(site.value):
        yield site.edit(ast.UnaryOp(ast.USub(), n), "sign", 1.3, "with the opposite sign")


def products(site: Site) -> Iterator[Edit]:
    """Matrix product or elementwise, which order, which transposes."""
    n = site.node
    if isinstance(n, ast.BinOp) and isinstance(n.op, ast.MatMult | ast.Mult):
        a, b, matrix = n.left, n.right, isinstance(n.op, ast.MatMult)
    elif isinstance(n, ast.Call) and named(n) in ("dot", "matmul", "outer", "multiply"):
        of_array = isinstance(n.func, ast.Attribute) and len(n.args) == 1
        if not of_array and len(n.args) != 2:
            return
        assert isinstance(n.func, ast.Attribute) or not of_array
        a = n.func.value if of_array and isinstance(n.func, ast.Attribute) else n.args[0]
        b, matrix = n.args[-1], named(n) != "multiply"
    else:
        return
    if named(n) == "outer":
        assert isinstance(n, ast.Call)
        yield site.edit(
            ast.Call(n.func, [b, a], []), "transpose", 1.1, "swap the arguments of outer"
        )
    if len(site.shape) < 1 and not matrix:
        return
    if matrix and named(n) != "outer":
        new: ast.expr = binary(a, ast.Mult(), b)
        if site.fits(new, same_shape=False):
            yield site.edit(new, "wrong-operand", 1.4, "elementwise * instead of a matrix product")
    for first, second in ((a, b), (b, a)):
        for left, right in itertools.product(
            (first, transposed(first)), (second, transposed(second))
        ):
            if matrix and left is a and right is b:
                continue
            moved = (first is not a) + (left is not first) + (right is not second)
            new = binary(left, ast.MatMult(), right)
            if site.fits(new):
                kind = "transpose" if matrix else "wrong-operand"
                what = "other transposes" if matrix else "a matrix product instead of elementwise *"
                yield site.edit(new, kind, 1.0 + 0.1 * moved + 0.3 * (not matrix), what)


def factors(site: Site) -> Iterator[Edit]:
    """A factor or term too many, an inverted one, a power."""
    n = site.node
    if isinstance(n, ast.BinOp):
        op, left, right = n.op, n.left, n.right
        if isinstance(op, ast.Mult):
            if site.fits(left, same_shape=False):
                yield site.edit(
                    left, _dropped(site, right), 1.3, f"without the factor {_short(right)}"
                )
            if site.fits(right, same_shape=False):
                yield site.edit(
                    right, _dropped(site, left), 1.3, f"without the factor {_short(left)}"
                )
            yield site.edit(binary(left, ast.Div(), right), "scale", 1.5, "/ instead of *")
        elif isinstance(op, ast.Div):
            yield site.edit(
                left, _dropped(site, right), 1.3, f"without the division by {_short(right)}"
            )
            yield site.edit(binary(left, ast.Mult(), right), "scale", 1.5, "* instead of /")
            yield site.edit(
                binary(right, ast.Div(), left), "wrong-operand", 1.7, "swap the two operands"
            )
        elif isinstance(op, ast.Add | ast.Sub):
            what = "-" if isinstance(op, ast.Sub) else "+"
            yield site.edit(left, "wrong-operand", 1.4, f"without the term {what} {_short(right)}")
            if isinstance(op, ast.Add):
                yield site.edit(right, "wrong-operand", 1.4, f"without the term {_short(left)}")
        elif isinstance(op, ast.MatMult):
            for kept, lost in ((left, right), (right, left)):
                if site.fits(kept):
                    yield site.edit(
                        kept, "wrong-operand", 1.6, f"without the factor {_short(lost)}"
                    )
        elif isinstance(op, ast.Pow):
            yield site.edit(left, "wrong-operand", 1.3, "without the power")
    parts = _chain(n)
    if len(parts) > 2 and not isinstance(site.parent, ast.BinOp):
        for count in range(1, len(parts) - 1):
            for kept_parts in itertools.combinations(parts, count):
                product = _product(kept_parts)
                if site.fits(product, same_shape=False):
                    what = f"only {_short(product)}"
                    yield site.edit(product, "wrong-operand", 1.4, what)
    if isinstance(n, ast.Call) and named(n) == "multiply" and len(n.args) == 2:
        for kept, lost in (n.args, n.args[::-1]):
            yield site.edit(kept, _dropped(site, lost), 1.3, f"without the factor {_short(lost)}")
    within = isinstance(site.parent, ast.BinOp) or site.root
    if within and is_floating(site.value) and not isinstance(n, ast.Constant):
        two = ast.Constant(2)
        if not (isinstance(site.parent, ast.BinOp) and isinstance(site.parent.op, ast.Pow)):
            square = binary(n, ast.Pow(), two)
            yield site.edit(square, "wrong-operand", 1.4, f"{_short(n)} squared")
        rest = binary(ast.Constant(1), ast.Sub(), n)
        yield site.edit(rest, "wrong-operand", 1.5, f"1 - {_short(n)}")
        if not isinstance(n, ast.BinOp):
            module = site.sight.numeric_module()
            for function in ("sqrt", "exp", "log") if module else ():
                new = ast.Call(parse(f"{module}.{function}"), [n], [])
                yield site.edit(new, "wrong-operand", 1.7, f"{function} of {_short(n)}")


def _dropped(site: Site, factor: ast.expr) -> str:
    value = site.sight.value(factor)
    return "scale" if is_number(value) or np.size(value) == 1 else "wrong-operand"


def choices(site: Site) -> Iterator[Edit]:
    """Comparisons, branches, where."""
    n = site.node
    if isinstance(n, ast.Compare) and len(n.ops) == 1:
        flips: dict[type[ast.cmpop], type[ast.cmpop]] = {
            ast.Lt: ast.Gt,
            ast.Gt: ast.Lt,
            ast.LtE: ast.Gt,
            ast.GtE: ast.Lt,
        }
        flip = flips.get(type(n.ops[0]))
        if flip is not None:
            turned = ast.Compare(n.left, [flip()], n.comparators)
            yield site.edit(turned, "wrong-activation-derivative", 1.1, "the opposite comparison")
    elif isinstance(n, ast.IfExp):
        yield site.edit(
            ast.IfExp(n.test, n.orelse, n.body), "wrong-operand", 1.3, "swap the branches"
        )
        yield site.edit(n.body, "wrong-operand", 1.5, "the first branch always")
        yield site.edit(n.orelse, "wrong-operand", 1.5, "the second branch always")
    elif isinstance(n, ast.Call) and named(n) == "where" and len(n.args) == 3:
        new_args = [n.args[0], n.args[2], n.args[1]]
        new_call = ast.Call(n.func, new_args, n.keywords)
        yield site.edit(new_call, "wrong-activation-derivative", 1.2, "swap the two cases of where")
        for scalar in site.sight.floats[:6]:
            for i in (1, 2):
                other: ast.expr = binary(scalar.tree, ast.Mult(), n.args[3 - i])
                cases = [other if j == i else a for j, a in enumerate(n.args)]
                what = f"{_short(other)} in one case"
                new = ast.Call(n.func, cases, n.keywords)
                yield site.edit(new, "wrong-activation-derivative", 1.4, what)


def reductions(site: Site) -> Iterator[Edit]:
    """sum for mean, another axis, a reduction too early or missing."""
    n = site.node
    if isinstance(n, ast.Call) and named(n) in _REDUCTIONS:
        method = not any(named(n) == "sum" and isinstance(n.func, ast.Name) for _ in (0,)) and not (
            len(n.args) and is_array(site.sight.value(n.args[0]))
        )
        if isinstance(n.func, ast.Attribute):
            other = "sum" if named(n) != "sum" else "mean"
            swapped = ast.Attribute(n.func.value, other, ast.Load())
            new = ast.Call(swapped, n.args, n.keywords)
            yield site.edit(new, "bias-reduction", 1.1, f"{other} instead of {named(n)}")
            inner = n.func.value if method else n.args[0]
            if is_array(site.sight.value(inner)) or not _pure(inner):
                yield site.edit(inner, "early-reduction", 1.3, f"without the {named(n)}")
            others = [k for k in n.keywords if k.arg not in ("axis", "keepdims")]
            before = {k.arg: ast.unparse(k.value) for k in n.keywords}
            rank = np.ndim(site.sight.value(inner)) or 2
            for axis in [None, *range(rank), *itertools.combinations(range(rank), 2)]:
                for keep in (False, True):
                    axes = [] if axis is None else [ast.keyword("axis", ast.Constant(axis))]
                    if keep:
                        axes.append(ast.keyword("keepdims", ast.Constant(True)))
                    args = [] if method else n.args[:1]
                    call = ast.Call(n.func, args, [*axes, *others])
                    same = before.get("axis", "None") == repr(axis)
                    if site.fits(call, same_shape=False):
                        what = "over everything" if axis is None else f"over axis {axis}"
                        cost = 1.2 + 0.1 * same + 0.1 * isinstance(axis, tuple)
                        yield site.edit(call, "bias-reduction", cost, f"reduce {what}")
    elif site.root and len(site.shape) >= 2 and not isinstance(n, ast.Constant):
        for axis in range(len(site.shape)):
            for keep in (False, True):
                words = [ast.keyword("axis", ast.Constant(axis))]
                if keep:
                    words.append(ast.keyword("keepdims", ast.Constant(True)))
                call = ast.Call(ast.Attribute(n, "sum", ast.Load()), [], words)
                yield site.edit(call, "bias-reduction", 1.4, f"sum over axis {axis}")
        if site.root:
            for inner in (x for x in ast.walk(n) if isinstance(x, ast.Call)):
                if inner is not n and named(inner) in _REDUCTIONS:
                    kept: ast.expr = (
                        inner.func.value if isinstance(inner.func, ast.Attribute) else inner
                    )
                    if inner.args and is_array(site.sight.value(inner.args[0])):
                        kept = inner.args[0]
                    new_tree = substituted(n, inner, kept)
                    yield site.edit(new_tree, "early-reduction", 1.4, "without the early reduction")


def transposes(site: Site) -> Iterator[Edit]:
    n = site.node
    if isinstance(n, ast.Attribute) and n.attr == "T":
        yield site.edit(n.value, "transpose", 1.0, "without the transpose")
    elif isinstance(n, ast.Call) and named(n) in ("transpose", "swapaxes"):
        inner = n.args[0] if n.args and is_array(site.sight.value(n.args[0])) else None
        if inner is None and isinstance(n.func, ast.Attribute):
            inner = n.func.value
        if inner is not None:
            yield site.edit(inner, "transpose", 1.1, "without the transpose")
        order = [a for a in n.args if isinstance(a, ast.Constant)]
        if named(n) == "transpose" and len(order) == len(site.shape) > 2:
            rest = [a for a in n.args if not isinstance(a, ast.Constant)]
            for axes in itertools.permutations(range(len(order))):
                args: list[ast.expr] = [*rest, *(ast.Constant(i) for i in axes)]
                new = ast.Call(n.func, args, n.keywords)
                if site.fits(new):
                    yield site.edit(new, "transpose", 1.2, f"the axes in the order {axes}")
    elif len(site.shape) == 2 and not (
        isinstance(site.parent, ast.Attribute) and site.parent.attr == "T"
    ):
        simple = isinstance(n, ast.Name | ast.Attribute | ast.Subscript)
        yield site.edit(
            transposed(n), "transpose", 1.1 if simple else 1.4, f"{_short(n)} transposed"
        )
    if isinstance(n, ast.Call) and named(n) == "reshape" and isinstance(n.func, ast.Attribute):
        flipped = ast.Call(
            ast.Attribute(transposed(n.func.value), "reshape", ast.Load()), n.args, []
        )
        yield site.edit(flipped, "transpose", 1.3, "transpose before the reshape")
        if len(n.args) > 1:
            for order_ in itertools.permutations(n.args):
                if list(order_) != n.args:
                    new = ast.Call(n.func, list(order_), n.keywords)
                    yield site.edit(new, "shape", 1.3, "another order of the axes")
    if isinstance(n, ast.Call) and named(n) == "einsum" and n.args:
        subscripts = n.args[0]
        if isinstance(subscripts, ast.Constant) and isinstance(subscripts.value, str):
            for text in _einsums(subscripts.value):
                new = ast.Call(n.func, [ast.Constant(text), *n.args[1:]], n.keywords)
                if site.fits(new):
                    yield site.edit(new, "transpose", 1.2, f"the subscripts {text}")


def _einsums(subscripts: str) -> Iterator[str]:
    """Two letters of one operand, or of the result, swapped; one letter replaced."""
    if "->" not in subscripts:
        return
    parts = subscripts.replace(" ", "").replace("->", ",").split(",")
    letters = sorted(set("".join(parts)) - {"."})

    def joined(i: int, part: str) -> str:
        new = [part if j == i else p for j, p in enumerate(parts)]
        return ",".join(new[:-1]) + "->" + new[-1]

    for i, part in enumerate(parts):
        for a, b in itertools.combinations(range(len(part)), 2):
            swapped = list(part)
            swapped[a], swapped[b] = swapped[b], swapped[a]
            yield joined(i, "".join(swapped))
        for a, letter in itertools.product(range(len(part)), letters):
            if letter not in part:
                yield joined(i, part[:a] + letter + part[a + 1 :])


def calls(site: Site) -> Iterator[Edit]:
    """Another function, swapped arguments, a flag, a call too many."""
    n = site.node
    if not isinstance(n, ast.Call):
        return
    name = ast.unparse(n.func)
    if len(n.args) == 1 and not n.keywords and name in site.sight.functions:
        for function in site.sight.functions:
            if function != name:
                new = ast.Call(parse(function), n.args, [])
                yield site.edit(new, "wrong-activation-derivative", 1.2, f"{function} instead")
        yield site.edit(n.args[0], "wrong-operand", 1.4, f"without the call of {name}")
    elif (
        len(n.args) == 1
        and not n.keywords
        and is_floating(site.value)
        and not isinstance(site.sight.value(n.args[0]), (tuple, list))  # of several shapes
        and np.shape(site.sight.value(n.args[0])) == site.shape
    ):
        yield site.edit(n.args[0], "wrong-operand", 1.4, f"without the call of {name}")
    if len(n.args) == 2 and named(n) not in _PRODUCTS and not _harmless(n):
        new = ast.Call(n.func, n.args[::-1], n.keywords)
        yield site.edit(new, "wrong-operand", 1.3, "swap the arguments")
    function = site.sight.value(n.func)
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    inner = getattr(function, "__func__", function)
    if code is not None:
        defaults = getattr(inner, "__defaults__", None) or ()
        names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
        flags = [(k, v) for k, v in zip(names, defaults, strict=True) if isinstance(v, bool)]
        extra = getattr(inner, "__kwdefaults__", None) or {}
        flags += [(k, v) for k, v in extra.items() if isinstance(v, bool)]
        for flag, default in flags:
            others = [k for k in n.keywords if k.arg != flag]
            if len(others) == len(n.keywords):
                others.append(ast.keyword(flag, ast.Constant(not default)))
            new = ast.Call(n.func, n.args, others)
            yield site.edit(new, "missing-activation-derivative", 1.1, f"{flag}={not default}")


def constants(site: Site) -> Iterator[Edit]:
    """The numbers written directly in this expression."""
    for node in _own_constants(site.node):
        value = node.value
        above = site.parents.get(node)
        scales = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Mult | ast.Div)
        whole = isinstance(value, int)
        near = [-value, value + 1, value - 1, 2 * value, value / 2, 0, 1, 2]
        for new in dict.fromkeys(int(x) if whole and x == int(x) else x for x in near):
            if new == value or (isinstance(above, ast.Slice | ast.keyword) and new != int(new)):
                continue
            kind = "sign" if new == -value else "scale" if scales else "wrong-operand"
            if isinstance(above, ast.Slice | ast.Subscript) or named(above) == "range":
                kind = "indexing"
            if isinstance(above, ast.UnaryOp) and new < 0:
                continue
            cost = 1.1 if abs(new) in (abs(value), 2 * value, value / 2) else 1.2
            yield site.edit(ast.Constant(new), kind, cost, f"{new} instead of {value}", node)


def _own_constants(node: ast.AST) -> Iterator[Any]:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield node
        return
    if isinstance(node, ast.Subscript):
        return
    for child in ast.iter_child_nodes(node):
        parts = child.elts if isinstance(child, ast.Tuple) else [child]
        for outer in parts:
            part = outer.operand if isinstance(outer, ast.UnaryOp) else outer
            part = part.value if isinstance(part, ast.keyword) else part
            if isinstance(part, ast.Constant) and type(part.value) in (int, float):
                yield part


def names(site: Site) -> Iterator[Edit]:
    """Another variable: the neighbour's index, another quantity of the same shape."""
    n = site.node
    if isinstance(n, ast.Call) and named(n) == "len" and _is_count(site):
        yield from _other_counts(site)
    if not isinstance(n, ast.Name | ast.Attribute | ast.Subscript):
        return
    if isinstance(n, ast.Attribute) and n.attr == "T":
        return
    numeric = is_array(site.value) or isinstance(site.value, float | np.floating)
    if isinstance(n, ast.Subscript):
        container = site.sight.value(n.value)
        kind = "indexing" if isinstance(container, np.ndarray) else "wrong-operand"
        for variant in index_variants(n, site.sight):
            if site.fits(variant, same_shape=False):
                yield site.edit(variant, kind, 1.0, f"{ast.unparse(variant)} instead")
        for new in _other_indices(n, site.sight):
            if site.fits(new, same_shape=False):
                yield site.edit(new, kind, 1.2, f"{ast.unparse(new)} instead")
    if _is_count(site):
        one = ast.Constant(1)
        for op in (ast.Add(), ast.Sub()):
            yield site.edit(binary(n, op, one), "indexing", 1.2, "off by one")
        yield from _other_counts(site)
    if not numeric:
        return
    for atom in site.sight.arrays + site.sight.floats:
        if atom.text == site.text or not site.fits(atom.tree):
            continue
        cost = 1.1 if alike(atom.text, site.text) else 1.3
        new = atom.tree
        if atom.shape != site.shape and atom.shape == site.shape[::-1]:
            new, cost = transposed(atom.tree), cost + 0.2
        yield site.edit(new, "wrong-operand", cost, f"{ast.unparse(new)} instead")
    for function in site.sight.functions:
        new = ast.Call(parse(function), [n], [])
        yield site.edit(new, "activation-derivative-at-wrong-value", 1.5, f"{function} of it")
    # all uses of this name in the expression at once
    top = site.node
    while isinstance(site.parents.get(top), ast.expr):
        top = site.parents[top]  # type: ignore[assignment]
    uses = [x for x in ast.walk(top) if type(x) is type(n) and ast.unparse(x) == site.text]
    if len(uses) > 1 and uses[0] is n:
        likes = [a.tree for a in site.sight.like(site.shape) if a.text != site.text]
        applied = [ast.Call(parse(f), [n], []) for f in site.sight.functions]
        for replacement in [*likes, *applied]:
            changes: dict[ast.AST, ast.AST | list[ast.stmt]] = {
                use: ast.copy_location(replacement, use) for use in uses
            }
            what = f"{ast.unparse(replacement)} instead of {site.text}"
            yield Edit(changes, top, "activation-derivative-at-wrong-value", 1.4, what)


def _is_count(site: Site) -> bool:
    return isinstance(site.value, int | np.integer) and not isinstance(site.value, bool)


def _other_counts(site: Site) -> Iterator[Edit]:
    scales = isinstance(site.parent, ast.BinOp)
    for atom in site.sight.counts:
        if atom.text != site.text and atom.value != site.value:
            kind, cost = ("scale", 1.1) if scales else ("indexing", 1.3)
            yield site.edit(atom.tree, kind, cost, f"{atom.text} instead")


def alike(a: str, b: str) -> bool:
    """Do two names look alike, as z1 and a1, W1 and W2, self.z and self.a do?"""
    a, b = a.rpartition(".")[2], b.rpartition(".")[2]
    return len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) <= 1


def _other_indices(node: ast.Subscript, sight: Sight) -> Iterator[ast.expr]:
    """Another counter in sight instead of the one in the index."""
    for inner in ast.walk(node.slice):
        if not isinstance(inner, ast.Name) or not is_number(sight.value(inner)):
            continue
        for atom in sight.counts:
            if isinstance(atom.tree, ast.Name) and atom.text != inner.id:
                yield substituted(node, inner, atom.tree)


# -- rows: something is missing at this place ------------------------------------------------------

# what an activation's derivative can look like, with x one of the quantities in sight
_DERIVATIVES = (
    "x * (1 - x)",
    "np.multiply(x, 1 - x)",
    "1 - x ** 2",
    "x > 0",
    "1 - np.tanh(x) ** 2",
    "np.exp(-x) / (1 + np.exp(-x)) ** 2",
    "1 / (1 + np.exp(-x))",
    "np.where(x > 0, 1.0, s )",
    "np.where(x > 0, 1.0, x + s )",
    "np.where(x > 0, 1.0, s * np.exp(x))",
    "np.cos(x)",
    "-np.sin(x)",
    "np.exp(x)",
    "2 * x",
    "1 / x",
    "1 - np.exp(-x)",
)


def derivatives(site: Site) -> Iterator[Edit]:
    """The missing factor of the chain rule: a true local derivative, made of what is in sight."""
    if not (site.root or site.factor) or not is_floating(site.value):
        return
    if site.sight.derivatives is None:
        site.sight.derivatives = list(_derivatives_in(site.sight, site.is_derivative))
    fitting = [d for d in site.sight.derivatives if np.shape(d[1]) == site.shape]
    parts = _chain(site.node)
    for factor, _ in fitting:
        what = f"times {_short(factor)}"
        cost = 1.2 if site.root else 1.4
        new: ast.expr = binary(site.node, ast.Mult(), factor)
        if isinstance(site.value, np.matrix):  # whose * is the matrix product
            multiply = parse(f"{site.sight.numeric_module()}.multiply")
            new = ast.Call(multiply, [site.node, factor], [])
        yield site.edit(new, "missing-activation-derivative", cost, what)
        if site.is_derivative(site.value):
            continue
        # instead of what is there: another activation's derivative, or at another value
        what = f"{_short(factor)} instead"
        if site.root or isinstance(site.parent, ast.BinOp):
            yield site.edit(factor, "wrong-activation-derivative", 1.4, what)
        for count in range(1, min(len(parts), 6) - 1):
            for kept in itertools.combinations(parts, count):
                new = binary(_product(kept), ast.Mult(), factor)
                yield site.edit(new, "wrong-activation-derivative", 1.4, what)


def _chain(node: ast.expr) -> list[ast.expr]:
    """The factors of a * b * c."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*_chain(node.left), *_chain(node.right)]
    return [node]


def _filled(template: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\b[xs]\b", lambda found: f"({words[found[0]]})", template)


def _product(parts: tuple[ast.expr, ...]) -> ast.expr:
    return functools.reduce(lambda a, b: binary(a, ast.Mult(), b), parts)


def _derivatives_in(
    sight: Sight, is_derivative: Callable[[Any], bool]
) -> Iterator[tuple[ast.expr, Any]]:
    """Expressions that are a derivative, with their value."""
    small = [a.text for a in sight.floats if a.text.replace(".", "").isidentifier()][:4]
    library = sight.numeric_module()
    for atom in sight.arrays + sight.floats:
        for function in sight.functions:
            call = ast.Call(parse(function), [atom.tree], [])
            value = sight.value(call)
            if (is_array(value) or is_floating(value)) and is_derivative(value):
                yield call, np.asarray(value, dtype=float)
        for template in _DERIVATIVES:
            if "np." in template and not library:
                continue
            for s in [*small, "0.01", "0.1", "0.2", "1.0"] if "s" in template.split() else ["1.0"]:
                text = template.replace("np.", f"{library}.")
                text = _filled(text, {"x": atom.text, "s": s})
                value = sight.value_of(text)
                if value is not None and np.size(value) and is_derivative(value):
                    yield parse(text), np.asarray(value, dtype=float)


def scales(site: Site) -> Iterator[Edit]:
    """A missing count: the batch size, the number of outputs, 2, the rate of dropout."""
    if not site.term or not is_floating(site.value) or isinstance(site.node, ast.Constant):
        return
    seen: set[float] = {0.0, 1.0}
    base = 1.3 if site.root else 1.5
    for atom in site.sight.counts + site.sight.floats:
        size = float(np.asarray(atom.value).reshape(-1)[0])
        if size in seen or atom.text in site.sight.loops:
            continue
        seen.add(size)
        plain = isinstance(atom.tree, ast.Name | ast.Attribute)
        for op, cost, word in ((ast.Div(), 0.0, "divided by"), (ast.Mult(), 0.1, "times")):
            new = binary(site.node, op, atom.tree)
            what = f"{word} {atom.text}"
            yield site.edit(new, "scale", base + cost + 0.1 * (not plain), what)
    for number in (2, 0.5):
        new = binary(site.node, ast.Mult(), ast.Constant(number))
        yield site.edit(new, "scale", base + 0.2, f"times {number}")
    if site.root:
        for ratio in site.ratios:
            tree = expressed(ratio, site.sight)
            new = binary(site.node, ast.Mult(), tree or ast.Constant(ratio))
            cost = 1.6 if tree is not None else 2.0
            yield site.edit(new, "scale", cost, f"times {ast.unparse(tree) if tree else ratio}")


def lists(site: Site) -> Iterator[Edit]:
    """A list of gradients that lacks a factor, as after a loop over samples."""
    held = site.sight.value(site.node) if isinstance(site.node, ast.Name | ast.Attribute) else None
    whole = isinstance(site.parent, ast.Assign | ast.Return | ast.Tuple | ast.Dict | ast.List)
    if not whole or not isinstance(held, list) or not all(is_array(x) for x in held):
        return
    for atom in site.sight.counts + site.sight.floats:
        for op, word in (("/", "divided by"), ("*", "times")):
            text = f"[each {op} {atom.text} for each in {site.text}]"
            yield site.edit(parse(text), "scale", 1.4, f"each {word} {atom.text}")


def expressed(number: float, sight: Sight) -> ast.expr | None:
    """The number as a product or quotient of 1, 2, 1/2 and two counts or rates in sight."""
    scalars: dict[float, str] = {1.0: ""}
    for atom in sight.floats + sight.counts:
        size = float(np.asarray(atom.value).reshape(-1)[0])
        if size and atom.text not in sight.loops and len(scalars) < 24:
            scalars.setdefault(size, atom.text)
            if 0 < size < 1:  # the rate of a dropout, a momentum
                scalars.setdefault(1 - size, f"(1 - {atom.text})")
    found: list[str] = []
    for front, text in ((1.0, ""), (2.0, "2"), (0.5, "0.5"), (-1.0, "-1"), (-2.0, "-2")):
        for (x, over), (y, under) in itertools.product(scalars.items(), repeat=2):
            for value, sign in ((front * x / y, "/"), (front * x * y, "*")):
                if abs(value - number) <= 3e-5 * abs(number):
                    top = " * ".join(t for t in (text, over) if t) or "1"
                    found.append(f"{top} {sign} {under}" if under else top)
    return parse(min(found, key=len)) if found else None


def terms(site: Site) -> Iterator[Edit]:
    """A missing factor or term: a mask, a regulariser, the second path of a skip connection."""
    n = site.node
    above = site.parent
    sums = isinstance(above, ast.Call) and named(above) in ("sum", "mean", *_PRODUCTS)
    inner = sums or site.factor or site.term
    if not (site.root or inner) or not is_floating(site.value) or isinstance(n, ast.Constant):
        return
    whole = {ast.unparse(part) for part in _summands(n)}
    inside = {ast.unparse(x) for x in ast.walk(n) if isinstance(x, ast.expr)}
    fit = 0.1 if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add | ast.Sub) else 0.0
    for atom in site.sight.arrays + (site.sight.floats if not site.shape else []):
        if not _spreads(atom.shape, site.shape):
            continue
        if atom.text not in inside:
            masks = "mask" in atom.text.lower() or "drop" in atom.text.lower()
            kind = "dropout-mask" if masks else "wrong-operand"
            cost = 1.5 - 0.3 * masks + 0.1 * (not site.root)
            new = binary(n, ast.Mult(), atom.tree)
            yield site.edit(new, kind, cost, f"times {atom.text}")
            if not site.root:
                continue
            new = binary(n, ast.Div(), atom.tree)
            yield site.edit(new, kind, 1.6, f"divided by {atom.text}")
        if not site.root and sums and atom.shape == site.shape and atom.text not in whole:
            new = binary(n, ast.Add(), atom.tree)
            yield site.edit(new, "missing-term", 1.7, f"plus {atom.text}")
        if atom.shape == site.shape and atom.text not in whole and site.root:
            for count in [c for c in site.sight.counts if c.value > 1][:4] if site.shape else ():
                new = binary(n, ast.Add(), binary(atom.tree, ast.Div(), count.tree))
                what = f"plus {atom.text} / {count.text}"
                yield site.edit(new, "missing-term", 1.7 - fit, what)
            for op, cost, word in ((ast.Add(), 1.5, "plus"), (ast.Sub(), 1.7, "minus")):
                new = binary(n, op, atom.tree)
                yield site.edit(new, "missing-term", cost - fit, f"{word} {atom.text}")
    for atom in site.sight.counts + site.sight.floats if site.root and site.shape else []:
        if atom.value == 0 and atom.text.isidentifier() and atom.text not in site.sight.loops:
            new = binary(n, ast.Add(), atom.tree)  # what a loop carries is nothing at first
            yield site.edit(new, "missing-term", 1.5, f"plus {atom.text}")
    if fit and site.root:
        for one, two in itertools.combinations(site.sight.like(site.shape), 2):
            pair = binary(one.tree, ast.Mult(), two.tree)
            what = f"plus {ast.unparse(pair)}"
            yield site.edit(binary(n, ast.Add(), pair), "missing-term", 1.8, what)
    for missing in site.missing if site.root else ():
        for atom in site.sight.like(missing.shape):
            values = np.asarray(atom.value, dtype=float)
            size = float(np.sum(values**2))
            if site.shape != missing.shape or not size or missing.size < 3:
                continue  # anything is a multiple of a single number
            factor = float(np.sum(values * missing)) / size
            if abs(abs(factor) - 1) < 1e-4:
                continue
            if np.allclose(
                factor * values, missing, rtol=1e-4, atol=1e-4 * np.max(np.abs(missing))
            ):
                tree = expressed(factor, site.sight)
                cost = 1.3 - fit if tree is not None else 1.8
                tree = tree or ast.Constant(float(f"{factor:.6g}"))
                new = binary(n, ast.Add(), binary(tree, ast.Mult(), atom.tree))
                what = f"plus {ast.unparse(tree)} * {atom.text}"
                yield site.edit(new, "regulariser", cost, what)


def _summands(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return [*_summands(node.left), *_summands(node.right)]
    return [node]


def _spreads(shape: tuple[int, ...], onto: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, onto) == onto
    except ValueError:
        return False


def jacobians(site: Site) -> Iterator[Edit]:
    """Whole formulae that are often cut short: through softmax, and through a normalisation."""
    if not site.root or not site.shape or not is_floating(site.value):
        return
    alike = site.sight.like(site.shape)
    numpy = site.sight.numeric_module()
    for labels in site.sight.arrays if len(site.shape) == 2 and numpy else ():
        if labels.value.dtype.kind in "iu" and labels.value.size == site.shape[0]:
            index = labels.text if labels.value.ndim == 1 else f"{labels.text}.ravel()"
            text = f"{ast.unparse(site.node)} - {numpy}.eye({site.shape[1]})[{index}]"
            yield site.edit(parse(text), "loss-gradient", 1.4, "minus the one-hot labels")
    for p, axis in itertools.product(alike, range(len(site.shape))):
        values = np.asarray(p.value, dtype=float)
        ends = f"axis={axis}, keepdims=True"
        if values.shape[axis] < 2:
            continue
        if np.all(values > 0) and np.allclose(values.sum(axis=axis), 1, atol=1e-9):
            for d in alike:
                if d is not p:
                    text = f"{p.text} * ({d.text} - ({d.text} * {p.text}).sum({ends}))"
                    yield site.edit(parse(text), "softmax-jacobian", 1.4, text)
        mean, spread = values.mean(axis=axis), values.std(axis=axis)
        if np.allclose(mean, 0, atol=1e-6) and np.allclose(spread, 1, atol=0.02):
            for d in alike:
                if d is p:
                    continue
                x = p.text
                text = f"{d.text} - {d.text}.mean({ends}) - {x} * ({d.text} * {x}).mean({ends})"
                yield site.edit(parse(text), "normalisation", 1.5, text)
                for s in site.sight.arrays:
                    if s.shape != site.shape and _spreads(s.shape, site.shape):
                        for op in "*/":
                            full = f"({text}) {op} {s.text}"
                            yield site.edit(parse(full), "normalisation", 1.4, full)


# -- rows: whole statements -----------------------------------------------------------------------


def statements(
    statement: ast.stmt, parents: Mapping[ast.AST, ast.AST], sight: Sight
) -> Iterator[Edit]:
    """= for +=, a statement too many, in the wrong place, or with its results swapped."""

    def edit(new: list[ast.stmt], kind: str, cost: float, advice: str) -> Edit:
        return Edit({statement: new}, statement, kind, cost, advice)

    def copied(new: ast.stmt) -> list[ast.stmt]:
        return [ast.fix_missing_locations(ast.copy_location(new, statement))]

    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
        plain_target = isinstance(target, ast.Name | ast.Attribute | ast.Subscript)
        if plain_target and sight.value(reading(target)) is not None:
            added = ast.AugAssign(target, ast.Add(), value)  # type: ignore[arg-type]
            yield edit(copied(added), "accumulation", 1.1, "+= instead of =")
        if isinstance(value, ast.Name | ast.Attribute | ast.Subscript):
            fresh = ast.Call(ast.Attribute(value, "copy", ast.Load()), [], [])
            yield edit(copied(ast.Assign([target], fresh)), "aliasing", 1.1, "a copy")
        for swapped in _swapped(target):
            yield edit(
                copied(ast.Assign([swapped], value)), "swapped-gradients", 1.2, "swap the targets"
            )
    if isinstance(statement, ast.AugAssign):
        plain = ast.Assign([statement.target], statement.value)
        yield edit(copied(plain), "accumulation", 1.1, "= instead of +=")
        if isinstance(statement.op, ast.Add | ast.Sub):
            other = ast.Sub() if isinstance(statement.op, ast.Add) else ast.Add()
            turned = ast.AugAssign(statement.target, other, statement.value)
            yield edit(copied(turned), "sign", 1.1, "the opposite sign of the update")
        if isinstance(statement.target, ast.Subscript) and isinstance(statement.op, ast.Add):
            at = parse("np.add.at")
            base, index = reading(statement.target.value), statement.target.slice
            scatter = ast.Expr(ast.Call(at, [base, index, statement.value], []))
            yield edit(copied(scatter), "scatter", 1.1, "np.add.at, which counts repeated indices")
        if isinstance(statement.target, ast.Name):
            fresh_value = binary(reading(statement.target), statement.op, statement.value)
            apart = ast.Assign([statement.target], fresh_value)
            yield edit(copied(apart), "aliasing", 1.2, "a new array instead of a change in place")
    if isinstance(statement, ast.Assign | ast.Return):
        for swapped in _swapped(statement.value):
            exchanged: ast.stmt = ast.Return(swapped)
            if isinstance(statement, ast.Assign):
                exchanged = ast.Assign(statement.targets, swapped)
            yield edit(copied(exchanged), "swapped-gradients", 1.1, "swap the results")
    if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr):
        yield edit([], "wrong-operand", 1.5, "without this line")
        yield from _moves(statement, parents)
    loop = parents.get(statement)
    if isinstance(loop, ast.For) and loop.body[-1] is statement:
        for name in sorted(carried(loop)):
            value = sight.value(ast.Name(name, ast.Load()))
            for atom in sight.like(np.shape(value)) if is_floating(value) else ():
                product = binary(ast.Name(name, ast.Load()), ast.Mult(), atom.tree)
                step = ast.Assign([ast.Name(name, ast.Store())], product)
                after = [statement, *copied(step)]
                yield edit(after, "recurrence", 1.5, f"then {ast.unparse(step)}")
    if isinstance(statement, ast.Return):
        yield from _dedents(statement, parents)
    if isinstance(statement, ast.For):
        backwards = ast.copy_location(
            ast.Call(
                ast.Name("reversed", ast.Load()),
                [ast.Call(ast.Name("list", ast.Load()), [statement.iter], [])],
                [],
            ),
            statement.iter,
        )
        inner = statement.iter
        if isinstance(inner, ast.Call) and named(inner) == "reversed":
            backwards = inner.args[0]  # type: ignore[assignment]
        yield Edit({inner: backwards}, inner, "recurrence", 1.3, "in the opposite order")


def carried(loop: ast.For) -> set[str]:
    """Variables that a turn of the loop reads before it writes them."""
    written: set[str] = set()
    found: set[str] = set()
    for statement in loop.body:
        names = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
        found |= {n.id for n in names if isinstance(n.ctx, ast.Load)} - written
        written |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return found & written


def _swapped(node: Any) -> Iterator[ast.expr]:
    """Two elements of a tuple, or two values of a dict, swapped."""
    if isinstance(node, ast.Tuple | ast.List):
        for i, j in itertools.combinations(range(len(node.elts)), 2):
            items = list(node.elts)
            items[i], items[j] = items[j], items[i]
            yield type(node)(items, node.ctx)
    elif isinstance(node, ast.Dict):
        for i, j in itertools.combinations(range(len(node.values)), 2):
            values = list(node.values)
            values[i], values[j] = values[j], values[i]
            yield ast.Dict(node.keys, values)
    elif isinstance(node, ast.Call) and named(node) == "dict" and not node.args:
        for i, j in itertools.combinations(range(len(node.keywords)), 2):
            words = list(node.keywords)
            a, b = words[i], words[j]
            words[i], words[j] = ast.keyword(a.arg, b.value), ast.keyword(b.arg, a.value)
            yield ast.Call(node.func, [], words)


def _block(statement: ast.stmt, parents: Mapping[ast.AST, ast.AST]) -> list[ast.stmt]:
    above = parents[statement]
    for name in ("body", "orelse", "finalbody"):
        block = getattr(above, name, None)
        if isinstance(block, list) and statement in block:
            return block
    return []


def _moves(statement: ast.stmt, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Edit]:
    """Later in its block: what is changed here is still needed below."""
    block = _block(statement, parents)
    here = block.index(statement) if statement in block else len(block)
    for there in range(here + 1, len(block)):
        if isinstance(block[there], ast.Return):
            break
        last = there == len(block) - 1 or isinstance(block[there + 1], ast.Return)
        if there - here <= 3 or last:
            changes: dict[ast.AST, ast.AST | list[ast.stmt]] = {
                statement: [],
                block[there]: [block[there], statement],
            }
            what = f"after line {block[there].lineno}"
            yield Edit(changes, statement, "updated-weights-used", 1.2, what)
    for there in range(here - 1, max(-1, here - 4), -1):
        changes = {statement: [], block[there]: [statement, block[there]]}
        what = f"before line {block[there].lineno}"
        yield Edit(changes, statement, "stale-buffer", 1.3, what)
    # out of the loop, to its beginning or its end
    above = parents[statement]
    if isinstance(above, ast.For | ast.While):
        out: dict[ast.AST, ast.AST | list[ast.stmt]] = {
            above: [statement, rebuilt_without(above, statement)]
        }
        yield Edit(out, statement, "accumulation", 1.3, "before the loop")
        out = {above: [rebuilt_without(above, statement), statement]}
        yield Edit(out, statement, "updated-weights-used", 1.3, "after the loop")


def rebuilt_without(loop: Any, statement: ast.stmt) -> ast.stmt:
    body = [s for s in loop.body if s is not statement] or [ast.Pass()]
    fields = dict(ast.iter_fields(loop))
    fields["body"] = body
    shorter: ast.stmt = type(loop)(**fields)
    return ast.fix_missing_locations(ast.copy_location(shorter, loop))


def _dedents(statement: ast.Return, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Edit]:
    """A return inside a loop, one or more levels further out."""
    above: Any = parents[statement]
    while isinstance(above, ast.For | ast.While | ast.If | ast.With):
        if isinstance(above, ast.For | ast.While):
            changes: dict[ast.AST, ast.AST | list[ast.stmt]] = {
                above: [rebuilt_without(above, statement), statement]
            }
            yield Edit(changes, statement, "accumulation", 1.1, "after the loop, not in it")
        above = parents.get(above)


def _pure(node: ast.AST) -> bool:
    return not any(isinstance(n, ast.Call) and not _harmless(n) for n in ast.walk(node))


def _short(node: ast.AST, width: int = 40) -> str:
    text = ast.unparse(node)
    return text if len(text) <= width else text[: width - 3] + "..."


ROWS: tuple[Callable[[Site], Iterator[Edit]], ...] = (
    signs,
    transposes,
    products,
    names,
    calls,
    constants,
    choices,
    reductions,
    factors,
    derivatives,
    scales,
    terms,
    jacobians,
    lists,
)
