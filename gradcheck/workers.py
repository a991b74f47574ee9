"""Evaluations of the loss on other cores and other machines, by joblib and its backends.

What is evaluated at once are the next steps of all blocks (Point.look_ahead), the values of the
noise tables, both sides of any other difference, and single entries: a task for each worker.

What travels is small. A worker gets the loss once, and the parameters once for each point; a task
names blocks and steps, and ships each direction as its seed (direction.py). The worker moves its
own copy of the parameters by the same arithmetic, so the losses are those of a serial run to the
last bit, and so is everything that follows from them. This is tried: the first loss from a worker
is compared with the one computed here, and where they differ all is computed here.

A worker that dies loses nothing: its task is sent once more, and computed here if that fails too.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import queue
import sys
import threading
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .gradients import also_held
from .objective import Asked, EntryLine, Line, Move, Objective
from .pieces import kept
from .tree import Array, Box, Parameter, survey
from .users import is_users

Path = tuple[tuple[int, Any], ...]  # (number of the block, its direction), ...


class Task(Protocol):
    """A pure piece of work on a copy of the loss and the parameters."""

    def run(self, objective: Objective, blocks: Sequence[Parameter]) -> list[float]: ...

    def first(self) -> Task:
        """The first evaluation of it alone."""


@dataclass(frozen=True, slots=True)
class AlongLines:
    """The loss at some steps along each of some directions."""

    asked: tuple[tuple[Path, tuple[float, ...]], ...]

    def run(self, objective: Objective, blocks: Sequence[Parameter]) -> list[float]:
        losses: list[float] = []
        for path, steps in self.asked:
            line = Line(objective, [(blocks[i], direction) for i, direction in path])
            losses += [loss for loss, _ in line.here(steps)]
            line.rest()
        return losses

    def first(self) -> AlongLines:
        path, steps = self.asked[0]
        return AlongLines(((path, steps[:1]),))


@dataclass(frozen=True, slots=True)
class AtEntries:
    """The loss with one entry of a block moved to a value, for some entries."""

    block: int
    positions: Array
    moved: Array

    def run(self, objective: Objective, blocks: Sequence[Parameter]) -> list[float]:
        block = blocks[self.block]
        pairs = zip(self.positions.tolist(), self.moved, strict=True)
        return [
            EntryLine(objective, block, np.unravel_index(position, block.shape)).at(value)
            for position, value in pairs
        ]

    def first(self) -> AtEntries:
        return AtEntries(self.block, self.positions[:1], self.moved[:1])


@dataclass(frozen=True, slots=True)
class Program:
    """A loss with its parameters, packed; told by name alone where a worker has it already."""

    name: str
    packed: bytes = b""

    def told(self) -> Program:
        return Program(self.name)


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the parameters stand: their values; told by name alone likewise."""

    name: str
    values: Sequence[Array] = ()

    def told(self) -> Stand:
        return Stand(self.name)


# -- here ------------------------------------------------------------------------------------------


class Workers:
    """A pool of workers for one check.

    notes   what a report should say
    """

    def __init__(
        self, loss: Any, params: Any, blocks: Sequence[Parameter], n_jobs: int | None
    ) -> None:
        import joblib

        self._loss, self._params, self._blocks, self._n_jobs = loss, params, blocks, n_jobs
        self.size = int(joblib.effective_n_jobs(n_jobs))
        self.notes: list[str] = []
        self._number = {id(block): i for i, block in enumerate(blocks)}
        self._open = contextlib.ExitStack()
        self._pool: Any = None
        self._program: Program | None = None
        self._stand: Stand | None = None
        self._proved, self._first = False, math.nan

    def moved(self) -> None:
        """The parameters stand elsewhere now: those of the workers are stale."""
        self._stand = None

    def close(self) -> None:
        self._pool = None
        self._open.close()

    def along(self, asked: Sequence[Asked]) -> list[list[float]]:
        """The losses at the steps of each line: a task for each worker, of as many evaluations."""
        paths = [self._path(moves) for moves, _ in asked]
        each = [(path, t) for path, (_, steps) in zip(paths, asked, strict=True) for t in steps]
        shares = np.array_split(np.arange(len(each)), min(self.size, len(each)))
        losses = iter(self._losses([_by_line([each[k] for k in share]) for share in shares]))
        return [list(itertools.islice(losses, len(steps))) for _, steps in asked]

    def _path(self, moves: Sequence[Move]) -> Path:
        return tuple((self._number[id(block)], direction) for block, direction in moves)

    def at_entries(self, i: int, positions: Array, moved: Array) -> list[float]:
        count = min(4 * self.size, len(positions))
        parts = zip(np.array_split(positions, count), np.array_split(moved, count), strict=True)
        return self._losses([AtEntries(i, *part) for part in parts])

    def _losses(self, tasks: Sequence[Task]) -> list[float]:
        found = None
        for attempt in range(2):
            if self.size < 2:
                break
            try:
                found = self._send(tasks)
                break
            except Exception as error:
                if not _died(error):
                    raise
                self.close()
                if attempt:
                    self._give_up("workers died twice")
        if found is not None and not self._proved:
            self._proved = True
            here, there = self._first, found[0][0]
            if np.float64(here).tobytes() != np.float64(there).tobytes():
                self._give_up(f"the loss is {there!r} in a worker and {here!r} here")
                found = None
        if found is None:
            found = [task.run(*self._home()) for task in tasks]
        return [loss for part in found for loss in part]

    def _home(self) -> tuple[Objective, Sequence[Parameter]]:
        objective = Objective(self._loss, Box(self._params))
        objective.evaluations = 1  # not the first, which may not fail
        return objective, self._blocks

    def _give_up(self, why: str) -> None:
        self.size = 1
        self.notes.append(f"n_jobs: {why}; all was computed in this process.")

    def _send(self, tasks: Sequence[Task]) -> list[list[float]]:
        new = self._stand is None
        if self._program is None:
            names = [block.name for block in self._blocks]
            self._program = Program(uuid.uuid4().hex, _packed(self._loss, self._params, names))
        if self._stand is None:
            values = [block.values for block in self._blocks]
            if not self._proved:  # they are moved here too, while they are on their way
                values = [kept(array) for array in values]
            self._stand = Stand(uuid.uuid4().hex, values)
        program, stand = self._program, self._stand
        known = (program, stand) if new else (program.told(), stand.told())
        found = self._run([(*known, task) for task in tasks])
        missing = [k for k, losses in enumerate(found) if losses is None]
        if missing:  # workers that have not met this loss or this point yet
            late = self._run([(program, stand, tasks[k]) for k in missing])
            for k, losses in zip(missing, late, strict=True):
                found[k] = losses
        return [losses for losses in found if losses is not None]

    def _run(self, calls: Sequence[tuple[Program, Stand, Task]]) -> list[list[float] | None]:
        """The results of `perform`, in order.

        By the backend that joblib has chosen: joblib.Parallel itself looks for results every 10 ms.
        """
        import joblib

        if self._pool is None:
            pool = joblib.Parallel(self._n_jobs, batch_size=1, pre_dispatch="all", max_nbytes=None)
            self._pool = self._open.enter_context(pool)
            self._pool._backend.start_call()  # noqa: SLF001
            self._open.callback(self._pool._backend.stop_call)  # noqa: SLF001
        backend = self._pool._backend  # noqa: SLF001  what `submit` belongs to has no public name
        arrived = queue.SimpleQueue[tuple[int, Any]]()
        for k, call in enumerate(calls):
            batch = joblib.parallel.BatchedCalls(
                [(perform, call, {})], backend.get_nested_backend()
            )
            backend.submit(batch, callback=functools.partial(_arrive, arrived, k))
        if not self._proved:  # meanwhile
            (self._first,) = calls[0][2].first().run(*self._home())
        found: list[list[float] | None] = [None] * len(calls)
        for _ in calls:
            k, result = arrived.get()
            (found[k],) = backend.retrieve_result_callback(result)
        return found


