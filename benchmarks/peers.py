"""gradcheck beside the other gradient checkers: the same nets and planted errors, in one run.

    python -m benchmarks.peers --markdown docs/peers.md

Every tool gets the same loss and the same hand-written backward pass, in NumPy, in the way its
manual asks for, with its own defaults (TOOLS says which). One line of the backward pass is right
or wrong (FAULTS), on several nets (CASES). Calls of the loss and of the backward pass are counted
by the functions themselves. The tools take turns on each problem, so that a time relative to
gradcheck means something on a busy machine too.
"""

from __future__ import annotations

import argparse
import itertools
import math
import re
import statistics
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata, util
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # nets/ is not installed as `nets`

from benchmarks import marks
from gradcheck import check_gradients
from nets import xor
from nets.layers import Array
from nets.mlp import MLP, Params

# -- the nets ----------------------------------------------------------------------------------

Point = tuple[Params, Array, Array]


def random_point(net: MLP, seed: int, batch: int = 8) -> Point:
    """Random parameters (biases too) and inputs, one-hot targets."""
    rng = np.random.default_rng([seed, 1])
    params = net.init(seed, "he" if net.activation == "relu" else "glorot")
    for block in params.values():
        block["b"][:] = rng.normal(0.0, 0.1, block["b"].shape)
    X = rng.normal(size=(batch, net.sizes[0]))
    return params, X, np.eye(net.sizes[-1])[rng.integers(net.sizes[-1], size=batch)]


def kink_point(net: MLP, seed: int) -> Point:
    """The same, but one hidden unit stands exactly at zero for one sample."""
    params, X, T = random_point(net, seed)
    rng = np.random.default_rng([seed, 2])
    sample, unit = rng.integers(len(X)), rng.integers(net.sizes[1])
    layer = params["layer1"]
    layer["b"][unit] = -(X @ layer["W"])[sample, unit]
    assert net.trace(params, X)[0][1][sample, unit] == 0.0
    return params, X, T


def xor_point(net: MLP, seed: int) -> Point:
    return xor.question_params(net, seed), xor.X, xor.T


@dataclass(frozen=True)
class Case:
    """One row: a net, and where its parameters and data come from.

    kink      the loss has no derivative there: a subgradient is right
    limit     evaluations of the loss that a check may take
    problems  with each fault, at most
    """

    name: str
    title: str
    net: MLP
    point: Callable[[MLP, int], Point]
    kink: bool = False
    limit: int = 20_000
    problems: int = 20

    @property
    def size(self) -> int:
        return sum(v.size for block in self.net.init().values() for v in block.values())


RELU = MLP((20, 16, 5), "relu", "identity", "mse")
DIGITS = MLP((784, 128, 10), "relu", "identity", "softmax_cross_entropy")
IMAGES = MLP((3072, 1024, 1024, 10), "relu", "identity", "softmax_cross_entropy")
CASES = {
    case.name: case
    for case in (
        Case("tanh", "20-16-5 tanh", MLP((20, 16, 5), "tanh", "identity", "mse"), random_point),
        Case("xor", "XOR 2-2-2-2-1 sigmoid", xor.question_net(), xor_point),
        Case("relu", "20-16-5 relu", RELU, random_point),
        Case("kink", "20-16-5 relu, one unit exactly at its kink", RELU, kink_point, kink=True),
        Case("digits", "784-128-10 relu, softmax cross-entropy", DIGITS, random_point, limit=1_000),
        Case(
            "images",
            "3072-1024-1024-10 relu, softmax cross-entropy, 64 samples",
            IMAGES,
            partial(random_point, batch=64),
            limit=600,
            problems=2,
        ),
    )
}


# -- the planted errors ------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """One row: one entry of the gradient, or one whole block of it, times a factor."""

    title: str
    factor: float
    whole_block: bool = False


RIGHT = Fault("right", 1.0)
FAULTS = (
    RIGHT,
    Fault("0.1 %", 1.001),
    Fault("1 %", 1.01),
    Fault("10 %", 1.1),
    Fault("zeroed", 0.0),
    Fault("sign of a block", -1.0, whole_block=True),
)

