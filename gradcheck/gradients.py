"""The analytic gradients: given, called for, or found beside the parameters; one for each block."""

from __future__ import annotations

import contextlib
import dis
import functools
import math
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import match, pieces, tree
from .influence import moves, overwritten, responding, value
from .match import Measured, Pairs
from .objective import Line, Objective, with_params
from .report import Finding
from .tree import Array, Box, Leaf, Nest, Parameter, Slot, detached
from .users import entered

LISTED = 8  # names in a note
LEFT_OUT = "Not checked, because "  # how a note about them begins


@dataclass(frozen=True, eq=False)
class Analytic:
    """The analytic gradient of one block.

    values     a copy, in the shape of the block: what an update by it would really subtract
    rounding   machine epsilon of the user's array, or of what computed it
    given      shape as the user gave it
    misfit     how `given` fails to be the shape of the block: "", "broadcast", "transposed",
               "reshaped", "batch", "grown"; all but "broadcast" are wrong whatever the values are
    floor      absolute rounding of an entry, where it is known: of one that is read off a step
    """

    values: Array
    rounding: float
    given: tuple[int, ...]
    misfit: str = ""
    floor: float = 0.0

    @property
    def fits(self) -> bool:
        """Can an update take it as it is?"""
        return self.misfit in ("", "broadcast")

    @property
    def single(self) -> Analytic:
        """The same gradient as one that float32 computed."""
        return replace(self, rounding=max(float(np.finfo(np.float32).eps), self.rounding))

    @property
    def comparable(self) -> Array:
        """The values; of a gradient that does not fit others, of which none is right."""
        return self.values if self.fits else self.values + (1.0 + self.largest)

    @functools.cached_property
    def squares(self) -> float:
        return pieces.squares(self.values)

    @functools.cached_property
    def norm(self) -> float:
        return pieces.norm(self.values)

    @functools.cached_property
    def rms(self) -> float:
        return self.norm / math.sqrt(self.values.size)

    @functools.cached_property
    def largest(self) -> float:
        return pieces.largest(self.values)


