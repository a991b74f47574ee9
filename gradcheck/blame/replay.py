"""Runs of the user's loss and gradients: whatever one does is put back, one that hangs is ended."""

from __future__ import annotations

import contextlib
import io
import math
import threading
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..numerical import Noise
from ..state import Snapshot
from ..tree import Parameter, detached
from .behaviours import Behaviour, Stopped
from .owners import executed, units
from .program import Program
from .remembered import forget
from .values import Values
from .watch import alarm

RELATIVE = 1e-5  # what counts as equal to a central difference, in units of the largest entry
FOREVER = 1e6  # seconds
ROUNDED = 1e-3  # of the largest entry, by which what was computed in float32 may differ
OVERTIME = 1.0  # more than there are


class Unable(Exception):
    """Why the source line cannot be searched for, in one line."""


@dataclass
class Point:
    """Where the parameters stand, and the numerical gradient there.

    known    indices into the concatenated gradient that were measured
    values   the numerical gradient at these
    scale    size that an error is measured in, one an entry
    rough    is the loss no smooth one there, and does it tell of nothing small?
    sharp    entries that were measured better: the slope with its error
    """

    place: list[Values]
    loss: float
    known: npt.NDArray[np.intp]
    values: Values
    scale: Values
    rough: bool = False
    sharp: dict[int, tuple[float, float]] = field(default_factory=dict)


