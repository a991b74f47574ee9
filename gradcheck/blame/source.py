"""The user's functions as source that can be compiled again: hooked, edited, and swapped in.

A function is never replaced, only its `__code__`: classes, closures, decorators and bound methods
keep their identity, and putting the old code back undoes everything. The hook is called through a
constant of the code, so no namespace of the user gets a new name.
"""

from __future__ import annotations
import __future__

import ast
import copy
import functools
import gc
import inspect
import linecache
import operator
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..users import DEFINITIONS, is_users

Hook = Callable[[int, Any], Any]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Changes = Mapping[ast.AST, ast.AST | list[ast.stmt]]

HOOK = "\0gradcheck.blame hook"  # stands for the hook until the code is compiled
TICK = -1  # what a loop reports to the hook at each turn
# what `from __future__ import annotations` and its like have left in the code
FUTURE = functools.reduce(
    operator.or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)
# where the function stands: inside another one and, since Python 3.14, in a class
PLACE = inspect.CO_NESTED | getattr(inspect, "CO_METHOD", 0)
_PLACED = ast.expr | ast.stmt | ast.keyword | ast.excepthandler  # what has a line number
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(eq=False)
class Unit:
    """A function of the user that is alive, with its definition in the source.

    tree      the definition, as edited so far
    scope     name of the class that it stands in, for super() and private names
    """

    functions: list[types.FunctionType]
    code: types.CodeType
    file: str
    tree: Definition
    scope: str | None
    modules: frozenset[str]
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.index()

    def index(self) -> None:
        self.parents = {c: p for p in ast.walk(self.tree) for c in ast.iter_child_nodes(p)}

    @property
    def name(self) -> str:
        return self.code.co_name

    def put(self, code: types.CodeType) -> None:
        for function in self.functions:
            function.__code__ = code

    def plain(self, changes: Changes, hook: Hook) -> types.CodeType:
        """The edited function, with nothing added but a tick in every loop."""
        for old, new in changes.items():
            for tree in new if isinstance(new, list) else [new]:
                self._locate(tree, old)
        return self._compile(_Ticks().visit(rebuilt(self.tree, changes, self.parents)), hook)

    def watched(self, node: ast.expr, hook: Hook, number: int) -> types.CodeType:
        """The function with the hook around one expression, and a tick in every loop."""
        return self.plain({node: _call(number, node)}, hook)

    def _locate(self, node: ast.AST, like: ast.AST) -> None:
        """Places for what is new: most of an edit are parts of the program, and have theirs."""
        if node not in self.parents and isinstance(node, _PLACED):
            if not hasattr(node, "lineno"):
                ast.copy_location(node, like)
            for child in ast.iter_child_nodes(node):
                self._locate(child, like)

    def hooked(
        self, hook: Hook, number: Callable[[ast.expr], int], *, capture: bool = False
    ) -> types.CodeType:
        """The function with hook(number, e) for each expression e.

        capture   functions defined inside keep every variable around them in sight
        """
        memo: dict[int, Any] = {}
        duplicate = copy.deepcopy(self.tree, memo)
        origin: dict[int, Any] = {id(memo[id(n)]): n for n in ast.walk(self.tree) if id(n) in memo}
        hooks = _Hooks(lambda node: number(origin[id(node)]), self.modules, capture)
        return self._compile(ast.fix_missing_locations(hooks.whole(duplicate)), hook)

    def _compile(self, tree: Definition, hook: Hook) -> types.CodeType:
        """Compile the definition where it stands: in its class, with its closure's variables."""
        tree = _bare(tree)
        free = [name for name in self.code.co_freevars if name != "__class__"]
        if self.code.co_freevars and not isinstance(tree, ast.Lambda):
            # an edit may drop the last use of a closure's variable, but code must not lose its cell
            keep: list[ast.expr] = [ast.Name(n, ast.Load()) for n in self.code.co_freevars]
            never = ast.If(ast.Constant(0), [ast.Expr(ast.Tuple(keep, ast.Load()))], [])
            last = ast.copy_location(never, tree.body[-1])
            tree.body = [*tree.body, ast.fix_missing_locations(last)]
        inner: ast.stmt = ast.Expr(tree) if isinstance(tree, ast.Lambda) else tree
        names = ast.arguments([], [ast.arg(n) for n in free], None, [], [], None, [])
        enclosed: list[ast.stmt] = []
        if not isinstance(tree, ast.Lambda) and tree.name not in free:
            enclosed = [ast.Global([tree.name])]  # a function that calls itself by name
        outer: ast.stmt = ast.FunctionDef("_", names, enclosed, [], None)
        outer.type_params = []  # type: ignore[attr-defined]
        if self.scope is not None:
            outer = ast.ClassDef(self.scope, [], [], [outer], [])
            outer.type_params = []  # type: ignore[attr-defined]
        module = ast.fix_missing_locations(ast.Module([outer], []))
        enclosed.append(ast.copy_location(inner, tree))  # now: it has places of its own
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "'str' object is not callable"
            flags = self.code.co_flags & FUTURE
            code = compile(module, self.file, "exec", flags=flags, dont_inherit=True)
        for _ in range(2 if self.scope is None else 3):
            code = [c for c in code.co_consts if isinstance(c, types.CodeType)][-1]
        if code.co_freevars != self.code.co_freevars:
            raise SyntaxError("the edited function needs other variables of its closure")
        flags = code.co_flags & ~PLACE | self.code.co_flags & PLACE
        code = code.replace(co_qualname=self.code.co_qualname, co_flags=flags)
        return _with_hook(code, hook)


