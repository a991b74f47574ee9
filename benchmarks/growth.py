"""How a check grows with the number of parameters: evaluations, time and memory.

    python -m benchmarks.growth --most 1e8 --plot docs/growth.svg --markdown docs/speed.md

A net of n-n-10 units (tanh, squared error, 8 samples) is checked whole, with a right gradient and
with one entry wrong by 10 %, in float64. Time is given in evaluations of the loss, both the least
of some rounds of this run. (Memory is a test: tests/test_pieces.py.)
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # nets/ is not installed as `nets`

from benchmarks import marks
from gradcheck import check_gradients
from nets.mlp import MLP


@dataclass(frozen=True)
class Row:
    """One check."""

    parameters: int
    wrong: bool
    verdict: str
    evaluations: int
    loss_seconds: float  # one evaluation, mean
    user_seconds: float  # all evaluations and backward passes
    seconds: float  # the whole check

    @property
    def overhead(self) -> float:
        return self.seconds / self.user_seconds


def measure(parameters: float, *, wrong: bool) -> Row:
    side = max(2, round(math.sqrt(parameters)))
    net = MLP((side, side, 10), "tanh", "identity", "mse")
    rng = np.random.default_rng(0)
    params = net.init(0)
    X, T = rng.normal(size=(8, side)), rng.normal(size=(8, 10))
    losses, backwards = array("d"), array("d")  # a snapshot does not put back what these hold
    told, noted = losses.append, backwards.append

    def loss(p: Any) -> float:
        begin = time.thread_time()
        value = net.loss(p, X, T)
        told(time.thread_time() - begin)
        return value

    def grads(p: Any) -> Any:
        begin = time.thread_time()
        values = net.gradients(p, X, T)
        if wrong:
            values["layer1"]["W"][1, 1] *= 1.1
        noted(time.thread_time() - begin)
        return values

    begin = time.thread_time()
    report = check_gradients(loss, params, grads, explain=False)
    seconds = time.thread_time() - begin
    return Row(
        parameters=report.size,
        wrong=wrong,
        verdict=report.verdict,
        evaluations=report.evaluations,
        loss_seconds=sum(losses) / len(losses),
        user_seconds=sum(losses) + sum(backwards),
        seconds=seconds,
    )


def table(rows: Sequence[Row]) -> str:
    titles = ["parameters", "gradient", "verdict", "evaluations", "one evaluation"]
    titles += ["check, in evaluations", "check / (losses + backward passes)"]
    lines = [f"| {' | '.join(titles)} |", "| --- " * len(titles) + "|"]
    for row in rows:
        one = row.loss_seconds
        told = f"{one * 1e6:.0f} µs" if one < 1e-3 else f"{one * 1e3:.3g} ms"
        lines.append(
            f"| {row.parameters:,} | {'one entry wrong' if row.wrong else 'right'} | {row.verdict} "
            f"| {row.evaluations} | {told} | {row.seconds / one:.0f} | {row.overhead:.2f} |"
        )
    return "\n".join(lines) + "\n"


def draw(rows: Sequence[Row], file: Path) -> None:
    from matplotlib import pyplot as plt

    plt.rcParams["svg.hashsalt"] = "growth"
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4))
    for wrong, label in ((False, "right gradient"), (True, "one entry wrong")):
        chosen = [row for row in rows if row.wrong is wrong]
        x = [row.parameters for row in chosen]
        left.plot(x, [row.evaluations for row in chosen], "o-", label=label)
        right.plot(x, [row.seconds for row in chosen], "o-", label=f"check, {label}")
    chosen = [row for row in rows if not row.wrong]
    right.plot(
        [row.parameters for row in chosen],
        [row.loss_seconds for row in chosen],
        "s--",
        color="grey",
        label="one evaluation",
    )
    left.set(xscale="log", xlabel="parameters", ylabel="evaluations of the loss", ylim=(0, None))
    right.set(xscale="log", yscale="log", xlabel="parameters", ylabel="seconds of CPU")
    left.legend()
    right.legend()
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=float, default=1e6, help="parameters of the largest net")
    parser.add_argument("--rounds", type=int, default=3, help="of each net up to 1e6 parameters")
    parser.add_argument("--plot", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    options = parser.parse_args(arguments)
    rows = []
    for power in range(2, round(math.log10(options.most)) + 1):
        for wrong in (False, True):
            rounds = options.rounds if power <= 6 else 1
            found = [measure(10.0**power, wrong=wrong) for _ in range(rounds)]
            rows.append(min(found, key=lambda row: row.overhead))
            print(rows[-1], flush=True)
    text = table(rows)
    print(text)
    if options.plot:
        draw(rows, options.plot)
    if options.markdown:
        marks.write(options.markdown, "growth", text)


if __name__ == "__main__":
    main()
