"""smallest_failing: planted bugs whose boundary is known are found there, and nothing else is told.

A false boundary is worse than none, so every condition that is told is checked on fresh nets too.
"""

import random
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import GradientMismatch, Smallest, check_gradients, smallest_failing
from gradcheck.boundary import MEANINGS, NO_PART, boundary
from gradcheck.sizes import Space, Widths, read, total
from nets import CATALOGUE, MLP
from nets.faults import generic_point

# -- a net as people write it, with one bug at a time ----------------------------------------------


def one_hidden_layer(bug):
    """build of n_in-n_hidden-n_out, tanh, mean squared error, one sample a row."""

    def build(n_in, n_hidden, n_out, batch):
        rng = np.random.default_rng(0)
        net = {
            "W1": rng.normal(size=(n_in, n_hidden)),
            "b1": rng.normal(size=n_hidden),
            "W2": rng.normal(size=(n_hidden, n_out)),
            "b2": rng.normal(size=n_out),
        }
        X, T = rng.normal(size=(batch, n_in)), rng.normal(size=(batch, n_out))

        def loss():
            a1 = np.tanh(X @ net["W1"] + net["b1"])
            return np.mean((a1 @ net["W2"] + net["b2"] - T) ** 2)

        def backward():
            a1 = np.tanh(X @ net["W1"] + net["b1"])
            dy = 2 * (a1 @ net["W2"] + net["b2"] - T) / T.size
            dy = bug("dy", dy, batch, T.size)
            dz = dy @ net["W2"].T * (1 - a1**2)
            return {
                "W1": bug("W1", X.T @ dz, n_in, n_hidden),
                "b1": bug("b1", dz.sum(axis=0), dz),
                "W2": bug("W2", a1.T @ dy, n_hidden, n_out),
                "b2": bug("b2", dy.sum(axis=0), batch),
            }

        return loss, net, backward

    return build


def only(place, change):
    """A bug at one place of the backward pass."""
    return lambda where, value, *facts: change(value, *facts) if where == place else value


BOUNDARIES = {  # bug -> what is told, the condition as code, the smallest net
    "1/N left out, N samples": (
        only("dy", lambda dy, batch, size: dy * batch),
        "exactly where batch > 1",
        lambda s: s["batch"] > 1,
        (1, 1, 1, 2),
    ),
    "1/N left out, N entries": (
        only("dy", lambda dy, batch, size: dy * size),
        "exactly where n_out > 1 or batch > 1",
        lambda s: s["n_out"] > 1 or s["batch"] > 1,
        (1, 1, 1, 2),
    ),
    "bias: mean for sum": (
        only("b1", lambda db, dz: dz.mean(axis=0)),
        "exactly where batch > 1",
        lambda s: s["batch"] > 1,
        (1, 1, 1, 2),
    ),
    "bias: the first sample only": (
        only("b1", lambda db, dz: dz[0]),
        "exactly where batch > 1",
        lambda s: s["batch"] > 1,
        (1, 1, 1, 2),
    ),
    "reshape for transpose": (
        only("W2", lambda dW, n_hidden, n_out: dW.T.reshape(dW.shape)),
        "exactly where n_hidden > 1 and n_out > 1",
        lambda s: s["n_hidden"] > 1 and s["n_out"] > 1,
        (1, 2, 2, 1),
    ),
    "divided by the other width": (
        only("W1", lambda dW, n_in, n_hidden: dW * n_in / n_hidden),
        "exactly where n_in != n_hidden",
        lambda s: s["n_in"] != s["n_hidden"],
        (1, 2, 1, 1),
    ),
    "odd batches": (
        only("b2", lambda db, batch: 2 * db if batch % 2 else db),
        "exactly where batch is odd",
        lambda s: s["batch"] % 2 == 1,
        (1, 1, 1, 1),
    ),
    "batches above three": (
        only("b2", lambda db, batch: 2 * db if batch > 3 else db),
        "exactly where batch > 3",
        lambda s: s["batch"] > 3,
        (1, 1, 1, 4),
    ),
    "wrong sign": (
        only("b2", lambda db, batch: -db),
        "at all sizes that can be checked",
        lambda s: True,
        (1, 1, 1, 1),
    ),
}


