"""Several mistakes: one after the other, or one beside another whose right value is put in.

What mends only a part is kept, and the search goes on with what is still wrong. Where that leads
nowhere, other ways to begin are tried, as long as there is time.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from .apart import Given, given
from .conviction import Put
from .kinds_of_values import kind_of_values
from .ranking import handed_on
from .readings import Reading, convicted, read, suspects
from .repair import Repair
from .replay import Replay, Unable
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
# what is known of the program as edited so far
STATE = (
    *("trace", "reach", "base", "base_there", "wrong", "owner", "missing"),
    *("convictions", "right", "convicted_at", "carriers"),
)


BOTH = "with both right values"


class Several(Search):
    """Faults found one after the other: self.repairs holds the ranked repairs of each."""

    def __init__(
        self,
        replay: Replay,
        seconds: float,
        seed: int,
        progress: Callable[[str, int], None] | None = None,
    ) -> None:
        super().__init__(replay, seconds, seed, progress)
        self.readings: list[Reading] = []
        self.convicted: list[Reading] = []  # what is convicted, in words
        self.suspects: list[Reading] = []
        self.furthest: tuple[tuple[bool, int], list[list[Repair]], Any] | None = None
        self.together: list[Reading] = []  # two of which the right values mend everything together
        self.known_before = False  # would one right value mend everything that was wrong at first?
        self.solved = False  # does all of self.repairs together mend everything?

    def run(self) -> None:
        """Find the faults one after the other; self.repairs holds the ranked repairs of each."""
        self.arrive()
        self.survey_loss()
        self.search()
        if not self.solved:
            ordered = sorted(self.convictions, key=lambda one: handed_on(one, self))
            self.convicted = [convicted(self, one) for one in ordered[:CONVICTED]]
            found = [] if self.replay.twice else list(read(self))
            # one average that reaches one block is how a bias's gradient is made
            if any(reading.blocks > 1 for reading in found if reading.kind != "sign"):
                self.readings = found
            else:
                self.readings = [r for r in found if r.kind == "sign"]
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
        if not left or self.replay.twice:
            return False
        tried = []
        for way in self.ways(found):
            # of two mistakes rather than of three
            if self.branch(way, left - 1 if self.repairs else 0, sure):
                self.joined(here)
                return True
            self.resume(here)
            if self.over_all():
                return False
            if way[1] or not way[0][0].given:
                tried.append(way)
        for way in () if self.repairs else tried:
            if self.branch(way, left - 1, sure):
                return True
            self.resume(here)
            if self.over_all():
                return False
        return False

    def joined(self, here: Any) -> None:
        """Edits of one line, where one right value would do, are one mistake: that value tells."""
        lines = {(repairs[0].unit, repairs[0].line) for repairs in self.repairs}
        known = [one for one in here[1]["convictions"] if len(lines) == 1]
        known = [one for one in known if (one.unit, one.node.lineno) in lines]
        if known and len(self.repairs) > 1:
            self.resume(here)
            kind = kind_of_values(known[0], self)
            for repairs in self.repairs:
                repairs[0].kind = kind

    def branch(self, way: tuple[list[Repair], bool], left: int, sure: bool) -> bool:
        """Keep a repair, and mend what is wrong still; False where that is not all."""
        repairs, evident = way
        self.repairs.append(repairs)
        self.replay.commit(repairs[0].edit.changes)
        self.window(1.0)
        beside = bool(repairs[0].given)
        least = left if not beside else min(left, AGAIN) if evident else 0
        if self.solve(least, sure and not self.convictions, beside and evident):
            return True
        self.repairs.pop()
        return False

    def window(self, share: float) -> None:
        """From now on the time is a share of all that is left."""
        self.since = self.clock()
        self.until = self.since + share * max(0.0, self.seconds - self.since)

    def over_all(self) -> bool:
        """Is the time over, or so much of it that what was passed over is looked for?"""
        return self.clock() > (
            HASTY_SHARE * self.seconds if self.hasty and self.cut else self.seconds
        )

    def ways(self, found: list[Repair]) -> Iterator[tuple[list[Repair], bool]]:
        """Repairs to go on with: of a part, or of what is left where a right value is put in.

        Second: does something tell that it is a mistake of its own?
        """
        parts = [([one], False) for one in found[:PARTS]]
        if not self.convictions:
            yield from parts
        yield from self.beside()
        if self.convictions:
            yield from parts

    def beside(self) -> Iterator[tuple[list[Repair], bool]]:
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
            if full and not one.is_of(found[0].edit.anchor):
                for repair in found:
                    repair.given = one.text
                yield found, one.evident
            if self.over_all():
                return

    def unexplained(self, one: Given) -> bool:
        """Is it made of nothing but what is known, where nothing else was found so far?"""
        first = not self.repairs and not self.together
        return first and one.evident and one.likely[2] and not self.known_before

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

    def state(self) -> tuple[Any, dict[str, Any]]:
        """The program as edited so far, and what is known of it."""
        return self.replay.edition(), {name: getattr(self, name) for name in STATE}

    def resume(self, state: tuple[Any, dict[str, Any]]) -> None:
        self.replay.back(state[0])
        for name, value in state[1].items():
            setattr(self, name, value)

    def holds(self) -> bool:
        """Are the gradients right at a second point too, as the program is edited now?"""
        nothing = Edit({}, ast.Pass(), "", 0.0, "")
        self.replay.install(hooked=False)
        if not self.repairs or not self.holds_elsewhere(nothing):
            return False
        self.repairs[-1][0].verified = True
        return True
