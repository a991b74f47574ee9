"""What must hold for any text: of names, of an option, of a source file. One function a target.

A target takes the text and returns None; what must never happen raises. Nothing of the text is
executed. `run.py` beside this file feeds them, `test_fuzz.py` replays the corpus.
"""

from __future__ import annotations

import ast
import copy
import linecache
import types
import warnings
from collections.abc import Callable, Iterator

import numpy as np

from gradcheck import match, tree
from gradcheck.blame import hooks, owners
from gradcheck.run.expression import (
    Misuse,
    Part,
    assignment,
    gathered,
    has_statements,
    parts,
    short_names,
    whole,
    with_lines,
)

PATTERNS = ("d{}", "d_{}", "grad_{}", "{}_grad", "{}.grad", "g_{}", "delta_{}", "{}_gradient")
LINES = ["w = 1\n", "for x in X:\n", "    w -= lr * x\n", "\n"]  # a file that @2-3 points into

# --- Names ------------------------------------------------------------------------------------


def names(text: str) -> None:
    """Parameters and gradients, with | between them: "W1 b1 | dW1 db1".

    Every gradient is given once at most; the order in which they come does not matter; and
    gradients called after one pattern belong to their own parameters or stay unmatched.
    """
    left, _, right = text.partition("|")
    owners, given = _distinct(left), _distinct(right)
    if not owners:
        return
    blocks = tree.collect({name: np.ones(2) for name in owners})[1]
    leaves = list(tree.leaves({name: np.ones(2) for name in given})) if given else []
    for stored in (False, True):
        pairs = match.by_name(blocks, leaves, stored=stored)
        assert len(set(pairs.values())) == len(pairs), pairs
        again = match.by_name(blocks, leaves[::-1], stored=stored)
        assert {i: leaves[j].name for i, j in pairs.items()} == {
            i: leaves[::-1][j].name for i, j in again.items()
        }, (pairs, again)
    assert all(blocks[i].name == leaves[j].name for i, j in match.by_path(blocks, leaves).items())
    if any(_is_ambiguous(name) for name in owners):
        return
    for pattern in PATTERNS:
        called = [pattern.format(name) for name in owners]
        leaves = list(tree.leaves({name: np.ones(2) for name in called}))
        for i, j in match.by_name(blocks, leaves).items():
            assert called[j] == pattern.format(owners[i]), (owners[i], called[j])


def _distinct(text: str) -> list[str]:
    return list(dict.fromkeys(text.split()))[:8]


def _is_ambiguous(name: str) -> bool:
    """Does the name of a parameter itself say gradient? Then d + name has two readings."""
    return bool(match.gradient_words(name)) or any(
        match.gradient_words(word) for word in match.words(name)
    )


# --- Options ----------------------------------------------------------------------------------


def options(text: str) -> None:
    """The text of an option: taken apart where it is Python, refused with a mark where not."""
    for act in (_whole, _parts, _lines):
        try:
            act(text)
        except Misuse as error:
            _well_said(error)
    has_statements(text)


def _whole(text: str) -> None:
    part = whole("--loss", text)
    part.function({})
    part.last_paths  # noqa: B018


def _parts(text: str) -> None:
    found = parts("--params", text)
    for part in found:
        assert part.whole[part.begin :].startswith(part.text), part
        assert ast.dump(part.tree) == ast.dump(ast.parse(part.text)), part
        part.function({})
        if part.path:
            assignment(part, {})
    named = [part for part in found if part.name]
    short_names([part.path for part in found])
    gathered(found, [f"p{i}" for i in range(len(found))], {})
    if not named:  # what has been taken apart can be put together and taken apart again
        joined = ",\n".join(part.text for part in found)
        assert [part.text for part in parts("--params", joined)] == [p.text for p in found]
    _positions(found)


def _positions(found: list[Part]) -> None:
    """Every node still points into the text that the user typed."""
    for part in found:
        lines = part.whole.encode().splitlines()
        for node in ast.walk(part.tree):
            if isinstance(node, ast.expr):
                assert node.lineno >= 1, part
                if len(lines) == 1:
                    piece = lines[0][node.col_offset : node.end_col_offset].decode()
                    assert piece in part.whole, part


def _lines(text: str) -> None:
    with_lines("--step", text, LINES, "my_net.py")


def _well_said(error: Misuse) -> None:
    message = str(error)
    assert message.startswith("--"), message
    assert "expected" in message, message
    assert message.endswith("."), message
    if error.detail:
        _, mark = error.detail.split("\n")
        assert set(mark) == {" ", "^"}, error.detail


# --- Sources ----------------------------------------------------------------------------------


def sources(text: str) -> None:
    """A source file: each of its functions is instrumented, and stays the same but for the hooks.

    The hooks taken out again, the tree is that of the plain function, so that instrumented code
    evaluates the same things in the same order; and the code takes the same arguments, has the
    same variables around it and is of the same kind (a generator stays one).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module, code = ast.parse(text), compile(text, "<fuzz>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            transformer = hooks.Hooks(lambda _: 0, frozenset(), capture=False)
            hooked = transformer.whole(copy.deepcopy(node))
            assert ast.dump(_Unhooked().visit(hooked)) == ast.dump(node)
    linecache.cache["<fuzz>"] = (len(text), None, text.splitlines(keepends=True), "<fuzz>")
    for plain in _codes(code):
        cells = tuple(types.CellType() for _ in plain.co_freevars)
        function = types.FunctionType(plain, {}, closure=cells)
        unit = owners._unit(plain, [function])
        if unit is None:
            continue
        kinds = [unit.plain({}, _same)]
        kinds += [unit.hooked(_same, lambda _: 0, capture=capture) for capture in (False, True)]
        for made in kinds:
            assert _signature(made) == _signature(plain), plain
            unit.put(made)
        unit.put(plain)


def _same(_: int, value: object) -> object:
    return value


def _signature(code: types.CodeType) -> tuple[object, ...]:
    count = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount
    given = sum(count[::2]) + bool(code.co_flags & 4) + bool(code.co_flags & 8)
    names = code.co_name, code.co_qualname, code.co_freevars, code.co_varnames[:given]
    return (*count, *names, code.co_flags)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            if constant.co_flags & 2:  # a function, with variables of its own; no class body
                yield constant
            yield from _codes(constant)


class _Unhooked(ast.NodeTransformer):
    """Takes the hooks out: hook(n, e) is e again, and ticks of loops go."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if _is_hook(node):
            return self.visit(node.args[1])
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if _is_hook(node.value) and node.value.args[0].value == hooks.TICK:
            return None
        return self.generic_visit(node)


def _is_hook(node: ast.AST) -> bool:
    constant = getattr(node, "func", None)
    return isinstance(constant, ast.Constant) and constant.value == hooks.HOOK


TARGETS: dict[str, Callable[[str], None]] = {
    "names": names,
    "options": options,
    "sources": sources,
}
