"""gradcheck debugs hand-written backpropagation: which layer, which parameter, which entry."""

from .check import assert_gradients, check_gradients
from .layer import check_layer
from .report import Block, Entry, Finding, GradientMismatch, Report, SourceLine

__version__ = "0.1.0"

__all__ = [
    "Block",
    "Entry",
    "Finding",
    "GradientMismatch",
    "Report",
    "SourceLine",
    "assert_gradients",
    "check_gradients",
    "check_layer",
]
