"""check_gradients as its users meet it: laws of the verdict, costs, and what it says to misuse."""

import contextlib
import warnings
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import Meter, Problem, problems, small_problems

from gradcheck import GradientMismatch, Report, assert_gradients, check, check_gradients
from gradcheck.report import Finding, SourceLine
from nets.mlp import MLP


def square(w: np.ndarray) -> float:
    return float(np.sum(w * w))


def verdicts(report: Report) -> dict[str, str]:
    return {block.name: block.verdict for block in report}


# --- Laws -------------------------------------------------------------------------------------


@given(small_problems, st.sampled_from([2.0**-30, 1e-3, -1.0, 7.0, 1e6]), st.booleans())
@settings(max_examples=60)
def test_scaling_the_loss_scales_both_gradients(problem: Problem, factor: float, right: bool):
    grads = problem.gradients()
    if not right:
        grads["layer1"]["W"] *= 1.5
    before = check_gradients(problem.loss, problem.params, grads)
    scaled = {layer: {p: factor * g for p, g in b.items()} for layer, b in grads.items()}
    after = check_gradients(lambda: factor * problem.loss(), problem.params, scaled)
    assert verdicts(after) == verdicts(before)
    for a, b in zip(after, before, strict=True):
        assert a.analytic == pytest.approx(factor * b.analytic, rel=1e-12)
        assert a.numerical == pytest.approx(factor * b.numerical, rel=1e-6, abs=3 * a.error)


@given(small_problems)
@settings(max_examples=40)
def test_an_error_and_its_mirror_image_are_judged_alike(problem: Problem):
    """right + e and right - e: neither side of the truth is favoured."""
    seen = []
    for sign in (1, -1):
        grads = problem.gradients()
        grads["layer1"]["W"] += sign * 0.1 * (1 + np.abs(grads["layer1"]["W"]).max())
        seen.append(verdicts(check_gradients(problem.loss, problem.params, grads)))
    assert seen[0] == seen[1]
    assert seen[0]["layer1.W"] == "disagrees"


@given(small_problems, st.randoms())
@settings(max_examples=40)
def test_the_order_of_blocks_does_not_matter(problem: Problem, random):
    grads = problem.gradients()
    grads["layer1"]["b"] = grads["layer1"]["b"] + 0.5
    names = [(layer, p) for layer, block in problem.params.items() for p in block]
    random.shuffle(names)
    params = {f"{layer}.{p}": problem.params[layer][p] for layer, p in names}
    shuffled = {f"{layer}.{p}": grads[layer][p] for layer, p in names[::-1]}
    one = check_gradients(problem.loss, problem.params, grads)
    other = check_gradients(problem.loss, params, shuffled)
    assert verdicts(one) == verdicts(other)
    assert [block.name for block in other] == list(params)


@given(small_problems)
@settings(max_examples=40)
def test_memory_order_does_not_matter(problem: Problem):
    """Fortran order, transposed views, strides: values count, not where they lie."""
    grads = problem.gradients()
    grads["layer1"]["W"] = 2 * grads["layer1"]["W"] + 1
    plain = check_gradients(problem.loss, problem.params, grads)
    for block in problem.params.values():
        block["W"] = np.asfortranarray(block["W"])
        wide = np.zeros(2 * len(block["b"]) + 1)
        wide[1::2] = block["b"]
        block["b"] = wide[1::2]
    turned = {
        layer: {p: np.asfortranarray(g)[..., ::-1][..., ::-1] for p, g in b.items()}
        for layer, b in grads.items()
    }
    other = check_gradients(problem.loss, problem.params, turned)
    assert verdicts(other) == verdicts(plain)
    for a, b in zip(other, plain, strict=True):
        assert a.wrong_entries == b.wrong_entries


