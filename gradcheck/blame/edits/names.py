"""Another variable, function or argument than the one that is named."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ...pieces import spreads
from ..indices import index_variants, padded, reverses, turned
from ..sight import Sight, counts
from ..site import PRODUCTS, Edit, Site, harmless
from ..syntax import (
    VARIABLE,
    binary,
    named,
    parse,
    placed,
    short,
    substituted,
    transposed,
    unparsed,
    words,
)
from ..values import is_array, is_floating, is_number, is_numeric, shape_of
from .derivatives import filled
from .scales import STRANGE

USED = 0.1  # off the cost of a number that the forward pass multiplies with, too
UNUSUAL = 0.5  # what it costs to index with what is nowhere an index, but a count
LARGEST_WIDTH = 4  # of a padding


def names(site: Site) -> Iterator[Edit]:
    """Another variable: the neighbour's index, another quantity of the same shape."""
    n = site.node
    if isinstance(n, ast.Call) and named(n) == "len" and is_count(site):
        yield from _other_counts(site)
    if not isinstance(n, VARIABLE):
        return
    if isinstance(n, ast.Attribute) and n.attr == "T":
        return
    if site.value is None and isinstance(n, ast.Name):
        yield from _other_memories(site)
    numeric = is_array(site.value) or isinstance(site.value, float | np.floating)
    if isinstance(n, ast.Subscript):
        container = site.sight.value(n.value)
        kind = "indexing" if _is_vector(container) else "wrong-operand"
        for variant in index_variants(n, site.sight.value):
            if site.fits(variant, same_shape=False):
                yield site.edit(variant, kind, 1.0, f"{unparsed(variant)} instead")
        for atom in site.sight.arrays if is_array(container) else ():
            if atom.value.ndim == container.ndim and atom.text != unparsed(n.value):
                row = ast.Subscript(atom.tree, n.slice, ast.Load())
                if site.fits(row):
                    yield site.edit(row, "wrong-operand", 1.25, f"{unparsed(row)} instead")
        if site.fits(n.value):
            yield site.edit(n.value, kind, 1.2, "without the index")
        widths = [a.text for a in site.sight.counts if 0 < a.value < LARGEST_WIDTH]
        others = list(other_indices(n, site.sight))
        usual = site.sight.indices | words(n)
        for new in (*others, *padded(n, widths)):
            if site.fits(new, same_shape=False):
                cost = 1.2 + UNUSUAL * (new in others and not usual.issuperset(words(new)))
                yield site.edit(new, kind, cost, f"{unparsed(new)} instead")
    if is_count(site):
        if not _indexes(site):  # there the index is edited as a whole
            one = ast.Constant(1)
            for op in (ast.Add(), ast.Sub()):
                yield site.edit(binary(n, op, one), "indexing", 1.2, "off by one")
            yield from _other_counts(site)
        yield from _looked_up(site)
    if not numeric:
        return
    beside = _beside(site)
    for new in turned(n, len(site.shape)) if site.factor or site.root else ():
        yield site.edit(new, "indexing", 1.4, f"{unparsed(new)} instead")
    for atom in site.sight.arrays + site.sight.floats:
        spread = bool(beside) and atom.shape == beside != site.shape
        idle = atom.text in site.sight.idle and spreads(atom.shape, site.shape)
        if atom.text == site.text or not site.fits(atom.tree, same_shape=not (idle or spread)):
            continue
        cost = 1.1 if alike(atom.text, site.text) else 1.3
        cost -= 0.35 * (atom.text in site.sight.idle)  # computed, and used nowhere
        new = atom.tree
        if atom.shape != site.shape and atom.shape == site.shape[::-1] and not idle:
            new, cost = transposed(atom.tree), cost + 0.2
        yield site.edit(new, "wrong-operand", cost, f"{unparsed(new)} instead")
    for function in site.sight.functions:
        new = ast.Call(parse(function), [n], [])
        yield site.edit(new, "activation-derivative-at-wrong-value", 1.5, f"{function} of it")
    # all uses of this name in the expression at once
    top = site.node
    while isinstance(site.parents.get(top), ast.expr):
        top = site.parents[top]  # type: ignore[assignment]
    uses = [x for x in ast.walk(top) if type(x) is type(n) and unparsed(x) == site.text]
    if len(uses) > 1 and uses[0] is n:
        likes = [a.tree for a in site.sight.like(site.shape) if a.text != site.text]
        applied = [ast.Call(parse(f), [n], []) for f in site.sight.functions]
        for replacement in [*likes, *applied]:
            changes: dict[ast.AST, ast.AST | list[ast.stmt]] = {
                use: placed(replacement, use) for use in uses
            }
            what = f"{unparsed(replacement)} instead of {site.text}"
            yield Edit(changes, top, "activation-derivative-at-wrong-value", 1.3, what)


