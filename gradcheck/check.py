"""check_gradients: the pipeline on one page.

collect the parameters and the analytic gradients; accuse the forward pass first; probe every block
along random directions; judge; locate the wrong entries; look again at a moved point; report.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from . import match, preflight
from .descent import Step, clips, explained
from .diagnosis import remarks
from .entries import Partial, Stacked
from .evidence import Evidence
from .gradients import Analytic, Gradients, also_held
from .influence import updates
from .locate import EXHAUSTIVE
from .objective import BudgetSpent, Objective, standing
from .pieces import largest, same_bits
from .point import Point
from .report import Block, Finding, Interrupted, Report, Role, Verdict
from .signals import Signals
from .state import Snapshot
from .tree import Array, Nest, survey
from .turns import TURNS

if TYPE_CHECKING:
    from .recognition.chain import Net
    from .smoothing import Added

DRAWS = 8  # of a loss, whose slopes are compared
SPREAD = 4.0  # standard deviations between draws: a gradient so near may be that of the mean
NEAR, FAR = 0.01, 0.3  # how far a moved point lies, in units of the size of the parameters
EXPLAIN_SECONDS = 10.0  # for the search for the line, when nothing is said
EXPLAIN_LONGER = 60.0  # and with explain=True
PLACING = 0.3  # of that time, where what is wrong is known and only its line is looked for
# kinds that the arrays themselves show
SEEN = ("aliasing", "accumulation", "stale-buffer", "swapped-gradients")
UNDONE = {
    "budget": "The budget of {} evaluations was spent before the check was complete.",
    "interrupted": "Interrupted after {} evaluations, before the check was complete.",
}
NEARLY = 1e-3  # a slope that is off by no more may belong to a loss without its log(y + 1e-7)
RAISE = False  # let errors of our own searches for the kind and the line through, in tests

Progress = Callable[[str, int], None]


def check_gradients(
    loss: Callable[..., Any],
    params: Any,
    grads: Any = None,
    *,
    step: Callable[..., Any] | None = None,
    lr: float | Callable[[], float] | None = None,
    select: str | Sequence[str] | None = None,
    seed: int = 0,
    entries: Literal["auto", "all"] = "auto",
    overall: bool = False,
    explain: bool | None = None,
    details: bool = False,
    vectorized: bool = False,
    max_evaluations: int | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Compare analytic gradients with the loss itself, block by block.

    loss : callable            without arguments, or taking params; returns one finite real number
    params                     an array, any nest of dicts, lists and tuples, or an object that
                               holds arrays in attributes; float arrays and floats are the
                               blocks, and whole numbers that have a gradient: self.b = 0
    grads                      the same nest of gradients, or a callable that returns or stores it
                               (without arguments, or taking params); a callable is called again,
                               to see whether it depends on earlier calls, and at moved points.
                               Without grads and step, gradients stored beside params are checked
    step, lr                   a callable that performs one plain gradient step, and its learning
                               rate: the gradient is (before - after) / lr. Give it an argument lr,
                               and it is run at other rates too. It may be the loss as well, as a
                               training that returns its loss is: all is put back after each call
    select                     glob patterns on the names of blocks, such as ["*.W", "b?"]; one
                               that is named in full is held to be updated by `step`
    seed                       of the probes; global random states are neither read nor moved
    entries                    "all" judges every single entry: 2 evaluations each, or a part of one
                               where the loss is recognised as that of a plain stack of layers
    vectorized                 the loss takes parameters with a leading axis, all of the same
                               length, and returns as many losses; used for entries="all"
    overall                    one verdict for all blocks together in about 30 evaluations; blocks
                               are looked at only when they disagree
    explain                    what is wrong, and in which line? After a disagreement the user's
                               backward pass is run again with small edits, for at most 10 seconds;
                               True gives it 60, and where all agrees tells what else is visible
                               of a training that fails. It never changes the verdicts. False:
                               nothing but these, neither origin, kind nor line
    details                    measure more, for Report.show(verbose=True) and Report.plot: slopes
                               at steps over nine decades, and every entry of a wrong block of up
                               to 1,000 entries. It never changes the verdicts
    max_evaluations            of the loss; what is left undone is inconclusive, reason "budget"
    n_jobs                     processes that evaluate the loss, as joblib counts them: None is 1 or
                               what joblib.parallel_config says, -1 is all cores. The result is
                               the same to the last bit (workers.py)
    progress                   called with the name of the block at work and the evaluations so far

    Returns Report, true only when every block agrees.
    Raises  TypeError, ValueError  when the arguments cannot be checked; never for a wrong gradient,
                                   but for one that is not finite
            Interrupted            a KeyboardInterrupt, with the report of what was known by then
            what the loss raises   at the given parameters; at others it has left its domain
    Cost    about 45 evaluations, and 10 a block, whatever its size; 4 to 600 more for a wrong block
    Blind   to errors below `Block.resolution`; to what the loss does not depend on at this point

    Whatever happens, parameters, bindings, everything else that loss and grads can reach, and the
    global random states are put back as they were. Not so what cannot be told where to stand:
    generators, itertools, enumerate, iterators over a range or dict, or at their end; nor files,
    the contents of lru_cache, context variables, the environment, NumPy's print options.

    >>> W = np.array([1.0, 2.0, 3.0])
    >>> print(check_gradients(lambda: float(W @ W), W, 2 * W).verdict)
    agrees
    >>> print(check_gradients(lambda: float(W @ W), W, W).verdict)
    disagrees
    """
    begin = time.perf_counter()
    _validate(seed, entries, explain, max_evaluations, n_jobs, progress)
    _one_source(grads, step, lr)
    roots = {"params": params, "loss": loss, "grads": grads, "step": step, "lr": lr}
    check: _Check | None = None
    with Signals() as signals, TURNS.together(), np.errstate(all="ignore"):
        snapshot = Snapshot(roots)
        try:
            nest = survey(params, select)
            # only what is found in two places, or lies in a thing that is, can be held elsewhere
            arrays = [block for block in nest.whole if isinstance(block.held, np.ndarray)]
            either = (*nest.blocks, *arrays)
            parts = [(block, (block.held, *block.slot.owners)) for block in either]
            again = [block for block, things in parts if not all(map(snapshot.met_once, things))]
            also_held(again, loss, grads, step)
            gradients = (
                Gradients(grads, nest, partial=select is not None)
                if step is None
                else Step(step, lr, nest, snapshot)
            )
            objective = Objective(loss, nest.box, max_evaluations=max_evaluations)
            objective.redraw = functools.partial(snapshot.restore, only_random=True)
            check = _Check(objective, nest, gradients, snapshot, roots, seed, progress)
            check.vectorized, check.n_jobs = vectorized, n_jobs
            check.details = details
            check.again = functools.partial(
                check_gradients,
                loss,
                params,
                grads,
                step=step,
                lr=lr,
                select=select,
                seed=seed,
                explain=explain,
            )
            check.explore(
                every_entry=entries == "all",
                overall=overall,
                kinds=explain is not False,
                thorough=explain is True,
            )
            if check.meant is not None:
                return replace(check.meant, seconds=time.perf_counter() - begin)
            check.blame({None: EXPLAIN_SECONDS, True: EXPLAIN_LONGER, False: 0.0}[explain])
            return check.report(begin)
        except KeyboardInterrupt as stop:
            if check is None or check.point is None:
                raise
            check.undone = "interrupted"
            raise Interrupted(check.report(begin), *stop.args) from None
        finally:
            signals.held = True  # see Signals: the first statement
            try:
                snapshot.close()
            except BaseException:  # raised by another thread into this one: once more
                snapshot.close()
                raise