@given(small_problems, st.integers(0, 99))
@settings(max_examples=30)
def test_equal_seeds_give_equal_reports(problem: Problem, seed: int):
    first, second = (
        check_gradients(problem.loss, problem.params, problem.gradients(), seed=seed)
        for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize(
    "value",
    [np.array(3.0), np.array([3.0]), np.array([[3.0]]), np.array([[[-0.5]]])],
    ids=["0-d", "1", "1x1", "1x1x1"],
)
def test_one_number_in_any_shape(value):
    good = check_gradients(lambda: square(value), {"s": value}, {"s": 2 * value})
    assert good.verdict == "agrees"
    assert good["s"].shape == value.shape
    assert check_gradients(lambda: square(value), value, 3 * value).verdict == "disagrees"
    if not value.ndim:
        assert check_gradients(lambda: square(value), value, 6.0)


def test_python_floats_and_lists_of_floats():
    nest = {"w": 3.0, "rows": [[1.0, 2.0], [3.0, 4.0]], "b": np.float64(0.5)}

    def loss(p):
        return p["w"] ** 2 + sum(x * x for row in p["rows"] for x in row) + p["b"] ** 3

    right = {"w": 6.0, "rows": [[2.0, 4.0], [6.0, 8.0]], "b": 0.75}
    assert check_gradients(loss, nest, right)
    right["rows"][1][0] = 6.5
    report = check_gradients(loss, nest, right)
    assert verdicts(report) == {"w": "agrees", "rows": "disagrees", "b": "agrees"}
    assert report["rows"].wrong_entries == ((1, 0),)
    assert report["rows"].worst.discrepancy == pytest.approx(0.5)


def test_an_empty_block_is_passed_over():
    w, none = np.array([1.0, 2.0]), np.zeros((0, 3))
    report = check_gradients(lambda: square(w), {"w": w, "none": none}, {"w": 2 * w})
    assert verdicts(report) == {"w": "agrees"}


def test_an_empty_block_may_have_its_empty_gradient():
    w, none = np.array([1.0, 2.0]), np.zeros((0, 3))
    assert check_gradients(lambda: square(w), {"w": w, "none": none}, {"w": 2 * w, "none": none})


def test_tied_arrays_are_one_block_with_two_names():
    w = np.array([1.0, 2.0])
    for grads in ({"a": 2 * w}, {"b": 2 * w}, {"a": 2 * w, "b": 2 * w}):
        report = check_gradients(lambda: square(w), {"a": w, "b": w}, grads)
        assert verdicts(report) == {"a": "agrees"}
        assert report["b"] is report["a"]
    assert not check_gradients(lambda: square(w), {"a": w, "b": w}, {"a": w})


def test_a_block_that_nothing_depends_on():
    w, u = np.array([1.0, 2.0]), np.ones((2, 3))
    zero, one = np.zeros((2, 3)), np.ones((2, 3))
    report = check_gradients(lambda: square(w), {"w": w, "u": u}, {"w": 2 * w, "u": zero})
    assert report
    assert any("nothing but that was tested" in note for note in report["u"].notes)
    report = check_gradients(lambda: square(w), {"w": w, "u": u}, {"w": 2 * w, "u": one})
    assert verdicts(report) == {"w": "agrees", "u": "disagrees"}


def test_small_blocks_do_not_hide_behind_large_ones():
    """One inner product over everything would be swamped by the big one."""
    big, small = np.full((50, 50), 1e3), np.array([1e-3, 2e-3])
    loss = lambda: square(big) + square(small)
    right = {"big": 2 * big, "small": 2 * small}
    assert check_gradients(loss, {"big": big, "small": small}, right).verdict != "disagrees"
    small_scale, ordinary = np.array([1e-2, 2e-2]), np.ones((20, 20))
    loss = lambda: square(ordinary) + square(small_scale)
    params = {"big": ordinary, "small": small_scale}
    report = check_gradients(loss, params, {"big": 2 * ordinary, "small": -2 * small_scale})
    assert verdicts(report) == {"big": "agrees", "small": "disagrees"}
    assert report["small"].ratio == pytest.approx(-1, abs=1e-3)


@pytest.mark.parametrize("offset", [0.0, 1e6, -1e6])
def test_an_offset_of_the_loss_makes_no_accusation(offset: float):
    problem = Problem.at(MLP((3, 5, 2), "tanh", "identity", "mse"), 8, 3)
    loss = lambda: problem.loss() + offset
    assert check_gradients(loss, problem.params, problem.gradients()).verdict == "agrees"
    grads = problem.gradients()
    grads["layer1"]["W"] *= -1
    report = check_gradients(loss, problem.params, grads)
    assert [block.name for block in report.wrong] == ["layer1.W"]


@given(st.integers(0, 30), st.sampled_from([1e-3, 1e-5, 1e-8, 0.0]))
@settings(max_examples=40)
def test_a_loss_trained_to_nothing_makes_no_accusation(seed: int, residual: float):
    net = MLP((2, 4, 1), "tanh", "identity", "mse")
    problem = Problem.at(net, 6, seed)
    problem.T = net.forward(problem.params, problem.X) + residual
    for grads in (problem.gradients(), problem.gradients):
        report = check_gradients(problem.loss, problem.params, grads)
        assert report.verdict != "disagrees"
    report = check_gradients(  # with a callable, a moved point shows what this one hides
        problem.loss, problem.params, lambda: negated(problem.gradients())
    )
    assert report.verdict == "disagrees"


def negated(nest):
    return {layer: {p: -g for p, g in block.items()} for layer, block in nest.items()}


# --- Gradients as functions ---------------------------------------------------------------------


def test_functions_may_take_the_params_or_nothing():
    params = {"w": np.array([1.0, 2.0])}
    losses = (lambda: square(params["w"]), lambda p: square(p["w"]), lambda p, k=1: square(p["w"]))
    functions = (lambda: {"w": 2 * params["w"]}, lambda p: {"w": 2 * p["w"]})
    for loss in losses:
        for grads in functions:
            assert check_gradients(loss, params, grads)


def test_accumulation_over_calls_is_named():
    w, kept = np.array([1.0, 2.0]), np.zeros(2)

    def grads():
        nonlocal kept
        kept += 2 * w
        return {"w": kept}

    report = check_gradients(lambda: square(w), {"w": w}, grads)
    assert report.verdict == "disagrees"
    assert "accumulation" in {finding.kind for finding in report.findings}
    np.testing.assert_array_equal(kept, 0)


def test_gradients_that_are_right_only_at_the_given_point():
    w = np.array([1.0, 2.0])
    start = w.copy()
    report = check_gradients(lambda: square(w), {"w": w}, lambda: {"w": 2 * start})
    assert report.verdict == "disagrees"


def test_assert_gradients_carries_the_report():
    w = np.array([1.0, 2.0])
    assert assert_gradients(lambda: square(w), w, 2 * w).verdict == "agrees"
    with pytest.raises(GradientMismatch) as error:
        assert_gradients(lambda: square(w), w, w)
    assert error.value.report.verdict == "disagrees"
    assert isinstance(error.value, AssertionError)


def test_progress_is_told_in_rising_numbers():
    told = []
    problem = Problem.at(MLP((2, 3, 1)), 4, 0)
    check_gradients(
        problem.loss, problem.params, problem.gradients, progress=lambda *a: told.append(a)
    )
    assert {"layer1.W", "layer1.b", "layer2.W", "layer2.b"} <= {what for what, _ in told}
    counts = [n for _, n in told]
    assert counts == sorted(counts)


# --- Cost ---------------------------------------------------------------------------------------


@given(problems, st.booleans(), st.booleans(), st.sampled_from([None, 1, 20, 45, 90]))
@settings(max_examples=80)
def test_evaluations_are_counted_exactly(problem, wrong, overall, budget):
    meter = Meter()
    grads = negated(problem.gradients()) if wrong else problem.gradients()
    for nest in (grads, lambda: grads):
        before = meter.calls
        report = check_gradients(
            meter(problem.loss), problem.params, nest, overall=overall, max_evaluations=budget
        )
        assert report.evaluations == meter.calls - before
        assert budget is None or report.evaluations <= budget


@given(small_problems, st.integers(1, 150))
@settings(max_examples=60)
def test_a_spent_budget_is_told_and_never_accuses(problem: Problem, budget: int):
    report = check_gradients(
        problem.loss, problem.params, problem.gradients(), max_evaluations=budget
    )
    assert report.evaluations <= budget
    assert report.verdict != "disagrees"
    undone = [b for b in report if b.verdict == "inconclusive"]
    for block in undone:
        assert block.reason.startswith("budget")
    if undone:
        assert report.verdict == "inconclusive"
        assert any("was spent before" in note for note in report.notes)
        assert not report


def big_problem() -> Problem:
    return Problem.at(MLP((784, 128, 10), "tanh", "identity", "softmax_cross_entropy"), 16, 0)


def test_cost_of_a_right_net_of_100_000_parameters():
    problem = big_problem()
    report = check_gradients(problem.loss, problem.params, problem.gradients())
    assert report.verdict == "agrees"
    assert report.size == 101_770
    assert report.evaluations <= 70
    report = check_gradients(problem.loss, problem.params, problem.gradients(), overall=True)
    assert report.verdict == "agrees"
    assert report.evaluations <= 36


def test_cost_of_a_right_net_grows_with_its_blocks_not_its_parameters():
    costs = []
    for units in (3, 30, 100):
        problem = Problem.at(MLP((units, units, 3), "tanh", "identity", "mse"), 8, 0)
        report = check_gradients(problem.loss, problem.params, problem.gradients())
        assert report.verdict == "agrees"
        costs.append(report.evaluations)
    assert max(costs) <= min(costs) + 16


@pytest.mark.parametrize("factor", [1.1, -1.0, 0.0])
def test_one_wrong_entry_among_100_000_is_named(factor: float):
    problem = big_problem()
    grads = problem.gradients()
    grads["layer1"]["W"][500, 77] *= factor
    report = check_gradients(problem.loss, problem.params, grads)
    assert [block.name for block in report.wrong] == ["layer1.W"]
    assert report["layer1.W"].wrong_entries == ((500, 77),)
    assert report["layer1.W"].pattern == "entries"
    assert report.evaluations <= 122


def test_overall_looks_at_the_blocks_when_they_disagree_together():
    problem = Problem.at(MLP((4, 5, 3), "tanh", "identity", "mse"), 8, 0)
    grads = problem.gradients()
    grads["layer2"]["b"] *= -1
    report = check_gradients(problem.loss, problem.params, grads, overall=True)
    assert [block.name for block in report.wrong] == ["layer2.b"]


# --- Selection ------------------------------------------------------------------------------------


def test_select():
    problem = Problem.at(MLP((2, 3, 1)), 4, 0)
    grads = problem.gradients()
    grads["layer1"]["b"] *= 3
    for pattern, names in [
        ("*.W", ["layer1.W", "layer2.W"]),
        (["layer2.*"], ["layer2.W", "layer2.b"]),
        (["*1.W", "*2.b"], ["layer1.W", "layer2.b"]),
    ]:
        report = check_gradients(problem.loss, problem.params, grads, select=pattern)
        assert [block.name for block in report] == names
        assert report
    assert not check_gradients(problem.loss, problem.params, grads, select="*1.b")


# --- Misuse ---------------------------------------------------------------------------------------

W = np.array([1.0, 2.0, 3.0])
G = {"w": 2 * W}


def sq() -> float:
    return square(W)


def misuse(*rows):
    return pytest.mark.parametrize(
        ("arguments", "error", "text"), [r[1:] for r in rows], ids=[r[0] for r in rows]
    )


NO_ARRAY = "Pass an array, or a dict, list, tuple or object that holds arrays."
NEST = "Return gradients in the nest of the parameters."
PAIR = (
    "Hand over its first item as the loss, lambda p: f(p)[0], and what is the gradient as grads, "
    "lambda p: f(p)[1]."
)
SCALAR = "Reduce it to a scalar, with .sum() or .mean(), and return it."


@misuse(
    ("wrong shape", (sq, {"w": W}, {"w": np.ones(4)}), ValueError,
     "w: expected an analytic gradient of shape (3,), got (4,). If that is one number a sample, "
     "the sum ran over the units: sum over the samples."),
    ("wrong name", (sq, {"w": W, "b": np.ones(1)}, {"w": 2 * W, "c": np.ones(1)}), ValueError,
     f"b: expected an analytic gradient of shape (1,), got none (grads holds: w, c). {NEST}"),
    ("missing gradient", (sq, {"w": W, "b": np.ones(1)}, G), ValueError,
     f"b: expected an analytic gradient of shape (1,), got none (grads holds: w). {NEST}"),
    ("no gradients", (sq, {"w": W}, {}), ValueError,
     f"w: expected an analytic gradient of shape (3,), got none (grads gave: {{}}). {NEST}"),
    ("None as gradients", (sq, {"w": W}, None), ValueError,
     "grads: expected gradients, a function that computes them, or a training step, got none, and "
     "found none stored beside the parameters. Pass grads=..., or step=..., lr=..."),
    ("one gradient too many", (sq, {"w": W}, {**G, "b": W}), ValueError,
     "grads: expected only gradients of parameters, got b too. "
     "Pass the parameters it belongs to, or leave it out."),
    ("complex gradient", (sq, {"w": W}, {"w": 2 * W + 1j}), TypeError,
     "w: expected an analytic gradient of real numbers, got ndarray of complex128. "
     "Return arrays of floats."),
    ("nan in gradients", (sq, {"w": W}, {"w": np.array([1, np.nan, 2])}), ValueError,
     "w: expected a finite analytic gradient, got nan at [1]. "
     "Mend the overflow or division in the backward pass first."),
    ("inf in gradients", (sq, {"w": W}, lambda: {"w": np.array([1, 2, np.inf])}), ValueError,
     "w: expected a finite analytic gradient, got inf at [2]. "
     "Mend the overflow or division in the backward pass first."),
    ("nan in params", (sq, {"w": np.array([[1, np.nan]])}, {"w": np.ones((1, 2))}), ValueError,
     "w: expected finite values, got nan at [0, 1]. "
     "A loss has no slope there; start from finite parameters."),
    ("integer params", (sq, {"w": np.array([1, 2])}, {"w": np.ones(2)}), TypeError,
     "w: expected floating-point numbers, got an array of int64. "
     "Use w.astype(float), or leave it out with select."),
    ("boolean params", (sq, {"w": np.array([True])}, {"w": np.ones(1)}), TypeError,
     "w: expected floating-point numbers, got an array of bool. "
     "Use w.astype(float), or leave it out with select."),
    ("complex params", (sq, {"w": np.ones(2, complex)}, {"w": np.ones(2)}), TypeError,
     "w: expected real floating-point numbers, got an array of complex128. Split complex "
     "parameters into real and imaginary parts, or leave it out with select."),
    ("empty dict", (sq, {}, {}), ValueError,
     f"params: expected at least one floating-point array, got an empty dict. {NO_ARRAY}"),
    ("empty list", (sq, [], []), ValueError,
     f"params: expected at least one floating-point array, got an empty list. {NO_ARRAY}"),
    ("no params", (sq, None, None), ValueError,
     f"params: expected at least one floating-point array, got NoneType without any. {NO_ARRAY}"),
    ("text as params", (sq, "W", G), ValueError,
     f"params: expected at least one floating-point array, got str without any. {NO_ARRAY}"),
    ("empty arrays only", (sq, {"w": np.zeros((0, 2))}, {}), ValueError,
     f"params: expected at least one floating-point array, got dict without any. {NO_ARRAY}"),
    ("loss nan", (lambda: float("nan"), {"w": W}, G), ValueError,
     "loss: expected one finite number at the given parameters, got nan. "
     "Mend the loss before its gradient."),
    ("loss -inf", (lambda: -np.inf, {"w": W}, G), ValueError,
     "loss: expected one finite number at the given parameters, got -inf. "
     "Mend the loss before its gradient."),
    ("loss None", (lambda: None, {"w": W}, G), TypeError,
     "loss: expected one real number, got NoneType None. "
     "Return the loss: a function without return gives None."),
    ("loss array", (lambda: W * W, {"w": W}, G), TypeError,
     f"loss: expected one real number, got an array of shape (3,). {SCALAR}"),
    ("loss text", (lambda: "0.5", {"w": W}, G), TypeError,
     "loss: expected one real number, got str '0.5'. "
     "Return it as a float, float(loss)."),
    ("loss complex", (lambda: 1 + 2j, {"w": W}, G), TypeError,
     "loss: expected one real number, got complex (1+2j). "
     "Return a real number made of it, such as abs(loss) or loss.real."),
    ("loss Fraction", (lambda: Fraction(1, 3), {"w": W}, G), TypeError,
     "loss: expected one real number, got Fraction Fraction(1, 3). "
     "Return it as a float, float(loss)."),
    ("two keys of one name", (sq, {1: W, "1": 2 * W}, G), ValueError,
     "params: expected names that differ, got 1 twice. Give the keys names that differ as text."),
    ("ragged gradient", (sq, {"w": W}, {"w": [[1.0], [2.0, 3.0]]}), ValueError,
     f"w: expected an analytic gradient of shape (3,), got none (grads holds: w.0, w.1). {NEST}"),
    ("loss ragged", (lambda: [1.0, [2.0]], {"w": W}, G), TypeError,
     f"loss: expected one real number, got list [1.0, [2.0]]. {PAIR}"),
    ("loss no function", (3.0, {"w": W}, G), TypeError,
     "loss: expected a callable, got float. "
     "Pass a function that computes it, such as lambda: ..."),
    ("loss of two", (lambda w, x: 1.0, {"w": W}, G), TypeError,
     "loss: expected a function of no argument or of params, got one that needs w, x. "
     "Bind the rest: lambda params: <lambda>(params, ...)."),
    ("loss of a keyword", (lambda *, x: 1.0, {"w": W}, G), TypeError,
     "loss: expected a function of no argument or of params, got one that needs x. "
     "Bind the rest: lambda params: <lambda>(params, ...)."),
    ("grads of two", (sq, {"w": W}, lambda w, x: G), TypeError,
     "grads: expected a function of no argument or of params, got one that needs w, x. "
     "Bind the rest: lambda params: <lambda>(params, ...)."),
    ("overlapping views", (sq, {"a": W[:2], "b": W[1:]}, {"a": W[:2], "b": W[1:]}), ValueError,
     "a and b: expected separate arrays, got two that overlap in memory. "
     "Pass only one of them, or the array that holds both."),
)  # fmt: skip
def test_error_texts(arguments, error, text):
    with pytest.raises(error) as raised:
        check_gradients(*arguments)
    assert str(raised.value) == text
    np.testing.assert_array_equal(W, [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"select": "q*"}, "select: expected a pattern that fits one of w, got 'q*'."),
        ({"select": []}, "select: expected a pattern that fits one of w, got []."),
        ({"seed": -1}, "seed: expected a whole number from 0 on, got -1. Pass seed=0."),
        ({"seed": "x"}, "seed: expected a whole number from 0 on, got 'x'. Pass seed=0."),
        ({"entries": "some"}, 'entries: expected "auto" or "all", got \'some\'.'),
        ({"explain": 3}, "explain: expected True, False or None, got 3."),
        (
            {"max_evaluations": 0},
            "max_evaluations: expected a whole number from 1 on, or None, got 0. "
            "A check of a small net takes about 100.",
        ),
        ({"select": 3}, "select: expected glob patterns, got 3."),
        (
            {"max_evaluations": "x"},
            "max_evaluations: expected a whole number from 1 on, or None, got 'x'. "
            "A check of a small net takes about 100.",
        ),
    ],
    ids=str,
)
def test_error_texts_of_options(options, text):
    with pytest.raises((ValueError, TypeError)) as raised:
        check_gradients(sq, {"w": W}, G, **options)
    assert str(raised.value).startswith(text)


