"""Python text from outside a file, evaluated in the names of that file: a loss, parameters, a step.

An expression keeps its place in the text, so that an error points into what the user typed.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import io
import itertools
import linecache
import re
import symtable
import textwrap
import tokenize
import types
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeGuard

import numpy as np

from ..users import DEFINITIONS, NAMES, is_option
from .upto import class_at, leaves_loop, one_turn, outside

Namespace = dict[str, Any]

FILE = "<{}>"  # the file name of code from an option, such as <--loss>


class Misuse(ValueError):
    """What the user asked for cannot be done; `detail` holds lines to show below the message."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class Lines(str):
    """Text of an option in which lines of a file stand.

    file      the file
    of        the class that they stand in, if any
    origins   of each line of the text its line there and how much it is indented; 0 if typed
    """

    __slots__ = ("file", "of", "origins")

    file: str
    of: str
    origins: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Part:
    """One expression of an option: its text, where it begins, and its name if it was given one.

    lines   the text, where it holds lines of a file
    """

    option: str
    whole: str
    text: str
    begin: int = 0
    name: str = ""
    lines: Lines | None = None

    @property
    def tree(self) -> ast.Module:
        return _parse(self)

    @property
    def single(self) -> ast.expr | None:
        """The expression, if this is one and no statement."""
        body = self.tree.body
        return body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None

    @property
    def path(self) -> tuple[str, ...]:
        """Names and keys of what can be assigned to: net.layers[0]['W'] -> net layers 0 W."""
        return _path(self.single)

    @property
    def last_paths(self) -> list[tuple[str, ...]]:
        """The paths in the tuple that the last statement makes; none when it makes another."""
        last = self.tree.body[-1]
        made = last.value.elts if isinstance(last, ast.Expr) and _is_tuple(last.value) else []
        paths = [_path(node) for node in made]
        return paths if all(paths) else []

    def function(
        self, namespace: Namespace, argument: str = "", names: Sequence[str] = ()
    ) -> Callable[..., Any]:
        """A function that evaluates it afresh, in the namespace; statements assign there.

        names   of the items of a tuple at its end, which is returned as a dict then
        """
        return _function(self, namespace, argument, names)

    def value(self, namespace: Namespace) -> Any:
        return self.function(namespace)()


# -- from text to parts ----------------------------------------------------------------------------


def whole(option: str, text: str) -> Part:
    """The option as one part; raises Misuse where it is no Python."""
    lines = text if isinstance(text, Lines) else None
    text = _universal(text)
    part = Part(option, text, text, lines=lines)
    if not part.tree.body:
        what = "code" if option == "--setup" else "a Python expression"
        raise Misuse(f"{option}: expected {what}, got nothing.")
    return part


def parts(option: str, text: str) -> list[Part]:
    """The parts between the outer commas, each perhaps named: w_in, hidden.W=net.W."""
    text = _universal(text)
    found: list[Part] = []
    for begin, end in _between(",", text):
        piece = text[begin:end]
        equals = _equals(piece)
        name = piece[:equals].strip() if equals is not None else ""
        skip = 0 if equals is None else equals + 1
        inner = piece[skip:]
        start = begin + skip + len(inner) - len(inner.lstrip())
        part = Part(option, text, inner.strip(), start, name)
        if not part.text or part.single is None or (equals is not None and not name):
            raise Misuse(
                f"{option}: expected expressions with commas between them, each perhaps named "
                f"like hidden.W=net.W, got {piece.strip()!r}.",
                caret(option, text, begin + len(piece) - len(piece.lstrip()), len(piece.strip())),
            )
        found.append(part)
    return found


def has_statements(text: str) -> bool:
    """Is there a ; between statements, or a line end?"""
    tokens = [token for token in _tokens(text) if token.type != tokenize.COMMENT]
    ends = [token for token in tokens if token.type == tokenize.NEWLINE and token.string]
    return bool(ends) or any(t.type == tokenize.OP and t.string == ";" for t in tokens)