def errors(site: Site) -> Iterator[Edit]:
    """The delta of a layer for the error that it is made of, which is written out here."""
    n = site.node
    if not isinstance(n, ast.BinOp) or not site.factor or not is_floating(site.value):
        return
    difference = isinstance(n.op, ast.Sub)
    if not difference and not isinstance(n.op, ast.MatMult):
        return
    inside = {unparsed(part) for part in ast.walk(n) if isinstance(part, ast.expr)}
    for atom in site.sight.like(site.shape):
        told = site.cotangent(atom.value) if site.shape else difference
        if told and atom.text not in inside and site.fits(atom.tree):
            cost = 1.2 if difference else 1.4
            yield site.edit(atom.tree, "raw-error-propagated", cost, f"{atom.text} instead")


_LINKS = (
    "{m}.exp(x)",
    "{m}.log(x)",
    "{m}.tanh(x)",
    "{m}.sqrt(x)",
    "1 / (1 + {m}.exp(-x))",
    "{m}.tan(x)",
    "{m}.arctanh(x)",
    "{m}.log(x / (1 - x))",
)


def applied(site: Site) -> Iterator[Edit]:
    """A function that the forward pass applies to this value, and that is left out here."""
    module = site.sight.numeric_module()
    if not module or not is_floating(site.value) or isinstance(site.node, ast.Constant):
        return
    clips = [f"{{m}}.clip(x, -{a.text}, {a.text})" for a in site.sight.floats if a.value > 0]
    for link in (*_LINKS, *clips):
        form = link.replace("{m}", module)  # names of keys may hold braces
        value = site.sight.value_with(form, x=site.value)
        if is_floating(value) and not np.array_equal(value, site.value) and site.known(value):
            tree = parse(filled(form, {"x": site.text}))
            yield site.edit(tree, "wrong-operand", 1.25, f"{short(tree)} instead")
    if site.root or isinstance(site.node, ast.Call):
        yield from _moved(site, module)


def _moved(site: Site, module: str) -> Iterator[Edit]:
    """What comes back through a running sum, or from entries that were moved along an axis."""
    node, shown = site.node, site.sight.movers
    summed = node.args[:1] if isinstance(node, ast.Call) and named(node) == "cumsum" else []
    for axis in range(len(site.shape)):
        back = f"[{', '.join([':'] * axis + ['::-1'])}]"
        forms = [("indexing", f"x{back}")] if "flip" in shown else []
        if summed:  # from the other end
            turned = parse(f"({unparsed(summed[0])}){back}")
            forms.append(("indexing", f"({unparsed(substituted(node, summed[0], turned))}){back}"))
        elif "cumsum" in shown:
            forms.append(("missing-term", f"{module}.cumsum(x{back}, axis={axis}){back}"))
        if "roll" in shown:
            forms += [("indexing", f"{module}.roll(x, {k}, axis={axis})") for k in (-2, -1, 1, 2)]
        for kind, form in forms:
            value = site.sight.value_with(form, x=site.value)
            if shape_of(value) == site.shape and site.known(value):
                tree = parse(filled(form, {"x": site.text}))
                yield site.edit(tree, kind, 1.25, f"{short(tree)} instead")


