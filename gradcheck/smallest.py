"""smallest_failing: the smallest net on which a backward pass is wrong, and what that tells.

A bug that needs two samples, two outputs or two hidden layers says by that what kind it is.
"""

from __future__ import annotations

import contextlib
import inspect
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from .boundary import ALWAYS, NO_PART, Boundary, boundary, meaning
from .check import Progress, check_gradients, is_count, valid_progress, valid_seed
from .gradients import only_reads
from .report import Finding, GradientMismatch, Report, Verdict, random_kept
from .sizes import GIVEN, Choice, Size, Space, declared, listed, total
from .state import Snapshot
from .tree import survey

POOL = 2000  # choices of sizes that are thought about
EQUAL = 5  # sizes that a net may be smaller, of which fewer are equal
FIRST = 60  # nets that are tried in the order of their size, before larger ones at random
FEWEST, MOST, TRIALS = 3, 12, 36  # trials of a net: TRIALS by its size, but so many

Outcome = Literal["agrees", "disagrees", "inconclusive", "refused"]


@dataclass(frozen=True, slots=True)
class Tried:
    """A net that was tried: its sizes, what became of it, and the words if it was refused."""

    sizes: dict[str, Size]
    outcome: Outcome
    words: str = ""


@dataclass(frozen=True, slots=True)
class Smallest:
    """The result of `smallest_failing`. True only when no net was found on which it disagrees.

    sizes        of the smallest net on which it disagrees; None where there is none
    report       of that net, the boundary among its findings; else of the largest that was tried
    neighbours   the nets that are one step smaller: not one of them disagrees
    findings     what the sizes tell: the boundary, with its proof
    tried        every net that was tried
    """

    verdict: Verdict
    sizes: dict[str, Size] | None
    report: Report
    neighbours: tuple[Tried, ...] = ()
    findings: tuple[Finding, ...] = ()
    tried: tuple[Tried, ...] = ()

    def __bool__(self) -> bool:
        return self.verdict == "agrees"

    def raise_if_wrong(self) -> None:
        """Raise GradientMismatch, carrying the report of the smallest net, if there is one."""
        __tracebackhide__ = True
        if self.verdict == "disagrees":
            raise GradientMismatch(self.report)

    def to_dict(self) -> dict[str, Any]:
        """Sizes and outcomes as plain data; the report has its own."""
        return {
            "sizes": self.sizes,
            "neighbours": [{**t.sizes, "outcome": t.outcome} for t in self.neighbours],
            "boundary": [f"{f.sentence} {f.evidence}" for f in self.findings],
            "tried": len(self.tried),
        }

    def __str__(self) -> str:
        with random_kept():
            from .render.smallest import to_text

            return to_text(self)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}={size}" for name, size in (self.sizes or {}).items())
        return f"<Smallest {self.verdict}{': ' * bool(sizes)}{sizes}; print it for more>"


def smallest_failing(
    build: Callable[..., Any],
    ranges: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    most: int = 100,
    progress: Progress | None = None,
    **named: Any,
) -> Smallest:
    """Find the smallest net on which gradients disagree, and which sizes make the difference.

    build      takes sizes by name, such as build(n_in, n_hidden, n_out, batch), makes a net and
               data of them, and returns what check_gradients takes: loss, params, grads as a
               tuple, or a dict with step and lr. Arguments called seed or rng get fresh ones
    ranges     of the sizes, also by name: batch=range(1, 9), "1..8", [1, 2, 8] or 4; for a tuple
               of widths "[1..5] * 2..4", two to four of them. Without one: 1 to 5, batches 1 to 4
    most       nets to try; a note tells how many that leaves out
    seed       of the choice of nets, and of the global random states while they are built

    Each net is checked at several points: its parameters are drawn anew, because a bug may hide
    at one (an active relu has the slope of none). Nets are tried in the order of the sum of their
    sizes, so the first that disagrees is the smallest. Then nets are tried on which the
    conditions differ that could part wrong from right, until one is left.

    Returns Smallest, true only when no net disagrees.
    Raises  TypeError, ValueError  for wrong ranges; what build raises, if it does so for every net
    Cost    up to `most` nets, each 3 to 12 checks of a small net, about 10 ms each
    Blind   to sizes outside of the ranges; the boundary is told of nets that were tried

    >>> def build(n, batch):
    ...     X, w = np.ones((batch, n)), np.full(n, 0.5)
    ...     return lambda: ((X @ w) ** 2).mean(), w, lambda: 2 * X.T @ (X @ w)  # 1 / N is missing
    >>> found = smallest_failing(build, n="1..3", batch="1..4")
    >>> found.sizes
    {'n': 1, 'batch': 2}
    >>> found.findings[0].sentence
    'Disagrees exactly where batch > 1.'
    """
    _validate(build, ranges, seed, most, progress)
    space = Space(declared(build, {**(ranges or {}), **named}))
    snapshot = Snapshot({"build": build})
    try:
        return _Search(build, space, snapshot, seed, most, progress).run()
    finally:
        snapshot.restore()