Entry = tuple[int, tuple[int, ...]]  # number of the block, index in it


class TooLong(Exception):
    """A check has called the loss as often as it may."""


class Task:
    """A loss and a backward pass that may be wrong, both counted; arrays are in order of `names`.

    The counts are itertools.count, not numbers: check_gradients puts back whatever it can reach,
    counters of the user's included.
    """

    def __init__(self, case: Case, seed: int, fault: Fault) -> None:
        self.net, self.seed, self.fault, self.limit = case.net, seed, fault, case.limit
        self.params, self.X, self.T = case.point(case.net, seed)
        self.names = [f"{layer}.{p}" for layer, block in self.params.items() for p in block]
        self.arrays = _flat(self.params)
        self.place = self._draw(np.random.default_rng([seed, 3]))
        self._losses, self._backwards = itertools.count(), itertools.count()

    def loss(self, arrays: Sequence[Array]) -> float:
        if next(self._losses) >= self.limit:
            raise TooLong
        return self.net.loss(self.nest(arrays), self.X, self.T)

    def gradient(self, arrays: Sequence[Array]) -> list[Array]:
        next(self._backwards)
        return self._planted(_flat(self.net.gradients(self.nest(arrays), self.X, self.T)))

    def counts(self) -> tuple[int, int]:
        """Calls of the loss and of the gradient; to be asked once, at the end."""
        return min(next(self._losses), self.limit), next(self._backwards)

    def _draw(self, rng: np.random.Generator) -> Entry:
        """A block, and one of its entries that is no chance zero."""
        gradients = _flat(self.net.gradients(self.params, self.X, self.T))
        block = int(rng.integers(len(gradients)))
        sizes = np.abs(gradients[block])
        index = rng.choice(np.argwhere(sizes > 1e-3 * sizes.max()))
        return block, tuple(int(i) for i in index)

    def _planted(self, gradients: list[Array]) -> list[Array]:
        block, index = self.place
        gradients[block][... if self.fault.whole_block else index] *= self.fault.factor
        return gradients

    def nest(self, arrays: Sequence[Array]) -> Params:
        values = iter(arrays)
        return {layer: {p: next(values) for p in block} for layer, block in self.params.items()}

    # the two functions of a flat vector that scipy and numdifftools want

    def split(self, x: Array) -> list[Array]:
        ends = np.cumsum([a.size for a in self.arrays])[:-1]
        return [v.reshape(a.shape) for v, a in zip(np.split(x, ends), self.arrays, strict=True)]

    def join(self, arrays: Iterable[Array]) -> Array:
        return np.concatenate([a.ravel() for a in arrays])

    def loss_of_vector(self, x: Array) -> float:
        return self.loss(self.split(x))

    def gradient_of_vector(self, x: Array) -> Array:
        return self.join(self.gradient(self.split(x)))


def _flat(nest: Params) -> list[Array]:
    return [values for block in nest.values() for values in block.values()]


