"""The learning rate of a training loop, as its source tells it."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..descent import is_rate

NO_RATE = "1"  # what is written of an update that multiplies with nothing


def rate_of(
    updates: Sequence[ast.stmt],
    namespace: Mapping[str, Any],
    trained: Sequence[str],
    made: Collection[str],
) -> str:
    """The learning rate in the statements of an update; "" where it is not plain.

    trained   names of what is updated
    made      names that the loop sets: a rate has no such one, unless it is called so
    """
    nodes = [node for update in updates for node in ast.walk(update)]
    named = {ast.unparse(n) for n in nodes if _is_named_rate(n, namespace)} - {*trained}
    named |= {
        ast.unparse(n.value) for n in nodes if isinstance(n, ast.keyword) and is_rate(n.arg or "")
    }
    asked = [rate for n in nodes if isinstance(n, ast.Call) for rate in _of_call(n, namespace)]
    named |= {*asked}
    named = named or {rate for name in trained for rate in _of_class(name, namespace[name])}
    named = named or {rate for n in nodes for rate in _of_owner(n, namespace)}
    held, namespace = namespace, {n: v for n, v in namespace.items() if n not in made}
    shared = _shared(nodes, namespace, trained)
    shared -= {name for n in nodes if isinstance(n, ast.For) for name in _names(n.target)}
    if len(shared) == 1 and not shared & named:  # alpha may weigh a penalty, eta be trained
        return shared.pop()
    plain, factors, passed = set(), set(), set()
    along = {ast.unparse(s) for n in nodes for s in _of_velocity(n) if _is_number(s, namespace)}
    for node in nodes:
        _, by = moved(node)
        if isinstance(by, ast.BinOp):
            plain |= {ast.unparse(s) for s in _factors(by) if _is_number(s, namespace)}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
            factors |= {ast.unparse(s) for s in _factors(node) if _is_number(s, namespace)}
        elif isinstance(node, ast.Call):
            passed |= {ast.unparse(a) for a in node.args if _is_number(a, namespace)}
    for found in (named, plain, along, factors, passed):
        if len(found) == 1:
            return found.pop()
        if found:
            return ""
    mine = {id(held[name]) for name in trained}  # net, which its method knows as self
    targets = [n.target for n in updates if isinstance(n, ast.AugAssign)]
    bases = (held.get(base) for base in map(base, targets))
    return NO_RATE if any(id(value) in mine for value in bases) else ""


def _shared(
    nodes: Sequence[ast.AST], namespace: Mapping[str, Any], trained: Sequence[str]
) -> set[str]:
    """The numbers by a name that multiply all of what is added to each that is trained."""
    by_name: dict[str, list[set[str]]] = {}
    for target, by in map(moved, nodes):
        if target is not None and by is not None and base(target) in trained:
            numbers = (factor for factor in _factors(by) if _is_number(factor, namespace))
            names = {ast.unparse(one) for one in numbers if not isinstance(one, ast.Constant)}
            by_name.setdefault(base(target), []).append(names - {*trained})
    every = [names for some in by_name.values() for names in some]
    return set.intersection(*every) if by_name.keys() >= {*trained} and every else set()


def _names(node: ast.AST) -> Iterator[str]:
    return (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))


def base(node: ast.expr) -> str:
    """The name before all attributes and items."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def sets(statement: ast.stmt, rate: str) -> bool:
    """Does it change the rate, and nothing else?"""
    targets = [n for n in ast.walk(statement) if isinstance(getattr(n, "ctx", None), ast.Store)]
    return bool(targets) and all(ast.unparse(target) == rate for target in targets)


def _is_named_rate(node: ast.AST, namespace: Mapping[str, Any]) -> bool:
    """lr, self.lr, config["lr"]."""
    if isinstance(node, ast.Name):
        return is_rate(node.id)
    key = getattr(node, "slice", None)
    last = key.value if isinstance(key, ast.Constant) else getattr(node, "attr", "")
    known = isinstance(node, ast.Attribute | ast.Subscript) and is_rate(str(last))
    return known and _is_number(node, namespace)  # type: ignore[arg-type]