def assert_gradients(
    loss: Callable[..., Any], params: Any, grads: Any = None, **options: Any
) -> Report:
    """check_gradients, raising GradientMismatch when any block disagrees."""
    __tracebackhide__ = True  # pytest shows the call of the user
    report = check_gradients(loss, params, grads, **options)
    report.raise_if_wrong()
    return report


def _validate(
    seed: Any, entries: Any, explain: Any, max_evaluations: Any, n_jobs: Any, progress: Any
) -> None:
    valid_seed(seed)
    if entries not in ("auto", "all"):
        raise ValueError(f'entries: expected "auto" or "all", got {entries!r}.')
    valid_progress(progress)
    if explain is not None and not isinstance(explain, bool):
        raise ValueError(f"explain: expected True, False or None, got {explain!r:.40}.")
    if max_evaluations is not None and not is_count(max_evaluations):
        raise ValueError(
            "max_evaluations: expected a whole number from 1 on, or None, got "
            f"{max_evaluations!r}. A check of a small net takes about 100."
        )
    if n_jobs is not None and not (_is_integer(n_jobs) and n_jobs != 0):
        raise ValueError(
            "n_jobs: expected a number of processes, -1 for one a core, or None, got "
            f"{n_jobs!r:.40}. Leave it out for one."
        )


def valid_seed(seed: Any) -> None:
    if not _is_integer(seed) or seed < 0:
        raise ValueError(f"seed: expected a whole number from 0 on, got {seed!r}. Pass seed=0.")


def valid_progress(progress: Any) -> None:
    if progress is not None and not callable(progress):
        raise TypeError(
            f"progress: expected a function of a name and a count, got {progress!r:.40}. "
            "Leave it out for none."
        )


def is_count(value: Any) -> bool:
    """Is this a whole number from 1 on?"""
    return _is_integer(value) and value >= 1


def _is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _one_source(grads: Any, step: Any, lr: Any) -> None:
    if grads is not None and step is not None:
        raise ValueError(
            "grads, step: expected one of them, got both. Pass grads for gradients that are "
            "returned or stored, step for a function that updates the parameters."
        )
    if step is None and lr is not None:
        raise ValueError(
            f"lr: expected a rate together with step, got lr={lr!r:.40} without. "
            "Pass step=..., the function that updates the parameters."
        )


# from outside they look the same; the line tells which it is
EITHER = (
    frozenset({"scale", "bias-reduction"}),
    frozenset({"accumulation", "stale-buffer"}),
    frozenset({"missing-activation-derivative", "loss-gradient", "softmax-jacobian"}),
)


