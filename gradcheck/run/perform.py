"""A check of a user's file: as it is asked for, or as its training loop suggests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..check import Progress
from ..report import Interrupted
from . import guessed
from .done import Done, Refused, made
from .expression import Misuse
from .options import expect_used
from .script import Script, expect_python
from .training import Plans, planned
from .wanted import Wanted


def attempt(wanted: Wanted, progress: Progress | None = None) -> Sequence[Done | Refused]:
    """perform, where one of several checks must not end the others."""
    try:
        return perform(wanted, progress)
    except Misuse as problem:
        return [Refused(wanted, problem)]
    except Interrupted as stop:
        return [Done(wanted, stop.report, interrupted=True)]


def perform(
    wanted: Wanted, progress: Progress | None = None, *, explain: bool | None = None
) -> list[Done]:
    """Run the file, then check its gradients. Raises Misuse, with a text for the user.

    Several checks where a loop trains by several losses, and nobody said by which.
    """
    expect_python(wanted.file)
    wanted = replace(wanted, file=wanted.file.absolute())  # the file may change the folder
    plans = Plans()
    said = wanted.loss or wanted.params or wanted.grads or wanted.step or wanted.shrink
    expect_used(wanted, alone=not said)
    if not said:
        plans = planned(wanted, Script)
        doubted: list[Done] = []
        if found := guessed.by_loop(plans, doubted, progress):
            return found
        if (by_names := guessed.by_names(wanted, progress)) is not None:
            return [by_names]
        if doubted:
            raise guessed.in_doubt(doubted[0])
    return [made(wanted, progress, explain=explain, plan=next(iter(plans.checks), None))]
