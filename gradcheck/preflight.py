"""What must hold before a gradient may be accused: the forward pass comes first.

Each function here states one thing that can be wrong with the loss or with the way gradients are
handed over, and returns findings; none of them judges a gradient.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .gradients import Analytic
from .numerical import Noise
from .objective import Objective
from .pieces import kept, same_bits, span
from .report import Finding
from .state import Snapshot
from .tree import Array, Parameter

REPEATS = 2
SHORT = 10  # digits: a loss has sixteen, unless it is rounded
REPEATABLE = "Putting that back before every call makes the loss repeatable."


def loss_at_point(objective: Objective) -> float:
    """The loss at the given parameters; ValueError unless it is one finite number."""
    value = objective()
    if not math.isfinite(value):
        raise ValueError(
            "loss: expected one finite number at the given parameters, got "
            f"{objective.last!r:.40}. Mend the loss before its gradient."
        )
    return value


def written(blocks: Sequence[Parameter]) -> set[int]:
    """Blocks (by id) that are not at home any more."""
    return {id(b) for b in blocks if b.home is None or not same_bits(b.values, b.home)}


def writes(blocks: Sequence[Parameter]) -> list[Finding]:
    """What calling the loss changes of the parameters themselves."""
    if not blocks:
        return []
    return [
        Finding(
            kind="state",
            sentence="The loss writes into the parameters: "
            f"{', '.join(block.name for block in blocks)}.",
            evidence="Their values differ after one call.",
            advice="Compute the loss without changing parameters; the check puts them back.",
        )
    ]


def unrepeatable(
    objective: Objective, state: Snapshot, replay: Callable[[], None], *, given: bool
) -> list[Finding]:
    """Do equal parameters give equal losses? If not, does putting the user's state back help?

    Where it does, the objective puts it back before every evaluation from now on; but not where
    the loss draws random numbers and the gradients are given: they belong to another draw.
    Cost    2 evaluations, 4 when they differ
    """
    objective.failure = None  # of one that was asked what it depends on
    values = [objective() for _ in range(REPEATS)]
    if _same(values):
        if state.changed(only_random=True) and not given:  # draws that do not show here: W = 0
            objective.replay = replay
        return []
    random, changed = state.changed(only_random=True), state.changed()
    objective.replay = replay
    replayed = [objective() for _ in range(REPEATS)]
    if objective.failure is not None and not all(map(math.isfinite, replayed)):
        raise objective.failure  # at the parameters that were given
    first, two = values[0], next(v for v in values if v != values[0])
    told = f"two calls with equal parameters gave {first:.6g} and {two:.6g}"
    if _same(replayed) and not (given and random):
        what = ", ".join(dict.fromkeys([*random, *changed])) or "its own state"
        return [
            Finding(
                kind="state",
                sentence=f"loss: {told}. Each call changes {what:.200}.",
                evidence=REPEATABLE,
                advice="The check did so. Fix the random seed before each call, or keep "
                "running statistics out of the loss.",
            )
        ]
    objective.replay = None
    return [
        Finding(
            kind="state",
            sentence=f"loss: {told}. Fix its random seed before each call.",
            evidence=f"Each call draws from {', '.join(random):.200}."
            if random
            else "Putting back everything that the loss can reach did not help.",
            advice="Pass a callable for the gradients, so that loss and gradients are computed "
            "with equal draws."
            if random
            else "Until then a gradient can only be judged to the size of this noise.",
        )
    ]


def _same(values: Sequence[float]) -> bool:
    return all(value == values[0] for value in values)


def sharing(blocks: Sequence[Parameter], raw: Sequence[Any]) -> tuple[frozenset[str], ...]:
    """Pairs of blocks whose gradients are one array, or views of one, by name."""
    homes: dict[int, list[str]] = {}
    for block, gradient in zip(blocks, raw, strict=True):
        if isinstance(gradient, np.ndarray) and gradient.size:
            homes.setdefault(span(gradient)[0], []).append(block.name)
    pairs = (itertools.combinations(names, 2) for names in homes.values())
    return tuple(frozenset(pair) for pair in itertools.chain.from_iterable(pairs))


def drifted(noise: Noise, last: float) -> list[Finding]:
    """Is the loss at the given parameters still what it was before the check?"""
    if not math.isfinite(last) or abs(last - noise.loss) <= 6 * noise.sigma:
        return []
    return [
        Finding(
            kind="state",
            sentence=f"loss: {noise.loss:.6g} before the check and {last:.6g} after it, at equal "
            "parameters.",
            evidence="Something that the loss reads is changed by the calls of loss or gradients.",
            advice="Look for running statistics, counters and caches that feed the forward pass; "
            "differences between such calls prove nothing.",
        )
    ]


def widened(
    objective: Objective, blocks: Sequence[Parameter], loss: float, refresh: Callable[[], None]
) -> bool:
    """Rebind the blocks to float64 copies; does the loss read these, and nothing but these?

    A loss that holds the array itself does not, nor one that also reads a view of it (tied
    weights): at other values, it is not what it was with these values in the arrays themselves.
    The blocks stay rebound only if it does. Cost: 2 evaluations.

    refresh   to be called before each evaluation
    """

    def elsewhere() -> float:
        origins = [kept(block.values) for block in blocks]
        try:
            for block in blocks:
                block.values[...] += 0.01 * (np.abs(block.values) + 1)
                block.publish()
            refresh()
            return objective()
        finally:
            for block, origin in zip(blocks, origins, strict=True):
                block.values[...] = origin
                block.publish()

    rounding = max(float(np.finfo(block.values.dtype).eps) for block in blocks)
    held = elsewhere()
    for block in blocks:
        block.rebind(np.float64)
    copied = elsewhere()
    near = 0.1 * abs(copied - loss) + 8 * rounding * max(abs(held), abs(loss))
    if copied != loss and abs(copied - held) <= near:
        return True
    for block in blocks:
        block.release()
    return False


def rounding_note(single: Sequence[Analytic], double: Sequence[Analytic]) -> str:
    """How far the user's float32 gradient is from the same code in float64."""
    worst = 0.0
    for a, b in zip(single, double, strict=True):
        size = float(np.max(np.abs(b.values), initial=0.0))
        difference = float(np.max(np.abs(a.values - b.values), initial=0.0))
        worst = max(worst, difference / size if size else 0.0)
    return f"Checked on float64 copies; rounding of your float32 gradient: {worst:.0e}."


