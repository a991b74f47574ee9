"""What a check takes beside the evaluations of the loss that it makes.

    OMP_NUM_THREADS=1 python -m benchmarks.overhead --rounds 30 --markdown docs/speed.md

Each net is checked with a right gradient, and as many evaluations of its loss (and backward passes)
as that check made are run bare, one right after the other, in turn with it. All times are process
times; a ratio is the median over the rounds, because a busy machine slows both alike.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # nets/ is not installed as `nets`

from benchmarks import marks
from gradcheck import check_gradients
from nets import xor
from nets.mlp import MLP


@dataclass(frozen=True)
class Case:
    """One net, and how many samples its loss sees."""

    title: str
    net: MLP
    batch: int = 0

    def problem(self) -> tuple[Any, Any, Any]:
        net = self.net
        if not self.batch:
            params, X, T = xor.question_params(net, 0), xor.X, xor.T
        else:
            rng = np.random.default_rng(0)
            params, X = net.init(0), rng.normal(size=(self.batch, net.sizes[0]))
            T = np.eye(net.sizes[-1])[rng.integers(net.sizes[-1], size=self.batch)]
        return lambda p: net.loss(p, X, T), params, lambda p: net.gradients(p, X, T)


SMALL = MLP((20, 64, 5), "tanh", "identity", "mse")
DIGITS = MLP((784, 128, 10), "relu", "identity", "softmax_cross_entropy")
IMAGES = MLP((3072, 1024, 1024, 10), "relu", "identity", "softmax_cross_entropy")
CASES = (
    Case("XOR 2-2-2-2-1", xor.question_net()),
    Case("20-64-5, 8 samples", SMALL, 8),
    Case("20-64-5, 256 samples", SMALL, 256),
    Case("20-64-5, 2,048 samples", SMALL, 2048),
    Case("784-128-10, 8 samples", DIGITS, 8),
    Case("784-128-10, 64 samples", DIGITS, 64),
    Case("784-128-10, 512 samples", DIGITS, 512),
    Case("3072-1024-1024-10, 64 samples", IMAGES, 64),
)


@dataclass(frozen=True)
class Round:
    """Seconds of one round: of the bare losses, the bare backward passes and the whole check."""

    losses: float
    backwards: float
    check: float


@dataclass(frozen=True)
class Row:
    case: Case
    evaluations: int
    rounds: Sequence[Round]

    @property
    def one(self) -> float:
        """Seconds of one evaluation."""
        return min(r.losses for r in self.rounds) / self.evaluations

    def over_losses(self) -> float:
        return statistics.median(r.check / r.losses for r in self.rounds)

    def over_all(self) -> float:
        return statistics.median(r.check / (r.losses + r.backwards) for r in self.rounds)


def seconds(function: Callable[..., Any], *arguments: Any, times: int = 1) -> float:
    begin = time.process_time()
    for _ in range(times):
        function(*arguments)
    return time.process_time() - begin


def measure(case: Case, rounds: int) -> Row:
    loss, params, grads = case.problem()
    report = check_gradients(loss, params, grads)
    assert report, report
    found = [
        Round(
            seconds(loss, params, times=report.evaluations),
            seconds(grads, params, times=report.gradient_calls),
            seconds(check_gradients, loss, params, grads),
        )
        for _ in range(rounds)
    ]
    return Row(case, report.evaluations, found)


def table(rows: Sequence[Row]) -> str:
    titles = ["net", "one evaluation", "evaluations", "check / losses"]
    titles += ["check / (losses + backward passes)"]
    lines = [f"| {' | '.join(titles)} |", "| --- " * len(titles) + "|"]
    for row in rows:
        one = row.one * 1e6
        told = f"{one:,.0f} µs" if one < 1e4 else f"{one / 1e3:.3g} ms"
        lines.append(
            f"| {row.case.title} | {told} | {row.evaluations} | {row.over_losses():.2f} "
            f"| {row.over_all():.2f} |"
        )
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--most", type=int, default=len(CASES), help="of the nets, in their order")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    options = parser.parse_args(arguments)
    rows = []
    for case in CASES[: options.most]:
        rows.append(
            measure(case, max(3, options.rounds // 10) if case.net is IMAGES else options.rounds)
        )
        print(table(rows[-1:]).splitlines()[-1], flush=True)
    if options.markdown:
        marks.write(options.markdown, "overhead", table(rows))


if __name__ == "__main__":
    main()