def movers(trees: Iterable[ast.AST]) -> frozenset[str]:
    """Which of cumsum, roll and flip the program calls; x[::-1] is a flip."""
    nodes = [n for tree in trees for n in ast.walk(tree)]
    called = {named(n) for n in nodes if isinstance(n, ast.Call)} & {"cumsum", "roll", "flip"}
    turns = any(isinstance(n, ast.Slice) and reverses(n) for n in nodes)
    return frozenset(called | ({"flip"} if turns else set()))


def _other_memories(site: Site) -> Iterator[Edit]:
    """Another tuple, or another object of the same kind, handed to a function."""
    held = site.sight.value_of(site.text)
    if not isinstance(site.parent, ast.Call) or isinstance(held, str | type) or callable(held):
        return
    for name, value in site.sight.names.items():
        other = type(value) is type(held) and name != site.text and alike(name, site.text)
        if other and _count(value) == _count(held):
            yield site.edit(parse(name), "wrong-operand", 1.1, f"{name} instead")


def _count(value: Any) -> int:
    return len(value) if isinstance(value, tuple | list | dict) else 0


def _beside(site: Site) -> tuple[int, ...] | None:
    """The shape of what this is multiplied with, element by element."""
    above = site.parent
    if not isinstance(above, ast.BinOp) or not isinstance(above.op, ast.Mult):
        return ()
    return shape_of(site.sight.value(above.right if above.left is site.node else above.left))


def _is_vector(container: Any) -> bool:
    """An array, or a list of numbers: its items belong together."""
    plain = isinstance(container, list | tuple) and len(container) > 0
    return isinstance(container, np.ndarray) or (plain and all(map(is_number, container)))


def is_count(site: Site) -> bool:
    return isinstance(site.value, int | np.integer) and not isinstance(site.value, bool)


def _is_bound(site: Site) -> bool:
    """Is it compared with something, as n - 1 in i < n - 1?"""
    above = site.parent
    if isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add | ast.Sub):
        above = site.parents[above]
    return isinstance(above, ast.Compare)


def _counts_the_same(one: ast.expr, other: ast.expr) -> bool:
    """Are both counts of one array, as y.size and y.shape[0]?"""
    return counts(one) and counts(other) and _counted(one) == _counted(other)


def _counted(tree: ast.expr) -> set[str]:
    return words(tree) - {"shape", "size", "len"}


def is_whole(value: Any) -> bool:
    """Is it a whole number, that may count something?"""
    return is_number(value) and float(value).is_integer()


def _indexes(site: Site) -> bool:
    """Is this in an index, of what is read or written?"""
    node: ast.AST = site.node
    while isinstance(site.parents.get(node), ast.expr):
        above = site.parents[node]
        if isinstance(above, ast.Subscript):
            return above.slice is node
        node = above
    return False


def _other_counts(site: Site) -> Iterator[Edit]:
    scales = isinstance(site.parent, ast.BinOp | ast.AugAssign)
    seen: set[int] = set()
    for atom in site.sight.scalars if scales else site.sight.counts:
        turns = atom.text in site.sight.loops
        if (
            atom.text == site.text
            or not is_whole(atom.value)
            or (atom.value == site.value and site.times == 1)
        ):
            continue
        if atom.value in seen and not turns:
            continue  # does the same
        seen |= set() if turns else {atom.value}
        kind, cost = ("scale", 1.1) if scales else ("indexing", 1.3)
        if scales:
            cost += STRANGE * (site.sight.strange(atom) == 2)
            likely = atom.text in site.sight.used or _counts_the_same(atom.tree, site.node)
            cost -= USED * likely
        if _is_bound(site):  # met by many a number
            cost += 0.3
        yield site.edit(atom.tree, kind, cost, f"{atom.text} instead")


