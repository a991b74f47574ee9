"""The training loop of a script: what it trains, the loss that it computes, its learning rate.

Nobody is asked. The script runs up to its loop, one turn of which is made (turn.py): it tells what
is trained, what the loss may be (losses.py), the rate (rates.py), the gradients (backward.py).
"""

from __future__ import annotations

import ast
import contextlib
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from . import losses
from .backward import Gradients, gradients
from .constraints import constrained, smooth_part
from .contents import WEIGHT, is_gradient, is_of
from .factors import variants
from .loop import NONE, Counted, Loop, named, parted, stored
from .makers import opened
from .options import set_up, with_its_lines
from .plain import plain
from .rates import rate_of, written_rate
from .turn import Trail, Turn, as_number, trails
from .upto import Call, called, calls, statements, typed
from .wanted import Wanted

if TYPE_CHECKING:
    from ..report import Report
    from .script import Script

TURNS = 4  # of a loop that are looked at, where one leaves some parameters as they are
LATER = (8, 24, 64, 160, 400)  # the next ones, where a training waits for samples
OF_UPDATES = frozenset(
    {"updated-weights-used", "accumulation", "swapped-gradients", "missing-gradient", "aliasing"}
)  # mistakes of a step, and not of gradients
QUICK = 1.0  # seconds that a file may take, to be run once more for the next turn


class Plans(NamedTuple):
    """The checks that a training loop suggests, the best one first; perhaps none.

    By its step, and by the gradients before it: Adam's step is no gradient. Where no loop computes
    a loss, it is "...", or one for each of those that may be meant.

    assumed   may the loss be another? It is believed where a gradient is its own
    resting   names of parameters, it seems, that the loss depends on and the loop does not change
    summed    is the loss added up in the loop, sample by sample?
    batches   are the gradients added up, over some turns of it?
    meant     losses that nothing computes: they are only told from their gradients; of a sum what
              it may be divided by, and how that is typed
    others    names of what another loss of the loop trains
    further   the checks of that loss, after what is done with this one
    bound     names of what the file puts on a set after a step: see constraints.py
    smooth    checks of gradients by a loss without what a threshold stands for
    entry     of each name of which a turn updates one number, w[j], that number: w[0]
    instead   what else may be meant, to be asked where no gradient is that of the loss
    """

    checks: Sequence[Wanted] = ()
    assumed: bool = False
    resting: Sequence[str] = ()
    summed: bool = False
    batches: bool = False
    meant: Mapping[str, Mapping[int, str] | None] = MappingProxyType({})
    others: Sequence[str] = ()
    further: Callable[[], Plans] | None = None
    bound: frozenset[str] = frozenset()
    smooth: Sequence[Wanted] = ()
    entry: Mapping[str, str] = MappingProxyType({})
    instead: Callable[[], Plans] | None = None

    def known(self) -> Plans:
        """These, where others have to be found first."""
        return self

    def is_meant(self, loss: str) -> bool:
        """Is it one that nothing computes, or a multiple of it?"""
        return any(parted(one)[1].removeprefix("-") in loss for one in self.meant)

    def has_variant(self, loss: str) -> bool:
        """Is it one of the multiples that are common?"""
        sums = ((one, counts) for one, counts in self.meant.items() if counts is not None)
        return any(loss in variants(*one).values() for one in sums)


def planned(wanted: Wanted, script: type[Script]) -> Plans:
    """What the loops of the file suggest. It runs up to each of them."""
    try:
        tree = opened(plain(ast.parse(wanted.file.read_bytes())))
    except (SyntaxError, ValueError):
        return Plans()
    best, bound = _best(wanted, tree, script), constrained(tree)
    by_grads = [plan for plan in best.checks if bound and plan.grads and is_whole(plan)]
    smooth = [replace(p, loss=loss) for p in by_grads if (loss := smooth_part(p.loss, tree))]
    return best._replace(bound=bound, smooth=smooth)


def _best(wanted: Wanted, tree: ast.Module, script: type[Script]) -> Plans:
    best = Plans()
    waiting = [*_loops(tree)]
    while waiting:
        loop, *waiting = waiting
        found = _look(replace(wanted, until=loop.node.lineno, main=loop.guarded), loop, script)
        if not any(map(is_whole, found.checks)):  # it may begin the training anew in each turn
            waiting = [*_inside(loop), *waiting]
        if found.checks and is_whole(found.checks[0]) and not found.assumed:
            return found
        if any(map(is_whole, found.checks)) and any(map(is_whole, best.checks)):
            checks, meant = [*best.checks, *found.checks], {**best.meant, **found.meant}
            best = best._replace(checks=checks, meant=meant)  # what gradients belong to decides
        elif any(map(is_whole, found.checks)) or not best.checks:
            best = found
    return best