def joined(lines: list[Finding], kinds: list[Finding], *, mends: bool = False) -> list[Finding]:
    """The findings that name a line before those that name a kind; one where they say the same.

    mends   is there a line at which everything can be mended?
    """
    if mends or any(finding.verified for finding in lines):
        kinds = [finding for finding in kinds if finding.kind != "unknown"]
    for shape in [finding for finding in kinds if finding.kind == "shape"]:
        kinds, lines = _told_of_shape(shape, kinds, lines)
    for i, line in enumerate(lines):
        if line.verified and not line.instead:
            kinds = [_as_seen(kind, line) for kind in kinds]
        same = [kind for kind in kinds if kind.kind == line.kind]
        same.sort(key=lambda kind: kind.block != line.block)
        alike = [other for other in (*lines, *same) if other.kind == line.kind != "unknown"]
        open_both = len(alike) == 2 and not any(finding.verified for finding in alike)
        its_own = bool(same and line.diff and line.block == same[0].block)
        if same and not line.instead and (line.verified or open_both or its_own):
            gone = [*same, *_rivals(kinds, same[0])] if line.verified else same
            gone = gone[:1] if its_own and not line.verified else gone
            kinds = _without(kinds, gone)
            shown = same[0].verified or same[0].kind in SEEN
            says_how = line.advice and line.advice in line.sentence and not shown
            lines[i] = _seen(line, same[0]) if says_how else _one(line, same[0])
    edits = [line for line in lines if line.diff and not line.instead]
    alone = [kind for kind in kinds if not (kind.instead or kind.kind == "state")]
    if len(edits) == 1 and alone and all(f.verified for f in (*edits, *alone)):
        # each mends everything by itself: one mistake, seen from outside and from inside
        outside = next((kind for kind in alone if kind.evidence), alone[0])
        return [_one(edits[0], outside), *_without(lines, edits), *_without(kinds, alone)]
    proven = [finding for finding in kinds if finding.verified]  # edits can mend by accident
    if not proven:  # lines that are only suspected come last, if they are needed at all
        known = [line for line in lines if line.kind != "unknown"]
        shown = any(kind.kind in SEEN for kind in kinds)
        return [*known, *kinds, *([] if shown else _without(lines, known))]
    # a line whose value gives it away is where the proven mistake of its kind stands
    lines = [line for line in lines if line.kind != "unknown"]  # suspects, where none is needed
    seen = [line for line in lines if not (line.verified or line.diff)]
    single = [finding for finding in proven if not finding.instead]
    placed = []
    for finding in proven:
        mine = [line for line in seen if line.kind == finding.kind and not finding.instead]
        if not (mine or finding.lines or finding.instead) and len(single) == 1:
            mine = [line for line in seen if not line.instead][:1]
        seen, lines = _without(seen, mine), _without(lines, mine)
        places = [place for found in (finding, *mine) for place in found.lines]
        places.sort(key=lambda place: (place.file, place.line))
        placed.append(replace(finding, lines=tuple(places)))
    if len(proven) == len(kinds):  # all is explained: a line that only looks odd is no finding
        lines = _without(lines, seen)
    return [*placed, *lines, *_without(kinds, proven)]


