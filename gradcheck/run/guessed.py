"""The check of a file that nobody described: its training loop suggests it, or its names.

A loop may compute another loss than it descends, or none. So what it suggests is tried, and
believed where gradients bear it out.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from ..check import Progress
from ..descent import LATER
from ..evidence import AT_FIRST
from ..gradients import LEFT_OUT
from ..preflight import REPEATABLE
from ..report import Report
from .audit import audit
from .contents import SQUARES, UNKNOWN, guess
from .done import Done, made
from .expression import Misuse
from .factors import (
    HALF,
    by_which,
    fitted,
    halved,
    is_plain,
    rated,
    scaled,
    shared_rate,
    some_right,
    turned,
)
from .loop import parted
from .options import prepared, with_its_lines
from .rates import NO_RATE
from .script import Script
from .training import Plans, by_entry, does_more, is_named, is_whole, of_one_call
from .turn import is_gain
from .wanted import Wanted

BELIEVED = 2  # losses that may be meant, of which what is wrong is looked for
WHOLE = 2  # of a check that leaves nothing open
A_HALF = " A half more or less in all gradients is no mistake: it is now in the loss."
MORE = " The step does more than to subtract a multiple of the gradient."


def by_loop(plans: Plans, doubted: list[Done], progress: Progress | None) -> list[Done]:
    """The checks of a training loop that nobody described, one a loss; none that can be made.

    doubted   takes what disagrees with a loss that may be another
    """
    whole = list(filter(is_whole, plans.checks))
    best = _best(whole, plans, doubted, progress)
    if best is None:  # perhaps for a rate that was not seen
        whole = list(_with_rates(whole, progress))
        best = _best(whole, plans, doubted, progress)
    if best is None:
        return []
    done, plan, more = best
    if done.verdict == "disagrees" and (single := by_entry(plan, plans.entry)):
        done, plan = made(single, progress), single
        more = " A turn updates one number of it, which is checked."
    if other := rated(plan, done.report):
        done, plan = made(other, progress), other
    if plan.lr not in ("", "1", *(one.lr for one in plans.checks)):
        more = f" The updates are {float(plan.lr):.6g} times the gradient: taken for the rate."
    if half := halved(plan, done.report, summed=plans.summed, batches=plans.batches):
        found = made(half, progress)
        if _some_agree(found.report):
            done, plan = found, half
            more = A_HALF
            if plans.summed or plans.batches:
                more = " A factor of all gradients is no mistake here: it is now in the loss."
    if plans.bound and _are_bound(done.report, plans.bound):
        if (smooth := _agreeing(plans.smooth)) is None:
            raise _not_told(done)
        done = made(smooth, progress)
        more = " A threshold after the step stands for the rest of the loss."
    all_wrong = _wrong(done) == len(done.report.blocks)
    another = _of_another(plans, progress) if all_wrong else None
    if another and math.isclose(another.report.loss, done.report.loss**2, rel_tol=1e-9):
        every = (replace(one, loss=another.wanted.loss) for one in whole if one.step)
        plan = another.wanted
        if plan.params != whole[0].params:  # it was seen of a part of them
            plan = next(every, plan)
        done, another = made(plan, progress), None
        more = f" Its root is {whole[0].loss}, which the file computes."
    if another and not {*plan.params.split(", ")} <= {*another.wanted.params.split(", ")}:
        another = None  # it is not said of all of them
    further: list[Done] = []
    if plans.further is not None:
        try:
            with contextlib.suppress(Misuse):
                further = by_loop(plans.further(), [], progress)
        except KeyboardInterrupt:  # the first is made
            done = replace(done, interrupted=True)
    beside = {name for one in further for name in one.wanted.params.split(", ")}
    plans = plans._replace(others=[name for name in plans.others if name not in beside])
    done = _with_hints(done, more, whole, plans, doubted, another)
    return [_titled(one) for one in (done, *further)] if further else [done]


def _by_factor(factor: str, loss: str) -> tuple[str, list[str]]:
    """What to say of a factor of all gradients that the loss is multiplied by; and what first."""
    if factor in HALF.values():
        return A_HALF, []
    told = (
        f"All gradients are {factor} times those of {loss[1:-1]}: right if a sum is meant where "
        "that is a mean, or the other way round; else a division or a factor is missing."
    )
    return "", [told]


def _titled(done: Done) -> Done:
    """Named after its loss, where another one is checked too."""
    return replace(done, wanted=replace(done.wanted, name=parted(done.wanted.loss)[1]))


def _with_hints(
    done: Done,
    more: str,
    whole: Sequence[Wanted],
    plans: Plans,
    doubted: Sequence[Done],
    another: Done | None,
) -> Done:
    """The check, and what was taken for its loss and parameters, left out, or is odd.

    another   a check of the same gradients that agrees: they are those of its loss
    """
    plan, first = done.wanted, list[str]()
    if not more and plans.assumed:
        more = f" It was taken for the loss because {_why(plan, done.report)}."
        if plan not in whole and not plans.has_variant(plan.loss):
            more, told = _by_factor(*parted(plan.loss)[1].split(" * ", 1))
            first += told
    if plans.is_meant(plan.loss) and doubted:
        more += f" What the file computes, {doubted[0].wanted.loss}, has another gradient."
    if plans.resting:
        more += (
            f" Not checked, because the loop does not change it: {', '.join(plans.resting)}. "
            "Was its update forgotten?"
        )
    checked = plan.params.split(", ")
    rest = [name for name in whole[0].params.split(", ") if name not in checked]
    rest = rest if whole[0].until == plan.until else []
    if rest:
        more += f" Not checked, though the loop changes it: {', '.join(rest)}."
    by_step = (one for one in whole if one.step and one.until == plan.until)
    sure = not plans.is_meant(plan.loss) and not is_gain(plan.loss)  # that it should go down
    if odd := _odd(plan, next(by_step, whole[0]), done.report) if sure else ():
        more = more.replace(MORE, "")
    if plans.others:
        more += f" Not checked, because another loss trains it: {', '.join(plans.others)}."
    first += odd
    if _wrong(done) == len(done.report.blocks):
        if another is not None:
            first.append(
                f"All gradients are those of {another.wanted.loss}: if that is meant, they are "
                "right, and it is the loss that is computed otherwise."
            )
        elif plan.step and not (turned(done.report) or _proven(done.report)):
            more += (
                " No update is the gradient of this loss. If the loop is not meant to descend it "
                "(Newton, Hebb, temporal differences), that is no mistake."
            )
    if any(f.kind == "regulariser" and "too much" in f.sentence for f in done.report.findings):
        first.append(
            "If only the loss that is shown leaves the weight decay out, the gradients are right."
        )
    begun = "".join(f'--setup "{text}" ' for text in plan.setup)
    hint = (
        f"No options were given: the loop in line {plan.until} was checked, with "
        f'{begun}--loss "{plan.loss}" --params "{plan.params}".{more}'
    )
    # a turn of a loop draws its batch: that is no news, and was put back
    findings = tuple(f for f in done.report.findings if f.evidence != REPEATABLE)
    unchecked = dict.fromkeys((*done.report.unchecked, *plans.resting, *rest, *plans.others))
    report = replace(done.report, findings=findings, unchecked=tuple(unchecked))
    return replace(done, report=report, hints=(*first, hint, *done.hints))


def _best(
    whole: Sequence[Wanted], plans: Plans, doubted: list[Done], progress: Progress | None
) -> tuple[Done, Wanted, str] | None:
    """Of the checks that say all that one needs that which says most, and what else to tell."""
    best: tuple[Done, Wanted] | None = None
    first: Wanted | None = None  # of which what is wrong is looked for at once
    more = ""
    later = ""  # a loss of what the parameters become: no gradient of the loop is its own
    for one in _believed(whole, plans, doubted, progress) if plans.assumed else whole:
        if one.loss == later:
            continue
        with contextlib.suppress(Misuse):  # in one way it cannot be done, perhaps in another
            done = made(one, progress, explain=None if best is None else False)
            first = first or one
            if best is None or _rank(done) > _rank(best[0]):
                best = done, one
            if best[1].step and not one.step:
                fewer = _wrong(done) < _wrong(best[0]) and done.verdict != "inconclusive"
                same = one.params == best[1].params
                if fewer and same:  # what else it does is no gradient
                    best = done, one
                    more = MORE
                    break
                if same and _wrong(done) == _wrong(best[0]) and _keeps(best[0].report):
                    best = done, one  # the gradients themselves, without what the step does
            elif _rank(done) == WHOLE and not (one.step and _does_more(done.report)):
                break
            later = one.loss if any(LATER in f.sentence for f in done.report.findings) else ""
    if best is None:
        return None
    done, plan = best
    return (done if plan is first else made(plan, progress)), plan, more


def _rank(done: Done) -> int:
    """How much of it says something: nothing, parameters that were left out, all."""
    left_out = any(note.startswith(LEFT_OUT) for note in done.report.notes)
    return WHOLE - (left_out and done.verdict == "agrees") - 2 * (done.verdict == "inconclusive")


def _believed(
    whole: Sequence[Wanted], plans: Plans, doubted: list[Done], progress: Progress | None
) -> Iterator[Wanted]:
    """Those of the checks of which the loss is borne out, as it may be another.

    A loss is meant if at least one gradient is its own, or a part of it, or if all are but for
    one factor: then the factor is part of it. Where there is none such, if the file computes it and
    it can be told what is wrong. That comes before what it might mean, unless that is all right.
    """
    off: list[Wanted] = []
    others: list[tuple[Wanted, Report]] = []  # with another factor, and what was seen without it
    borne_out = False
    parameters = sorted((plan.params.count(","), plan.loss) for plan in whole)
    most = {loss: n for n, loss in parameters}  # one of several parameters shares no factor
    for plan in whole:
        with contextlib.suppress(Misuse):
            done = made(plan, progress, explain=False)
            quick = done.report
            counts = plans.meant.get(plan.loss)
            part = plan.params.count(",") < most[plan.loss]
            other = None if part else fitted(plan, quick, counts or {})
            if counts is None:
                other = halved(plan, quick, assumed=True) or other
            agrees = _bears_out(quick) or of_one_call(plan)
            if agrees and (counts is None or (quick and not part)):
                borne_out = True
                yield plan
            elif (agrees and not part) or other is not None:
                others.append((other or plan, quick))
            if quick.verdict == "disagrees" and plan.loss not in plans.meant:
                off.append(plan)
                doubted.append(done)
    found: list[tuple[Wanted, Report]] = []
    for plan, quick in others:
        report = made(plan, progress, explain=False).report
        several = len(report.blocks) > 1 and not plans.is_meant(plan.loss)
        plain = is_plain(by_which(quick, report))
        if (plain and (_bears_out(report) or turned(report))) or (several and report):
            found.append((plan, report))
    found.sort(key=lambda one: _right(one[1]), reverse=True)
    widest = max((len(report.blocks) for _, report in found), default=0)
    first = [
        plan
        for plan, report in found
        if (report and len(report.blocks) == widest) or not plans.is_meant(plan.loss)
    ]
    if first or borne_out:
        yield from first
        yield from (plan for plan, _ in found if plan not in first)
        return
    yield from _explained(off[:BELIEVED], progress)
    yield from (plan for plan, _ in found)
    if not found:  # beside a weight decay gradients share no factor with a sum
        sums = (half for plan in whole if plan.loss in plans.meant for half in _half(plan))
        for half in sums:
            with contextlib.suppress(Misuse):
                if _bears_out(made(half, progress, explain=False).report):
                    yield half


def _explained(plans: Sequence[Wanted], progress: Progress | None) -> Iterator[Wanted]:
    """Those of which it can be told what is wrong."""
    for plan in plans:
        for one in (plan, *_half(plan)):
            report = made(one, progress).report
            told = any(f.verified and f.lines for f in report.findings)
            sure = len(report.blocks) > 1 or is_named(plan.grads)  # one may always be mended
            if turned(report) or (sure and (told or _agreed_first(report))):
                yield one
                break


def _half(plan: Wanted) -> Iterator[Wanted]:
    """The same with half of a squared error, as its gradient is written by many."""
    loss = with_its_lines(plan).loss
    if "** 2" in loss or "**2" in loss or "square" in loss:
        yield scaled(plan, "0.5")


def _with_rates(plans: Sequence[Wanted], progress: Progress | None) -> Iterator[Wanted]:
    """Those by a step whose rate was not seen, with what most updates share."""
    for plan in (plan for plan in plans if plan.step and not plan.lr):
        with contextlib.suppress(Misuse):
            quick = made(replace(plan, lr=NO_RATE), progress, explain=False).report
            if rate := shared_rate(quick):
                yield replace(plan, lr=rate)


def _of_another(plans: Plans, progress: Progress | None) -> Done | None:
    """The check by a loss that nothing computes, though all gradients are its own, if any is."""
    meant = Plans() if plans.instead is None else plans.instead()
    for plan in meant.checks:
        with contextlib.suppress(Misuse):
            quick = made(plan, progress, explain=False).report
            other = fitted(plan, quick, meant.meant.get(plan.loss) or {})
            if other is None or not meant.has_variant(other.loss):
                continue
            done = made(other, progress, explain=False)
            if done.report:
                return done
    return None


def _why(plan: Wanted, report: Report) -> str:
    """What a loss was believed for that may be another."""
    if _some_agree(report) or _agreed_first(report):
        return "gradients belong to it"
    if of_one_call(plan):
        return "it is computed beside the gradients, of the same arguments"
    if turned(report):
        return "all gradients are its own but for the sign"
    return "one correction makes all gradients its own"


def _odd(plan: Wanted, by_step: Wanted, report: Report) -> tuple[str, ...]:
    """What is odd about the updates, where the gradients that they are made with are right."""
    if not plan.grads or plan.turns or report.verdict != "agrees" or not by_step.step:
        return ()
    both = with_its_lines(replace(by_step, params=plan.params, grads=plan.grads))
    with contextlib.suppress(Exception), Script.of(both) as script:
        script.run()
        held = script.namespace.get(plan.params)
        if isinstance(held, dict) and all(isinstance(key, str) for key in held):
            # p = update(p, g) makes another dict: its items are looked up by the name
            items = ", ".join(f"{plan.params}[{key!r}]" for key in held)
            both = replace(both, params=items)
        given = prepared(both, script)
        names = ("loss", "params", "grads", "step", "lr")
        return audit(**{name: given[name] for name in names if name in given})
    return ()


def by_names(wanted: Wanted, progress: Progress | None) -> Done | None:
    """The check that the names of a file suggest; None where they do not say enough.

    What they suggest may not belong together: then no gradient is right, and nothing explains it.
    Or it leaves parameters out.
    """
    with contextlib.suppress(Misuse):
        with Script(wanted.file, main=wanted.main, seed=wanted.seed) as script:
            script.run()
            plan = guess(wanted, script.namespace, script.source)
        if UNKNOWN in (plan.loss, plan.params, plan.grads, plan.lr):
            return None
        quick = made(plan, progress, explain=False).report
        if any(note.startswith(LEFT_OUT) for note in quick.notes):
            return None
        some = _some_agree(quick)
        if quick.verdict == "inconclusive" or (not some and plan.loss.startswith(SQUARES[:9])):
            return None
        done = made(plan, progress)
        if some or _proven(done.report):
            hint = (
                "No options were given: what the names of the file suggest was checked, with "
                f'--loss "{plan.loss}" --params "{plan.params}".'
            )
            return replace(done, hints=(hint, *done.hints))
    return None


def _are_bound(report: Report, bound: Collection[str]) -> bool:
    """Is only wrong what the file puts on a set after each step?"""
    wrong = [block.name for block in report.blocks if block.verdict == "disagrees"]
    return bool(wrong) and all(name.rpartition(".")[2] in bound for name in wrong)


def _agreeing(plans: Sequence[Wanted]) -> Wanted | None:
    """The first of which all gradients agree."""
    for plan in plans:
        with contextlib.suppress(Misuse):
            if made(plan, explain=False).report:
                return plan
    return None


def _not_told(done: Done) -> Misuse:
    names = ", ".join(b.name for b in done.report.blocks if b.verdict == "disagrees")
    return Misuse(
        f"The gradient of {names} is not that of {done.wanted.loss}, and need not be: the file "
        "thresholds it after the step, or makes it symmetric. Give the loss without what that "
        "stands for, such as the term of a penalty.",
        f"  To see what differs, type\n    {done.wanted.command}",
    )


def in_doubt(done: Done) -> Misuse:
    """What to type where the loss may be another."""
    wrong = next(block for block in done.report.blocks if block.verdict == "disagrees")
    loss, line = done.wanted.loss, done.wanted.until
    return Misuse(
        f"No gradient of the loop in line {line} belongs to {loss}: that of {wrong.name} is "
        f"{wrong.analytic:.6g} along a direction, numerical {wrong.numerical:.6g}. If this is the "
        "loss, the gradients are wrong.",
        f"  To see where, type\n    {done.wanted.command}",
    )


def _keeps(report: Report) -> bool:
    """Is it wrong, and does the step keep a state, as momentum is?"""
    state = any(finding.kind == "not-plain-sgd" for finding in report.findings)
    return state and report.verdict == "disagrees"


def _does_more(report: Report) -> bool:
    return does_more(report) or _keeps(report)


def _proven(report: Report) -> bool:
    """Is a mistake told, with a correction that was tried?"""
    return any(finding.verified for finding in report.findings)


def _wrong(done: Done) -> int:
    return sum(block.verdict == "disagrees" for block in done.report.blocks)


def _bears_out(report: Report) -> bool:
    """Does it bear out that the loss is meant? One of several gradients does, or a part of it."""
    return (_some_agree(report) and len(report.blocks) > 1) or bool(report) or some_right(report)


def _some_agree(report: Report) -> bool:
    """Does a gradient agree that is not zero, as those of a dead unit are for any loss?"""
    return any(block.verdict == "agrees" and block.analytic for block in report.blocks)


def _right(report: Report) -> tuple[int, int]:
    """How many gradients agree, and how many numbers that is."""
    sizes = [block.size for block in report.blocks if block.verdict == "agrees"]
    return len(sizes), sum(sizes)


def _agreed_first(report: Report) -> bool:
    """Were the gradients right until they were computed once more?"""
    return any(AT_FIRST in note for block in report.blocks for note in block.notes)