# -- the tools ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a tool said.

    verdict   "agrees", "disagrees", or "inconclusive" from a tool that knows the word
    message   all that it gives a person to read
    blocks, entries   which parameters and which of their values it names as wrong
    cut_short   it had its verdict, but was stopped while it wrote the message
    """

    verdict: str
    message: str = ""
    blocks: frozenset[int] = frozenset()
    entries: frozenset[Entry] = frozenset()
    cut_short: bool = False


Check = Callable[[Task], Answer]


def ask_gradcheck(task: Task) -> Answer:
    report = check_gradients(
        lambda params: task.loss(_flat(params)),
        task.params,
        lambda params: task.nest(task.gradient(_flat(params))),
        seed=task.seed,
        explain=False,  # the others give a verdict, too, and no kind or line
    )
    numbers = {name: i for i, name in enumerate(task.names)}
    return Answer(
        report.verdict,
        str(report),
        frozenset(numbers[block.name] for block in report.wrong),
        frozenset((numbers[b.name], index) for b in report.wrong for index in b.wrong_entries),
    )


def ask_torch(task: Task, *, fast: bool) -> Answer:
    import torch
    from torch.autograd.gradcheck import GradcheckError

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *params: Any) -> Any:
            ctx.save_for_backward(*params)
            value = task.loss([p.detach().numpy() for p in params])
            return torch.tensor(value, dtype=torch.float64)

        @staticmethod
        def backward(ctx: Any, cotangent: Any) -> Any:
            gradients = task.gradient([p.detach().numpy() for p in ctx.saved_tensors])
            return tuple(cotangent * torch.from_numpy(g) for g in gradients)

    params = tuple(torch.from_numpy(a.copy()).requires_grad_() for a in task.arrays)
    try:
        torch.autograd.gradcheck(Loss.apply, params, fast_mode=fast)
    except GradcheckError as error:
        named = re.search(r"with respect to input (\d+)", str(error))
        blocks = frozenset({int(named[1])} if named else ())
        return Answer("disagrees", str(error), blocks)
    except TooLong:
        if not fast:
            raise
        # a mismatch is found in a few evaluations; the message then asks for all entries
        return Answer("disagrees", cut_short=True)
    return Answer("agrees")


def ask_jax(task: Task) -> Answer:
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    number = jax.ShapeDtypeStruct((), np.float64)
    shapes = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in task.arrays]

    def numpy_loss(params: list[Array]) -> Array:
        return np.asarray(task.loss([np.asarray(p) for p in params]))

    def numpy_gradient(params: list[Array]) -> list[Array]:
        return task.gradient([np.asarray(p) for p in params])

    @jax.custom_vjp
    def loss(params: Any) -> Any:
        return jax.pure_callback(numpy_loss, number, params)

    def backward(params: Any, cotangent: Any) -> Any:
        gradients = jax.pure_callback(numpy_gradient, shapes, params)
        return ([cotangent * g for g in gradients],)

    loss.defvjp(lambda params: (loss(params), params), backward)
    try:
        check_grads(loss, (task.arrays,), order=1, modes=["rev"])
    except AssertionError as error:
        return Answer("disagrees", str(error))
    return Answer("agrees")


def ask_autograd(task: Task) -> Answer:
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    loss = primitive(task.loss)

    defvjp(
        loss,
        lambda value, params: lambda cotangent: [cotangent * g for g in task.gradient(params)],
    )
    np.random.seed(task.seed)  # noqa: NPY002  its directions come from the global generator
    try:
        check_grads(loss, modes=["rev"], order=1)(task.arrays)
    except AssertionError as error:
        return Answer("disagrees", str(error))
    return Answer("agrees")


def ask_scipy(task: Task, *, direction: str) -> Answer:
    from scipy.optimize import check_grad

    distance = check_grad(
        task.loss_of_vector,
        task.gradient_of_vector,
        task.join(task.arrays),
        direction=direction,
        rng=task.seed,
    )
    return Answer("agrees" if distance < 1e-5 else "disagrees", str(distance))


def ask_numdifftools(task: Task) -> Answer:
    from numdifftools import Gradient

    x = task.join(task.arrays)
    same = np.allclose(task.gradient_of_vector(x), Gradient(task.loss_of_vector)(x))
    return Answer("agrees" if same else "disagrees", str(same))


@dataclass(frozen=True)
class Tool:
    """One row: a checker, the package it comes from, and how it is used here.

    entrywise   takes each parameter entry in turn
    names       what it names as wrong
    """

    name: str
    package: str
    ask: Check
    use: str
    names: str = "nothing"
    entrywise: bool = False

    @property
    def installed(self) -> bool:
        return util.find_spec(self.package) is not None


OURS = "gradcheck"
TOOLS = {
    tool.name: tool
    for tool in (
        Tool(
            OURS,
            "gradcheck",
            ask_gradcheck,
            "`check_gradients(loss, params, grads, explain=False)`, grads a callable; no tolerance",
            names="parameter and entries",
        ),
        Tool(
            "torch gradcheck",
            "torch",
            partial(ask_torch, fast=False),
            "an `autograd.Function` that calls NumPy; `eps=1e-6, atol=1e-5, rtol=1e-3`",
            names="first wrong input",
            entrywise=True,
        ),
        Tool(
            "torch, fast mode",
            "torch",
            partial(ask_torch, fast=True),
            "the same with `fast_mode=True`; on a mismatch it goes through all entries of the "
            "input for its message",
            names="first wrong input",
        ),
        Tool(
            "jax check_grads",
            "jax",
            ask_jax,
            '`custom_vjp` over `pure_callback`, x64, `order=1, modes=["rev"]` (a custom backward '
            "pass has no other); `atol=rtol=1e-5`",
        ),
        Tool(
            "autograd check_grads",
            "autograd",
            ask_autograd,
            'a `primitive` with `defvjp`; `modes=["rev"], order=1` for the same reason; '
            "1e-6 absolute or relative",
        ),
        Tool(
            "scipy check_grad",
            "scipy",
            partial(ask_scipy, direction="all"),
            "returns a distance and judges nothing: wrong from 1e-5 on here, in the middle of the "
            "1e-7 to 1e-3 found in test suites",
            entrywise=True,
        ),
        Tool(
            "scipy, random direction",
            "scipy",
            partial(ask_scipy, direction="random"),
            'the same with `direction="random"`',
        ),
        Tool(
            "numdifftools",
            "numdifftools",
            ask_numdifftools,
            "`np.allclose(grad(x), Gradient(loss)(x))`, as in its manual; "
            "`rtol=1e-5, atol=1e-8` are NumPy's",
            entrywise=True,
        ),
    )
}


# -- the run -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One problem, judged by one tool."""

    fault: Fault
    place: Entry
    answer: Answer
    losses: int
    backwards: int
    seconds: float
    ratio: float = math.nan  # of the seconds to those of gradcheck on the same problem

    @property
    def accused(self) -> bool:
        return self.answer.verdict == "disagrees"

    @property
    def block_named(self) -> bool:
        """The wrong parameter, and no other."""
        return self.answer.blocks == {self.place[0]}

    @property
    def entry_named(self) -> bool:
        """The wrong entry, and no other."""
        return self.answer.entries == {self.place}