_LINES = re.compile(r"@\s*(\d+)(?:\s*-\s*(\d+))?")


def with_lines(option: str, text: str, file: Path, source: Sequence[str]) -> str:
    """The text with @12-17 replaced by these lines of the file: of a loop at its top level."""
    text = _universal(text)
    pieces = [text[begin:end].strip() for begin, end in _between(";", text)]
    if not any(map(_LINES.fullmatch, pieces)):
        return text
    told: list[str] = []
    of = ""
    origins: list[tuple[int, int]] = []
    for piece in pieces:
        found = _LINES.fullmatch(piece)
        if found is None:
            told += piece.split("\n")
            origins += [(0, 0)] * (len(told) - len(origins))
            continue
        first = int(found[1])
        last = int(found[2] or first)
        if not 1 <= first <= last <= len(source):
            raise Misuse(
                f"{option}: expected lines of {file.name}, 1 to {len(source)}, got {piece}. "
                "Write @FIRST-LAST."
            )
        of = of or class_at("\n".join(source), first)
        there = source[first - 1 : last]
        here = textwrap.dedent("\n".join(there)).split("\n")
        told += here
        indents = [len(long) - len(short) for long, short in zip(there, here, strict=True)]
        origins += list(enumerate(indents, first))
    lines = Lines("\n".join(told))
    lines.file, lines.of, lines.origins = str(file.resolve()), of, origins
    return lines


def _between(mark: str, text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of the pieces between marks that stand outside brackets and strings."""
    starts = _starts(text)
    depth = begin = 0
    for token in _tokens(text):
        if token.type != tokenize.OP:
            continue
        depth += (token.string in "([{") - (token.string in ")]}")
        if token.string == mark and depth == 0:
            at = starts[token.start[0] - 1] + token.start[1]
            yield begin, at
            begin = at + 1
    if text[begin:].strip() or not begin:
        yield begin, len(text)


def _universal(text: str) -> str:
    """With the line ends that Python's own parser sees."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _starts(text: str) -> list[int]:
    """Where its lines begin; only a newline ends one, not all that str.splitlines knows."""
    return [0, *(found.end() for found in re.finditer("\n", text))]


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            found.append(token)  # noqa: PERF402  those before an error count
    except (tokenize.TokenError, SyntaxError):
        pass
    return found


def _equals(piece: str) -> int | None:
    """Where the name of a part ends: at an = outside brackets."""
    depth = 0
    for token in _tokens(piece.lstrip()):
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
            if token.string == "=" and depth == 0 and token.start[0] == 1:
                return len(piece) - len(piece.lstrip()) + token.start[1]
            if token.string in ("==", ":=", "lambda"):
                return None
        elif token.string == "lambda":
            return None
    return None


def _parse(part: Part) -> ast.Module:
    file = FILE.format(part.option)
    linecache.cache[file] = (len(part.whole), None, part.whole.splitlines(keepends=True), file)
    try:
        tree = ast.parse(part.text, file)
    except (SyntaxError, ValueError) as error:
        raise _no_python(part, error, part.text, part.begin) from None
    before = part.whole[: part.begin]
    lines, shift = before.count("\n"), len(before.rpartition("\n")[2].encode())
    for node in ast.walk(tree):
        if isinstance(node, (ast.expr, ast.stmt)):
            node.col_offset += shift * (node.lineno == 1)
            if node.end_lineno is not None and node.end_col_offset is not None:
                node.end_col_offset += shift * (node.end_lineno == 1)
                node.end_lineno += lines
            node.lineno += lines
    return tree


def _no_python(part: Part, error: SyntaxError | ValueError, text: str, begin: int) -> Misuse:
    """What Python says against a text that begins there in the option, with a mark."""
    line, offset, what = 1, 1, str(error)
    if isinstance(error, SyntaxError):
        line, offset, what = error.lineno or 1, error.offset or 1, error.msg
    at = begin + line_begin(text, line) + max(offset - 1, 0)
    message = f"{part.option}: expected Python, got a syntax error: {what}."
    return Misuse(message, caret(part.option, part.whole, at, 1))


def line_begin(text: str, line: int) -> int:
    """Where a line begins, counted from 1; the last one where there are not so many."""
    starts = _starts(text)
    return starts[min(max(line, 1), len(starts)) - 1]


def caret(option: str, text: str, at: int, width: int) -> str:
    """The line of the option that this place of it is in, with a mark under it."""
    begin = text.rfind("\n", 0, min(at, len(text))) + 1
    line = text[begin:].partition("\n")[0]
    shown = "".join(c if c.isprintable() else " " for c in line)
    at = min(at - begin, len(shown))
    width = max(min(width, len(shown) - at), 1)
    return f"  {option}  {shown}\n  {'':{len(option)}}  {'':{at}}{'^' * width}"


def _is_tuple(node: ast.expr) -> TypeGuard[ast.Tuple]:
    return isinstance(node, ast.Tuple)


def _path(node: ast.expr | None) -> tuple[str, ...]:
    keys: list[str] = []
    while True:
        if isinstance(node, ast.Name):
            return (node.id, *reversed(keys))
        if isinstance(node, ast.Attribute):
            keys.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript):
            index = node.slice
            constant = index.value if isinstance(index, ast.Constant) else ast.unparse(index)
            if isinstance(index, ast.Slice):
                return ()
            keys.append(str(constant))
            node = node.value
        else:
            return ()


