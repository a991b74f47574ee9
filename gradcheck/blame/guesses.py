"""Adjoints that may follow from those known already, by one step of the chain rule.

To measure an adjoint takes as many losses as it has elements. But most follow from others: times a
value of the forward pass or a local derivative, summed where the value was spread, times a matrix,
or as the sum of two such. Which of them does is not read in the code, but found: the slopes of the
loss along random directions are measured, and a guess must have the same. So no guess is ever
taken for true because of a rule.

Values are stacked here, the turns of a loop along the first axis: (turns, *shape).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from .values import Values

LARGEST = 20_000  # elements of a stack that is guessed
ROOM = 1_000_000  # numbers in all the factors of one shape
PRODUCT = 4_000  # elements of a product with a matrix
PAIRS = 20_000  # guesses that are added to each other
SINGLE, PAIR = 2, 3  # slopes that a guess, and the sum of two, must have
NEAR = 1e-6  # relative to them

Shape = tuple[int, ...]


@dataclass(eq=False)
class Group:
    """Guesses of one shape, for certain turns of a loop.

    directions  (PAIR, *shape), zero where nothing is asked
    rows        the slopes that the guesses would have, a block for each step
    made        how to make the guesses of a block
    """

    shape: Shape
    directions: Values
    rows: list[Values] = field(default_factory=list)
    made: list[Callable[[int], Values]] = field(default_factory=list)
    learned: int = 0  # known adjoints that the guesses were made of

    def slopes(self) -> Values:
        """Those that the guesses would have."""
        return np.concatenate([np.zeros((0, PAIR)), *self.rows])

    def guess(self, k: int, sign: float = 1.0) -> Values:
        for rows, made in zip(self.rows, self.made, strict=True):
            if k < len(rows):
                return np.asarray(sign * made(k).reshape(self.shape))
            k -= len(rows)
        raise IndexError(k)


@dataclass(eq=False)
class Question:
    """An adjoint that is asked for, with the slopes of the loss that it must have."""

    group: Group
    slopes: list[float]
    noise: float
    compared: int = 0  # guesses that are none

    @property
    def near(self) -> float:
        return NEAR * math.hypot(*self.slopes[:SINGLE]) + self.noise


class Guesses:
    """Guesses made of the adjoints known so far, and of the factors that steps may have.

    factors   values of the forward pass and local derivatives, stacked
    """

    def __init__(self, factors: Iterable[Values]) -> None:
        found: dict[tuple[Shape, bytes], Values] = {}
        for factor in factors:
            if factor.size and np.all(np.isfinite(factor)):
                found.setdefault((factor.shape, factor.tobytes()), factor)
        self._matrices = [f for f in found.values() if f.ndim > 2]
        self._factors = list(found.values())
        self._factors += [1 / f for f in self._factors if np.all(f)]
        self._spread: dict[Shape, Values] = {}
        self._known: list[Values] = []
        self._products: list[dict[tuple[int, int], list[Values]]] = []  # of each, by turns and size
        self._groups: dict[tuple[Shape, tuple[int, ...]], Group] = {}

    def learn(self, adjoint: Values) -> None:
        products: dict[tuple[int, int], list[Values]] = {}
        for matrix in self._matrices:
            for product in _products(adjoint, matrix):
                products.setdefault((len(product), product.size), []).append(product)
        self._known.append(adjoint)
        self._products.append(products)

    def group(self, shape: Shape, turns: tuple[int, ...]) -> Group:
        """Guesses of this shape, of which certain turns are asked for."""
        if (shape, turns) not in self._groups:
            rng = np.random.default_rng(3)
            directions = rng.uniform(0.5, 1.5, (PAIR, *shape)) * rng.choice((-1, 1), (PAIR, *shape))
            absent = np.setdiff1d(np.arange(shape[0]), turns)
            directions[:, absent] = 0
            self._groups[shape, turns] = Group(shape, directions)
        return self._groups[shape, turns]

    def answer(self, question: Question) -> Values | None:
        """A guess that has the slopes asked for, or None."""
        group = question.group
        self._catch_up(group)
        rows = group.slopes()
        wanted = np.array(question.slopes[:SINGLE])
        new = rows[question.compared :, :SINGLE]
        for sign in (1.0, -1.0):
            fits = np.flatnonzero(np.all(np.abs(sign * new - wanted) <= question.near, axis=1))
            if fits.size:
                return group.guess(question.compared + int(fits[0]), sign)
        question.compared = len(rows)
        return None

    def answer_in_two(self, question: Question, third: Callable[[], float | None]) -> Values | None:
        """The same, of sums and differences of two guesses.

        third   measures one slope more
        """
        group = question.group
        rows = group.slopes()[:PAIRS]
        signed = np.concatenate([rows, -rows])
        order = np.argsort(signed[:, 0])
        first, near = signed[order, 0], question.near
        wanted = np.array(question.slopes[:SINGLE])
        low = np.searchsorted(first, wanted[0] - rows[:, 0] - near)
        high = np.searchsorted(first, wanted[0] - rows[:, 0] + near)
        for k in np.flatnonzero(high > low):
            for j in order[low[k] : high[k]]:
                if abs(rows[k, 1] + signed[j, 1] - wanted[1]) > near:
                    continue
                slope = third()
                if slope is None or abs(rows[k, 2] + signed[j, 2] - slope) > near:
                    return None
                other = group.guess(int(j) % len(rows), 1.0 if j < len(rows) else -1.0)
                return group.guess(int(k)) + other
        return None

    def _catch_up(self, group: Group) -> None:
        for k in range(group.learned, len(self._known)):
            for adjoint in _forms(self._known[k], group.shape):
                self._times_values(group, adjoint)
            self._times_matrices(group, self._products[k])
        group.learned = len(self._known)

    def _times_values(self, group: Group, adjoint: Values) -> None:
        """The adjoint times each factor, summed over the axes that the value does not have."""
        axes = max(adjoint.ndim, len(group.shape))
        whole = _aligned(adjoint, axes)
        own = (group.shape[0], *(1,) * (axes - len(group.shape)), *group.shape[1:])
        try:
            shape = np.broadcast_shapes(whole.shape, own)
        except ValueError:
            return
        if math.prod(shape) > LARGEST:
            return
        factors = self._spread_to(shape)
        whole = np.broadcast_to(whole, shape)
        directions = np.broadcast_to(group.directions.reshape(PAIR, *own), (PAIR, *shape))
        group.rows.append(factors @ (whole * directions).reshape(PAIR, -1).T)
        group.made.append(lambda k: _summed(whole * factors[k].reshape(shape), own))

    def _spread_to(self, shape: Shape) -> Values:
        """Every factor that can be spread to a shape, a row each; 1 is the first."""
        if shape not in self._spread:
            rows = [np.ones(math.prod(shape))]
            for factor in self._factors[: ROOM // math.prod(shape)]:
                whole = _aligned(factor, len(shape)) if factor.ndim <= len(shape) else factor
                fits = whole.ndim == len(shape) and all(
                    m in (1, n) for m, n in zip(whole.shape, shape, strict=True)
                )
                if fits:
                    rows.append(np.broadcast_to(whole, shape).ravel())
            self._spread[shape] = np.array(rows)
        return self._spread[shape]

    def _times_matrices(self, group: Group, products: dict[tuple[int, int], list[Values]]) -> None:
        made = products.get((group.shape[0], math.prod(group.shape)))
        if made:
            flat = np.array([product.ravel() for product in made])
            group.rows.append(flat @ group.directions.reshape(PAIR, -1).T)
            group.made.append(lambda k: made[k])


def _forms(adjoint: Values, shape: Shape) -> Iterator[Values]:
    """The adjoint; where it has as many elements, in this shape; transposed; as a column."""
    yield adjoint
    if adjoint.shape == shape[:-1] and len(shape) > 2:
        yield adjoint[..., None]
    if adjoint.shape != shape and adjoint.size == math.prod(shape):
        yield adjoint.reshape(shape)
    if adjoint.ndim > 2 and adjoint.swapaxes(-1, -2).shape == shape and shape[-1] > 1 < shape[-2]:
        yield adjoint.swapaxes(-1, -2)


def _aligned(values: Values, axes: int) -> Values:
    """With more axes: after that of the turns."""
    return values.reshape(values.shape[0], *(1,) * (axes - values.ndim), *values.shape[1:])


def _summed(values: Values, shape: Shape) -> Values:
    axes = tuple(a for a, n in enumerate(shape) if n == 1 < values.shape[a])
    return np.asarray(values.sum(axis=axes, keepdims=True))


def _products(adjoint: Values, matrix: Values) -> Iterator[Values]:
    """The products of an adjoint with a matrix, or with its transpose, from either side."""
    rows = adjoint[:, None] if adjoint.ndim == 2 else adjoint
    if rows.ndim < 3:
        return
    for other in (matrix, matrix.swapaxes(-1, -2)):
        for left, right in ((rows, other), (other, rows)):
            inner = left.shape[-1]
            sizes = left.size // inner * right.shape[-1], right.size // inner * left.shape[-2]
            if inner == right.shape[-2] and max(sizes) <= PRODUCT:
                try:
                    yield np.matmul(left, right)
                except ValueError:  # other axes in front
                    return
