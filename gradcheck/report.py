"""What a check found: facts in frozen dataclasses. Drawing them is the business of `render`."""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCHEMA = 1  # of to_dict and to_json; grows when a key is renamed, removed, or changes its meaning

Verdict = Literal["agrees", "disagrees", "inconclusive"]
Role = Literal["origin", "inherited", "unknown", ""]
NAMED = 4  # blocks in the one line of a Report's repr


@contextlib.contextmanager
def random_kept() -> Iterator[None]:
    """Telling must not move the random numbers of a training: rich draws some for its styles."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


class Facts:
    """Equal where every fact is, nan to nan: since Python 3.13 a dataclass finds those unequal."""

    __slots__ = ()

    def _facts(self) -> tuple[Any, ...]:
        facts = (getattr(self, f.name) for f in fields(self) if f.compare)  # type: ignore[arg-type]
        return tuple(math.nan if isinstance(f, float) and math.isnan(f) else f for f in facts)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._facts() == other._facts()

    def __hash__(self) -> int:
        return hash(self._facts())


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Facts):
    """One value of a block: what the user's code says, and what finite differences say."""

    index: tuple[int, ...]
    analytic: float
    numerical: float
    error: float  # of `numerical`

    @property
    def discrepancy(self) -> float:
        return self.analytic - self.numerical


