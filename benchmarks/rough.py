"""Is right code accused where a loss is rough, rounded or steep, and wrong code still found?

    python -m benchmarks.rough --nets 150 --seed 1 --jobs 2 --markdown docs/calibration.md

Whole checks by check_gradients, of random nets at the edge of what differences can tell: many kinks
under a loss that is rounded, float32 wherever it may lie in the gradient, recurrent nets of fifty
steps, powers, chaos, vectors of many units. Each is checked with the right gradient and with one
block (of a vector of many units one entry) 10 % too large.
A second table plants an error of one entry, so many times the size that the check of the right
gradient says it would have seen.
"""

from __future__ import annotations

import argparse
import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import calibration, marks
from gradcheck import check_gradients

Params = dict[str, np.ndarray]
Family = Callable[[np.random.Generator], "Case"]
WRONG = 1.1
TIMES = (1.1, 1.5, 2.0)
UNITS = "one vector of many units"  # of which one entry is wrong


class Case(NamedTuple):
    """A loss at a point, and its right gradient."""

    loss: Callable[[Params], float]
    params: Params
    grads: Callable[[Params], Params]


# -- many kinks, and a loss that is not exact --------------------------------------------------


def six_digits(value: float) -> float:
    return float(f"{value:.6g}")


def to_float32(value: float) -> float:
    return float(np.float32(value))


def far_from_zero(value: float) -> float:
    return value + 1e8


def exact(value: float) -> float:
    return value


def kinks(spoil: Callable[[float], float]) -> Family:
    """A net of 64 units with a kink each, for 8 to 64 samples."""

    def make(rng: np.random.Generator) -> Case:
        batch = int(2 ** rng.integers(3, 7))
        slope = float(rng.choice([0.0, 0.1, -1.0]))  # relu, leaky relu, absolute value
        X, T = rng.normal(size=(batch, 8)), rng.normal(size=(batch, 3))
        params = {
            "W1": rng.normal(size=(8, 64)) / math.sqrt(8),
            "b1": 0.1 * rng.normal(size=64),
            "W2": rng.normal(size=(64, 3)) / 8,
            "b2": 0.1 * rng.normal(size=3),
        }

        def loss(p: Params) -> float:
            Z = X @ p["W1"] + p["b1"]
            Y = np.where(Z > 0, Z, slope * Z) @ p["W2"] + p["b2"]
            return spoil(float(np.mean((Y - T) ** 2)))

        def grads(p: Params) -> Params:
            Z = X @ p["W1"] + p["b1"]
            A = np.where(Z > 0, Z, slope * Z)
            dY = 2 * (A @ p["W2"] + p["b2"] - T) / T.size
            dZ = dY @ p["W2"].T * np.where(Z > 0, 1.0, slope)
            return {"W1": X.T @ dZ, "b1": dZ.sum(axis=0), "W2": A.T @ dY, "b2": dY.sum(axis=0)}

        return Case(loss, params, grads)

    return make


# -- float32 somewhere -------------------------------------------------------------------------


def single(where: str) -> Family:
    """A net in which one thing is float32: what is told by `where`."""

    def cast(values: np.ndarray, what: str) -> np.ndarray:
        return values.astype(np.float32) if what == where else values

    def make(rng: np.random.Generator) -> Case:
        i, h, o, n = (int(k) for k in rng.integers(2, 17, size=4))
        X = cast(rng.normal(size=(n, i)), "data")
        T = cast(rng.normal(size=(n, o)), "data")
        params = {
            "W1": rng.normal(size=(i, h)) / math.sqrt(i),
            "b1": 0.1 * rng.normal(size=h),
            "W2": rng.normal(size=(h, o)) / math.sqrt(h),
            "b2": np.zeros(o),
        }
        params = {name: cast(values, "parameters") for name, values in params.items()}

        def forward(p: Params) -> tuple[np.ndarray, np.ndarray]:
            A = cast(np.tanh(X @ p["W1"] + p["b1"]), "activations")
            return A, cast(A @ p["W2"] + p["b2"] - T, "residuals")

        def loss(p: Params) -> float:
            return float(cast(np.asarray(np.mean(forward(p)[1] ** 2)), "loss"))

        def grads(p: Params) -> Params:
            A, residual = forward(p)
            dY = cast(2 * residual / T.size, "first cotangent")
            dZ = cast(dY @ p["W2"].T * (1 - A**2), "last cotangent")
            found = {"W1": X.T @ dZ, "b1": dZ.sum(axis=0), "W2": A.T @ dY, "b2": dY.sum(axis=0)}
            found["W1"] = cast(found["W1"], "one gradient")
            return {name: cast(values, "gradients") for name, values in found.items()}

        return Case(loss, params, grads)

    return make