class Gradients:
    """Where the analytic gradients come from; `read()` returns them, one a block.

    calls      how often the user's function was called
    raw        the user's own arrays as they were last read
    notes      what a report should say about how they were found
    unchecked  names of what the loss depends on and no gradient was found for
    """

    lacking = "no gradient was found"

    def __init__(self, grads: Any, nest: Nest, partial: bool) -> None:
        self._nest, self._partial = nest, partial
        self._function: Callable[[], Any] | None = None
        self._given = grads
        # names may stand for other arrays after a call: dW = X.T @ dZ
        self._reached: dict[str, Slot] = {"": Slot(nest.box, "root", attribute=True)}
        if callable(grads) and not isinstance(grads, np.ndarray):
            self._function = with_params(grads, nest.box, "grads")
            self._reached |= bindings(grads)
        self._places: list[tuple[str, str]] = []  # of the leaf that belongs to each block
        self._followers: list[Parameter] = []  # they move, but are not trained
        self.unchecked: list[str] = []  # names of what the loss depends on as well
        self._slots: list[Slot] = []  # of these leaves, where they can be read at once
        self._unpaired: list[Leaf] = []  # what was returned and belongs to no block
        self._stored = False
        self._fixed = False
        self.opaque = ""
        self.blocks: list[Parameter] = []
        self.calls = 0
        self.raw: list[Any] = []
        self.notes: list[str] = []
        self.findings: list[Finding] = []

    @property
    def callable(self) -> bool:
        return self._function is not None

    @property
    def returned(self) -> bool:
        """Are the gradients handed over by each call, and not read where they are stored?"""
        return not self._stored

    @property
    def readable(self) -> bool:
        """Can the gradients be read at other points too?"""
        return self.callable and not self.opaque and not self._fixed

    # -- once: which gradient belongs to which block -----------------------------------------------

    def settle(self, objective: Objective) -> list[Parameter]:
        """Choose the blocks that have a gradient; say which of the others the loss depends on.

        Cost    1 evaluation, and none besides when every gradient has the name of its parameter
        """
        returned = self._call()
        if self._nest.whole:
            self._take_whole(objective, self._shapes_of_whole(objective, returned))
        everything = self._nest.blocks
        leaves = self._leaves(returned)
        pairs = self._complete(leaves)
        if pairs is None:
            found = self._find_stored()
            if found is not None and not self._returned(leaves, found[1]):
                leaves, pairs = found
                self._stored = True
            elif self._function is None and self._given is None:
                raise ValueError(
                    "grads: expected gradients, a function that computes them, or a training "
                    "step, got none, and found none stored beside the parameters. "
                    "Pass grads=..., or step=..., lr=..."
                )
        if pairs is None:
            pairs = self._by_order(objective, leaves)
        if self._stored:
            pairs = self._without_caches(objective, pairs)
        self._refuse_missing(objective, pairs, leaves, returned)
        chosen = sorted(pairs)
        self.blocks = [everything[i] for i in chosen]
        self._places = [_place(leaves[pairs[i]]) for i in chosen]
        if not self._stored:
            used = set(pairs.values())
            self._unpaired = [leaf for j, leaf in enumerate(leaves) if j not in used]
        return self.blocks

    def _shapes_of_whole(self, objective: Objective, returned: Any) -> dict[int, tuple[int, ...]]:
        """The shapes of the gradients of whole numbers, by the id of the block.

        They are named after them, or come in order with those of all that the loss depends on.
        """
        blocks = [*self._nest.blocks, *self._nest.whole]
        leaves, stored = self._leaves(returned), self._stored_leaves()
        pairs = match.by_name(blocks, stored, stored=True)
        mine = {i: j for i, j in pairs.items() if match.is_computed_for(stored[j], blocks[i])}
        found = [(blocks, stored, mine)]
        if _speaking(leaves):
            found.append((blocks, leaves, match.by_name(blocks, leaves)))
        elif called := list(filter(match.names_parameter, self._nest.whole)):
            trained = self._nest.sorted(
                [*responding(objective, self._nest.blocks, most=len(leaves)), *called]
            )
            found += [(trained, leaves, pairs) for _, pairs in match.in_order(trained, leaves)][:1]
        found.append((blocks, leaves, match.by_path(blocks, leaves)))
        return {
            id(some[i]): match.shape_of(those[j].value)
            for some, those, pairs in found
            for i, j in pairs.items()
        }

    def _take_whole(
        self, objective: Objective, shapes: Mapping[int, tuple[int, ...] | None]
    ) -> list[Parameter]:
        """Whole numbers are parameters where they have a gradient and move the loss: self.b = 0.

        shapes   of the gradients, by the id of the block; where it is not that of the block, or
                 none is known for what is called as a parameter, a note says so

        Cost     2 evaluations for each that may be one
        """
        taken, left = [], []
        for block in list(self._nest.whole):
            shape = shapes.get(id(block))
            may_be = id(block) in shapes or match.names_parameter(block)
            if match.names_data(block) or not may_be:
                continue
            spread = shape if shape and not block.shape and math.prod(shape) == 1 else ()
            block.turn_to_floats(spread)
            if not moves(objective, block):
                block.release()
            elif shape == block.shape and (not spread or self._runs()):
                self._nest.take(block)
                taken.append(block)
            else:
                block.release()
                left.append(block.name)
        if left:
            self.unchecked += left
            self.notes.append(
                f"{LEFT_OUT}whole numbers without a gradient of their shape are no parameters, "
                f"though the loss depends on them: {', '.join(left[:LISTED])}. Begin with floats, "
                "in the shape of the gradient."
            )
        self._nest.require()
        return taken

    def _runs(self) -> bool:
        """Can the gradients be computed with the parameters as they are bound now?"""
        try:
            self._call()
        except Exception:  # noqa: BLE001  code for a number need not take an array
            return False
        return True

    def others(self, objective: Objective) -> None:
        """Note which arrays the loss depends on though they have no gradient."""
        taken = {id(block) for block in (*self.blocks, *self._followers)}
        free = [b for b in self._nest.blocks if self._stored or not b.given]  # none is due by name
        rest = [b for b in free if id(b) not in taken]
        rest = [b for b in rest if not any(_overlap(b, mine) for mine in self.blocks)]
        caches = overwritten(objective, rest) if rest else set()
        found = responding(objective, [b for k, b in enumerate(rest) if k not in caches])
        floats = any(isinstance(block.held, float) for block in self.blocks)
        found = [b for b in found if floats or not _is_setting(b)]
        self._refuse_unpaired(found)
        if found:
            names = [min((b.name, *b.aliases), key=lambda n: n.count(".")) for b in found]
            more = ", ..." if len(names) > LISTED else ""
            them = "it" if len(names) == 1 else "them"
            self.unchecked += names
            why = f"{LEFT_OUT}{self.lacking.format(them)}, though the loss depends on"
            self.notes.append(f"{why} {them}: {', '.join(names[:LISTED])}{more}.")

    def _refuse_unpaired(self, rest: Sequence[Parameter]) -> None:
        """A gradient that finds no parameter, though one of its shape has none, is misnamed."""
        for leaf in self._unpaired:
            shape = match.shape_of(leaf.value)
            mine = [block.name for block in rest if block.shape == shape]
            if mine and not self._partial:
                raise ValueError(
                    f"grads: expected the names of parameters, got {leaf.name} of shape {shape}. "
                    f"Is it that of {' or '.join(mine[:LISTED])}? Name it so, or leave it out."
                )

    def _call(self) -> Any:
        if self._function is None:
            return self._given
        self.calls += 1
        with np.errstate(all="ignore"):
            return self._function()

    def _leaves(self, nest: Any) -> list[Leaf]:
        """The gradients of a nest, taken apart as finely as the parameters are."""
        if nest is None:
            return []
        everything = [*self._nest.blocks, *self._nest.whole]
        names = {name for b in everything for name in (b.name, *b.aliases)}
        single = all(block.size == 1 for block in self._nest.blocks)

        def expand(path: tuple[str, ...]) -> bool:
            name = ".".join(path)
            if not path:
                several = len(names) > 1 and "params" not in names
                return several and (single or any(n.partition(".")[0].isdigit() for n in names))
            return name not in names and any(n.startswith(name + ".") for n in names)

        found = list(tree.leaves(nest, numbers=True, expand=expand))
        found = [leaf for leaf in found if _numbers(leaf.value).size > 0]
        if any(b.aliases for b in self._nest.blocks):
            there = {leaf.name for leaf in found}
            twice = {a for b in self._nest.blocks if b.name in there for a in b.aliases}
            found = [leaf for leaf in found if leaf.name not in twice]
        if len(found) == 1 and len(self._nest.blocks) > 1:
            vector = _numbers(found[0].value)
            if vector.ndim == 1 and vector.size == sum(b.size for b in self._nest.blocks):
                return self._split(found[0], vector)
        return found

    def _split(self, leaf: Leaf, vector: Array) -> list[Leaf]:
        """One long vector holds the gradients of all blocks, one after the other."""
        ends = np.cumsum([block.size for block in self._nest.blocks])[:-1]
        parts = zip(self._nest.blocks, np.split(vector, ends), strict=True)
        return [
            Leaf(tuple(b.name.split(".")), leaf.slot, part.reshape(b.shape)) for b, part in parts
        ]

    def _returned(self, leaves: list[Leaf], stored: Pairs) -> bool:
        """Are the gradients those that were returned, though these are not named so?"""
        if not leaves or not self._all_given():
            return False
        blocks = self._nest.blocks
        orders = match.in_order(blocks, leaves)
        in_order = any(match.fits_exactly(pairs, blocks, leaves) for _, pairs in orders)
        by_shape = len(leaves) == len(blocks) and match.by_shape(blocks, leaves) is not None
        return len(stored) < len(blocks) or in_order or by_shape

    def _all_given(self) -> bool:
        return all(block.given for block in self._nest.blocks)

    def _complete(self, leaves: list[Leaf]) -> Pairs | None:
        """By path or by name: all gradients must have found their block."""
        blocks = self._nest.blocks
        if not leaves:
            return None
        if len(blocks) == 1 and len(leaves) == 1:
            return {0: 0}
        pair = match.by_path
        pairs = pair(blocks, leaves)
        if len(pairs) < len(leaves):
            named = match.by_name(blocks, leaves)
            pairs, pair = max((pairs, pair), (named, match.by_name), key=lambda way: len(way[0]))
        more = len(pairs) < len(leaves)
        if not pairs or (more and not (self._partial or self._extra_is_no_gradient(pairs, leaves))):
            return None
        if not match.fits_exactly(pairs, blocks, leaves):
            other = pair(blocks, match.turned(leaves))
            if len(other) == len(pairs) and match.fits_exactly(other, blocks, leaves):
                self._note_reverse()
                return other
        return pairs

    def _extra_is_no_gradient(self, pairs: Pairs, leaves: list[Leaf]) -> bool:
        """A nest may hold more: caches among found arrays, dA1 and dZ1 beside dW1."""
        if not self._all_given():
            return bool(pairs)
        used = set(pairs.values())
        extra = [leaf for j, leaf in enumerate(leaves) if j not in used]
        complete = len(pairs) == len(self._nest.blocks)
        return complete and all(match.gradient_words(leaf.name) for leaf in extra)

    def _note_reverse(self) -> None:
        self.notes.append(
            "The gradients come in reverse order of the parameters; they were matched so."
        )

    def _find_stored(self) -> tuple[list[Leaf], Pairs] | None:
        leaves = self._stored_leaves()
        pairs = match.by_name(self._nest.blocks, leaves, stored=True)
        # an array that is itself the gradient of another is no parameter
        used = {id(leaves[j].value) for j in pairs.values()}
        pairs = {i: j for i, j in pairs.items() if id(self._nest.blocks[i].held) not in used}
        return (leaves, pairs) if pairs else None

    def _without_caches(self, objective: Objective, pairs: Pairs) -> Pairs:
        """Beside x and z often lie dx and dz; but the forward pass makes x and z anew."""
        chosen = list(pairs)
        blocks = [self._nest.blocks[i] for i in chosen]
        caches = {chosen[k] for k in overwritten(objective, blocks)}
        data = {i for i in chosen if match.names_input(self._nest.blocks[i])}
        return {i: j for i, j in pairs.items() if i not in caches | data} or pairs

    def _stored_leaves(self) -> list[Leaf]:
        seen: set[tuple[int, tuple[str, ...]]] = set()  # one array may have several names
        found = []
        for name, slot in self._reached.items():
            try:
                slot.get()
            except (KeyError, AttributeError, ValueError):  # gone since, or not bound yet
                continue
            for leaf in tree.leaves(slot):
                if not isinstance(leaf.value, float):
                    if (id(leaf.value), leaf.path) in seen:
                        continue
                    seen.add((id(leaf.value), leaf.path))
                alone = (name,) if name and not leaf.path else leaf.path
                found.append(leaf._replace(path=alone, root=name))
        return found

    def _by_order(self, objective: Objective, leaves: list[Leaf]) -> Pairs:
        """By order and shape, and by numbers where those do not decide."""
        blocks = self._nest.blocks
        named = match.by_path(blocks, leaves) or match.by_name(blocks, leaves)
        if named and self._all_given() and _speaking(leaves):
            return named  # what is missing or too many is refused below
        live = list(range(len(blocks)))
        if len(live) != len(leaves) and not self._all_given():
            kept = {id(b) for b in responding(objective, blocks, most=3 * len(leaves) + 12)}
            live = [i for i in live if id(blocks[i]) in kept]
        chosen = [blocks[i] for i in live]
        orders = list(match.in_order(chosen, leaves))
        for how, pairs in orders:
            if match.fits_exactly(pairs, chosen, leaves):
                if how:
                    self._note_reverse()
                return {live[i]: j for i, j in pairs.items()}
        found = match.by_shape(chosen, leaves)
        if found is None and leaves and self._shapes_known(chosen, leaves):
            found = match.by_numbers(chosen, leaves, lambda block: _measure(objective, block))
            if found is None:
                raise ValueError(_ambiguous(chosen, leaves))
        if found is None and orders:
            found = orders[0][1]
        if found is None:
            return named
        return {live[i]: j for i, j in found.items()}

    def _shapes_known(self, chosen: Sequence[Parameter], leaves: Sequence[Leaf]) -> bool:
        shapes = {block.shape for block in chosen}
        return all(match.shape_of(leaf.value) in shapes for leaf in leaves)

    def _refuse_missing(
        self, objective: Objective, pairs: Pairs, leaves: list[Leaf], returned: Any
    ) -> None:
        """In a given nest every block needs its gradient, but for what the loss overwrites."""
        blocks = self._nest.blocks
        missing = [i for i in range(len(blocks)) if i not in pairs and blocks[i].given]
        if self._stored:
            stored = {id(leaf.value) for leaf in leaves}
            missing = [i for i in missing if id(blocks[i].held) not in stored] if pairs else missing
        caches = overwritten(objective, [blocks[i] for i in missing]) if missing else set()
        missing = [i for k, i in enumerate(missing) if k not in caches]
        if missing or not pairs:
            block = blocks[missing[0]] if missing else blocks[0]
            known = ", ".join(leaf.name if leaf.path else "one array" for leaf in leaves)
            held = f"grads holds: {known:.200}" if known else f"grads gave: {_shown(returned)}"
            raise ValueError(
                f"{block.name}: expected an analytic gradient of shape {block.shape}, got none "
                f"({held}). Return gradients in the nest of the parameters."
            )
        used = set(pairs.values())
        extra = [leaf.name for j, leaf in enumerate(leaves) if j not in used]
        if not extra or not self._all_given() or self._partial or self._stored:
            return
        if self._extra_is_no_gradient(pairs, leaves):
            more = ", ..." if len(extra) > LISTED else ""
            self.notes.append(
                f"grads holds {', '.join(extra[:LISTED])}{more} too, of no parameter: not checked."
            )
        else:
            raise ValueError(
                f"grads: expected only gradients of parameters, got {', '.join(extra):.200} too. "
                "Pass the parameters it belongs to, or leave it out."
            )

    # -- at every point ----------------------------------------------------------------------------

    def read(self) -> list[Analytic]:
        """The gradients at the present values of the parameters."""
        return [shaped(b, raw) for b, raw in zip(self.blocks, self._present(), strict=True)]

    def again(self, first: Sequence[Analytic]) -> list[Analytic]:
        """The gradients of a second call, as it follows upon the first; equal ones are the same."""
        return list(map(shaped, self.blocks, self._present(), first))

    def _present(self) -> list[Any]:
        """The user's own arrays, one a block."""
        returned = self._call()
        box = None if self._stored else Box(returned)
        with contextlib.suppress(Exception):  # found anew below, where the nest has another form
            values = [slot.within(box) for slot in self._slots]
            if values and all(isinstance(v, _PLAIN) and np.size(v) for v in values):
                self.raw = values
                return self.raw
        leaves = self._stored_leaves() if self._stored else self._leaves(returned)
        where: dict[tuple[str, str], Leaf] = {}
        for leaf in leaves:
            where.setdefault(_place(leaf), leaf)
        for block, place in zip(self.blocks, self._places, strict=True):
            if place not in where:
                known = ", ".join(name for _, name in where) or "none"
                raise ValueError(
                    f"{block.name}: expected its gradient at {place[1]} as in the first call, got "
                    f"none (grads holds: {known:.200}). Return the same nest every time."
                )
        found = [where[place] for place in self._places]
        self.raw = [leaf.value for leaf in found]
        whole = all(_stands(leaf, box) for leaf in found)
        self._slots = [leaf.slot for leaf in found] if whole else []
        return self.raw

    def are_stored(self, here: Sequence[Analytic], there: Sequence[Analytic]) -> bool:
        """Does the function hand over what was computed before? Then they belong to one point.

        here, there   the gradients at two points
        """
        pairs = zip(here, there, strict=True)
        if self._function is None or not all(np.array_equal(a.values, b.values) for a, b in pairs):
            return False
        self._fixed = only_reads(self._function)
        if self._fixed:
            self.notes.append(
                "grads reads gradients that are stored and computes none: they were checked as "
                "given, at these parameters only. Call the backward pass inside grads."
            )
        return self._fixed


