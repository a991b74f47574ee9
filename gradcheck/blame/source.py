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
import inspect
import operator
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .hooks import HOOK, WIDEN, Definition, Hooks, Ticks, shallow
from .trees import NOTHING, Changes, Held, parted, rebuilt, with_hooks
from .values import NARROW

Hook = Callable[[int, Any], Any]

# what `from __future__ import annotations` and its like have left in the code
FUTURE = functools.reduce(
    operator.or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)
# where the function stands: inside another one and, since Python 3.14, in a class
PLACE = inspect.CO_NESTED | getattr(inspect, "CO_METHOD", 0)
_PLACED = ast.expr | ast.stmt | ast.keyword | ast.excepthandler  # what has a line number


@dataclass(eq=False)
class Unit:
    """A function of the user that is alive, with its definition in the source.

    functions   those alive that have this code
    tree        the definition, as edited so far
    scope       name of the class that it stands in, for super() and private names
    modules     names that are imported in its file: values of no interest
    double      does it compute in float64 where it says float32?
    parents     of each node of the tree
    """

    functions: list[types.FunctionType]
    code: types.CodeType
    file: str
    tree: Definition
    scope: str | None
    modules: frozenset[str]
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    double: bool = False

    def __post_init__(self) -> None:
        self.index()

    def index(self) -> None:
        self.parents = {c: p for p in ast.walk(self.tree) for c in ast.iter_child_nodes(p)}

    @property
    def name(self) -> str:
        return self.code.co_name

    def change(self, tree: Definition) -> None:
        """From now on this is the definition."""
        self.tree = tree
        self.index()

    def own(self, changes: Changes) -> dict[ast.AST, ast.AST | list[ast.stmt]]:
        """Those of the changes that are in this function."""
        return {old: new for old, new in changes.items() if old in self.parents}

    def edited(self, changes: Changes) -> Definition:
        """The definition with these changes, which can be hooked and edited again."""
        tree = rebuilt(self.tree, changes, self.parents)
        edited: Definition = parted(ast.fix_missing_locations(tree))
        return edited

    def put(self, code: types.CodeType) -> None:
        for function in self.functions:
            function.__code__ = code

    def plain(self, changes: Changes, hook: Hook, held: Held = NOTHING) -> types.CodeType:
        """The edited function, with nothing added but a tick in every loop.

        held   expressions that keep a hook, by the number that it is called with
        """
        for old, new in changes.items():
            for tree in new if isinstance(new, list) else [new]:
                self.locate(tree, old)
        edited = with_hooks(rebuilt(self.tree, changes, self.parents), held)
        return self._compile(Ticks().visit(edited), hook)

    def locate(self, node: ast.AST, like: ast.AST) -> None:
        """Places for what is new: most of an edit are parts of the program, and have theirs."""
        if node not in self.parents and isinstance(node, _PLACED):
            if not hasattr(node, "lineno"):
                ast.copy_location(node, like)
            for child in ast.iter_child_nodes(node):
                self.locate(child, like)

    def settle(self, new: Any, like: ast.AST) -> None:
        """Give what is new the place of what it replaces: its own may be that of a text alone."""
        for tree in new if isinstance(new, list) else [new]:
            if tree not in self.parents and isinstance(tree, _PLACED):
                ast.copy_location(tree, like)
            if tree not in self.parents:
                self.settle(list(ast.iter_child_nodes(tree)), like)

    def hooked(
        self, hook: Hook, number: Callable[[ast.expr], int], *, capture: bool = False
    ) -> types.CodeType:
        """The function with hook(number, e) for each expression e.

        capture   functions defined inside keep every variable around them in sight
        """
        memo: dict[int, Any] = {}
        duplicate = copy.deepcopy(self.tree, memo)
        origin: dict[int, Any] = {id(memo[id(n)]): n for n in ast.walk(self.tree) if id(n) in memo}
        hooks = Hooks(lambda node: number(origin[id(node)]), self.modules, capture)
        return self._compile(ast.fix_missing_locations(hooks.whole(duplicate)), hook)

    def _compile(self, tree: Definition, hook: Hook) -> types.CodeType:
        """Compile the definition where it stands: in its class, with its closure's variables."""
        if self.double:
            tree = with_hooks(tree, dict.fromkeys(_wide(tree, self.modules), WIDEN))
        module = self._around(self._with_cells(_bare(tree)))
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
        return hooking(code, hook)

    def _with_cells(self, tree: Definition) -> Definition:
        """With a use of each variable of the closure that is never reached.

        An edit may drop the last use of one, but code must not lose its cell.
        """
        if self.code.co_freevars and not isinstance(tree, ast.Lambda):
            keep: list[ast.expr] = [ast.Name(n, ast.Load()) for n in self.code.co_freevars]
            never = ast.If(ast.Constant(0), [ast.Expr(ast.Tuple(keep, ast.Load()))], [])
            last = ast.copy_location(never, tree.body[-1])
            tree.body = [*tree.body, ast.fix_missing_locations(last)]
        return tree

    def _around(self, tree: Definition) -> ast.Module:
        """The definition in a function that has the variables of its closure, in its class."""
        free = [name for name in self.code.co_freevars if name != "__class__"]
        names = ast.arguments([], [ast.arg(n) for n in free], None, [], [], None, [])
        body: list[ast.stmt] = []
        if not isinstance(tree, ast.Lambda) and tree.name not in free:
            body = [ast.Global([tree.name])]  # a function that calls itself by name
        outer: Any = ast.FunctionDef("_", names, body, [], None)
        outer.type_params = []  # from Python 3.12 on it has them
        if self.scope is not None:
            outer = ast.ClassDef(self.scope, [], [], [outer], [])
            outer.type_params = []
        module = ast.fix_missing_locations(ast.Module([outer], []))
        inner: ast.stmt = ast.Expr(tree) if isinstance(tree, ast.Lambda) else tree
        body.append(ast.copy_location(inner, tree))  # only now: it has places of its own
        return module


def _wide(node: ast.AST, modules: frozenset[str]) -> Iterator[ast.AST]:
    """What may be a parameter, or a type of numbers: what is read or called, and "float32"."""
    if isinstance(node, ast.JoinedStr | ast.pattern):
        return
    reads = isinstance(node, ast.Call) or isinstance(getattr(node, "ctx", None), ast.Load)
    said = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in NARROW
    bare = isinstance(node, ast.Starred) or getattr(node, "id", "") in modules
    if said or (reads and not bare):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _wide(child, modules)


def _bare(tree: Definition) -> Definition:
    """The definition without what is evaluated around it: decorators, defaults, annotations."""
    tree = shallow(tree)
    args = shallow(tree.args)
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


def hooking(code: types.CodeType, hook: Hook) -> types.CodeType:
    """The code with the hook in place of the constant that stands for it."""

    def put(constant: Any) -> Any:
        if isinstance(constant, types.CodeType):
            return hooking(constant, hook)
        return hook if constant == HOOK and isinstance(constant, str) else constant

    return code.replace(co_consts=tuple(put(c) for c in code.co_consts))
