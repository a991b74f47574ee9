"""Pictures, by matplotlib, which is imported only here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from ..expression import Misuse
from .outlet import unwritable

SUFFIXES = (".png", ".svg", ".pdf", ".jpg")


def loss_curves(curves: Mapping[str, Sequence[float]], file: Path, *, title: str = "") -> None:
    """Draw named losses over the epochs into one picture; losses that are not finite end a curve.

    Raises  ImportError  if matplotlib is not installed
            Misuse       if the file cannot be written
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
    try:
        figure.savefig(file, dpi=150)
    except OSError as problem:
        raise unwritable("--plot", problem) from None


def expect_matplotlib(who: str) -> None:
    if find_spec("matplotlib") is None:
        raise Misuse(
            f"{who}: expected matplotlib, got no such module. "
            "Install it: pip install 'gradcheck[plot]'"
        )
