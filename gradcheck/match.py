"""Which gradient belongs to which parameter: by path, by name, by order and shape, by numbers.

Nets in the wild call the gradient of W by dW, dweights, grad_W, W_grad, weight_grad, grads["W"],
g_w or W.grad, and keep it beside W, in a nest of its own, or return it in some order. A name is
taken apart into words; the words of a gradient, without those that say "gradient", are those of
its parameter.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .direction import Direction
from .pieces import dot
from .tree import Array, Leaf, Parameter

Pairs = dict[int, int]  # index of a block -> index of a leaf

_WORD = re.compile(r"[^\W\d_∂∇]+|[∂∇]+|\d+")
_SAYS_GRADIENT = frozenset(
    {
        "d",
        "g",
        "del",
        "der",
        "deriv",
        "derivative",
        "derivatives",
        "diff",
        "grad",
        "grads",
        "gradient",
        "gradients",
        "nabla",
        "delta",
        "deltas",
        "partial",
        "partials",
        "dl",
        "dj",
        "de",
        "dc",
        "dloss",
        "dcost",
        "∂",
        "∇",
        "Δ",
        "δ",
        "gradiente",
        "gradientes",
        "gradienten",
        "градиент",
        "梯度",
        "导数",
        "勾配",
    }
)
_PREFIX = re.compile(
    r"^(d[LJECl]?d|dloss_?d|gradients?|grads?|[Gg]rad|nabla|delta|partial|[dDg∂∇Δδ])(?=.)"
)
_SUFFIX = re.compile(r"(?<=.)(Gradients?|Grads?|gradients?|grads?|Delta|delta)$")
_HOLDER = frozenset(
    {
        "data",
        "value",
        "val",
        "values",
        "array",
        "tensor",
        "param",
        "params",
        "parameter",
        "parameters",
        "variables",
        "layer",
        "layers",
        "total",
        "sum",
        "acc",
    }
)
INPUT = frozenset({"x", "input", "inputs", "inp", "in", "a_prev", "aprev", "prev", "data"})
TARGET = frozenset(
    {"y", "t", "target", "targets", "label", "labels", "true", "truth", "y_true", "y_train"}
)
PARAMETER = frozenset({"w", "b", "theta", "intercept", "coef"})
_SYNONYMS = {
    **dict.fromkeys(("weights", "weight", "w", "kernel", "kernels", "wt", "wts", "coefs"), "w"),
    **dict.fromkeys(("bias", "biases", "b", "intercepts", "bs"), "b"),
    "ws": "w",
}


def words(name: str) -> list[str]:
    """The words of a name: letters, and numbers."""
    return _WORD.findall(name)


# -- by path and by name ---------------------------------------------------------------------------


def by_path(blocks: Sequence[Parameter], leaves: Sequence[Leaf]) -> Pairs:
    """Gradients in the nest of the parameters."""
    where = {leaf.name: j for j, leaf in enumerate(leaves)}
    named = ((i, (block.name, *block.aliases)) for i, block in enumerate(blocks))
    found = ((i, next((where[n] for n in names if n in where), None)) for i, names in named)
    return {i: j for i, j in found if j is not None}


def by_name(blocks: Sequence[Parameter], leaves: Sequence[Leaf], *, stored: bool = False) -> Pairs:
    """Each block with the leaf whose name fits best, where exactly one fits best.

    stored   the leaves are whatever can be reached: only names that say "gradient" count
    """
    forms = [_gradient_forms(leaf.path, stored) for leaf in leaves]
    fits: dict[tuple[int, int], tuple[int, ...]] = {}
    for i, block in enumerate(blocks):
        names = [_parameter_forms(name) for name in (block.name, *block.aliases)]
        for j, leaf in enumerate(leaves):
            if stored and leaf.value is block.held and leaf.slot.owner is block.slot.owner:
                continue  # a gradient that looks like a parameter is none of itself
            fitting = not stored or fits_shape(leaf.value, block.shape)
            if not fitting and not _reduced_wrongly(leaf.value, block.shape):
                continue
            costs = [c for p in names for g in forms[j] if (c := _cost(p, g, stored)) is not None]
            if costs and (fitting or min(costs) == (0, 0)):
                owner = 0 if leaf.slot.owner is block.slot.owner else 1
                exact = 0 if shape_of(leaf.value) == block.shape else 1
                order = (owner, *min(costs), exact) if stored else (*min(costs), exact, owner)
                fits[i, j] = (not fitting, *order)
    pairs: Pairs = {}
    while fits:
        best = min(fits.values())
        at_best = [pair for pair, cost in fits.items() if cost == best]
        rows, columns = (Counter(pair[k] for pair in at_best) for k in (0, 1))
        for i, j in at_best:
            same = all(leaves[k].value is leaves[j].value for n, k in at_best if n == i)
            if columns[j] == 1 and (rows[i] == 1 or same) and i not in pairs:
                pairs[i] = j
        done_rows, done_columns = {i for i, _ in at_best}, {j for _, j in at_best}
        fits = {
            (i, j): cost
            for (i, j), cost in fits.items()
            if i not in done_rows and j not in done_columns
        }
    return pairs


_Form = tuple[tuple[str, ...], tuple[str, ...]]  # words as written, words by their meaning


def _parameter_forms(name: str) -> _Form:
    words = [w for w in _WORD.findall(name) if w.lower() not in _HOLDER]
    return tuple(words), tuple(map(_meaning, words))


def _gradient_forms(path: Sequence[str], stored: bool) -> list[_Form]:
    """The ways to read the name of a gradient."""
    words = [w for part in path for w in _WORD.findall(part)]
    plain = [w for w in words if not _says_gradient(w)]
    readings = [] if stored and len(plain) == len(words) else [plain]
    if not stored:
        readings.append(words)
    readings += [
        [*base[:k], short, *base[k + 1 :]]
        for base in (plain, words)
        for k, word in enumerate(base)
        for short in {_PREFIX.sub("", word), _SUFFIX.sub("", word)} - {word}
    ]
    readings.append([_PREFIX.sub("", word) for word in plain])
    if stored:
        readings = [r for r in readings if r != words]
    forms = []
    for reading in readings:
        kept = [w for w in reading if w.lower() not in _HOLDER]
        forms.append((tuple(kept), tuple(map(_meaning, kept))))
    return forms


def _says_gradient(word: str) -> bool:
    """D and G are names of nets, d and g are not."""
    return (word if len(word) == 1 else word.lower()) in _SAYS_GRADIENT


def gradient_words(name: str) -> list[tuple[str, ...]]:
    """The ways to read a name that says "gradient": dx and grad_x are (x,)."""
    return [written for written, _ in _gradient_forms([name], stored=True)]


def names_input(block: Parameter) -> bool:
    """Was it found under the name of an input: x, inputs, a_prev?"""
    last = block.name.rpartition(".")[2]
    return not block.given and last.lower().strip("_") in INPUT


def names_data(block: Parameter) -> bool:
    """Was it found under the name of an input or a target?"""
    last = block.name.rpartition(".")[2]
    return not block.given and last.lower().strip("_") in INPUT | TARGET


def names_parameter(block: Parameter) -> bool:
    """Is there a word for weights or biases in its name?"""
    return any(_meaning(word) in PARAMETER for word in words(block.name.rpartition(".")[2]))


def _meaning(word: str) -> str:
    low = word.lower()
    return _SYNONYMS.get(low, low)


def _cost(parameter: _Form, gradient: _Form, stored: bool) -> tuple[int, int] | None:
    """How far two names are apart; None when they do not name the same thing."""
    for level, (p, g) in enumerate(zip(parameter, gradient, strict=True)):
        stem = next((word for word in reversed(p) if not word.isdigit()), None)
        if stem is None:
            if p == g and not stored:
                return level, 0
            if p == g:
                return level + 1, 0
            continue
        if stem not in g:
            continue
        have, want = Counter(g), Counter(p)
        more, less = have - want, want - have
        if not more or not less:
            return level, sum(more.values()) + sum(less.values())
    return None


def is_computed_for(leaf: Leaf, block: Parameter) -> bool:
    """Is this stored for just this name, and computed? x0 = 0 and dx = 0.1 are a grid."""
    written_down = type(leaf.value) is float and not names_parameter(block)
    forms = {meanings for _, meanings in _gradient_forms(leaf.path, stored=True)}
    names = (block.name, *block.aliases)
    return not written_down and any(_parameter_forms(name)[1] in forms for name in names)


def lists_of_gradients(leaves: Sequence[Leaf]) -> Iterator[list[Leaf]]:
    """What lies in lists that are called as gradients, and no more: grads.0, grads.1."""
    lists: dict[tuple[str, ...], list[Leaf]] = {}
    for leaf in leaves:
        *above, last = leaf.path
        if last.isdigit() and above and all(map(_says_gradient, words(above[-1]))):
            lists.setdefault(tuple(above), []).append(leaf)
    yield from lists.values()


# -- by order and shape ----------------------------------------------------------------------------


def in_order(blocks: Sequence[Parameter], leaves: Sequence[Leaf]) -> Iterator[tuple[str, Pairs]]:
    """The orders that people return gradients in, with a name for each."""
    n = len(blocks)
    if n != len(leaves):
        return
    yield "", {i: i for i in range(n)}
    groups = [list(g) for _, g in itertools.groupby(range(n), key=lambda j: _group(leaves[j].path))]
    if len(groups) > 1:
        turned = [j for group in reversed(groups) for j in group]
        yield "reverse", dict(enumerate(turned))
    yield "reverse", {i: n - 1 - i for i in range(n)}


def _group(path: tuple[str, ...]) -> tuple[str, ...]:
    """What turns round together: the items of the outermost list."""
    for k, part in enumerate(path):
        if part.isdigit():
            return path[: k + 1]
    return path


def turned(leaves: Sequence[Leaf]) -> list[Leaf]:
    """The leaves as they would be named were every outermost list in reverse order."""
    lengths: dict[tuple[str, ...], int] = {}
    places = []
    for leaf in leaves:
        k = next((k for k, part in enumerate(leaf.path) if part.isdigit()), None)
        places.append(k)
        if k is not None:
            above = leaf.path[:k]
            lengths[above] = max(lengths.get(above, 0), int(leaf.path[k]) + 1)
    result = []
    for leaf, k in zip(leaves, places, strict=True):
        path = leaf.path
        if k is not None:
            mirrored = lengths[path[:k]] - 1 - int(path[k])
            path = (*path[:k], str(mirrored), *path[k + 1 :])
        result.append(leaf._replace(path=path))
    return result


def by_shape(blocks: Sequence[Parameter], leaves: Sequence[Leaf]) -> Pairs | None:
    """The one way in which every leaf has exactly the shape of its block, if there is one."""
    shapes = [block.shape for block in blocks]
    wanted = [shape_of(leaf.value) for leaf in leaves]
    if any(wanted.count(shape) > 1 or shapes.count(shape) != 1 for shape in wanted):
        return None
    return {shapes.index(shape): j for j, shape in enumerate(wanted)}


@dataclass(frozen=True, slots=True)
class Measured:
    """A slope of the loss along one direction of one block, and how exact it is."""

    direction: Array | Direction
    slope: float
    error: float

    def fits(self, gradient: Array) -> bool:
        predicted = dot(gradient, np.asarray(self.direction))
        return abs(predicted - self.slope) <= self.error

    @property
    def tells(self) -> bool:
        return abs(self.slope) > 20 * self.error


def by_numbers(
    blocks: Sequence[Parameter],
    leaves: Sequence[Leaf],
    measure: Callable[[Parameter], list[Measured]],
) -> Pairs | None:
    """The one way in which the slopes of the loss fit the gradients, if there is one."""
    pairs: Pairs = {}
    for j, leaf in enumerate(leaves):
        like = [i for i, block in enumerate(blocks) if block.shape == shape_of(leaf.value)]
        values = np.asarray(leaf.value, dtype=float)
        slopes = {i: measure(blocks[i]) for i in like}
        fit = [
            i
            for i in like
            if all(m.fits(values) for m in slopes[i]) and any(m.tells for m in slopes[i])
        ]
        if len(fit) != 1 or fit[0] in pairs:
            return None
        pairs[fit[0]] = j
    return pairs


def exchanged(
    names: Sequence[str], gradients: Sequence[Array], slopes: Sequence[Sequence[Measured]]
) -> list[tuple[int, ...]]:
    """Groups of blocks whose gradients fit one another's places, and not their own."""
    fits: dict[int, list[int]] = {}
    for i, measured in enumerate(slopes):
        alike = [j for j in range(len(names)) if gradients[j].shape == gradients[i].shape]
        if any(m.tells for m in measured):
            fits[i] = [j for j in alike if all(m.fits(gradients[j]) for m in measured)]
    moved = {i: f[0] for i, f in fits.items() if len(f) == 1 and f[0] != i}
    groups = []
    for start in sorted(moved):
        ring, i = [start], moved[start]
        while i in moved and i not in ring:
            ring.append(i)
            i = moved[i]
        if i == start and start == min(ring):
            groups.append(tuple(ring))
    return groups


def fits_exactly(pairs: Pairs, blocks: Sequence[Parameter], leaves: Sequence[Leaf]) -> bool:
    return all(shape_of(leaves[j].value) == blocks[i].shape for i, j in pairs.items())


def fits_shape(value: Any, shape: tuple[int, ...]) -> bool:
    """Could this be a gradient of that shape, if perhaps in a wrong shape?"""
    given = shape_of(value)
    if given == shape or given == shape[::-1]:
        return True
    return [n for n in given if n != 1] == [n for n in shape if n != 1]


def _reduced_wrongly(value: Any, shape: tuple[int, ...]) -> bool:
    """Could this be the gradient of a bias, summed over all axes or over none?"""
    given, n = shape_of(value), [n for n in shape if n != 1]
    if len(n) != 1:
        return False
    computed = type(value) is not float  # a number that was written down is none
    return (given == () and computed) or (len(given) == 2 and given[1:] == shape)


def shape_of(value: Any) -> tuple[int, ...]:
    shape = getattr(value, "shape", None)
    return tuple(shape) if shape is not None else tuple(np.shape(value))