@dataclass(frozen=True, slots=True, eq=False)
class Difference(Facts):
    """A central difference of the loss at one step, along the direction of a block's slopes.

    error          what noise can have done to it; truncation, of order step**2, is not in it
    extrapolated   the same with the truncation of order step**2 removed, by the next longer step
                   (Richardson 1911); None at the longest
    """

    step: float
    numerical: float
    error: float
    extrapolated: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Block(Facts):
    """One parameter array and the verdict on its gradient.

    analytic, numerical, error   slopes of the loss along the probed direction of the block,
                                 in units of loss per unit of parameter; error of the numerical one
    step, planned                of `numerical`; and the one at which noise and truncation balance
    ladder                       the same slope at every step that was tried, shortest first
    best, best_error             the slope as well as it is known, with `details` of check_gradients
    ratio, cosine                of the analytic to the numerical gradient of the block
    resolution                   size of the smallest error of one entry that would have been seen
    detectable                   the same relative to the root mean square entry of the gradient
    entries                      what was measured entry by entry, at most 1,000 of them, the wrong
                                 ones first to be listed
    wrong_entries                indices of the wrong entries, when they could be told one by one
    wrong_fraction               (estimate, low, high): share of wrong entries, from a sample,
                                 with its 95 % interval, when they are too many to be listed
    pattern                      "entries", "row 3", "column 2", "dense" or ""
    """

    name: str
    layer: str
    parameter: str
    shape: tuple[int, ...]
    verdict: Verdict
    reason: str = ""
    analytic: float = math.nan
    numerical: float = math.nan
    error: float = math.nan
    step: float = math.nan
    planned: float = math.nan
    ladder: tuple[Difference, ...] = ()
    best: float | None = None
    best_error: float | None = None
    ratio: float | None = None
    cosine: float | None = None
    resolution: float | None = None
    detectable: float | None = None
    worst: Entry | None = None
    entries: tuple[Entry, ...] = ()
    wrong_entries: tuple[tuple[int, ...], ...] = ()
    wrong_fraction: tuple[float, float, float] | None = None
    pattern: str = ""
    role: Role = ""
    aliases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    evaluations: int = 0

    @property
    def size(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of the user's code; `column` and `width` mark the expression meant, if any."""

    file: str
    line: int
    text: str
    function: str = ""
    column: int | None = None
    width: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know, with its evidence and a way out.

    verified   the correction was applied and every block agreed
    diff       the correction in the source: "- as it is", "+ as it should be", "  as is"
    instead    it would do as well as the finding before it
    """

    kind: str
    sentence: str
    block: str = ""
    evidence: str = ""
    advice: str = ""
    lines: tuple[SourceLine, ...] = ()
    verified: bool = False
    diff: tuple[str, ...] = ()
    instead: bool = False


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Report(Facts):
    """The result of `check_gradients`. True only when every block agrees.

    blocks           in the order of the parameters
    findings         in the order of importance
    noise            standard deviation of the rounding (or other) noise of the loss
    evaluations      calls of the loss, all of them
    gradient_calls   calls of the user's gradient function or training step
    replays          runs of the user's instrumented code, in search of the line
    unchecked        names of what the loss depends on as well, and no gradient was found for
    """

    verdict: Verdict
    blocks: tuple[Block, ...]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    loss: float = math.nan
    noise: float = math.nan
    evaluations: int = 0
    gradient_calls: int = 0
    replays: int = 0
    seconds: float = field(default=0.0, compare=False)
    seed: int = 0
    unchecked: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.verdict == "agrees"

    def __iter__(self) -> Iterator[Block]:
        return iter(self.blocks)

    def __getitem__(self, name: str) -> Block:
        """The block of that name, such as report["layer1.W"]."""
        for block in self.blocks:
            if name == block.name or name in block.aliases:
                return block
        known = ", ".join(block.name for block in self.blocks)
        raise KeyError(f"report: expected the name of a block ({known}), got {name!r}.")

    @property
    def wrong(self) -> tuple[Block, ...]:
        """The blocks that disagree."""
        return tuple(block for block in self.blocks if block.verdict == "disagrees")

    @property
    def size(self) -> int:
        """Number of values in all blocks."""
        return sum(block.size for block in self.blocks)

    def raise_if_wrong(self) -> None:
        """Raise GradientMismatch, carrying this report, when any block disagrees."""
        __tracebackhide__ = True  # pytest shows the call of the user
        if self.verdict == "disagrees":
            raise GradientMismatch(self)

    def show(self, *, verbose: bool = False) -> None:
        """Print the report, in colour on a terminal.

        verbose   with a map of each wrong array, and the slope at each step, against which one sees
                  why the verdict is trusted; check_gradients(..., details=True) measures more of it
        """
        with random_kept():
            from rich.console import Console

            from .render.terminal import draw

            draw(self, Console(highlight=False), verbose=verbose)

    def to_dict(self) -> dict[str, Any]:
        """The facts as plain dicts, lists, strings and numbers, after the version of their form."""
        return {"schema": SCHEMA, **asdict(self)}

    def to_json(self, *, indent: int | None = 2) -> str:
        """The facts as JSON, as gradcheck/report.schema.json describes it.

        Numbers that are not finite become null.
        """
        import json  # not for every check

        return json.dumps(_finite(self.to_dict()), indent=indent, allow_nan=False)

    def to_html(self) -> str:
        """The report as one HTML page that needs neither network nor scripts."""
        with random_kept():
            from .render.html import document

            return document([self])

    def plot(
        self,
        *,
        curves: Mapping[str, Sequence[float]] | None = None,
        figure: Figure | None = None,
    ) -> Figure:
        """The report as pictures: report.plot().savefig("report.png"). A notebook shows them.

        For the parameters that matter most, a map of analytic - numerical, and the error of the
        slope against the step: where noise and truncation balance, how both grow from there, and
        how far off the gradient is. check_gradients(..., details=True) measures more of both.

        curves   named losses over the epochs, to be drawn as well
        figure   of matplotlib, to draw into: matplotlib.pyplot.figure() for a window
        Raises   ModuleNotFoundError   if matplotlib is not installed
        """
        from .render.plot import draw

        return draw(self, curves=curves, figure=figure)

    def _repr_html_(self) -> str:
        """What a notebook shows: the page without its frame."""
        with random_kept():
            from .render.html import fragment

            return fragment(self)

    def __str__(self) -> str:
        with random_kept():
            from .render.terminal import to_text

            return to_text(self)

    def __repr__(self) -> str:
        """One line, short enough for the 240 characters that pytest shows of a failing assert."""
        told = [
            f"{block.name} {block.role or block.reason.partition(':')[0]}".rstrip()
            for block in self.blocks
            if block.verdict == self.verdict != "agrees"
        ]
        told[NAMED:] = [f"and {len(told) - NAMED} more"] if len(told) > NAMED else []
        places = (f"{line.file}:{line.line}" for f in self.findings for line in f.lines)
        told += [f"see {place}" for place in places][:1]
        return f"<Report {self.verdict}{': ' * bool(told)}{', '.join(told)}; print it for more>"


class GradientMismatch(AssertionError):
    """An analytic gradient disagrees with the numerical one; `report` says where."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        return "\n" + str(self.report)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a check; `report` holds what was known by then."""

    def __init__(self, report: Report, *told: object) -> None:
        super().__init__(*told)
        self.report = report


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
