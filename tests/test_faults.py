"""The examination: each row of the catalogue is found where it did damage, and healthy nets agree.

What is damaged is computed here by comparing the planted gradient with the right one, never by
asking the checker. Between "clearly wrong" (CLEAR) and "the same" (rounding) lies damage that
a verdict may or may not see; blocks damaged like that may be named and need not be.
"""

import copy
import zlib

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import SMOOTH, Problem, batches, flat, nets, problems, same_values, seeds

from gradcheck import Report, check_gradients
from nets.faults import CATALOGUE, Fault
from nets.layers import ACTIVATIONS
from nets.losses import LOSSES
from nets.mlp import MLP, Params

CLEAR = 1e-3  # of the largest entry of the block, and not below 1e-6 of the whole gradient
HOW = pytest.mark.parametrize("how", ["nest", "call"])


def damage(got: Params, right: Params) -> tuple[set[str], set[str]]:
    """Blocks that are clearly wrong, and those that are wrong at all."""
    wrong, truth = flat(got), flat(right)
    whole = np.sqrt(sum(float((g**2).sum()) for g in truth.values()))
    clear, touched = set(), set()
    for name, g in truth.items():
        w = wrong[name]
        if w.shape != g.shape:  # NumPy repeats one number in an update: that may be harmless
            one = w.ndim == 0 or w.size == g.size == 1
            fits = one and same_values(np.broadcast_to(w.ravel()[0], g.shape), g)
            (touched if fits else clear).add(name)
            continue
        off, size = np.abs(w - g).max(), max(np.abs(w).max(), np.abs(g).max())
        if not same_values(w, g):
            touched.add(name)
        if off > CLEAR * size and off > 1e-6 * whole:
            clear.add(name)
    return clear, clear | touched


def moved(problem: Problem, distance: float) -> Problem:
    rng = np.random.default_rng([problem.seed, 7])
    params = {
        layer: {p: v + distance * rng.standard_normal(v.shape) for p, v in block.items()}
        for layer, block in problem.params.items()
    }
    return Problem(problem.net, params, problem.X, problem.T, problem.seed)


def examine(fault: Fault, layer: int, problem: Problem, how: str) -> None:
    """Plant the fault, check, and compare what is accused with what is damaged."""
    backward = fault.plant(problem.net, layer)
    if how == "call":
        grads = lambda: backward(problem.params, problem.X, problem.T)
    else:
        if fault.effect == "calls":  # the array that a second call returns
            elsewhere = moved(problem, 1.0)
            backward(elsewhere.params, elsewhere.X, elsewhere.T)
        grads = backward(problem.params, problem.X, problem.T)

    if how == "call" and fault.effect == "calls":
        clear, touched = damage_of_calls(fault, layer, problem)
    else:
        again = fault.plant(problem.net, layer)
        got = again(problem.params, problem.X, problem.T) if how == "call" else grads
        clear, touched = damage(got, problem.gradients())
    if how == "call":  # a check visits a second point, where more may be damaged
        for distance in (0.3, 1.0, 3.0):
            second = moved(problem, distance)
            wrong = fault.plant(problem.net, layer)(second.params, second.X, second.T)
            touched |= damage(wrong, second.gradients())[1]

    told = f"{fault.name}@{layer} in {problem}, as {how}"
    refusal, report = "", None
    try:
        report = check_gradients(problem.loss, problem.params, grads, seed=problem.seed)
    except ValueError as error:
        refusal = str(error)
    if report is None:  # an array that no block of this shape can be compared with
        assert fault.effect == "shape", (told, refusal)
        (name,) = clear
        shape = flat(problem.params)[name].shape
        assert refusal.startswith(f"{name}: expected an analytic gradient of shape {shape}, got")
        return
    accused = {block.name for block in report.wrong}
    assert clear <= accused, (told, "missed", clear - accused)
    assert accused <= touched, (told, "accused", accused - touched)
    if fault.effect == "shape":
        assert {f.block for f in report.findings if f.kind == "shape"} >= clear


def damage_of_calls(fault: Fault, layer: int, problem: Problem) -> tuple[set[str], set[str]]:
    """Damage that a second call can show: at the same point, or a little further."""
    clear: set[str] = set()
    touched: set[str] = set()
    for distance in (0.0, 0.01, 0.3):
        second = moved(problem, distance)
        backward = fault.plant(problem.net, layer)
        backward(problem.params, problem.X, problem.T)
        some, more = damage(backward(second.params, second.X, second.T), second.gradients())
        touched |= more
        # a second point a little away lies on the same linear piece of a relu, where a
        # stale mask is right: there it may be found, but need not be
        smooth = problem.net.activation_of(layer).name in SMOOTH
        if distance == 0 or (distance == 0.01 and smooth):
            clear |= some
    return clear, touched


def sites(fault: Fault, n: int) -> list[tuple[Problem, int]]:
    """Random nets of random shapes, at a random layer of those where the fault does damage."""
    rng = np.random.default_rng(zlib.crc32(fault.name.encode()))
    found: list[tuple[Problem, int]] = []
    while len(found) < n:
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
        if layers := fault.layers(net, batch):
            problem = Problem.at(net, batch, int(rng.integers(10**6)))
            found.append((problem, int(rng.choice(layers))))
    return found


@HOW
@pytest.mark.parametrize("fault", CATALOGUE.values(), ids=CATALOGUE)
def test_every_row_is_found_exactly_where_it_does_damage(fault: Fault, how: str) -> None:
    for problem, layer in sites(fault, 3):
        examine(fault, layer, problem, how)


