"""What is computed here: the sign, the operator, factors, constants, the branch."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..sight import TINY
from ..site import Edit, Site, harmless
from ..syntax import binary, chain, named, parse, placed, product, short, transposed, unparsed
from ..values import is_floating, is_number


def signs(site: Site) -> Iterator[Edit]:
    n = site.node
    if isinstance(n, ast.BinOp):
        for side in (n.left, n.right):
            part = side
            while isinstance(part, ast.BinOp):
                part = part.left
            if isinstance(part, ast.UnaryOp) and isinstance(part.operand, ast.Constant):
                yield site.edit(part.operand, "sign", 0.95, "without the minus sign", part)
    yield from swapped(site)
    if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Sub):
        cost = 1.4 if isinstance(site.parent, ast.Compare) else 1.2  # n + 1 is met by many a number
        yield site.edit(binary(n.left, ast.Add(), n.right), "sign", cost, "+ instead of -")
    if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add):
        yield site.edit(binary(n.left, ast.Sub(), n.right), "sign", 1.2, "- instead of +")
        yield site.edit(binary(n.right, ast.Sub(), n.left), "sign", 1.5, "- instead of +")
    if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add | ast.Sub) and not _sums(n.left):
        front = n.left
        if not isinstance(front, ast.UnaryOp | ast.Constant):  # the one term without a sign
            turned = ast.UnaryOp(ast.USub(), front)
            yield site.edit(turned, "sign", 1.1, "with the opposite sign", front)
    if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub):
        yield site.edit(n.operand, "sign", 0.95, "without the minus sign")
    elif site.root and not isinstance(n, ast.Constant):
        cost = 1.55 if isinstance(n, ast.Name) else 1.4
        yield site.edit(ast.UnaryOp(ast.USub(), n), "sign", cost, "with the opposite sign")
    elif isinstance(site.parent, ast.Call) and n in site.parent.args and is_floating(site.value):
        yield site.edit(ast.UnaryOp(ast.USub(), n), "sign", 1.15, "with the opposite sign")


def takes_away(node: ast.AST) -> bool:
    """Is it a difference: a - b, np.subtract(a, b)?"""
    if isinstance(node, ast.Call):
        return named(node) == "subtract" and len(node.args) == 2
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)


def swapped(site: Site) -> Iterator[Edit]:
    """b - a for a - b."""
    n = site.node
    if not takes_away(n):
        return
    new: ast.expr
    if isinstance(n, ast.Call):
        new = ast.Call(n.func, n.args[::-1], n.keywords)
    else:
        new = binary(n.right, n.op, n.left)  # type: ignore[attr-defined]
    yield site.edit(new, "sign", 1.0, "swap the two operands")


def _sums(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)


def regroups(site: Site) -> Iterator[Edit]:
    """Parentheses that end elsewhere: (a + b) * c for a + b * c, and the other way round."""
    n = site.node
    if not isinstance(n, ast.BinOp):
        return
    for new in _drawn_in(n):
        if site.fits(new, same_shape=False):
            yield site.edit(new, "wrong-operand", 1.25, "parentheses elsewhere")
    for inner, left in ((n.left, True), (n.right, False)):
        if not isinstance(inner, ast.BinOp):
            continue
        a, b, other = inner.left, inner.right, n.right if left else n.left
        # the operand that stands apart goes to one of the two, and they stay in their order
        for first in (False, True):
            near = a if first else b
            pair = binary(near, n.op, other) if left else binary(other, n.op, near)
            new = binary(pair, inner.op, b) if first else binary(a, inner.op, pair)
            if _regroups(inner.op, n.op, first is left) and site.fits(new, same_shape=False):
                yield site.edit(new, "wrong-operand", 1.2, "parentheses elsewhere")


def _drawn_in(node: ast.BinOp) -> Iterator[ast.expr]:
    """(a + s) * b * c for a * b * c + s."""
    factors = chain(node.left)
    if isinstance(node.op, ast.Add | ast.Sub) and len(factors) > 2:
        yield product((binary(factors[0], node.op, node.right), *factors[1:]))


def _regroups(inner: ast.operator, outer: ast.operator, across: bool) -> bool:
    """Do parentheses matter between two operators?

    across   the operand that stands apart goes to the far one of the two
    """
    sums = [isinstance(op, ast.Add | ast.Sub) for op in (inner, outer)]
    if any(isinstance(op, ast.Pow) for op in (inner, outer)):
        return True
    return sums[0] != sums[1] or (not across and isinstance(inner, ast.Sub | ast.Div))


def products(site: Site) -> Iterator[Edit]:
    """Matrix product or elementwise, which order, which transposes."""
    n = site.node
    if isinstance(n, ast.BinOp) and isinstance(n.op, ast.MatMult | ast.Mult):
        a, b, matrix = n.left, n.right, isinstance(n.op, ast.MatMult)
    elif isinstance(n, ast.Call) and named(n) in ("dot", "matmul", "outer", "multiply"):
        of_array = isinstance(n.func, ast.Attribute) and len(n.args) == 1
        if not of_array and len(n.args) != 2:
            return
        assert isinstance(n.func, ast.Attribute) or not of_array
        a = n.func.value if of_array and isinstance(n.func, ast.Attribute) else n.args[0]
        b, matrix = n.args[-1], named(n) != "multiply"
    else:
        return
    if named(n) == "outer":
        assert isinstance(n, ast.Call)
        yield site.edit(
            ast.Call(n.func, [b, a], []), "transpose", 1.1, "swap the arguments of outer"
        )
    if len(site.shape) < 1 and not matrix:
        return
    if matrix and named(n) != "outer":
        new: ast.expr = binary(a, ast.Mult(), b)
        if site.fits(new, same_shape=False):
            yield site.edit(new, "wrong-operand", 1.4, "elementwise * instead of a matrix product")
    for first, second in ((a, b), (b, a)):
        for left, right in itertools.product(
            (first, transposed(first)), (second, transposed(second))
        ):
            if matrix and left is a and right is b:
                continue
            moved = (first is not a) + (left is not first) + (right is not second)
            new = binary(left, ast.MatMult(), right)
            # s.T @ s for s @ s.T of one column: a number that is repeated where a matrix is due
            if site.fits(new) or (site.shape == (1, 1) and site.fits(new, same_shape=False)):
                kind = "transpose" if matrix else "wrong-operand"
                what = "other transposes" if matrix else "a matrix product instead of elementwise *"
                yield site.edit(new, kind, 1.0 + 0.1 * moved + 0.3 * (not matrix), what)


def factors(site: Site) -> Iterator[Edit]:
    """A factor or term too many, an inverted one, a power."""
    n = site.node
    if isinstance(n, ast.BinOp):
        op, left, right = n.op, n.left, n.right
        if isinstance(op, ast.Mult):
            if site.fits(left, same_shape=False):
                yield site.edit(
                    left, _dropped(site, right), 1.3, f"without the factor {short(right)}"
                )
            if site.fits(right, same_shape=False):
                yield site.edit(
                    right, _dropped(site, left), 1.3, f"without the factor {short(left)}"
                )
            yield site.edit(binary(left, ast.Div(), right), "scale", 1.5, "/ instead of *")
        elif isinstance(op, ast.Div):
            above = site.parent
            if is_one(left) and isinstance(above, ast.BinOp) and isinstance(above.op, ast.Mult):
                rest = above.left if above.right is n else above.right  # 1 / m * a: it goes whole
                what = f"without the factor {short(n)}"
                yield site.edit(rest, _dropped(site, right), 1.1, what, above)
            else:
                yield site.edit(
                    left, _dropped(site, right), 1.3, f"without the division by {short(right)}"
                )
            yield site.edit(binary(left, ast.Mult(), right), "scale", 1.5, "* instead of /")
            yield site.edit(
                binary(right, ast.Div(), left), "wrong-operand", 1.7, "swap the two operands"
            )
        elif isinstance(op, ast.Add | ast.Sub):
            what = "-" if isinstance(op, ast.Sub) else "+"
            yield site.edit(left, "wrong-operand", 1.4, f"without the term {what} {short(right)}")
            if isinstance(op, ast.Add):
                yield site.edit(right, "wrong-operand", 1.4, f"without the term {short(left)}")
        elif isinstance(op, ast.MatMult):
            for kept, lost in ((left, right), (right, left)):
                if site.fits(kept):
                    yield site.edit(kept, "wrong-operand", 1.6, f"without the factor {short(lost)}")
        elif isinstance(op, ast.Pow):
            yield site.edit(left, "wrong-operand", 1.3, "without the power")
    parts, above = chain(n), site.parent
    over = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Div) and above.left is n
    if len(parts) > 2 and (over or not isinstance(above, ast.BinOp)):
        for count in range(1, len(parts) - 1):
            for kept_parts in itertools.combinations(parts, count):
                whole = product(kept_parts)
                if site.fits(whole, same_shape=False):
                    what = f"only {short(whole)}"
                    yield site.edit(whole, "wrong-operand", 1.4, what)
    if isinstance(n, ast.Call) and named(n) == "multiply" and len(n.args) == 2:
        for kept, lost in (n.args, n.args[::-1]):
            yield site.edit(kept, _dropped(site, lost), 1.3, f"without the factor {short(lost)}")
    within = isinstance(site.parent, ast.BinOp) or site.root
    if within and is_floating(site.value) and not isinstance(n, ast.Constant):
        two = ast.Constant(2)
        if not (isinstance(site.parent, ast.BinOp) and isinstance(site.parent.op, ast.Pow)):
            square = binary(n, ast.Pow(), two)
            yield site.edit(square, "wrong-operand", 1.4, f"{short(n)} squared")
            if isinstance(n, ast.Name | ast.Attribute) and not site.root:
                cube = binary(n, ast.Pow(), ast.Constant(3))
                yield site.edit(cube, "wrong-operand", 1.45, f"{short(n)} ** 3")
        rest = binary(ast.Constant(1), ast.Sub(), n)
        yield site.edit(rest, "wrong-operand", 1.5, f"1 - {short(n)}")
        if not isinstance(n, ast.BinOp):
            module = site.sight.numeric_module()
            for function in ("sqrt", "exp", "log") if module else ():
                new = ast.Call(parse(f"{module}.{function}"), [n], [])
                yield site.edit(new, "wrong-operand", 1.7, f"{function} of {short(n)}")


def is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _dropped(site: Site, factor: ast.expr) -> str:
    value = site.sight.value(factor)
    return "scale" if is_number(value) or np.size(value) == 1 else "wrong-operand"


def choices(site: Site) -> Iterator[Edit]:
    """Comparisons, branches, where."""
    n = site.node
    if isinstance(n, ast.Compare) and len(n.ops) == 1:
        flips: dict[type[ast.cmpop], type[ast.cmpop]] = {
            ast.Lt: ast.Gt,
            ast.Gt: ast.Lt,
            ast.LtE: ast.Gt,
            ast.GtE: ast.Lt,
        }
        flip = flips.get(type(n.ops[0]))
        if flip is not None:
            turned = ast.Compare(n.left, [flip()], n.comparators)
            yield site.edit(turned, "wrong-activation-derivative", 1.1, "the opposite comparison")
        if is_floating(site.sight.value(n.left)):
            what = f"{short(n.left)} itself"
            yield site.edit(n.left, "wrong-activation-derivative", 1.3, what)
    elif isinstance(n, ast.IfExp):
        yield site.edit(
            ast.IfExp(n.test, n.orelse, n.body), "wrong-operand", 1.3, "swap the branches"
        )
        rest = isinstance(n.orelse, ast.Constant) and n.orelse.value == 0  # a term, or none
        yield site.edit(n.body, "wrong-operand", 1.3 if rest else 1.5, "the first branch always")
        yield site.edit(n.orelse, "wrong-operand", 1.5, "the second branch always")
    elif isinstance(n, ast.Call) and named(n) == "where" and len(n.args) == 3:
        new_args = [n.args[0], n.args[2], n.args[1]]
        new_call = ast.Call(n.func, new_args, n.keywords)
        yield site.edit(new_call, "wrong-activation-derivative", 1.2, "swap the two cases of where")
        minus = ast.UnaryOp(ast.USub(), new_call)
        what = "swap the two cases of where, with the opposite sign"
        yield site.edit(minus, "wrong-activation-derivative", 1.45, what)
        for scalar in site.sight.floats[:6]:
            for i in (1, 2):
                other: ast.expr = binary(scalar.tree, ast.Mult(), n.args[3 - i])
                cases = [other if j == i else a for j, a in enumerate(n.args)]
                what = f"{short(other)} in one case"
                new = ast.Call(n.func, cases, n.keywords)
                yield site.edit(new, "wrong-activation-derivative", 1.4, what)


def constants(site: Site) -> Iterator[Edit]:
    """The numbers written directly in this expression."""
    for node in _own_constants(site.node):
        value = node.value
        above = site.parents.get(node)
        outer = site.parents.get(above) if isinstance(above, ast.UnaryOp) else above  # -2 * x
        scales = isinstance(outer, ast.BinOp) and isinstance(outer.op, ast.Mult | ast.Div)
        whole = isinstance(value, int)
        near = [-value, value + 1, value - 1, 2 * value, value / 2, 0, 1, 2]
        if scales and above is site.node and (due := _due(site, value, outer)) is not None:
            near.append(due)
        for new in dict.fromkeys(int(x) if whole and x == int(x) else x for x in near):
            if new == value or (isinstance(above, ast.Slice | ast.keyword) and new != int(new)):
                continue
            kind = "sign" if new == -value else "scale" if scales else "wrong-operand"
            handed = isinstance(above, ast.Call) and whole and not harmless(above)  # a stride
            if handed or isinstance(above, ast.Slice | ast.Subscript) or named(above) == "range":
                kind = "indexing"
            added = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add | ast.Sub)
            beside = added and isinstance(above, ast.BinOp) and above.right is node  # a - 1
            if new < 0 and (isinstance(above, ast.UnaryOp) or beside):
                continue
            if beside and whole and new != int(new):  # what counts stays whole
                continue
            if 0 < abs(new) < TINY:
                continue
            cost = 1.1 if abs(new) in (abs(value), 2 * value, value / 2) else 1.2
            seeds = value == 1 and site.root and node is site.node  # dL/dL is 1
            if named(above) == "reshape" or seeds:  # a wrong one would rather not run at all
                cost += 0.3
            yield site.edit(ast.Constant(new), kind, cost, f"{new} instead of {value}", node)
        for atom in site.sight.scalars if scales and value not in (0, 1) else ():
            if site.sight.strange(atom) == 0 and atom.value not in near:
                new_tree = placed(atom.tree, node)
                yield site.edit(new_tree, "scale", 1.15, f"{atom.text} instead", node)


def _due(site: Site, value: float, product: Any) -> float | None:
    """What the number should be, where the right value is known and that is all it takes."""
    if site.right is None or not value:
        return None
    want, have = np.asarray(site.right, dtype=float), np.asarray(site.value, dtype=float)
    size = float(np.sum(have**2))
    if want.shape != have.shape or want.size < 2 or not size:
        return None
    ratio = float(np.sum(want * have)) / size
    if np.max(np.abs(want - ratio * have)) > 1e-5 * np.max(np.abs(want), initial=0.0):
        return None
    inverse = isinstance(product.op, ast.Div) and isinstance(product.right, ast.Constant)
    due = value / ratio if inverse and ratio else value * ratio
    plain = float(f"{due:.3g}")
    return plain if plain and abs(plain - due) <= 1e-5 * abs(due) else None


def rows(site: Site) -> Iterator[Edit]:
    """One list, or array, for each row: [[0.0] * n for _ in range(m)] for [[0.0] * n] * m."""
    n = site.node
    if not isinstance(n, ast.BinOp) or not isinstance(n.op, ast.Mult):
        return
    if isinstance(n.left, ast.List) and len(n.left.elts) == 1:
        row = site.sight.value(n.left.elts[0])
        if isinstance(row, list | dict | np.ndarray):
            text = f"[{unparsed(n.left.elts[0])} for _ in range({unparsed(n.right)})]"
            yield site.edit(parse(text), "aliasing", 1.0, f"{text} instead")


def _own_constants(node: ast.AST) -> Iterator[Any]:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield node
        return
    if isinstance(node, ast.Subscript):
        return
    for child in ast.iter_child_nodes(node):
        parts = child.elts if isinstance(child, ast.Tuple) else [child]
        for outer in parts:
            part = outer.operand if isinstance(outer, ast.UnaryOp) else outer
            part = part.value if isinstance(part, ast.keyword) else part
            if isinstance(part, ast.Constant) and type(part.value) in (int, float):
                yield part
