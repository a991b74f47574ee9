"""gradcheck/diagnosis/ part by part: facts, measurements held against a gradient, remarks."""

import math
import types

import numpy as np
import pytest

from gradcheck.diagnosis import remarks
from gradcheck.diagnosis.case import in_words, state_of
from gradcheck.diagnosis.facts import _shape_of_error, facts
from gradcheck.diagnosis.suspect import Scene, Suspect, _usable, listed
from gradcheck.gradients import Analytic
from gradcheck.locate import Location
from gradcheck.numerical import EPS64, Noise
from gradcheck.objective import Objective
from gradcheck.tree import Box, collect
from gradcheck.verdict import Judgement


def judged(value, error=0.0, verdict="disagrees", sides=None):
    return Judgement(verdict, "", value, error, error, 1e-3, sides)


class Measured:
    """A block and what was measured of its right gradient: entries by index, slopes."""

    def __init__(self, says, entries=None, slopes=(), *, where="", pattern="", complete=False):
        self.says = np.asarray(says, dtype=float)
        block = types.SimpleNamespace(name="w", shape=self.says.shape, values=self.says + 5)
        self.point = types.SimpleNamespace(
            blocks=[block], analytic=[types.SimpleNamespace(values=self.says)]
        )
        found = [types.SimpleNamespace(direction=d, judgement=j) for d, j in slopes]
        location = Location(entries or {}, pattern, complete=complete)
        self.evidence = types.SimpleNamespace(
            location=location, slopes=found, where=where, ratio_of_slopes=None
        )
        self.suspect = Suspect(self.point, 0, self.evidence)


def every(truth, error=0.0):
    return {index: judged(float(v), error) for index, v in np.ndenumerate(np.asarray(truth))}


def of(says, truth, error=0.0, **options):
    return Measured(says, every(truth, error), **options).suspect


# --- A suspect ------------------------------------------------------------------------------------


def test_what_is_used_of_the_measurements():
    direction = np.array([2.0, -1.0])
    entries = {(0,): judged(3.0, 0.5), (1,): judged(7.0, verdict="inconclusive")}
    s = Measured([1.0, 2.0], entries, [(direction, judged(4.0, 0.25))]).suspect
    assert (s.entries, s.name, s.shape, s.size) == ([(0,)], "w", (2,), 2)
    assert (s.g.tolist(), s.W.tolist()) == ([1, 2], [6, 7])
    assert s.t.tolist() == [3.0, 4.0]
    assert s.error.tolist() == [1.33 * 0.5, 1.33 * 0.25]
    assert s.measure(np.array([10.0, 100.0])).tolist() == [10.0, 20.0 - 100.0]
    assert s.truth is None
    elsewhere = Measured([1.0, 2.0], entries, where="a second point").suspect
    assert (elsewhere.entries, len(elsewhere.t), len(elsewhere.error)) == ([], 0, 0)
    assert of([1.0, 2.0], [3.0, 4.0]).truth.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("found", "usable"),
    [
        (judged(1.0), True),
        (judged(1.0, verdict="agrees"), True),
        (judged(1.0, verdict="inconclusive"), False),
        (judged(1.0, sides=(0.0, 2.0)), False),
        (judged(math.nan), False),
        (judged(1.0, math.inf), False),
    ],
)
def test_measurements_that_can_be_used(found, usable):
    assert _usable(found) is usable


def test_the_best_known_weighs_most():
    s = Measured([0.0, 0.0], {(0,): judged(4.0, 1e-3), (1,): judged(-2.0, 4e-3)}).suspect
    assert s.weights.tolist() == pytest.approx([1.0, 0.25], rel=1e-6)
    exact = Measured([0.0, 0.0], {(0,): judged(4.0), (1,): judged(-2.0)}).suspect
    assert exact.weights.tolist() == [1.0, 1.0]
    nothing = Measured([0.0, 0.0], {(0,): judged(0.0), (1,): judged(0.0, 1.0)}).suspect
    assert nothing.weights.tolist() == [1.0, 0.0]


