"""Hooks in the source of a function: hook(number, e) for each expression e that it reads."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

HOOK = "\0gradcheck.blame hook"  # stands for the hook until the code is compiled
TICK = -1  # what a loop reports to the hook at each turn
WIDEN = -3  # what is read is reported so where it may have to be in float64
COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def shallow(node: Any) -> Any:
    """copy.copy, but the faster."""
    new: Any = ast.AST.__new__(type(node))
    vars(new).update(vars(node))
    return new


def called(number: int, value: ast.expr) -> ast.Call:
    parts = [ast.copy_location(ast.Constant(constant), value) for constant in (HOOK, number)]
    return ast.copy_location(ast.Call(parts[0], [parts[1], value], []), value)


def _local(tree: Definition) -> frozenset[str]:
    """The variables of a function itself."""
    args = tree.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
    names = {a.arg for a in every if a is not None}
    names |= set(_stored(tree.body if isinstance(tree.body, list) else [tree.body]))
    foreign = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Global | ast.Nonlocal)
        for name in node.names
    }
    return frozenset(names - foreign)


def _stored(nodes: Sequence[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif not isinstance(node, ast.Lambda | COMPREHENSIONS):
            yield from _stored(list(ast.iter_child_nodes(node)))


class Ticks(ast.NodeTransformer):
    """A tick at each turn of a loop, so that an edit that loops for ever can be stopped."""

    def _loop(self, node: ast.For | ast.While | ast.AsyncFor) -> ast.AST:
        new: ast.For | ast.While | ast.AsyncFor = shallow(node)
        tick = ast.Expr(called(TICK, ast.copy_location(ast.Constant(None), node)))
        new.body = [ast.copy_location(tick, node), *[self.visit(s) for s in node.body]]
        new.orelse = [self.visit(s) for s in node.orelse]
        return new

    visit_For = visit_While = visit_AsyncFor = _loop

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Copies what it changes: the tree is shared with the unedited function."""
        if not hasattr(node, "body") and not hasattr(node, "cases"):
            return node
        new = node
        for name, value in ast.iter_fields(node):
            if (
                isinstance(value, list)
                and value
                and isinstance(value[0], ast.stmt | ast.excepthandler | ast.match_case)
            ):
                new = shallow(node) if new is node else new
                setattr(new, name, [self.visit(item) for item in value])
        return new


class Hooks(ast.NodeTransformer):
    """hook(number, e) for each expression e that is read; everything else stays as it is."""

    def __init__(
        self, number: Callable[[ast.expr], int], modules: frozenset[str], capture: bool
    ) -> None:
        self._number, self._modules, self._capture = number, modules, capture
        self._around: list[frozenset[str]] = []

    def whole(self, tree: Definition) -> Definition:
        around = frozenset().union(*self._around) if self._capture else frozenset[str]()
        kept = ast.Tuple(
            [ast.Name(n, ast.Load()) for n in sorted(around - _local(tree))], ast.Load()
        )
        self._around.append(_local(tree) if self._capture else frozenset())
        if isinstance(tree, ast.Lambda):
            tree.body = self.visit(tree.body)
            if kept.elts:
                tree.body = ast.IfExp(ast.Constant(1), tree.body, kept)
        else:
            tree.body = [self.visit(s) for s in tree.body]
            if kept.elts:
                tree.body.append(ast.If(ast.Constant(0), [ast.Expr(kept)], []))
        self._around.pop()
        return tree

    def _wrap(self, node: ast.expr) -> ast.expr:
        number = self._number(node)
        self.generic_visit(node)
        return called(number, node)

    visit_BinOp = visit_Compare = visit_IfExp = visit_BoolOp = _wrap

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        return node if isinstance(node.operand, ast.Constant) else self._wrap(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        number = self._number(node)
        if isinstance(node.func, ast.Attribute):
            node.func.value = self.visit(node.func.value)
        elif not isinstance(node.func, ast.Name):
            node.func = self.visit(node.func)
        node.args = [self.visit(a) for a in node.args]
        node.keywords = [self.visit(k) for k in node.keywords]
        return called(number, node)

    def _named(self, node: ast.Name | ast.Attribute | ast.Subscript) -> ast.expr:
        if isinstance(node, ast.Name):
            reads = isinstance(node.ctx, ast.Load) and node.id not in self._modules
            return called(self._number(node), node) if reads and node.id != "self" else node
        if not isinstance(node.ctx, ast.Load):
            # the container of a store stays bare: a perturbed copy of it would lose the store
            if isinstance(node, ast.Subscript):
                node.slice = self.visit(node.slice)
            return node
        return self._wrap(node)

    visit_Name = visit_Attribute = visit_Subscript = _named

    def _root(self, node: Any) -> Any:
        """A number that stands alone is a value like any other: x = 0.0, return 1."""
        value = node.value
        if isinstance(value, ast.Constant) and type(value.value) in (int, float):
            if not isinstance(node, ast.Expr):
                node.value = called(self._number(value), value)
        elif value is not None:
            node.value = self.visit(value)
        if isinstance(node, ast.Assign):
            node.targets = [self.visit(t) for t in node.targets]
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            node.target = self.visit(node.target)
        return node

    visit_Assign = visit_AugAssign = visit_AnnAssign = visit_Return = visit_Expr = _root

    def _untouched(self, node: ast.AST) -> ast.AST:
        return node

    visit_JoinedStr = visit_Raise = visit_Delete = visit_Constant = _untouched
    visit_TemplateStr = visit_Import = visit_ImportFrom = _untouched

    def _definition(self, node: Any) -> Any:
        return self.whole(node)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _definition

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [self.visit(s) if isinstance(s, Definition) else s for s in node.body]
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.body = [self.visit(s) for s in node.body]
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        node.guard = node.guard and self.visit(node.guard)
        node.body = [self.visit(s) for s in node.body]
        return node

    def _loop(self, node: Any) -> Any:
        self.generic_visit(node)
        tick = ast.Expr(called(TICK, ast.copy_location(ast.Constant(None), node)))
        node.body = [ast.copy_location(tick, node), *node.body]
        return node

    visit_For = visit_While = visit_AsyncFor = _loop