def does_more(report: Report) -> bool:
    """Is what is wrong of a step neither a multiple of the gradient, nor told by how it is made?

    Then it may be no gradient: a parameter that is cut, projected, or averaged.
    """
    if any(finding.kind in OF_UPDATES for finding in report.findings):
        return False
    for block in report.blocks:
        ratios = [e.analytic / e.numerical for e in block.entries if e.numerical]
        ratios += [] if block.ratio is None else [block.ratio]
        most = max(map(abs, ratios), default=0.0)
        if block.verdict == "disagrees" and np.ptp(ratios or [0.0]) > 1e-6 * most:
            return True
    return False


def is_whole(plan: Wanted) -> bool:
    """Does it say all that a check needs?"""
    return not plan.loss.endswith("...")


def is_named(grads: str) -> bool:
    """Is it computed by what is called a gradient, or a Jacobian?"""
    nodes = ast.walk(ast.parse(parted(grads)[1] or "0"))
    names = [called(node) for node in nodes if isinstance(node, ast.Call)]
    return any(is_gradient(name) or "jac" in name.lower() for name in names)


def of_one_call(plan: Wanted) -> bool:
    """Are the loss and its gradient what one call returns, or calls with the same arguments?"""
    texts = [parted(text)[1] for text in (plan.loss, plan.grads)]
    if not all(text and text[0] != "@" for text in texts):  # lines that store them
        return False
    nodes = [ast.parse(text, mode="eval").body for text in texts]
    nodes = [node.operand if isinstance(node, ast.UnaryOp) else node for node in nodes]
    pair = [node.value if isinstance(node, ast.Subscript) else node for node in nodes]
    loss, grads = pair
    if not (isinstance(loss, ast.Call) and isinstance(grads, ast.Call) and loss.args):
        return False
    return [*map(ast.unparse, loss.args)] == [*map(ast.unparse, grads.args)]


def _loops(tree: ast.Module) -> Iterator[Loop]:
    """The loops at the top level, and in what is called from there."""
    inside: dict[int, list[Call]] = {}
    for call in calls(tree):
        outermost = call
        while outermost.within is not None:
            outermost = outermost.within
        inside.setdefault(id(outermost.statement), []).append(call)
    top = [statement for statement, _ in statements(tree.body)]
    for statement, guarded in statements(tree.body, loops=True):
        if isinstance(statement, ast.For | ast.While) and statement in top:
            at = top.index(statement)
            yield Loop(statement, guarded, top[:at], top[at + 1 :])
        for call in inside.get(id(statement), []):
            below = [inner for inner, _ in statements(call.function.body)]
            for k, inner in enumerate(below):
                if isinstance(inner, ast.For | ast.While):
                    yield Loop(inner, guarded, below[:k], below[k + 1 :])


def _inside(loop: Loop) -> Iterator[Loop]:
    """The loops that stand in one."""
    body = [statement for statement, _ in statements(loop.node.body)]
    for k, inner in enumerate(body):
        if isinstance(inner, ast.For | ast.While):
            yield Loop(inner, loop.guarded, [*loop.before, *body[:k]], body[k + 1 :])


def _look(wanted: Wanted, loop: Loop, script: type[Script]) -> Plans:
    """What one turn of the loop tells.

    Where it does something now and then, that is left out, for it is no training: unless without
    it nothing is trained. Then it is done at once, with the first gradients that are added up.
    """
    first = loop.node.body[0]
    if first.lineno <= loop.node.lineno and typed(first) is None:
        return Plans()
    if loop.is_special:
        found = _look_at(wanted, loop.with_counted(Counted.NEVER), script, begin=1)
        if any(is_whole(plan) and plan.loss not in found.meant for plan in found.checks):
            return found
        found = _look_at(wanted, loop.with_counted(Counted.ALWAYS), script)
        if any(map(is_whole, found.checks)):
            return found._replace(batches=True)
    return _look_at(wanted, loop, script)