def test_a_gradient_is_near_where_it_agrees_with_all_measurements():
    s = of([0.0, 0.0], [1000.0, 2.0], 1e-9)
    slack = 1.33e-9 + 1e-8 * 2 + 1e-9 * 1000
    assert s.near(np.array([1000.0, 2.0 + 0.99 * slack]))
    assert not s.near(np.array([1000.0, 2.0 + 1.01 * slack]))
    assert s.near(np.array([1000.0, 2.0 - 0.99 * slack]))
    assert not s.near(np.array([1000.0, 2.0 - 1.01 * slack]))
    assert s.near(np.array([1000.0, 2.0 + 99 * slack]), rounded=1e-6)
    assert not s.near(np.array([[1000.0, 2.0]]))
    assert not s.near(np.array([1000.0, np.nan]))
    assert not Measured([0.0]).suspect.near(np.array([0.0]))  # nothing was measured
    vague = of([0.0, 0.0], [3.0, 4.0], 1.01 * 5e-3 / 1.33 / math.sqrt(2))
    assert not vague.sharp
    assert not vague.near(np.array([3.0, 4.0]))
    assert of([0.0, 0.0], [3.0, 4.0], 0.99 * 5e-3 / 1.33 / math.sqrt(2)).sharp


def test_least_squares_of_parts():
    A, B = np.array([1.0, 2.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, -1.0])
    s = of(A, 3 * A - 0.5 * B, 1e-10)
    (a, b), errors = s.solve(A, B)
    assert (a, b) == (pytest.approx(3), pytest.approx(-0.5))
    exact = np.linalg.svd(np.stack([A / np.linalg.norm(A), B / np.linalg.norm(B)], 1))[1][-1]
    least = 1.33e-10 + 1e-10 * 5.5
    assert errors == pytest.approx(least / exact / np.array([math.sqrt(6), math.sqrt(3)]), rel=1e-3)
    assert s.solve(A, 2 * A) is None  # of lower rank
    assert s.solve(A, 0 * A) is None
    assert s.solve(A, np.full(4, math.nan)) is None
    assert of(A[:2], A[:2]).solve(A[:2], B[:2]) is None  # nothing is left over as a test
    assert of(A[:2], A[:2]).solve(A[:2]) is not None
    few = Measured(A, {(0,): judged(1.0), (1,): judged(2.0)}).suspect
    assert few.solve(A, B) is None
    assert few.solve(A) is not None
    weighted = Measured(A, {(0,): judged(3.0, 1e-9), (1,): judged(7.0, 1.0)}).suspect
    assert weighted.solve(A)[0][0] == pytest.approx(3.0)


def test_a_multiple_that_is_missing():
    A, B = np.array([1.0, 2.0, 0.0]), np.array([0.0, 1.0, 1.0])
    s = of(A, A + 0.25 * B, 1e-6)
    assert s.multiple(s.measure(A), B) == pytest.approx(0.25)
    assert s.multiple(s.measure(A), 0 * B) is None
    other = Measured(A, {(1,): judged(3.0, 1e-9), (2,): judged(9.0, 1.0)}).suspect
    assert other.multiple(other.measure(A), B) == pytest.approx(1.0)


def test_a_suspect_held_against_its_own_formula():
    s = of([[1.0, 2.0]], [[3.0, -4.0]])
    own = s.against(np.array([[5.0, -10.0]]))
    assert (own.known, own.entries, own.directions) == (True, [(0, 0), (0, 1)], [])
    assert own.t.tolist() == [5.0, -10.0]
    assert own.error.tolist() == [1e-7, 1e-7]
    assert own.fits(np.array([[5.0, -10.0]]))
    assert not own.fits(np.array([[5.0, -10.1]]))
    assert s.t.tolist() == [3.0, -4.0]
    assert own.largest() == ""
    changed = s.with_gradient(np.array([[9.0, 9.0]]))
    assert (changed.g[0, 0], changed.name, s.g[0, 0]) == (9.0, "w", 1.0)
    there = object()
    assert s.elsewhere(there, np.array([[7.0, 7.0]])).point is there
    assert not s.fits(np.array([[9.0, 9.0]]))  # is not even near


def test_the_entry_that_is_farthest_off_is_told():
    s = of([[1.0, 2.0]], [[1.25, -4.0]])
    assert s.largest() == "At [0, 1] the loss has the slope -4, the gradient 2."
    assert s.largest([(0, 0)]) == "At [0, 0] the loss has the slope 1.25, the gradient 1."
    assert of(1.0, 2.0).largest() == "Here the loss has the slope 2, the gradient 1."
    slopes = [(np.ones(2), judged(4.0)), (np.ones(2), judged(5.0))]
    along = Measured([1.0, 2.0], {}, slopes).suspect
    assert along.largest() == "Along a random direction the loss has the slope 5."
    assert Measured([1.0, 2.0]).suspect.largest() == ""
    assert Measured([1.0], every([2.0]), where="a second point").suspect.largest() == ""


