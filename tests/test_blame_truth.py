"""What the gradients are compared with: central differences, and none across a kink."""

import ast

import numpy as np
import pytest

from gradcheck.blame.adjoints import Occurrence, adjoints
from gradcheck.blame.guesses import Guesses, Question
from gradcheck.blame.measured import STEP, measure
from gradcheck.blame.replay import Replay
from gradcheck.state import Snapshot
from gradcheck.tree import Parameter, Slot


def measured(loss, w, limit=100, **known):
    """Entries that were measured, with their slopes."""
    p = {"w": np.array(w, dtype=float)}

    def value():
        return loss(p["w"])

    block = Parameter("w", Slot(p, "w"), p["w"], p["w"])
    snapshot = Snapshot({"p": p, "loss": value})
    replay = Replay(value, lambda: [np.zeros(len(w))], [block], snapshot, **known)
    with replay.session():
        replay.find()
        truth = measure(replay, [p["w"].copy()], limit, np.random.default_rng(0))
    return dict(zip(truth.known.tolist(), truth.values, strict=True))


@pytest.mark.parametrize("at", [0.0, 0.02, 0.2, 0.5, 0.9, -0.4])
@pytest.mark.parametrize("size", [1.0, 1e-3])
def test_an_entry_with_a_kink_within_the_step_is_left_out(at, size):
    kinked = measured(lambda w: w[1] ** 2 + size * abs(w[0] - at * STEP) + 3 * w[0], [0.0, 2.0])
    assert kinked == {1: pytest.approx(4, rel=1e-9)}


@pytest.mark.parametrize("bend", [1.0, 100.0])
def test_an_entry_where_the_loss_bends_is_kept(bend):
    smooth = measured(lambda w: bend * w[0] ** 2 + np.sin(w[1]) + w[0], [0.0, 2.0])
    assert smooth == {
        0: pytest.approx(1, rel=1e-8),
        1: pytest.approx(np.cos(2.0), rel=1e-8),
    }


@pytest.mark.parametrize("seven", [7, 411])
def test_entries_known_to_be_wrong_are_in_every_sample(seven):
    some = measured(lambda w: w @ w, np.arange(500.0), 4, astray=[[seven, 3, 5]])
    assert {seven, 3} <= some.keys()
    assert len(some) == 4


def chained(turns):
    """A loss that knows z, a = tanh(z) and the sums of each turn, h = h_before + a @ w."""
    rng = np.random.default_rng(0)
    z, w = rng.normal(size=(turns, 3, 4)), rng.normal(size=(4, 5))
    runs = []

    def watching(number):
        def loss(moves):
            runs.append(number)
            h, total = np.zeros((3, 5)), 0.0
            for turn in range(turns):
                parts = [z[turn]]
                for step in (np.tanh, lambda a: a @ w, lambda p: h + p):  # noqa: B023
                    moved = parts[-1] + (moves.get(turn, 0.0) if len(parts) == number + 1 else 0.0)
                    parts.append(step(moved))
                h = parts[-1] + (moves.get(turn, 0.0) if number == 3 else 0.0)
                total += float(np.sum(np.cos(h)))
            return total

        return loss

    a = np.tanh(z)
    h = np.cumsum(a @ w, axis=0)
    dh = np.cumsum(-np.sin(h)[::-1], axis=0)[::-1]
    true = [dh @ w.T * (1 - a**2), dh @ w.T, dh, dh]
    values = [z, a, a @ w, h]
    node = ast.Name("x", ast.Load())
    asked = [
        Occurrence(node, number, turn, "x", values[number][turn])
        for number in (3, 2, 1, 0)
        for turn in range(turns)
    ]
    return asked, watching, float(np.sum(np.cos(h))), true, [w[None], 1 - a**2], runs


@pytest.mark.parametrize("turns", [1, 3])
def test_adjoints_are_guessed_from_others(turns):
    asked, watching, at, true, factors, runs = chained(turns)
    strands = {number: [list(range(turns))] for number in range(4)}
    found = adjoints(asked, watching, at, lambda: False, Guesses(factors), strands)
    for (number, turn), values in found.items():
        np.testing.assert_allclose(values, true[number][turn], rtol=1e-4, atol=1e-5)
    assert len(found) == 4 * turns
    assert len(runs) - 16 in (15 * turns, 30 * turns)  # h alone is measured


def test_guesses_that_are_wrong_are_not_taken():
    asked, watching, at, true, factors, runs = chained(2)
    wrong = [factors[0] + 1e-4, factors[1] * 1.001]
    strands = {number: [[0, 1]] for number in range(4)}
    found = adjoints(asked, watching, at, lambda: False, Guesses(wrong), strands)
    for (number, turn), values in found.items():
        np.testing.assert_allclose(values, true[number][turn], rtol=1e-4, atol=1e-5)
    assert len(runs) >= 16 + 2 * (15 + 12 + 12)


def test_what_has_no_strand_is_measured():
    asked, watching, at, true, _, runs = chained(2)
    found = adjoints(asked, watching, at, lambda: False)
    for (number, turn), values in found.items():
        np.testing.assert_allclose(values, true[number][turn], rtol=1e-6, atol=1e-7)
    assert len(runs) == 2 * sum(np.size(one.value) for one in asked)


def test_a_sum_of_two_guesses():
    rng = np.random.default_rng(1)
    known, one, two = (rng.normal(size=(2, 3, 4)) for _ in range(3))
    guesses = Guesses([one, two])
    group = guesses.group((2, 3, 4), (0, 1))
    guesses.learn(known)
    wanted = known * one - known * two
    slopes = [float(np.sum(d * wanted)) for d in group.directions]
    question = Question(group, slopes[:2], 0.0)
    assert guesses.answer(question) is None
    np.testing.assert_allclose(guesses.answer_in_two(question, lambda: slopes[2]), wanted)
    assert guesses.answer_in_two(question, lambda: slopes[2] + 1) is None