def _looked_up(site: Site) -> Iterator[Edit]:
    """An index looked up in another list of indices, or looked up at all; one times a stride."""
    n = site.node
    index = n.slice if isinstance(n, ast.Subscript) else n
    if not isinstance(index, ast.Name) or not (isinstance(site.parent, _PLACES) or site.root):
        return
    known = unparsed(n.value) if isinstance(n, ast.Subscript) else ""
    cost = 1.2 if isinstance(n, ast.Subscript) else 1.5
    for text in site.sight.lookups:
        if text != known:
            new = ast.Subscript(parse(text), index, ast.Load())
            yield site.edit(new, "indexing", cost, f"{unparsed(new)} instead")
    if isinstance(n, ast.Name):
        for atom in site.sight.counts:
            if isinstance(atom.tree, ast.Name | ast.Attribute) and atom.text != n.id:
                new_index = binary(n, ast.Mult(), atom.tree)
                yield site.edit(new_index, "indexing", 1.5, f"times {atom.text}")


_PLACES = ast.Subscript | ast.Tuple | ast.BinOp


def alike(a: str, b: str) -> bool:
    """Do two names look alike, as z1 and a1, W1 and W2, self.z and self.a do?"""
    a, b = a.rpartition(".")[2], b.rpartition(".")[2]
    return len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) <= 1


def calls(site: Site) -> Iterator[Edit]:
    """Another function, swapped arguments, a flag, a call too many."""
    n = site.node
    if not isinstance(n, ast.Call):
        return
    name = unparsed(n.func)
    kept = {"getattr": 3, "get": 2, "setdefault": 2}  # what was there before, and else this
    if len(n.args) == kept.get(named(n)):
        nothing = isinstance(n.args[-1], ast.Constant) and n.args[-1].value == 0
        kind = "accumulation" if nothing else "stale-buffer"
        yield site.edit(n.args[-1], kind, 1.1, f"{short(n.args[-1])} in any case")
    if named(n) == "zeros_like" and n.args and is_floating(site.sight.value(n.args[0])):
        start = ast.Call(ast.Attribute(n.args[0], "copy", ast.Load()), [], [])
        yield site.edit(start, "missing-term", 1.3, f"{short(start)} instead")
    if len(n.args) == 1 and not n.keywords and name in site.sight.functions:
        for function in site.sight.functions:
            if function != name:
                new = ast.Call(parse(function), n.args, [])
                yield site.edit(new, "wrong-activation-derivative", 1.2, f"{function} instead")
        yield site.edit(n.args[0], "wrong-operand", 1.4, f"without the call of {name}")
    elif (
        len(n.args) == 1
        and not n.keywords
        and is_floating(site.value)
        and is_numeric(site.sight.value(n.args[0]))
        and shape_of(site.sight.value(n.args[0])) == site.shape
    ):
        yield site.edit(n.args[0], "wrong-operand", 1.4, f"without the call of {name}")
    if len(n.args) == 2 and named(n) not in PRODUCTS and not harmless(n):
        new = ast.Call(n.func, n.args[::-1], n.keywords)
        yield site.edit(new, "wrong-operand", 1.3, "swap the arguments")
    function = site.sight.value(n.func)
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    inner = getattr(function, "__func__", function)
    if code is not None:
        defaults = getattr(inner, "__defaults__", None) or ()
        names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
        flags = [(k, v) for k, v in zip(names, defaults, strict=True) if isinstance(v, bool)]
        extra = getattr(inner, "__kwdefaults__", None) or {}
        flags += [(k, v) for k, v in extra.items() if isinstance(v, bool)]
        for flag, default in flags:
            others = [k for k in n.keywords if k.arg != flag]
            if len(others) == len(n.keywords):
                others.append(ast.keyword(flag, ast.Constant(not default)))
            new = ast.Call(n.func, n.args, others)
            yield site.edit(new, "missing-activation-derivative", 1.1, f"{flag}={not default}")