def search(name, **ranges):
    return smallest_failing(one_hidden_layer(BOUNDARIES[name][0]), **ranges)


@pytest.mark.parametrize("name", BOUNDARIES)
def test_a_known_boundary_is_found(name):
    _, told, holds, smallest = BOUNDARIES[name]
    found = search(name, batch="1..5")
    assert found.verdict == "disagrees"
    assert not found
    assert tuple(found.sizes.values()) == smallest
    (finding,) = found.findings
    assert finding.kind == "boundary"
    assert finding.sentence == f"Disagrees {told}."
    assert finding.advice
    # the proof: every net that was tried is as the truth says
    outcomes = {bool(holds(t.sizes)): t.outcome for t in found.tried}
    assert all(t.outcome == outcomes[bool(holds(t.sizes))] for t in found.tried)
    assert outcomes[True] == "disagrees"
    # and the neighbours really agree
    assert all(t.outcome == "agrees" for t in found.neighbours)
    less = [dict(found.sizes, **{n: v - 1}) for n, v in found.sizes.items() if v > 1]
    assert sorted(map(str, less)) == sorted(str(t.sizes) for t in found.neighbours)


def test_the_proof_counts_the_nets_that_were_tried():
    found = search("bias: mean for sum")
    evidence = found.findings[0].evidence
    wrong, right = map(int, re.findall(r"(\d+) nets", evidence))
    assert wrong == sum(t.outcome == "disagrees" for t in found.tried) >= 8
    assert right == sum(t.outcome == "agrees" for t in found.tried) >= 8


def test_right_gradients_agree_at_all_sizes():
    found = smallest_failing(one_hidden_layer(lambda where, value, *_: value), most=12)
    assert found
    assert found.verdict == "agrees"
    assert found.sizes is None
    assert found.findings == ()
    assert len(found.tried) == 12
    assert "12 nets agree, the largest n_in" in str(found)
    found.raise_if_wrong()


# -- the catalogue: tuples of widths, several layers -----------------------------------------------


def planted(name, **options):
    """build of the reference net with a fault in its last layer."""

    def build(sizes, batch):
        net = MLP(sizes, **{"activation": "tanh", "output": "identity"} | options)
        params, X, T = generic_point(net, batch, 0)
        fault, k = CATALOGUE[name], net.depth
        wrong = fault.plant(net, k) if fault.where.holds(net, k) else net.gradients
        return lambda: net.loss(params, X, T), params, lambda: wrong(params, X, T)

    return build


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("averaged-cotangent", {"output": "tanh"}, "exactly where batch > 1"),
        ("samples-reversed", {}, "exactly where batch > 1"),
        ("bias-first-sample", {}, "exactly where batch > 1"),
        ("raw-error", {"output": "sigmoid"}, "exactly where hidden layers > 0"),
        ("cut", {}, "exactly where hidden layers > 0"),
        ("sign", {}, "at all sizes that can be checked"),
        # of these the condition is not among those that can be told: a part of it is, or nothing
        ("neighbour-weight", {}, "only where hidden layers > 0, and not always there"),
        ("neighbour-activation", {}, "only where hidden layers > 0, and not always there"),
    ],
)
def test_faults_of_the_catalogue(name, options, told):
    found = smallest_failing(planted(name, **options), sizes="[1..4] * 2..4", batch="1..4")
    assert found.findings[0].sentence == f"Disagrees {told}."