def test_the_layer_of_a_block():
    scene = Scene({}, [[0, 1], [2]], None, [])
    assert [scene.layer_of(i) for i in (0, 1, 2, 3)] == [0, 0, 1, None]
    assert Scene({}, None, None, []).layer_of(0) is None


def test_lists_in_words():
    assert listed([(0,), (1, 2)]) == "[0], [1, 2]"
    assert listed([(i,) for i in range(4)]) == "[0], [1], [2], [3]"
    assert listed([(i,) for i in range(6)]) == "[0], [1], [2], [3] and 2 more entries"
    assert [in_words(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.parametrize(
    ("verdict", "values", "state"),
    [
        ("disagrees", [0.0, 0.0], "wrong"),
        ("agrees", [0.0, 1.0], "right"),
        ("agrees", [0.0, 0.0], "silent"),
        ("inconclusive", [1.0, 1.0], "silent"),
    ],
)
def test_the_state_of_a_block(verdict, values, state):
    analytic = types.SimpleNamespace(values=np.array(values))
    assert state_of(types.SimpleNamespace(verdict=verdict, analytic=analytic)) == state


# --- Facts ----------------------------------------------------------------------------------------

G = np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 1.0], [2.0, 1.0, 3.0]])
SAME = "number by number the gradient of v, which is right there"


def test_facts_of_an_error():
    assert facts(of(G, G / 2.5), {}) == "every entry is 2.5 times the right one"
    assert facts(of(G, G / 2.5), {"u": 2 * G, "v": G, "x": G}) == (
        f"{SAME}; every entry is 2.5 times the right one"
    )
    assert facts(of([0.0, 0.0, 0.0], [1.0, 2.0, 3.0]), {"v": np.zeros(3)}) == ""
    off = G.copy()
    off[0, 1] = 9.0
    only = of(off, G, pattern="entries", complete=True)
    only.evidence.location.judged = {(0, 1): judged(2.0), (2, 2): judged(3.0, verdict="agrees")}
    assert facts(only, {}) == "wrong in [0, 1], right everywhere else"
    only.evidence.location.complete = False
    assert "wrong in" not in facts(only, {})
    for pattern in ("row 1", "column 2", "slice 1 of axis 0"):
        told = facts(of(off, G, pattern=pattern), {})
        assert told == f"the error is confined to {pattern}"
    assert facts(of([1.0], [2.5], pattern="entries", complete=True), {}) == ""


def test_a_ratio_near_one_never_reads_one():
    assert facts(of(G, G / (1 + 3e-6)), {}) == "every entry is 1+3e-06 times the right one"


def test_a_ratio_that_slopes_do_not_bear_out_is_not_told():
    s = Measured(G).suspect
    pairs = [types.SimpleNamespace(analytic=a, judgement=judged(1.0)) for a in (0.9958, 1.0022)]
    s.evidence.slopes, s.evidence.ratio_of_slopes = pairs, 0.999
    assert facts(s, {}) == ""
    for pair in pairs:
        pair.analytic = 0.999 + 1e-6 * pair.analytic
    assert facts(s, {}) == "every slope is 0.999 times the right one"


def test_errors_that_differ_are_not_called_the_same():
    """Rounding of float32, say, in a gradient of float64."""
    truth = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
    odd = 1e-8 * np.array([[1.0, -3.0, 2.0], [5.0, -1.0, 4.0]])
    assert _shape_of_error(truth + odd, truth) == []
    assert _shape_of_error(truth + 1e-8, truth) == ["every entry is off by the same +1e-08"]


def test_one_ratio_of_all_slopes():
    s = Measured(G).suspect
    s.evidence.ratio_of_slopes = 1.5
    assert facts(s, {}) == "every slope is 1.5 times the right one"
    number = Measured([2.0]).suspect
    number.evidence.ratio_of_slopes = 1.5
    assert facts(number, {}) == ""