class Replay(Program):
    """The user's program, and what it takes to run it again and again.

    loss, grads   without arguments; grads returns one array a block
    floors        absolute rounding of the entries of each block, where it is known
    misfits       names of blocks whose gradients have another shape
    noise         of the loss, where it is known
    astray        flat indices of entries of each block that are wrong, where some are known
    entry_units   of each block; None of one whose entries have none of their own
    missing       functions without source
    point         of the day: where the parameters stand in a run
    home          where they stood when the user called
    longest       seconds that one run may take
    left          seconds that there are for all
    double        does code compute in float64 where it says float32?
    fine          is the mistake so small that points are measured as strictly as a verdict?
    """

    def __init__(
        self,
        loss: Callable[[], Any],
        grads: Callable[[], Sequence[Values]],
        blocks: Sequence[Parameter],
        snapshot: Snapshot,
        floors: Sequence[float] = (),
        misfits: Collection[str] = (),
        noise: Noise | None = None,
        astray: Sequence[Sequence[int]] = (),
        units: Sequence[Values | None] = (),
    ) -> None:
        super().__init__()
        self.loss, self.grads, self.blocks = loss, grads, blocks
        self.snapshot, self.floors, self.misfits = snapshot, floors, misfits
        self.noise, self.astray = noise, astray
        self.entry_units = list(units) or [None] * len(blocks)
        self.sizes = [block.size for block in blocks]
        self.home = [np.array(block.values) for block in blocks]  # no np.matrix
        self.point: Point | None = None
        self.missing: list[str] = []
        self.runs, self.longest = 0, math.inf
        self.left: Callable[[], float] = lambda: math.inf
        self.needs_loss = True  # must the loss be called before the gradients?
        self.twice = False  # are gradients those of a second call, that the first one spoils?
        self.random = True  # does the user's code draw random numbers?
        self.double, self.fine = False, False
        self._keep = frozenset(id(block.values) for block in blocks)

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """Whatever happens inside: code, state, recursion and warnings are put back."""
        self.snapshot.undo.append(self.uninstall)  # an interrupt may hit what is below
        try:
            with warnings.catch_warnings(), _quiet_threads():
                warnings.simplefilter("ignore")
                yield
        finally:
            self.uninstall()
            self.point, self.random = None, True
            self._settle()
            forget()

    def find(self) -> None:
        """The user's functions that take part, hooked."""
        drawn = []

        def both() -> None:
            for function in (self.loss, self.grads):  # a step puts back what was drawn before it
                function()
                drawn.append(bool(self.snapshot.changed(only_random=True)))

        codes = executed(lambda: self._run(both, None))
        self.random = any(drawn)
        self.units, missing = units(codes)
        # "<string>" is what dataclasses and the like compile: nothing that a user wrote
        made = [c for c in missing if c.co_filename == "<string>" and c.co_name.startswith("__")]
        missing = [c for c in missing if c not in made]  # by a dataclass: nobody wrote it
        written = [c for c in missing if c.co_filename != "<string>" or not self.units]
        self.missing = sorted({f"{c.co_name} ({c.co_filename})" for c in written})
        self._settle()
        if not self.units:
            raise Unable("no source of the gradients' code at hand: it is compiled or was typed in")
        self.index()

    def widen(self) -> None:
        """Compute in float64 where the code says float32, if that is the same but for rounding.

        Else what tells right edits from wrong ones would be noise.
        """
        narrow = [block for block in self.blocks if _is_narrow(block.held)]
        if not narrow:
            return
        single = self.run_loss(), self.run_grads()
        for self.double in (True, False):
            wide = {id(b.held): np.array(b.values, dtype=float) for b in narrow if self.double}
            self.behaviours.wide = wide
            for unit in self.units:
                unit.double = self.double
            self.index()
            self.install(hooked=False)
            double = self.run_loss(), self.run_grads()
            if all(map(_equal, single, double)):
                break
        if self.double:
            self.noise = None

    def limit(self, seconds: float) -> None:
        """From now on a run may take a good many times the steps of the last, and these seconds."""
        self.behaviours.limit = 20 * self.behaviours.steps + 10_000
        self.longest = min(self.longest, 20 * seconds + 1.0)

    def run_loss(self, behaviour: Behaviour | None = None) -> float | None:
        """The loss, or None where it fails."""
        value = self._run(self.loss, behaviour)
        if value is None:
            return None
        try:
            number = float(np.asarray(detached(value), float).reshape(()))
        except (TypeError, ValueError):
            return None
        return number if np.isfinite(number) else None

    def run_grads(
        self, behaviour: Behaviour | None = None, *, again: bool = False
    ) -> Values | None:
        """The analytic gradients of all blocks, one after the other; None where that fails.

        again   those of a second call, right after the first
        """

        def both() -> Any:
            if self.twice:  # a call at another place before
                self._stand(self.home)
                self.loss()
                self.grads()
                self._stand(self.place)
            if self.needs_loss or self.twice:
                self.loss()
                if self.random:  # the backward pass draws what the loss drew
                    self.snapshot.restore(only_random=True)
            return (self.grads(), self.grads())[1] if again else self.grads()

        return self._flat(self._run(both, behaviour))

    def wrong(self, gradient: Values | None) -> npt.NDArray[np.bool_]:
        """Which of the known entries are wrong."""
        assert self.point is not None
        if gradient is None:
            return np.ones(len(self.point.known), dtype=bool)
        away = np.abs(gradient[self.point.known] - self.point.values)
        return np.asarray(away > RELATIVE * self.point.scale)

    @property
    def place(self) -> Sequence[Values]:
        """Where the parameters stand in a run: at the point of the day."""
        return self.point.place if self.point else self.home

    def _flat(self, result: Any) -> Values | None:
        if result is None:
            return None
        try:
            flat = np.concatenate([np.asarray(g, dtype=float).reshape(-1) for g in result])
        except (TypeError, ValueError):
            return None
        return flat if flat.size == sum(self.sizes) and np.all(np.isfinite(flat)) else None

    def _run(self, function: Callable[[], Any], behaviour: Behaviour | None) -> Any:
        self._settle()
        self.runs += 1
        self.behaviours.begin(behaviour)
        try:
            return self._quietly(function)
        except Exception:  # noqa: BLE001  the user's code, perturbed or edited, may raise anything
            return None
        except (Stopped, SystemExit):
            return None
        finally:
            self.behaviours.end()

    def _quietly(self, function: Callable[[], Any]) -> Any:
        quiet = contextlib.redirect_stdout(_Nowhere()), np.errstate(all="ignore")
        longest = min(self.longest, max(self.left(), 0.0) + OVERTIME)
        with quiet[0], quiet[1], alarm(min(longest, FOREVER), Stopped):
            return function()

    def _settle(self) -> None:
        """Everything as it was, but the parameters at the point of the day."""
        self.snapshot.restore(keep=self._keep, but_random=not self.random)
        self._stand(self.place)

    def _stand(self, place: Sequence[Values]) -> None:
        for block, values in zip(self.blocks, place, strict=True):
            block.values[...] = values
            block.publish()
            if id(block.held) in self.behaviours.wide:
                self.behaviours.wide[id(block.held)][...] = values


def _is_narrow(held: Any) -> bool:
    return isinstance(held, np.ndarray) and held.dtype.kind == "f" and held.dtype.itemsize < 8


def _equal(single: Any, double: Any) -> bool:
    """But for the rounding of float32?"""
    if single is None or double is None:
        return False
    near = ROUNDED * float(np.max(np.abs(single), initial=0.0))
    return bool(np.all(np.abs(np.subtract(single, double)) <= near))


@contextlib.contextmanager
def _quiet_threads() -> Iterator[None]:
    """Errors in threads that the user's code starts meanwhile are none to be told."""
    before, others = threading.excepthook, set(threading.enumerate())

    def hook(args: threading.ExceptHookArgs) -> None:
        if args.thread in others:
            before(args)

    threading.excepthook = hook
    try:
        yield
    finally:
        if threading.excepthook is hook:
            threading.excepthook = before


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)