def test_where_no_condition_fits_none_is_told():
    found = smallest_failing(planted("own-activation"), sizes="[1..4] * 2..4", batch="1..4")
    (finding,) = found.findings
    assert re.fullmatch(r"Of the nets that were tried, \d+ disagree and \d+ agree\.",
                        finding.sentence)  # fmt: skip


def test_two_hidden_layers_are_needed_where_the_neighbour_is_taken():
    def build(depth, width, batch):
        rng = np.random.default_rng(5)
        Ws = [rng.normal(size=(width, width)) for _ in range(depth)]
        X, T = rng.normal(size=(batch, width)), rng.normal(size=(batch, width))

        def forward():
            A = [X]
            for W in Ws:
                A.append(np.tanh(A[-1] @ W))
            return A

        def backward():
            A = forward()
            d = 2 * (A[-1] - T)
            dWs = [None] * depth
            for i in reversed(range(depth)):
                d = d * (1 - A[i + 1] ** 2)
                dWs[i] = A[i].T @ d
                d = d @ Ws[i + 1 if 0 < i < depth - 1 else i].T  # in the middle: the neighbour's
            return dWs

        return lambda: np.sum((forward()[-1] - T) ** 2), Ws, backward

    found = smallest_failing(build, depth="1..4", width="1..3", batch=[1, 2])
    assert found.sizes == {"depth": 3, "width": 1, "batch": 1}
    assert found.findings[0].sentence == "Disagrees exactly where depth > 2."
    assert "another hidden layer" in found.findings[0].advice


def test_softmax_with_only_the_diagonal_needs_two_outputs():
    def build(n_in, n_out, batch):
        rng = np.random.default_rng(1)
        W, X = rng.normal(size=(n_in, n_out)), rng.normal(size=(batch, n_in))
        T = np.eye(n_out)[rng.integers(0, n_out, batch)]

        def softmax():
            e = np.exp(X @ W)
            return e / e.sum(axis=1, keepdims=True)

        def backward():
            P = softmax()
            return X.T @ (-T / P * P * (1 - P))

        return lambda: -np.sum(T * np.log(softmax())), W, backward

    found = smallest_failing(build)
    assert found.sizes == {"n_in": 1, "n_out": 2, "batch": 1}
    assert found.findings[0].sentence == "Disagrees exactly where n_out > 1."
    assert "softmax Jacobian" in found.findings[0].advice


def test_a_transpose_that_fits_only_square_weights():
    """Elsewhere it does not run: that is told apart, with the error."""

    def build(n, h, batch):
        rng = np.random.default_rng(1)
        W, V = rng.normal(size=(n, h)), rng.normal(size=(h, n))
        X, T = rng.normal(size=(batch, n)), rng.normal(size=(batch, n))

        def backward():
            a = np.tanh(X @ W)
            d = 2 * (a @ V - T)
            return [X.T @ ((d @ V) * (1 - a**2)), a.T @ d]  # V for V.T

        return lambda: np.sum((np.tanh(X @ W) @ V - T) ** 2), [W, V], backward

    found = smallest_failing(build)
    assert found.sizes == {"n": 2, "h": 2, "batch": 1}
    where, refused = found.findings
    assert where.sentence == "Disagrees exactly where n > 1."
    assert where.evidence.endswith("In these ranges that is the same as h > 1.")
    assert refused.sentence == "Cannot be checked exactly where n != h."
    assert "matmul" in refused.evidence
    assert {t.outcome for t in found.neighbours} == {"refused"}
    assert "could not be checked" in str(found)


def test_a_bug_that_an_active_relu_hides_is_not_taken_for_one_of_the_batch():
    """At one sample a relu without its derivative is right at half of all points."""

    def build(n_in, n_hidden, batch):
        rng = np.random.default_rng(4)
        W, V = rng.normal(size=(n_in, n_hidden)), rng.normal(size=(n_hidden, 1))
        X, T = rng.normal(size=(batch, n_in)), rng.normal(size=(batch, 1))

        def backward():
            a = np.maximum(X @ W, 0)
            d = 2 * (a @ V - T)
            return [X.T @ (d @ V.T), a.T @ d]

        return lambda: np.sum((np.maximum(X @ W, 0) @ V - T) ** 2), [W, V], backward

    found = smallest_failing(build)
    assert found.sizes == {"n_in": 1, "n_hidden": 1, "batch": 1}
    assert found.findings[0].sentence == "Disagrees at all sizes that can be checked."