@pytest.mark.parametrize("error", [KeyError, RuntimeError, ZeroDivisionError, AttributeError])
def test_an_error_of_the_user_s_own_function_is_passed_on(error):
    def fails():
        raise error("mine")

    for loss, grads in ((fails, G), (sq, fails)):
        with pytest.raises(error, match="mine"):
            check_gradients(loss, {"w": W}, grads)


@pytest.mark.parametrize("value", [np.float64, np.array, lambda x: np.array([[x]]), lambda x: [x]])
def test_a_loss_may_return_one_number_in_any_dress(value):
    assert check_gradients(lambda: value(sq()), {"w": W}, G)


@pytest.mark.parametrize("kind", [bool, np.bool_, np.array])
def test_a_loss_that_returns_a_truth_value_is_refused(kind):
    """False and True count as 0 and 1, and the gradient would be accused."""
    with pytest.raises(TypeError, match=r"loss: expected one real number.*itself, not what a comp"):
        check_gradients(lambda: kind(square(W) > 1), {"w": W}, G)


# --- Odd arrays -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "grads",
    [
        [[2.0, 4.0, 6.0], [np.array([1.0])]],
        (2 * W, (np.array([1.0]),)),
        [np.array([2, 4, 6]), [np.array([1], np.uint8)]],
        {"0": 2 * W, "1": {"0": np.array([1.0])}},
        [[2, 4, 6], [np.array([1.0])]],
        [2 * W, [[1.0]]],
    ],
)
def test_gradients_may_be_integers_lists_or_in_another_container(grads):
    params = (W, [np.array([0.5])])
    loss = lambda: square(params[0]) + square(params[1][0])
    assert check_gradients(loss, params, grads).verdict == "agrees"


