"""Training that stands inside of an expression, as statements of their own, which can be run alone.

losses = [step(b) for b in batches] is a loop; while (loss := f(W)) > 0.1 computes a loss.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from .contents import GAIN, LOSS, STEP
from .rates import moved
from .upto import called, typed_as

_AT_ONCE = frozenset(
    {"sum", "fsum", "mean", "average", "list", "tuple", "max", "min", "deque", "fromiter", "array"}
)  # what makes all turns of a generator
_CLOSED = (ast.Lambda, ast.IfExp, ast.BoolOp, ast.ListComp, ast.SetComp, ast.DictComp)
_Several = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def plain(tree: ast.Module) -> ast.Module:
    """The file with loops for comprehensions that train, and losses before conditions."""
    changed: ast.Module = _Plain(training(tree)).visit(tree)
    return ast.fix_missing_locations(changed)


def training(tree: ast.Module) -> set[str]:
    """The functions of the file that change what they do not make, or call one that does."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    calls = {
        function: {called(node) for node in ast.walk(function) if isinstance(node, ast.Call)}
        for function in functions
    }
    found = {function.name for function in functions if _changes(function)}
    while more := {f.name for f, names in calls.items() if names & found} - found:
        found |= more
    return found


def _changes(function: ast.FunctionDef) -> bool:
    given = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal):
            given |= {*node.names}
        elif isinstance(node, ast.For):
            given |= {*_names(node.target)}
    for target, by in map(moved, ast.walk(function)):
        products = (isinstance(node, ast.Mult) for node in ast.walk(by)) if by else ()
        if target is not None and (any(products) or {*_names(target)} & given):
            return True
    return False


def _names(node: ast.AST) -> Iterator[str]:
    return (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))


