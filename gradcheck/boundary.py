"""Which sizes make the difference: the simplest condition that parts wrong nets from right ones.

Every condition in sight ("batch > 1", "n_in != n_hidden", two of them together) is a hypothesis.
The next net to try is the one on which those that still hold differ most, until all that hold say
the same of every net in the ranges. What is told has then been tried on both of its sides.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .sizes import BATCHES, Choice, Space

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int_]
PROOF = 8  # nets on each side of a condition that are tried before it is told
NEAR = 4  # and that meet all of it but one part
TWICE = 2  # and on each side with, and without, each other condition
RIVALS = 400  # conditions that are compared with the simplest, at a time
LIKELY = 24  # atoms of which three are joined


@dataclass(frozen=True, slots=True)
class Atom:
    """One condition on the sizes: its words, its kind, and what it is about.

    kind      "more" (than the least), "larger", "smaller", "odd", "differ", "same", "always"
    about     roles of the sizes in it: "batch", "outputs", "inputs", "units", "layers"
    """

    words: str
    kind: str
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """One atom, two with "and" or "or" between them, or three with "and"."""

    atoms: tuple[Atom, ...]
    joint: str = ""

    @property
    def words(self) -> str:
        return f" {self.joint} ".join(atom.words for atom in self.atoms)


@dataclass(frozen=True, slots=True)
class Boundary:
    """A condition that holds for all nets of one kind, and what was tried.

    exact     it holds for no other net that was tried; else it is only necessary
    inside    nets of the kind that meet it; outside: others, that do not; mixed: others that do
    same      another condition, as simple, that no net in the ranges tells from it
    """

    condition: Condition
    exact: bool
    inside: int
    outside: int
    mixed: int = 0
    same: str = ""


ALWAYS = Condition((Atom("always", "always", ()),))
NEVER = Condition((Atom("never", "always", ()),))


def boundary(
    space: Space,
    pool: Sequence[Choice],
    known: dict[Choice, bool | None],
    ask: Callable[[Choice], bool | None],
    rng: np.random.Generator,
    most: int,
) -> Boundary | None:
    """The simplest condition under which nets are of the kind that `ask` is about.

    pool    the choices of sizes to tell about
    known   what was asked already: of the kind or not, None where it cannot be told; it grows
    ask     try one more, at most `most` times
    Returns None where no condition fits, or none could be proven
    """
    theory = _Theory(space, pool)
    place = {choice: i for i, choice in enumerate(pool)}
    for _ in range(most + 1):
        asked = np.array([place[choice] for choice in known if choice in place], int)
        answers = [known[pool[i]] for i in asked]
        mute = np.array([answer is None for answer in answers], bool)
        tried, kind = asked[~mute], np.array([bool(a) for a in answers if a is not None], bool)
        untried = np.ones(len(pool), bool)
        untried[asked] = False
        holding = theory.holding(tried, kind)
        candidates = holding or theory.needed(tried, kind)
        if not candidates:
            return None
        masks = theory.masks(candidates)
        against = (masks != masks[0]).sum(axis=0) * bool(holding)
        wanted = theory.wanted(candidates[0], masks[0], tried, exact=bool(holding))
        useless = np.zeros(len(pool), bool)
        if mute.sum() >= NEAR and not mute.all():  # nets like those that could not be told
            useless |= theory.masks(theory.holding(asked, mute)[:1] or [NEVER])[0]
        likely = untried & ~useless
        doubted = untried & useless * bool(mute.sum() < PROOF)
        worth = next((w for w in (against * likely, wanted * likely, doubted) if w.any()), None)
        if worth is None:
            break
        query = int(rng.choice(np.flatnonzero(worth == worth.max())))
        known[pool[query]] = ask(pool[query])
    else:
        return None
    met = masks[0][tried]
    inside, outside, mixed = int(kind.sum()), int((~met).sum()), int((met & ~kind).sum())
    if not inside or not (holding or outside >= PROOF):
        return None
    if not holding:
        return Boundary(candidates[0], False, inside, outside, mixed)
    likely[tried] = True
    same = [
        condition.words
        for condition, mask in zip(candidates[1:], masks[1:], strict=True)
        if len(condition.atoms) == len(candidates[0].atoms) == 1 and candidates[0] is not ALWAYS
        if not (mask ^ masks[0])[likely].any()
    ]
    return Boundary(candidates[0], True, inside, outside, same=(*same, "")[0])


class _Theory:
    """All conditions on the choices of a pool, the simplest first."""

    def __init__(self, space: Space, pool: Sequence[Choice]) -> None:
        found: dict[bytes, tuple[Atom, Mask]] = {}
        for atom, mask in _atoms(space, pool):
            if mask.any() and not mask.all():
                found.setdefault(mask.tobytes(), (atom, mask))  # the first is the simplest
        self.atoms = [atom for atom, _ in found.values()]
        self._masks = np.array([mask for _, mask in found.values()]).reshape(-1, len(pool))
        self._pairs = np.array(list(itertools.combinations(range(len(self.atoms)), 2)), int)

    def masks(self, conditions: Sequence[Condition]) -> Mask:
        """For each condition a row: of which choices it holds."""
        rows = dict(zip(self.atoms, self._masks, strict=True))
        every = np.ones(self._masks.shape[1], bool)
        rows |= {ALWAYS.atoms[0]: every, NEVER.atoms[0]: ~every}
        join = {"and": np.logical_and, "or": np.logical_or, "": np.logical_and}
        return np.array([join[c.joint].reduce([rows[a] for a in c.atoms]) for c in conditions])

    def wanted(self, condition: Condition, mask: Mask, tried: Places, *, exact: bool) -> Places:
        """For each choice: how many claims of the condition, tried too little, it would try.

        The claims: what is on either side; close by, where one atom of several decides; and that
        nothing else matters, so either side with and without each of the other atoms.
        """
        sides = (mask, ~mask) if exact else (~mask,)
        proof = PROOF * len(condition.atoms) if exact else 3 * PROOF  # many pairs fit a few nets
        claims = [(side, proof) for side in sides]
        rows: Mask = self.masks([Condition((atom,)) for atom in condition.atoms])
        for i, row in enumerate(rows):
            others: Mask = np.delete(rows, i, axis=0)
            if condition.joint == "and":
                claims.append((~row & np.all(others, axis=0), NEAR))
            elif condition.joint == "or":
                claims.append((row & ~np.any(others, axis=0), NEAR))
        worth = np.zeros(len(mask), int)
        for where, enough in claims:
            worth += where * bool(where[tried].sum() < enough)
        for side in sides:
            for atoms in (self._masks, ~self._masks):
                seen = (atoms[:, tried] & side[tried]).sum(axis=1)
                worth += side * atoms[seen < TWICE].sum(axis=0)
        return worth

    def holding(self, tried: Places, kind: Mask) -> list[Condition]:
        """The conditions that say of every net that was tried what it is."""
        found = [ALWAYS] if kind.all() else []
        seen = self._masks[:, tried]
        found += [Condition((self.atoms[i],)) for i in np.flatnonzero((seen == kind).all(axis=1))]
        left, right = self._pairs.reshape(-1, 2).T
        both = ((seen[left] & seen[right]) == kind).all(axis=1)
        either = ((seen[left] | seen[right]) == kind).all(axis=1)
        for joint, fits in (("and", both), ("or", either)):
            pairs = self._pairs[np.flatnonzero(fits)[:RIVALS]]
            found += [Condition((self.atoms[i], self.atoms[j]), joint) for i, j in pairs]
        return (found or self._threes(seen, kind))[:RIVALS]

    def _threes(self, seen: Mask, kind: Mask) -> list[Condition]:
        """Three that every net of the kind meets, and no other meets all of."""
        needed = np.flatnonzero(seen[:, kind].all(axis=1))
        others = seen[:, ~kind]
        return [
            Condition(tuple(self.atoms[i] for i in three), "and")
            for three in itertools.combinations(needed[:LIKELY], 3)
            if not others[list(three)].all(axis=0).any()
        ]

    def needed(self, tried: Places, kind: Mask) -> list[Condition]:
        """What no net of the kind lacks, of more than the least; first what most others lack.

        No other atoms: of these, nets that lack it are easily tried from all around.
        """
        seen = self._masks[:, tried]
        lacking = (~seen).sum(axis=1)
        met: Mask = np.all(seen[:, kind], axis=1)
        found = [i for i, atom in enumerate(self.atoms) if met[i] and atom.kind == "more"]
        found.sort(key=lambda i: -lacking[i])
        return [Condition((self.atoms[i],)) for i in found]


# -- what can be said of sizes ---------------------------------------------------------------------

ROLES = {  # of an argument, by its name
    "batch": BATCHES,
    "layers": re.compile(r"(n_?|num_?)?(depth|layers|hidden_?layers|n_?hidden_?layers)$"),
    "outputs": re.compile(
        r"(n_?|d_?|dim_?|num_?)?(out(puts?)?|y|class(es)?)(_?(size|dim|units))?$"
    ),
    "inputs": re.compile(r"(n_?|d_?|dim_?|num_?)?(in(puts?)?|x|features)(_?(size|dim|units))?$"),
    "steps": re.compile(r"(n_?)?(t|time|steps?|time_?steps|seq(_?len)?|length)$"),
}


@dataclass(frozen=True, slots=True)
class _Quantity:
    """A number that the sizes determine, for every choice of a pool."""

    words: str
    role: str
    values: npt.NDArray[np.int_]


def _role(name: str) -> str:
    spelt = (name, name.lower())
    return next((r for r, words in ROLES.items() if any(map(words.match, spelt))), "units")


def _quantities(space: Space, pool: Sequence[Choice]) -> Iterator[_Quantity]:
    for name, sizes in zip(space.names, zip(*pool, strict=True), strict=True):
        if isinstance(sizes[0], int):
            yield _Quantity(name, _role(name), np.array(sizes))
            continue
        ends = 0 if "hidden" in name.lower() else 1  # (inputs, hidden, ..., outputs)
        hidden = [size[ends : len(size) - ends] for size in sizes]
        yield _Quantity("hidden layers", "layers", np.array([len(size) for size in hidden]))
        if ends:
            yield _Quantity("outputs", "outputs", np.array([size[-1] for size in sizes]))
            yield _Quantity("inputs", "inputs", np.array([size[0] for size in sizes]))
        for words, pick in (("widest", max), ("narrowest", min)):
            widths = np.array([pick(size, default=0) for size in hidden])
            yield _Quantity(f"width of the {words} hidden layer", "units", widths)


def _atoms(space: Space, pool: Sequence[Choice]) -> Iterator[tuple[Atom, Mask]]:
    """Every condition on one or two quantities, the likelier first."""
    quantities = list(_quantities(space, pool))
    for q in quantities:
        for least in np.unique(q.values)[:-1]:
            first = least == q.values.min() and (least == 1 or q.role == "layers")
            kind = "more" if first else "larger"
            yield Atom(f"{q.words} > {least}", kind, (q.role,)), q.values > least
    sizes = [q for q in quantities if q.role != "layers"]  # comparable
    for a, b in itertools.combinations(sizes, 2):
        about = a.role, b.role
        yield Atom(f"{a.words} != {b.words}", "differ", about), a.values != b.values
        yield Atom(f"{a.words} == {b.words}", "same", about), a.values == b.values
    yield from _neighbours(space, pool)
    for q in quantities:
        for least in np.unique(q.values)[1:]:
            yield Atom(f"{q.words} < {least}", "smaller", (q.role,)), q.values < least
        yield Atom(f"{q.words} is odd", "odd", (q.role,)), q.values % 2 == 1
        yield Atom(f"{q.words} is even", "odd", (q.role,)), q.values % 2 == 0
    for a, b in itertools.permutations(sizes, 2):
        yield Atom(f"{a.words} > {b.words}", "differ", (a.role, b.role)), a.values > b.values


def _neighbours(space: Space, pool: Sequence[Choice]) -> Iterator[tuple[Atom, Mask]]:
    """Conditions on layers that lie next to each other, where the sizes are a tuple of widths."""
    for name, sizes in zip(space.names, zip(*pool, strict=True), strict=True):
        if isinstance(sizes[0], int):
            continue
        hidden = slice(None) if "hidden" in name.lower() else slice(1, -1)
        equal = [[a == b for a, b in itertools.pairwise(size)] for size in sizes]
        peers = [[a == b for a, b in itertools.pairwise(size[hidden])] for size in sizes]
        for words, kind, found in (
            ("a weight matrix is not square", "differ", [not all(e) for e in equal]),
            ("a weight matrix is square", "same", [any(e) for e in equal]),
            ("hidden layers differ in width", "differ", [not all(e) for e in peers]),
            ("two hidden layers in a row are equally wide", "same", [any(e) for e in peers]),
        ):
            yield Atom(words, kind, ("units", "units")), np.array(found)


# -- what a condition means ------------------------------------------------------------------------

NO_PART = (
    "The sizes play no part, so debug the smallest net, with numbers on paper: a sign, a factor, a "
    "derivative that is missing or taken at the wrong value."
)
MEANINGS: dict[tuple[str, str], str] = {  # kind and role of an atom -> where to look
    ("always", ""): NO_PART,
    ("more", "batch"): (
        "One sample is right, several are not: look at what is done over the samples. A mean in "
        "the loss and a sum in the gradient, 1/N left out or taken twice, a bias gradient not "
        "summed over the samples, an average taken before a product."
    ),
    ("more", "outputs"): (
        "One output is right, several are not: look at what couples the outputs. The entries "
        "beside the diagonal of a softmax Jacobian, a mean over the outputs on one side only, a "
        "sum over the wrong axis."
    ),
    ("more", "inputs"): (
        "One input is right, several are not: look at what is summed over, or divided by, the "
        "inputs, and at the axis."
    ),
    ("more", "units"): (
        "One unit is right, several are not: look at what is summed over units. A product entry "
        "by entry for a matrix product, a transpose, a sum over the wrong axis."
    ),
    ("more", "layers"): (
        "The shallowest net is right, deeper ones are not: look at what one layer hands to the "
        "next. The weights, activations or cotangent of a neighbour, an index off by one, a "
        "derivative that is left out between."
    ),
    ("larger", "layers"): (
        "Shallower nets are right, deeper ones are not: look at what a layer takes from one "
        "further away than a shallow net has. An index off by one, the weights, activations or "
        "cotangent of another hidden layer."
    ),
    ("more", "steps"): (
        "One step is right, several are not: look at what one step hands to the one before. A "
        "cotangent dropped or overwritten where it should be added."
    ),
    ("smaller", "batch"): (
        "Few samples are wrong, more are right: look at what happens to an axis of length one, "
        "such as squeeze and broadcasting."
    ),
    ("differ", ""): (
        "Where these sizes are equal it is right: look for one of them where the other belongs, "
        "as a divisor, an axis, a reshape or a transpose."
    ),
    ("same", ""): (
        "It goes wrong where these sizes are equal: look for an array of the other shape, a "
        "transpose or a neighbour's, that fits only there."
    ),
    ("odd", ""): (
        "Odd or even makes the difference: look at what is left over when the size is divided, "
        "such as an incomplete minibatch, a stride or a half."
    ),
    ("entries", ""): (
        "One entry is right, several are not, in either direction: look at the number of entries. "
        "A mean over all of them on one side, a sum or a mean over the samples on the other."
    ),
    ("larger", ""): (
        "Small nets are right: look for a number that is written out in the code and fits only "
        "these, or an index that runs up to it."
    ),
    ("smaller", ""): (
        "Larger nets are right: look at what happens to an axis of length one, such as squeeze "
        "and broadcasting, or to an empty slice."
    ),
}


def meaning(condition: Condition) -> str:
    """Where to look, given the sizes that make the difference."""
    kinds = {atom.kind for atom in condition.atoms}
    if condition.joint == "or":
        roles = {atom.about for atom in condition.atoms}
        entries = kinds == {"more"} and ("batch",) in roles and len(roles) == 2
        return MEANINGS["entries", ""] if entries else ""
    found = []
    for atom in condition.atoms:
        role = atom.about[0] if len(atom.about) == 1 else ""
        found.append(MEANINGS.get((atom.kind, role)) or MEANINGS.get((atom.kind, ""), ""))
    return " ".join(dict.fromkeys(found))