def test_interleaved_views_of_one_buffer():
    whole = np.arange(1.0, 7.0)
    params = {"even": whole[::2], "odd": whole[1::2]}
    loss = lambda: square(whole)
    assert check_gradients(loss, params, {"even": 2 * whole[::2], "odd": 2 * whole[1::2]})
    report = check_gradients(loss, params, {"even": 2 * whole[::2], "odd": whole[1::2]})
    assert verdicts(report) == {"even": "agrees", "odd": "disagrees"}


def read_only() -> np.ndarray:
    array = np.array([1.0, 2.0, 3.0])
    array.flags.writeable = False
    return array


ODD = {
    "read-only": read_only,
    "big-endian": lambda: np.array([1.0, 2.0, 3.0], ">f8"),
    "broadcast": lambda: np.broadcast_to(np.array(2.0), (3,)),
    "memory of bytes": lambda: np.frombuffer(np.array([1.0, 2.0, 3.0]).tobytes()),
    "float32": lambda: np.array([1.0, 2.0, 3.0], np.float32),
    "float16": lambda: np.array([1.0, 2.0, 3.0], np.float16),
    "long double": lambda: np.array([1.0, 2.0, 3.0], np.longdouble),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("as_argument", [True, False], ids=["loss(params)", "loss()"])
def test_odd_arrays_in_a_nest_that_the_loss_reads(odd, as_argument):
    array = odd()
    nest = {"w": array}
    loss = (lambda p: square(p["w"])) if as_argument else (lambda: square(nest["w"]))
    assert check_gradients(loss, nest, {"w": 2 * array}).verdict == "agrees"
    assert check_gradients(loss, nest, {"w": -2 * array}).verdict == "disagrees"
    assert nest["w"] is array
    assert array.dtype == odd().dtype
    assert array.flags.writeable == odd().flags.writeable


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_arrays_that_the_loss_reads_itself(odd):
    array = odd()
    report = check_gradients(lambda: square(array), {"w": array}, {"w": 2 * array})
    assert report.verdict != "disagrees"


@pytest.mark.parametrize("params", [{"w": W.copy()}, {"w": 3.0}, [1.0, 2.0, 3.0]], ids=repr)
def test_a_loss_that_does_not_read_the_params_accuses_nobody(params):
    other = 3.0
    if isinstance(params, dict) and isinstance(params["w"], float):
        loss, grads = lambda: other * other, {"w": 2 * other}
    else:
        loss, grads = sq, G if isinstance(params, dict) else [2.0, 4.0, 6.0]
    report = check_gradients(loss, params, grads)
    assert report.verdict == "inconclusive"


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix():
    M = np.matrix([[1.0, 2.0], [3.0, 4.0]])
    loss = lambda: float(np.trace(M * M.T))
    assert check_gradients(loss, {"M": M}, {"M": 2 * M})
    assert not check_gradients(loss, {"M": M}, {"M": 2 * M.T})


def test_a_masked_array_is_refused_or_judged_right():
    m = np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False])
    verdict = "refused"
    with contextlib.suppress(TypeError):
        verdict = check_gradients(lambda: float((m * m).sum()), {"m": m}, {"m": 2 * m}).verdict
    assert verdict != "disagrees"