_QUIET = (
    ast.Module, ast.Expr, ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Tuple, ast.List,
    ast.Dict, ast.Slice, ast.Starred, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp,
    ast.ListComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.expr_context, ast.operator,
    ast.unaryop, ast.boolop, ast.cmpop, ast.keyword,
)  # fmt: skip
_READERS = frozenset(dir(builtins)) - {"eval", "exec", "next", "__import__", "input", "map"}
_METHODS = frozenset(dir(np.ndarray)) | {"items", "values", "keys", "get"}
_FETCHES = frozenset(
    ["items", "values", "keys", "get", "dict", "list", "tuple", "zip", "enumerate", "range", "len",
     "vars", "getattr", "item", "tolist", "copy", "array", "asarray", "float"]
)  # fmt: skip


def computes(part: Part, namespace: Namespace, params: Sequence[tuple[str, ...]] = ()) -> bool:
    """Does it run code of the user or read parameters, and not only what is stored elsewhere?"""
    for node in ast.walk(part.tree):
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and _path(node) in params:
            return True
        if isinstance(node, ast.Call):
            if not _only_reads(node.func, namespace):
                return True
        elif not isinstance(node, _QUIET):
            return True
    return False


def _only_reads(function: ast.expr, namespace: Namespace) -> bool:
    """A builtin, a function of NumPy, or a method that arrays and dicts have."""
    path = _path(function)
    held = namespace.get(path[0]) if path else None
    if isinstance(held, types.ModuleType):
        return held.__name__.partition(".")[0] == "numpy" and "random" not in path
    if isinstance(function, ast.Name):
        module = getattr(held, "__module__", None) or ""
        known = isinstance(held, np.ufunc) or module.partition(".")[0] == "numpy"
        return known or (held is None and function.id in _READERS)
    return isinstance(function, ast.Attribute) and function.attr in _METHODS


# -- from a part to a function ---------------------------------------------------------------------


def _function(
    part: Part, namespace: Namespace, argument: str, names: Sequence[str]
) -> Callable[..., Any]:
    """The statements as the body of a function of the user's module; the last value is returned."""
    body: list[ast.stmt] = list(part.tree.body)
    last = body[-1]
    if isinstance(last, ast.Expr):
        value = last.value
        if names and _is_tuple(value):
            value = _dictionary(names, value.elts)
        body[-1] = ast.copy_location(ast.Return(value), last)
    return _compiled(part, body, namespace, argument)