_PLAIN = (np.ndarray, np.floating, float)


def _stands(leaf: Leaf, box: Box | None) -> bool:
    """Is an array or number found again by its slot alone? A part of a long vector is not."""
    try:
        return isinstance(leaf.value, _PLAIN) and leaf.slot.within(box) is leaf.value
    except Exception:  # noqa: BLE001  a property of the user's object may refuse
        return False


def _place(leaf: Leaf) -> tuple[str, str]:
    return leaf.root, leaf.name


def _shown(value: Any) -> str:
    """What a user's function returned, in few words."""
    empty = isinstance(value, dict | list | tuple) and not value
    plain = value is None or empty or isinstance(value, int | float | str)
    return repr(value)[:40] if plain else type(value).__name__


def _numbers(value: Any) -> Array:
    return np.asarray(detached(value))


def _speaking(leaves: Sequence[Leaf]) -> bool:
    """Do the gradients have names, and not only places in a list?"""
    return any(not part.isdigit() for leaf in leaves for part in leaf.path)


def _is_setting(block: Parameter) -> bool:
    """A number beside arrays, and not called as a parameter: alpha, lam, eps."""
    return isinstance(block.held, float) and not match.names_parameter(block)


def _overlap(one: Parameter, other: Parameter) -> bool:
    both = isinstance(one.held, np.ndarray) and isinstance(other.held, np.ndarray)
    return both and np.shares_memory(one.held, other.held)


