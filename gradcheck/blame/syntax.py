"""Small pieces of syntax, made and taken apart."""

from __future__ import annotations

import ast
import functools
import math
from collections.abc import Sequence
from typing import Any

from ..descent import is_rate
from .hooks import shallow
from .remembered import remembered

VARIABLE = ast.Name | ast.Attribute | ast.Subscript  # x, x.y, x[i]: read or set
_SYMBOLS = {  # as text, and how strongly it binds
    ast.Add: ("+", 1),
    ast.Sub: ("-", 1),
    ast.Mult: ("*", 2),
    ast.Div: ("/", 2),
    ast.MatMult: ("@", 2),
}
_CLOSED = frozenset({ast.Name, ast.Attribute, ast.Subscript, ast.Call})


@remembered(50_000)
def unparsed(node: ast.AST) -> str:
    """The text of a node, which must not change any more: ast.unparse, but each part only once.

    Edits are made of parts of the program, so the texts of most parts are known.
    """
    return _closed(node) or _operation(node) or _statement(node) or ast.unparse(node)


def _closed(node: Any) -> str:
    """The text of a name, number, attribute, item or call; "" where ast.unparse must tell."""
    kind = type(node)
    if kind is ast.Name:
        return str(node.id)
    if kind is ast.Constant and type(node.value) in (int, float) and abs(node.value) < math.inf:
        return repr(node.value)
    if kind is ast.Attribute and type(node.value) in _CLOSED:
        return f"{unparsed(node.value)}.{node.attr}"
    if kind is ast.Subscript and type(node.value) in _CLOSED and type(node.slice) is not ast.Tuple:
        return f"{unparsed(node.value)}[{unparsed(node.slice)}]"
    if kind is ast.Call and type(node.func) in _CLOSED and all(k.arg for k in node.keywords):
        parts = [
            *map(unparsed, node.args),
            *(f"{k.arg}={unparsed(k.value)}" for k in node.keywords),
        ]
        if not any(type(a) is ast.GeneratorExp for a in node.args):
            return f"{unparsed(node.func)}({', '.join(parts)})"
    return ""


def _operation(node: Any) -> str:
    if type(node) is not ast.BinOp or type(node.op) not in _SYMBOLS:
        return ""
    symbol, binds = _SYMBOLS[type(node.op)]
    left, right = _operand(node.left, binds), _operand(node.right, binds + 1)
    return f"{left} {symbol} {right}" if left and right else ""


def _statement(node: Any) -> str:
    """The text of x = e or x += e."""
    target: Any = None
    if type(node) is ast.AugAssign and type(node.op) in _SYMBOLS:
        target, sign = node.target, f"{_SYMBOLS[type(node.op)][0]}="
    elif type(node) is ast.Assign and len(node.targets) == 1:
        target, sign = node.targets[0], "="
    if type(target) not in _CLOSED or type(node.value) not in {*_CLOSED, ast.BinOp}:
        return ""
    return f"{unparsed(target)} {sign} {unparsed(node.value)}"


def _operand(node: Any, binds: int) -> str:
    """In parentheses where it binds less; "" where ast.unparse must tell."""
    kind = type(node)
    if kind in _CLOSED or (kind is ast.Constant and type(node.value) in (int, float)):
        return unparsed(node)
    if kind is ast.BinOp and type(node.op) in _SYMBOLS:
        weak = _SYMBOLS[type(node.op)][1] < binds
        return f"({unparsed(node)})" if weak else unparsed(node)
    return ""


def named(call: ast.AST | None) -> str:
    """The last name of the function called: np.sum and x.sum are "sum"."""
    if not isinstance(call, ast.Call):
        return ""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    if isinstance(call.func, ast.Name):  # by what it was imported as, or is known to mean
        return str(getattr(call.func, "meant", call.func.id))
    return ""


def fills(node: ast.AST) -> bool:
    """Is the result written into an array that is given: np.multiply(a, b, out=c)?"""
    return isinstance(node, ast.Call) and any(k.arg == "out" for k in node.keywords)


