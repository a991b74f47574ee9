"""A loop of a file: its statements, and the options that stand for some of them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from .rates import sets
from .upto import called

NONE = -1  # of the statements


@dataclass(frozen=True)
class Loop:
    """A loop of a module, or of a function that it calls; guarded as in `Call`.

    before, after   the statements that stand there beside it
    """

    node: ast.For | ast.While
    guarded: bool
    before: Sequence[ast.stmt] = ()
    after: Sequence[ast.stmt] = ()

    @property
    def body(self) -> list[ast.stmt]:
        return self.node.body

    @property
    def is_special(self) -> bool:
        """May its first turn do what others do not, as if it % 25 == 0: target.copy_from(net)?"""
        tests = (s for s in self.body if isinstance(s, ast.If) and not _tells(s))
        parts = (node for statement in tests for node in ast.walk(statement.test))
        return any(isinstance(node, ast.Mod) for node in parts)

    def then(self, end: int, text: str) -> str:
        """An option: the statements of the body up to one of them, and what is typed after."""
        return text if end == NONE else f"{self.lines(end)}; {text}"

    def lines(self, end: int) -> str:
        """The statements of the body up to one of them."""
        return written(self.body[0], self.body[end])

    def step(self, end: int, lr: str) -> str:
        """As `lines`, without those that set nothing but the rate: it is read before."""
        kept = (s for s in self.body[: end + 1] if not sets(s, lr))
        groups: list[list[ast.stmt]] = []
        for statement in kept:
            i = self.body.index(statement)
            if groups and i and groups[-1][-1] is self.body[i - 1]:
                groups[-1].append(statement)
            else:
                groups.append([statement])
        return "; ".join(written(group[0], group[-1]) for group in groups)

    def rates(self, end: int, lr: str) -> list[str]:
        """The statements up to one of them that do set it, one by one."""
        return [written(s, s) for s in self.body[: end + 1] if sets(s, lr)]


def written(first: ast.stmt, last: ast.stmt) -> str:
    """What stands for these lines of the file in an option."""
    begin, end = first.lineno, last.end_lineno
    return f"@{begin}" if begin == end else f"@{begin}-{end}"


def named(tree: ast.AST) -> set[str]:
    """The names that stand in it."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def stored(statement: ast.AST) -> set[str]:
    """The names that it sets."""
    nodes = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {n.id for n in nodes if isinstance(n.ctx, ast.Store)}


def touched(statement: ast.AST) -> set[str]:
    """The names that it sets, or of which it sets an item or an attribute: y[k] = 1."""
    found = stored(statement)
    for node in ast.walk(statement):
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            found |= named(node)
    return found


def overwritten(statement: ast.stmt, before: Sequence[ast.stmt]) -> set[str]:
    """Names that it makes anew, without what they held before: no update of parameters."""
    if not isinstance(statement, ast.Assign):
        return set()
    return stored(statement) - read_by(before, ast.unparse(statement.value))


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


def read_by(body: Sequence[ast.stmt], text: str) -> set[str]:
    """The names that an expression reads after these statements, and those that make them."""
    needed = named(ast.parse(text))
    for statement in reversed(body):
        if stored(statement) & needed:
            needed |= named(statement) - stored(statement)
    return needed


def _tells(statement: ast.If) -> bool:
    """Does it print, keep or leave, and no more?"""
    inner = (node for part in statement.body for node in ast.walk(part))
    calls = (node for node in inner if isinstance(node, ast.Call))
    names = {called(call) for call in calls}
    return bool(names & {"print", "append", "info", "write"}) or not names