# -- steep and long ----------------------------------------------------------------------------


def recurrent(rng: np.random.Generator) -> Case:
    """Fifty steps of a recurrent net, from one that forgets to one that is chaotic."""
    steps, hidden = 50, int(rng.integers(2, 9))
    xs, target = rng.normal(size=(steps, 3)), rng.normal(size=hidden)
    gain = float(rng.uniform(0.3, 2.5))
    params = {
        "U": rng.normal(size=(3, hidden)) / math.sqrt(3),
        "W": gain * rng.normal(size=(hidden, hidden)) / math.sqrt(hidden),
    }

    def states(p: Params) -> list[np.ndarray]:
        hs = [np.zeros(hidden)]
        for x in xs:
            hs.append(np.tanh(x @ p["U"] + hs[-1] @ p["W"]))
        return hs

    def loss(p: Params) -> float:
        return float(np.sum((states(p)[-1] - target) ** 2))

    def grads(p: Params) -> Params:
        hs = states(p)
        found = {name: np.zeros_like(values) for name, values in p.items()}
        dh = 2 * (hs[-1] - target)
        for t in reversed(range(steps)):
            dz = dh * (1 - hs[t + 1] ** 2)
            found["U"] += np.outer(xs[t], dz)
            found["W"] += np.outer(hs[t], dz)
            dh = p["W"] @ dz
        return found

    return Case(loss, params, grads)


def power(rng: np.random.Generator) -> Case:
    """A product of a hundred factors that are one number."""
    n = 100
    params = {"a": rng.uniform(0.8, 1.3, size=3), "c": rng.normal(size=3)}

    def loss(p: Params) -> float:
        return float(np.sum(p["c"] * p["a"] ** n))

    def grads(p: Params) -> Params:
        return {"a": n * p["c"] * p["a"] ** (n - 1), "c": p["a"] ** n}

    return Case(loss, params, grads)


def chaos(rng: np.random.Generator) -> Case:
    """The logistic map: after 60 steps its slopes are some 1e17 times its values."""
    steps = int(rng.integers(10, 61))
    params = {"r": rng.uniform(3.6, 4.0, size=1), "x": rng.uniform(0.1, 0.9, size=4)}

    def loss(p: Params) -> float:
        x = p["x"]
        for _ in range(steps):
            x = p["r"] * x * (1 - x)
        return float(np.sum(x**2))

    def grads(p: Params) -> Params:
        x, dx, dr = p["x"], np.ones(4), np.zeros(4)
        for _ in range(steps):
            slope = p["r"] * (1 - 2 * x)
            dr, dx = slope * dr + x * (1 - x), slope * dx
            x = p["r"] * x * (1 - x)
        return {"r": np.atleast_1d(np.sum(2 * x * dr)), "x": 2 * x * dx}

    return Case(loss, params, grads)


def periods(rng: np.random.Generator) -> Case:
    """A sine through hundreds of periods: its gradient changes as soon as its frequency does."""
    t = np.sort(rng.uniform(0, 10 ** rng.uniform(2, 3.7), size=60))
    y = np.sin(2 * np.pi * 0.7123 * t + 0.3) + 0.3 * rng.normal(size=60)
    params = {
        "amplitude": rng.uniform(0.5, 1.5, size=1),
        "rate": 0.7123 + 1e-4 * rng.normal(size=1),
        "phase": rng.normal(size=1),
    }

    def loss(p: Params) -> float:
        return float(
            np.sum((p["amplitude"] * np.sin(2 * np.pi * p["rate"] * t + p["phase"]) - y) ** 2)
        )

    def grads(p: Params) -> Params:
        angle = 2 * np.pi * p["rate"] * t + p["phase"]
        residual = 2 * (p["amplitude"] * np.sin(angle) - y)
        slope = residual * p["amplitude"] * np.cos(angle)
        found = {
            "amplitude": np.sum(residual * np.sin(angle)),
            "rate": np.sum(slope * 2 * np.pi * t),
            "phase": np.sum(slope),
        }
        return {name: np.atleast_1d(value) for name, value in found.items()}

    return Case(loss, params, grads)