def _told_of_shape(
    shape: Finding, kinds: list[Finding], lines: list[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """Of a gradient in another shape of which it is known what is wrong one finding, not two."""
    known = (k for k in kinds if k.verified and k.block == shape.block and k is not shape)
    told = next(known, None)
    if told is None:
        return kinds, lines
    evidence = " ".join(filter(None, (shape.sentence, told.evidence)))
    kinds = [replace(k, evidence=evidence) if k is told else k for k in kinds if k is not shape]
    its = [line.kind == "shape" and line.block == shape.block for line in lines]
    of_kind = (replace(line, kind=told.kind) for line in lines)
    return kinds, [a if mine else b for mine, a, b in zip(its, of_kind, lines, strict=True)]


def _as_seen(kind: Finding, line: Finding) -> Finding:
    either = any({kind.kind, line.kind} <= pair for pair in EITHER)
    return replace(kind, kind=line.kind) if either else kind


def _one(line: Finding, kind: Finding) -> Finding:
    """One mistake, by its line and by its kind."""
    seen = _sentence(f"{line.sentence.rstrip('.')}; {line.evidence}")
    evidence = " ".join(dict.fromkeys(filter(None, (seen, kind.evidence))))
    told = kind.kind == line.kind and (kind.verified or not line.verified)
    advice = kind.advice if told else line.advice
    return replace(line, kind=kind.kind, sentence=kind.sentence, evidence=evidence, advice=advice)


def _seen(line: Finding, kind: Finding) -> Finding:
    """A mistake by its line, which says what to do, and what was seen of it from outside."""
    parts = (_sentence(line.evidence), _sentence(kind.sentence), kind.evidence)
    evidence = " ".join(dict.fromkeys(filter(None, parts)))
    return replace(line, evidence=evidence, advice=kind.advice)


def _sentence(text: str) -> str:
    """With one full stop."""
    return text and text.rstrip(".") + "."


def _rivals(findings: list[Finding], of: Finding) -> list[Finding]:
    """What might be said instead of a finding: the first of them, and what follows it as such."""
    at = findings.index(of)
    first = max((k for k in range(at + 1) if not findings[k].instead), default=0)
    after = itertools.takewhile(lambda finding: finding.instead, findings[first + 1 :])
    return [finding for finding in (findings[first], *after) if finding is not of]


def _without(findings: list[Finding], some: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding not in some]


class _Check:
    """One check: what the steps of the pipeline share."""

    def __init__(
        self,
        objective: Objective,
        nest: Nest,
        gradients: Gradients,
        snapshot: Snapshot,
        roots: dict[str, Any],
        seed: int,
        progress: Progress | None,
    ) -> None:
        self.objective, self.gradients = objective, gradients
        self.nest, self.blocks = nest, nest.blocks
        self.snapshot, self.roots = snapshot, roots
        self.seed, self.rng = seed, np.random.default_rng(seed)
        self.progress = progress
        self.findings: list[Finding] = []
        self.notes: list[str] = []
        self.vectorized = self.details = False
        self.n_jobs: int | None = None
        self.shared: tuple[frozenset[str], ...] = ()
        self.evidence: dict[int, Evidence] = {}
        self.roles: dict[int, Role] = {}
        self.afresh = False  # are gradients computed from the state that the loss begins with?
        self.undone = ""  # the reason why some of it was left undone
        self.point: Point | None = None
        self.calls = self.replays = 0
        self.points = 1  # at which the gradients were judged
        self.draws = False  # does the loss draw, and is that put back before each call?
        self.failed: Exception | None = None  # of gradients, where the user did not ask for them
        self.no_parameters: set[int] = set()
        self.coarse: set[int] = set()  # blocks whose gradient is off by its own rounding
        self.again: Callable[..., Report] | None = None  # the same check once more
        self.meant: Report | None = None  # on the loss that the gradients are meant for

    def explore(self, *, every_entry: bool, overall: bool, kinds: bool, thorough: bool) -> None:
        """The pipeline up to the diagnosis; what the budget leaves undone is inconclusive."""
        try:
            self.point = point = self.arrive()
            if not (overall and self.all_at_once(point)):
                if every_entry:
                    self.open_sources(point)
                self.tell("all blocks")
                point.look_ahead(range(len(self.blocks)))
                for i in range(len(self.blocks)):
                    self.examine(point, i, every_entry)
                self.begin_anew(point)
                self.evidence |= self.rounded(point, self.evidence, every_entry=every_entry)
                self.compare_draws(point)
                self.rearrange(point)
                if isinstance(self.gradients, Step):
                    self.evidence |= explained(self.gradients, point, self.evidence)
                if self.gradients.readable:
                    self.call_again(point)
                if self.gradients.readable:
                    self.move(point)
                judged = {i: self.evidence[i].verdict for i in sorted(self.coarse)}
                coarse = [self.blocks[i].name for i in judged if judged[i] != "disagrees"]
                self.notes += remarks.own_rounding(coarse)
                if self.is_meant(point, explain=kinds):
                    return
                if all(e.reason == "unread" for e in self.evidence.values()):
                    self.findings.append(preflight.unread(self.blocks))
                if kinds:
                    self.diagnose(point)
                self.depart(point)
                if kinds:
                    self.look_elsewhere(point, thorough=thorough)
                if self.details:
                    self.look_closer(point)
        except BudgetSpent:
            self.undone = "budget"
        finally:
            if self.objective.workers is not None:
                self.objective.workers.close()
                self.notes += self.objective.workers.notes
                self.objective.workers = None
        self.calls = self.gradients.calls

    # -- the steps ---------------------------------------------------------------------------------

    def arrive(self) -> Point:
        """The loss and the gradients at the given parameters; what speaks against the forward."""
        self.tell("loss")
        for block in self.blocks:
            block.make_home()
        loss = preflight.loss_at_point(self.objective)
        self.objective.updates = updates(self.blocks)
        written = preflight.written([b for b in self.blocks if id(b) in self.objective.updates])
        self.choose()
        if self.objective.guard is None:
            self.findings += preflight.writes([b for b in self.blocks if id(b) in written])
        if self.findings:  # the loss writes into the parameters: put them back every time
            self.objective.guard = lambda: standing(self.blocks)
            self.objective.replay = self.replay
            self.replay()
        self.widen(loss)
        self.findings += preflight.unrepeatable(
            self.objective, self.snapshot, self.replay, given=not self.gradients.readable
        )
        random = self.objective.replay is not None and self.snapshot.changed(only_random=True)
        self.draws = bool(random)
        analytic = self.read(evaluated=True)
        self.findings += preflight.shapes(self.blocks, analytic)
        self.findings += preflight.shared_memory(self.blocks, self.gradients.raw)
        self.shared = preflight.sharing(self.blocks, self.gradients.raw)
        self.hire()
        point = Point(self.objective, self.blocks, analytic, self.rng)
        if self.gradients.returned:  # what is stored is cleared, and put back
            found = preflight.overwritten_gradients(self.blocks, self.gradients.raw, analytic)
            self.findings += found
        self.findings += preflight.single_precision(point.noise, self.blocks, self.objective.dtypes)
        return point

    def hire(self) -> None:
        """Workers, if wanted: for a loss that has no state, as theirs would be another."""
        if self.n_jobs == 1 or (self.n_jobs is None and not sys.modules.get("joblib")):
            return
        try:
            import joblib
        except ImportError:
            raise ModuleNotFoundError(
                f"n_jobs: expected joblib for n_jobs={self.n_jobs}, got none installed. "
                "pip install 'gradcheck[parallel]'."
            ) from None
        if joblib.effective_n_jobs(self.n_jobs) < 2:
            return
        if self.objective.replay is not None or self.objective.guard is not None:
            self.notes.append("n_jobs: the loss has a state; all was computed in this process.")
            return
        from .workers import Workers  # needs joblib

        loss, params = self.roots["loss"], self.nest.box.root
        self.objective.workers = Workers(loss, params, self.blocks, self.n_jobs)

    def choose(self) -> None:
        """Which arrays are parameters, and which gradient belongs to each?"""
        self.nest.refuse()
        self.blocks = self.gradients.settle(self.objective)
        self.gradients.others(self.objective)
        self.snapshot.restore()
        for block in self.blocks:
            block.publish()

    def replay(self) -> None:
        """Put back all that the user's code can reach, but for where the parameters stand."""
        self.snapshot.restore(keep=frozenset(id(block.values) for block in self.blocks))
        for block in self.blocks:
            block.publish()

    def widen(self, loss: float) -> None:
        """Let loss and gradients compute on float64 copies of float32 parameters, if they see them.

        The rounding of the user's own float32 gradient is noted apart: it is no bug.
        """
        narrow = [block for block in self.blocks if block.narrow]
        if not narrow:
            return
        single = self.read() if self.gradients.callable else []
        preflight.widened(self.objective, narrow, loss, self.replay)
        self.objective.dtypes.clear()  # of the float32 that the loss returned until now
        if single and narrow[0].values.dtype.itemsize == 8:
            self.notes.append(preflight.rounding_note(single, self.read()))

    def read(
        self, *, first: Sequence[Analytic] | None = None, evaluated: bool = False
    ) -> list[Analytic]:
        """The analytic gradients, called right after the loss: its caches are fresh then.

        first       those of the first call, where this is the second one
        evaluated   the last evaluation was the loss at this point
        """
        if self.gradients.callable and self.afresh:
            self.replay()
        elif self.gradients.callable:
            if not evaluated:
                self.objective()
            if self.objective.replay is not None:  # the backward pass draws what the loss drew
                self.snapshot.restore(only_random=True)
        return self.gradients.read() if first is None else self.gradients.again(first)

    def read_there(self, *, evaluated: bool = False) -> list[Analytic] | None:
        """The gradients where the user did not ask for them; None if they fail there."""
        try:
            return self.read(evaluated=evaluated)
        except BudgetSpent:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the user's code raises
            self.failed = error
            return None

    def all_at_once(self, point: Point) -> bool:
        """One direction through all blocks; True when that settles it."""
        found = point.together()
        if found is None:
            return False
        self.evidence = dict(enumerate(found))
        return True

    def open_sources(self, point: Point) -> None:
        """Where the losses of many entries come from at once, if that can be."""
        if self.vectorized:
            point.sources = lambda i: Stacked(self.objective, self.blocks, i)
            return
        point.sources = point.remote
        if self.objective.replay is not None or max(b.size for b in self.blocks) <= EXHAUSTIVE:
            return
        drawn = point.rng  # the probes stay what they are without this
        point.rng = np.random.default_rng(self.seed)
        net = self.recognised(point)
        point.rng = drawn
        if net is not None and net.plain:
            told = net
            point.sources = lambda i: Partial(told, self.blocks, i, point.noise.loss)
            self.notes.append(
                "Entries were judged on the layers from theirs on, of the net that the loss was "
                "recognised as; these are no calls of the loss."
            )

    def recognised(self, point: Point) -> Net | None:
        """The net behind the loss, where its numbers give it away."""
        from .origin import layers  # much code, needed only now
        from .recognition.context import Context
        from .recognition.recognise import recognise

        stack = layers([b.name for b in self.blocks], [b.shape for b in self.blocks])
        return recognise(point, stack, Context.of(self.roots, self.blocks))

    def examine(self, point: Point, i: int, every_entry: bool) -> None:
        self.tell(self.blocks[i].name)
        self.evidence[i] = point.examine(i, every_entry=every_entry)

    def rearrange(self, point: Point) -> None:
        """Where blocks disagree: were gradients exchanged? Does the loss read the params at all?"""
        evidence = [self.evidence[i] for i in range(len(self.blocks))]
        wrong = [i for i, e in enumerate(evidence) if e.verdict == "disagrees"]
        if not wrong:
            return
        if all(e.unmoved for e in evidence):
            self.evidence = {i: e.undecidable("unread") for i, e in enumerate(evidence)}
            return
        if isinstance(self.gradients, Step):  # what a step changes may be momentum, or a gradient
            for i in wrong:
                if evidence[i].unmoved and not (self.blocks[i].given or self.blocks[i].named):
                    del self.evidence[i]
                    self.no_parameters.add(i)
        names = [block.name for block in self.blocks]
        values = [analytic.values for analytic in point.analytic]
        measured = [[s.measured for s in e.slopes] for e in evidence]
        for group in match.exchanged(names, values, measured):
            self.findings.append(preflight.exchanged([names[i] for i in group]))

    def begin_anew(self, point: Point) -> None:
        """Where the loss changes a state: do gradients agree that are computed from that, too?

        They may need what the loss leaves, or what it was given, as the state of a recurrent net.
        """
        wrong = [i for i, e in self.evidence.items() if e.verdict == "disagrees"]
        plain = self.gradients.callable and not isinstance(self.gradients, Step)
        if not wrong or self.objective.replay is None or not plain:
            return
        self.afresh = True
        try:
            fresh = self.read()
        except Exception:  # noqa: BLE001  the user's code needs what the loss leaves
            self.afresh = False
            return
        found = {i: point.with_analytic(i, fresh[i]) for i in wrong}
        self.afresh = any(e.verdict == "agrees" for e in found.values())
        if self.afresh:
            point.analytic = fresh
            self.evidence |= found

    def rounded(
        self, point: Point, evidence: dict[int, Evidence], *, every_entry: bool = False
    ) -> dict[int, Evidence]:
        """Blocks that do not disagree but for the rounding of their gradient itself."""
        if not any(found.disputed for found in evidence.values()):
            point.rounding_known = True
            return {}
        from . import rounding  # seldom needed

        read = self.read_there if self.gradients.readable else None
        rounded, found = rounding.of_gradients(point, evidence, read), {}
        point.rounding_known = True
        for i, analytic in rounded.items():
            found[i] = point.with_analytic(i, analytic, every_entry=every_entry)
            if found[i].verdict == "disagrees" and evidence[i].location.judged:
                found[i] = evidence[i]
            elif found[i].verdict == "disagrees":
                found[i] = point.with_analytic(i, point.analytic[i], every_entry=every_entry)
            elif analytic is not point.analytic[i]:
                point.analytic[i] = analytic
                self.coarse.add(i)
        return found

    def compare_draws(self, point: Point) -> None:
        """Are gradients that do not follow the draws of the loss as near as another draw is?

        Those of its mean are wrong for the one draw that the check puts back before each call.
        Cost    1 gradient call; where all are the same then, some 50 evaluations a block
        """
        wrong = [i for i, e in self.evidence.items() if e.disputed and e.analytic.fits]
        by_step = isinstance(self.gradients, Step)  # it gets the first draw again, always
        if not (self.draws and wrong and self.gradients.callable) or by_step:
            return
        first = self.objective.replay
        try:
            self.objective.replay = functools.partial(self.draw, 1)
            self.objective()
            other = self.gradients.read()
            pairs = zip(other, point.analytic, strict=True)
            if not all(same_bits(a.values, b.values) for a, b in pairs):
                return  # a gradient follows them, and the others are due to
            slopes: dict[int, list[float]] = {i: [] for i in wrong}
            for k in range(1, DRAWS + 1):
                self.objective.replay = functools.partial(self.draw, k)
                for i, found in slopes.items():
                    slope = self.evidence[i].telling_slope()
                    rung = point.probe(i, slope.direction).rung(slope.judgement.step)
                    found.append(math.nan if rung is None else rung.slope)
        finally:
            self.objective.replay = first
        for i, found in slopes.items():
            slope = self.evidence[i].telling_slope()
            every = np.array([slope.judgement.numerical, *found])
            spread = float(np.std(every, ddof=1))
            if abs(slope.analytic - float(np.mean(every))) <= SPREAD * spread:
                self.evidence[i] = self.evidence[i].undecidable("draws")

    def draw(self, k: int) -> None:
        """As `replay`, and so many calls of the loss later."""
        self.replay()
        for _ in range(k):
            self.counted()

    def call_again(self, point: Point) -> None:
        """Do the gradients depend on the calls before? They must not."""
        second = self.read(first=point.analytic)
        for i, (old, new) in enumerate(zip(point.analytic, second, strict=True)):
            if new is old or same_bits(new.values, old.values):
                continue
            if largest(new.values, old.values) <= 1e-9 * old.largest:
                continue
            if not any(finding.kind == "accumulation" for finding in self.gradients.findings):
                self.findings.append(preflight.differs_again(self.blocks[i], old, new))
            again = point.with_analytic(i, new)
            if again.verdict == "disagrees" and self.evidence[i].verdict != "disagrees":
                self.evidence[i] = again.because("the second call of grads")

    def move(self, point: Point) -> None:
        """Look at another point: for what could not be judged here, and for stale caches."""
        open_here = [i for i, e in self.evidence.items() if e.verdict == "inconclusive"]
        self.tell("a second point")
        visited = False
        for distance in (FAR, NEAR):
            if visited and not open_here:
                break
            with point.moved(distance) as there:
                if there is None:  # outside the domain of the loss
                    continue
                found_there = self.read_there(evaluated=True)
                if found_there is None:
                    continue
                there.analytic = found_there
                if not visited and self.gradients.are_stored(point.analytic, there.analytic):
                    return
                first, visited = not visited, True
                self.points += 1
                again = self.suspects(point, there, open_here) if first else open_here
                there.look_ahead(again)
                judged = {i: there.examine(i) for i in again}
                judged |= self.rounded(there, judged)
                if isinstance(self.gradients, Step):
                    judged |= clips(self.gradients, there, judged)
                for i, found in judged.items():
                    self.judge_there(i, found)
            open_here = [i for i in open_here if self.evidence[i].verdict == "inconclusive"]
        if not visited and self.failed is not None:
            self.notes.append(preflight.fails_there(self.failed))

    def is_meant(self, point: Point, *, explain: bool) -> bool:
        """Are slopes off by very little, and right for the loss without a small number it adds?

        Then all is checked without it: something else may be wrong as well.
        """
        wrong = {i for i, e in self.evidence.items() if e.verdict == "disagrees"}
        nearly = {i for i in wrong if self.evidence[i].nearly(NEARLY)}
        if not nearly or self.again is None:
            return False
        from . import smoothing  # seldom needed

        if smoothing.LEFT_OUT.get():
            return False
        whole = wrong == nearly
        if self.objective.bounded:
            self.notes += smoothing.doubt() if whole else []
            return False
        sums = smoothing.Sums(self.counted)
        with point.moved(NEAR) as there:
            added = sums.constants() if there is not None else []
        every = list(itertools.chain(*added))
        tries = [every, *added] if len(added) > 1 else added
        right = {self.blocks[i].name for i, e in self.evidence.items() if e.verdict == "agrees"}
        off = {self.blocks[i].name for i in nearly}
        best: tuple[list[Added], Report] | None = None
        most = 0  # of those that are off by little are right without these numbers
        for numbers in tries:
            with sums.without(numbers):
                report = self.checked_anew(explain=False)
            agree = {block.name for block in report.blocks if block.verdict == "agrees"}
            if agree >= right and len(agree & off) > most:
                best, most = (numbers, report), len(agree & off)
            if most == len(off):
                break
        if best is not None:
            numbers, report = best
            if explain and report.verdict != "agrees":
                with sums.without(numbers):
                    report = self.checked_anew(explain=True)
            told = smoothing.told(numbers, whole=report.verdict == "agrees")
            self.meant = replace(
                report,
                notes=(told, *report.notes),
                evaluations=self.objective.evaluations,
                gradient_calls=self.gradients.calls,
            )
            return True
        if whole and (every or sums.without_source):
            self.notes += smoothing.doubt(every, sums.without_source)
        return False

    def counted(self) -> Any:
        """The loss as it is called, where its code is looked at."""
        self.objective.evaluations += 1
        return self.objective.called()

    def checked_anew(self, *, explain: bool) -> Report:
        """The same check, of another loss."""
        assert self.again is not None
        report = self.again(explain=explain)
        self.objective.evaluations += report.evaluations
        self.gradients.calls += report.gradient_calls
        return report

    def suspects(self, here: Point, there: Point, open_here: list[int]) -> list[int]:
        """Blocks to judge one by one at a moved point: all, unless one direction clears them."""
        plans = [here.examined[i][0] for i in range(len(self.blocks)) if i in here.examined]
        if there.together(plans if len(plans) == len(self.blocks) else ()) is not None:
            return open_here
        # what it was at the first point may be too little here; and a loss that moves in leaps, as
        # one rounded to few digits does, may have shown none of them here, and some there
        there.noise = max(there.noise, there.measure(), key=lambda noise: noise.sigma)
        return [i for i, e in self.evidence.items() if e.verdict != "disagrees"]

    def judge_there(self, i: int, found: Evidence) -> None:
        here = self.evidence[i]
        if here.opaque == "draws":
            return
        if found.verdict == "disagrees" and not (here.opaque and found.unmoved):
            self.evidence[i] = found.because("a second point")
        elif here.verdict == "inconclusive" and found.clears(here) and not found.unmoved:
            self.evidence[i] = found.because("a second point", instead=here.reason)

    def depart(self, point: Point) -> None:
        """The loss once more at the given parameters: did all these calls change it?"""
        if not any(finding.kind == "state" for finding in self.findings):
            self.findings += preflight.drifted(point.noise, self.objective())

    def look_elsewhere(self, point: Point, *, thorough: bool) -> None:
        """Where the gradients are right: what speaks against the training all the same?"""
        if self.findings or any(found.verdict != "agrees" for found in self.evidence.values()):
            return
        told = remarks.equal_units(self.blocks, point.analytic)
        with contextlib.suppress(BudgetSpent):  # a remark: the check is complete without
            told += remarks.dead_units(self.objective, self.blocks, point.analytic)
            if isinstance(self.gradients, Step):
                rate = self.gradients.rate.value
                told += remarks.pace(self.objective, self.blocks, point.analytic, point.noise, rate)
            if thorough:
                net = self.recognised(point)
                if net is not None:
                    told += remarks.of_net(net, [block.values for block in self.blocks])
        if told or thorough:
            self.notes += [*told, remarks.right_at(self.points)]

    def look_closer(self, point: Point) -> None:
        """Measure what is only drawn; the check is complete without."""
        try:
            for i, found in self.evidence.items():
                self.tell(f"{self.blocks[i].name} more closely")
                self.evidence[i] = point.closer(i, found)
        except BudgetSpent:
            self.notes.append("The budget was spent before all details were measured.")

    def diagnose(self, point: Point) -> None:
        """Which kind of mistake, and where did it start? Nothing when every block agrees."""
        if all(found.verdict != "disagrees" for found in self.evidence.values()):
            return
        from .diagnosis.diagnose import diagnose  # much code, needed only now
        from .recognition.context import Context

        self.tell("what is wrong")
        try:
            found = diagnose(
                point,
                self.evidence,
                replace(Context.of(self.roots, self.blocks), shared=self.shared),
                elsewhere=self.read if self.gradients.readable and not self.failed else None,
                afresh=self.replay if self.gradients.readable else None,
            )
        except BudgetSpent:
            raise
        except Exception as error:
            if RAISE:
                raise
            self.notes.append(f"The kind: the search failed, {type(error).__name__}: {error}.")
            return
        self.roles = found.roles
        told = {finding.kind for finding in self.gradients.findings} - {"not-plain-sgd"}
        if isinstance(self.gradients, Step) and told:
            return  # the way the step is made explains it already
        if any(finding.kind == "swapped-gradients" for finding in self.findings):
            found = replace(
                found,
                findings=tuple(f for f in found.findings if f.kind != "swapped-gradients"),
            )
        known = {(finding.kind, finding.block) for finding in self.findings}
        told_again = {
            (finding.kind, *pair - {finding.block})
            for finding in found.findings
            for pair in self.shared
            if finding.kind == "aliasing" and finding.block in pair
        }
        self.findings = [f for f in self.findings if (f.kind, f.block) not in told_again]
        self.findings += [f for f in found.findings if (f.kind, f.block) not in known]

    def blame(self, seconds: float) -> None:
        """Which source line? By running the user's backward pass again, with small edits."""
        wrong = any(found.verdict == "disagrees" for found in self.evidence.values())
        if not (wrong and seconds > 0 and self.gradients.readable):
            return
        from .blame import blame  # much code, needed only now

        if any(finding.verified or finding.kind in SEEN for finding in self.findings):
            seconds *= PLACING
        self.tell("which line")
        with TURNS.alone() as alone:
            if not alone:
                self.notes.append(
                    "Source line: not searched, because other threads check gradients as well and "
                    "would see the edits of the search."
                )
                return
            try:
                found = blame(
                    self.objective.called,
                    self.comparable,
                    self.blocks,
                    self.snapshot,
                    floors=[] if self.point is None else [a.floor for a in self.point.analytic],
                    noise=None if self.point is None else self.point.noise,
                    astray=[self.astray(i) for i in range(len(self.blocks))],
                    units=() if self.point is None else self.point.units,
                    misfits=[
                        e.parameter.name for e in self.evidence.values() if not e.analytic.fits
                    ],
                    seconds=seconds,
                    seed=self.seed,
                    progress=self.progress,
                )
            except Exception as error:
                if RAISE:
                    raise
                self.notes.append(
                    f"Source line: the search failed, {type(error).__name__}: {error}."
                )
                return
        self.replays = found.runs
        told = [*self.findings, *self.gradients.findings]
        self.findings = joined(list(found.findings), told, mends=found.mends)
        self.gradients.findings = []
        if found.note and not any(finding.lines for finding in self.findings):
            self.notes.append(f"Source line: {found.note}")

    def comparable(self) -> list[Array]:
        """The gradients as the search for the line reads them."""
        if self.afresh:
            self.replay()
        return [analytic.comparable for analytic in self.gradients.read()]

    def astray(self, i: int) -> list[int]:
        """Flat indices of entries of a block that are known to be wrong."""
        known, shape = self.evidence.get(i), self.blocks[i].shape
        wrong = [] if known is None or known.where else known.location.wrong
        return [int(np.ravel_multi_index(index, shape)) if shape else 0 for index in wrong]

    def tell(self, what: str) -> None:
        if self.progress is not None:
            self.progress(what, self.objective.evaluations)

    # -- the facts ---------------------------------------------------------------------------------

    def report(self, begin: float) -> Report:
        """All that was found."""
        point = self.point
        order = {"state": 1, "unknown": 2}  # the mistake first, if it is known
        found = [*self.findings, *self.gradients.findings]
        findings = sorted(found, key=lambda finding: order.get(finding.kind, 0))
        if findings and findings[0].instead:  # of nothing: what it rivalled was told otherwise
            findings[0] = replace(findings[0], instead=False)
        judged = [i for i in range(len(self.blocks)) if i not in self.no_parameters]
        blocks = tuple(self.block(i) for i in judged)
        verdicts = {block.verdict for block in blocks}
        verdict: Verdict = "agrees"
        if "disagrees" in verdicts:
            verdict = "disagrees"
        elif "inconclusive" in verdicts:
            verdict = "inconclusive"
        if self.undone:
            self.notes.append(UNDONE[self.undone].format(self.objective.evaluations))
        failure = self.objective.failure
        if failure is not None and not isinstance(failure, ArithmeticError | ValueError):
            first_line = str(failure).partition("\n")[0]
            told = f"{type(failure).__name__}: {first_line}".removesuffix(": ")
            self.notes.append(
                f"Next to the given parameters the loss raised {told:.100}; it was taken for an "
                "end of its domain, as a ValueError is."
            )
        return Report(
            verdict=verdict,
            blocks=blocks,
            findings=tuple(findings),
            notes=(*self.notes, *self.gradients.notes),
            loss=point.noise.loss if point else math.nan,
            noise=point.noise.sigma if point else math.nan,
            evaluations=self.objective.evaluations,
            gradient_calls=self.calls,
            replays=self.replays,
            seconds=time.perf_counter() - begin,
            seed=int(self.seed),
            unchecked=tuple(self.gradients.unchecked),
        )

    def block(self, i: int) -> Block:
        block = self.blocks[i]
        facts: dict[str, Any] = {
            "name": block.name,
            "layer": block.layer,
            "parameter": block.parameter,
            "shape": block.shape,
            "aliases": block.aliases,
            "role": self.roles.get(i, ""),
        }
        evidence = self.evidence.get(i)
        if evidence is None or self.waits(i, evidence):
            return Block(**facts, verdict="inconclusive", reason=self.undone)
        return evidence.block(facts)

    def waits(self, i: int, evidence: Evidence) -> bool:
        """Was a block left before it was known whether its gradient is off by rounding alone?"""
        if not self.undone or self.point is None or self.point.rounding_known:
            return False
        return self.point.may_be_rounding(i, evidence)
