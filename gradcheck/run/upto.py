"""The part of a file that runs before one of its lines is reached."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

Node = TypeVar("Node", bound=ast.AST)

COUNT = "_turns_before"  # the variable that counts them
STOPPED = "_stopped"  # is it the turn that is meant?
YIELDED = "_yielded"  # that of what a generator hands out


DEEP = 3  # calls, one inside another, that are followed


class Call(NamedTuple):
    """A statement that calls a function or method of the file, as main() or net.train(X, y).

    guarded   does it stand under if __name__ == "__main__"?
    within    the call of the function that the statement stands in, if it stands in one
    """

    statement: ast.stmt
    function: ast.FunctionDef
    arguments: list[ast.stmt]  # as assignments to the names that they have inside
    guarded: bool
    within: Call | None = None

    def before(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """What runs before the function begins, of a module with this body."""
        if self.within is not None:
            above, body = self.within.before(body), self.within.function.body
        else:
            above = []
        at, column = self.statement.lineno, self.statement.col_offset
        return [*above, *_cut(body, at, column=column, begins=False), *self.arguments]


def up_to(tree: ast.Module, line: int, turns: int = 0) -> ast.Module:
    """What runs before a line is reached; of a loop that begins there its variable is set.

    turns   of that loop, that run before

    Of a function, what stands before the line runs among the names of the module, after all that
    stands before the call of it.
    """
    for call in calls(tree):
        if call.function.body[0].lineno <= line <= _end(call.function):
            inside = _cut(call.function.body, line, turns=turns)
            return ast.Module([*call.before(tree.body), *inside], [])
    return ast.Module(_cut(tree.body, line, turns=turns), [])


def calls(tree: ast.Module) -> Iterator[Call]:
    """The statements at the top level that call a function of the file."""
    functions: dict[str, ast.FunctionDef] = {}
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        of = node.name if isinstance(node, ast.ClassDef) else ""
        defined = (node for node in inside if isinstance(node, ast.FunctionDef))
        functions |= {f.name: _handing_on(outside(f, of)) for f in defined}
    for statement, guarded in statements(tree.body, loops=True):
        yield from _calls_in(statement, functions, guarded, None)


def _calls_in(
    statement: ast.stmt,
    functions: Mapping[str, ast.FunctionDef],
    guarded: bool,
    within: Call | None,
    deep: int = 1,
) -> Iterator[Call]:
    """The calls in a statement, and those in the functions that it calls."""
    if not isinstance(statement, ast.Expr | ast.Assign | ast.AugAssign | ast.Return | ast.For):
        return
    inside = statement.iter if isinstance(statement, ast.For) else statement
    for call in (node for node in ast.walk(inside) if isinstance(node, ast.Call)):
        function = functions.get(called(call))
        if function is None:
            continue
        held = [call.func.value] if isinstance(call.func, ast.Attribute) else []
        arguments = handed(function, [*held, *call.args], call.keywords, statement)
        if arguments is None:
            continue
        found = Call(statement, function, arguments, guarded, within)
        yield found
        for inner, _ in statements(function.body if deep < DEEP else (), loops=True):
            yield from _calls_in(inner, functions, guarded, found, deep + 1)


def outside(node: Node, of: str) -> Node:
    """As it means the same outside of the class: self.__f is self._Net__f there."""
    if not of:
        return node
    moved = copy.deepcopy(node)
    for each in ast.walk(moved):
        for field in ("id", "attr"):
            name = getattr(each, field, "")
            if name.startswith("__") and not name.endswith("__"):
                setattr(each, field, f"_{of.lstrip('_')}{name}")
    return moved


def _handing_on(function: ast.FunctionDef) -> ast.FunctionDef:
    """A generator as a function that keeps what it hands out: its loop runs where it stands."""
    generates = (isinstance(node, ast.Yield) for node in ast.walk(function))
    return _Keep().visit(copy.deepcopy(function)) if any(generates) else function


class _Keep(ast.NodeTransformer):
    def visit_Expr(self, statement: ast.Expr) -> ast.stmt:
        if not isinstance(statement.value, ast.Yield):
            return statement
        value = statement.value.value or ast.Constant(None)
        kept = ast.Assign([ast.Name(YIELDED, ast.Store())], value)
        return ast.fix_missing_locations(ast.copy_location(kept, statement))


def yielded(statement: ast.stmt) -> ast.expr | None:
    """What a generator hands out there."""
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    is_kept = isinstance(target, ast.Name) and target.id == YIELDED
    return statement.value if isinstance(statement, ast.Assign) and is_kept else None


def typed_as(statement: Node, text: ast.AST | None) -> Node:
    """One that stands in no line of its own: what is typed for it in an option, if anything."""
    statement.typed = text  # type: ignore[attr-defined]
    return statement


def typed(statement: ast.AST) -> str | None:
    """What is typed for a statement that stands in no line of its own; else None."""
    if not hasattr(statement, "typed"):
        return None
    return "" if statement.typed is None else ast.unparse(statement.typed)


def class_at(source: str, line: int) -> str:
    """The name of the class that the line stands in, or ""."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return ""
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return next((node.name for node in classes if node.lineno <= line <= _end(node)), "")


def statements(
    body: Sequence[ast.stmt], *, guarded: bool = False, loops: bool = False
) -> Iterator[tuple[ast.stmt, bool]]:
    """Those at the top level, and under if, with and try; and whether as a program only.

    loops   those in loops, too, after the loops themselves
    """
    for statement in body:
        if isinstance(statement, ast.If | ast.With | ast.Try):
            main = isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)
            yield from statements(statement.body, guarded=guarded or main, loops=loops)
            continue
        yield statement, guarded
        if loops and isinstance(statement, ast.For | ast.While):
            yield from statements(statement.body, guarded=guarded, loops=True)


