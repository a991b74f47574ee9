"""Which edits of which lines, and in which order: the most suspicious lines first."""

from __future__ import annotations

import ast
import functools
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .apart import Given
from .behaviours import frame_of_hook
from .edits import FAR, ROWS, fed, grown, movers, orders, starved, statements, swapped, takes_away
from .parallel import parallel
from .places import copies, root_of, scope_of
from .repair import discarded, length
from .sight import Sight, idle, learned, look, properties
from .site import Edit, Site, harmless, pure
from .source import Unit
from .survey import Survey
from .syntax import VARIABLE, unparsed, words
from .trees import rebuilt
from .values import is_array

RAISE = False  # let errors of our own through, in tests; else the other lines are searched
GATHER = 0.8  # share of the budget at which no more edits are thought up, only tried
BROKEN = 0.4  # an expression that right gradients depend on too is less suspect ...
PARTLY = 0.1  # ... and a little less, where they are entries of the gradient that is wrong
CACHED = 0.25  # a value of the forward pass that is only kept is rather right
SAME = 0.6  # what the loss computes in the same words is right
AHEAD = 0.15  # so is one that is computed in the forward pass, and kept for later
PRIME = 0.2  # an expression that makes something unknown of true cotangents is more suspect
TOGETHER = 0.5  # the doubt of a line whose parts reach all that is wrong together
CERTAIN = 0.15  # where the right value mends everything the mistake is rather than elsewhere
CLOSE = 1e-3  # of the largest entry, by which a right value may differ where it is computed
IDLE = 0.1  # a line that only copies lacks something more likely than one that computes
WRITTEN = 40  # letters of a formula, at most
USED = 40  # of them
LIKE = 0.4  # off the cost of a sign that makes a line like others: += beside +=
TIERS = (-1.0, 0.2, 0.9, np.inf)  # bounds of the doubts that are looked at one after the other
Pool = list[tuple[float, int, Edit, Unit]]  # cost, place in the run; an edit, in which function


