"""Several mistakes: one after the other, or one beside another whose right value is put in.

What mends only a part is kept, and the search goes on with what is still wrong. Where that leads
nowhere, other ways to begin are tried, as long as there is time.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .apart import Given, given
from .conviction import Put
from .kinds_of_values import kind_of_values
from .merged import merged
from .ranking import handed_on
from .readings import Reading, convicted, read, suspects
from .repair import Repair
from .replay import Unable
from .search import Search
from .site import Edit

SUSPECTS = 3  # lines that are told where nothing is known of any
CONVICTED = 4  # lines that are told where no edit mends
MOST_FAULTS = 8
PARTS = 3  # repairs of a part, to go on with
BESIDE = 0.3  # share of the time that is left, for mending what is beside one of them
AGAIN = 2  # mistakes more, after one that was found so
HASTY_SHARE = 0.75  # of the time, for the search that passes over what is dear
GIVEN = 12  # right values, that are put in for one of two mistakes
BOTH = "with both right values"
# what is known of the program as edited so far
STATE = (
    *("trace", "reach", "assumed", "base", "base_there", "wrong", "owner", "missing"),
    *("convictions", "right", "convicted_at", "made_at", "carriers"),
)
State = tuple[Any, dict[str, Any]]


class Way(NamedTuple):
    """How to go on: with repairs of a part, or of what is left where a right value is put in.

    evident   does something tell that what is given there is a mistake of its own?
    """

    repairs: list[Repair]
    evident: bool


class Several(Search):
    """Faults found one after the other: self.repairs holds the ranked repairs of each.

    solved         do all of self.repairs together mend everything?
    convicted      if not: lines where a right value would mend everything, in words
    together       two lines where right values mend everything together
    readings       lines whose values give them away
    suspects       lines that reach what is wrong
    furthest       how far it went, by which repairs, and what was known there
    known_before   would one right value mend everything that was wrong at first?
    """

    solved = False
    convicted: Sequence[Reading] = ()
    together: Sequence[Reading] = ()
    readings: Sequence[Reading] = ()
    suspects: Sequence[Reading] = ()
    furthest: tuple[tuple[bool, int], list[list[Repair]], State] | None = None
    known_before = False

    def run(self) -> None:
        """Find the faults one after the other; self.repairs holds the ranked repairs of each."""
        self.arrive()
        self.survey_loss()
        self.search()
        self.repairs = merged(self.repairs)
        if not self.solved:
            ordered = sorted(self.convictions, key=lambda one: handed_on(one, self))
            self.convicted = [convicted(self, one) for one in ordered[:CONVICTED]]
            found = list(read(self)) if self.adjoints and not self.replay.twice else []
            signs = [reading for reading in found if reading.kind == "sign"]
            # one average that reaches one block is how a bias's gradient is made
            wide = any(reading.blocks > 1 for reading in found if reading.kind != "sign")
            self.readings = found if wide else signs
            self.suspects = list(itertools.islice(suspects(self), SUSPECTS))

    def search(self) -> None:
        """One mistake after the other; where that leads nowhere, other ways to begin."""
        start = self.replay.edition()
        for self.hasty in (True, False):
            self.cut = False
            self.solved = self.solve(MOST_FAULTS)
            if self.solved:
                return
            if not self.cut or self.clock() > self.seconds:
                break
            self.replay.back(start)
            self.window(1.0)
        if self.furthest is not None:
            _, self.repairs, here = self.furthest
            self.resume(here)

    def solve(self, left: int, sure: bool = True, firm: bool = False) -> bool:
        """Mend what is wrong, and then what is wrong still; False where that is not all.

        sure   was it mended in part each time, and no right value would have mended everything?
        firm   or was a right value put in that did mend a part?
        """
        try:
            found = self.look()
        except Unable:
            if not self.repairs:
                raise
            return False
        if not self.wrong.any():
            return self.holds()
        if found and found[0].full:
            self.repairs.append(found)
            return True
        here = self.state()
        rank = (firm and bool(self.convictions), len(self.repairs) if sure else 0)
        if self.furthest is None or rank > self.furthest[0]:
            self.furthest = rank, list(self.repairs), here
        return left > 0 and not self.replay.twice and self.go_on(found, left, sure, here)

    def go_on(self, found: list[Repair], left: int, sure: bool, here: State) -> bool:
        """Mend something, and then what is wrong still: of two mistakes first, then of more."""
        further = []
        for way in self.ways(found):
            if self.branch(way, left - 1 if self.repairs else 0, sure):
                self.joined(here)
                return True
            self.resume(here)
            if self.over_all():
                return False
            if way.evident or not way.repairs[0].given:
                further.append(way)
        for way in () if self.repairs else further:
            if self.branch(way, left - 1, sure):
                return True
            self.resume(here)
            if self.over_all():
                return False
        return False

    def joined(self, here: State) -> None:
        """Edits of one line, where one right value would do, are one mistake: that value tells."""
        lines = {(repairs[0].unit, repairs[0].line) for repairs in self.repairs}
        if len(self.repairs) < 2 or len(lines) > 1:
            return
        convictions = here[1]["convictions"]
        known = next((one for one in convictions if (one.unit, one.node.lineno) in lines), None)
        if known is not None:
            self.resume(here)
            kind = kind_of_values(known, self)
            for repairs in self.repairs:
                repairs[0].kind = kind

    def branch(self, way: Way, left: int, sure: bool) -> bool:
        """Keep a repair, and mend what is wrong still; False where that is not all."""
        best = way.repairs[0]
        self.repairs.append(way.repairs)
        self.replay.commit(best.edit.changes)
        self.window(1.0)
        if best.given:
            left = min(left, AGAIN) if way.evident else 0
        if self.solve(left, sure and not self.convictions, bool(best.given) and way.evident):
            return True
        self.repairs.pop()
        return False

    def window(self, share: float) -> None:
        """From now on the time is a share of all that is left."""
        self.since = self.clock()
        self.until = self.since + share * max(0.0, self.seconds - self.since)

    def over_all(self) -> bool:
        """Is the time over, or so much of it that what was passed over is looked for?"""
        share = HASTY_SHARE if self.hasty and self.cut else 1.0
        return self.clock() > share * self.seconds

    def ways(self, found: list[Repair]) -> Iterator[Way]:
        """Where one right value would mend everything, repairs of a part come last."""
        parts = [Way([one], evident=False) for one in found[:PARTS]]
        if not self.convictions:
            yield from parts
        yield from self.beside()
        if self.convictions:
            yield from parts

    def beside(self) -> Iterator[Way]:
        """Repairs of everything else, where one value is right: as given, not as computed."""
        here = self.state()
        self.known_before = bool(self.convictions)
        self.window(BESIDE)
        for one in given(self, self.convictions)[:GIVEN]:
            self.putting, self.there = one, None
            self.replay.force(one.place.number, self.put)
            self.window(BESIDE)
            try:
                found = self.look()
            except Unable:
                found = []
            full = bool(found and found[0].full)
            other = None if full or not self.unexplained(one) else self.prime_conviction()
            self.putting = None
            self.replay.free()
            self.resume(here)
            if other is not None:
                self.together = [convicted(self, one.conviction(), BOTH), other]
            if full and not (one.is_of(found[0].edit.anchor) or _is_vain(one, found[0])):
                for repair in found:
                    repair.given = one.text
                yield Way(found, one.evident)
            if self.over_all():
                return

    def unexplained(self, one: Given) -> bool:
        """Is it made of nothing but what is known, where nothing else was found so far?"""
        first = not self.repairs and not self.together
        return first and one.evident and one.signs.prime and not self.known_before

    def prime_conviction(self) -> Reading | None:
        """Another value that is made of nothing but what is known, and should be another one."""
        ordered = sorted(self.convictions, key=lambda one: handed_on(one, self))
        found = (convicted(self, one, BOTH) for one in ordered if self.prime(one.node))
        return next(found, None)

    def put(self) -> Put:
        """The right value of one expression, at the point of the day."""
        assert self.putting is not None
        there = self.replay.point is self.second is not None
        return self.putting.put(self.there if there else self.putting.truth)

    def state(self) -> State:
        """The program as edited so far, and what is known of it."""
        return self.replay.edition(), {name: getattr(self, name) for name in STATE}

    def resume(self, state: State) -> None:
        edition, known = state
        self.replay.back(edition)
        for name, value in known.items():
            setattr(self, name, value)

    def holds(self) -> bool:
        """Are the gradients right at a second point too, as the program is edited now?"""
        nothing = Edit({}, ast.Pass(), "", 0.0, "")
        self.replay.install(hooked=False)
        here = self.replay.run_grads() if self.repairs else None
        if here is None or not self.holds_elsewhere(nothing, here):
            return False
        self.repairs[-1][0].verified = True
        return True


def _is_vain(one: Given, repair: Repair) -> bool:
    """Does the repair but undo what was put in: its factor, or where it was put?

    The gradient of a parameter, say, which is only handed on.
    """
    truth = one.truth
    if one.factor != 1.0 and repair.edit.kind in ("sign", "scale"):
        return True
    return truth.definition is None and truth.name in {f"dL/d{name}" for name in repair.mended}