def test_a_gradient_of_rank_one():
    rank = "the gradient has rank one, as from a single sample or from averages"
    outer = np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 2.0])
    assert facts(of(outer, np.sin(outer + 1)), {}) == rank
    assert facts(of(outer[:2], np.sin(outer[:2] + 1)), {}) == ""  # of two rows that says little
    assert rank not in facts(of(G, np.sin(G)), {})


def test_the_shape_of_an_error():
    assert _shape_of_error(G + 0.25, G) == ["every entry is off by the same +0.25"]
    assert _shape_of_error(np.array([1.0, 2.0]) + 0.25, np.array([1.0, 2.0])) == []
    nearly = G + 0.25 + np.eye(3)[::-1] * 4e-6
    assert _shape_of_error(nearly, G) == ["every entry is off by the same +0.25"]
    assert _shape_of_error(G + 0.25 + np.eye(3) * 6e-6, G) == []
    columns, rows = G * [1.0, 2.0, 3.0], G * [[1.0], [2.0], [3.0]]
    assert _shape_of_error(columns, G) == ["each column is wrong by a factor of its own"]
    assert _shape_of_error(rows, G) == ["each row is wrong by a factor of its own"]
    one, some = np.ones(G.shape), np.ones((3, 9))
    one[:, 1], some[:, [2, 7]] = 1.5, [0.5, 3.0]
    G9 = np.arange(1.0, 28.0).reshape(3, 9)
    told = "column 1 is 1.5 times the right one, and no other"
    assert _shape_of_error(one * G, G) == [told]
    assert _shape_of_error(some * G9, G9) == ["2 columns are wrong, each by a factor of its own"]
    assert _shape_of_error(columns * (1 + 0.9e-5 * np.eye(3)), G) != []
    assert _shape_of_error(columns * (1 + 1.1e-5 * np.eye(3)), G) == []
    assert _shape_of_error(columns[:1], G[:1]) == []
    zeros = G * (G != 1)
    assert _shape_of_error(zeros**2, zeros) == ["zero where the right gradient is zero"]
    assert _shape_of_error(zeros**2, G) == []
    assert _shape_of_error(G**2, G) == []
    assert _shape_of_error(np.full((3, 1), -2.0), np.zeros((3, 1))) == [
        "every entry is off by the same -2"
    ]


# --- Remarks --------------------------------------------------------------------------------------


def block(values, name="w"):
    return collect({name: np.asarray(values, dtype=float)})[1][0]


def gradient(values, misfit=""):
    values = np.asarray(values, dtype=float)
    return Analytic(values, EPS64, values.shape, misfit)


EQUAL = (
    "{}: all units of the layer are equal, and so are their gradients: training keeps them equal. "
    "Start from small random weights."
)


def test_equal_units_in_words():
    alike, other = np.ones((3, 4)), np.arange(12.0).reshape(3, 4)
    learns, apart = gradient(np.ones((3, 4))), gradient(other)
    blocks = [block(alike, "a"), block(alike, "b"), block(other, "c"), block(np.ones(3), "d")]
    bias = gradient(np.ones(3))
    tell = remarks.equal_units
    assert tell(blocks, [learns, apart, learns, bias]) == [EQUAL.format("a")]
    assert tell(blocks, [learns, learns, learns, bias]) == [EQUAL.format("a and b")]
    three = [block(alike, n) for n in "abc"]
    assert tell(three, [learns] * 3) == [EQUAL.format("a, b and c")]
    assert tell(blocks, [apart] * 3 + [bias]) == []
    assert tell(blocks[:1] + blocks[3:], [learns, bias]) == []  # one matrix is no net
    lone = [block(np.ones((1, 1)), "a"), block(np.ones((1, 1)), "b")]
    assert tell(lone, [gradient(np.ones((1, 1)))] * 2) == []
    rows = other[:1].repeat(3, 0)
    assert tell([block(rows, "a"), blocks[2]], [gradient(rows), apart]) == [EQUAL.format("a")]
    near = gradient(rows + np.eye(3, 4) * 2e-12)
    assert tell([block(rows, "a"), blocks[2]], [near, apart]) == [EQUAL.format("a")]
    assert tell([block(rows, "a"), blocks[2]], [gradient(rows + np.eye(3, 4) * 4e-12), apart]) == []


def test_where_right_gradients_leave_one():
    way = (
        ": where training fails all the same, look elsewhere, at the data, the start, the learning "
        "rate, the update."
    )
    assert remarks.right_at(1) == "The gradients are right at this point" + way
    assert remarks.right_at(3) == "The gradients are right at 3 points" + way


