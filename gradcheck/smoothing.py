"""A small number that the loss adds and its gradient leaves out: log(y + 1e-7).

Who writes y - t for the gradient of the cross-entropy means that of log(y); the number only keeps
log(0) away. Such a gradient is off by some millionths, and right for the loss without the number.
"""

from __future__ import annotations

import contextlib
import dis
import gc
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from .tree import Slot
from .users import entered, is_option, is_users

SMALL = 1e-3  # no number above this is left out


class Added(NamedTuple):
    """A small number that is added in a line of a function."""

    function: types.FunctionType
    name: str  # of the variable that holds it; "" where it stands there itself
    number: float
    line: int

    @property
    def place(self) -> str:
        return f"{self.number:g} in line {self.line}"


def added_by(run: Callable[[], Any]) -> list[Added]:
    """The small numbers that the user's functions add on a run, by themselves or under a name.

    Cost    a run
    """
    found: dict[tuple[int, str, float], Added] = {}
    for code in entered(run):
        if not (is_users(code.co_filename) or is_option(code.co_filename)):
            continue
        for function in gc.get_referrers(code):
            if isinstance(function, types.FunctionType) and function.__code__ is code:
                for one in _added(function):
                    found.setdefault((id(code), one.name, one.number), one)
    return list(found.values())


@contextlib.contextmanager
def without(numbers: Iterable[Added]) -> Iterator[None]:
    """Zero in their place, until the end."""
    with contextlib.ExitStack() as stack:
        for one in numbers:
            stack.enter_context(_zero(one))
        yield


def _added(function: types.FunctionType) -> Iterator[Added]:
    steps = list(dis.get_instructions(function.__code__))
    for i, step in enumerate(steps):
        if step.opname != "BINARY_OP" or step.argrepr not in ("+", "+="):
            continue
        right, left = [(steps[i - 1], -1)], [(load, 0) for load in _left(step, steps[:i])]
        for load, side in (*right, *left):  # x + c, c + x
            name, number = _loaded(load, side, function)
            if type(number) is float and 0 < number <= SMALL:
                line = load.positions.lineno if load.positions else None
                yield Added(function, name, number, line or function.__code__.co_firstlineno)


def _left(sum_: dis.Instruction, before: list[dis.Instruction]) -> list[dis.Instruction]:
    """The instruction that loads the left side of a sum, if that is all there is of it."""
    begins = [step for step in before if _begin(step) == _begin(sum_) is not None]
    return begins if len(begins) == 1 else []


def _begin(step: dis.Instruction) -> tuple[int, int] | None:
    at = step.positions
    if at is None or at.lineno is None or at.col_offset is None:
        return None
    return at.lineno, at.col_offset


def _loaded(step: dis.Instruction, side: int, function: types.FunctionType) -> tuple[str, Any]:
    """The variable that an instruction loads, and what it holds as far as can be seen.

    side   which of two, where it loads two at once (Python 3.13)
    """
    if step.opname.startswith("LOAD_CONST"):
        return "", step.argval
    if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
        return str(step.argval), function.__globals__.get(step.argval)
    if "LOAD_FAST" in step.opname:
        name = step.argval if isinstance(step.argval, str) else step.argval[side]
        return name, _defaults(function).get(name)
    return "", None


def _defaults(function: types.FunctionType) -> dict[str, Any]:
    taken = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = function.__defaults__ or ()
    return dict(zip(taken[len(taken) - len(given) :], given, strict=True))


@contextlib.contextmanager
def _zero(one: Added) -> Iterator[None]:
    slot = _slot(one)
    held = slot.get()
    if isinstance(held, types.CodeType):
        new: Any = held.replace(co_consts=_zeroed(held.co_consts, one.number))
    else:
        new = _zeroed(held, one.number) if isinstance(held, tuple) else 0.0
    slot.set(new)
    try:
        yield
    finally:
        slot.set(held)


def _slot(one: Added) -> Slot:
    """What holds the number: the code, the defaults, or a global name."""
    function: Any = one.function
    if not one.name:
        return Slot(function, "__code__", attribute=True)
    if one.name in _defaults(function):
        return Slot(function, "__defaults__", attribute=True)
    return Slot(function.__globals__, one.name)


def _zeroed(values: tuple[Any, ...], number: float) -> tuple[Any, ...]:
    return tuple(0.0 if type(v) is float and v == number else v for v in values)