def fails_there(error: Exception) -> str:
    """The gradients were wanted where they cannot be computed."""
    return (
        "Judged at the given parameters alone: at others near them the gradients raised "
        f"{type(error).__name__} ({str(error).rstrip('.')})."
    )


def single_precision(noise: Noise, blocks: Sequence[Parameter], dtypes: set[Any]) -> list[Finding]:
    """Does the loss compute in float32 although its parameters are float64?"""
    double = all(block.values.dtype.itemsize >= 8 for block in blocks)
    small = {str(d) for d in dtypes if d.kind == "f" and d.itemsize < 8}
    if not double or not (small or noise.single_precision):
        return []
    relative = noise.sigma / max(abs(noise.loss), 1e-300)
    if not small and float(f"{noise.loss:.{SHORT}g}") == noise.loss:
        return [
            Finding(
                kind="rounded",
                sentence=f"The loss is rounded to few digits: it is {noise.loss:.{SHORT}g}.",
                evidence=f"It is off by {relative:.0e} of its value, float64 would be off by "
                "1e-16.",
                advice="Return the loss itself while checking, and round what is printed: small "
                "errors of the gradient cannot be seen through it.",
            )
        ]
    got = f"It returns {', '.join(sorted(small))}." if small else ""
    return [
        Finding(
            kind="float32",
            sentence="The loss computes in float32 although the parameters are float64.",
            evidence=f"{got} It is off by {relative:.0e} of its value, "
            f"float64 would be off by 1e-16.".strip(),
            advice="Remove the cast (astype, dtype=, np.float32) inside the loss while checking: "
            "small errors of the gradient cannot be seen through it.",
        )
    ]


def differs_again(block: Parameter, old: Analytic, new: Analytic) -> Finding:
    """A second call of the gradients at the same parameters gave something else."""
    size = np.max(np.abs(old.values), initial=0.0)
    twice = np.allclose(new.values, 2 * old.values, rtol=1e-9, atol=1e-9 * size)
    gives = "twice the gradient" if twice else "another gradient"
    return Finding(
        kind="accumulation" if twice else "stale-buffer",
        sentence=f"{block.name}: a second call at the same parameters gives {gives}.",
        block=block.name,
        advice="Clear the gradient before each backward pass (= instead of +=)."
        if twice
        else "Something is kept from an earlier call: a cache, a buffer, a counter.",
    )


def exchanged(names: Sequence[str]) -> Finding:
    """Gradients that would be right in one another's place."""
    what = " and ".join(names) if len(names) == 2 else ", ".join(names)
    return Finding(
        kind="swapped-gradients",
        sentence=f"The gradients of {what} are exchanged.",
        block=names[0],
        evidence="Each agrees with the loss along another parameter of the same shape.",
        advice="Return them in the order, or under the names, of the parameters.",
    )