def test_dead_units_in_words():
    def tell(*pairs):
        blocks = [block(np.ones(np.shape(g)), n) for n, g in pairs]
        return remarks.dead_units(still, blocks, [gradient(g) for _, g in pairs])

    still = Objective(lambda: 1.0, Box(None))

    some = (
        "b: {} units get a gradient of exactly zero from all samples: dead, as units of a relu "
        "that is never on. They learn nothing from these data."
    )
    whole = (
        "b: every gradient is exactly zero, from all samples: the loss does not use this here, or "
        "gets it times zero, as from units that are never on (dead, as of a relu)."
    )
    assert tell(("b", [0.0, 0.0, 1.0])) == [some.format("2 of 3")]
    assert tell(("b", [0.0, 0.0, 1.0, 1.0])) == [some.format("2 of 4")]
    assert tell(("b", [0.0, 1.0, 1.0])) == []
    assert tell(("b", [[0.0], [0.0], [0.0]])) == [whole]
    assert tell(("b", [0.0, 0.0])) == []  # too few
    assert tell(("b", np.zeros((3, 2)))) == []
    assert tell(("V", [[0.0, 0.0, 1.0]]), ("b", [0.0, 0.0, 1.0])) == [some.format("2 of 3")]
    assert tell(("b", [0.0, 0.0, 1.0]), ("V", [[0.0, 0.0, 1.0]])) == [some.format("2 of 3")]
    two = tell(("b", [0.0, 0.0, 1.0]), ("c", [1.0, 0.0, 0.0]))
    assert two == [some.format("2 of 3"), "c" + some.format("2 of 3")[1:]]
    odd = gradient(np.zeros(3), "batch")
    both = [block(np.ones(3), "a"), block(np.ones(3), "b")]
    assert remarks.dead_units(still, both, [odd, gradient(np.zeros(3))]) == [whole]


class Falls:
    """A loss along one parameter, from 1 at slope 2: what becomes of it is written down."""

    def __init__(self, change):
        self.w = np.array([0.0])
        box, self.blocks = collect(self.w)
        self.objective = Objective(lambda: 1.0 + change(-float(self.w[0])), box)

    def pace(self, rate, sigma=1e-9, misfit=""):
        noise = Noise(1.0, sigma, EPS64, 1.0)
        steps = [gradient([2.0], misfit)]
        return remarks.pace(self.objective, self.blocks, steps, noise, rate)


def test_a_pace_in_words():
    uphill = "A step of lr = 0.5 takes the loss uphill, {}, though the gradients are right: the "
    climbs = Falls(lambda d: d)  # the step is 1 long
    assert climbs.pace(0.5) == [uphill.format("from 1 to 2") + "learning rate is far too large."]
    assert climbs.objective.evaluations == 4
    for limit, shorter in [(0.5, 0.05), (0.05, 0.005), (0.005, 0.0005)]:
        valley = Falls(lambda d, limit=limit: -d if d < limit else d)
        assert valley.pace(0.5) == [
            uphill.format("from 1 to 2")
            + f"learning rate is too large; {shorter:g} lowers the loss."
        ]
    nowhere = Falls(lambda d: math.nan if d > 0.01 else 0.0)
    assert nowhere.pace(0.5) == [
        uphill.format("out of all bounds") + "learning rate is far too large."
    ]


def test_a_step_within_the_noise_is_not_uphill():
    assert Falls(lambda d: 0.99e-8).pace(0.5) == []
    assert "uphill" in Falls(lambda d: 1.01e-8).pace(0.5)[0]


def test_a_rate_far_too_small_in_words():
    """At rate 1e-6 a thousand steps lower the loss by 4e-3 where it falls in proportion."""
    says = (
        "A step of lr = 1e-06 lowers the loss by 4e-06 of 1; one 1000 times as long still lowers "
        "it in proportion: the gradients are right, the learning rate is far too small."
    )
    for share, told in [(1.0, [says]), (0.91, [says]), (0.89, []), (1.11, [says]), (1.12, [])]:
        falls = Falls(lambda d, share=share: -2 * d * share)
        assert falls.pace(1e-6, 1e-12) == told
        assert falls.objective.evaluations == 2
    straight = Falls(lambda d: -2 * d)
    assert straight.pace(1e-6, 0.99 * 4e-3 / 1000) == [says]
    assert straight.pace(1e-6, 1.01 * 4e-3 / 1000) == []  # a hundred times the slack
    assert straight.pace(1e-6, misfit="batch") == []
    flat = remarks.pace(
        straight.objective, straight.blocks, [gradient([0.0])], Noise(1.0, 0.0, EPS64, 1.0), 0.1
    )
    assert flat == []