@HOW
@given(st.sampled_from(sorted(CATALOGUE)), nets(), batches, seeds, st.randoms())
@settings(max_examples=80)
def test_any_fault_in_any_net(how: str, name: str, net: MLP, batch: int, seed: int, random) -> None:
    fault = CATALOGUE[name]
    layers = fault.layers(net, batch)
    assume(layers)
    examine(fault, random.choice(layers), Problem.at(net, batch, seed), how)


@pytest.mark.parametrize("fault", ["sign", "factor-2", "cut", "raw-error", "zero-bias"])
def test_a_fault_is_found_in_a_net_of_many_parameters(fault: str) -> None:
    net = MLP((40, 30, 20, 10), "tanh", "identity", "softmax_cross_entropy")
    examine(CATALOGUE[fault], 2, Problem.at(net, 32, 1), "nest")


def healthy(problem: Problem, grads: object) -> Report:
    """Verdicts alone: an entry that was moved by chance is no kind of mistake."""
    return check_gradients(problem.loss, problem.params, grads, seed=problem.seed, explain=False)


@given(problems)
@settings(max_examples=200)
def test_healthy_nets_agree_in_every_block(problem: Problem) -> None:
    Y = problem.net.forward(problem.params, problem.X)
    if problem.net.objective == "binary_cross_entropy":  # saturated, its loss is held: no signal
        assume(bool(np.all((Y > 1e-7) & (Y < 1 - 1e-7))))
    for grads in (problem.gradients(), problem.gradients):
        report = healthy(problem, grads)
        assert report.verdict == "agrees", report
        assert not report.findings, report
        assert bool(report)


@given(problems, st.sampled_from([1e-4, 1e-2, 10.0, 100.0]), st.sampled_from([1e-2, 1.0, 100.0]))
@settings(max_examples=150)
def test_healthy_nets_are_never_accused(problem: Problem, weights: float, inputs: float) -> None:
    """Saturated, dead, tiny and huge: there may be nothing to see, but nothing is wrong."""
    for block in problem.params.values():
        block["W"] *= weights
    problem.X *= inputs
    for grads in (problem.gradients(), problem.gradients):
        report = healthy(problem, grads)
        assert report.verdict != "disagrees", report
        assert not report.findings, report


@given(problems)
@settings(max_examples=60)
def test_overall_verdict_of_healthy_nets(problem: Problem) -> None:
    report = check_gradients(problem.loss, problem.params, problem.gradients(), overall=True)
    assert report.verdict == "agrees", report


@given(problems)
@settings(max_examples=40)
def test_every_entry_of_healthy_nets(problem: Problem) -> None:
    report = check_gradients(problem.loss, problem.params, problem.gradients(), entries="all")
    assert report.verdict == "agrees", report
    assert not any(block.wrong_entries for block in report)


@given(problems, st.floats(-9, -2), st.randoms())
@settings(max_examples=100)
def test_what_agrees_is_right_to_the_stated_resolution(problem: Problem, power, random) -> None:
    """One entry off by 10**power of the block: either it is seen, or it is below `resolution`."""
    grads = problem.gradients()
    blocks = [
        (layer, p)
        for layer, block in grads.items()
        for p, g in block.items()
        if np.abs(g).max() > 0
    ]
    assume(blocks)
    layer, p = random.choice(blocks)
    g = grads[layer][p]
    index = np.unravel_index(random.randrange(g.size), g.shape)
    off = 10**power * np.sqrt(np.mean(g**2))
    g[index] += off
    block = healthy(problem, grads)[f"{layer}.{p}"]
    if block.verdict == "agrees":
        assert off <= 1.5 * block.resolution, (problem, block)


def test_an_error_little_above_what_would_have_been_seen_is_seen():
    """Of each block of twelve nets one entry off by 1.5 times the figure of the right report."""
    passed, planted = 0, 0
    for seed in range(12):
        net = MLP((4, 3 + seed % 5, 2), ("tanh", "sigmoid", "relu")[seed % 3], "identity", "mse")
        rng = np.random.default_rng(seed)
        X, T, p = rng.normal(size=(8, 4)), rng.normal(size=(8, 2)), net.init(seed)
        loss, right = lambda p, net=net, X=X, T=T: net.loss(p, X, T), net.gradients(p, X, T)
        for block in check_gradients(loss, p, right, explain=False):
            if block.verdict != "agrees":
                continue
            grads = copy.deepcopy(right)
            wrong = grads[block.layer][block.parameter]
            wrong.flat[rng.integers(wrong.size)] += 1.5 * block.resolution
            passed += check_gradients(loss, p, grads, explain=False)[block.name].verdict == "agrees"
            planted += 1
    assert planted > 40
    assert passed <= 1


@given(problems, st.sampled_from([1.5, -2.0, 10.0, -100.0]), st.integers(0, 99))
@settings(max_examples=60)
def test_an_error_beyond_the_stated_resolution_is_seen(problem: Problem, factor: float, at: int):
    """The report on the right gradient says what it would have seen: ten times that it must see."""
    for block in healthy(problem, problem.gradients()):
        grads = problem.gradients()
        g = grads[block.layer][block.parameter]
        g.flat[at % g.size] += factor * block.resolution
        found = healthy(problem, grads)[block.name]
        if found.verdict == "agrees":
            assert abs(factor) < 10, (problem, block)
            assert abs(factor) * block.resolution <= 1.5 * found.resolution, (problem, block)