def unread(blocks: Sequence[Parameter]) -> Finding:
    """No block moves the loss."""
    names = ", ".join(block.name for block in blocks[:6])
    if all(isinstance(b.held, np.ndarray) and not b.held.flags.writeable for b in blocks):
        return Finding(
            kind="unread",
            sentence=f"{names}: read-only, so copies were moved, and the loss does not read these.",
            evidence="Every difference was exactly zero.",
            advice="Let loss take params, or pass an array that can be written: a copy of what is "
            "broadcast or mapped into memory, which the loss then reads.",
        )
    one = len(blocks) == 1
    change, arrays = ("changes", "this array") if one else ("change", "these arrays")
    return Finding(
        kind="unread",
        sentence=f"The loss does not change when {names} {change}: it does not read {arrays}, or "
        "nothing passes through here (dead units, a loss that is zero).",
        evidence="Every difference was exactly zero.",
        advice="Pass the very arrays, or the object, that the loss reads; or let loss take params.",
    )


def shapes(blocks: Sequence[Parameter], analytic: Sequence[Analytic]) -> list[Finding]:
    """Gradients that do not have the shape of their block, and what NumPy would make of them."""
    found = []
    for block, gradient in zip(blocks, analytic, strict=True):
        if not gradient.misfit:
            continue
        got, want = gradient.given, block.shape
        sentence = f"{block.name}: expected an analytic gradient of shape {want}, got {got}. "
        if gradient.misfit == "broadcast":
            sentence += f"NumPy repeats it silently to {want} in an update."
        else:
            sentence += _what_an_update_does(want, got)
        found.append(Finding("shape", sentence, block.name, advice=_SHAPE_ADVICE[gradient.misfit]))
    return found


_SHAPE_ADVICE = {
    "broadcast": "If the entries are meant to be equal this is harmless; else the sum ran over "
    "one axis too many.",
    "transposed": "Return its transpose, or swap the factors of the product: (A B)ᵀ = Bᵀ Aᵀ.",
    "reshaped": "Sum with keepdims as the parameter has it, or reshape before returning.",
    "grown": "The gradient has another shape than its parameter, and the difference of the two "
    "spreads over both: give it the shape of the parameter.",
    "batch": "Sum over the batch axis: every sample adds to the gradient of the same bias.",
}


def _what_an_update_does(want: tuple[int, ...], got: tuple[int, ...]) -> str:
    try:
        result = np.broadcast_shapes(want, got)
    except ValueError:
        return "An update with it raises an error."
    return f"An update W = W - lr * dW silently makes it {result}."


def overwritten_gradients(
    blocks: Sequence[Parameter], raw: Sequence[Any], analytic: Sequence[Analytic]
) -> list[Finding]:
    """Gradient arrays that the loss has changed since they were read: they lie in its caches."""
    found = []
    for block, value, gradient in zip(blocks, raw, analytic, strict=True):
        if not isinstance(value, np.ndarray) or gradient.misfit:
            continue
        now = np.asarray(value, dtype=np.float64)
        if now.shape == block.shape and not np.array_equal(now, gradient.values):
            found.append(
                Finding(
                    kind="aliasing",
                    sentence=f"A call of the loss changes the gradient of {block.name} after it "
                    "was returned.",
                    block=block.name,
                    evidence="The array has other values after more calls of the loss.",
                    advice="Return a copy: the array is one that the forward pass writes into.",
                )
            )
    return found


def shared_memory(blocks: Sequence[Parameter], raw: Sequence[Any]) -> list[Finding]:
    """Gradient arrays that are one piece of memory: the last one written wins."""
    spans = [
        (*span(value), is_gradient, block.name, value)
        for block, gradient in zip(blocks, raw, strict=True)
        for is_gradient, value in ((False, block.held), (True, gradient))
        if isinstance(value, np.ndarray) and value.size
    ]
    found = []
    still: list[tuple[int, bool, str, Array]] = []  # what begins before and ends later
    for start, end, is_gradient, name, value in sorted(spans, key=lambda each: each[:2]):
        still = [other for other in still if other[0] > start]
        for _, of_gradient, other, held in still:
            if not (is_gradient or of_gradient) or not np.shares_memory(value, held):
                continue
            if is_gradient and of_gradient:
                found.append(
                    Finding(
                        kind="aliasing",
                        sentence=f"The gradients of {other} and {name} share memory.",
                        block=other,
                        evidence="np.shares_memory is true for the two arrays.",
                        advice="Give each its own array: what is written to one later changes "
                        "both.",
                    )
                )
                continue
            gradient, parameter = (name, other) if is_gradient else (other, name)
            found.append(
                Finding(
                    kind="aliasing",
                    sentence=f"The gradient of {gradient} shares memory with parameter "
                    f"{parameter}.",
                    block=gradient,
                    advice="Return a new array; an update would change what it reads.",
                )
            )
        still.append((end, is_gradient, name, value))
    return found