def _measure(objective: Objective, block: Parameter) -> list[Measured]:
    """Slopes of the loss along two directions of a block: enough to tell two gradients apart."""
    rng = np.random.default_rng(2)
    found = []
    size = float(np.sqrt(np.mean(np.square(block.values)))) or 1.0
    for _ in range(2):
        direction = rng.standard_normal(block.shape)
        line, step = Line(objective, [(block, direction)]), 1e-3 * size
        near, far = ((line(k * step)[0] - line(-k * step)[0]) / (2 * k * step) for k in (1, 2))
        slope = (4 * near - far) / 3
        noise = 1e-14 * abs(value(objective)) / step
        found.append(Measured(direction, slope, 1e-4 * abs(slope) + abs(near - far) + noise))
    return found


def _ambiguous(blocks: Sequence[Parameter], leaves: Sequence[Leaf]) -> str:
    mine = ", ".join(f"{b.name} {b.shape}" for b in blocks[:12])
    theirs = ", ".join(f"{leaf.name} {match.shape_of(leaf.value)}" for leaf in leaves[:12])
    way = ", ".join(f"{b.name!r}: ..." for b in blocks[:3])
    return (
        f"grads: expected gradients that can be told apart, got {theirs} for {mine}, of equal "
        f"shapes, and the loss does not decide. Name them: grads={{{way}}}."
    )


