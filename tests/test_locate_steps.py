"""gradcheck/locate.py step by step: what is probed, what is read off it, where each step ends."""

import math
import types

import numpy as np
import pytest

from gradcheck import locate
from gradcheck.locate import Location, Residual, Search, clopper_pearson
from gradcheck.numerical import EPS64, Noise, Plan
from gradcheck.objective import BudgetSpent, Objective
from gradcheck.tree import collect
from gradcheck.verdict import Judgement, Scale

NOISE, PLAN = Noise(1.0, 1e-15, EPS64, 1.0), Plan(1e-3, 1e-3, 1.0, 1e-3)
WRONG = Judgement("disagrees", "", 0.0, 0.0, 0.0, 1e-3)


class Model(Search):
    """A block whose numerical gradient is 0: what it is off by is written down.

    The first of a group are its sample. `probed` lists the groups measured, with their weights.
    """

    def __init__(self, off, *, error=0.0, told=None, direction=None, budget=math.inf):
        off = np.asarray(off, dtype=float)
        block = types.SimpleNamespace(shape=off.shape, size=off.size)
        rng = types.SimpleNamespace(choice=self.first)
        along = np.ones(off.shape) if direction is None else np.asarray(direction, dtype=float)
        objective = types.SimpleNamespace(evaluations=7)
        super().__init__(objective, block, off, along, PLAN, NOISE, Scale(1.0, 1.0), rng)
        self.error, self.told, self.budget, self.probed = error, told, budget, []

    def first(self, group, n, replace):
        assert replace is False
        return group[:n]

    def residual(self, group, weights=None):
        part = self.direction.ravel()[group] * (1.0 if weights is None else weights)
        self.probed.append((list(group), None if weights is None else list(weights)))
        self.objective.evaluations += 2
        return Residual(float(np.dot(self.analytic.ravel()[group], part)), self.error)

    def entry(self, position):
        if len(self.location.judged) >= self.budget:
            raise BudgetSpent
        index = tuple(int(i) for i in np.unravel_index(position, self.block.shape))
        verdict = "disagrees" if self.analytic[index] else "agrees"
        self.location.judged[index] = found = WRONG if verdict == "disagrees" else GOOD
        return found

    def decode(self, group, known, code, n):
        return self.told or super().decode(group, known, code, n)

    @property
    def whole(self):
        return np.arange(self.block.size)

    @property
    def known(self):
        return Residual(float(np.sum(self.analytic * self.direction)), self.error)


GOOD = Judgement("agrees", "", 0.0, 0.0, 0.0, 1e-3)
OPEN = Judgement("inconclusive", "noise", 0.0, 0.0, 0.0, 1e-3)


def shares(k, n, *, of, beside=0.0):
    """What a sample of a part of the block says of the whole."""
    return pytest.approx([of * share + beside for share in clopper_pearson(k, n)])


def vector(n, *wrong):
    off = np.zeros(n)
    off[list(wrong)] = 1.0
    return off


# --- Decoding -------------------------------------------------------------------------------------


def test_the_place_of_one_wrong_entry_is_a_ratio():
    """Weights 1/2 + i / 4: at 3 of 5 the second residual is 1.25 of the first."""
    for size in (2.0, -2.0):
        model = Model(size * vector(5, 3), error=0.1)
        place, doubt = model.decode(model.whole, model.known, np.arange(5), 5)
        assert (place, doubt) == (3.0, pytest.approx((0.1 + 1.25 * 0.1) / 2 * 4))
        assert model.probed == [([0, 1, 2, 3, 4], [0.5, 0.75, 1.0, 1.25, 1.5])]
    nothing = model.decode(model.whole, Residual(0.0, 0.1), np.arange(5), 5)
    assert math.isnan(nothing[0])
    assert nothing[1] == math.inf
    model.residual = lambda group, weights: None
    assert model.decode(model.whole, model.known, np.arange(5), 5)[1] == math.inf


