"""What a row of the table of kinds is made of: its texts, and how it is recognised.

A kind shows in up to four ways, each a field of its row. `repairs` and `lines` end in a corrected
gradient that is held against the loss; `marks` state what can be seen of a gradient that cannot be
made right from here; `misfit` is for right numbers in another shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from ..diagnosis.suspect import Repair, Scene, Suspect
from ..recognition.chain import State
from ..tree import Array

Step = Literal[
    "start",
    "down",
    "skip",
    "behind",
    "carry",
    "through",
    "norm",
    "weight",
    "bias",
    "gain",
    "shift",
    "recurrent",
    "scatter",
]
Formula = Callable[[State, int], "Array | None"]  # None: does not apply


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a backward pass as it stands in the user's code.

    State s holds what each sample did: s.A[k] goes into layer k, s.Z[k] meets its activation,
    s.F[k] comes out of that, and s.A[k + 1] is the same behind a mask. s.dA[k] is the cotangent
    that the layer received; s.dG[k], s.dF[k], s.dN[k] and s.dZ[k] are the same through the mask,
    with what later steps in time add, through activation and normalisation.

    step   "start": cotangent of the outputs; "down": the cotangent that layer k passes to k - 1;
           "skip": dA with what a skip connection brings; "behind": dG from dA, through a mask;
           "carry": dF from dG and the dZ of the next step in time; "through": dN from dF;
           "norm": dZ from dN; "weight": dW; "bias": db; "gain", "shift": of a normalisation;
           "recurrent": dR; "scatter": of a table of embeddings, from s.dA[-1]
    kind   "" for the right line
    says   what it does, with {k} and {below} for the layers
    """

    step: Step
    kind: str
    says: str
    formula: Formula


@dataclass(frozen=True, slots=True)
class Shown:
    """A fact about one block that its kind describes, and the measurement behind it.

    again   does it show in the block's gradient at a second point, too?
    """

    kind: str
    says: str
    evidence: str
    again: Callable[[Suspect], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """One row.

    looks, why, wrong, right, advice   its texts, the headings of docs/kinds.md
    repairs   corrections of one block, made from gradients and parameters alone
    common    the correction may hold for all that received one cotangent
    lines     wrong lines of the backward pass of a recognised net
    marks     facts about one block
    misfit    what to say of right numbers in another shape; "" when it does not apply
    """

    name: str
    looks: str
    why: str
    wrong: str
    right: str
    advice: str
    repairs: tuple[Callable[[Scene, Suspect], Iterator[Repair]], ...] = ()
    common: bool = False
    lines: tuple[Line, ...] = ()
    marks: tuple[Callable[[Scene, Suspect], Iterator[Shown]], ...] = ()
    misfit: Callable[[Suspect], str] | None = None


def square(array: Array) -> bool:
    return bool(array.shape[0] == array.shape[1])