class Gather(Survey):
    """Edits, thought up where the user's code stands still at each line once.

    hasty         is one repair of all not looked for that is dearer than two of parts?
    cut           was it not?
    putting       where a right value is put in, while another mistake is looked for
    right         what expressions should be at each turn, where that mends everything
    convicted_at  their statements
    made_at       those of them that only make what another one needs
    sights        what could be seen where an edit was thought up
    """

    putting: Given | None = None
    hasty = True
    cut = False
    right: dict[ast.expr, tuple[Any, ...]]
    convicted_at: set[ast.AST]
    made_at: set[ast.AST]
    sights: dict[Edit, Sight]
    missing: tuple[Any, ...]
    fed: frozenset[str] = frozenset()
    grown: frozenset[str] = frozenset()
    orders: frozenset[tuple[int, ...]] = frozenset()
    movers: frozenset[str] = frozenset()
    written: tuple[str, ...] = ()
    parameters: frozenset[bytes] = frozenset()
    packed: frozenset[str] = frozenset()

    def at_one_point(self) -> bool:
        return self.putting is not None

    def over(self) -> bool:
        """Is it in vain to think up more?"""
        return self.spent(GATHER)

    def tiers(self) -> Iterator[dict[Any, list[int]]]:
        """Statements with the numbers of their expressions: the convicted, then by suspicion."""
        expressions: dict[Any, list[int]] = {}
        for node, number in self.replay.number.items():
            if self.editable(node):
                statement = scope_of(node, self.replay.unit_of[number])
                expressions.setdefault(statement, []).append(number)
        doubts = {
            statement: self.doubt_of(statement, mine) for statement, mine in expressions.items()
        }
        low = -np.inf
        for high in TIERS:
            yield {s: mine for s, mine in expressions.items() if low <= doubts[s] < high}
            low = high

    def editable(self, node: ast.expr) -> bool:
        """Is it none of the forward pass, or a difference, that the loss may take the square of?"""
        return node not in self.active or takes_away(node)

    def takes_part(self, number: int) -> bool:
        """Does the loss depend on this expression itself?"""
        return self.replay.nodes[number] in self.active

    def doubt_of(self, statement: Any, numbers: list[int]) -> float:
        """How little a statement is suspected; less than that of its least suspected part."""
        if statement in self.convicted_at:
            return -np.inf
        tell = [i for i in numbers if i in self.reach and (self.reach[i] & self.wrong).any()]
        together = np.any([self.reach[i] for i in tell], axis=0) if tell else ~self.wrong
        # two of its expressions in each other's place, or all of it twice, or not at all
        whole = TOGETHER if not (self.wrong & ~together).any() else 1.0
        if self.may_lack(statement, self.replay.unit_of[numbers[0]]):
            whole = TOGETHER
        if any(map(self.takes_part, numbers)):
            whole = min(whole, AHEAD)
        return min(whole, *map(self.doubt, tell), 1.0)

    def may_lack(self, statement: Any, unit: Unit) -> bool:
        """May something be missing at this statement, whatever its expressions reach?"""
        if isinstance(statement, ast.AugAssign):
            return True  # its sibling
        if isinstance(statement, ast.Expr) and is_array(self.first_value(statement.value)):
            return True  # the use of its value
        if _hands_on_many(statement) and self.first_value(statement.value) is None:
            return True  # a list of gradients: what it reaches is not known
        # the line beside it that uses what is left over
        return isinstance(statement, ast.Assign) and bool(idle(unit.tree, given=False))

    def doubt(self, number: int) -> float:
        """What an edit of an expression costs more, from what it reaches and is made of."""
        doubt, mine, node = 0.0, self.reach.get(number), self.replay.nodes[number]
        if mine is not None:
            doubt = 0.0 if not (self.wrong & ~mine).any() else 1.0
            right = mine & ~self.wrong & self.real
            if right.any():
                apart = np.isin(self.owner[right], self.owner[self.wrong], invert=True).any()
                doubt += BROKEN if apart else PARTLY
        if node in self.forward:
            doubt += CACHED if copies(node) else AHEAD
        root = root_of(node, self.replay.unit_of[number])
        if node in self.active:
            return doubt
        if isinstance(root, ast.BinOp | ast.Call) and unparsed(root) in self.words_of_loss:
            doubt += SAME
        return doubt

    @property
    def wrong_shapes(self) -> frozenset[tuple[int, ...]]:
        """The shapes of the parameters that have a wrong gradient."""
        return frozenset(self.replay.blocks[b].shape for b in set(self.owner[self.wrong]))

    @functools.cached_property
    def due(self) -> frozenset[tuple[int, ...]]:
        """The shapes of the parameters, where a gradient has another one."""
        return frozenset(b.shape for b in self.replay.blocks if self.replay.misfits)

    @functools.cached_property
    def used(self) -> frozenset[str]:
        """Single numbers that the forward pass may multiply with, or divide by: mask.sum()."""
        products = [n for n in self.forward if isinstance(n, ast.BinOp)]
        both = [n for n in products if isinstance(n.op, ast.Mult | ast.Div)]
        sides = (side for n in both for side in (n.left, n.right))
        found = (unparsed(s) for s in sides if not isinstance(s, ast.Constant) and pure(s))
        return frozenset(sorted({text for text in found if len(text) <= WRITTEN})[:USED])

    @functools.cached_property
    def words_of_loss(self) -> frozenset[str]:
        """The texts of whole expressions of the forward pass."""
        units, number = self.replay.unit_of, self.replay.number
        known = [node for node in self.active if node in number]
        return frozenset(unparsed(n) for n in known if root_of(n, units[number[n]]) is n)

    def gather(self, tier: dict[Any, list[int]], ratios: tuple[float, ...]) -> Pool:
        """Edits of these statements' expressions that reach what is wrong, cheapest first."""
        if not tier:
            return []
        replay = self.replay
        self.fed = fed(unit.tree for unit in replay.units)
        self.grown = grown(unit.tree for unit in replay.units)
        self.orders = orders(unit.tree for unit in replay.units)
        self.movers = movers(unit.tree for unit in replay.units)
        self.written = _written(unit.tree for unit in replay.units)
        self.packed = _packed(unit.tree for unit in replay.units)
        self.parameters = frozenset(
            place.astype(kind).tobytes()
            for place in replay.place
            for kind in (float, np.float32)[: 1 + replay.double]
        )
        pool: Pool = []
        done: set[Any] = set()
        failures: list[Exception] = []

        def behaviour(number: int, value: Any) -> Any:
            unit = replay.unit_of[number]
            node = replay.nodes[number]
            statement = scope_of(node, unit)
            if statement in done or statement not in tier:
                return value
            if not self.editable(node) or self.over():
                return value
            done.add(statement)
            frame, numbers = frame_of_hook(), tier[statement]

            def collect() -> None:
                sight = self.sight(frame, unit, statement)
                for cost, order, edit in self.edits_of(statement, numbers, unit, sight, ratios):
                    if self.over():
                        return
                    if self.hasty and edit.cost >= FAR:
                        self.cut = True
                    elif not self.contradicts(edit, unit, sight):
                        extra = length(edit) + discarded(edit) - LIKE * _like_others(edit, unit)
                        pool.append((cost + extra, order, edit, unit))
                        self.sights[edit] = sight

            try:
                replay.behaviours.quiet(collect)
            except Exception as error:  # noqa: BLE001  ours, not the user's: not to be swallowed
                failures.append(error)
            return value

        replay.install(hooked=True)
        longest, replay.longest = replay.longest, np.inf  # the time is ours, not the user's
        before = -1
        try:
            while before < len(done) < len(tier):
                # a function that was tried may have spoilt this run, not the next
                before = len(done)
                replay.run_grads(behaviour)
        finally:
            replay.longest = longest
        if failures and RAISE:
            raise failures[0]
        pool.sort(key=lambda row: row[:2])
        return pool

    def sight(self, frame: Any, unit: Unit, statement: Any) -> Sight:
        """What a line can see: in its frame, and in those around a comprehension."""
        local: dict[str, Any] = {}
        chain = [frame]
        while chain[-1].f_code.co_name.startswith("<") and chain[-1].f_back is not None:
            if chain[-1].f_code.co_name in ("<lambda>", "<module>"):
                break
            chain.append(chain[-1].f_back)
        for each in reversed(chain):
            local.update(each.f_locals)
        if self.putting is not None and scope_of(self.putting.node, unit) is statement:
            local.update(self.putting.variable)  # as it is read here
        names = {**chain[-1].f_globals, **local}
        # a line that is missing may have been the only one here to use a name
        everywhere = {n for u in self.replay.units if u.file == unit.file for n in u.code.co_names}
        used = [n for n in sorted(everywhere) if n in chain[-1].f_globals]
        shown = frozenset(local) | frozenset(
            n for n in used if isinstance(names[n], np.ndarray | float | dict | list)
        )
        ran = {(u.file, u.code.co_name) for u in self.replay.units}
        more = itertools.chain(
            properties(names, frozenset(local).union(used), ran),
            learned(names, [n for n in used if n not in shown], self.parameters),
        )
        sight = look(names, unit.tree, shown, self.literals, self.fed, more, unit.scope)
        sight.grown, sight.orders, sight.movers = self.grown, self.orders, self.movers
        sight.parameters, sight.written = self.parameters, self.written
        sight.packed = self.packed
        sight.near, sight.used = frozenset(words(statement)), self.used
        sight.library, sight.lacking = self.library, self.wrong_shapes
        return sight

    def edits_of(
        self,
        statement: Any,
        numbers: list[int],
        unit: Unit,
        sight: Sight,
        ratios: tuple[float, ...],
    ) -> Iterator[tuple[float, int, Edit]]:
        """Edits of the parts of a statement, and of the whole: with the cost, and what is first."""
        root = root_of(statement, unit) if isinstance(statement, ast.stmt) else None
        prime = isinstance(root, ast.expr) and self.prime(root)
        for number in numbers:
            mine = self.reach.get(number)
            if mine is not None and not (mine & self.wrong).any():
                continue
            node, values = self.replay.nodes[number], self.trace.values.get(number, [])
            site = Site(
                node,
                unit.parents,
                statement,
                sight,
                value=values[0] if values else None,
                times=len(values),
                library=self.library,
                ratios=ratios,
                missing=self.missing,
                right=self.right.get(node, (None,))[0],
                due=self.due,
            )
            extra = self.doubt(number)
            extra -= PRIME if prime else 0.0
            extra -= CERTAIN if statement in self.convicted_at - self.made_at else 0.0
            whole = isinstance(statement, ast.Assign | ast.Return) and statement.value is node
            if whole and copies(node) and node not in self.forward:
                extra -= IDLE
            for row in (swapped,) if node in self.active else ROWS:
                for edit in row(site):
                    yield edit.cost + extra, self.order(number), edit
        if isinstance(statement, ast.stmt) and not all(map(self.takes_part, numbers)):
            yield from self.edits_of_whole(statement, numbers, unit, sight)

    def edits_of_whole(
        self, statement: ast.stmt, numbers: list[int], unit: Unit, sight: Sight
    ) -> Iterator[tuple[float, int, Edit]]:
        """The same of a statement itself; lines that are added beside it cost nothing more."""
        first = min(map(self.order, numbers))
        reach = np.zeros_like(self.wrong)
        for number in numbers:
            reach |= self.reach.get(number, reach)
        extra = 0.0 if not (self.wrong & ~reach).any() or not reach.any() else 1.0
        extra += AHEAD * any(self.replay.nodes[i] in self.forward for i in numbers)
        value = self.first_value(getattr(statement, "value", None))
        for edit in statements(statement, unit.parents, sight, value):
            added = any(
                isinstance(lines, list) and len(lines) > 1 and beside in lines
                for beside, lines in edit.changes.items()
            )
            yield edit.cost + (0.0 if added else extra), first, edit
        for edit in starved(statement, unit.parents, sight):
            yield edit.cost, first, edit

    def order(self, number: int) -> int:
        """Where an expression comes first in the run; at last where it does not."""
        return self.trace.places.get(number, [10**9])[0]

    def contradicts(self, edit: Edit, unit: Unit, sight: Sight) -> bool:
        """Would a convicted expression have another value than the right one after this edit?

        In a sum over the turns of a loop another turn's may have been put in, or that of all.
        """
        root = root_of(edit.anchor, unit)
        turns = self.right.get(root, ()) if isinstance(root, ast.expr) else ()
        if not turns or not isinstance(edit.anchor, ast.expr):
            return False
        assert isinstance(root, ast.expr)
        number = self.replay.number.get(root, -1)
        if len(turns) < len(self.trace.values.get(number, ())):
            return False
        tree = rebuilt(root, edit.changes, unit.parents)
        if not isinstance(tree, ast.expr) or not pure(tree):
            return False
        value = sight.value(tree)
        if not is_array(value):
            return False
        near = CLOSE * max(float(np.max(np.abs(turns[0]), initial=0.0)), 1e-12)
        return not any(
            np.shape(value) == np.shape(right) and np.max(np.abs(value - right)) <= near
            for right in turns
        )