@pytest.mark.parametrize(
    ("place", "doubt", "near"),
    [
        (2.3, 0.5, [2]),
        (2.3, 0.8, [2, 3]),
        (2.7, 0.8, [3, 2]),
        (3.1, 1.499, [3, 4, 2]),
        (3.1, 1.5, []),  # too many to try
        (0.2, 0.9, [0, 1]),
        (7.9, 0.95, [8, 7]),
        (8.1, 1.2, [8, 7]),
        (8.9, 0.4, []),
        (-0.4, 0.3, []),
        (3.0000009, 0.0, [3]),
        (2.9999991, 0.0, [3]),
        (3.000002, 0.0, []),
        (2.999998, 0.0, []),
        (math.nan, math.inf, []),
    ],
)
def test_the_entries_near_a_place(place, doubt, near):
    assert locate._near(place, doubt, 9) == near


def test_residuals_must_exceed_their_error():
    assert Residual(-1.001, 1.0).visible
    assert not Residual(1.0, 1.0).visible


# --- One entry, one slice, many -------------------------------------------------------------------


def test_an_entry_must_explain_all_that_was_seen():
    """Off by 2 along 1/2 gives 1; its slope is known to 0.5, so 3/8 more may be missing."""
    judged = Judgement("disagrees", "", 0.0, 0.5, 0.5, 1e-3)
    for known, explains in [(1.625, True), (1.626, False), (0.375, True), (0.374, False)]:
        model = Model(2 * vector(4, 2), direction=[9.0, 9.0, -0.5, 9.0])
        model.entry = lambda position: judged
        assert model.explains(2, Residual(-known, 0.25)) is explains
        assert (model.location.pattern == "entries") is explains
        assert model.location.complete is explains
    model.entry = lambda position: GOOD
    assert not model.explains(2, Residual(-1.0, 0.25))


@pytest.mark.parametrize(("doubt", "found"), [(0.249, True), (0.25, False)])
def test_one_entry_is_tried_where_its_place_is_sharp(doubt, found):
    model = Model(vector(40, 31), told=(31.0, doubt))
    assert model.one_entry(model.whole, model.known) is found
    assert model.location.wrong == ([(31,)] if found else [])
    model = Model(vector(40, 31), told=(31.5, 0.2))
    assert not model.one_entry(model.whole, model.known)


def grid(*shape, **wrong):
    off = np.zeros(shape)
    for where in wrong.values():
        off[where] = 1.0
    return off


def test_a_row_by_hand():
    model = Model(grid(6, 10, row=np.s_[4, :]))
    assert model.one_slice(model.whole, model.known)
    assert model.location.pattern == "row 4"
    assert not model.location.complete
    assert model.location.wrong == [(4, j) for j in range(8)]
    assert model.location.fraction == shares(8, 8, of=10 / 60)
    rows, columns = np.divmod(np.arange(60), 10)
    assert model.probed == [
        (list(range(60)), [0.5 + r / 5 for r in rows]),
        (list(range(60)), [0.5 + c / 9 for c in columns]),
        (list(range(40, 50)), None),
    ]


def test_a_slice_of_three_wrong_entries_is_one_and_of_two_are_entries():
    model = Model(grid(6, 10, row=np.s_[4, :3]))
    assert model.one_slice(model.whole, model.known)
    assert model.location.pattern == "row 4"
    model = Model(grid(6, 10, one=(4, 0), two=(4, 3)))
    assert model.one_slice(model.whole, model.known)
    assert model.location.pattern == "entries"
    assert model.location.complete
    assert model.location.wrong == [(4, 0), (4, 3)]


def test_both_places_known_are_one_entry():
    model = Model(grid(6, 10, one=(4, 7)))
    assert model.one_slice(model.whole, model.known)
    assert (model.location.pattern, model.location.wrong) == ("entries", [(4, 7)])
    assert len(model.probed) == 2


def test_what_is_no_slice():
    model = Model(vector(60, 3, 5))
    assert not model.one_slice(model.whole, model.known)
    assert model.probed == []
    model = Model(grid(1, 60, one=(0, 3), two=(0, 6)))
    assert not model.one_slice(model.whole, model.known)
    assert len(model.probed) == 1  # of one row nothing is decoded
    model = Model(grid(9, 9, one=(0, 0), two=(8, 7)))  # mean row 4, and nothing there
    assert not model.one_slice(model.whole, model.known)
    model.residual = lambda group, weights=None: None
    assert not model.one_slice(model.whole, model.known)


