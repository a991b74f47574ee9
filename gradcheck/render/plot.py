"""Pictures, by matplotlib, which is imported only here, and never its pyplot: no window opens."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..report import Block, Report
from ..run.expression import Misuse
from .heat import heat
from .outlet import unwritable
from .page import plain
from .steps import best_of
from .words import looked_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf", ".jpg")
MISSING = "{}: expected matplotlib, got no such module. Install it: pip install 'gradcheck[plot]'"
COLUMNS, WIDTH, HEIGHT = 2, 5.6, 3.9  # of the panels of one figure, in inches
TICKS = 8  # of an axis of a map, about
COLOURS = {"agrees": "tab:green", "disagrees": "tab:red", "inconclusive": "tab:orange"}

Panel = Callable[["Axes"], None]


def expect_matplotlib(who: str) -> None:
    if find_spec("matplotlib") is None:
        raise Misuse(MISSING.format(who))


def loss_curves(curves: Mapping[str, Sequence[float]], file: Path, *, title: str = "") -> None:
    """Draw named losses over the epochs into one picture; losses that are not finite end a curve.

    Raises  ImportError  if matplotlib is not installed
            Misuse       if the file cannot be written
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    _losses(figure.add_subplot(), curves=curves, title=title)
    try:
        figure.savefig(file, dpi=150)
    except OSError as problem:
        raise unwritable("--plot", problem) from None


def draw(
    report: Report,
    *,
    curves: Mapping[str, Sequence[float]] | None = None,
    figure: Figure | None = None,
) -> Figure:
    """For the blocks that matter most, a map and a V curve each; loss curves, if there are any.

    Raises  ModuleNotFoundError  if matplotlib is not installed
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ModuleNotFoundError(MISSING.format("plot"), name="matplotlib") from None

    panels: list[Panel] = []
    for block in looked_at(report)[0]:
        panels += [partial(_map, block=block)] if heat(block) else []
        panels += [partial(_errors, block=block)] if block.ladder else []
    panels += [partial(_losses, curves=curves, title="loss")] if curves else []
    columns = min(COLUMNS, max(len(panels), 1))
    rows = math.ceil(len(panels) / columns) or 1
    if figure is None:
        figure = Figure(figsize=(WIDTH * columns, HEIGHT * rows), layout="constrained")
    for number, panel in enumerate(panels, 1):
        panel(figure.add_subplot(rows, columns, number))
    return figure


def _literal(text: str) -> str:
    """Foreign text for matplotlib, which takes what stands between two $ for a formula."""
    return plain(text, ascii=False).replace("$", r"\$")


def _losses(axes: Axes, *, curves: Mapping[str, Sequence[float]], title: str) -> None:
    styles = ("-", "--", ":")  # told apart without colour, too
    for number, (name, losses) in enumerate(curves.items()):
        style = styles[number % len(styles)]
        axes.plot(losses, style, label=_literal(name), linewidth=1.6)
    axes.set(xlabel="epoch", ylabel="loss", title=_literal(title))
    axes.set_ylim(bottom=0)
    axes.margins(x=0.01)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()


def _map(axes: Axes, *, block: Block) -> None:
    """Analytic - numerical of each entry, rows and columns as they stand in the array."""
    field = heat(block)
    if field is None:
        return
    most = abs(field.largest)
    cells = [[math.nan if c.value is None else c.value * most for c in row] for row in field.cells]
    rows, columns = len(cells), len(cells[0])
    tall = min(max(rows / columns, 1 / 4), 4) * columns / rows  # cells are square, if they can be
    image = axes.imshow(cells, cmap="RdBu_r", vmin=-most, vmax=most, aspect=tall)
    axes.set_facecolor("lightgrey")  # what was not measured
    shown = range(0, rows, math.ceil(rows / TICKS))
    axes.set_yticks(shown, [field.names[row] for row in shown])
    shown = range(0, columns, math.ceil(columns / TICKS))
    axes.set_xticks(shown, [str(column * field.width) for column in shown])
    axes.set_title(f"{_literal(block.name)} {block.shape}: analytic - numerical")
    axes.figure.colorbar(image, ax=axes)
    told = []
    if field.height * field.width > 1:
        told.append(f"a cell is the worst of {field.height} x {field.width} entries")
    if any(c.value is None for row in field.cells for c in row):
        told.append("grey: not measured")
    axes.set_xlabel("; ".join(told))


def _errors(axes: Axes, *, block: Block) -> None:
    """Error of the slope against the step: the V of noise and truncation, and your gradient."""
    best, _ = best_of(block)
    steps = [rung.step for rung in block.ladder]
    central = [abs(rung.numerical - best) or math.nan for rung in block.ladder]
    higher = [
        math.nan if rung.extrapolated is None else abs(rung.extrapolated - best) or math.nan
        for rung in block.ladder
    ]
    axes.plot(steps, central, "o-", color="tab:blue", label="central difference")
    axes.plot(steps, higher, "s--", color="tab:cyan", label="extrapolated")
    axes.plot(steps, [r.error for r in block.ladder], ":", color="grey", label="noise, at most")
    axes.set(xscale="log", yscale="log", xlabel="step", ylabel="distance to the best slope")
    drawn = [gap for gap in (*central, *higher) if gap > 0]
    off = abs(block.analytic - best)
    if off > 0:
        colour = COLOURS[block.verdict]
        axes.axhline(off, color=colour, linewidth=2, label=f"your gradient: {block.verdict}")
        drawn.append(off)
    if drawn:
        axes.set_ylim(min(drawn) / 5, max(drawn) * 5e3)  # room for the legend
    if block.planned > 0:
        axes.axvline(block.planned, color="black", linewidth=1, linestyle="-.", label="planned")
    for order, gaps in ((2, central), (4, higher)):
        rungs = zip(block.ladder, gaps, strict=True)
        _slope(axes, order, [(rung.step, gap) for rung, gap in rungs if gap > 2 * rung.error])
    axes.set_title(f"{_literal(block.name)} {block.shape}: slope by step")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize="small", loc="upper center", ncols=2)


def _slope(axes: Axes, order: int, points: Sequence[tuple[float, float]]) -> None:
    """A straight line of this slope, beside the longest steps above the noise: by truncation."""
    if len(points) < 2:
        return
    (first, _), *_, (last, gap) = points[-3:]
    ends = [2 * gap * (first / last) ** order, 2 * gap]
    axes.plot([first, last], ends, color="black", linewidth=0.8, alpha=0.7)
    axes.annotate(f"slope {order}", (first, ends[0]), fontsize="small", ha="right")
