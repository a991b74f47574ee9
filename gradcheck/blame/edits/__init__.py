"""Small edits of one line: the slips that people make in a backward pass, taken back.

Each row of ROWS is a generator: a place in the source in, edits out. Adding a row is one function
and one entry here.

The cost of an edit says how much it assumes, and edits are tried in its order:
  1.0 - 1.2   a slip of one character: a sign, a transpose, a neighbour's index, = for +=
  1.2 - 1.4   one word: another name, axis or function; a known count; a known derivative
  1.4 - 1.6   a factor or term made of what is in sight; an operator of another class
  1.7 - 2.0   what could mend a line by chance: a free number, two things at once
Of two edits that both mend everything the one with the lower cost is told. Differences of 0.1
order neighbours that mend the same mistakes: the shorter text, the likelier slip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..site import Edit, Site
from .axes import orders, reductions, shapes, stacks, transposes
from .derivatives import derivatives, differentiated
from .loops import carried
from .names import applied, calls, errors, movers, names, ranges
from .operators import (
    choices,
    constants,
    factors,
    products,
    regroups,
    rows,
    signs,
    swapped,
    takes_away,
)
from .scales import expressed, lists, scales
from .starved import fed, grown, starved, unfilled
from .statements import statements
from .terms import biases_left_out, jacobians, paths, terms
from .wholes import FAR, wholes

__all__ = [
    "FAR",
    "ROWS",
    "carried",
    "expressed",
    "fed",
    "grown",
    "movers",
    "orders",
    "starved",
    "statements",
    "swapped",
    "takes_away",
]

ROWS: tuple[Callable[[Site], Iterator[Edit]], ...] = (
    signs,
    transposes,
    stacks,
    shapes,
    products,
    regroups,
    names,
    errors,
    applied,
    calls,
    ranges,
    constants,
    rows,
    choices,
    reductions,
    factors,
    derivatives,
    differentiated,
    scales,
    terms,
    biases_left_out,
    paths,
    jacobians,
    lists,
    unfilled,
    wholes,
)