# -- where a step can go wrong -----------------------------------------------------------------


def edge(rng: np.random.Generator) -> Case:
    """Logarithms and roots of numbers between a millionth and 1: the domain ends close by."""
    c, d = rng.normal(size=(2, 5))
    params = {"p": 10 ** rng.uniform(-6, 0, size=5)}

    def loss(p: Params) -> float:
        x = p["p"]
        return float(np.sum(c * np.log(x) + d * np.sqrt(x) + x * np.log(x)))

    def grads(p: Params) -> Params:
        x = p["p"]
        return {"p": c / x + d / (2 * np.sqrt(x)) + np.log(x) + 1}

    return Case(loss, params, grads)


def scales(rng: np.random.Generator) -> Case:
    """A physicist's units: one array of 1e-12, one of 1e9, one of 1."""
    X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    params = {
        "charge": 1e-12 * rng.normal(size=3),
        "rate": 1e9 * rng.normal(size=3),
        "offset": rng.normal(size=1),
    }

    def parts(p: Params) -> tuple[np.ndarray, np.ndarray]:
        wave = np.sin(X @ p["rate"] / 1e9)
        return wave, 1e12 * (X @ p["charge"]) + wave + p["offset"] - y

    def loss(p: Params) -> float:
        return float(0.5 * np.sum(parts(p)[1] ** 2))

    def grads(p: Params) -> Params:
        residual = parts(p)[1]
        slope = np.cos(X @ p["rate"] / 1e9) / 1e9
        return {
            "charge": 1e12 * (X.T @ residual),
            "rate": X.T @ (residual * slope),
            "offset": np.sum(residual, keepdims=True),
        }

    return Case(loss, params, grads)


def units(rng: np.random.Generator) -> Case:
    """A fit as of `jac=`: one vector of masses, lengths and rates, of 1e-8 to 1e8."""
    n = int(rng.integers(2, 9))
    s, A, y = 10 ** rng.uniform(-8, 8, size=n), rng.normal(size=(15, n)), rng.normal(size=15)
    params = {"p": s * rng.uniform(0.5, 2, size=n) * rng.choice([-1, 1], size=n)}

    def loss(p: Params) -> float:
        return float(0.5 * np.sum((A @ np.sin(p["p"] / s) - y) ** 2))

    def grads(p: Params) -> Params:
        return {"p": A.T @ (A @ np.sin(p["p"] / s) - y) * np.cos(p["p"] / s) / s}

    return Case(loss, params, grads)


def hinge(rng: np.random.Generator) -> Case:
    """A support vector machine: three hundred kinks, two parameter arrays."""
    X, y = rng.normal(size=(300, 6)), rng.choice([-1.0, 1.0], size=300)
    params = {"w": rng.normal(size=6), "b": rng.normal(size=1)}

    def loss(p: Params) -> float:
        margins = y * (X @ p["w"] + p["b"])
        return float(np.mean(np.maximum(0, 1 - margins)) + 0.01 * np.sum(p["w"] ** 2))

    def grads(p: Params) -> Params:
        inside = (y * (X @ p["w"] + p["b"]) < 1) * y / len(y)
        return {"w": -X.T @ inside + 0.02 * p["w"], "b": -np.sum(inside, keepdims=True)}

    return Case(loss, params, grads)


def quantile(rng: np.random.Generator) -> Case:
    """The pinball loss: its slope is constant but for two hundred kinks."""
    X, y, tau = rng.normal(size=(200, 4)), rng.normal(size=200), float(rng.uniform(0.05, 0.95))
    params = {"w": rng.normal(size=4), "b": rng.normal(size=1)}

    def loss(p: Params) -> float:
        e = y - X @ p["w"] - p["b"]
        return float(np.mean(np.maximum(tau * e, (tau - 1) * e)))

    def grads(p: Params) -> Params:
        slope = np.where(y - X @ p["w"] - p["b"] > 0, tau, tau - 1) / len(y)
        return {"w": -X.T @ slope, "b": -np.sum(slope, keepdims=True)}

    return Case(loss, params, grads)