def _validate(build: Any, ranges: Any, seed: Any, most: Any, progress: Any) -> None:
    if not callable(build):
        raise TypeError(
            f"build: expected a function of sizes, such as build(n_in, n_hidden, batch), got "
            f"{type(build).__name__}. Pass the function that makes a net."
        )
    if not (ranges is None or isinstance(ranges, Mapping)):
        raise TypeError(
            f"ranges: expected a dict of ranges by the names of sizes, got {ranges!r:.40}. "
            "Pass batch=range(1, 9), or {'batch': range(1, 9)}."
        )
    if not is_count(most):
        raise ValueError(
            f"most: expected a whole number of nets from 1 on, got {most!r:.40}. Pass most=100."
        )
    valid_seed(seed)
    valid_progress(progress)


class _Search:
    """One search: the nets that were tried, and what became of them."""

    def __init__(
        self,
        build: Callable[..., Any],
        space: Space,
        snapshot: Snapshot,
        seed: int,
        most: int,
        progress: Progress | None,
    ) -> None:
        self.build, self.space, self.snapshot = build, space, snapshot
        self.seed, self.most, self.progress = seed, most, progress
        self.rng = np.random.default_rng(seed)
        self.tried: dict[Choice, Tried] = {}
        self.reports: dict[Choice, Report] = {}
        self.error: Exception | None = None

    def run(self) -> Smallest:
        pool = listed(self.space, self.rng, POOL)
        first = self.first(pool)
        if first is None:
            return self.nothing()
        smallest = self.descend(first)
        neighbours = tuple(self.tried[c] for c in self.space.smaller(smallest))
        findings = tuple(self.findings(pool))
        return Smallest(
            "disagrees",
            self.space.named(smallest),
            self.explained(smallest, findings),
            neighbours,
            findings,
            tuple(self.tried.values()),
        )

    # -- the smallest ------------------------------------------------------------------------------

    def first(self, pool: list[Choice]) -> Choice | None:
        """A net that disagrees: in the order of size, then from the largest and at random."""
        head, tail = pool[:FIRST], pool[FIRST:]
        later: list[Choice] = [tail[i] for i in self.rng.permutation(len(tail))]
        for choice in (*head, *tail[-1:], *later):
            if len(self.tried) >= self.most:
                return None
            if self.outcome(choice) == "disagrees":
                return choice
        return None

    def descend(self, choice: Choice) -> Choice:
        """From a net that disagrees to one without a smaller neighbour that does."""
        for smaller in self.space.smaller(choice):  # all of them: they are the proof
            if self.closely(smaller) == "disagrees":
                return self.descend(smaller)
        return choice

    def nothing(self) -> Smallest:
        """No net disagrees: the report of the largest that could be judged."""
        if not self.reports:
            assert self.error is not None
            raise self.error
        outcomes = [tried.outcome for tried in self.tried.values()]
        verdict: Verdict = "agrees" if "agrees" in outcomes else "inconclusive"
        choice = [c for c in self.reports if self.tried[c].outcome == verdict][-1]
        words = [t.words for t in self.tried.values() if t.outcome == "refused"]
        right = outcomes.count("agrees")
        agree = f"{_nets(right)} {'agrees' if right == 1 else 'agree'}"
        note = f"{agree}, the largest {self.space.told(choice)}."
        if len(outcomes) < (count := self.space.count()):
            note += (
                f" Only {len(outcomes)} of the {count:,} nets of these ranges were tried: "
                f"most={self.most}."
            )
        if words:
            note += f" {len(words)} of other sizes could not be checked, the first: {words[0]}"
        report = self.reports[choice]
        return Smallest(
            verdict,
            None,
            replace(report, notes=(*report.notes, note)),
            tried=tuple(self.tried.values()),
        )

    # -- what it tells -----------------------------------------------------------------------------

    def findings(self, pool: list[Choice]) -> Iterator[Finding]:
        """Where it disagrees, and where it cannot even be run."""
        known: dict[Choice, bool | None] = {c: self.kind(c) for c in self.tried}
        left = max(self.most - len(self.tried), 0)
        found = boundary(self.space, pool, known, self.ask, self.rng, left)
        counts = [t.outcome for t in self.tried.values()]
        wrong, right = counts.count("disagrees"), counts.count("agrees")
        if found is None:
            sentence = f"Of the nets that were tried, {wrong} disagree and {right} agree."
            yield Finding(
                "boundary", sentence, evidence="No simple condition on the sizes parts them."
            )
        else:
            yield _told(found)
        refused = [t for t in self.tried.values() if t.outcome == "refused"]
        if refused:
            yield self.refusal(pool, refused)

    def kind(self, choice: Choice) -> bool | None:
        return {"disagrees": True, "agrees": False}.get(self.tried[choice].outcome)

    def ask(self, choice: Choice) -> bool | None:
        self.outcome(choice)
        return self.kind(choice)

    def refusal(self, pool: list[Choice], refused: list[Tried]) -> Finding:
        """Sizes for which the code, or the check, raises: what they have in common."""
        known: dict[Choice, bool | None] = {
            choice: tried.outcome == "refused" for choice, tried in self.tried.items()
        }

        def ask(choice: Choice) -> bool:
            return self.outcome(choice) == "refused"

        found = boundary(self.space, pool, known, ask, self.rng, self.most)
        where = "for some sizes"
        if found is not None and found.exact and found.condition is not ALWAYS:
            where = f"exactly where {found.condition.words}"
        runs = len(self.tried) - len(known) + sum(not is_refused for is_refused in known.values())
        count = sum(t.outcome == "refused" for t in self.tried.values())
        return Finding(
            "refused",
            f"Cannot be checked {where}.",
            evidence=f"{_nets(count)} tried there; {runs} others run. {refused[0].words}",
        )

    # -- one net -----------------------------------------------------------------------------------

    def outcome(self, choice: Choice) -> Outcome:
        if choice not in self.tried:
            self.judge(choice, min(max(TRIALS // max(total(choice), 1), FEWEST), MOST))
        return self.tried[choice].outcome

    def closely(self, choice: Choice) -> Outcome:
        """As many trials as for the smallest net: what is told of this one must hold."""
        if self.tried.get(choice, None) is None or self.tried[choice].outcome == "agrees":
            self.judge(choice, MOST)
        return self.tried[choice].outcome

    def judge(self, choice: Choice, trials: int) -> None:
        """Check a net at several points: it agrees only if it does so at every one."""
        if self.progress is not None:
            self.progress(self.space.told(choice), len(self.tried))
        outcome: Outcome = "inconclusive"
        for trial in range(trials):
            try:
                with self.built(choice, trial) as arguments:
                    if arguments is None:  # stored gradients belong to one point
                        break
                    report = check_gradients(**arguments, seed=self.seed + trial, explain=False)
            except Exception as error:  # noqa: BLE001 - of the user's code, for some sizes
                if not trial:
                    self.error = self.error or error
                    plain = isinstance(error, ValueError | TypeError)  # says it all, mostly
                    words = str(error) if plain else f"{type(error).__name__}: {error}"
                    self.tried[choice] = Tried(self.space.named(choice), "refused", words)
                    return
                continue
            if not trial or report.verdict == "disagrees":
                self.reports[choice] = report
            if report.verdict != "inconclusive":
                outcome = report.verdict
            if outcome == "disagrees":
                break
        self.tried[choice] = Tried(self.space.named(choice), outcome)

    def explained(self, smallest: Choice, findings: tuple[Finding, ...]) -> Report:
        """The report of the smallest net, with what a larger one tells of the kind and the line.

        On the smallest, where many sizes are 1, a wrong operand and the right one can be equal.
        So can two counts where two sizes are.
        """
        wrong = [c for c, tried in self.tried.items() if tried.outcome == "disagrees"]
        large = max(wrong, key=lambda choice: total(choice) - EQUAL * _equal(choice))
        report, told = self.reports[smallest], self.again(large)
        notes = report.notes
        if told.findings:
            notes += (f"Kind and line were sought on a larger net, {self.space.told(large)}.",)
        if any(finding.lines for finding in told.findings):  # where to look is known
            findings = tuple(
                replace(finding, advice="") if finding.advice == NO_PART else finding
                for finding in findings
            )
        return replace(
            report, findings=(*findings, *told.findings), notes=notes, replays=told.replays
        )

    def again(self, choice: Choice) -> Report:
        """The check of a net that disagrees, at the point where it was seen, with its causes."""
        for trial in range(MOST):
            with self.built(choice, trial) as arguments:
                if arguments is not None:
                    report = check_gradients(**arguments, seed=self.seed + trial)
                    if report.verdict == "disagrees":
                        return report
        return self.reports[choice]

    @contextlib.contextmanager
    def built(self, choice: Choice, trial: int) -> Iterator[dict[str, Any] | None]:
        """What build returns, as arguments of check_gradients; after the first trial at new points.

        None where the gradients cannot follow to another point.
        """
        self.snapshot.restore()
        random.seed(self.seed + trial)
        np.random.seed((self.seed + trial) % 2**32)  # noqa: NPY002 - what user code draws from
        fresh = {"seed": self.seed + trial, "rng": np.random.default_rng([self.seed, trial])}
        asked = _asked(self.build)
        sizes = self.space.named(choice)
        given = {
            name: value for name, value in fresh.items() if name in asked and name not in sizes
        }
        arguments = _arguments(self.build(**sizes, **given))
        if trial:
            grads = arguments.get("grads")
            if grads is not None and (not callable(grads) or _reads(grads)):
                yield None
                return
            known = self.reports.get(choice)
            names = set() if known is None else {block.name for block in known.blocks}
            self.draw(names, arguments, trial)
        yield arguments

    def draw(self, names: set[str], arguments: dict[str, Any], trial: int) -> None:
        """New values for the parameters, of the size of the old ones."""
        rng = np.random.default_rng([self.seed, trial])
        for block in survey(arguments["params"], arguments.get("select")).blocks:
            values = block.values
            if block.name not in names or not values.size:
                continue
            if values.min() > 0 and values.size > 2:  # a scale, a variance: it stays positive
                values[...] = values * np.exp(rng.normal(0.0, 0.5, values.shape))
            else:
                size = float(np.sqrt(np.mean(values**2))) or 0.5
                values[...] = rng.normal(0.0, size, values.shape)
            block.publish()


def _equal(choice: Choice) -> int:
    """How many of the sizes are equal to another one."""
    sizes = [n for size in choice for n in ([size] if isinstance(size, int) else size)]
    return len(sizes) - len(set(sizes))


def _asked(build: Callable[..., Any]) -> set[str]:
    try:
        return set(inspect.signature(build).parameters) & set(GIVEN)
    except (TypeError, ValueError):
        return set()


def _reads(grads: Callable[..., Any]) -> bool:
    try:
        return only_reads(grads)
    except TypeError:  # it takes the parameters, so it computes
        return False


def _arguments(built: Any) -> dict[str, Any]:
    if isinstance(built, Mapping) and {"loss", "params"} <= built.keys():
        return dict(built)
    if isinstance(built, tuple) and len(built) in (2, 3):
        return dict(zip(("loss", "params", "grads"), built, strict=False))
    raise TypeError(
        f"build: expected it to return (loss, params, grads), or a dict with loss, params, step "
        f"and lr, got {type(built).__name__}. Return what check_gradients takes."
    )


def _told(found: Boundary) -> Finding:
    """A boundary in words, with its proof."""
    where, what = found.condition.words, meaning(found.condition)
    same = f" In these ranges that is the same as {found.same}." if found.same else ""
    if found.condition is ALWAYS:
        sentence = "Disagrees at all sizes that can be checked."
        evidence = f"{_nets(found.inside)} of small and large sizes were tried, and all disagree."
    elif found.exact:
        sentence = f"Disagrees exactly where {where}."
        evidence = (
            f"{_nets(found.inside)} tried there disagree, {_nets(found.outside)} elsewhere agree."
        )
    else:
        sentence = f"Disagrees only where {where}, and not always there."
        evidence = (
            f"All {_nets(found.outside)} tried elsewhere agree; there {found.inside} disagree and "
            f"{found.mixed} agree."
        )
        what = what.partition(": ")[2].capitalize()
    return Finding("boundary", sentence, evidence=evidence + same, advice=what)


def _nets(count: int) -> str:
    return f"{count} net{'s' * (count != 1)}"