Results = dict[tuple[Case, Tool, Fault], list[Run]]


def compare(cases: Sequence[Case], tools: Sequence[Tool], seeds: int) -> Results:
    """Let every tool judge every problem, in turns."""
    results: Results = defaultdict(list)
    for case in cases:
        able = [tool for tool in tools if not tool.entrywise or case.size <= case.limit]
        for tool in able:
            tool.ask(Task(case, seeds, RIGHT))  # imports and compilation are not timed
        for seed, fault in itertools.product(range(min(seeds, case.problems)), FAULTS):
            runs = {tool: judge(tool, Task(case, seed, fault)) for tool in able}
            ours = next((run.seconds for tool, run in runs.items() if tool.name == OURS), math.nan)
            for tool, run in runs.items():
                results[case, tool, fault].append(replace(run, ratio=run.seconds / ours))
    return results


def judge(tool: Tool, task: Task) -> Run:
    begin = time.perf_counter()
    answer = tool.ask(task)
    seconds = time.perf_counter() - begin
    return Run(task.fault, task.place, answer, *task.counts(), seconds)


# -- the tables --------------------------------------------------------------------------------


def tables(results: Results, cases: Sequence[Case], tools: Sequence[Tool]) -> Iterator[str]:
    """Lines of Markdown: all nets together, what it costs, each net, how each tool was used."""
    smooth, kinks = ([case for case in cases if case.kink is kink] for kink in (False, True))

    def together(cases: Sequence[Case], tool: Tool, fault: Fault) -> list[Run]:
        return [run for case in cases for run in results.get((case, tool, fault), [])]

    titles = [fault.title for fault in FAULTS]
    yield from _head(["tool", *titles, "right, at a kink", "names"])
    for tool in tools:
        cells = [_accused(together(smooth, tool, fault)) for fault in FAULTS]
        yield _row([tool.name, *cells, _accused(together(kinks, tool, RIGHT)), tool.names])
    yield from ("", "## Calls and time", "", *costs(results, cases, tools), "", "## Each net")
    for case in cases:
        yield from ("", f"### {case.title}, {case.size:,} parameters", "")
        yield from _head(["tool", *titles, *COLUMNS])
        for tool in tools:
            right, *wrong = ([*results.get((case, tool, fault), [])] for fault in FAULTS)
            if not right:
                yield _row([tool.name, "not run: takes every entry in turn"])
                continue
            cells = [_accused(runs) for runs in (right, *wrong)]
            errors = list(itertools.chain(*wrong))
            yield _row([tool.name, *cells, *(column(right, errors) for column in COLUMNS.values())])
    yield from ("", "## How each was used", "")
    for tool in tools:
        yield f"- {tool.name} ({tool.package} {metadata.version(tool.package)}): {tool.use}."


