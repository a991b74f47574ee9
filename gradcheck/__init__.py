"""gradcheck debugs hand-written backpropagation: which layer, which parameter, which entry."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .check import assert_gradients as assert_gradients
    from .check import check_gradients as check_gradients
    from .layer import check_layer as check_layer
    from .report import Block as Block
    from .report import Difference as Difference
    from .report import Entry as Entry
    from .report import Finding as Finding
    from .report import GradientMismatch as GradientMismatch
    from .report import Interrupted as Interrupted
    from .report import Report as Report
    from .report import SourceLine as SourceLine
    from .smallest import Smallest as Smallest
    from .smallest import smallest_failing as smallest_failing

__version__ = "0.1.0"

# Public name -> the file that holds it, imported at first use: pytest loads this package in every
# run where it is installed (the plugin), and must not have to load NumPy for that.
_HOMES = {
    "Block": "report",
    "Difference": "report",
    "Entry": "report",
    "Finding": "report",
    "GradientMismatch": "report",
    "Interrupted": "report",
    "Report": "report",
    "Smallest": "smallest",
    "SourceLine": "report",
    "assert_gradients": "check",
    "check_gradients": "check",
    "check_layer": "layer",
    "smallest_failing": "smallest",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{home}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