# -- the search for a condition alone --------------------------------------------------------------


@settings(max_examples=60)
@given(
    seed=st.integers(0, 1000),
    truth=st.sampled_from(
        [
            ("a > 1", lambda a, b, c: a > 1),
            ("a > 2 and b > 1", lambda a, b, c: a > 2 and b > 1),
            ("a != b", lambda a, b, c: a != b),
            ("b == c", lambda a, b, c: b == c),
            ("a > 1 or c > 3", lambda a, b, c: a > 1 or c > 3),
            ("b < 2", lambda a, b, c: b < 2),
            ("a > 1 and b > 1 and c > 1", lambda a, b, c: min(a, b, c) > 1),
            ("", lambda a, b, c: (7 * a + 3 * b * b + 5 * c) % 5 < 2),  # no condition at all
        ]
    ),
)
def test_what_is_told_is_true_of_every_net_in_the_ranges(seed, truth):
    words, holds = truth
    space = Space({"a": range(1, 5), "b": range(1, 6), "c": range(1, 6)})
    pool = list(space.ordered())
    found = boundary(space, pool, {}, lambda c: holds(*c), np.random.default_rng(seed), 99)
    if words:
        assert found is not None
        assert found.exact
        assert found.condition.words == words
    else:
        assert found is None or not found.exact


def test_nets_that_cannot_be_told_spend_no_budget():
    asked = []

    def ask(choice):
        asked.append(choice)
        return None if choice[0] < 3 else choice[1] > 2

    space = Space({"a": range(1, 6), "b": range(1, 6)})
    found = boundary(space, list(space.ordered()), {}, ask, np.random.default_rng(0), 60)
    assert found.condition.words == "b > 2"
    assert sum(choice[0] < 3 for choice in asked) <= 10


@pytest.mark.parametrize("key", MEANINGS, ids=lambda key: " ".join(key))
def test_every_meaning_says_first_what_is_so_and_then_where_to_look(key):
    fact, colon, place = MEANINGS[key].partition(": ")
    assert colon
    assert place
    assert fact[0].isupper()
    assert place.endswith(".")


# -- sizes -----------------------------------------------------------------------------------------


def test_choices_come_in_the_order_of_their_size_each_once():
    space = Space({"sizes": Widths(range(1, 4), range(2, 4)), "batch": [1, 3, 4]})
    found = list(space.ordered())
    assert len(found) == len(set(found)) == (3**2 + 3**3) * 3
    assert [total(c) for c in found] == sorted(total(c) for c in found)
    assert found[0] == ((1, 1), 1)


@given(st.data())
def test_one_step_smaller_is_smaller_and_allowed(data):
    space = Space({"sizes": Widths(range(1, 4), range(1, 4)), "batch": [1, 3, 4]})
    choices = list(space.ordered())
    choice = data.draw(st.sampled_from(choices))
    for less in space.smaller(choice):
        assert less in choices
        assert total(less) < total(choice)


@pytest.mark.parametrize(
    ("given_", "values"),
    [
        ("1..4", [1, 2, 3, 4]),
        ("3", [3]),
        (range(2, 5), [2, 3, 4]),
        ([4, 1, 1], [1, 4]),
        (7, [7]),
        (" 2 .. 3 ", [2, 3]),
    ],
)
def test_ranges_as_people_write_them(given_, values):
    assert list(read("n", given_)) == values