def _written(trees: Iterable[ast.AST]) -> tuple[str, ...]:
    """The texts of formulae that can be evaluated anywhere, but for very long ones."""
    nodes = (node for tree in trees for node in ast.walk(tree))
    formulae = (n for n in nodes if isinstance(n, ast.BinOp | ast.Call | ast.Compare) and pure(n))
    texts = dict.fromkeys(map(unparsed, formulae))
    return tuple(text for text in texts if len(text) <= WRITTEN)


def _packed(trees: Iterable[ast.AST]) -> frozenset[str]:
    """The texts of tuples that are made, and not taken apart."""
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Tuple))
    return frozenset(unparsed(node) for node in nodes if isinstance(node.ctx, ast.Load))


def _hands_on_many(statement: Any) -> bool:
    """Is it x = y, x = f(y), x = [... for ...] or x = [y] * n?"""
    value = statement.value if isinstance(statement, ast.Assign) else None
    if isinstance(value, ast.Call):
        return isinstance(statement.targets[0], ast.Name) and not harmless(value)
    if isinstance(value, ast.BinOp):
        return isinstance(value.left, ast.List)
    return isinstance(value, VARIABLE | ast.ListComp)


def _like_others(edit: Edit, unit: Unit) -> bool:
    return edit.kind == "sign" and parallel(edit, unit) > 0
