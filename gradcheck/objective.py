"""The loss as a function of the parameters: counted, bounded, and always put back."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from .direction import Direction
from .pieces import Spare, is_much, kept, move
from .signals import by_signal
from .tree import Array, Box, Parameter, detached

Move = tuple[Parameter, "Array | Direction"]
Asked = tuple[Sequence[Move], Sequence[float]]  # the losses at these steps along these moves


if TYPE_CHECKING:
    from .workers import Workers


class BudgetSpent(Exception):
    """The check has made as many loss evaluations as it may."""


class NotMeasured(Exception):
    """What a line asks for while it may not call the loss."""

    def __init__(self, line: Line, steps: Sequence[float]) -> None:
        self.line, self.steps = line, steps


class Objective:
    """The user's loss, called at perturbed parameters.

    evaluations   calls of the loss so far
    workers       others that evaluate it too, for a loss that has no state
    asking        lines raise NotMeasured instead of calling the loss
    guard         of a loss that writes into the parameters: what takes down where they stand before
                  a call, and returns what puts them back after it
    replay        what puts the user's state back before every call, for a loss that changes it
    updates       by what its first call changed blocks (by id), if it did
    failure       the last error of the loss that was taken for an end of its domain
    redraw        what puts random generators back: values that are compared need equal draws
    """

    def __init__(
        self,
        loss: Callable[..., Any],
        box: Box,
        *,
        max_evaluations: int | None = None,
        on_evaluation: Callable[[int], None] | None = None,
    ) -> None:
        self.call = with_params(loss, box, "loss")
        self._limit = math.inf if max_evaluations is None else max_evaluations
        self._on_evaluation = on_evaluation
        self.evaluations = 0
        self.replay: Callable[[], None] | None = None
        self.updates: dict[int, Array] = {}
        self.redraw: Callable[[], None] = lambda: None
        self.guard: Callable[[], Callable[[], None]] | None = None
        self.workers: Workers | None = None
        self.asking = False
        self.failure: Exception | None = None
        self.last: Any = None
        self.dtypes: set[np.dtype[Any]] = set()
        self.spare = Spare()

    def __call__(self) -> float:
        """The loss; nan where it has no finite value.

        After the first call an error counts as nan: a perturbation may leave the domain of the
        loss, whatever it says then; but not a lack of memory, nor what the handler of a signal
        raises. Raises BudgetSpent before the call that would exceed the budget, TypeError when the
        loss returns anything but one real number.
        """
        return self.along(_stay, (0.0,))[0]

    def along(self, place: Callable[[float], None], steps: Iterable[float]) -> list[float]:
        """The losses at some steps, one after the other; `place` moves the parameters to each."""
        with np.errstate(all="ignore"):
            return [self._value(place, t) for t in steps]

    def _value(self, place: Callable[[float], None], t: float) -> float:
        self._prepare()
        place(t)
        try:
            value = self.called()
        except Exception as error:
            if self.evaluations == 1 or isinstance(error, MemoryError) or by_signal(error):
                raise
            self.failure = error
            return math.nan
        self.last = value
        return self._number(value)

    def called(self) -> Any:
        """What the loss returns; what it writes into the parameters is undone."""
        if self.guard is None:
            return self.call()
        put_back = self.guard()
        try:
            return self.call()
        finally:
            put_back()

    def complex_value(self) -> complex | None:
        """The loss at complex parameters; None where the code cannot take them. Counted as well."""
        self._prepare()
        with np.errstate(all="ignore"):
            try:
                array = np.asarray(self.called())
            except BudgetSpent:
                raise
            except Exception:  # noqa: BLE001  the user's code never promised to take them
                return None
        return complex(array.reshape(())) if array.dtype.kind == "c" and array.size == 1 else None

    @property
    def bounded(self) -> bool:
        return self._limit < math.inf

    def stands_elsewhere(self) -> None:
        """The parameters were moved: lines begin at another point now."""
        if self.workers is not None:
            self.workers.moved()

    def elsewhere(self, asked: Sequence[Asked]) -> list[list[float]] | None:
        """The losses along some lines by workers; None where they are to be computed here."""
        n = sum(len(steps) for _, steps in asked)
        if self.workers is None or n < 2 or self.evaluations + n > self._limit:
            return None
        losses = self.workers.along(asked)
        self.evaluations += n
        if self._on_evaluation is not None:
            self._on_evaluation(self.evaluations)
        return losses

    def at_entries(self, i: int, positions: Array, moved: Array) -> list[float]:
        """The losses with one entry of block i moved, by workers. Raises BudgetSpent."""
        assert self.workers is not None
        if self.evaluations + len(positions) > self._limit:
            raise BudgetSpent
        self.evaluations += len(positions)
        return self.workers.at_entries(i, positions, moved)

    def stacked(self, n: int) -> Array:
        """The losses at n stacked places, as they are bound now: n evaluations.

        Raises ValueError unless the loss returns one number for each.
        """
        if self.evaluations + n > self._limit:
            raise BudgetSpent
        self.evaluations += n
        with np.errstate(all="ignore"):
            losses = np.asarray(self.called(), dtype=float)
        if losses.shape != (n,):
            raise ValueError(
                f"loss: expected {n} losses, of shape ({n},), for parameters with a leading axis "
                f"of {n}, got shape {losses.shape}. Leave out vectorized=True, or sum over all "
                "axes but the first."
            )
        return np.where(np.isfinite(losses), losses, np.nan)

    def _prepare(self) -> None:
        if self.evaluations >= self._limit:
            raise BudgetSpent
        self.evaluations += 1
        if self._on_evaluation is not None:
            self._on_evaluation(self.evaluations)
        if self.replay is not None:
            self.replay()

    def _number(self, value: Any) -> float:
        if type(value) is float or type(value) is np.float64:
            return float(value) if math.isfinite(value) else math.nan
        try:
            array = np.asarray(detached(value))
        except (TypeError, ValueError):
            array = np.asarray(None)
        if array.dtype.kind not in "fiu" or array.size != 1:
            what = (
                f"an array of shape {array.shape}"
                if array.size != 1
                else f"{type(value).__name__} {value!r:.40}"
            )
            raise TypeError(f"loss: expected one real number, got {what}. {_way(value, array)}")
        self.dtypes.add(array.dtype)
        number = float(array.reshape(()))
        return number if math.isfinite(number) else math.nan


def standing(
    blocks: Iterable[Parameter], first: Callable[[], None] | None = None
) -> Callable[[], None]:
    """What puts the blocks back where they stand now; `first` may put all else back."""
    places = [(block, kept(block.values)) for block in blocks]

    def put_back() -> None:
        if first is not None:
            first()
        for block, values in places:
            block.values[...] = values
            block.publish()

    return put_back


def with_params(function: Callable[..., Any], box: Box, who: str) -> Callable[[], Any]:
    """The function as a callable without arguments; it gets the nest if it asks for one."""
    if not callable(function):
        raise TypeError(
            f"{who}: expected a callable, got {type(function).__name__}. "
            f"Pass a function that computes it, such as lambda: ..."
        )
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # built-in or compiled: no signature to read
        return lambda: function(box.root)
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [
        p
        for p in parameters
        if p.default is p.empty and p.kind in (*positional, inspect.Parameter.KEYWORD_ONLY)
    ]
    if len(required) > 1 or any(p.kind not in positional for p in required):
        names = ", ".join(p.name for p in required)
        raise TypeError(
            f"{who}: expected a function of no argument or of params, got one that needs {names}. "
            f"Bind the rest: lambda params: {getattr(function, '__name__', 'f')}(params, ...)."
        )
    if required:
        return lambda: function(box.root)
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return _Open(function, box)
    return function


def _way(value: Any, array: Array) -> str:
    """What to do where a loss returned something else than one real number."""
    if isinstance(value, tuple | list) and len(value) > 1 and np.ndim(value[0]) == 0:
        return (
            "Hand over its first item as the loss, lambda p: f(p)[0], and what is the gradient as "
            "grads, lambda p: f(p)[1]."
        )
    if value is None:
        return "Return the loss: a function without return gives None."
    if array.size != 1:
        return "Reduce it to a scalar, with .sum() or .mean(), and return it."
    if array.dtype.kind == "b":
        return "Return the loss itself, not what a comparison says of it."
    if array.dtype.kind == "c":
        return "Return a real number made of it, such as abs(loss) or loss.real."
    return "Return it as a float, float(loss)."


def _stay(_: float) -> None:
    """Where the parameters stand already."""


class _Open:
    """A function of *args, as decorators make them: the first call tells if it needs params."""

    def __init__(self, function: Callable[..., Any], box: Box) -> None:
        self._function, self._box = function, box
        self._needy: bool | None = None

    def __call__(self) -> Any:
        if self._needy is None:
            try:
                value = self._function()
            except (TypeError, IndexError) as error:  # is an argument missing?
                try:
                    value = self._function(self._box.root)
                except (TypeError, IndexError):
                    raise error from None
                self._needy = True
            else:
                self._needy = False
            return value
        return self._function(self._box.root) if self._needy else self._function()


class Line:
    """The loss along one direction of some blocks: t -> loss(point + t * direction).

    moves   (block, direction) pairs; a direction has the shape of its block

    Only these blocks are touched, and put back after every call; within `with line:` at its end,
    as each step sets out from home. While it is in use it holds the values of the directions: in
    memory for one block or little, in files for a large model. `rest()` lets go of them, and the
    next call takes them up again.
    """

    def __init__(self, objective: Objective, moves: Sequence[Move]) -> None:
        self._objective, self.moves = objective, moves
        self._held: list[_Held] = []
        self._borrowed: list[Array] = []
        self._length = 0.0  # of the steps that are held
        self._out = False  # within `with line:`
        self.known: dict[float, float] = {}  # losses that were measured ahead

    def __call__(self, t: float) -> tuple[float, float]:
        """Loss at t, and t itself as it was really applied."""
        return self.here((t,))[0]

    def __enter__(self) -> Self:
        self._out = True
        return self

    def __exit__(self, *_: object) -> None:
        self._out = False
        self._go_home()

    def many(self, steps: Sequence[float]) -> list[tuple[float, float]]:
        """As many calls; by workers at once, where there are any. Raises NotMeasured."""
        if self.known and self.known.keys() >= set(steps):
            return [(self.known[t], t) for t in steps]
        if self._objective.asking:
            raise NotMeasured(self, steps)
        found = self._objective.elsewhere([(self.moves, steps)])
        return self.here(steps) if found is None else list(zip(found[0], steps, strict=True))

    def here(self, steps: Sequence[float]) -> list[tuple[float, float]]:
        """As `many`, in this process."""
        try:
            return list(zip(self._objective.along(self.place, steps), steps, strict=True))
        finally:
            if not self._out:
                self._go_home()

    def place(self, t: float) -> None:
        """Move the blocks to t; they stay there."""
        held = self._held or self._hold()
        if not t:
            self._go_home()  # to the last bit: -0.0 + 0.0 is 0.0
            return
        length = abs(t)
        if length != self._length:
            self._stretch(length)
        there = np.add if t > 0 else np.subtract
        for block, home, direction, step in held:
            if step is None:
                move(block.values, home, direction, np.float64(t))
            else:
                there(home, step, block.values)
            block.publish()

    @property
    def directions(self) -> list[Array]:
        """The values of the directions, as this line holds them."""
        return [held.direction for held in self._held or self._hold()]

    def rest(self) -> None:
        for array in self._borrowed:
            self._objective.spare.take_back(array)
        self._held, self._borrowed, self._length = [], [], 0.0

    def _go_home(self) -> None:
        for held in self._held:
            held.block.go_home()

    def _stretch(self, length: float) -> None:
        """A step of this length, which is taken both ways."""
        factor = np.float64(length)  # NumPy takes its own numbers in half the time
        for _, _, direction, step in self._held:
            if step is not None:
                np.multiply(direction, factor, step, casting="same_kind")
        self._length = length

    def _hold(self) -> list[_Held]:
        size = sum(block.values.nbytes for block, _ in self.moves)
        in_file, with_step = len(self.moves) > 1 and is_much(size), not is_much(2 * size)
        for block, direction in self.moves:
            home = block.make_home() if block.home is None else block.home
            values = self._values(direction, home, in_file)
            step = self._borrow(block.shape, block.values.dtype) if with_step else None
            self._held.append(_Held(block, home, values, step))
        return self._held

    def _values(self, direction: Array | Direction, home: Array, in_file: bool) -> Array:
        if not isinstance(direction, Direction):
            return direction
        filed = direction.filed(home) if in_file else None
        return direction.at(home, self._borrow) if filed is None else filed

    def _borrow(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        self._borrowed.append(self._objective.spare.array(shape, dtype))
        return self._borrowed[-1]


class _Held(NamedTuple):
    """A block on a line: where it stands at t = 0, its direction, and the last step along it.

    step    None for a large block, which is moved piece by piece
    """

    block: Parameter
    home: Array
    direction: Array
    step: Array | None


class EntryLine:
    """The loss along one entry of a block, in its unit, by steps that the dtype can represent."""

    def __init__(
        self, objective: Objective, block: Parameter, index: tuple[int, ...], unit: float = 1.0
    ) -> None:
        self._objective, self._block, self._index = objective, block, index
        self._unit = unit
        self._origin = block.values[index].copy()

    def __call__(self, t: float) -> tuple[float, float]:
        moved = self._origin + self._block.values.dtype.type(t * self._unit)
        return self.at(moved), float(moved - self._origin) / self._unit

    def at(self, moved: float) -> float:
        """Loss with the entry at this value."""
        try:
            return self._objective.along(self._place, (moved,))[0]
        finally:
            self._place(self._origin)

    def _place(self, value: float) -> None:
        self._block.values[self._index] = value
        self._block.publish()