def called(call: ast.Call) -> str:
    """The last name of the function called: np.sum and x.sum are "sum"."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def one_turn(body: Sequence[ast.stmt]) -> ast.For:
    """The statements of a loop in one of a single turn, which they may break or continue."""
    (turn,) = ast.parse("for _ in (0,): pass").body
    assert isinstance(turn, ast.For)
    turn.body = list(body)
    return turn


def leaves_loop(body: Sequence[ast.AST]) -> bool:
    """Is there a break or continue, outside of loops that these statements hold?"""
    inner = (ast.For, ast.AsyncFor, ast.While, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(
        isinstance(node, (ast.Break, ast.Continue))
        or (not isinstance(node, inner) and leaves_loop(list(ast.iter_child_nodes(node))))
        for node in body
    )


def handed(
    function: ast.FunctionDef,
    given: Sequence[ast.expr],
    named: Sequence[ast.keyword],
    at: ast.stmt,
) -> list[ast.stmt] | None:
    """The arguments of a call as assignments; None where that is not plain."""
    taken = [*function.args.posonlyargs, *function.args.args]
    starred = any(isinstance(value, ast.Starred) for value in given)
    if starred or len(given) > len(taken) or any(k.arg is None for k in named):
        return None
    defaults = function.args.defaults
    late = zip(taken[len(taken) - len(defaults) :], defaults, strict=True)
    values: dict[str, ast.expr | None] = {a.arg: value for a, value in late}
    more = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    values |= {a.arg: value for a, value in more}
    values |= {a.arg: value for a, value in zip(taken, given, strict=False)}
    values |= {keyword.arg: keyword.value for keyword in named if keyword.arg}
    if any(values.get(a.arg) is None for a in (*taken, *function.args.kwonlyargs)):
        return None
    assigned: list[ast.stmt] = []
    for name, value in values.items():
        if value is not None and not (isinstance(value, ast.Name) and value.id == name):
            assigned.append(ast.Assign([ast.Name(name, ast.Store())], value))
    return [ast.fix_missing_locations(ast.copy_location(one, at)) for one in assigned]


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _cut(
    body: Sequence[ast.stmt], line: int, *, column: int = 0, turns: int = 0, begins: bool = True
) -> list[ast.stmt]:
    """What stands before a place; of a loop that begins there, so many turns, and its variable.

    begins   may that loop begin? Not where the call is meant that it goes through
    """
    kept: list[ast.stmt] = []
    for statement in body:
        if (_end(statement), statement.end_col_offset or 0) <= (line, column):
            kept.append(statement)
            continue
        if statement.lineno > line:
            break
        part = copy.copy(statement)
        loop = isinstance(part, ast.For | ast.While)
        if loop and turns and begins and any(_begins(node, line) for node in ast.walk(part)):
            kept += _turns_of(part, line, turns)
            break
        if _begins(part, line) and part.col_offset >= column:
            if isinstance(part, ast.For) and begins:
                kept.append(_once(part, []))
            break
        for name in ("body", "orelse", "finalbody"):
            inner: list[ast.stmt] = getattr(part, name, [])
            if inner and inner[0].lineno <= line <= _end(inner[-1]):
                before = _cut(inner, line, column=column, turns=turns, begins=begins)
                nothing: list[ast.stmt] = [ast.copy_location(ast.Pass(), part)]
                setattr(part, name, before or nothing)
                if isinstance(part, ast.Try) and name == "body":  # what comes at its end does not
                    part.orelse, part.finalbody = [], nothing if part.finalbody else []
                kept.append(_once(part, part.body) if loop else part)  # type: ignore[attr-defined]
        break
    return kept


def _begins(node: ast.AST, line: int) -> bool:
    """Is it a loop, and in this line?"""
    return isinstance(node, ast.For | ast.While) and node.lineno == line


def _turns_of(loop: ast.stmt, line: int, turns: int) -> list[ast.stmt]:
    """So many turns of one in this line, perhaps inside of others, and the variable of the next."""
    begin = f"{COUNT}, {STOPPED} = 0, False"
    count = f"if {COUNT} == {turns}:\n  {STOPPED} = True\n  break\n{COUNT} += 1"

    def counted(statement: ast.stmt, within: bool) -> list[ast.stmt]:
        if not statement.lineno <= line <= _end(statement):
            return [statement]
        part: Any = copy.copy(statement)
        is_loop = isinstance(part, ast.For | ast.While)
        if _begins(part, line):
            part.body, part.orelse = [*_placed(count, part), *part.body], []
        else:
            for name in ("body", "orelse", "finalbody"):
                if inner := getattr(part, name, []):
                    kept = [one for each in inner for one in counted(each, within or is_loop)]
                    setattr(part, name, kept)
        return [part, *(_placed(f"if {STOPPED}: break", part) if is_loop and within else ())]

    return [*_placed(begin, loop), *counted(loop, False)]


def _placed(text: str, at: ast.stmt) -> list[ast.stmt]:
    """Statements as if they stood there."""
    found = ast.parse(text).body
    for node in (inner for statement in found for inner in ast.walk(statement)):
        ast.copy_location(node, at)
    return found


def _once(loop: ast.stmt, body: list[ast.stmt]) -> ast.stmt:
    part: Any = copy.copy(loop)
    part.body, part.orelse = [*body, ast.copy_location(ast.Break(), loop)], []
    made: ast.stmt = part
    return made