def pooled(rng: np.random.Generator) -> Case:
    """The largest of each six numbers, and a weighted sum of them in order."""
    X, order = rng.normal(size=(8, 4)), rng.normal(size=8)
    params = {"W": rng.normal(size=(4, 6)), "b": rng.normal(size=6)}

    def best(p: Params) -> tuple[np.ndarray, np.ndarray]:
        Z = X @ p["W"] + p["b"]
        return Z.argmax(axis=1), Z.max(axis=1)

    def loss(p: Params) -> float:
        return float(np.sum(order * np.sort(np.tanh(best(p)[1]))))

    def grads(p: Params) -> Params:
        which, top = best(p)
        rank = np.argsort(np.argsort(top))
        dZ = np.zeros((8, 6))
        dZ[np.arange(8), which] = order[rank] * (1 - np.tanh(top) ** 2)
        return {"W": X.T @ dZ, "b": dZ.sum(axis=0)}

    return Case(loss, params, grads)


def likelihood(rng: np.random.Generator) -> Case:
    """A Gaussian process: a determinant and an inverse, ill-conditioned under little noise."""
    X, y = rng.normal(size=(15, 2)), rng.normal(size=15)
    squares = ((X[:, None] - X[None]) ** 2).sum(axis=-1)
    params = {"signal": rng.normal(size=1), "width": rng.normal(size=1)}
    params["noise"] = rng.uniform(-12, 0, size=1)

    def covariance(p: Params) -> tuple[np.ndarray, np.ndarray]:
        signal = np.exp(p["signal"] - 0.5 * squares * np.exp(-2 * p["width"]))
        return signal, signal + np.exp(p["noise"]) * np.eye(15)

    def loss(p: Params) -> float:
        L = np.linalg.cholesky(covariance(p)[1])
        return float(0.5 * np.sum(np.linalg.solve(L, y) ** 2) + np.sum(np.log(np.diag(L))))

    def grads(p: Params) -> Params:
        signal, whole = covariance(p)
        inverse = np.linalg.inv(whole)
        slope = 0.5 * (inverse - np.outer(inverse @ y, inverse @ y))
        return {
            "signal": np.atleast_1d(np.sum(slope * signal)),
            "width": np.atleast_1d(np.sum(slope * signal * squares * np.exp(-2 * p["width"]))),
            "noise": np.trace(slope) * np.exp(p["noise"]),
        }

    return Case(loss, params, grads)


def dropout(rng: np.random.Generator) -> Case:
    """A loss that draws its mask, with a backward pass that uses the mask of the last forward."""
    X, T, draws = rng.normal(size=(9, 5)), rng.normal(size=(9, 2)), np.random.default_rng(1)
    params = {"W1": rng.normal(size=(5, 8)), "W2": rng.normal(size=(8, 2))}
    cache: dict[str, np.ndarray] = {}

    def loss(p: Params) -> float:
        cache["M"] = (draws.random((9, 8)) < 0.7) / 0.7
        cache["A"] = np.tanh(X @ p["W1"])
        cache["E"] = (cache["A"] * cache["M"]) @ p["W2"] - T
        return float(np.mean(cache["E"] ** 2))

    def grads(p: Params) -> Params:
        M, A, dY = cache["M"], cache["A"], 2 * cache["E"] / T.size
        dZ = dY @ p["W2"].T * M * (1 - A**2)
        return {"W1": X.T @ dZ, "W2": (A * M).T @ dY}

    return Case(loss, params, grads)


FLOAT32 = (
    *("parameters", "data", "activations", "residuals", "loss"),
    *("first cotangent", "last cotangent", "one gradient", "gradients"),
)
FAMILIES: dict[str, Family] = {
    "kinks": kinks(exact),
    "kinks, loss in six digits": kinks(six_digits),
    "kinks, loss in float32": kinks(to_float32),
    "kinks, loss 1e8 higher": kinks(far_from_zero),
    **{f"float32: {where}": single(where) for where in FLOAT32},
    "fifty recurrent steps": recurrent,
    "a hundredth power": power,
    "chaos": chaos,
    "hundreds of periods": periods,
    "edge of the domain": edge,
    "units of 1e-12 and 1e9": scales,
    UNITS: units,
    "hinge": hinge,
    "pinball": quantile,
    "maximum and order": pooled,
    "Gaussian process": likelihood,
    "dropout": dropout,
}


