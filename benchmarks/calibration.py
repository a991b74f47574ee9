"""How often is a right gradient accused, and a wrong one let through? Measured on random nets.

    python -m benchmarks.calibration --nets 2000 --seed 91 --jobs 2 --markdown docs/calibration.md

Random nets of seven kinds, five activations, depth 1-6, batch 1-64, squared error and softmax
cross-entropy, are judged entry by entry and along random directions of whole blocks, with the
right gradient and with planted relative errors of six sizes. The truth is backpropagation in
extended precision. A second table plants errors around the stated resolution: how many of those
larger than 1.5 times the resolution pass? A third holds kinks, jumps and noise, judged by
check_gradients itself.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks import marks
from gradcheck import check_gradients
from gradcheck.direction import random_direction
from gradcheck.gradients import Analytic
from gradcheck.numerical import EPS64, Plan, Probe
from gradcheck.objective import EntryLine, Objective
from gradcheck.point import Point
from gradcheck.tree import collect
from gradcheck.verdict import Judgement, judge
from nets.mlp import MLP

ACTIVATIONS = ("sigmoid", "tanh", "relu", "softplus", "gelu")
ERRORS = {
    "right": 0.0,
    "sign": -2.0,
    "10 %": 0.1,
    "1 %": 0.01,
    "0.1 %": 1e-3,
    "1e-4": 1e-4,
    "1e-5": 1e-5,
}

Nest = dict[str, dict[str, np.ndarray]]


@dataclass(frozen=True)
class Case:
    """A loss at a point, and its true gradient."""

    loss: Callable[[Nest], float]
    params: Nest
    truth: Nest


# -- seven kinds of nets -----------------------------------------------------------------------


def random_case(rng: np.random.Generator, kind: str) -> Case:
    """A random net of one kind, at a random point."""
    depth, batch = int(rng.integers(1, 7)), int(2 ** rng.integers(0, 7))
    inner = [int(n) for n in rng.integers(2, 25, depth - 1)]
    sizes = (int(rng.integers(2, 17)), *inner, int(rng.integers(2, 11)))
    squared = bool(rng.integers(2))
    net = MLP(
        sizes,
        activation=str(rng.choice(ACTIVATIONS)),
        output="identity",
        loss="mse" if squared else "softmax_cross_entropy",
        l2=1e-3 if kind == "trained" and rng.integers(2) else 0.0,
    )
    X = rng.standard_normal((batch, sizes[0]))
    if kind == "input scale":
        X *= 10 ** rng.uniform(-2, 2.5)
    T = rng.standard_normal((batch, sizes[-1]))
    if not squared:
        T = np.eye(sizes[-1])[rng.integers(0, sizes[-1], batch)]
    scale = {"weight scale": 10 ** rng.uniform(-4, 2), "saturated": 10 ** rng.uniform(0.7, 2)}
    params = {}
    for layer, (n_in, n_out) in enumerate(pairwise(sizes), start=1):
        base = scale.get(kind, 1 / math.sqrt(n_in))
        params[f"layer{layer}"] = {
            "W": base * rng.standard_normal((n_in, n_out)),
            "b": 0.1 * scale.get(kind, 1.0) * rng.standard_normal(n_out),
        }
    if kind == "trained":
        train(net, params, X, T, int(rng.integers(50, 800)))
    if kind == "tiny residual" and squared:
        T = net.forward(params, X) + 10 ** rng.uniform(-6, -2) * rng.standard_normal(T.shape)
    offset = 10 ** rng.uniform(2, 6) if kind == "loss offset" else 0.0
    return Case(lambda p: net.loss(p, X, T) + offset, params, truth(net, params, X, T))


def train(net: MLP, params: Nest, X: np.ndarray, T: np.ndarray, epochs: int) -> None:
    """Adam (Kingma & Ba 2015), far enough that gradients become small against the loss."""
    moments = {(k, n): (0.0, 0.0) for k in params for n in params[k]}
    for epoch in range(1, epochs + 1):
        grads = net.gradients(params, X, T)
        for (k, n), (m, v) in moments.items():
            g = grads[k][n]
            mean, square = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
            moments[k, n] = mean, square
            step = mean / (1 - 0.9**epoch) / (np.sqrt(square / (1 - 0.99**epoch)) + 1e-12)
            params[k][n] -= 0.03 * step


def truth(net: MLP, params: Nest, X: np.ndarray, T: np.ndarray) -> Nest:
    """Backpropagation in extended precision, rounded once."""
    wide = {
        k: {n: v.astype(np.longdouble) for n, v in block.items()} for k, block in params.items()
    }
    with np.errstate(all="ignore"):
        grads = net.gradients(wide, X.astype(np.longdouble), T.astype(np.longdouble))
    return {k: {n: v.astype(np.float64) for n, v in block.items()} for k, block in grads.items()}


KINDS = (
    "ordinary",
    "weight scale",
    "loss offset",
    "saturated",
    "trained",
    "tiny residual",
    "input scale",
)


# -- one net -----------------------------------------------------------------------------------


@dataclass
class Tally:
    """Verdicts counted by (what, kind, size of the error)."""

    verdicts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    evaluations: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    checks: Counter[tuple[str, str]] = field(default_factory=Counter)
    planted: int = 0
    passed: int = 0
    alarms: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.verdicts += other.verdicts
        self.evaluations += other.evaluations
        self.reasons += other.reasons
        self.checks += other.checks
        self.planted += other.planted
        self.passed += other.passed
        self.alarms += other.alarms

    def note(
        self, what: str, kind: str, error: str, found: Judgement, spent: int, where: str
    ) -> None:
        self.verdicts[what, kind, error, found.verdict] += 1
        self.evaluations[what, kind, error] += spent
        if error == "right":
            self.reasons[what, kind, found.reason] += 1
            if found.verdict == "disagrees":
                self.alarms.append(f"{where} {what} {found}")


def measure(seed: int, kind: str) -> Tally:
    """Judge some entries and directions of every block of one random net."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    tally = Tally()
    case = random_case(rng, kind)
    flat = [v for block in case.truth.values() for v in block.values()]
    size = max(float(np.max(np.abs(v))) for v in flat)
    box, blocks = collect(case.params)
    objective = Objective(case.loss, box)
    if not np.all([np.all(np.isfinite(v)) for v in flat]) or not math.isfinite(objective()):
        return tally
    report = check_gradients(case.loss, case.params, case.truth, seed=seed)
    tally.checks[kind, "evaluations"] += report.evaluations
    for block in report:
        tally.checks[kind, block.verdict] += 1
    analytic = [Analytic(v, EPS64, v.shape) for v in flat]
    point = Point(objective, blocks, analytic, rng)
    for i, block in enumerate(blocks):
        values = analytic[i].values
        if np.max(np.abs(values)) <= max(1e-30, 1e-18 * size):
            continue  # zero by construction or underflow: nothing to plant
        where = f"seed {seed} {kind} {block.name}"
        direction = random_direction(rng, block.shape)
        plan = point.plan(i, point.probe(i, direction))
        _, scale = point.along(i, direction)
        slopes = []
        for _ in range(2):
            direction = random_direction(rng, block.shape)
            slopes.append((direction, point.probe(i, direction)))
            slope = float(np.sum(values * direction))
            for name, error in ERRORS.items():
                begin = objective.evaluations
                probe = point.probe(i, direction)
                found = judge(probe, slope * (1 + error), plan, point.along(i, direction)[1])
                tally.note("block", kind, name, found, objective.evaluations - begin, where)
        honesty(tally, point, i, plan, slopes, rng)
        large = np.flatnonzero(np.abs(values.ravel()) > 1e-3 * np.max(np.abs(values)))
        for position in rng.choice(large, min(8, len(large)), replace=False):
            index = tuple(int(k) for k in np.unravel_index(position, block.shape))
            for name, error in ERRORS.items():
                begin = objective.evaluations
                probe = Probe(EntryLine(objective, block, index), point.noise)
                value = float(values[index]) * (1 + error)
                found = judge(probe, value, plan, scale.of_entry(values))
                tally.note("entry", kind, name, found, objective.evaluations - begin, where)
    return tally