def test_explain_false_gives_the_verdicts_and_nothing_else():
    w = np.array([1.0, -2.0, 3.0])
    told = check_gradients(lambda: square(w), w, lambda: -2 * w)
    bare = check_gradients(lambda: square(w), w, lambda: -2 * w, explain=False)
    assert told.findings[0].kind == "sign"
    assert (bare.findings, bare.wrong[0].role, bare.verdict) == ((), "", "disagrees")


def test_a_report_does_not_open_with_a_rival(monkeypatch):
    from gradcheck.diagnosis import diagnose

    plain = diagnose.diagnose
    rival = Finding("sign", "or so", instead=True)
    monkeypatch.setattr(
        diagnose, "diagnose", lambda *a, **k: replace(plain(*a, **k), findings=(rival, rival))
    )
    w = np.ones(3)
    report = check_gradients(lambda: square(w), w, lambda: -2 * w)
    assert [finding.instead for finding in report.findings] == [False, True]


def test_lines_that_give_themselves_away_are_where_a_proven_mistake_stands():
    proven = Finding("sign", "flipped", verified=True)
    rival = Finding("sign", "or scaled by -1", verified=True, instead=True)
    here, there = (SourceLine("net.py", line, "d = t - y") for line in (9, 4))
    read = Finding("sign", "is -1 x dL/dy", lines=(here,))
    later = Finding("sign", "is -1 x dL/dz", lines=(there,))
    other = Finding("early-reduction", "reduced", lines=(here,))
    suspect = Finding("unknown", "reaches every wrong entry", lines=(here,))
    assert check.joined([suspect], []) == [suspect]
    told = check.joined([read, later, other, suspect], [proven, rival])
    assert told == [replace(proven, lines=(there, here)), rival]  # all is explained
    unexplained = Finding("unknown", "no row explains W2")
    told = check.joined([read, later, other, suspect], [proven, unexplained])
    assert told == [replace(proven, lines=(there, here)), other, unexplained]


def test_no_kind_is_called_unknown_beside_a_line_that_mends_everything():
    here = SourceLine("net.py", 9, "d = t - y")
    line = Finding("loss-gradient", "with that value every parameter is mended", lines=(here,))
    unexplained = Finding("unknown", "W is wrong in a way that no known kind explains.")
    assert check.joined([line], [unexplained], mends=True) == [line]
    assert check.joined([line], [unexplained]) == [line, unexplained]
    assert check.joined([], [unexplained]) == [unexplained]