def bindings(function: Callable[..., Any]) -> dict[str, Slot]:
    """Where what a function can get at stands: what it is bound to, closures, global names.

    Of the function, and of all that it calls by name.
    """
    found: dict[str, Slot] = {}
    todo: list[Any] = [function]
    seen: set[int] = set()
    while todo:
        part = todo.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, functools.partial):
            todo += [part.func, *part.args, *part.keywords.values()]
        elif isinstance(part, types.MethodType):
            found.setdefault("self", Slot(Box(part.__self__), "root", attribute=True))
            todo.append(part.__func__)
        elif isinstance(part, types.FunctionType):
            for name, slot in _names_of(part):
                held = slot.get()
                if isinstance(held, (types.FunctionType, types.MethodType, functools.partial)):
                    todo.append(held)
                elif not isinstance(held, (types.ModuleType, type)):
                    found.setdefault(name, slot)
            todo += _methods_of(part)
        elif hasattr(type(part), "__call__") and not isinstance(part, type):  # noqa: B004
            found.setdefault("self", Slot(Box(part), "root", attribute=True))
    return found


def also_held(blocks: Sequence[Parameter], *functions: Any) -> None:
    """Where else functions reach what a nest holds: {"W": net.W} is not what they read and train.

    A number is no thing of its own, for Python may keep one for many names: it is the same where
    it was handed over by name, and one place alone has that name and number. What an object holds
    is not trained by a new value for a variable that stood for it.
    """
    reached: dict[int, list[tuple[str, Slot]]] = {}
    variables: set[tuple[tuple[int, str], ...]] = set()
    for function in filter(callable, functions if blocks else ()):
        for name, slot in bindings(function).items():
            for leaf in tree.leaves(slot):
                last = leaf.path[-1] if leaf.path else name
                reached.setdefault(id(leaf.value), []).append((last, leaf.slot))
                variables |= set() if leaf.path else {leaf.slot.path}
    for block in blocks:
        known = {slot.path: slot for slot in (block.slot, *block.places)}
        found = {slot.path: (last, slot) for last, slot in reached.get(id(block.held), ())}
        passed_over = known.keys() if block.given else known.keys() | variables
        more = [pair for path, pair in found.items() if path not in passed_over]
        if isinstance(block.held, (float, np.floating)):
            name = block.name.rpartition(".")[2]
            more = [(last, slot) for last, slot in more if last == name]
            more = more if block.given and len(more) == 1 else []
        block.places += tuple(slot for _, slot in more)


