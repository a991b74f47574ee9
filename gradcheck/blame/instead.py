"""An edited expression, evaluated in the user's frame where the old one stands.

So a try costs the compilation of an expression, and not that of a function. Only what has no side
effects is evaluated so, since the old expression is evaluated as well; and an edit that mends
everything is run once more as the code that it makes.
"""

from __future__ import annotations

import ast
from typing import Any

from .behaviours import frame_of_hook
from .hooks import COMPREHENSIONS
from .remembered import remembered
from .replay import Replay
from .site import harmless
from .source import Unit
from .syntax import fills
from .trees import Changes
from .values import Values

INSTEAD = -2  # the number of the hook
# what cannot be evaluated outside of its function, or binds names
_BOUND = ast.Lambda | COMPREHENSIONS | ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Await


class Instead:
    """A behaviour that evaluates another expression.

    failed   did that raise an error, as the edited code would?
    """

    def __init__(self, code: Any) -> None:
        self._code, self.failed = code, False

    def __call__(self, number: int, value: Any) -> Any:
        if number != INSTEAD:
            return value
        frame = frame_of_hook()
        try:
            return eval(self._code, frame.f_globals, frame.f_locals)  # noqa: S307  their own names
        except NameError:  # of a scope around, that only the compiler sees
            raise
        except Exception:
            self.failed = True
            raise


def run_instead(replay: Replay, changes: Changes) -> tuple[bool, Values | None]:
    """The gradients with one expression evaluated instead of another; None where they fail.

    First of the two: is this what the edited code would give? Else it must be run.
    """
    (old, new), *more = changes.items()
    unit = next((unit for unit in replay.units if _holds(unit, old)), None)
    if more or unit is None or not isinstance(old, ast.expr) or not isinstance(new, ast.expr):
        return False, None
    if not (_stands_alone(old) and _stands_alone(new)) or replay.holds(old, unit):
        return False, None
    try:
        unit.locate(new, old)
        code = replay.evaluated(new, unit)
        replay.watch_at(unit, old, INSTEAD)
    except (SyntaxError, ValueError, TypeError, RecursionError, IndexError):
        return False, None
    behaviour = Instead(code)
    gradient = replay.run_grads(behaviour)
    return behaviour.failed or gradient is not None, gradient


def _holds(unit: Unit, node: ast.AST) -> bool:
    """Is this in the code of a function, and not in a decorator of it?"""
    if node not in unit.parents:
        return False
    while (above := unit.parents.get(node)) is not None and above is not unit.tree:
        node = above
    return node not in getattr(unit.tree, "decorator_list", ())


@remembered(50_000)
def _stands_alone(node: ast.AST) -> bool:
    """Is it read, and can it be evaluated once more anywhere in its frame?"""
    if isinstance(node, _BOUND | ast.Store | ast.Del) or fills(node):
        return False
    if isinstance(node, ast.Call) and not harmless(node):
        return False
    name = getattr(node, "id", "") or getattr(node, "attr", "")
    private = name.startswith("__")  # of a class: renamed in it
    return not private and all(map(_stands_alone, ast.iter_child_nodes(node)))