# -- measuring ---------------------------------------------------------------------------------


def measure(name: str, seed: int) -> Counter[tuple[str, str]]:
    """Whole checks of one net: ("right", the worst verdict) and ("wrong", that of the planted)."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    case = FAMILIES[name](rng)
    wrong = str(rng.choice(list(case.params)))

    entry = int(rng.integers(case.params[wrong].size))

    def larger(p: Params) -> Params:
        found = case.grads(p)
        values = found[wrong] * found[wrong].dtype.type(1 if name == UNITS else WRONG)
        if name == UNITS:
            values[entry] *= WRONG
        return {**found, wrong: values}

    found = Counter[tuple[str, str]]()
    with np.errstate(all="ignore"):
        report = check_gradients(case.loss, case.params, case.grads, seed=seed, explain=False)
        verdicts = {block.verdict for block in report}
        worst = next(v for v in ("disagrees", "inconclusive", "agrees") if v in verdicts)
        found["right", worst] += 1
        report = check_gradients(case.loss, case.params, larger, seed=seed, explain=False)
        found["wrong", next(b.verdict for b in report if b.name == wrong)] += 1
    return found


def planted(seed: int) -> Counter[tuple[float, str]]:
    """Errors of one entry of each block, so many times the size that would have been seen."""
    rng = np.random.default_rng([seed, 0])
    case = calibration.random_case(rng, "ordinary")
    found = Counter[tuple[float, str]]()
    right = check_gradients(case.loss, case.params, case.truth, seed=seed, explain=False)
    for block in right:
        if block.verdict != "agrees" or not block.resolution or not math.isfinite(block.resolution):
            continue
        for times in TIMES:
            grads = {k: {n: v.copy() for n, v in layer.items()} for k, layer in case.truth.items()}
            values = grads[block.layer][block.parameter]
            values.flat[rng.integers(values.size)] += times * block.resolution * rng.choice([-1, 1])
            report = check_gradients(case.loss, case.params, grads, seed=seed, explain=False)
            found[times, next(b.verdict for b in report if b.name == block.name)] += 1
    return found


def tables(
    whole: dict[str, Counter[tuple[str, str]]], small: Counter[tuple[float, str]]
) -> Iterator[str]:
    yield (
        "| nets | right: agree / inconclusive / **accused** "
        "| 10 % wrong: disagrees / inconclusive / **passed** |"
    )
    yield "|---|---|---|"
    for name, found in whole.items():
        right = [found["right", v] for v in ("agrees", "inconclusive", "disagrees")]
        wrong = [found["wrong", v] for v in ("disagrees", "inconclusive", "agrees")]
        yield f"| {name} | {_three(right)} | {_three(wrong)} |"
    yield ""
    yield "| error of one entry | disagrees / inconclusive / **passed** |"
    yield "|---|---|"
    for times in TIMES:
        counts = [small[times, v] for v in ("disagrees", "inconclusive", "agrees")]
        yield f"| {times:g} times *seen* | {_three(counts)} |"


def _three(counts: list[int]) -> str:
    return " / ".join(f"{n:,}" for n in counts)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nets", type=int, default=30, help="random nets of each family")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", default="", help="families whose names hold this")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there too")
    options = parser.parse_args()
    seeds = range(options.seed * 100_000, options.seed * 100_000 + options.nets)
    whole: dict[str, Counter[tuple[str, str]]] = {}
    with ProcessPoolExecutor(options.jobs) as pool:
        for name in (name for name in FAMILIES if options.only in name):
            parts = pool.map(measure, [name] * len(seeds), seeds, chunksize=4)
            whole[name] = sum(parts, Counter[tuple[str, str]]())
            print(name, dict(whole[name]), flush=True)
        parts = pool.map(planted, seeds if not options.only else (), chunksize=4)
        small = sum(parts, Counter[tuple[float, str]]())
    text = "\n".join(tables(whole, small)) + "\n"
    print(text)
    if options.markdown:
        marks.write(options.markdown, "rough", text)


if __name__ == "__main__":
    main()