def only_reads(function: Callable[..., Any]) -> bool:
    """Does a call of it read, and neither store nor compute anything?"""
    return not any(_stores_or_computes(code) for code in entered(function))


_STORES = ("STORE_ATTR", "STORE_SUBSCR", "STORE_GLOBAL", "STORE_DEREF", "UNARY_NEGATIVE")
_COMPUTES = frozenset(
    {"dot", "matmul", "multiply", "divide", "add", "subtract", "einsum", "outer", "sum", "mean"}
    | {"zeros", "ones", "full", "empty", "zeros_like", "ones_like", "full_like", "empty_like"}
)


def _stores_or_computes(code: types.CodeType) -> bool:
    return not _COMPUTES.isdisjoint(code.co_names) or any(
        i.opname in _STORES or (i.opname == "BINARY_OP" and i.argrepr != "[]")
        for i in dis.get_instructions(code)
    )


def _names_of(function: types.FunctionType) -> Iterator[tuple[str, Slot]]:
    cells = function.__closure__ or ()
    for name, cell in zip(function.__code__.co_freevars, cells, strict=True):
        slot = Slot(cell, "cell_contents", attribute=True)
        with contextlib.suppress(ValueError):  # not bound yet
            slot.get()
            yield name, slot
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield name, Slot(function.__globals__, name)
    for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield "default", Slot(Box(default), "root", attribute=True)