def honesty(
    tally: Tally,
    point: Point,
    i: int,
    plan: Plan,
    slopes: list[tuple[np.ndarray, Probe]],
    rng: np.random.Generator,
) -> None:
    """Plant errors of one entry around the resolution that a check would state; do large ones pass?

    As in a check, two directions judge a block, and the coarser one states the resolution.
    """
    values = point.analytic[i].values

    def look(position: int, error: float) -> tuple[set[str], float]:
        found = []
        for direction, probe in slopes:
            slope = float(np.sum(values * direction)) + error * float(direction.flat[position])
            found.append(judge(probe, slope, plan, point.along(i, direction)[1]))
        seen = [2 * j.resolution for j in found if math.isfinite(j.resolution)]
        return {judgement.verdict for judgement in found}, max(seen, default=math.inf)

    right, resolution = look(0, 0.0)
    if "agrees" not in right:
        return
    for _ in range(24):
        position = int(rng.integers(values.size))
        error = resolution * 10 ** rng.uniform(-0.3, 2) * rng.choice([-1, 1])
        verdicts, stated = look(position, error)
        tally.planted += 1
        if verdicts <= {"agrees", "inconclusive"} and abs(error) > 1.5 * stated:
            tally.passed += 1


def _task(task: tuple[int, str]) -> Tally:
    with np.errstate(all="ignore"):
        return measure(*task)