def _look_at(wanted: Wanted, loop: Loop, script: type[Script], begin: int = 0) -> Plans:
    """As `_look`: in the first turn in which all moves that the loop trains, or most.

    begin   the first turn that is looked at
    """
    if not loop.body:
        return Plans()
    at_once = loop.counted is Counted.ALWAYS  # before anything is added up
    first = range(begin, begin + (1 if at_once else TURNS))
    best, most = -1, (False, -1)
    born: Collection[Trail] | None = None  # what an earlier turn has left behind is no parameter
    waits = at_once
    for turns in (*first, *LATER):
        if turns not in first and not waits:
            break
        try:
            if born is None and begin:
                with _begun(replace(wanted, turns=0), script) as running:
                    born = trails(running.namespace)
            with _begun(replace(wanted, turns=turns), script) as running:
                turn = Turn(loop, running, born)
                born, waits = born or turn.paths, turn.waits
                if (not waits, turn.moves) > most:
                    best, most = turns, (not waits, turn.moves)
                done = not waits and (turns not in first or not turn.rests)
                if done and best == turns:
                    return _told_by(turn, replace(wanted, turns=turns), loop, script)
                if done or running.seconds > QUICK:
                    break
        except Exception:  # noqa: BLE001  there are no more turns, or too few samples as yet
            if not at_once:
                break
    if best < 0:
        return Plans()
    try:
        with _begun(replace(wanted, turns=best), script) as running:
            return _told_by(Turn(loop, running, born), replace(wanted, turns=best), loop, script)
    except Exception:  # noqa: BLE001  what the file does is unknown: then nothing is guessed
        return Plans()


@contextlib.contextmanager
def _begun(wanted: Wanted, script: type[Script]) -> Iterator[Script]:
    """The file, run up to a turn of its loop, or to what the setup leaves of one."""
    with script.of(wanted) as running:
        running.run()
        set_up(with_its_lines(wanted), running)
        yield running


def _told_by(turn: Turn, wanted: Wanted, loop: Loop, script: type[Script]) -> Plans:
    """The checks that a turn suggests."""
    if not turn.changed:
        return Plans()
    loss, names, others, beside = losses.found_in(turn)
    inner, found = turn.inner, Plans()
    if inner is not None and not names:
        within = Loop(inner, loop.guarded)
        found = _look(replace(wanted, until=inner.lineno, turns=0), within, script)
        if found.checks and is_whole(found.checks[0]):
            return found
    if not names and (assumed := losses.assumed(turn)):
        return _assuming(turn, wanted, assumed)
    if found.checks:
        return found
    checks = list(_ways([_by_step(turn, wanted, loss, names or turn.changed)], turn))
    summed = parted(loss)[1] in losses.added_up(turn)
    unchanged, entry = _resting(turn, loss) if names else (), _entries(turn, names)
    found = Plans(checks, resting=unchanged, summed=summed, others=others, entry=entry)
    done = max((i for i, changed in turn.changes.items() if changed & {*names}), default=NONE)
    for one in reversed(beside):
        more = Plans(list(_ways([_by_step(turn, wanted, *one)], turn)), further=found.further)
        found = found._replace(further=more.known)
    if not beside and others and done < turn.first(others):
        further = functools.partial(_further, wanted, loop, done, others, script)
        found = found._replace(further=further)
    return found._replace(instead=functools.partial(_instead, wanted, loop, script))


def _further(
    wanted: Wanted, loop: Loop, done: int, others: Collection[str], script: type[Script]
) -> Plans:
    """The checks of the next loss of a turn, after the statements that update by the first."""
    wanted = replace(wanted, setup=(*wanted.setup, loop.lines(done)))
    found = _look_at(wanted, loop.after_statement(done), script)
    checks = [plan for plan in found.checks if {*plan.params.split(", ")} <= {*others}]
    return found._replace(checks=checks) if checks else Plans()


def _assuming(turn: Turn, wanted: Wanted, assumed: Sequence[losses.Assumed]) -> Plans:
    """The checks of losses of which one may be meant."""
    both = [
        replace(wanted, loss=one.loss, params=", ".join(one.names), grads=one.grads)
        for one in assumed
        if one.grads
    ]
    plans = [_by_step(turn, wanted, one.loss, one.names) for one in assumed]
    meant = {one.loss: one.counts for one in assumed if one.meant}
    resting = _resting(turn, plans[0].loss) if plans else ()
    checks = [*both, *_ways(plans, turn)]
    return Plans(checks, assumed=True, resting=resting, meant=meant)


def _instead(wanted: Wanted, loop: Loop, script: type[Script]) -> Plans:
    """The checks of losses that may be meant instead of that which the loop computes."""
    try:
        with _begun(wanted, script) as running:
            turn = Turn(loop, running)
            return _assuming(turn, wanted, losses.meant(turn)) if turn.changes else Plans()
    except Exception:  # noqa: BLE001  what the file does is unknown: then nothing is guessed
        return Plans()