def gathered(
    found: Sequence[Part], names: Sequence[str], namespace: Namespace
) -> Callable[[], Any]:
    """A function that evaluates all parts: to a dict, or to a list where one has no name."""
    values = [part.single for part in found if part.single is not None]
    value = _dictionary(names, values) if all(names) else ast.List(values, ast.Load())
    body: list[ast.stmt] = [ast.copy_location(ast.Return(value), values[0])]
    return _compiled(found[0], body, namespace, "")


def assignment(part: Part, namespace: Namespace) -> Callable[[Any], None]:
    """A function that assigns its argument to the expression."""
    node, value = part.single, "_value"
    assert node is not None
    target = ast.copy_location(_stored(node), node)
    setter = ast.copy_location(ast.Assign([target], ast.Name(value, ast.Load())), node)
    return _compiled(part, [setter], namespace, value)


def _dictionary(names: Sequence[str], values: list[ast.expr]) -> ast.expr:
    keys: list[ast.expr | None] = [ast.Constant(name) for name in names]
    return ast.copy_location(ast.Dict(keys, values), values[0])


def _compiled(
    part: Part, body: list[ast.stmt], namespace: Namespace, argument: str
) -> Callable[..., Any]:
    """A function with this body; what it assigns are names of the user's module.

    Lines of a file keep their places there, in a function of their own.
    """
    file = FILE.format(part.option)
    try:
        typed = _made(part, body, namespace, argument, file)
    except SyntaxError as error:  # break outside a loop, and the like
        raise _no_python(part, error, part.whole, 0) from None
    lines = part.lines
    if lines is None:
        return typed
    runs = [
        (of_file, list(statements))
        for of_file, statements in itertools.groupby(
            body, lambda statement: lines.origins[statement.lineno - 1][0] > 0
        )
    ]
    if argument and len(runs) > 1:
        return typed
    functions = []
    for of_file, group in runs:
        statements = [outside(statement, lines.of) for statement in group]
        if of_file:
            _put_where_they_stand(statements, lines)
        place = lines.file if of_file else file
        functions.append(_made(part, statements, namespace, argument, place))
    return functions[0] if len(functions) == 1 else partial(_in_turn, *functions)


def _made(
    part: Part, body: list[ast.stmt], namespace: Namespace, argument: str, file: str
) -> types.FunctionType:
    name = part.option.lstrip("-")
    shell = ast.parse(f"def {name}({argument}): pass")
    definition = shell.body[0]
    assert isinstance(definition, ast.FunctionDef)
    ast.copy_location(definition, body[0])
    module = ast.fix_missing_locations(ast.Module(body, []))
    bound = [n for n in _bound(module) if n != argument]
    names = [ast.copy_location(ast.Global(bound), body[0])] if bound else []
    if part.lines is not None and leaves_loop(body):
        body = [ast.copy_location(one_turn(body), body[0])]
    definition.body = [*names, *body]
    made: Namespace = {}
    exec(compile(ast.fix_missing_locations(shell), file, "exec"), made)  # noqa: S102
    code = made[name].__code__
    DEFINITIONS.pop(code, None)  # of an equal code, which would take ours along when it goes
    NAMES.discard(code)
    DEFINITIONS[code] = definition
    if is_option(file) and not (part.option != "--params" and _reckons(body, namespace)):
        NAMES.add(code)
    return types.FunctionType(code, namespace, name)


def _reckons(body: Sequence[ast.AST], namespace: Namespace) -> bool:
    """Is something computed in these very words, and not only fetched or called?"""
    for node in body:
        made = isinstance(node, (ast.BinOp, ast.UnaryOp, ast.AugAssign))
        if isinstance(node, ast.Call) and _only_reads(node.func, namespace):
            made = ast.unparse(node.func).rpartition(".")[2] not in _FETCHES
        index = node.slice if isinstance(node, ast.Subscript) else None
        if made or _reckons([n for n in ast.iter_child_nodes(node) if n is not index], namespace):
            return True
    return False


