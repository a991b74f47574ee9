"""How often is a planted fault named rightly, wrongly, or not at all? Measured on random nets.

    python -m benchmarks.diagnosis --nets 2000 --seed 5 --jobs 2 --markdown docs/diagnosis.md

Every row of the catalogue of faults is planted in random nets of 1 to 6 layers, widths 1 to 6, all
activations, losses and batches of 2 to 16, with and without l2; twice over: with the data in reach
of the loss, so that the net behind it can be recognised, and with all but parameters and gradients
out of reach.

A name is right when the kind of the fault is among those told; told first or among rivals that
explain the same numbers is counted apart. It is a twin when the kind told is another, but a fault
of that kind in the catalogue gives the very same gradients here (a relu mask that closes all units
is a missing gradient): no experiment could part the two. Everything else that is told and is not
`unknown` is a false name.

From gradients alone a fault is identifiable when the right gradient of each wrong block can be made
from the gradients and parameters, and more than one value of it is left to test that; IDENTIFIABLE
lists those faults. The others need what each sample did: there `unknown` is the right answer.
"""

from __future__ import annotations

import argparse
import pickle
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gradcheck import Report, check, check_gradients
from nets.faults import CATALOGUE, Fault, Planted, generic_point
from nets.layers import ACTIVATIONS
from nets.losses import LOSSES
from nets.mlp import MLP, Params

_NAMES = """
sign sign-weight sign-bias factor-2 factor-2-weight factor-2-bias half missing-mean
missing-mean-weight missing-mean-bias doubled-mean doubled-mean-weight doubled-mean-bias
bias-mean bias-one-number bias-scalar bias-column bias-unreduced transposed-gradient
transposed-gradient-shape reshaped-gradient accumulation accumulation-bias stale-activation
stale-pre-activation stale-weights aliasing aliasing-bias zero-weight zero-bias cut
regulariser-missing regulariser-doubled regulariser-averaged regulariser-bias
zero-row shifted-columns swapped-gradients swapped-biases
"""
IDENTIFIABLE = frozenset(_NAMES.split())
ANSWERS = ("first", "rival", "twin", "unknown", "false", "refused")


@dataclass(frozen=True)
class Case:
    """A fault in a net at a point."""

    fault: str
    layer: int
    net: MLP
    batch: int
    seed: int

    def point(self) -> tuple[Params, np.ndarray, np.ndarray]:
        return generic_point(self.net, self.batch, self.seed)


@dataclass(frozen=True)
class Answer:
    case: Case
    visible: bool
    word: str
    told: tuple[str, ...]
    evaluations: int
    seconds: float
    roles_right: bool


def cases(n: int, seed: int) -> Iterator[Case]:
    """Random nets, every row of the catalogue in turn."""
    names = list(CATALOGUE)
    for number in range(n):
        fault = CATALOGUE[names[number % len(names)]]
        rng = np.random.default_rng([seed, number, zlib.crc32(fault.name.encode())])
        while True:
            row = LOSSES[rng.choice(sorted(LOSSES))]
            pool = rng.integers(1, 7, 2)
            sizes = [*rng.choice(pool, rng.integers(1, 7)), rng.integers(row.least_outputs, 5)]
            net = MLP(
                [int(size) for size in sizes],
                activation=str(rng.choice(sorted(ACTIVATIONS))),
                output=str(rng.choice(row.outputs or sorted(ACTIVATIONS))),
                loss=row.name,
                l2=float(rng.choice([0.0, 0.1])),
            )
            batch = int(rng.choice([2, 3, 4, 16]))
            layers = fault.layers(net, batch)
            if layers:
                yield Case(
                    fault.name, int(rng.choice(layers)), net, batch, int(rng.integers(10**6))
                )
                break


def report_on(case: Case, *, visible: bool) -> tuple[Report | None, float]:
    """The report on a planted fault; None where the gradient is refused for its shape."""
    params, X, T = case.point()
    backward = CATALOGUE[case.fault].plant(case.net, case.layer)
    make = in_reach if visible else hidden
    loss, grads = make(case, params, X, T, backward)
    begin = time.perf_counter()
    try:
        report = check_gradients(loss, params, grads, seed=case.seed)
    except ValueError:
        report = None
    return report, time.perf_counter() - begin


def in_reach(
    case: Case, params: Params, X: np.ndarray, T: np.ndarray, backward: Planted
) -> tuple[Callable[[], float], Callable[[], Params]]:
    """Loss and gradients as closures over net and data."""
    return lambda: case.net.loss(params, X, T), lambda: backward(params, X, T)


def hidden(
    case: Case, params: Params, X: np.ndarray, T: np.ndarray, backward: Planted
) -> tuple[Callable[[], float], Callable[[], Params]]:
    """Loss and gradients that hold data and net as bytes, where no walk over arrays finds them."""
    sealed = pickle.dumps((case.net, X, T))
    memory = backward.memory  # what a stale buffer keeps must stay in reach
    name, layer = case.fault, case.layer

    def loss() -> float:
        net, X, T = pickle.loads(sealed)
        return float(net.loss(params, X, T))

    def grads() -> Params:
        net, X, T = pickle.loads(sealed)
        planted = CATALOGUE[name].plant(net, layer)
        planted.memory = memory
        return planted(params, X, T)

    return loss, grads