def binary(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.BinOp:
    return ast.BinOp(left, op, right)


def transposed(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


@remembered(20_000)
def parse(text: str) -> ast.expr:
    """Shared by all who ask: not to be changed."""
    return ast.parse(text, mode="eval").body


def chain(node: ast.expr) -> list[ast.expr]:
    """The factors of a * b * c."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*chain(node.left), *chain(node.right)]
    return [node]


def summands(node: ast.expr) -> list[ast.expr]:
    """The terms of a + b - c."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return [*summands(node.left), *summands(node.right)]
    return [node]


def product(parts: tuple[ast.expr, ...]) -> ast.expr:
    return functools.reduce(lambda a, b: binary(a, ast.Mult(), b), parts)


def short(node: ast.AST, width: int = 40) -> str:
    text = unparsed(node)
    return text if len(text) <= width else text[: width - 3] + "..."


def substituted(tree: Any, old: ast.AST, new: ast.AST) -> Any:
    """The expression with one node replaced; what does not hold it is shared."""
    if tree is old:
        return new
    if isinstance(tree, list):
        items = [substituted(item, old, new) for item in tree]
        return items if any(a is not b for a, b in zip(items, tree, strict=True)) else tree
    if not isinstance(tree, ast.AST):
        return tree
    fields = {name: substituted(value, old, new) for name, value in ast.iter_fields(tree)}
    if all(fields[name] is value for name, value in ast.iter_fields(tree)):
        return tree
    return ast.copy_location(type(tree)(**fields), tree)


def placed(node: Any, like: ast.AST) -> Any:
    """A copy of a piece where another one stands: it may be a part of the program, too."""
    return ast.copy_location(shallow(node), like)


@remembered(20_000)
def reading(node: Any) -> Any:
    """A copy of a target (ctx Store) as an expression that reads it; not to be changed."""
    text = unparsed(node)
    return ast.copy_location(ast.parse(text, mode="eval").body, node)


def targets_of(statement: Any) -> list[ast.expr]:
    """What a statement sets, if it sets anything."""
    target = getattr(statement, "target", None)
    return [target] if target is not None else list(getattr(statement, "targets", ()))


def first_target(statement: Any) -> Any:
    """What a statement sets, of x = y = e the x; None where it sets nothing."""
    return next(iter(targets_of(statement)), None)


def only_target(statement: Any) -> ast.expr | None:
    """x of x = e and x += e, where nothing else is set."""
    targets = targets_of(statement) if isinstance(statement, ast.Assign | ast.AugAssign) else []
    return targets[0] if len(targets) == 1 else None


def steps(statement: ast.AST) -> bool:
    """Does it move what it sets downhill?

    As w -= ..., w = w - ..., w += rate * ..., w = f(w, gradient, rate) do.
    """
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
        texts = [ast.unparse(arg) for arg in statement.value.args]
        first = texts[:1] == [ast.unparse(statement.targets[0])]
        return first and any(map(is_rate, words(statement.value)))
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.BinOp):
        left, op = statement.value.left, statement.value.op
        return isinstance(op, ast.Sub) and ast.unparse(left) == ast.unparse(statement.targets[0])
    if not isinstance(statement, ast.AugAssign):
        return False
    rates = any(map(is_rate, words(statement.value)))
    return isinstance(statement.op, ast.Sub) or (isinstance(statement.op, ast.Add) and rates)


def doing(block: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The lines of a block that do something: a pass may stand where one was."""
    return [line for line in block if not isinstance(line, ast.Pass)]


def opposite(op: ast.operator) -> ast.operator:
    return ast.Sub() if isinstance(op, ast.Add) else ast.Add()


def words(tree: Any) -> set[str]:
    """Names of variables and attributes."""
    nodes = ast.walk(tree) if isinstance(tree, ast.AST) else ()
    return {
        n.id if isinstance(n, ast.Name) else n.attr
        for n in nodes
        if isinstance(n, ast.Name | ast.Attribute)
    }


def multiplications(tree: Any) -> int:
    nodes = ast.walk(tree) if isinstance(tree, ast.AST) else ()
    return sum(isinstance(n, ast.Mult) or named(n) == "multiply" for n in nodes)


def reductions(tree: Any) -> int:
    """How many sums and means it takes."""
    nodes = ast.walk(tree) if isinstance(tree, ast.AST) else ()
    return sum(named(n) in ("sum", "mean", "average") for n in nodes)


def multiplies_matrices(root: Any) -> bool:
    nodes = ast.walk(root) if root is not None else ()
    return any(isinstance(n, ast.MatMult) or named(n) in ("dot", "matmul") for n in nodes)


def other_index(old: Any, new: Any) -> bool:
    both = isinstance(old, ast.Subscript) and isinstance(new, ast.Subscript)
    number = both and not isinstance(getattr(old.slice, "value", 0), str)
    return number and unparsed(old.value) == unparsed(new.value)