class _Plain(ast.NodeTransformer):
    def __init__(self, training: Collection[str]) -> None:
        self._training = training
        self._scopes: list[Counter[str]] = []
        self._count = 0

    def visit_Module(self, node: ast.Module) -> ast.AST:
        return self._within(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._within(node)

    def _within(self, node: ast.Module | ast.FunctionDef) -> ast.AST:
        arguments = (inner.arg for inner in ast.walk(node) if isinstance(inner, ast.arg))
        self._scopes.append(Counter([*_names(node), *arguments]))
        visited = self.generic_visit(node)
        self._scopes.pop()
        return visited

    def visit_While(self, node: ast.While) -> ast.AST:
        self.generic_visit(node)
        sets = [one for one in ast.walk(node.test) if isinstance(one, ast.NamedExpr)]
        if not any(self._tells(one) for one in sets) or node.orelse:
            return node
        loop = copy.copy(node)
        test = _without_sets(node.test)
        leave = _at(ast.If(ast.UnaryOp(ast.Not(), test), [_at(ast.Break(), node)], []), node.test)
        made = [_at(ast.Assign([_stored(one.target)], one.value), one) for one in sets]
        loop.test = _at(ast.Constant(True), node.test)
        before = [typed_as(one, one) for one in made]
        loop.body = [*before, typed_as(leave, None), *node.body]
        return loop

    def _tells(self, one: ast.NamedExpr) -> bool:
        """Is it a loss, or what a training returns?"""
        loss = any(word in one.target.id.lower() for word in (*LOSS, *GAIN))
        return loss or one.target.id in ("J", "L", "E", "C") or self._trains(one.value)

    def _trains(self, value: ast.AST) -> bool:
        calls = (called(node) for node in ast.walk(value) if isinstance(node, ast.Call))
        return any(name in self._training or name.lower().startswith(STEP) for name in calls)

    def visit_Assign(self, node: ast.Assign) -> Any:
        return self._opened(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        return self._opened(node)

    def visit_Return(self, node: ast.Return) -> Any:
        return self._opened(node)

    def visit_Expr(self, node: ast.Expr) -> Any:
        return self._opened(node)

    def _opened(self, statement: Any) -> ast.stmt | list[ast.stmt]:
        """The loops of what it makes of many, and then the statement."""
        loops: list[ast.stmt] = []
        for one in list(_made_at_once(statement.value)) if statement.value else []:
            inside = one.value if isinstance(one, ast.DictComp) else one.elt
            if self._trains(inside) and not any(part.is_async for part in one.generators):
                self._count += 1
                kept = f"_each_{self._count}"
                loops += self._loop(one, kept, statement)
                result: ast.expr = ast.Name(kept, ast.Load())
                if isinstance(one, ast.SetComp):
                    result = ast.Call(ast.Name("set", ast.Load()), [result], [])
                statement.value = _replaced(statement.value, one, result)
        return [*loops, statement] if loops else statement

    def _loop(self, one: _Several, kept: str, at: ast.stmt) -> list[ast.stmt]:
        """What is kept, and the loop that fills it."""
        others = self._scopes[-1] - Counter(_names(one))
        sets = {name for part in one.generators for name in _names(part.target)}
        renamed = {name: f"{name}_in{kept[5:]}" for name in sets & others.keys()}
        first, *more = one.generators
        for part in (first.target, *first.ifs, *more, *_parts(one)):
            for node in ast.walk(part):
                if isinstance(node, ast.Name) and node.id in renamed:
                    node.id = renamed[node.id]
        target, every = first.target, first.iter
        if more or first.ifs:
            targets = [part.target for part in one.generators]
            target = targets[0] if not more else ast.Tuple(targets, ast.Store())
            every = ast.GeneratorExp(_loaded(target), one.generators)
        begin: ast.expr = ast.List([], ast.Load())
        if isinstance(one, ast.DictComp):
            begin = ast.Dict([], [])
            value = one.value
            place = ast.Subscript(ast.Name(kept, ast.Load()), one.key, ast.Store())
            turn: ast.stmt = ast.Assign([place], value)
        else:
            value = one.elt
            add = ast.Attribute(ast.Name(kept, ast.Load()), "append", ast.Load())
            turn = ast.Expr(ast.Call(add, [value], []))
        body = typed_as(_at(turn, value), value)
        start = _at(ast.Assign([ast.Name(kept, ast.Store())], begin), at)
        start.end_lineno, start.col_offset, start.end_col_offset = at.lineno, 0, 0
        return [start, _at(ast.For(copy.deepcopy(target), every, [body], []), at)]


def _parts(one: _Several) -> Sequence[ast.expr]:
    return [one.key, one.value] if isinstance(one, ast.DictComp) else [one.elt]


def _made_at_once(value: ast.AST) -> Iterator[_Several]:
    """The comprehensions in an expression that are made in any case, and once."""
    if isinstance(value, ast.ListComp | ast.SetComp | ast.DictComp):
        yield value
    elif isinstance(value, ast.Call) and called(value) in _AT_ONCE and value.args:
        first, *more = value.args
        if isinstance(first, ast.GeneratorExp):
            yield first
        rest: list[ast.expr] = more if isinstance(first, ast.GeneratorExp) else value.args
        for part in rest:
            yield from _made_at_once(part)
    elif not isinstance(value, (*_CLOSED, ast.GeneratorExp)):
        for child in ast.iter_child_nodes(value):
            yield from _made_at_once(child)


def _replaced(tree: ast.expr, one: ast.expr, other: ast.expr) -> ast.expr:
    class Replace(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Any:
            return _at(other, node) if node is one else self.generic_visit(node)

    return Replace().visit(tree)  # type: ignore[no-any-return]


def _without_sets(tree: ast.expr) -> ast.expr:
    """With names for what is set there."""

    class Names(ast.NodeTransformer):
        def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
            return ast.copy_location(ast.Name(node.target.id, ast.Load()), node)

    return Names().visit(copy.deepcopy(tree))  # type: ignore[no-any-return]


def _stored(name: ast.Name) -> ast.expr:
    return ast.Name(name.id, ast.Store())


def _loaded(target: ast.expr) -> ast.expr:
    other = copy.deepcopy(target)
    for node in ast.walk(other):
        if hasattr(node, "ctx"):
            node.ctx = ast.Load()
    return other


def _at(node: Any, other: ast.AST) -> Any:
    return ast.copy_location(node, other)
