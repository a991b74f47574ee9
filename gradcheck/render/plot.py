"""Pictures, by matplotlib, which is imported only here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

SUFFIXES = (".png", ".svg", ".pdf", ".jpg")


def loss_curves(curves: Mapping[str, Sequence[float]], file: Path, *, title: str = "") -> None:
    """Draw named losses over the epochs into one picture; losses that are not finite end a curve.

    Raises ImportError if matplotlib is not installed.
    """
    from matplotlib.figure import Figure  # no pyplot: no window, no global state

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    styles = ("-", "--", ":")  # told apart without colour, too
    for number, (name, losses) in enumerate(curves.items()):
        axes.plot(losses, styles[number % len(styles)], label=name, linewidth=1.6)
    axes.set(xlabel="epoch", ylabel="loss", title=title)
    axes.set_ylim(bottom=0)
    axes.margins(x=0.01)
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=150)