def test_a_slice_among_several_axes():
    model = Model(grid(4, 5, 6, middle=np.s_[:, 3, :]))
    assert model.one_slice(model.whole, model.known)
    assert model.location.pattern == "slice 3 of axis 1"


def test_two_wrong_ones_of_six_are_dense():
    model = Model(vector(50, 1, 5))
    assert model.dense(model.whole, model.known)
    assert model.location.pattern == "dense"
    assert len(model.location.judged) == 14
    assert model.location.fraction == clopper_pearson(2, 14)
    model = Model(vector(50, 5, 6))
    assert not model.dense(model.whole, model.known)
    assert len(model.location.judged) == 6
    assert model.location.pattern == ""


# --- Several entries ------------------------------------------------------------------------------


def groups_after(model, step, group, known):
    groups = []
    result = step(np.array(group), known, groups)
    return result, [(list(g), r.value, may) for g, r, may in groups]


@pytest.mark.parametrize(
    ("told", "tried"),
    [
        ((3.0, 0.1), 3),
        ((3.2, 0.1), None),  # no integer
        ((3.2, 0.2), 3),
        ((2.8, 0.2), 3),
        ((-0.1, 0.1), 0),
        ((-0.12, 0.1), None),
        ((7.1, 0.1), 7),
        ((7.12, 0.1), None),
        ((3.5, 1.2), None),  # four of eight are too many
        ((math.nan, math.inf), None),
    ],
)
def test_the_entry_that_a_place_stands_for(told, tried):
    model = Model(np.zeros(20), told=told)
    group = list(range(10, 18))
    assert groups_after(model, model.decoded, group, Residual(1.0, 0.1)) == (False, [])
    assert list(model.location.judged) == ([] if tried is None else [(10 + tried,)])
    assert model.probed == []


def test_what_a_wrong_entry_leaves_over_is_looked_at_again():
    """Off by 1 at 11, 13 and 15: the place is that of 13."""
    model = Model(vector(20, 11, 13, 15))
    found, groups = groups_after(model, model.decoded, range(10, 18), Residual(3.0, 0.0))
    assert found
    assert groups == [([10, 11, 12, 14, 15, 16, 17], 2.0, False)]
    assert model.location.wrong == [(13,)]
    model = Model(-vector(20, 13))
    assert groups_after(model, model.decoded, range(10, 18), Residual(-1.0, 0.0)) == (True, [])
    judged = Judgement("disagrees", "", 0.0, 0.5, 0.5, 1e-3)
    for known, left in [(1.999, 0), (2.001, 1)]:  # 1.5 times 1/2 the slope's error, 0.25 known
        model = Model(vector(20, 13), told=(3.0, 0.0), direction=[-1.0] * 20)
        model.entry = lambda position: judged
        _, groups = groups_after(model, model.decoded, range(10, 18), Residual(-known, 0.25))
        assert len(groups) == left


def test_a_window_of_a_quarter_is_measured():
    model = Model(vector(20, 13, 14, 17), told=(3.4, 0.6), error=0.1)
    found, groups = groups_after(model, model.decoded, range(10, 18), Residual(3.0, 0.1))
    assert found
    assert groups == [([10, 11, 12, 15, 16, 17], 1.0, True), ([13, 14], 2.0, True)]
    assert model.probed == [([13, 14], None)]
    found, groups = groups_after(model, model.decoded, range(10, 18), Residual(2.1, 0.1))
    assert groups == [([13, 14], 2.0, True)]  # nothing is left over
    model = Model(vector(20, 17), told=(3.4, 0.6), error=0.1)
    assert groups_after(model, model.decoded, range(10, 18), Residual(1.0, 0.1)) == (False, [])
    model.residual = lambda group: None
    assert groups_after(model, model.decoded, range(10, 18), Residual(1.0, 0.1)) == (False, [])