def _methods_of(function: types.FunctionType) -> list[types.FunctionType]:
    """The methods it may call: those of its names, of the classes that its objects may have."""
    names = [slot.get() for _, slot in _names_of(function)]
    within = [held for held in function.__globals__.values() if isinstance(held, type)]
    classes = {cls for held in names for cls in type(held).__mro__} | set(within)
    found = [vars(cls).get(n) for cls in classes for n in function.__code__.co_names]
    return [method for method in found if isinstance(method, types.FunctionType)]


# -- shapes ----------------------------------------------------------------------------------------


def shaped(block: Parameter, raw: Any, known: Analytic | None = None) -> Analytic:
    """The gradient in the shape of its block; raises ValueError where that has no meaning.

    known   one that was read before, to be taken again where this one has the same bits
    """
    array = _as_array(block, raw)
    if known is not None and not known.misfit and pieces.same_bits(array, known.values):
        return known
    eps = float(np.finfo(array.dtype).eps) if array.dtype.kind == "f" else 0.0
    values, shape = pieces.kept(array, np.float64), block.shape
    if not pieces.all_finite(values):
        at = [int(i) for i in np.argwhere(~np.isfinite(values))[0]]
        raise ValueError(
            f"{block.name}: expected a finite analytic gradient, got "
            f"{values[tuple(at)]} at {at}. Mend the overflow or division in the backward pass "
            "first."
        )
    if array.shape == shape or array.size == math.prod(shape) == 1:  # of one number it is no news
        return Analytic(values.reshape(shape), eps, shape)
    given = array.shape
    if pieces.spreads(given, shape):
        # the update W -= lr * dW works and does this
        spread = np.broadcast_to(values, shape).copy()
        return Analytic(spread, eps, given, "broadcast")
    if given == shape[::-1]:
        return Analytic(values.T.copy(), eps, given, "transposed")
    if pieces.squeezed(given) == pieces.squeezed(shape):
        return Analytic(values.reshape(shape), eps, given, "reshaped")
    if len(given) == len(shape) + 1 and given[1:] == shape:
        return Analytic(values.sum(axis=0), eps, given, "batch")
    if len(given) == len(shape) == 2 and 1 in shape:
        axis = shape.index(1)
        if given[1 - axis] == shape[1 - axis]:
            return Analytic(values.sum(axis=axis, keepdims=True), eps, given, "batch")
    way = "Return gradients in the nest of the parameters."
    if len(pieces.squeezed(given)) == len(pieces.squeezed(shape)) == 1:
        way = "If that is one number a sample, the sum ran over the units: sum over the samples."
    raise ValueError(
        f"{block.name}: expected an analytic gradient of shape {shape}, got {given}. {way}"
    )