def ranges(site: Site) -> Iterator[Edit]:
    """A loop that begins or ends one too early or late."""
    n = site.node
    if not isinstance(n, ast.Call) or named(n) != "range" or not 0 < len(n.args) < 3:
        return
    low, high = n.args if len(n.args) == 2 else (ast.Constant(0), n.args[0])
    one = ast.Constant(1)
    pairs = [
        (_shifted(low, ast.Add()), high),
        (low, binary(high, ast.Sub(), one)),
        (low, binary(high, ast.Add(), one)),
        *([(_shifted(low, ast.Sub()), high)] if len(n.args) == 2 else []),
    ]
    for start, end in pairs:
        plain = isinstance(start, ast.Constant) and start.value == 0
        new = ast.Call(n.func, [end] if plain else [start, end], [])
        yield site.edit(new, "indexing", 1.2, f"{unparsed(new)} instead")


def _shifted(node: ast.expr, op: ast.operator) -> ast.expr:
    """One more, or one less."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return ast.Constant(node.value + (1 if isinstance(op, ast.Add) else -1))
    return binary(node, op, ast.Constant(1))


def other_indices(node: ast.Subscript, sight: Sight) -> Iterator[ast.expr]:
    """Another counter in sight instead of the one in the index, or in both ends of a slice.

    For a number that is written there, one that a loop counts.
    """
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for part in parts:
        for atom in sight.counts if _is_whole(part) else ():
            if atom.text in sight.loops:
                yield substituted(node, part, atom.tree)
        for atom in sight.counts if isinstance(part, ast.Name) else ():
            if atom.text in sight.loops and atom.text != unparsed(part):
                yield substituted(node, part, binary(part, ast.Add(), atom.tree))
        places = sight.value(part)
        for atom in sight.arrays if _looks_up(places) else ():
            if _looks_up(atom.value) and np.shape(atom.value) == np.shape(places):
                yield substituted(node, part, atom.tree)
    for inner in ast.walk(node.slice):
        if isinstance(inner, ast.Slice) and inner.lower is None and inner.upper is not None:
            for atom in sight.counts:  # a block of columns: [j * n : (j + 1) * n] for [: n]
                if atom.text in sight.loops and isinstance(inner.upper, ast.Name | ast.Attribute):
                    low = binary(atom.tree, ast.Mult(), inner.upper)
                    after = binary(atom.tree, ast.Add(), ast.Constant(1))
                    high = binary(after, ast.Mult(), inner.upper)
                    yield substituted(node, inner, ast.Slice(low, high))
        if isinstance(inner, ast.Slice) and _one_item(inner):
            for atom in sight.counts:
                if isinstance(atom.tree, ast.Name):
                    end = binary(atom.tree, ast.Add(), ast.Constant(1))
                    yield substituted(node, inner, ast.Slice(atom.tree, end))
        if isinstance(inner, ast.Slice):
            uses = [n for n in ast.walk(inner) if isinstance(n, ast.Name)]
            groups = [
                [n for n in uses if n.id == name] for name in dict.fromkeys(n.id for n in uses)
            ]
            groups = [group for group in groups if len(group) > 1]
        else:
            groups = [[inner]] if isinstance(inner, ast.Name) else []
        for group in groups:
            if not is_number(sight.value(group[0])):
                continue
            for atom in sight.counts:
                if isinstance(atom.tree, ast.Name) and atom.text != group[0].id:
                    new: ast.expr = node
                    for use in group:
                        new = substituted(new, use, atom.tree)
                    yield new


def _one_item(part: ast.Slice) -> bool:
    """Is it [:1], or [2:3]?"""
    low, high = part.lower or ast.Constant(0), part.upper
    if not isinstance(low, ast.Constant) or not isinstance(high, ast.Constant):
        return False
    return isinstance(low.value, int) and high.value == low.value + 1


def _looks_up(value: Any) -> bool:
    """Is it an array of indices?"""
    return is_array(value) and np.ndim(value) > 0 and np.asarray(value).dtype.kind in "iu"


def _is_whole(part: ast.expr) -> bool:
    number = part.operand if isinstance(part, ast.UnaryOp) else part
    return isinstance(number, ast.Constant) and type(number.value) is int
