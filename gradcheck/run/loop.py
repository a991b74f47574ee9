"""A loop of a file: its statements, and the options that stand for some of them."""

from __future__ import annotations

import ast
import copy
import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Self, TypeGuard

from .rates import base, moved, sets
from .upto import called, typed, yielded

NONE = -1  # of the statements


class Counted(Enum):
    """What a turn makes of statements under a test of a count: if (n + 1) % 4 == 0: ..."""

    TESTED = auto()  # as they stand
    NEVER = auto()  # no target network is copied, say
    ALWAYS = auto()  # a batch is all that gradients are added up over


@dataclass(frozen=True)
class Loop:
    """A loop of a module, or of a function that it calls; guarded as in `Call`.

    before, after   the statements that stand there beside it
    counted         what becomes of what it does now and then
    begun           how many statements of a turn were run before: what is done with another loss
    """

    node: ast.For | ast.While
    guarded: bool
    before: Sequence[ast.stmt] = ()
    after: Sequence[ast.stmt] = ()
    counted: Counted = Counted.TESTED
    begun: int = 0

    @functools.cached_property
    def runs(self) -> list[list[ast.stmt]]:
        """The statements of a turn, in pieces that stand in the file without a gap."""
        found: list[list[ast.stmt]] = [[]]
        for statement in self.node.body:
            if yielded(statement):
                found.append([])
            elif self.counted is not Counted.TESTED and _is_counted(statement):
                found += [statement.body] if self.counted is Counted.ALWAYS else []
                found.append([])
            else:
                found[-1].append(statement)
        left = self.begun
        for i, run in enumerate(found):
            found[i], left = run[left:], max(left - len(run), 0)
        return [run for run in found if run]

    @functools.cached_property
    def body(self) -> list[ast.stmt]:
        return [statement for run in self.runs for statement in run]

    @property
    def yields(self) -> Iterator[ast.expr]:
        """What a generator hands out in a turn."""
        return filter(None, map(yielded, self.node.body))

    @property
    def is_special(self) -> bool:
        """May its first turn do what others do not, as if it % 25 == 0: target.copy_from(net)?"""
        return any(map(_is_counted, self.node.body))

    def done(self, end: int) -> int:
        """The last statement that belongs to an update: gradients are begun anew after it."""
        if self.counted is not Counted.ALWAYS:
            return end
        (run,) = (run for run in self.runs if self.body[end] in run)
        return end + len(run) - 1 - run.index(self.body[end])

    def with_counted(self, counted: Counted) -> Self:
        return replace(self, counted=counted)

    def after_statement(self, end: int) -> Self:
        """What is left of a turn after one of its statements."""
        return replace(self, begun=self.begun + end + 1)

    def then(self, end: int, text: str) -> str:
        """An option: the statements of the body up to one of them, and what is typed after."""
        lines = "" if end == NONE else self.lines(end)
        return f"{lines}; {text}" if lines else text

    def lines(self, end: int) -> str:
        """The statements of the body up to one of them."""
        return self._written(self.body[: end + 1])

    def step(self, end: int, lr: str) -> str:
        """As `lines`, without those that set nothing but the rate: it is read before.

        And without what ends a training that has converged, as a second step from one place is.
        """
        return self._written([s for s in self.body[: end + 1] if not (sets(s, lr) or _ends(s))])

    def rates(self, end: int, lr: str) -> list[str]:
        """The statements up to one of them that do set it, one by one."""
        return [written(s, s) for s in self.body[: end + 1] if sets(s, lr)]

    def _written(self, kept: Sequence[ast.stmt]) -> str:
        """These of its statements, those without a gap together."""
        groups: list[list[ast.stmt]] = []
        follows = {id(b): a for run in self.runs for a, b in itertools.pairwise(run)}
        for statement in kept:
            last = groups[-1][-1] if groups else None
            alone = typed(statement) is not None or (last is not None and typed(last) is not None)
            if last is not None and last is follows.get(id(statement)) and not alone:
                groups[-1].append(statement)
            else:
                groups.append([statement])
        return "; ".join(filter(None, (written(group[0], group[-1]) for group in groups)))


def parted(option: str) -> tuple[str, str]:
    """The statements in front of what an option computes, ready to be put there again; and that."""
    *lines, text = option.rpartition("; ")
    return "".join(lines), text


def written(first: ast.stmt, last: ast.stmt) -> str:
    """What stands for these lines of the file in an option."""
    if (text := typed(first)) is not None:
        return text
    begin, end = first.lineno, last.end_lineno
    return f"@{begin}" if begin == end else f"@{begin}-{end}"


