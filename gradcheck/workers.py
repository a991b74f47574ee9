"""Evaluations of the loss on other cores and other machines, by joblib and its backends.

What travels is small. A worker gets the loss and the parameters once for each point; a task names
blocks and steps, and ships each direction as its seed (direction.py). The worker moves its own copy
of the parameters by the same arithmetic, so the losses are those of a serial run to the last bit,
and so is everything that follows from them. This is tried: the first loss from a worker is
compared with the one computed here, and where they differ all is computed here.

A worker that dies loses nothing: its task is sent once more, and computed here if that fails too.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .gradients import also_held
from .objective import EntryLine, Line, Move, Objective
from .tree import Array, Box, Parameter, survey
from .users import is_users

Path = tuple[tuple[int, Any], ...]  # (number of the block, its direction), ...


class Task(Protocol):
    """A pure piece of work on a copy of the loss and the parameters."""

    def run(self, objective: Objective, blocks: Sequence[Parameter]) -> list[float]: ...


@dataclass(frozen=True, slots=True)
class AlongLine:
    """The loss at some steps along a direction."""

    path: Path
    steps: tuple[float, ...]

    def run(self, objective: Objective, blocks: Sequence[Parameter]) -> list[float]:
        line = Line(objective, [(blocks[i], direction) for i, direction in self.path])
        return [line(t)[0] for t in self.steps]


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
        self._token, self._payload = "", b""
        self._proved = False

    def moved(self) -> None:
        """The parameters stand elsewhere now: what the workers hold is stale."""
        self._payload = b""

    def close(self) -> None:
        self._pool = None
        self._open.close()

    def along(self, moves: Sequence[Move], steps: Sequence[float]) -> list[float]:
        path = tuple((self._number[id(block)], direction) for block, direction in moves)
        parts = np.array_split(np.array(steps), min(self.size, len(steps)))
        return self._losses([AlongLine(path, tuple(part.tolist())) for part in parts])

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
        here = None if found is not None and self._proved else tasks[0].run(*self._home())
        if found is not None and here is not None:
            self._proved = True
            if np.array(here).tobytes() != np.array(found[0]).tobytes():
                self._give_up(f"the loss is {found[0][0]!r} in a worker and {here[0]!r} here")
                found = None
        if found is None:
            rest = [task.run(*self._home()) for task in tasks[1:]]
            found = [here or tasks[0].run(*self._home()), *rest]
        return [loss for part in found for loss in part]

    def _home(self) -> tuple[Objective, Sequence[Parameter]]:
        objective = Objective(self._loss, Box(self._params))
        objective.evaluations = 1  # not the first, which may not fail
        return objective, self._blocks

    def _give_up(self, why: str) -> None:
        self.size = 1
        self.notes.append(f"n_jobs: {why}; all was computed in this process.")

    def _send(self, tasks: Sequence[Task]) -> list[list[float]]:
        import joblib

        if self._pool is None:
            pool = joblib.Parallel(self._n_jobs, batch_size=1, pre_dispatch="all", max_nbytes=None)
            self._pool = self._open.enter_context(pool)
        if not self._payload:
            self._payload = _packed(self._loss, self._params, [b.name for b in self._blocks])
            self._token = uuid.uuid4().hex
        run = joblib.delayed(perform)
        found = self._pool(run(self._token, None, task) for task in tasks)
        missing = [k for k, losses in enumerate(found) if losses is None]
        if missing:  # workers that have not met this point yet
            late = self._pool(run(self._token, self._payload, tasks[k]) for k in missing)
            for k, losses in zip(missing, late, strict=True):
                found[k] = losses
        return list(found)


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

_local = threading.local()  # a thread of the threading backend needs its own parameters


def perform(token: str, payload: bytes | None, task: Task) -> list[float] | None:
    """Run a task on this worker's copy; None where it has none and none was sent."""
    if getattr(_local, "token", "") != token:
        if payload is None:
            return None
        import pickle

        loss, params, names = pickle.loads(payload)  # noqa: S301  our own, from the same user
        nest = survey(params)
        by_name = {block.name: block for block in nest.blocks}
        blocks = [by_name[name] for name in names]
        also_held(blocks, loss)
        objective = Objective(loss, nest.box)
        objective.evaluations = 1  # not the first, which may not fail
        _local.token, _local.copy = token, (objective, blocks)
    return task.run(*_local.copy)
