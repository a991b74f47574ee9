"""gradcheck/objective.py: the loss along lines; counted, bounded, always put back."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.objective import BudgetSpent, EntryLine, Line, Objective, with_params
from gradcheck.tree import Box, collect


def objective_of(nest, loss, **options):
    box, blocks = collect(nest)
    return Objective(loss, box, **options), blocks


@given(st.floats(-3, 3), st.integers(0, 99))
@settings(max_examples=60)
def test_a_line_is_the_loss_along_a_direction(t, seed):
    rng = np.random.default_rng(seed)
    nest = {"a": rng.normal(size=(2, 3)), "b": rng.normal(size=4)}
    start = {name: value.copy() for name, value in nest.items()}
    loss = lambda: float((nest["a"] ** 3).sum() + np.exp(nest["b"]).sum())
    objective, blocks = objective_of(nest, loss)
    directions = [rng.normal(size=block.shape) for block in blocks]
    line = Line(objective, list(zip(blocks, directions, strict=True)))
    value, applied = line(t)
    moved = {name: start[name] + t * d for name, d in zip(nest, directions, strict=True)}
    assert value == pytest.approx(
        float((moved["a"] ** 3).sum() + np.exp(moved["b"]).sum()), rel=1e-13
    )
    assert applied == t
    assert objective.evaluations == 1
    for name, value in nest.items():
        assert value.tobytes() == start[name].tobytes()


def test_a_line_begins_where_the_parameters_stand_to_the_last_bit():
    nest, seen = {"w": np.array([-0.0, 1.0])}, []
    objective, (block,) = objective_of(nest, lambda p: seen.append(p["w"].tobytes()) or 0.0)
    Line(objective, [(block, np.array([1.0, np.inf]))])(0.0)
    assert seen == [np.array([-0.0, 1.0]).tobytes()]


@given(st.floats(-1e-3, 1e-3), st.sampled_from([np.float64, np.float32]))
@settings(max_examples=60)
def test_an_entry_moves_by_what_its_dtype_can_hold(t, dtype):
    nest = {"w": np.array([[1.1, 2.2], [3.3, 4.4]], dtype)}
    before = nest["w"].tobytes()
    seen = []
    objective, (block,) = objective_of(nest, lambda p: seen.append(p["w"].copy()) or 0.0)
    _, applied = EntryLine(objective, block, (1, 0))(t)
    (moved,) = seen
    assert float(moved[1, 0]) - float(nest["w"][1, 0]) == applied
    assert abs(applied - t) <= np.finfo(dtype).eps * 4
    changed = moved != nest["w"]
    assert not changed.ravel()[[0, 1, 3]].any()
    assert nest["w"].tobytes() == before


def test_evaluations_are_bounded():
    told = []
    objective, _ = objective_of(
        np.ones(2), lambda: 1.0, max_evaluations=3, on_evaluation=told.append
    )
    for _ in range(3):
        objective()
    with pytest.raises(BudgetSpent):
        objective()
    assert objective.evaluations == 3
    assert told == [1, 2, 3]


@pytest.mark.parametrize(
    "value", [np.nan, np.inf, -np.inf, np.float32("nan"), np.array([np.inf])], ids=repr
)
def test_what_is_not_finite_is_nan(value):
    objective, _ = objective_of(np.ones(2), lambda: value)
    assert np.isnan(objective())
    assert objective.last is value


@pytest.mark.parametrize(
    "error",
    [
        *(ZeroDivisionError, OverflowError, FloatingPointError, ValueError, AssertionError),
        *(IndexError, KeyError, RuntimeError, TypeError, StopIteration, Exception),
    ],
)
def test_leaving_the_domain_is_nan_but_not_at_the_given_point(error):
    def loss():
        raise error("mine")

    objective, _ = objective_of(np.ones(2), loss)
    with pytest.raises(error):
        objective()
    assert np.isnan(objective())
    assert isinstance(objective.failure, error)


@pytest.mark.parametrize("error", [MemoryError, SystemExit, KeyboardInterrupt])
def test_other_errors_are_the_user_s(error):
    calls = iter([None])

    def loss():
        if next(calls, error) is not None:
            raise error("mine")
        return 1.0

    objective, _ = objective_of(np.ones(2), loss)
    objective()
    with pytest.raises(error, match="mine"):
        objective()


def test_overflow_in_the_loss_is_silent():
    w = np.array([1e300])
    objective, _ = objective_of(w, lambda: float((w * w)[0]))
    assert np.isnan(objective())  # warnings are errors here


def test_replay_comes_before_the_move():
    order = []
    objective, _ = objective_of(np.ones(2), lambda: order.append("loss") or 0.0)
    objective.replay = lambda: order.append("replay")
    objective.along(lambda _: order.append("place"), [0.0])
    assert order == ["replay", "place", "loss"]


def test_lines_begin_and_end_at_home():
    w = np.array([1.0, -2.0, 0.1])
    objective, (block,) = objective_of(w, lambda: float(w[0]))
    home = block.make_home()
    assert home is block.make_home()  # no second copy of the same values
    line = Line(objective, [(block, np.ones(3))])
    assert line(0.25)[0] == 1.25
    assert w.tobytes() == home.tobytes()
    assert [loss for loss, _ in line.many([0.5, -0.25])] == [1.5, 0.75]
    assert w.tobytes() == home.tobytes()
    with line:
        assert [loss for loss, _ in line.many([0.5, -0.25])] == [1.5, 0.75]
    assert w.tobytes() == home.tobytes()
    w[:] = 3.0
    assert block.make_home() is not home
    block.values[...] = 0.0
    block.go_home()
    assert w.tolist() == [3.0, 3.0, 3.0]


@given(st.floats(1e-12, 10.0), st.integers(0, 2**32 - 1), st.sampled_from([np.float64, np.float32]))
@settings(max_examples=60)
def test_the_steps_of_a_line_do_not_hang_on_those_before(t, seed, dtype):
    rng = np.random.default_rng(seed)
    w, direction = rng.normal(size=5).astype(dtype), rng.normal(size=5)
    start, seen = w.copy(), []
    objective, (block,) = objective_of(w, lambda: seen.append(w.copy()) or 0.0)
    steps = [t, -t, 3 * t, t, 0.0, -t]
    with Line(objective, [(block, direction)]) as line:
        line.many(steps)
    for step, there in zip(steps, seen, strict=True):
        along = np.empty_like(w)
        np.multiply(direction, step, out=along, casting="same_kind")
        assert there.tobytes() == (start + along).tobytes()
    assert w.tobytes() == start.tobytes()


def test_a_line_puts_back_after_an_error():
    w = np.array([1.0, -0.0])

    def loss():
        raise KeyboardInterrupt

    objective, (block,) = objective_of(w, loss)
    with pytest.raises(KeyboardInterrupt):
        Line(objective, [(block, np.ones(2))])(0.5)
    with pytest.raises(KeyboardInterrupt), Line(objective, [(block, np.ones(2))]) as line:
        line.many([0.5])
    with pytest.raises(KeyboardInterrupt):
        EntryLine(objective, block, (1,))(0.5)
    assert w.tobytes() == np.array([1.0, -0.0]).tobytes()


class Call:
    def __call__(self, params):
        return params

    def method(self):
        return "no argument"


def two(a, b):
    return a, b


@pytest.mark.parametrize(
    ("function", "result"),
    [
        (lambda: "none", "none"),
        (lambda p: p, "params"),
        (lambda p, k=1: (p, k), ("params", 1)),
        (lambda k=1: k, 1),
        (lambda *p: p, ()),
        (lambda *p, **k: (p, k), ((), {})),
        (lambda *p: p[0], "params"),
        (lambda *p: two(*p, 2), ("params", 2)),
        (Call(), "params"),
        (Call().method, "no argument"),
        (functools.partial(two, 1), (1, "params")),
        (functools.partial(two, 1, 2), (1, 2)),
        (len, 6),
        (str.upper, "PARAMS"),
    ],
)
def test_a_function_gets_the_params_if_it_asks(function, result):
    assert with_params(function, Box("params"), "loss")() == result


def test_an_error_of_a_decorated_function_is_its_own():
    def decorated(*args):
        return undecorated(*args)

    def undecorated():
        return [].pop()

    with pytest.raises(IndexError, match="pop from empty list"):
        with_params(decorated, Box("params"), "loss")()


@pytest.mark.parametrize("function", [two, lambda *, k: 1, lambda p, *, k: 1, 3.0, None])
def test_functions_that_cannot_be_called(function):
    with pytest.raises(TypeError, match=r"^grads: expected a (function|callable)"):
        with_params(function, Box("params"), "grads")


def test_a_loss_that_returns_its_gradient_too_is_told_how_to_part_them():
    w = np.ones(2)
    objective, _ = objective_of(w, lambda: (float(w @ w), 2 * w))
    with pytest.raises(
        TypeError, match=r"got tuple .* first item as the loss, lambda p: f\(p\)\[0\]"
    ):
        objective()
