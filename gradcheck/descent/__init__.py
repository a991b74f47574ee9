"""The gradient read off one training step: (before - after) / rate.

Four nets in ten never hold a gradient in their hands: backward, or the training loop, updates the
weights at once. The step is run, the difference is read, and everything it changed is put back. A
step may do more than subtract rate * gradient; what it does is told by experiment:

    second step from the same parameters moves them elsewhere       momentum, or a gradient that
                                                                     is added up over steps
    the reading depends on the rate                                  weights updated before they
                                                                     are used
    every entry moves by the same amount                             Adam and its like
    one factor for all, and the norm is the same at another point    clipping
    what is left over is a multiple of the parameters                weight decay
"""

from __future__ import annotations

from .explain import LATER, clips, explained
from .moves import Moves
from .rate import holders_of_rate, is_rate, valid_rate
from .step import Step

__all__ = [
    "LATER",
    "Moves",
    "Step",
    "clips",
    "explained",
    "holders_of_rate",
    "is_rate",
    "valid_rate",
]