def test_a_split_measures_one_half():
    model = Model(vector(20, 10, 14), error=0.1)
    _, groups = groups_after(model, model.split, range(10, 15), Residual(2.0, 0.1))
    assert groups == [([10, 11], 1.0, True), ([12, 13, 14], 1.0, True)]
    assert model.probed == [([10, 11], None)]
    _, groups = groups_after(model, model.split, range(10, 15), Residual(1.05, 0.1))
    assert groups == [([10, 11], 1.0, True)]
    model = Model(vector(20, 14), error=0.6)
    _, groups = groups_after(model, model.split, range(10, 15), Residual(1.0, 0.6))
    assert groups == [([12, 13, 14], 1.0, True)]  # measured, since the difference hid it
    assert model.probed == [([10, 11], None), ([12, 13, 14], None)]
    model.residual = lambda group: Residual(0.0, 0.1) if group[0] == 10 else None
    assert groups_after(model, model.split, range(10, 15), Residual(1.0, 2.0)) == (None, [])
    model.residual = lambda group: None
    assert groups_after(model, model.split, range(10, 15), Residual(9.0, 0.1)) == (None, [])


def test_decoding_is_left_out_where_it_has_just_failed():
    model = Model(vector(40, 3, 9, 30))
    model.sparse([(model.whole, model.known, False)])
    assert model.probed[0] == (list(range(20)), None)
    assert model.location.wrong == [(3,), (9,), (30,)]
    assert (model.location.pattern, model.location.complete) == ("entries", True)


def test_beyond_the_budget_the_rest_is_sampled():
    model = Model(vector(60, 2, 31))
    model.objective.evaluations += 601
    one = Residual(1.0, 0.0)
    model.sparse([(np.arange(20), one, True), (np.arange(30, 60), one, True)])
    assert not model.location.complete
    assert list(model.location.judged) == [(i,) for i in [*range(20), 30, 31, 32, 33]]
    assert model.location.fraction == shares(2, 24, of=50 / 60)
    model = Model(vector(60, 2, 31))
    model.objective.evaluations += 600
    model.sparse([(np.array([i]), one, True) for i in (2, 31)])
    assert model.location.complete
    assert model.location.wrong == [(2,), (31,)]


def test_beyond_the_budget_one_column_is_still_seen():
    model = Model(grid(30, 40, column=np.s_[:, 7]))
    model.objective.evaluations += 601
    model.entry(3 * 40 + 7)
    model.first = lambda group, n, replace: group[-n:]
    model.rng.choice = model.first
    model.sparse([(model.whole, Residual(1.0, 0.0), True)])
    assert (model.location.pattern, model.location.complete) == ("column 7", False)
    assert model.location.fraction == shares(9, 9, of=1 / 40)


# --- Which way is taken ---------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "judged"), [(32, 32), (33, 1)])
def test_small_blocks_are_judged_entry_by_entry(size, judged):
    model = Model(vector(size, 9))
    found = model.locate(model.known)
    assert (found.wrong, len(found.judged), found.complete) == ([(9,)], judged, True)


@pytest.mark.parametrize("n", [20, 64])
def test_a_search_out_of_budget_is_not_complete(n):
    model = Model(vector(n, 3, 4), budget=4)
    found = model.locate(model.known)
    assert not found.complete
    assert len(found.judged) == 4


def test_a_sample_of_entries():
    model = Model(vector(60, 3, 30))
    found = model.some_entries()
    assert list(found.judged) == [(i,) for i in range(24)]
    assert (found.pattern, found.fraction) == ("dense", clopper_pearson(1, 24))
    model = Model(vector(60, 30))
    assert (model.some_entries().pattern, model.location.fraction) == ("", None)
    model = Model(vector(60, 3), budget=10)
    assert (len(model.some_entries().judged), model.location.pattern) == (10, "")


def test_a_fraction_counts_what_was_decided_in_the_group():
    model = Model(np.zeros((4, 5)))
    model.location.judged = {
        (0, 1): WRONG,
        (0, 2): GOOD,
        (1, 0): WRONG,
        (3, 4): OPEN,
        (3, 3): WRONG,
    }
    model.fraction_of(np.array([1, 2, 18, 19]))  # one more is wrong beside these
    assert model.location.fraction == shares(2, 3, of=4 / 20, beside=1 / 20)
    model.location.judged = {}
    model.fraction_of(np.array([1, 2]))
    assert model.location.fraction is None
    number = Model(np.array(1.0))
    number.location.judged = {(): WRONG}
    number.fraction_of(np.array([0]))
    assert number.location.fraction == clopper_pearson(1, 1)