def named(tree: ast.AST) -> set[str]:
    """The names that stand in it."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def stored(statement: ast.AST) -> set[str]:
    """The names that it sets."""
    nodes = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {n.id for n in nodes if isinstance(n.ctx, ast.Store)}


def inlined(node: ast.expr, values: Mapping[str, ast.expr]) -> ast.expr:
    """With the values of names in their place."""

    class Inline(ast.NodeTransformer):
        def visit_Name(self, name: ast.Name) -> ast.expr:
            return values.get(name.id, name)

    return Inline().visit(copy.deepcopy(node))  # type: ignore[no-any-return]


def touched(statement: ast.AST) -> set[str]:
    """The names that it sets, or of which it sets an item or an attribute: y[k] = 1."""
    found = stored(statement)
    for node in ast.walk(statement):
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            found |= named(node)
    return found


def called_upon(statement: ast.AST) -> set[str]:
    """The names that it calls a method of, for what that does: episode.append(x)."""
    calls = (n.value for n in ast.walk(statement) if isinstance(n, ast.Expr))
    functions = (call.func for call in calls if isinstance(call, ast.Call))
    return {
        name
        for function in functions
        if isinstance(function, ast.Attribute)
        for name in named(function.value)
    }


def overwritten(statement: ast.stmt, before: Sequence[ast.stmt]) -> set[str]:
    """Names that it makes anew, without what they held before: no update of parameters."""
    if not isinstance(statement, ast.Assign):
        return set()
    return stored(statement) - read_by(before, ast.unparse(statement.value))


def handed_on(name: str, body: Sequence[ast.stmt]) -> bool:
    """Is it only set to what is made beside it, as state = next_state? Or averaged: 0.9 x + 0.1 y.

    An update builds on the old value: x = x - e, x = (1 - c) * x - e, x = update(x).
    """
    nodes = [node for statement in body for node in ast.walk(statement)]
    if any(name in touched(node) for node in nodes if isinstance(node, ast.AugAssign)):
        return False
    pairs = [pair for node in nodes if isinstance(node, ast.Assign) for pair in assigned(node)]
    values = [value for target, value in pairs if target == name]
    through = {value.id for value in values if isinstance(value, ast.Name)} - {name}
    values += [value for target, value in pairs if target in through]
    return bool(values) and not any(_builds_on(value, name) for value in values)


def assigned(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    """The names that it sets, or changes, each with its value or that of all."""
    for target in node.targets:
        values = [node.value]
        targets = [target]
        if isinstance(target, ast.Tuple):
            targets = target.elts
            same = isinstance(node.value, ast.Tuple) and len(node.value.elts) == len(targets)
            values = node.value.elts if same else values * len(targets)  # type: ignore[attr-defined]
        for part, value in zip(targets, values, strict=False):
            yield from ((name, value) for name in touched(part) or named(part))


def _builds_on(value: ast.expr, name: str) -> bool:
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Sub):
        left = value.left
        product = isinstance(left, ast.BinOp) and isinstance(left.op, ast.Mult)
        if product and isinstance(value.op, ast.Sub):
            return name in named(left)
        return _builds_on(left, name) if isinstance(left, ast.BinOp) else named(left) == {name}
    calls = (node for node in ast.walk(value) if isinstance(node, ast.Call))
    return any(name in named(call) for call in calls)


def scaled(body: Sequence[ast.stmt]) -> set[str]:
    """Names that it only multiplies or divides, as a rate that is adapted: rate *= 0.5."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    by = [node for node in nodes if isinstance(node, ast.AugAssign)]
    factors = {
        node.target.id
        for node in by
        if isinstance(node.target, ast.Name) and isinstance(node.op, ast.Mult | ast.Div)
    }
    sums = {n for node in by if not isinstance(node.op, ast.Mult | ast.Div) for n in stored(node)}
    made = {name for node in nodes if isinstance(node, ast.Assign) for name in stored(node)}
    return factors - sums - made


def updated_in_any_case(body: Sequence[ast.stmt]) -> set[str]:
    """The names of what each turn updates by what is written, one by one or listed in a loop."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.For | ast.With):
            inside = updated_in_any_case(statement.body)
            found |= inside
            if isinstance(statement, ast.For) and inside & named(statement.target):
                lists = (n for n in ast.walk(statement.iter) if isinstance(n, ast.Tuple | ast.List))
                found |= {e.id for one in lists for e in one.elts if isinstance(e, ast.Name)}
        target, _ = moved(statement)
        found |= {base(target)} if target is not None else set()
    return found


def read_by(body: Sequence[ast.stmt], text: str) -> set[str]:
    """The names that an expression reads after these statements, and those that make them."""
    needed = named(ast.parse(text))
    for statement in reversed(body):
        if stored(statement) & needed:
            needed |= named(statement) - stored(statement)
    return needed


def _is_counted(statement: ast.stmt) -> TypeGuard[ast.If]:
    """Is it done now and then, by a count: n % 10 == 0, or one that begins anew then?

    Not where it only prints, keeps or leaves.
    """
    if not isinstance(statement, ast.If) or statement.orelse or _tells(statement):
        return False
    by_parts = any(isinstance(node, ast.Mod) for node in ast.walk(statement.test))
    begun = (s for s in statement.body if isinstance(s, ast.Assign) and _is_zero(s.value))
    return by_parts or any(stored(one) & named(statement.test) for one in begun)


def _ends(statement: ast.stmt) -> bool:
    """Does it leave the loop under a condition, and update nothing?"""
    if not isinstance(statement, ast.If) or statement.orelse:
        return False
    inner = [node for part in statement.body for node in ast.walk(part)]
    return isinstance(statement.body[-1], ast.Break) and not any(
        isinstance(node, ast.AugAssign) for node in inner
    )


def _is_zero(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and type(value.value) is int and not value.value


def _tells(statement: ast.If) -> bool:
    """Does it print, keep or leave, and no more?"""
    inner = [node for part in statement.body for node in ast.walk(part)]
    names = {called(node) for node in inner if isinstance(node, ast.Call)}
    changes = any(isinstance(node, ast.Assign | ast.AugAssign) for node in inner)
    return bool(names & {"print", "append", "info", "write"}) or not (names or changes)