# -- kinks, jumps, noise: by check_gradients itself --------------------------------------------


def _at_kink(rng: np.random.Generator, name: str) -> tuple[Case, Callable[[Nest], Nest]]:
    n, hidden, batch = 6, 12, 5
    X, T = rng.standard_normal((batch, n)), rng.standard_normal((batch, 3))
    params = {
        "layer1": {"W": rng.standard_normal((n, hidden)), "b": rng.standard_normal(hidden)},
        "layer2": {"W": rng.standard_normal((hidden, 3)), "b": rng.standard_normal(3)},
    }
    slope = {"relu": 0.0, "leaky relu": 0.1, "abs": -1.0}.get(name, 0.0)
    at_zero = float(rng.choice([0.0, 0.5, 1.0])) if name == "relu" else slope

    def hidden_layer(p: Nest) -> tuple[np.ndarray, np.ndarray]:
        Z = X @ p["layer1"]["W"] + p["layer1"]["b"]
        return Z, np.where(Z > 0, Z, slope * Z)

    if name == "zero weights":
        params["layer1"]["W"][:] = 0
        params["layer1"]["b"][:] = 0
    elif name == "zero input row":
        X[0] = 0
        params["layer1"]["b"][:] = 0
    else:  # one unit exactly at its kink, for one sample
        k = int(rng.integers(hidden))
        params["layer1"]["b"][k] = 0
        params["layer1"]["b"][k] = -(X @ params["layer1"]["W"] + params["layer1"]["b"])[0, k]

    def loss(p: Nest) -> float:
        A = hidden_layer(p)[1] @ p["layer2"]["W"] + p["layer2"]["b"]
        return float(np.sum((A - T) ** 2) / batch)

    def grads(p: Nest) -> Nest:
        Z, A = hidden_layer(p)
        dY = 2 * (A @ p["layer2"]["W"] + p["layer2"]["b"] - T) / batch
        dZ = dY @ p["layer2"]["W"].T * np.where(Z > 0, 1.0, np.where(Z == 0, at_zero, slope))
        return {
            "layer1": {"W": X.T @ dZ, "b": dZ.sum(axis=0)},
            "layer2": {"W": A.T @ dY, "b": dY.sum(axis=0)},
        }

    return Case(loss, params, grads(params)), grads


def _special(rng: np.random.Generator, name: str) -> tuple[Case, Callable[[Nest], Nest]]:
    """A smooth net whose loss is jumpy or noisy."""
    net = MLP((6, 12, 3), activation="tanh", output="identity", loss="mse")
    X, T = rng.standard_normal((5, 6)), rng.standard_normal((5, 3))
    params = net.init(int(rng.integers(1 << 30)))
    w0 = float(params["layer1"]["W"][0, 0])
    jump = 10 ** rng.uniform(-6, -1)
    size = float(name.rpartition(" ")[2]) if name.startswith("noise") else 0.0

    def loss(p: Nest) -> float:
        value = net.loss(p, X, T)
        if name == "jump":
            value += jump * (p["layer1"]["W"][0, 0] > w0)
        # fresh entropy: a generator within reach would be put back before every call
        return float(value + size * np.random.default_rng().standard_normal())

    return Case(loss, params, net.gradients(params, X, T)), lambda p: net.gradients(p, X, T)


SPECIAL = ("relu", "leaky relu", "abs", "zero weights", "zero input row", "jump")
NOISES = ("noise 1e-12", "noise 1e-9", "noise 1e-6", "noise 1e-3")


def specials(seed: int, name: str) -> Counter[tuple[str, str, str]]:
    """Verdicts of whole checks: (given as, right or wrong, verdict), for every block."""
    tally: Counter[tuple[str, str, str]] = Counter()
    for how in ("array", "callable"):
        for error in ("right", "10 %"):
            rng = np.random.default_rng([seed, *name.encode()])
            case, grads = (_special if name in NOISES or name == "jump" else _at_kink)(rng, name)
            factor = 1.1 if error == "10 %" else 1.0

            def wrong(p: Nest, grads=grads, factor=factor) -> Nest:  # type: ignore[no-untyped-def]
                found = grads(p)
                return {**found, "layer1": {k: v * factor for k, v in found["layer1"].items()}}

            given = wrong(case.params) if how == "array" else wrong
            report = check_gradients(case.loss, case.params, given, seed=seed)
            for block in report:
                planted = error if block.layer == "layer1" else "right"
                tally[how, planted, block.verdict] += 1
    return tally