def test_widths_as_people_write_them():
    assert read("sizes", "[1..5] * 2..4") == Widths(range(1, 6), range(2, 5))
    assert read("sizes", "[3]*2") == Widths(range(3, 4), range(2, 3))


@pytest.mark.parametrize("wrong", ["", "4..1", "1-5", (1, 8), [], [1.5], "a", -1, [True]])
def test_what_is_no_range_is_refused_in_words(wrong):
    with pytest.raises(ValueError, match=r"^n: expected a range of sizes, got .*range\(1, 9\)"):
        read("n", wrong)


def test_ranges_follow_from_the_names_where_none_are_given():
    def build(n, layer_sizes, batch_size, rng, lr=0.1):
        assert isinstance(rng, np.random.Generator)
        w = np.ones(n)
        return lambda: float(w @ w), w, lambda: 2 * w

    found = smallest_failing(build, most=30)
    assert found
    ns, sizes, batches = map(set, zip(*(t.sizes.values() for t in found.tried), strict=True))
    assert ns <= {1, 2, 3, 4, 5}
    assert batches <= {1, 2, 3, 4}
    assert all(2 <= len(widths) <= 4 for widths in sizes)


def test_misuse_is_told_in_words():
    with pytest.raises(TypeError, match=r"^bach: expected an argument of build \(n, batch\)"):
        smallest_failing(lambda n, batch: None, bach="1..3")
    with pytest.raises(TypeError, match=r"^build: expected a function of sizes"):
        smallest_failing(lambda: None)
    with pytest.raises(TypeError, match=r"^build: expected it to return \(loss, params, grads\)"):
        smallest_failing(lambda n: None)


def test_an_error_at_every_size_is_raised_itself():
    def build(n):
        raise RuntimeError("no data")

    with pytest.raises(RuntimeError, match="no data"):
        smallest_failing(build)


# -- its manners -----------------------------------------------------------------------------------


def test_a_training_step_and_ranges_in_a_dict():
    def build(n, batch):
        X, w = np.ones((batch, n)), np.full(n, 0.5)

        def step(lr=0.1):
            w[:] -= lr * 2 * X.T @ (X @ w)  # 1 / N is missing

        return {"loss": lambda: ((X @ w) ** 2).mean(), "params": {"w": w}, "step": step, "lr": 0.1}

    found = smallest_failing(build, {"n": "1..3", "batch": range(1, 5)})
    assert found.sizes == {"n": 1, "batch": 2}
    assert found.findings[0].sentence == "Disagrees exactly where batch > 1."


def test_stored_gradients_are_judged_where_they_belong():
    """They do not follow to other parameters, so no such point may accuse them."""

    def build(n, batch):
        w = np.arange(1.0, n + 1)
        return lambda: float(w @ w), w, 2 * w

    assert smallest_failing(build, n="1..3", batch="1..2")


STATE = {"calls": 0, "weights": np.ones(3)}
GENERATOR = np.random.default_rng(8)


def test_everything_is_put_back():
    def build(n, batch):
        STATE["calls"] += 1
        STATE["weights"][:] = GENERATOR.normal(size=3)
        w = np.random.randn(n)  # noqa: NPY002
        random.random()
        return lambda: float(w @ w), w, lambda: 2 * w if batch < 2 else w

    def states():
        legacy = np.random.get_state()[1].tolist()  # noqa: NPY002
        return GENERATOR.bit_generator.state, legacy, random.getstate()

    before = states()
    assert smallest_failing(build).sizes == {"n": 1, "batch": 2}
    assert STATE["calls"] == 0
    assert np.array_equal(STATE["weights"], np.ones(3))
    assert states() == before


def test_it_says_the_same_every_time():
    first, second = (search("1/N left out, N entries", batch="1..3") for _ in range(2))
    assert first.tried == second.tried
    assert first.findings == second.findings