def costs(results: Results, cases: Sequence[Case], tools: Sequence[Tool]) -> Iterator[str]:
    """Lines of Markdown: calls and time to the verdict, and what it is worth."""
    single = [fault for fault in FAULTS if not fault.whole_block and fault is not RIGHT]
    yield from _head(["net", "tool", "right", "wrong entry", *COSTS])
    for case in cases:
        for tool in tools:
            right = [*results.get((case, tool, RIGHT), [])]
            wrong = [run for fault in single for run in results.get((case, tool, fault), [])]
            if right:
                cells = (column(right, wrong) for column in COSTS.values())
                yield _row([case.title, tool.name, _accused(right), _accused(wrong), *cells])


def _head(titles: Sequence[str]) -> Iterator[str]:
    yield _row(titles)
    yield _row(["---"] * len(titles))


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _accused(runs: Sequence[Run]) -> str:
    undecided = sum(run.answer.verdict == "inconclusive" for run in runs)
    share = _share([run.accused for run in runs])
    return f"{share} ({undecided} inconclusive)" if undecided else share


def _share(flags: Sequence[bool]) -> str:
    return f"{sum(flags)}/{len(flags)}" if flags else "-"


def _median(runs: Sequence[Run], text: Callable[[float], str], *names: str) -> str:
    """Medians of some attributes; marked when a check was not waited for to the end."""
    if not runs:
        return "-"
    medians = (text(statistics.median(getattr(run, name) for run in runs)) for name in names)
    return "over " * any(run.answer.cut_short for run in runs) + " + ".join(medians)


def _calls(runs: Sequence[Run]) -> str:
    return _median(runs, "{:,.0f}".format, "losses", "backwards")


def _time(runs: Sequence[Run]) -> str:
    return _median(runs, lambda ratio: f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}", "ratio")


def _named(runs: Sequence[Run], flag: str) -> str:
    if any(run.answer.cut_short for run in runs):
        return "not waited for"
    return _share([getattr(run, flag) for run in runs])


def _characters(runs: Sequence[Run]) -> str:
    if any(run.answer.cut_short for run in runs):
        return "not waited for"
    return f"{max((len(run.answer.message) for run in runs), default=0):,}"


# Title -> text of the runs on right gradients, and on wrong ones.
COLUMNS: dict[str, Callable[[list[Run], list[Run]], str]] = {
    "parameter named": lambda right, wrong: _named(wrong, "block_named"),
    "entry named": lambda right, wrong: _named(
        [run for run in wrong if not run.fault.whole_block], "entry_named"
    ),
    "longest message": lambda right, wrong: _characters(wrong),
}
COSTS: dict[str, Callable[[list[Run], list[Run]], str]] = {
    "calls, right": lambda right, wrong: _calls(right),
    "calls, error seen": lambda right, wrong: _calls([run for run in wrong if run.accused]),
    "time, right": lambda right, wrong: _time(right),
    "time, error seen": lambda right, wrong: _time([run for run in wrong if run.accused]),
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nets", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--seeds", type=int, default=20, help="problems of each net and fault")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there too")
    options = parser.parse_args(arguments)

    chosen = [TOOLS[name] for name in options.tools]
    tools = [tool for tool in chosen if tool.installed]
    for tool in chosen:
        if not tool.installed:
            print(f"{tool.name}: skipped, no {tool.package} here. pip install -e '.[peers]'")
    cases = [CASES[name] for name in options.nets]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = compare(cases, tools, options.seeds)
    text = "\n".join(tables(results, cases, tools)) + "\n"
    print(text)
    if options.markdown:
        marks.write(options.markdown, "peers", text)


if __name__ == "__main__":
    main()
