"""The learning rate of a step: found, asked for at other values, put to rest."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import tree
from ..gradients import bindings
from ..influence import value
from ..objective import Objective
from ..tree import Nest, Slot

_RATES = frozenset({"lr", "learningrate", "learnrate", "lrate", "eta", "alpha", "rate", "stepsize"})
_PARAMS = frozenset({"params", "parameters", "p", "theta", "weights", "w", "net", "model"})


def is_rate(name: str) -> bool:
    return name.lower().replace("_", "") in _RATES


def holders_of_rate(step: Callable[..., Any], root: Any) -> list[Slot]:
    """Variables with the name of a learning rate that a step can reach."""
    found: dict[tuple[int, str], Slot] = {}
    box = Slot(tree.Box(root), "root", attribute=True)
    for name, slot in ({"": box} | bindings(step)).items():
        for leaf in tree.leaves(slot):
            last = leaf.path[-1] if leaf.path else name
            if isinstance(leaf.value, float) and is_rate(last) and name != "default":
                found[id(leaf.slot.owner), last] = leaf.slot
    return list(found.values())


def valid_rate(lr: Any) -> float:
    """The rate as a float; raises ValueError unless it is a positive number."""
    if lr is None:
        raise ValueError(
            "lr: expected the learning rate of the step, got None. "
            "Pass the rate that it uses, such as lr=0.1: the gradient is (before - after) / lr."
        )
    number = isinstance(lr, (int, float, np.integer, np.floating)) and not isinstance(lr, bool)
    if not number or not math.isfinite(lr) or lr <= 0:
        raise ValueError(
            f"lr: expected a positive number, got {lr!r:.40}. "
            "Pass the rate that the step multiplies the gradient with."
        )
    return float(lr)


class Rate:
    """The learning rate of a step: its value, and whether another can be asked for.

    Given, or the default of an argument, or a variable of such a name that the step can reach.
    """

    def __init__(self, step: Callable[..., Any], lr: Any, nest: Nest) -> None:
        if not callable(step):
            raise TypeError(
                f"step: expected a callable, got {type(step).__name__}. "
                "Pass a function that performs one update, such as lambda: ..."
            )
        self.step, self._box = step, nest.box
        self._argument: inspect.Parameter | None = None
        self._takes_params = False
        self._holders: list[Slot] = []
        self.rests = False  # while the loss is computed
        self._read_signature()
        if callable(lr):
            lr = lr()
        if (
            lr is None
            and self._argument is not None
            and self._argument.default is not inspect.Parameter.empty
        ):
            lr = self._argument.default
        holders = holders_of_rate(step, nest.box)
        self._inferred = lr is None and len({slot.get() for slot in holders}) == 1
        if self._inferred:
            lr = holders[0].get()
        self.value = valid_rate(lr)
        self._holders = [slot for slot in holders if slot.get() == self.value]

    def _read_signature(self) -> None:
        try:
            parameters = list(inspect.signature(self.step).parameters.values())
        except (TypeError, ValueError):  # built-in or compiled: no signature to read
            return
        bindable = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        rates = [p for p in bindable if is_rate(p.name)]
        required = [p for p in bindable if p.default is p.empty and p not in rates]
        if len(required) > 1 or any(p.kind is p.KEYWORD_ONLY for p in required):
            names = ", ".join(p.name for p in required)
            raise TypeError(
                "step: expected a function of no argument, of params or of lr, got one that needs "
                f"{names}. Bind the rest: lambda lr: step(..., lr)."
            )
        self._argument = rates[0] if rates else None
        self._takes_params = bool(required)
        if required and not rates and required[0].name.lower() not in _PARAMS:
            # an argument of any name: the params, unless they are reached without it
            self._takes_params = True

    @property
    def free(self) -> bool:
        """Can the step be run at another rate?"""
        return self._argument is not None or bool(self._holders)

    def run(self, rate: float) -> Any:
        """One step at this rate."""
        for slot in self._holders:
            slot.set(rate)
        positional = [self._box.root] if self._takes_params else []
        with np.errstate(all="ignore"):
            if self._argument is None:
                return self.step(*positional)
            if self._argument.kind is inspect.Parameter.POSITIONAL_ONLY:
                return self.step(*positional, rate)
            return self.step(*positional, **{self._argument.name: rate})

    def reset(self) -> None:
        for slot in self._holders:
            slot.set(self.value)

    def prove(self, objective: Objective) -> None:
        """A rate does not change the loss; the slope of a leaky relu may be called alpha as well.

        Cost    2 evaluations, and 1 a variable
        """
        if not self._holders:
            return
        home = value(objective)
        if home != value(objective):
            return
        proven = []
        for slot in self._holders:
            slot.set(self.value / 2)
            if value(objective) == home:
                proven.append(slot)
            slot.set(self.value)
        self._holders = proven
        if self._inferred and not proven:
            valid_rate(None)

    def moves(self, objective: Objective) -> bool:
        """Does the loss, which trains, depend on the rate? Cost: 2 evaluations."""
        if not self._holders:
            return False
        home = value(objective)
        for slot in self._holders:
            slot.set(self.value / 2)
        return value(objective) != home

    def rest(self) -> None:
        """For a loss that comes after an update: let that change nothing."""
        if self.rests:
            for slot in self._holders:
                slot.set(0.0)

    def fix(self) -> None:
        """The variables found are not what the step reads."""
        self._holders.clear()