def _put_where_they_stand(statements: Sequence[ast.stmt], lines: Lines) -> None:
    for top in statements:
        for node in ast.walk(top):
            if not isinstance(node, (ast.expr, ast.stmt, ast.excepthandler, ast.arg, ast.keyword)):
                continue
            node.lineno, indent = lines.origins[node.lineno - 1]
            node.col_offset += indent
            if node.end_lineno is not None and node.end_col_offset is not None:
                node.end_lineno, indent = lines.origins[node.end_lineno - 1]
                node.end_col_offset += indent


def _in_turn(*functions: Callable[[], Any]) -> Any:
    """The value of the last."""
    *before, last = functions
    for function in before:
        function()
    return last()


def _bound(module: ast.Module) -> list[str]:
    """Names that statements assign or import, outside of functions that they define."""
    statements = [node for node in module.body if not isinstance(node, ast.Return)]
    values = [ast.Expr(n.value) for n in module.body if isinstance(n, ast.Return) and n.value]
    text = ast.unparse(ast.Module([*statements, *values], []))
    symbols = symtable.symtable(text, "names", "exec").get_symbols()
    return sorted(s.get_name() for s in symbols if s.is_assigned() or s.is_imported())


def _stored(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Name):
        return ast.Name(node.id, ast.Store())
    if isinstance(node, ast.Attribute):
        return ast.Attribute(node.value, node.attr, ast.Store())
    assert isinstance(node, ast.Subscript)
    return ast.Subscript(node.value, node.slice, ast.Store())


# -- where values are held -------------------------------------------------------------------------


class Place(Protocol):
    """Where a value is held: read anew every time, because user code rebinds."""

    def get(self) -> Any: ...
    def set(self, value: Any) -> None: ...


class Written:
    """The place that an expression names: w_in, net.W, net.layers[0]['W']."""

    def __init__(self, part: Part, namespace: Namespace) -> None:
        self._get = part.function(namespace)
        self._set = assignment(part, namespace) if part.path else None

    def get(self) -> Any:
        return self._get()

    def set(self, value: Any) -> None:
        if self._set is not None:
            self._set(value)


class Fixed:
    """A value that nothing can be assigned to: what a call returned, held by itself."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def get(self) -> Any:
        return self._value

    def set(self, value: Any) -> None:
        self._value = value


class Held(MutableMapping[Any, Any]):
    """Values by name, each read from its place and written to it."""

    def __init__(self, places: dict[Any, Place]) -> None:
        self._places = places

    def __getitem__(self, key: Any) -> Any:
        return self._places[key].get()

    def __setitem__(self, key: Any, value: Any) -> None:
        self._places[key].set(value)

    def __delitem__(self, key: Any) -> None:
        raise TypeError("a parameter cannot be taken away")

    def __iter__(self) -> Iterator[Any]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def short_names(paths: Sequence[Sequence[str]]) -> list[str]:
    """A name for each path, without the owner that all have in common; "" for no path."""
    common = 0
    if paths and all(paths):
        first, shortest = paths[0], min(map(len, paths))
        while common < shortest - 1 and all(path[common] == first[common] for path in paths):
            common += 1
        while common and any(path[common].isdigit() for path in paths):  # layers.0.W, not 0.W
            common -= 1
    return [".".join(path[common:]) for path in paths]


# -- misspelt names --------------------------------------------------------------------------------


def nearest(error: BaseException, namespace: Namespace) -> str:
    """' Did you mean ...?' for a name that is not there."""
    wrong = getattr(error, "name", None)
    if isinstance(error, NameError):
        known = [n for n in namespace if not n.startswith("__")]
    elif isinstance(error, AttributeError):
        known = [n for n in dir(error.obj) if not n.startswith("__")]
    else:
        return ""
    return did_you_mean(wrong, known) if isinstance(wrong, str) else ""


def did_you_mean(wrong: str, known: Sequence[str]) -> str:
    by_case = {name.lower(): name for name in known}
    close = difflib.get_close_matches(wrong.lower(), by_case, n=3, cutoff=0.6)
    names = [repr(by_case[name]) for name in close]
    if not names:
        return ""
    return f" Did you mean {', '.join(names[:-1])}{' or ' * (len(names) > 1)}{names[-1]}?"
