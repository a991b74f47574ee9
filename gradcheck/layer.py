"""check_layer: one layer alone, against random numbers from above.

The loss is sum(forward(x) * R) with a random R, so that backward(R) must give the gradients of x
and of every parameter. R is never all ones: behind a batch norm or a softmax they would cancel.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from . import match, tree
from .check import check_gradients, valid_seed
from .descent import holders_of_rate, is_rate, valid_rate
from .influence import overwritten, responding
from .objective import Objective
from .report import Finding, Report
from .state import Snapshot
from .tree import Array

FORWARD = ("forward", "forward_pass", "fprop", "feedforward", "feed_forward", "fwd", "__call__")
BACKWARD = (
    *("backward", "backward_pass", "backprop", "bprop", "back", "backpropagate", "bwd"),
    *("backward_propagation", "back_propagation"),
)
OUTPUT = ("output", "outputs", "out", "y", "a", "activation", "activations")
_CACHE = frozenset({"cache", "ctx", "memory", "saved", "context"})
_PARAMS = frozenset({"params", "parameters", "p", "theta", "weights"})


def check_layer(
    layer: Any,
    x: Any,
    params: Any = None,
    *,
    lr: float | None = None,
    seed: int = 0,
    select: str | Sequence[str] | None = None,
    max_evaluations: int | None = None,
) -> Report:
    """Check the backward pass of one layer alone: the gradient of its input and its parameters.

    layer     an object with forward (or __call__) and backward (or back, backprop, ...), or the
              pair (forward, backward); forward may return (y, cache) and backward take the cache;
              or it stores its output, as self.output
    x         an input, a float array; its gradient is the block "x"
    params    where the parameters are; None, or an empty dict, looks in the layer. A pair gets
              them as arguments after x, by name or in order, if forward asks for them
    lr        the rate, where backward updates the parameters itself; None finds it
    others    as in check_gradients

    backward(R) may return dx, (dx, gradients ...) or a dict, and store the rest under any usual
    name, or update the parameters in place.

    Returns Report, true only when x and every parameter agree; it says so, too, when backward is
            not linear in R, as every backward pass is.

    >>> class Double:
    ...     def forward(self, x):
    ...         return 2 * x
    ...     def backward(self, d):
    ...         return 2 * d
    >>> print(check_layer(Double(), np.ones((4, 3))).verdict)
    agrees
    """
    valid_seed(seed)
    if lr is not None:
        valid_rate(lr)
    params = _holding(params)
    untouched = Snapshot({"layer": layer, "x": x, "params": params})
    try:
        with np.errstate(all="ignore"):
            return _judged(layer, x, params, lr, seed, select, max_evaluations)
    finally:
        untouched.restore()


def _judged(
    layer: Any,
    x: Any,
    params: Any,
    lr: float | None,
    seed: int,
    select: str | Sequence[str] | None,
    max_evaluations: int | None,
) -> Report:
    bench = _Bench(layer, x, params, seed)
    ready = Snapshot({"layer": layer, "params": params})
    in_place = bench.updates_in_place()
    ready.restore()
    bent = [] if in_place else bench.bent(ready)
    source: dict[str, Any] = {"step": bench.step(lr), "lr": lr} if in_place else {}
    report = check_gradients(
        bench.loss,
        bench.nest,
        None if in_place else bench.gradients,
        **source,
        seed=seed,
        select=select,
        max_evaluations=max_evaluations,
    )
    return replace(report, findings=(*report.findings, *bent))


def _holding(params: Any) -> Any:
    """The params; None where they are an empty dict or list.

    Raises TypeError where they hold no number.
    """
    if isinstance(params, (Mapping, list, tuple)) and not params:
        return None
    found = tree.leaves(params, whole=True)
    if params is None or any(leaf.path or tree.is_leaf(leaf.value) for leaf in found):
        return params
    raise TypeError(
        f"params: expected float arrays, or a dict, list, tuple or object that holds them, got "
        f"{params!r:.40}. Leave it out for those of the layer."
    )


class _Bench:
    """One layer between an input of its own and a random gradient from above.

    nest      {"x": input, ...}: what the loss is differentiated by
    caches    names of what the forward pass computes anew
    layer     as given: gradients and rates are looked for in it
    """

    def __init__(self, layer: Any, x: Any, params: Any, seed: int) -> None:
        self.layer = layer
        self.forward, self.backward = _pair(layer)
        x = np.array(x, order="K")  # copy: it will be moved
        if x.dtype.kind not in "fiub" or not x.size:
            raise TypeError(
                f"x: expected an array of real numbers, got an array of {x.dtype} and shape "
                f"{x.shape}. Pass an input such as np.random.randn(4, 3)."
            )
        self.x = x
        self.params = {} if params is None else params
        self.nest: dict[str, Any] = {"x": x} if x.dtype.kind == "f" else {}
        held = layer if params is None and not isinstance(layer, (tuple, list)) else params
        if isinstance(held, dict):
            self.nest |= held
        self.rng = np.random.default_rng([seed, 7])
        self.upstream = self.random(self.run()[0])  # now: a layer may make its arrays on first use
        if not isinstance(held, dict) and any(True for _ in tree.leaves(held, whole=True)):
            self.nest[type(held).__name__ if params is None else "params"] = held
        self.caches: frozenset[str] = frozenset()
        blocks = self.blocks
        caches = overwritten(Objective(self.loss, tree.Box(self.nest)), blocks)
        self.caches = frozenset(blocks[i].name for i in caches)

    def random(self, like: Array) -> Array:
        return self.rng.standard_normal(like.shape).astype(like.dtype)

    # -- forward and backward ----------------------------------------------------------------------

    def run(self) -> tuple[Array, Any]:
        """Output and cache of the forward pass."""
        params = self.now()
        x = np.array(self.nest.get("x", self.x), order="K")  # copy: a layer may write into it
        result = _bound(self.forward, "forward", x, {}, params)
        cache = None
        if isinstance(result, tuple):
            result, cache = result[0], result[1] if len(result) == 2 else result[1:]
        if result is None:
            stored = (getattr(self.layer, name, None) for name in OUTPUT)
            result = next((value for value in stored if value is not None), None)
        y = _as_array(result)
        if y.dtype.kind != "f" or not y.size:
            whole = y.dtype.kind in "iub" and self.x.dtype.kind in "iub"
            way = "Pass x as floats." if whole else "Return the output of the layer."
            raise TypeError(
                f"forward: expected an array of floats, got {type(result).__name__} of {y.dtype}. "
                f"{way}"
            )
        return y, cache

    def now(self) -> Any:
        """The parameters that are passed as arguments, as they stand in the nest."""
        if isinstance(self.params, dict):
            return {name: self.nest[name] for name in self.params}
        return self.nest.get("params", self.params)

    def loss(self) -> float:
        return float(np.sum(self.run()[0] * self.upstream))

    def back(self, upstream: Array, rate: float | None = None) -> Any:
        _, cache = self.run()
        offers = {"cache": cache, "x": np.array(self.nest.get("x", self.x)), "rate": rate}
        return _bound(self.backward, "backward", upstream.copy(), offers, self.now())

    # -- what backward does ------------------------------------------------------------------------

    @property
    def blocks(self) -> list[tree.Parameter]:
        """What may be parameters."""
        found = self.nested().blocks
        return [b for b in found if b.name != "x" and b.name not in self.caches]

    @property
    def whole(self) -> list[tree.Parameter]:
        """Whole numbers that may be parameters, too: b = 0."""
        return [b for b in self.nested().whole if not match.names_data(b)]

    def nested(self) -> tree.Nest:
        if not any(True for _ in tree.leaves(self.nest, whole=True)):
            return tree.Nest(tree.Box(self.nest), [], [])
        return tree.survey(self.nest)

    def updates_in_place(self) -> bool:
        """Does backward change an array that the loss depends on?"""
        blocks = self.blocks
        before = [block.values.copy() for block in blocks]
        bound = [block.slot.get() for block in blocks]
        self.back(self.upstream, 0.5)
        changed = []
        for block, values, held in zip(blocks, before, bound, strict=True):
            if not np.array_equal(np.asarray(block.slot.get()), values):
                changed.append(block)
            block.slot.set(held)
            block.values[...] = values
            block.publish()
        objective = Objective(self.loss, tree.Box(self.nest))
        return bool(responding(objective, changed, most=1))

    def step(self, lr: float | None) -> Callable[..., None]:
        """One training step on everything: backward moves the parameters, and x is moved so too."""

        def moved(rate: float) -> None:
            found = self.sorted(self.back(self.upstream, rate))
            if "x" in found:
                self.nest["x"] = self.nest["x"] - rate * np.asarray(found["x"])

        def at_any_rate(lr: float = 0.5 if lr is None else lr) -> None:
            moved(lr)

        def at_its_rate() -> None:
            held = holders_of_rate(self.back, self.nest)
            rate = held[0].get() if held else lr
            moved(0.5 if rate is None else rate)

        takes_rate = any(is_rate(p.name) for p in _parameters(self.backward))
        return at_any_rate if takes_rate else at_its_rate

    def gradients(self) -> dict[str, Any]:
        """What backward returns and stores, under the names of the blocks."""
        return self.read(self.upstream)

    def read(self, upstream: Array) -> dict[str, Any]:
        found = self.sorted(self.back(upstream))
        blocks = self.blocks
        leaves = list(tree.leaves(self))
        for named in (blocks, self.whole):
            found |= self.stored([block for block in named if block.name not in found], leaves)
        if "x" in self.nest and "x" not in found:
            found |= self.stored_input(leaves)
        return found

    def stored(
        self, missing: Sequence[tree.Parameter], leaves: Sequence[tree.Leaf]
    ) -> dict[str, Any]:
        """The gradients of blocks that backward has stored, by name or as a list of all."""
        prefix = f"{type(self.layer).__name__}."  # not in the path of its gradient
        short = [replace(block, name=block.name.removeprefix(prefix)) for block in missing]
        pairs = match.by_name(short, leaves, stored=True)
        pairs = {
            i: j
            for i, j in pairs.items()
            if not tree.is_whole(missing[i].held) or match.is_computed_for(leaves[j], short[i])
        }
        if pairs or not missing:
            return {missing[i].name: leaves[j].value for i, j in pairs.items()}
        for gradients in match.lists_of_gradients(leaves):
            held = {id(leaf.value) for leaf in gradients}
            trained = [block for block in missing if id(block.held) not in held]
            orders = [pairs for _, pairs in match.in_order(trained, gradients)]
            orders = [pairs for pairs in orders if match.fits_exactly(pairs, trained, gradients)]
            if orders and all(pairs == orders[0] for pairs in orders):
                return {trained[i].name: gradients[j].value for i, j in orders[0].items()}
        return {}

    def stored_input(self, leaves: Sequence[tree.Leaf]) -> dict[str, Any]:
        """The gradient of the input, where backward stores it: dx, dinputs, grad_input."""
        for leaf in leaves:
            if _names_input(leaf.path[-1]) and match.shape_of(leaf.value) == self.x.shape:
                return {"x": leaf.value}
        return {}

    def sorted(self, returned: Any) -> dict[str, Any]:
        """What backward returned, under the names of the blocks."""
        found: dict[str, Any] = {}
        if returned is None:
            return found
        if not isinstance(returned, Mapping):
            parts = [returned] if tree.is_leaf(returned) else list(returned)
            if "x" in self.nest and parts:
                found["x"] = parts.pop(0)
            nested = len(parts) == 1 and isinstance(parts[0], (Mapping, tuple, list))
            returned = parts[0] if nested else parts
        rest: Any = returned
        if isinstance(returned, Mapping):
            own = [k for k in returned if _names_input(str(k)) and "x" in self.nest]
            if own:
                found["x"] = returned[own[0]]
            rest = {k: v for k, v in returned.items() if k not in own}
        leaves, blocks = list(tree.leaves(rest, numbers=True)), [*self.blocks, *self.whole]
        named = match.by_path(blocks, leaves) or match.by_name(blocks, leaves)
        if not named:
            blocks = self.blocks
            if len(leaves) > len(blocks):  # as those of w = 2 and b = 0
                called = filter(match.names_parameter, self.whole)
                blocks = self.nested().sorted([*blocks, *called])
            orders = [
                pairs
                for _, pairs in match.in_order(blocks, leaves)
                if match.fits_exactly(pairs, blocks, leaves)
            ]
            named = orders[0] if orders else {i: i for i in range(min(len(blocks), len(leaves)))}
        return found | {blocks[i].name: leaves[j].value for i, j in named.items()}

    # -- the law -----------------------------------------------------------------------------------

    def bent(self, snapshot: Snapshot) -> list[Finding]:
        """Is backward linear in the gradient from above? It must be."""
        one, other = self.upstream, self.random(self.upstream)
        parts = []
        for upstream in (one, other, 2 * one - 3 * other):
            read = self.read(upstream)
            parts.append({name: _numbers(name, value) for name, value in read.items()})
            snapshot.restore()
        names = []
        for name, value in parts[2].items():
            expected = 2 * parts[0][name] - 3 * parts[1][name]
            size = float(np.max(np.abs(expected), initial=0.0) + np.max(np.abs(value), initial=0.0))
            eps = float(np.finfo(self.upstream.dtype).eps)
            if np.max(np.abs(expected - value), initial=0.0) > 1e5 * eps * size:
                names.append(name)
        if not names:
            return []
        return [
            Finding(
                kind="not-linear",
                sentence=f"backward is not linear in the gradient from above: {', '.join(names)}.",
                block=names[0],
                evidence="backward(2 R - 3 S) differs from 2 backward(R) - 3 backward(S).",
                advice="The gradient from above enters once, as a factor: take masks and "
                "derivatives from the forward pass, and clear what was kept from earlier calls.",
            )
        ]


def _bound(
    function: Callable[..., Any], who: str, first: Array, offers: dict[str, Any], params: Any
) -> Any:
    """Call with x or the upstream gradient first, and the rest by the names of its arguments."""
    by_name = params if isinstance(params, Mapping) else {}
    in_order = list(params.values()) if isinstance(params, Mapping) else _items(params)
    taken = 0
    named: dict[str, Any] = {}
    arguments: list[Any] = [first]
    for p in _parameters(function)[1:]:
        low, required = p.name.lower(), p.default is p.empty
        if is_rate(p.name):
            if offers.get("rate") is None and not required:
                continue
            value = 0.5 if offers.get("rate") is None else offers["rate"]
        elif p.name in by_name:
            value = by_name[p.name]
        elif not required:
            continue
        elif low in match.INPUT and "x" in offers:
            value = offers["x"]
        elif offers.get("cache") is not None:
            value = offers["cache"]
        elif low in _PARAMS and np.size(params) and not (in_order and len(in_order) == 1):
            value = params
        elif taken < len(in_order):
            value, taken = in_order[taken], taken + 1
        else:
            raise TypeError(
                f"{who}: expected a function of {'x' if who == 'forward' else 'the gradient'} "
                f"alone, got one that needs {p.name}. Pass what it needs as params, or bind it."
            )
        if p.kind is p.KEYWORD_ONLY or named or not required:
            named[p.name] = value
        else:
            arguments.append(value)
    return function(*arguments, **named)


def _as_array(value: Any) -> Array:
    """As NumPy takes it; of objects where it is ragged."""
    try:
        return np.asarray(value)
    except ValueError:
        return np.array(None)


def _numbers(name: str, gradient: Any) -> Array:
    array = _as_array(gradient)
    if array.dtype.kind not in "fiu":
        raise TypeError(
            f"{name}: expected an analytic gradient of real numbers, got "
            f"{type(gradient).__name__} of {array.dtype}. Return arrays of floats."
        )
    return array.astype(float)


def _items(params: Any) -> list[Any]:
    return list(params) if isinstance(params, (tuple, list)) else [params]


def _names_input(name: str) -> bool:
    """dx, dX, d_input, grad_input, dinputs, x_grad: the gradient of the input."""
    return any("_".join(form).lower() in match.INPUT for form in match.gradient_words(name))


def _pair(layer: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    if isinstance(layer, (tuple, list)) and len(layer) == 2 and all(map(callable, layer)):
        return layer[0], layer[1]
    forward = next((getattr(layer, n) for n in FORWARD if callable(getattr(layer, n, None))), None)
    backward = next(
        (getattr(layer, n) for n in BACKWARD if callable(getattr(layer, n, None))), None
    )
    if forward is None or backward is None or isinstance(layer, type):
        missing = "forward" if forward is None else "backward"
        raise TypeError(
            f"layer: expected an object with forward and backward, got {type(layer).__name__} "
            f"without {missing}. Pass the pair (forward, backward)."
        )
    return forward, backward


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