def test_a_line_that_shows_which_of_two_kinds_it_is_leaves_one_story():
    here = SourceLine("net.py", 9, "g = 2 * W")
    change = ("- g = 2 * W", "+ g = 3 * W")
    line = Finding("regulariser", "2 * W: 3", "W", "tried", "3", (here,), True, change)
    scale = Finding("scale", "2/3 of it.", "W", "So corrected.", "one constant", verified=True)
    rival = replace(scale, kind="regulariser", sentence="lacks W.", advice="penalty", instead=True)
    (one,) = check.joined([line], [scale, rival])
    assert (one.kind, one.sentence, one.advice) == ("regulariser", "lacks W.", "penalty")
    assert one.evidence == "2 * W: 3; tried. So corrected."


@pytest.mark.blame
def test_a_gradient_in_proportion_to_its_parameter_has_a_wrong_factor_and_no_penalty():
    W = np.array([1.0, 2.0, 3.0])
    report = check_gradients(lambda: float(W @ W), W, lambda: -2 * W)
    (finding,) = report.findings
    assert (finding.kind, finding.sentence) == ("sign", "params has the opposite sign.")
    assert finding.lines
    told = f"{finding.advice} {finding.evidence}"
    assert "Flip one sign" in told
    assert not any(word in told for word in ("penalty", "..", ".;"))


def test_of_one_array_nothing_is_said_of_layers():
    w = np.linspace(1.0, 2.0, 5)
    report = check_gradients(lambda: float(np.sum(np.sin(w))), w, lambda: np.cos(w) + 0.1 * w**2)
    assert report["params"].role == "origin"
    told = str(report)
    assert "the loss hands to the net" not in told
    assert "where backpropagation starts" not in told


def test_names_keep_their_case():
    names = ("k1", "b1", "r")
    p = {name: np.linspace(1.0, 2.0, 4) for name in names}

    def grads():
        return {name: np.cos(v) + 0.1 * i * v**2 for i, (name, v) in enumerate(p.items(), 1)}

    def loss():
        return float(sum(np.sin(v).sum() for v in p.values()))

    (finding,) = check_gradients(loss, p, grads()).findings
    assert finding.sentence.startswith("k1, b1 and r are wrong")


def test_where_zero_is_the_right_gradient_nothing_is_called_dead():
    p = {"Z": np.zeros(3), "W": np.array([1.0, -2.0])}
    report = check_gradients(
        lambda: float(np.sum(p["Z"] ** 2) + np.sum(p["W"] ** 2)),
        p,
        lambda: {name: 2 * values for name, values in p.items()},
    )
    assert report["Z"].notes == ("The gradient is zero here, on both sides.",)
    assert report.notes == ()


@pytest.mark.parametrize("spread", [False, True])
def test_a_read_only_array_is_called_that(spread):
    w = np.broadcast_to(np.array([1.0, 2.0]), (3, 2)) if spread else np.ones(3)
    w.flags.writeable = False
    report = check_gradients(lambda: float((w**2).sum()), w, lambda: 2 * w)
    assert report.verdict == "inconclusive"
    (finding,) = report.findings
    assert finding.sentence.startswith("params: read-only, so copies were moved")


def test_a_rounded_loss_is_not_called_one_of_float32():
    X, w = np.random.default_rng(0).normal(size=(9, 4)), np.linspace(-1.0, 1.0, 4)

    def loss():
        return float(np.mean((X @ w) ** 2))

    def grads():
        return 2 * X.T @ (X @ w) / 9

    (finding,) = check_gradients(lambda: round(loss(), 6), w, grads).findings
    assert (finding.kind, finding.sentence[:32]) == ("rounded", "The loss is rounded to few digit")
    (finding,) = check_gradients(lambda: float(np.float32(loss())), w, grads).findings
    assert finding.kind == "float32"


@pytest.mark.blame
def test_code_that_nobody_wrote_is_not_asked_for_its_source():
    space = {"np": np, "w": np.ones(3)}
    exec(
        "from dataclasses import dataclass\n"
        "@dataclass\nclass Pair:\n    a: object\n    b: object\n"
        "def loss(): return float(np.sum(np.sin(w)))\n"
        "def grads(): return Pair(1.1 * np.cos(w), 0).a\n",
        space,
    )
    report = check_gradients(space["loss"], space["w"], space["grads"])
    (note,) = (note for note in report.notes if "Without source" in note)
    assert "grads (<string>)" in note
    assert "__init__" not in note


def test_a_proven_mistake_stands_where_the_right_value_mends_everything():
    proven = Finding("activation-derivative-at-wrong-value", "of z instead of a", verified=True)
    rival = replace(proven, sentence="or so", instead=True)
    here = SourceLine("net.py", 9, "d = da * slope(z)")
    line = Finding("wrong-activation-derivative", "should be dL/dz", lines=(here,))
    other = replace(line, lines=(replace(here, line=4),), instead=True)
    told = check.joined([line, other], [proven, rival])
    assert told == [replace(proven, lines=(here,)), rival]
    second = replace(proven, sentence="and another")
    assert check.joined([line], [proven, second]) == [proven, second]  # of which it is, who knows


def test_a_mean_for_a_sum_is_called_what_its_line_says():
    here = SourceLine("net.py", 9, "db = d.mean(axis=0)")
    line = Finding("bias-reduction", "sum instead of mean", "b", "tried", "sum", (here,), True)
    scale = Finding("scale", "1/4 of it", "b", "so corrected", "mend it", verified=True)
    (told,) = check.joined([line], [scale])
    assert (told.kind, told.sentence, told.lines) == ("bias-reduction", "1/4 of it", (here,))


def test_what_mends_everything_by_itself_is_one_mistake():
    here = SourceLine("net.py", 9, "g = d")
    line = Finding(
        "accumulation", "g = d", "w", "tried", "+=", (here,), True, ("- g = d", "+ g += d")
    )
    scale = Finding("scale", "half of it", "w", "so corrected", "mend it", verified=True)
    rivals = [replace(line, instead=True), replace(scale, instead=True)]
    one, *others = check.joined([line, rivals[0]], [scale, rivals[1]])
    assert (one.kind, one.sentence, one.lines) == ("scale", "half of it", (here,))
    assert (one.advice, one.diff, one.verified) == (line.advice, line.diff, True)
    assert one.evidence == "g = d; tried. so corrected"
    assert others == rivals
    state = Finding("state", "loss: two calls gave two values.")
    assert check.joined([line], [state, scale]) == [one, state]
    second = replace(line, lines=(replace(here, line=8),), verified=False)
    assert len(check.joined([second, line], [scale])) == 3  # two edits that mend it together


