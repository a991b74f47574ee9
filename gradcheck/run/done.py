"""A check of a user's file that says all: it is made, or refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..check import Progress, check_gradients
from ..report import Report, Verdict
from ..smallest import Smallest
from .expression import Misuse
from .options import expect_python_in, prepared, smallest, with_its_lines
from .script import Script
from .wanted import Wanted


@dataclass(frozen=True, slots=True)
class Done:
    """A check that was made: its report, how long the file ran, and what else should be known."""

    wanted: Wanted
    report: Report
    seconds: float = 0.0
    hints: tuple[str, ...] = ()
    smallest: Smallest | None = None
    interrupted: bool = False

    @property
    def verdict(self) -> Verdict:
        return self.report.verdict

    @property
    def facts(self) -> dict[str, Any]:
        """For a program: which check, its report, and the hints."""
        told: dict[str, Any] = json.loads(self.report.to_json())
        shrunk = {} if self.smallest is None else {"shrink": self.smallest.to_dict()}
        return _which(self.wanted) | told | {"hints": list(self.hints)} | shrunk


@dataclass(frozen=True, slots=True)
class Refused:
    """A check that could not be made."""

    wanted: Wanted
    problem: Misuse

    @property
    def verdict(self) -> None:
        return None

    @property
    def facts(self) -> dict[str, Any]:
        return _which(self.wanted) | {"verdict": None, "refused": str(self.problem)}


def _which(wanted: Wanted) -> dict[str, Any]:
    return {"name": wanted.name, "file": wanted.path, "command": wanted.command}


def made(
    asked: Wanted,
    progress: Progress | None = None,
    *,
    explain: bool | None = None,
    plan: Wanted | None = None,
) -> Done:
    """The check, after the file has run. Raises Misuse, with a text for the user.

    plan   what a training loop of the file tells, to be named where the options do not say enough
    """
    wanted = with_its_lines(asked)
    expect_python_in(wanted)
    with Script.of(wanted) as script:
        script.run()
        if wanted.shrink:
            found = smallest(wanted, script, progress)
            return Done(asked, found.report, script.seconds, tuple(script.hints), found)
        arguments = prepared(wanted, script, plan)
        hints = list(script.hints)
        report = script.guarded(
            lambda: check_gradients(
                **arguments, seed=wanted.seed, explain=explain, progress=progress
            )
        )
        if report.verdict == "disagrees" and wanted.grads and not callable(arguments["grads"]):
            hints.append(
                "--grads reads gradients that are stored and computes none: if the parameters were "
                "updated after that, they are old. Put the backward call in front: "
                f'--grads "backward(...); {wanted.grads}"'
            )
    return Done(asked, report, script.seconds, tuple(hints))