def _of_call(call: ast.Call, namespace: Mapping[str, Any]) -> Iterator[str]:
    """The rate that a function of the file is given, by its place, or has by default."""
    function = _value(call.func, namespace)
    if not isinstance(function, types.FunctionType | types.MethodType):
        return
    for i, (name, parameter) in enumerate(inspect.signature(function).parameters.items()):
        if not is_rate(name) or any(keyword.arg in (name, None) for keyword in call.keywords):
            continue
        if i < len(call.args):
            yield ast.unparse(call.args[i])
        elif type(parameter.default) is float:
            yield repr(parameter.default)


def _of_class(name: str, held: Any) -> Iterator[str]:
    """The rate that the class of a net holds for all of its nets."""
    for attribute, value in vars(type(held)).items():
        if (
            is_rate(attribute)
            and type(value) is float
            and attribute not in getattr(held, "__dict__", ())
        ):
            yield f"{name}.{attribute}"


def _of_owner(node: ast.AST, namespace: Mapping[str, Any]) -> Iterator[str]:
    """The rate that an object holds of which a method is called."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute):
        attributes = getattr(_value(function.value, namespace), "__dict__", {})
        for attribute, value in attributes.items():
            if is_rate(attribute) and type(value) is float:
                yield f"{ast.unparse(function.value)}.{attribute}"


def _factors(node: ast.expr) -> Iterator[ast.expr]:
    """What a product is made of, but for what it is divided by."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        yield from _factors(node.left)
        if isinstance(node.op, ast.Mult):
            yield from _factors(node.right)
    else:
        yield _positive(node)


def _positive(node: ast.expr) -> ast.expr:
    return node.operand if isinstance(node, ast.UnaryOp) else node


def _is_number(node: ast.expr, namespace: Mapping[str, Any]) -> bool:
    if isinstance(node, ast.Constant):
        return type(node.value) is float
    return type(_value(node, namespace)) is float  # a gradient may be a float64


def _value(node: ast.expr, namespace: Mapping[str, Any]) -> Any:
    """What a name, an attribute or an item holds; None where that cannot be told without a call."""
    if isinstance(node, ast.Name):
        return namespace.get(node.id)
    if isinstance(node, ast.Attribute):
        held = _value(node.value, namespace)
        of_class = getattr(type(held), node.attr, None)
        if isinstance(of_class, types.FunctionType):
            of_class = types.MethodType(of_class, held)
        return getattr(held, "__dict__", {}).get(node.attr, of_class)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        held = _value(node.value, namespace)
        return held.get(node.slice.value) if type(held) is dict else None
    return None


def written_rate(file: Path) -> str:
    """The one number that the file's functions multiply with, where they change what they hold.

    As in self.W -= 0.1 * dW; "" where there is none, or another, or where a rate has a name.
    """
    tree = ast.parse(file.read_bytes())
    if any(is_rate(getattr(n, "id", getattr(n, "attr", ""))) for n in ast.walk(tree)):
        return ""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    found = {rate for function in functions for rate in _rates(function)}
    return found.pop() if len(found) == 1 else ""


def _rates(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        held, by = moved(node)
        if not isinstance(held, ast.Attribute | ast.Subscript) or by is None:
            continue
        for product in ast.walk(by):
            if isinstance(product, ast.BinOp) and isinstance(product.op, ast.Mult):
                sides = map(_positive, (product.left, product.right))
                yield from (ast.unparse(side) for side in sides if _is_number(side, {}))


def _of_velocity(node: ast.AST) -> list[ast.expr]:
    """The factors of what is added to a part of what was there: lr of v = mu * v - lr * g."""
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp)):
        return []
    target, value = ast.unparse(node.targets[0]), node.value
    part = value.left
    if not (isinstance(value.op, ast.Add | ast.Sub) and isinstance(part, ast.BinOp)):
        return []
    kept = isinstance(part.op, ast.Mult) and target in map(ast.unparse, _factors(part))
    return list(_factors(value.right)) if kept and isinstance(value.right, ast.BinOp) else []


def moved(node: ast.AST) -> tuple[ast.expr | None, ast.expr | None]:
    """What a statement changes, and by what: x -= e, x += e, x = x - e."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
        return node.target, node.value
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
        target, value = node.targets[0], node.value
        same = ast.unparse(target) == ast.unparse(value.left)
        if same and isinstance(value.op, ast.Add | ast.Sub):
            return target, value.right
    return None, None