def test_its_report_is_that_of_the_smallest_net():
    found = search("bias: mean for sum", batch="1..3")
    assert isinstance(found, Smallest)
    assert [block.name for block in found.report.wrong] == ["b1"]
    assert found.report["W1"].shape == (1, 1)
    assert found.report.findings[0] == found.findings[0]
    with pytest.raises(GradientMismatch) as caught:
        found.raise_if_wrong()
    assert caught.value.report is found.report
    # check_gradients itself says the same of that net
    again = check_gradients(*one_hidden_layer(BOUNDARIES["bias: mean for sum"][0])(1, 1, 1, 2))
    assert [block.name for block in again.wrong] == ["b1"]


@pytest.mark.blame
def test_where_the_line_is_known_nothing_is_to_be_done_on_paper():
    def build(n):
        w = np.arange(1.0, n + 1)
        return lambda: float(w @ w), w, lambda: -2 * w

    found = smallest_failing(build, {"n": range(1, 6)})
    assert found.findings[0].advice == NO_PART
    first, *others = found.report.findings
    assert first == replace(found.findings[0], advice="")
    assert any(finding.lines for finding in others)


def test_as_text():
    found = search("reshape for transpose", batch="1..3")
    text = str(found)
    assert text.startswith("fails first at  n_in 1, n_hidden 2, n_out 2, batch 1; ")
    assert re.search(r"^  n_out 1     (✓|ok) agrees$", text, re.MULTILINE)
    assert re.search(r"^  n_hidden 1  (✓|ok) agrees$", text, re.MULTILINE)
    assert "found: Disagrees exactly where n_hidden > 1 and n_out > 1." in text
    assert all(len(line) <= 80 and line == line.rstrip() for line in text.splitlines())
    assert repr(found) == (
        "<Smallest disagrees: n_in=1, n_hidden=2, n_out=2, batch=1; print it for more>"
    )


def test_as_plain_data():
    facts = search("bias: mean for sum", batch="1..3").to_dict()
    assert facts["sizes"] == {"n_in": 1, "n_hidden": 1, "n_out": 1, "batch": 2}
    assert facts["neighbours"] == [facts["sizes"] | {"batch": 1, "outcome": "agrees"}]
    assert facts["boundary"][0].startswith("Disagrees exactly where batch > 1. ")


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"build": None}, TypeError, "build: expected a function of sizes, .*got NoneType. Pass"),
        ({"ranges": 1}, TypeError, "ranges: expected a dict of ranges .*got 1. Pass"),
        ({"seed": None}, ValueError, "seed: expected a whole number from 0 on, got None. Pass"),
        ({"progress": 0}, TypeError, "progress: expected a function .*got 0. Leave"),
        ({"most": 0}, ValueError, "most: expected a whole number of nets from 1 on, got 0. Pass"),
        ({"ranges": {"n": None}}, ValueError, "n: expected a range of sizes, got None. Write"),
        ({"ranges": {"n": 1.5}}, ValueError, "n: expected a range of sizes, got 1.5. Write"),
        ({"most": 2.5}, ValueError, "most: expected a whole number .*got 2.5. Pass"),
    ],
)
def test_arguments_that_cannot_be(options, kind, text):
    with pytest.raises(kind, match=text):
        smallest_failing(**{"build": square} | options)


def square(n=2, h=2):
    w = np.random.default_rng(0).normal(size=(n, h))
    return lambda: float((w**2).sum()), w, lambda: 2 * w


def test_nets_that_were_left_out_are_told():
    ranges = {"n": range(1, 5), "h": range(1, 6)}
    found = smallest_failing(square, ranges, most=1)
    assert found.report.notes[-1] == (
        "1 net agrees, the largest n 1, h 1. Only 1 of the 20 nets of these ranges were tried: "
        "most=1."
    )
    assert (
        smallest_failing(square, ranges).report.notes[-1].startswith("20 nets agree, the largest")
    )
    assert "Only" not in smallest_failing(square, ranges).report.notes[-1]
