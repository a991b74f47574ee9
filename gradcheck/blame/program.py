"""The user's program as edited so far: its expressions have numbers, and hooks where they should.

So there are four kinds of code to put in place: hooked everywhere, hooked at one expression alone,
with an edit on trial, and plain.
"""

from __future__ import annotations

import ast
import functools
import types
from collections.abc import Callable
from dataclasses import replace

from .behaviours import Behaviour, Behaviours
from .hooks import Definition, called
from .places import statement_of
from .source import Unit, hooking
from .syntax import fills, unparsed
from .trees import Changes, Held, bound, with_hooks


class Program:
    """The user's functions that take part, each with its code of the moment.

    nodes, unit_of   every expression by its number, with its function: replaced ones, too
    number           of the expressions of the program as it is
    behaviours       what the hooks do
    """

    def __init__(self) -> None:
        self.units: list[Unit] = []
        self.nodes: list[ast.expr] = []
        self.unit_of: list[Unit] = []
        self.number: dict[ast.expr, int] = {}
        self.behaviours = Behaviours()
        self._numbers: dict[ast.expr, int] = {}  # of those that an edit has replaced, too
        self._edited: set[Unit] = set()
        self._twins: dict[int, list[int]] | None = None
        # code that has been compiled, until the next index
        self._hooked: dict[Unit, types.CodeType] = {}
        self._plain: dict[Unit, types.CodeType] = {}
        self._watched: dict[tuple[tuple[ast.expr, int], ...], types.CodeType] = {}

    # -- numbers -----------------------------------------------------------------------------------

    def index(self, *, capture: bool = False) -> None:
        """Number the expressions of the program as edited so far, and hook them.

        An expression that an edit has left as it is keeps its number.
        capture   see Unit.hooked
        """
        self.number, self._twins = {}, None
        self._hooked, self._plain, self._watched = {}, {}, {}
        for unit in list(self.units):
            enter = functools.partial(self._enter, unit)
            try:
                self._hooked[unit] = unit.hooked(self.behaviours.hook, enter, capture=capture)
            except (SyntaxError, ValueError, RecursionError, IndexError):
                self.units.remove(unit)
                unit.put(unit.code)
        self.behaviours.fillers = {i for node, i in self.number.items() if fills(node)}

    def _enter(self, unit: Unit, node: ast.expr) -> int:
        if node not in self._numbers:
            self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
            self.unit_of.append(unit)
        self.number[node] = self._numbers[node]
        return self.number[node]

    @property
    def twins(self) -> dict[int, list[int]]:
        """What stands more than once in a statement, as x @ w in np.maximum(a * (x @ w), x @ w).

        By the number of the first.
        """
        if self._twins is None:
            found: dict[tuple[ast.AST, str], list[int]] = {}
            for node, i in self.number.items():
                if isinstance(node, ast.BinOp | ast.Call | ast.UnaryOp):
                    key = statement_of(node, self.unit_of[i]), unparsed(node)
                    found.setdefault(key, []).append(i)
            self._twins = {same[0]: same for same in found.values() if len(same) > 1}
        return self._twins

    # -- behaviours that stand ---------------------------------------------------------------------

    def force(self, number: int, behaviour: Callable[[], Behaviour]) -> None:
        """From now on a behaviour stands at an expression in every run, before any other.

        behaviour   makes one for a run
        """
        self.behaviours.standing[number] = behaviour
        self.index()

    def free(self) -> None:
        """No behaviour stands anywhere any more, but for that of a run."""
        self.behaviours.standing = {}
        self.index()

    def holds(self, node: ast.AST, unit: Unit) -> bool:
        """Does a behaviour stand at a variable in this expression?"""
        held = self._held(unit)
        return bool(held) and any(n in held and isinstance(n, ast.Name) for n in ast.walk(node))

    def _held(self, unit: Unit) -> dict[ast.AST, int]:
        """Expressions of a function at which a behaviour stands."""
        return {self.nodes[i]: i for i in self.behaviours.standing if self.unit_of[i] is unit}

    # -- code in place -----------------------------------------------------------------------------

    def install(self, *, hooked: bool, changes: Changes | None = None) -> None:
        """Put the hooked code in place, or the edited one without hooks."""
        for unit in self.units:
            own = {} if hooked else unit.own(changes or {})
            if hooked:
                unit.put(self._hooked[unit])
            elif own:
                held: Held = self._held(unit)
                for old in own if held else ():
                    own[old], held = bound(old, own[old], held)
                unit.put(unit.plain(own, self.behaviours.hook, held))
            else:
                unit.put(self._unchanged(unit))

    def uninstall(self) -> None:
        for unit in self.units:
            unit.put(unit.code)

    def watch(self, number: int) -> None:
        """Put the code in place with a hook at this expression alone: its runs are the faster.

        And at its twins.
        """
        same = self.twins.get(number, [number])
        self._watch(self.unit_of[number], {self.nodes[i]: i for i in same})

    def watch_at(self, unit: Unit, node: ast.expr, number: int) -> None:
        """The same, at any expression of a function."""
        self._watch(unit, {node: number})

    def _watch(self, unit: Unit, hooks: dict[ast.expr, int]) -> None:
        key = tuple(hooks.items())
        if key not in self._watched:
            changes: Changes = {node: called(number, node) for node, number in hooks.items()}
            held = {n: i for n, i in self._held(unit).items() if i not in hooks.values()}
            self._watched[key] = unit.plain(changes, self.behaviours.hook, held)
        for other in self.units:
            other.put(self._watched[key] if other is unit else self._unchanged(other))

    def _unchanged(self, unit: Unit) -> types.CodeType:
        """The program as edited so far, without hooks."""
        if unit not in self._plain:
            held = self._held(unit)
            changed = unit in self._edited or held or unit.double
            code = unit.plain({}, self.behaviours.hook, held) if changed else unit.code
            self._plain[unit] = code
        return self._plain[unit]

    def trial(self, changes: Changes) -> list[ast.expr]:
        """Put the edited code in place, all of it hooked; the expressions by the hooks' numbers."""
        nodes = list(self.nodes)

        def number(node: ast.expr) -> int:
            if node in self.number:
                return self.number[node]
            nodes.append(node)
            return len(nodes) - 1

        for unit in self.units:
            if own := unit.own(changes):
                edited = replace(unit, tree=unit.edited(own))
                unit.put(edited.hooked(self.behaviours.hook, number))
            else:
                unit.put(self._hooked[unit])
        return nodes

    def evaluated(self, tree: ast.expr, unit: Unit) -> types.CodeType:
        """An expression of a function, to be evaluated in its frame."""
        held = self._held(unit)
        code = compile(ast.Expression(with_hooks(tree, held)), unit.file, "eval")
        return hooking(code, self.behaviours.hook) if held else code

    # -- edits that stay ---------------------------------------------------------------------------

    def commit(self, changes: Changes) -> None:
        """Keep an edit: from now on it is part of the program."""
        for unit in self.units:
            if own := unit.own(changes):
                for old, new in own.items():
                    unit.settle(new, old)
                unit.change(unit.edited(own))
                self._edited.add(unit)
        self.index()

    def edition(self) -> dict[Unit, Definition]:
        """The program as edited so far, to go back to."""
        return {unit: unit.tree for unit in self.units}

    def back(self, edition: dict[Unit, Definition]) -> None:
        """Take back what was committed since."""
        for unit, tree in edition.items():
            if unit.tree is not tree:
                unit.change(tree)
        self.index()