def _by_line(steps: Sequence[tuple[Path, float]]) -> AlongLines:
    """Steps that come line by line: those along one together, as it is drawn once then."""
    lines = itertools.groupby(steps, key=lambda step: id(step[0]))
    together = [list(group) for _, group in lines]
    return AlongLines(tuple((group[0][0], tuple(t for _, t in group)) for group in together))


def _arrive(arrived: queue.SimpleQueue[tuple[int, Any]], k: int, result: Any) -> None:
    arrived.put((k, result))


def _died(error: Exception) -> bool:
    """Did a worker die (out of memory, killed), of any backend?"""
    return isinstance(error, BrokenProcessPool) or type(error).__name__ == "KilledWorker"


def _packed(loss: Any, params: Any, names: list[str]) -> bytes:
    """Loss and parameters in one piece, so that what they share stays shared.

    The user's own modules go by value: a worker must not import them afresh, with other arrays.
    Raises TypeError   where something cannot be sent
    """
    import cloudpickle

    with _by_value(cloudpickle):
        try:
            return bytes(cloudpickle.dumps((loss, params, names)))
        except Exception as error:
            got = f"{type(error).__name__}: {error}"
            raise TypeError(
                f"n_jobs: expected a loss that can be sent to a worker, got {got}. Leave "
                "out n_jobs, or build what cannot be sent inside the loss."
            ) from error


@contextlib.contextmanager
def _by_value(cloudpickle: Any) -> Iterator[None]:
    known = set(cloudpickle.list_registry_pickle_by_value())
    mine = [
        module
        for name, module in list(sys.modules.items())
        if name not in known
        and name != "__main__"
        and getattr(module, "__name__", None) == name
        and (file := getattr(module, "__file__", None))
        and is_users(file)
    ]
    for module in mine:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in mine:
            cloudpickle.unregister_pickle_by_value(module)


# -- there -----------------------------------------------------------------------------------------


class _Worker(threading.local):
    """A copy of loss and parameters; a thread of the threading backend needs its own."""

    program = stand = ""
    objective: Objective
    blocks: Sequence[Parameter]


_worker = _Worker()


def perform(program: Program, stand: Stand, task: Task) -> list[float] | None:
    """Run a task on this worker's copy; None where it has none, and none was sent."""
    if _worker.program != program.name:
        if not program.packed:
            return None
        _worker.objective, _worker.blocks = _unpacked(program.packed)
        _worker.program, _worker.stand = program.name, ""
    if _worker.stand != stand.name:
        if not stand.values:
            return None
        for block, values in zip(_worker.blocks, stand.values, strict=True):
            block.home = values
            block.go_home()
        _worker.stand = stand.name
    return task.run(_worker.objective, _worker.blocks)


def _unpacked(packed: bytes) -> tuple[Objective, Sequence[Parameter]]:
    import pickle

    loss, params, names = pickle.loads(packed)  # noqa: S301  our own, from the same user
    nest = survey(params)
    by_name = {block.name: block for block in nest.blocks}
    blocks = [by_name[name] for name in names]
    also_held(blocks, loss)
    objective = Objective(loss, nest.box)
    objective.evaluations = 1  # not the first, which may not fail
    return objective, blocks
