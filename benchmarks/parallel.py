"""A check on two workers beside the same check on one: does the waiting pay?

    python -m benchmarks.parallel --seconds 0.01 --markdown docs/speed.md

The loss of a small net, which then sleeps: so only what is dispatched, and what waits for what, is
measured, and not how busy the cores are. Both checks of a round come one right after the other.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # nets/ is not installed as `nets`

from benchmarks import marks
from gradcheck import check_gradients
from nets.mlp import MLP

NET = MLP((20, 16, 5), "tanh", "identity", "mse")


class Slow:
    """The loss of a net; an evaluation takes at least so many seconds."""

    def __init__(self, seconds: float) -> None:
        rng = np.random.default_rng(0)
        self.seconds = seconds
        self.X, self.T = rng.normal(size=(8, 20)), rng.normal(size=(8, 5))

    def __call__(self, params: Any) -> float:
        begin = time.perf_counter()
        loss = NET.loss(params, self.X, self.T)
        time.sleep(max(0.0, self.seconds - (time.perf_counter() - begin)))
        return loss

    def gradients(self, params: Any) -> Any:
        return NET.gradients(params, self.X, self.T)


@dataclass(frozen=True)
class Row:
    """Seconds of the checks, of one worker and of two, in each round."""

    backend: str
    seconds: float
    evaluations: int
    one: Sequence[float]
    two: Sequence[float]

    @property
    def ratio(self) -> float:
        return statistics.median(a / b for a, b in zip(self.one, self.two, strict=True))


def measure(backend: str, seconds: float, rounds: int) -> Row:
    loss, params = Slow(seconds), NET.init(0)
    times: dict[int, list[float]] = {1: [], 2: []}
    with joblib.parallel_config(backend=backend):
        check_gradients(loss, params, loss.gradients, n_jobs=2)  # starts the workers
        for _ in range(rounds):
            for n_jobs, found in times.items():
                begin = time.perf_counter()
                report = check_gradients(loss, params, loss.gradients, n_jobs=n_jobs)
                found.append(time.perf_counter() - begin)
                assert report, report
    return Row(backend, seconds, report.evaluations, times[1], times[2])


def table(rows: Sequence[Row]) -> str:
    lines = ["| backend | one evaluation | evaluations | two workers, times as fast |"]
    lines.append("| --- " * 4 + "|")
    lines += [
        f"| {row.backend} | {row.seconds * 1e3:g} ms | {row.evaluations} | {row.ratio:.2f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--backends", nargs="+", default=["loky", "threading"])
    parser.add_argument("--seconds", nargs="+", type=float, default=[0.01, 0.05])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there too")
    options = parser.parse_args(arguments)
    pairs = [(backend, seconds) for backend in options.backends for seconds in options.seconds]
    text = table([measure(*pair, options.rounds) for pair in pairs])
    print(text)
    if options.markdown:
        marks.write(options.markdown, "parallel", text)


if __name__ == "__main__":
    main()