def stack(*kinds, Z, F, T=0.0, X=((1.0,),), table=None):
    """A recognised net of which only what the remarks look at is there."""
    slopes = {"sigmoid": lambda z: 0.25 * z, "tanh": lambda z: z, "relu": lambda z: 0 * z}
    layers = [types.SimpleNamespace(name=kind, slope=slopes[kind]) for kind in kinds]
    done = types.SimpleNamespace(
        Z=[np.array(z, float) for z in Z], F=[np.array(f, float) for f in F]
    )
    return types.SimpleNamespace(
        depth=len(kinds),
        activation=lambda k: layers[k],
        forward=lambda parts: done,
        layout=types.SimpleNamespace(open=lambda params: params),
        T=np.array(T, float),
        X=np.array(X, float),
        table=table,
    )


FLAT = (
    "{} saturated: {} of the values of the {} lie where it is flat{}, and hardly any gradient "
    "passes. Start from smaller weights, or scale the inputs."
)


@pytest.mark.parametrize("kind", ["sigmoid", "tanh"])
def test_saturated_layers_in_words(kind):
    """A value counts as flat below 1e-4 of the steepest slope."""
    out = {"Z": [1.0], "F": [0.0]}

    def tell(*slopes):
        net = stack(kind, "relu", Z=[slopes, *out["Z"]], F=[slopes, *out["F"]])
        return remarks.of_net(net, [])

    flat, steep = 0.99e-4, 1.01e-4
    assert tell(*[flat] * 4, steep) == [FLAT.format("Layer 1 is", "80%", kind, "")]
    assert tell(*[-flat] * 4, -steep) == [FLAT.format("Layer 1 is", "80%", kind, "")]
    assert tell(*[flat] * 3, steep) == []
    relu = stack("relu", "relu", Z=[[0.0], [1.0]], F=[[0.0], [0.0]])
    assert remarks.of_net(relu, []) == []
    later = stack("relu", kind, "relu", Z=[[0.0], [0.0], [1.0]], F=[[0.0]] * 3)
    assert remarks.of_net(later, []) == [FLAT.format("Layer 2 is", "100%", kind, "")]


def test_saturated_outputs_are_told_where_they_are_far_off():
    def tell(outputs, targets, slopes):
        net = stack("relu", "sigmoid", Z=[[1.0], slopes], F=[[0.0], outputs], T=targets)
        return remarks.of_net(net, [])

    far = [FLAT.format("The outputs are", "50%", "sigmoid", ", far from their targets")]
    assert tell([1.0, 0.0], [0.49, 0.0], [0.0, 0.0]) == far
    assert tell([0.0, 0.0], [0.51, 0.0], [0.0, 0.0]) == far
    assert tell([1.0, 0.0], [0.5, 0.0], [0.0, 0.0]) == []
    assert tell([1.0, 0.0], [0.0, 0.0], [1.0, 0.0]) == []  # not flat there
    assert tell([1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]) == []  # one of three


def test_inputs_that_are_not_scaled_in_words():
    says = (
        "The inputs are not scaled: the columns are of size {} to {}. "
        "Subtract the mean and divide by the deviation of each."
    )

    def tell(X, table=None):
        return remarks.of_net(stack("relu", Z=[[1.0]], F=[[0.0]], X=X, table=table), [])

    assert tell([[3.0, 400.0], [4.0, -300.0]]) == []
    assert tell([[3.0, 401.0], [4.0, -300.0]]) == [says.format("3.54", "354")]
    assert tell([[0.0, 401.0, 3.0], [0.0, -300.0, 4.0]]) == [says.format("3.54", "354")]
    assert tell([[0.0], [0.0]]) == []
    assert tell([[100.0], [-100.0]]) == []
    assert tell([[100.1], [-100.1]]) == [says.format("100", "100")]
    assert tell([[1e3], [-1e3]], table="embeddings") == []