@pytest.mark.parametrize(
    ("wrong", "open_", "pattern"),
    [
        ([], [], ""),
        ([(0, 0)], [], "entries"),
        ([(0, 0), (1, 1)], [], "entries"),
        ([(1, 0), (1, 2)], [], "row 1"),
        ([(0, 2), (1, 2)], [], "column 2"),
        ([(i, j) for i in (0, 1) for j in (0, 1, 2)], [], "dense"),
        ([(i, j) for i in (0, 1) for j in (0, 1)], [(0, 2), (1, 2)], "dense"),
        ([(1, 1)], [(i, j) for i in (0, 1) for j in (0, 2)] + [(0, 1)], "entries"),
    ],
)
def test_the_pattern_of_entries(wrong, open_, pattern):
    model = Model(np.zeros((2, 3)))
    every = dict.fromkeys(np.ndindex(2, 3), GOOD)
    model.location.judged = every | dict.fromkeys(wrong, WRONG) | dict.fromkeys(open_, OPEN)
    model.name_pattern()
    assert model.location.pattern == pattern


def test_patterns_of_one_row_and_of_three_axes():
    for shape, wrong, pattern in [
        ((1, 4), [(0, 1), (0, 2)], "entries"),
        ((4,), [(1,), (2,)], "entries"),
        ((2, 2, 3), [(0, 1, 0), (1, 1, 2)], "slice 1 of axis 1"),
    ]:
        model = Model(np.zeros(shape))
        model.location.judged = dict.fromkeys(np.ndindex(shape), GOOD) | dict.fromkeys(wrong, WRONG)
        model.name_pattern()
        assert model.location.pattern == pattern


# --- Measurements ---------------------------------------------------------------------------------


class Linear:
    """The loss 1 + A . W, and a search in its block."""

    def __init__(self, shape, limit=None, sigma=1e-13):
        rng = np.random.default_rng(4)
        self.W, self.A = rng.normal(size=shape), rng.normal(size=shape)
        self.off, self.direction = rng.normal(size=shape), rng.normal(size=shape)
        box, (block,) = collect(self.W)
        self.objective = Objective(self.loss, box, max_evaluations=limit)
        noise = Noise(self.loss(), sigma, EPS64, 10.0)
        self.search = Search(
            self.objective, block, self.A + self.off, self.direction, PLAN, noise,
            Scale(1.0, 1.0), np.random.default_rng(0),
        )  # fmt: skip

    def loss(self):
        return 1 + float(np.sum(self.A * self.W))


def test_a_residual_is_what_the_analytic_slope_is_off_by():
    case = Linear((5, 8))
    before = case.W.copy()
    group, weights = np.array([0, 7, 22]), np.array([1.0, 2.0, -0.5])
    part = (case.off * case.direction).ravel()[group]
    found = case.search.residual(group)
    assert found.value == pytest.approx(part.sum(), abs=1e-9)
    case.search.residual(group)
    rung = 1e-13 / (math.sqrt(2) * 1e-3) * 6
    assert 1.33 * rung <= found.error <= 1.4 * rung
    assert case.search.residual(group, weights).value == pytest.approx(part @ weights, abs=1e-9)
    assert case.objective.evaluations == 6
    np.testing.assert_array_equal(case.W, before)
    case.search.plan = Plan(math.nan, 1.0, 1.0, 1.0)
    assert case.search.residual(group) is None


def test_an_entry_is_judged_once():
    case = Linear((5, 8))
    found = case.search.entry(22)
    assert found.verdict == "disagrees"
    assert found.numerical == pytest.approx(case.A[2, 6], abs=1e-9)
    spent = case.objective.evaluations
    assert case.search.entry(22) is found
    assert case.objective.evaluations == spent
    assert case.search.location.judged == {(2, 6): found}
    assert case.search.count_wrong([22]) == 1


class Entries:
    """Losses of entries from the right gradient; wrong by this much at one position."""

    itself = False

    def __init__(self, case, at=None, by=0.0):
        self.case, self.at, self.by, self.asked = case, at, by, []

    def __call__(self, positions, moved):
        self.asked.append((list(positions), list(moved)))
        delta = (moved - self.case.W.ravel()[positions]) * self.case.A.ravel()[positions]
        return self.case.loss() + delta + self.by * (positions == self.at)