def grown(gradient: Array, shape: tuple[int, ...]) -> tuple[Array, str]:
    """What changed the shape of a parameter in its update, in that shape; and how it misfits.

    What differs along an axis is of single samples, and is to be summed; else it was repeated. A
    column for a row has all numbers, and repeats each.
    """
    extra, misfit = gradient.ndim - len(shape), "grown"
    column = gradient
    for axis in range(gradient.ndim):
        one = np.take(column, [0], axis=axis)
        column = one if np.all(column == one) else column
    if column.size == math.prod(shape):
        return column.reshape(shape).copy(), misfit
    for axis in range(gradient.ndim):
        if gradient.shape[axis] != (shape[axis - extra] if axis >= extra else 1):
            one = np.take(gradient, [0], axis=axis)
            if np.any(gradient != one):
                one, misfit = gradient.sum(axis=axis, keepdims=True), "batch"
            gradient = one
    values = np.broadcast_to(gradient.reshape(gradient.shape[max(extra, 0) :]), shape)
    return values.copy(), misfit


def _as_array(block: Parameter, raw: Any) -> Array:
    try:
        array = np.asarray(detached(raw))
    except (TypeError, ValueError):
        array = np.array(None)
    if array.dtype.kind not in "fiu":
        raise TypeError(
            f"{block.name}: expected an analytic gradient of real numbers, got "
            f"{type(raw).__name__} of {array.dtype}. Return arrays of floats."
        )
    return array