def test_a_line_and_a_kind_that_say_the_same_are_one_finding_before_what_is_suspected():
    here = SourceLine("net.py", 9, "db = np.zeros_like(b)")
    line = Finding("missing-gradient", "zeros: should be dL/db", evidence="put in", lines=(here,))
    kind = Finding("missing-gradient", "b is zero.", "b", "It counts.", "Compute it.")
    suspect = Finding("unknown", "reaches every wrong entry", lines=(here,))
    (one,) = check.joined([line], [kind])
    assert (one.sentence, one.lines, one.verified) == (kind.sentence, (here,), False)
    assert (one.evidence, one.advice) == ("zeros: should be dL/db; put in. It counts.", kind.advice)
    assert check.joined([line, line], [kind]) == [line, line, kind]  # which of them?
    assert check.joined([suspect], [kind]) == [kind, suspect]
    assert check.joined([suspect], [suspect]) == [suspect, suspect]
    shared = Finding("aliasing", "W1 and W2 are one array.", "W2")
    assert check.joined([suspect], [shared]) == [shared]


def test_what_a_second_call_shows_is_told_first_and_the_line_below_it():
    here = SourceLine("net.py", 9, "buffer += dW")
    line = Finding("stale-buffer", "buffer += dW: = instead of +=", "W", "tried", "= instead of +=")
    line = replace(line, lines=(here,), verified=True)
    kind = Finding("accumulation", "W: a second call gives twice the gradient.", "W")
    (one,) = check.joined([line], [kind])
    assert (one.sentence, one.advice, one.lines) == (kind.sentence, line.advice, (here,))


def test_what_was_seen_from_outside_is_the_reason_of_a_line_that_is_proven():
    here = SourceLine("net.py", 9, "W -= lr * dW")
    line = Finding(
        "updated-weights-used", "W -= lr * dW: belongs after line 12", "W", "tried", lines=(here,)
    )
    line = replace(line, verified=True, advice="belongs after line 12")
    seen = Finding(line.kind, "It depends on the rate.", "W", "Half of it.", "All first, then all.")
    (one,) = check.joined([line], [seen])
    assert (one.sentence, one.lines, one.verified) == (line.sentence, (here,), True)
    assert one.evidence == "tried. It depends on the rate. Half of it."
    assert one.advice == seen.advice  # the line's own way out is told by its sentence
    told = replace(line, advice="swap them")
    (one,) = check.joined([told], [seen])
    assert (one.sentence, one.advice) == (seen.sentence, "swap them")