def test_a_source_of_losses_is_held_against_the_loss():
    """At four entries from first to last, within six times the noise."""
    case = Linear((10,), sigma=1e-3)
    source = Entries(case)
    assert case.search.bears_out(source)
    assert source.asked == [([0, 3, 6, 9], [case.W[i] + 1e-3 for i in (0, 3, 6, 9)])]
    assert case.objective.evaluations == 4
    for at in (0, 3, 6, 9):
        for by, born_out in [(0.0059, True), (-0.0059, True), (0.0065, False), (-0.0065, False)]:
            assert case.search.bears_out(Entries(case, at, by)) is born_out
    assert case.search.bears_out(Entries(case, 5, 1.0))  # no proof
    pair = Linear((2, 1), sigma=1e-3)
    assert pair.search.bears_out(Entries(pair))
    assert pair.objective.evaluations == 2  # each entry once


def test_noise_of_a_source_grows_with_the_loss(monkeypatch):
    case = Linear((10,), sigma=1e-3)
    monkeypatch.setattr(Noise, "at", lambda noise, loss, here: abs(loss - here) / 5)
    moved = [abs(1e-3 * case.A[i]) * 6 / 5 for i in (0, 3, 6, 9)]
    assert case.search.bears_out(Entries(case, 3, 0.99 * moved[1]))
    assert not case.search.bears_out(Entries(case, 3, 1.01 * moved[1]))


def test_a_source_that_is_borne_out_judges_all_entries(monkeypatch):
    given = []
    judged = [WRONG, GOOD, GOOD, GOOD, OPEN, GOOD]
    monkeypatch.setattr(locate, "judge_entries", lambda *args: given.append(args) or judged)
    case = Linear((2, 3))
    source = Entries(case)
    found = case.search.every_entry(source)
    s = case.search
    *things, positions = [given[0][k] for k in (0, 1, 2, 4, 5, 6, 3)]
    assert [id(a) for a in things] == [
        id(a) for a in (source, s.block, s.analytic, s.plan, s.scale, s.noise)
    ]
    assert positions.tolist() == [0, 1, 2, 3, 4, 5]
    assert found.judged == dict(zip(np.ndindex(2, 3), judged, strict=True))
    assert (found.complete, found.pattern) == (True, "entries")
    itself = Entries(Linear((2, 3)), 0, 1.0)
    itself.itself = True  # needs no proof
    case.search.every_entry(itself)
    assert itself.asked == []
    assert len(given) == 2


def test_a_source_that_is_not_borne_out_is_not_asked(monkeypatch):
    case = Linear((2, 3))
    case.off[...] = 0
    case.search.analytic = case.A
    found = case.search.every_entry(Entries(case, 0, 1.0))
    assert [j.verdict for j in found.judged.values()] == ["agrees"] * 6
    assert found.complete
    for limit in (2, 4 + 3):
        short = Linear((2, 3), limit)
        assert not short.search.every_entry(Entries(short, 0, 1.0)).complete


def test_the_exact_interval_of_a_share():
    """Where one of its limits has a closed form."""
    for n in (1, 5, 24):
        assert clopper_pearson(0, n) == (0.0, 0.0, pytest.approx(1 - 0.025 ** (1 / n), abs=1e-14))
        assert clopper_pearson(n, n) == (1.0, pytest.approx(0.025 ** (1 / n), abs=1e-14), 1.0)
    assert clopper_pearson(1, 2) == (
        0.5,
        pytest.approx(1 - math.sqrt(0.975), abs=1e-14),
        pytest.approx(math.sqrt(0.975), abs=1e-14),
    )
    assert clopper_pearson(0, 4, alpha=0.5)[2] == pytest.approx(1 - 0.25**0.25, abs=1e-14)
    assert clopper_pearson(0, 1)[2] == pytest.approx(0.975, abs=1e-14)


def test_what_is_wrong_is_listed_in_order():
    judged = {(1, 0): WRONG, (0, 2): WRONG, (0, 0): GOOD, (1, 1): OPEN}
    assert Location(judged).wrong == [(0, 2), (1, 0)]