def _bare(tree: Definition) -> Definition:
    """The definition without what is evaluated around it: decorators, defaults, annotations."""
    tree = copy.copy(tree)
    args = copy.copy(tree.args)
    args.defaults, args.kw_defaults = [], [None] * len(args.kwonlyargs)
    for kind in ("posonlyargs", "args", "kwonlyargs"):
        setattr(args, kind, [_bare_argument(a) for a in getattr(args, kind)])
    args.vararg = args.vararg and _bare_argument(args.vararg)
    args.kwarg = args.kwarg and _bare_argument(args.kwarg)
    tree.args = args
    if not isinstance(tree, ast.Lambda):
        tree.decorator_list, tree.returns = [], None
    return tree


def _bare_argument(argument: ast.arg) -> ast.arg:
    return ast.copy_location(ast.arg(argument.arg), argument)


def _with_hook(code: types.CodeType, hook: Hook) -> types.CodeType:
    def put(constant: Any) -> Any:
        if isinstance(constant, types.CodeType):
            return _with_hook(constant, hook)
        return hook if constant == HOOK and isinstance(constant, str) else constant

    return code.replace(co_consts=tuple(put(c) for c in code.co_consts))


def rebuilt(tree: Any, changes: Changes, parents: Mapping[ast.AST, ast.AST]) -> Any:
    """The tree with some nodes replaced: the changed branches are copied, the rest is shared."""
    touched: set[ast.AST] = set()
    for node in changes:
        above: ast.AST | None = node
        while above is not None and above not in touched:
            touched.add(above)
            above = parents.get(above)

    def build(node: Any) -> Any:
        if node in changes:
            return changes[node]
        if node not in touched:
            return node
        new = copy.copy(node)
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                setattr(new, name, build(value))
            elif isinstance(value, list):
                items: list[Any] = []
                for item in value:
                    part = build(item) if isinstance(item, ast.AST) else item
                    items += part if isinstance(part, list) else [part]
                if name == "body" and not items:
                    items = [ast.copy_location(ast.Pass(), node)]
                setattr(new, name, items)
        return new

    return build(tree)


def unshared(node: Any) -> Any:
    """A copy in which no node stands in two places, as an edit may leave it."""
    if isinstance(node, list):
        return [unshared(item) for item in node]
    if not isinstance(node, ast.AST):
        return node
    new = copy.copy(node)
    for name, value in ast.iter_fields(node):
        setattr(new, name, unshared(value))
    return new


# -- hooks -----------------------------------------------------------------------------------------


def _call(number: int, value: ast.expr) -> ast.Call:
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


class _Ticks(ast.NodeTransformer):
    """A tick at each turn of a loop, so that an edit that loops for ever can be stopped."""

    def _loop(self, node: ast.For | ast.While | ast.AsyncFor) -> ast.AST:
        new = copy.copy(node)
        tick = ast.Expr(_call(TICK, ast.copy_location(ast.Constant(None), node)))
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
                new = copy.copy(node) if new is node else new
                setattr(new, name, [self.visit(item) for item in value])
        return new


class _Hooks(ast.NodeTransformer):
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
        return _call(number, node)

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
        return _call(number, node)

    def _named(self, node: ast.Name | ast.Attribute | ast.Subscript) -> ast.expr:
        if isinstance(node, ast.Name):
            reads = isinstance(node.ctx, ast.Load) and node.id not in self._modules
            return _call(self._number(node), node) if reads and node.id != "self" else node
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
                node.value = _call(self._number(value), value)
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
        node.body = [self.visit(s) if isinstance(s, _DEFINITIONS) else s for s in node.body]
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
        tick = ast.Expr(_call(TICK, ast.copy_location(ast.Constant(None), node)))
        node.body = [ast.copy_location(tick, node), *node.body]
        return node

    visit_For = visit_While = visit_AsyncFor = _loop