@pytest.mark.parametrize("digits", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("given", [True, False], ids=["given", "called"])
def test_a_rounded_loss_accuses_nobody(digits, given):
    """A staircase: flat to small steps, and wrong by half a stair to long ones."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        X, T = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
        p = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}

        def loss(X=X, T=T, p=p):
            return round(float(np.mean((np.tanh(X @ p["W"] + p["b"]) - T) ** 2)), digits)

        def grads(X=X, T=T, p=p):
            y = np.tanh(X @ p["W"] + p["b"])
            d = 2 * (y - T) / T.size * (1 - y * y)
            return {"W": X.T @ d, "b": d.sum(axis=0)}

        report = check_gradients(loss, p, grads() if given else grads)
        assert report.verdict in ("agrees", "inconclusive"), (seed, report)
        if digits == 6:
            flipped = {name: -gradient for name, gradient in grads().items()}
            assert check_gradients(loss, p, flipped).verdict == "disagrees"


def test_outputs_in_float16_accuse_nobody():
    """Many stairs at once: near a point few of them show, and their sum is off by far more."""
    for seed in (5, 6, 24, 35, 46, 54, 69):
        rng = np.random.default_rng(seed)
        batch, hidden = int(rng.choice([1, 4, 16, 64])), int(rng.choice([2, 5, 16]))
        outputs = int(rng.choice([1, 3]))
        X, T = rng.normal(size=(batch, 3)), rng.normal(size=(batch, outputs))
        p = {"W1": rng.normal(size=(3, hidden)), "b1": rng.normal(size=hidden)}
        p |= {"W2": rng.normal(size=(hidden, outputs)), "b2": rng.normal(size=outputs)}

        def forward(X=X, p=p):
            a = np.tanh(X @ p["W1"] + p["b1"])
            return a, (a @ p["W2"] + p["b2"]).astype(np.float16).astype(float)

        def loss(T=T, forward=forward):
            return float(np.mean((forward()[1] - T) ** 2))

        def grads(X=X, T=T, p=p, forward=forward):
            a, y = forward()
            d = 2 * (y - T) / T.size
            dz = d @ p["W2"].T * (1 - a * a)
            return {"W1": X.T @ dz, "b1": dz.sum(axis=0), "W2": a.T @ d, "b2": d.sum(axis=0)}

        report = check_gradients(loss, p, grads, explain=False, seed=seed)
        assert report.verdict in ("agrees", "inconclusive"), (seed, report)


def test_a_loss_that_moves_with_nothing_is_not_read_elsewhere_either():
    """Zero on both sides at a second point does not clear a gradient that was not zero."""
    w = np.ones(3)
    report = check_gradients(lambda: 3.0, w, lambda: np.where(w == 1.0, 1.0, 0.0))
    assert report.verdict == "inconclusive"
    assert report.blocks[0].reason.startswith("unread")
    assert [finding.kind for finding in report.findings] == ["unread"]
    assert report.findings[0].sentence.startswith(
        "The loss does not change when params changes: it"
    )


@pytest.mark.parametrize("small", [1e-12, 1e-9, 1e-6, 1.0])
@pytest.mark.parametrize("factor", [1.0, 1.1])
def test_parameters_of_very_different_units_are_judged_each_by_itself(small, factor):
    p = {"a": np.full(3, 1.7 * small), "b": np.full(2, 1.7e9)}
    loss = lambda: float(((p["a"] / small - 1) ** 2).sum() + ((p["b"] / 1e9 - 1) ** 2).sum())
    right = {"a": 2 * (p["a"] / small - 1) / small, "b": 2 * (p["b"] / 1e9 - 1) / 1e9}
    report = check_gradients(loss, p, right | {"b": factor * right["b"]})
    assert report["a"].verdict == "agrees"
    assert report["b"].verdict == ("agrees" if factor == 1.0 else "disagrees")
    if factor == 1.0:
        assert report["b"].detectable < 1e-6


def test_a_gradient_that_is_zero_but_for_rounding_agrees():
    x = np.random.default_rng(0).normal(size=(6, 3))
    p = {"W": np.random.default_rng(1).normal(size=(3, 2)), "b": np.array([0.3, -0.2])}

    def centred(p):
        z = x @ p["W"] + p["b"]
        return z - z.mean(axis=0)

    def grads(p):
        d = 2 * centred(p)
        return {"W": x.T @ (d - d.mean(axis=0)), "b": np.array([3e-17, -2e-17])}

    report = check_gradients(lambda p: float(np.sum(centred(p) ** 2)), p, grads)
    assert report.verdict == "agrees"


@pytest.mark.parametrize("error", [ValueError, AssertionError, IndexError, KeyError, RuntimeError])
@pytest.mark.parametrize("edge", [1e-6, 1e-2, 0.3])
@pytest.mark.parametrize("fault", [1.0, 1.1])
def test_a_loss_that_raises_beyond_its_domain_is_judged_within(error, edge, fault):
    """Whatever it raises there; an error that may be a mistake of the code is told."""
    w = np.array([edge, 1.3])

    def loss():
        if np.any(w < 0):
            raise error("w < 0")
        return float(np.sum(w**1.5))

    for seed in range(4):
        report = check_gradients(loss, w, lambda: fault * 1.5 * w**0.5, seed=seed, explain=False)
        assert report.verdict == ("agrees" if fault == 1.0 else "disagrees")
        assert all("w < 0" in note for note in report.notes if "raised" in note)


def test_an_error_of_another_kind_than_that_of_a_domain_is_told():
    w = np.array([1e-6, 1.3])

    def loss():
        assert np.all(w >= 0), "left"
        return float(np.sum(w**1.5))

    reports = [check_gradients(loss, w, lambda: 1.5 * w**0.5, seed=seed) for seed in range(4)]
    notes = [note for report in reports for note in report.notes]
    assert (
        "Next to the given parameters the loss raised AssertionError: left; it was taken for an "
        "end of its domain, as a ValueError is."
    ) in notes


def test_an_error_at_the_given_parameters_comes_through_at_a_later_call():
    w, calls = np.ones(2), iter([False])

    def loss(calls=calls):
        if next(calls, True):
            raise LookupError("no more batches")
        return float(w @ w)

    with pytest.raises(LookupError, match="no more batches"):
        check_gradients(loss, w, lambda: 2 * w)


@pytest.mark.parametrize("sizes", [(1e-300, 1.3), (1e-200, 1.0), (2.5e-308, 1.0), (1e300, 1.0)])
@pytest.mark.parametrize("strict", ["warnings", "errors of NumPy"])
def test_arithmetic_of_the_check_raises_nothing_where_the_program_is_strict(sizes, strict):
    w = np.array(sizes)
    errors = {"all": "raise"} if strict == "errors of NumPy" else {}
    with warnings.catch_warnings(), np.errstate(**errors):
        warnings.simplefilter("error")
        for fault in (1.0, 2.0):
            report = check_gradients(lambda: float(w.sum()), w, lambda f=fault: f * np.ones(2))
            str(report)
            str(check_gradients(lambda: float(np.log(w).sum()), w, lambda f=fault: f / w))


@pytest.mark.parametrize("n_jobs", ["x", 1.5, 0, True])
def test_a_number_of_processes_that_is_none(n_jobs):
    w = np.ones(2)
    with pytest.raises(ValueError, match=r"n_jobs: expected a number of processes.*got .*Leave"):
        check_gradients(lambda: float(w @ w), w, 2 * w, n_jobs=n_jobs)


@pytest.mark.parametrize("fails", ["raises", "nan"])
def test_gradients_that_fail_where_nobody_asked_for_them_are_judged_where_they_were_given(fails):
    start = np.array([0.3, -1.2, 2.0])

    def grads(p):
        if not np.allclose(p, start, atol=1e-9):
            if fails == "raises":
                raise LookupError("no solution kept for this place")
            return np.full(3, np.nan)
        return 2 * p

    for factor, verdict in ((1, "agrees"), (1.1, "disagrees")):
        report = check_gradients(lambda p: np.sum(p**2), start.copy(), lambda p: factor * grads(p))  # noqa: B023
        assert report.verdict == verdict
        assert any("given parameters alone" in note for note in report.notes), report


@pytest.mark.parametrize("noise", [1e-6, 1e-2])
def test_the_gradient_of_a_mean_is_not_accused_for_one_draw(noise):
    """A loss draws from a generator of its own; the one draw that is put back is not the truth."""
    for seed in range(8):
        rng, draws = np.random.default_rng(seed), np.random.default_rng(seed)
        A, t, w = rng.normal(size=(20, 4)), rng.normal(size=20), rng.normal(size=4)

        def loss(w, A=A, t=t, draws=draws):
            return np.mean((A @ w - t) ** 2) * (1 + noise * draws.normal())

        for factor, verdicts in ((1.0, {"agrees", "inconclusive"}), (1.2, {"disagrees"})):

            def grads(w, A=A, t=t, factor=factor):
                return factor * 2 * A.T @ (A @ w - t) / 20

            assert check_gradients(loss, w, grads, seed=seed, explain=False).verdict in verdicts


def test_a_gradient_that_follows_the_draws_is_held_to_them():
    rng, draws, cache = np.random.default_rng(0), np.random.default_rng(0), {}
    X, T = rng.normal(size=(9, 5)), rng.normal(size=(9, 2))

    def loss(p):
        cache["M"] = (draws.random((9, 5)) < 0.7) / 0.7
        cache["E"] = (X * cache["M"]) @ p - T
        return np.mean(cache["E"] ** 2)

    for factor, verdict in ((1.0, "agrees"), (1.02, "disagrees")):

        def grads(p, factor=factor):
            return factor * 2 * (X * cache["M"]).T @ cache["E"] / T.size

        report = check_gradients(loss, rng.normal(size=(5, 2)), grads, explain=False)
        assert report.verdict == verdict