def _entries(turn: Turn, names: Sequence[str]) -> dict[str, str]:
    """What is updated of those that are updated one number a turn, by an index of the loop."""
    header = [turn.loop.node.target] if isinstance(turn.loop.node, ast.For) else []
    made = {name for node in (*header, *turn.loop.body) for name in stored(node)}
    turn.run(len(turn.loop.body))
    found: dict[str, set[str]] = {}
    plain = [s for s in turn.loop.body if not isinstance(s, ast.For | ast.While)]
    once = {id(node) for statement in plain for node in losses.at_once(statement)}
    for node in (node for statement in turn.loop.body for node in ast.walk(statement)):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            index = turn.namespace.get(node.slice.id) if isinstance(node.slice, ast.Name) else None
            whole = isinstance(index, int | np.integer) and named(node.slice) <= made
            whole = whole and id(node) in once
            place = f"{ast.unparse(node.value)}[{index}]" if whole else ""
            found.setdefault(ast.unparse(node.value), set()).add(place)
    return {
        name: next(iter(places))
        for name, places in found.items()
        if name in names and len(places) == 1 and "" not in places
        if np.ndim(turn.bound[name]) == 1
    }


def by_entry(plan: Wanted, entry: Mapping[str, str]) -> Wanted | None:
    """The same check of the one number that a turn updates; None where it updates more."""
    names = plan.params.split(", ")
    if not plan.step or not {*names} & entry.keys():
        return None
    return replace(plan, params=", ".join(entry.get(name, name) for name in names))


def _by_step(turn: Turn, wanted: Wanted, loss: str, names: Sequence[str]) -> Wanted:
    """The check of what has these names by the statements that update it, and their rate."""
    loop, trained = turn.loop, {*names}
    ends = [i for i, changed in turn.changes.items() if changed & trained]
    used = [name for statement in loop.body for name in named(statement)]
    sums = {n for n in turn.changed if isinstance(turn.bound[n], float) and used.count(n) < 2}
    sums -= trained  # as total += 0.5 * e**2
    every = [i for i, changed in turn.changes.items() if changed - sums]
    updates = ([loop.body[i] for i in some] for some in (every, ends))
    made = {name for statement in loop.body for name in stored(statement)}
    rates = [rate_of(some, turn.namespace, names, made) for some in updates]
    lr = next(filter(None, rates), written_rate(wanted.file))
    whole = [as_number(place) for place, name in turn.whole.items() if name in trained]
    end = loop.done(max(ends))
    setup = (*wanted.setup, *whole, *loop.rates(end, lr))
    step = loop.step(end, lr)
    return replace(wanted, loss=loss, params=", ".join(names), step=step, lr=lr, setup=setup)


def _ways(plans: Sequence[Wanted], turn: Turn) -> Iterator[Wanted]:
    """Each by the step, and by the gradients that it is made with, where these show."""
    known: dict[str, list[Gradients]] = {}
    for plan in plans:
        yield plan
        names = plan.params.split(", ")
        alone = names if len(names) > 1 else []  # beside velocities, for one
        for params in (plan.params, *alone):
            if params not in known:
                known[params] = gradients(turn, params.split(", "))
            for grads in known[params]:
                loss = losses.risen(plan.loss) if grads.along else plan.loss
                text = grads.text
                if grads.along and loss == plan.loss and turn.is_array(params):  # y - f: downhill
                    lines, last = parted(text)
                    text = f"{lines}-({last})"
                yield replace(plan, loss=loss, step="", lr="", grads=text, params=params)


def _resting(turn: Turn, loss: str) -> list[str]:
    """Names of parameters, it seems, that it does not change though the loss responds."""
    end = next((i for i, _ in enumerate(turn.loop.body) if turn.loop.then(i, "") in loss), NONE)
    _, text = parted(loss)
    held, before = turn.bound, turn.value(end, text)
    made = {name for statement in turn.loop.body for name in stored(statement)}
    weights = [n for n in turn.names if n not in turn.changed]
    weights = [n for n in weights if isinstance(held[n], np.ndarray | float | int)]
    shapes = [np.shape(held[name]) for name in turn.changed if isinstance(held[name], np.ndarray)]
    fits = [n for n in weights if any(np.shape(held[n])[-1:] in ((), s[-1:]) for s in shapes)]
    weights = [
        name
        for name in weights
        if (WEIGHT.fullmatch(name) and name in fits) or any(is_of(g, name) for g in made)
    ]
    return [n for n in weights if before is not None and turn.responds(n, end, text, before)]