# -- which functions -------------------------------------------------------------------------------


def executed(run: Callable[[], Any]) -> set[types.CodeType]:
    """The code of the user's own functions that a run enters.

    But for those that ask pytest, too, to be passed over: __tracebackhide__ = True.
    """
    codes: set[types.CodeType] = set()

    def enter(frame: types.FrameType, event: str, _: Any) -> None:
        if event == "call":
            codes.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(enter)
    try:
        run()
    finally:
        sys.setprofile(None)
        if callable(before):
            sys.setprofile(before)
        elif before is not None:  # cProfile: an object that goes on only by its own method
            before.enable()
    return {
        code
        for code in codes
        if is_users(code.co_filename) and "__tracebackhide__" not in code.co_varnames
    }


def units(codes: set[types.CodeType]) -> tuple[list[Unit], list[types.CodeType]]:
    """The living functions of these codes with their source, and the codes that have none."""
    owners: dict[types.CodeType, list[types.FunctionType]] = {}
    for referrer in gc.get_referrers(*codes) if codes else ():
        if isinstance(referrer, types.FunctionType) and referrer.__code__ in codes:
            owners.setdefault(referrer.__code__, []).append(referrer)
    found: list[Unit] = []
    files: dict[str, _File | None] = {}
    for code, functions in owners.items():
        unit = _unit(code, functions, files)
        if unit is not None:
            found.append(unit)
    covered = {c for unit in found for c in _nested(unit.code)}
    missing = [code for code in codes if code not in covered]
    found.sort(key=lambda u: (u.file, u.code.co_firstlineno))
    return found, missing


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _nested(constant)


@dataclass(frozen=True)
class _File:
    """A source file, taken apart once for all functions that stand in it."""

    definitions: list[tuple[Definition, str | None]]  # each with the class that it stands in
    modules: frozenset[str]


def _file(lines: Sequence[str]) -> _File | None:
    try:
        module = ast.parse("".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        return None
    found: list[tuple[Definition, str | None]] = []
    imported: set[str] = set()
    todo: list[tuple[ast.AST, str | None]] = [(module, None)]
    for node, scope in todo:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, _DEFINITIONS):
            found.append((node, scope))
        inner = node.name if isinstance(node, ast.ClassDef) else scope
        todo += [(child, inner) for child in ast.iter_child_nodes(node)]
    return _File(found, frozenset(imported))


def _unit(
    code: types.CodeType,
    functions: Sequence[types.FunctionType],
    files: dict[str, _File | None] | None = None,
) -> Unit | None:
    if code in DEFINITIONS:
        names = functions[0].__globals__.items()
        modules = frozenset(n for n, value in names if isinstance(value, types.ModuleType))
        return Unit(list(functions), code, code.co_filename, DEFINITIONS[code], None, modules)
    files = {} if files is None else files
    if code.co_filename not in files:
        lines = linecache.getlines(code.co_filename, functions[0].__globals__)
        files[code.co_filename] = _file(lines)
    file = files[code.co_filename]
    if file is None:
        return None
    for node, scope in file.definitions:
        if not _is_source_of(code, node):
            continue
        unit = Unit(list(functions), code, code.co_filename, node, scope, file.modules)
        try:
            same = unit.plain({}, lambda _, value: value)
        except (SyntaxError, ValueError, RecursionError, IndexError):
            continue
        if set(same.co_varnames) <= set(code.co_varnames) and same.co_names:
            return unit
        if same.co_varnames == code.co_varnames:
            return unit
    return None


def _is_source_of(code: types.CodeType, node: Definition) -> bool:
    if isinstance(node, ast.Lambda):
        if code.co_name != "<lambda>" or code.co_firstlineno != node.lineno:
            return False
        spots = [(line, col) for line, _, col, end in code.co_positions() if line and end]
        body = node.body
        while isinstance(body, ast.BinOp | ast.Attribute | ast.Subscript | ast.Compare):
            body = body.left if isinstance(body, ast.BinOp | ast.Compare) else body.value
        return not spots or any(spot == (body.lineno, body.col_offset) for spot in spots)
    first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    return node.name == code.co_name and first == code.co_firstlineno