# -- tables ------------------------------------------------------------------------------------


def tables(tally: Tally, special: dict[str, Counter[tuple[str, str, str]]]) -> str:
    """The measurement as Markdown."""
    lines = [
        "| judged | kind | right: agrees / inconclusive / **accused** | "
        + " | ".join(f"{name} seen" for name in list(ERRORS)[1:])
        + " | passed as right: sign / 0.1 % | evaluations right / wrong |",
        "|---|---|---|" + "---|" * (len(ERRORS) + 1),
    ]
    for what in ("entry", "block"):
        for kind in (*KINDS, "all"):
            lines += [_row(tally, what, KINDS if kind == "all" else (kind,), kind)]
    honesty = (
        f"Honesty: of {tally.planted:,} errors of one entry planted around the stated resolution, "
        f"{tally.passed} larger than 1.5 times the stated resolution passed."
    )
    header = (
        "| at the point | gradients | right: agrees / inconclusive / **accused** "
        "| 10 % wrong: disagrees / inconclusive / **passed** |"
    )
    lines += [
        "",
        "Whole checks of right gradients, given as arrays:",
        "",
        "| kind | blocks: agree / inconclusive / **accused** | evaluations a block |",
        "|---|---|---|",
    ]
    for kind in KINDS:
        counts = [tally.checks[kind, v] for v in ("agrees", "inconclusive", "disagrees")]
        spent = tally.checks[kind, "evaluations"] / max(sum(counts), 1)
        lines.append(f"| {kind} | {_three(counts)} | {spent:.1f} |")
    lines += [
        "",
        honesty,
        "",
        header,
        "|---|---|---|---|",
    ]
    for name, found in special.items():
        for how in ("array", "callable"):
            right = [found[how, "right", v] for v in ("agrees", "inconclusive", "disagrees")]
            wrong = [found[how, "10 %", v] for v in ("disagrees", "inconclusive", "agrees")]
            lines.append(f"| {name} | {how} | {_three(right)} | {_three(wrong)} |")
    return "\n".join(lines)


def _three(counts: list[int]) -> str:
    return " / ".join(f"{n:,}" for n in counts)


def _row(tally: Tally, what: str, kinds: Iterable[str], label: str) -> str:
    def count(error: str, verdict: str) -> int:
        return sum(tally.verdicts[what, kind, error, verdict] for kind in kinds)

    def total(error: str) -> int:
        return max(sum(count(error, v) for v in ("agrees", "disagrees", "inconclusive")), 1)

    kinds = list(kinds)
    right = [count("right", v) for v in ("agrees", "inconclusive", "disagrees")]
    seen = [f"{100 * count(e, 'disagrees') / total(e):.1f} %" for e in list(ERRORS)[1:]]
    passed = [100 * count(e, "agrees") / total(e) for e in ("sign", "0.1 %")]
    spent_right = sum(tally.evaluations[what, k, "right"] for k in kinds) / total("right")
    spent_wrong = sum(tally.evaluations[what, k, "10 %"] for k in kinds) / total("10 %")
    let_through = " / ".join(f"{p:.2f} %" for p in passed)
    spent = f"{spent_right:.2f} / {spent_wrong:.2f}"
    return f"| {' | '.join([what, label, _three(right), *seen, let_through, spent])} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nets", type=int, default=210, help="random nets, all kinds together")
    parser.add_argument("--special", type=int, default=20, help="nets for each kink, jump, noise")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--markdown", type=Path, help="write the tables here too")
    options = parser.parse_args()
    tasks = [(options.seed * 1_000_000 + i, KINDS[i % len(KINDS)]) for i in range(options.nets)]
    tally = Tally()
    with ProcessPoolExecutor(options.jobs) as pool:
        for part in pool.map(_task, tasks, chunksize=8):
            tally.add(part)
    special = {}
    for name in (*SPECIAL, *NOISES):
        special[name] = Counter[tuple[str, str, str]]()
        for i in range(options.special):
            special[name] += specials(options.seed * 1000 + i, name)
    text = tables(tally, special)
    print(text)
    reasons = Counter[tuple[str, str]]()
    for (what, kind, reason), n in tally.reasons.items():
        reasons[kind, reason] += n if what == "entry" else 0
    print("\nreasons of right entries:", {k: n for k, n in sorted(reasons.items()) if k[1]})
    print("\n".join(tally.alarms[:40]))
    if options.markdown:
        command = f"--nets {options.nets} --special {options.special} --seed {options.seed}"
        measured = f"Measured by `python -m benchmarks.calibration {command}`.\n\n"
        marks.write(options.markdown, "calibration", measured + text + "\n")


if __name__ == "__main__":
    main()