def examine(job: tuple[Case, bool]) -> Answer | None:
    case, visible = job
    fault = CATALOGUE[case.fault]
    report, seconds = report_on(case, visible=visible)
    if report is None:
        return Answer(case, visible, "refused", (), 0, seconds, True)
    if report.verdict != "disagrees":
        return None  # damage below what can be seen, as in dead units
    told = tuple(dict.fromkeys(f.kind for f in report.findings if f.kind != "state"))
    word = judge(case, fault, told)
    return Answer(case, visible, word, told, report.evaluations, seconds, roles_right(case, report))


def judge(case: Case, fault: Fault, told: tuple[str, ...]) -> str:
    names = [kind for kind in told if kind not in ("unknown", "shape")]
    if fault.name == "question":
        mistakes = {"sign", "early-reduction", "scale"}
        if case.net.objective != "mse":  # its cotangent is that of the squared error
            mistakes.add("loss-gradient")
        if case.net.l2:  # its gradients have no penalty
            mistakes.add("regulariser")
        if not set(names) <= mistakes:
            return "false"
        return "first" if "early-reduction" in names else "unknown"
    if fault.kind == "unknown":
        return "false" if names else "first"
    if fault.kind in names:
        return "first" if names[0] == fault.kind else "rival"
    if fault.effect == "shape" and "shape" in told and not names:
        return "first"
    if not names:
        return "unknown"
    return "twin" if any(twin(case, kind) for kind in names) else "false"


def twin(case: Case, kind: str) -> bool:
    """Does another fault, of this kind, give the same gradients?"""
    params, X, T = case.point()
    mine = flat(CATALOGUE[case.fault].plant(case.net, case.layer)(params, X, T))
    for other in CATALOGUE.values():
        if other.kind != kind:
            continue
        for layer in range(1, case.net.depth + 1):
            if not other.where.holds(case.net, layer):
                continue
            try:
                its = flat(other.plant(case.net, layer)(params, X, T))
            except ValueError:
                continue
            if all(a.shape == b.shape and close(a, b) for a, b in zip(mine, its, strict=True)):
                return True
    return False


def flat(nest: Params) -> list[np.ndarray]:
    return [np.asarray(values) for block in nest.values() for values in block.values()]


def close(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.abs(a - b).max() <= 1e-7 * max(np.abs(a).max(), np.abs(b).max()))


def roles_right(case: Case, report: Report) -> bool:
    """Is no block that lies away from the fault called an origin?"""
    fault = CATALOGUE[case.fault]
    if fault.everywhere:
        return True
    below = {f"layer{case.layer}", f"layer{case.layer - 1}"}
    if case.fault in ("swapped-gradients", "swapped-biases", "aliasing", "aliasing-bias"):
        return True
    return all(block.layer in below for block in report if block.role == "origin")


def table(answers: list[Answer]) -> str:
    """Rates, with the data in reach and without."""
    head = (
        "| seen | nets | named first | among rivals | a twin | unknown | false | shape refused "
        "| origin right | evaluations (median) | ms (median) |"
    )
    lines = [head, "|---|---|---|---|---|---|---|---|---|---|---|"]
    for words, group in (
        ("data in reach", [a for a in answers if a.visible]),
        (
            "gradients only, identifiable",
            [a for a in answers if not a.visible and a.case.fault in IDENTIFIABLE],
        ),
        (
            "gradients only, not identifiable",
            [a for a in answers if not a.visible and a.case.fault not in IDENTIFIABLE],
        ),
    ):
        if not group:
            continue
        count = Counter(a.word for a in group)
        shares = [f"{count[word] / len(group):.1%}" for word in ANSWERS]
        roles = sum(a.roles_right for a in group) / len(group)
        cost = np.median([a.evaluations for a in group])
        ms = 1e3 * np.median([a.seconds for a in group])
        cells = [words, str(len(group)), *shares, f"{roles:.1%}", f"{cost:.0f}", f"{ms:.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def by_fault(answers: list[Answer]) -> str:
    lines = ["| fault | kind | data in reach | gradients only |", "|---|---|---|---|"]
    for name, fault in CATALOGUE.items():
        cells = []
        for visible in (True, False):
            count = Counter(
                a.word for a in answers if a.case.fault == name and a.visible == visible
            )
            cells.append(", ".join(f"{word} {count[word]}" for word in ANSWERS if count[word]))
        lines.append(f"| {name} | {fault.kind} | {cells[0]} | {cells[1]} |")
    return "\n".join(lines)


def no_search_for_the_line() -> None:
    check.EXPLAIN_SECONDS = 0.0  # what the source tells is measured by blame.py


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nets", type=int, default=2000, help="faulty nets, each checked twice")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--markdown", type=Path, help="write the tables to this file")
    options = parser.parse_args()
    jobs = [
        (case, visible) for case in cases(options.nets, options.seed) for visible in (True, False)
    ]
    with ProcessPoolExecutor(options.jobs, initializer=no_search_for_the_line) as pool:
        answers = [a for a in pool.map(examine, jobs, chunksize=8) if a is not None]
    for answer in answers:
        if answer.word == "false" or not answer.roles_right:
            print(f"{answer.word}: {answer.case} visible={answer.visible} told {answer.told}")
    command = f"`python -m benchmarks.diagnosis --nets {options.nets} --seed {options.seed}`"
    text = f"{command}\n\n{table(answers)}\n\n{by_fault(answers)}\n"
    print(text)
    if options.markdown:  # the tables stand at the end, behind the words
        words, mark, _ = options.markdown.read_text(encoding="utf-8").partition("## Tables\n")
        options.markdown.write_text(f"{words}{mark}\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
