"""gradcheck/gradients.py part by part: where gradients are looked for, and what is said of them."""

import functools
import math
import re
import sys
import textwrap
import types

import numpy as np
import pytest

from gradcheck import check_gradients, gradients
from gradcheck.gradients import Analytic, Gradients, also_held, bindings, only_reads, shaped
from gradcheck.objective import Objective
from gradcheck.tree import Box, Slot, collect, leaves, survey

A = np.ones


def the(nest):
    return collect({"w": nest})[1][0]


def found(nest):
    return list(leaves(nest))


class Scene:
    """Parameters, a loss that is a sum of squares of what it reads, and their gradients."""

    def __init__(self, params, grads, *, reads=None, partial=False):
        self.params = params
        self.nest = survey(params)
        self.gradients = Gradients(grads, self.nest, partial)
        self.reads = [b.slot for b in self.nest.blocks if reads is None or b.name in reads]
        self.objective = Objective(self.loss, self.nest.box)

    def loss(self):
        return float(sum(np.sum(np.square(slot.get())) for slot in self.reads))

    def settle(self):
        return [block.name for block in self.gradients.settle(self.objective)]


def settled(params, grads, **options):
    scene = Scene(params, grads, **options)
    return scene.settle(), scene


def refused(params, grads, **options):
    with pytest.raises(ValueError, match=":") as error:
        settled(params, grads, **options)
    return str(error.value)


# --- What was computed ----------------------------------------------------------------------------


def test_sizes_of_a_gradient():
    analytic = Analytic(np.array([[3.0, -4.0]]), 0.0, (1, 2))
    assert (analytic.squares, analytic.norm, analytic.largest) == (25.0, 5.0, 4.0)
    assert analytic.rms == 5 / math.sqrt(2)


@pytest.mark.parametrize(
    ("shape", "given", "values", "misfit"),
    [
        ((2,), [1.0, 2.0], [1.0, 2.0], ""),
        ((2, 3), [1.0, 2.0, 3.0], [[1.0, 2.0, 3.0]] * 2, "broadcast"),
        ((2, 3), [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]], [[1, 2, 3], [4, 5, 6]], "transposed"),
        ((3,), [[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0], "reshaped"),
        ((1, 2, 3), [[1.0, 2, 3], [4, 5, 6]], [[[1, 2, 3], [4, 5, 6]]], "broadcast"),
        ((2, 1, 3), [[1.0, 2, 3], [4, 5, 6]], [[[1, 2, 3]], [[4, 5, 6]]], "reshaped"),
        ((3,), [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]], [11.0, 22.0, 33.0], "batch"),
        ((1, 3), [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]], [[11.0, 22.0, 33.0]], "batch"),
        ((2, 1), [[1.0, 10.0, 5.0], [2.0, 20.0, 5.0]], [[16.0], [27.0]], "batch"),
    ],
)
def test_a_gradient_in_the_shape_of_its_block(shape, given, values, misfit):
    raw = np.array(given)
    analytic = shaped(the(A(shape)), raw)
    assert analytic.values.tolist() == np.array(values, float).tolist()
    assert (analytic.given, analytic.misfit, analytic.floor) == (raw.shape, misfit, 0.0)
    assert analytic.rounding == np.finfo(float).eps
    assert not np.shares_memory(analytic.values, raw)
    assert shaped(the(A(shape)), raw.astype(np.float32)).rounding == np.finfo(np.float32).eps
    assert shaped(the(A(shape)), raw.astype(np.int8)).rounding == 0.0


def test_a_gradient_of_the_same_bits_is_the_one_that_is_known():
    block, raw = the(A(2)), np.array([1.0, 0.0])
    known = shaped(block, raw)
    assert shaped(block, raw.copy(), known) is known
    for other in (np.array([1.0, -0.0]), np.array([1.0, 1e-300]), raw.astype(np.float32)):
        assert shaped(block, other, known) is not known
        assert shaped(block, other, known).values.tolist() == other.tolist()
    column = shaped(block, raw[:, np.newaxis])
    assert column.misfit
    assert not shaped(block, raw, column).misfit


@pytest.mark.parametrize(
    ("shape", "given"), [((2, 3), (4, 5)), ((2, 3), (2, 1, 2)), ((1, 3), (5, 4)), ((3, 2), (5, 2))]
)
def test_a_shape_without_meaning_is_told(shape, given):
    with pytest.raises(ValueError, match="shape") as error:
        shaped(the(A(shape)), A(given))
    assert str(error.value) == (
        f"w: expected an analytic gradient of shape {shape}, got {given}. "
        "Return gradients in the nest of the parameters."
    )


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (None, "NoneType of object"),
        ("x", "str of <U1"),
        (A(2, complex), "ndarray of complex128"),
        (np.array([True, False]), "ndarray of bool"),
        ([[1.0], [1.0, 2.0]], "list of object"),
    ],
)
def test_what_is_no_gradient_is_told(raw, told):
    with pytest.raises(TypeError) as error:
        shaped(the(A(2)), raw)
    assert str(error.value) == (
        f"w: expected an analytic gradient of real numbers, got {told}. Return arrays of floats."
    )


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (np.array([[1.0, np.nan], [np.inf, 1.0]]), "nan at [0, 1]"),
        (np.array([[1.0, 1.0], [1.0, -np.inf]]), "-inf at [1, 1]"),
    ],
)
def test_gradients_that_are_not_finite_are_told(raw, told):
    with pytest.raises(ValueError, match="finite") as error:
        shaped(the(A((2, 2))), raw)
    assert str(error.value) == (
        f"w: expected a finite analytic gradient, got {told}. Mend the overflow or division in "
        "the backward pass first."
    )


@pytest.mark.parametrize(
    ("gradient", "shape", "values"),
    [
        ([[5.0, 5.0], [7.0, 7.0]], (2, 1), [[5.0], [7.0]]),
        ([[5.0, 6.0], [5.0, 6.0]], (2,), [5.0, 6.0]),
        ([[5.0, 6.0], [5.0, 6.0]], (1, 2), [[5.0, 6.0]]),
        ([[[5.0], [6.0]]] * 3, (2, 1), [[5.0], [6.0]]),
        ([[5.0, 6.0]], (1, 2), [[5.0, 6.0]]),
        ([5.0, 5.0], (), 5.0),
    ],
)
def test_what_an_update_repeated(gradient, shape, values):
    grown, misfit = gradients.grown(np.array(gradient), shape)
    assert (grown.tolist(), misfit) == (values, "grown")
    assert grown.flags.writeable


# --- Which gradient is whose ----------------------------------------------------------------------


def test_paths_names_orders_and_one_vector():
    params = {"a": A(2), "b": A((2, 2))}
    g = {"a": A(2) * 2, "b": A((2, 2)) * 2}
    vector = np.arange(6.0)
    for given, places in [
        (g, [("", "a"), ("", "b")]),
        ({"db": g["b"], "da": g["a"]}, [("", "da"), ("", "db")]),
        ([g["a"], g["b"]], [("", "0"), ("", "1")]),
        (vector, [("", "a"), ("", "b")]),
    ]:
        names, scene = settled(params, given)
        assert names == ["a", "b"]
        assert scene.gradients._places == places
        assert scene.gradients.calls == 0
    a, b = settled(params, vector)[1].gradients.read()
    assert a.values.tolist() == [0, 1]
    assert b.values.tolist() == [[2, 3], [4, 5]]
    assert refused(params, np.arange(7.0)).startswith("a: expected")
    assert refused(params, A((1, 6))).startswith("a: expected")


def test_a_single_gradient_belongs_to_a_single_parameter_whatever_its_name():
    assert settled({"w": A(2)}, {"odd": A(2)})[0] == ["w"]
    names, scene = settled({"w": A(2), "v": A(3)}, lambda: {"w": A(2), "v": A(3)})
    assert (names, scene.gradients.calls, scene.gradients.callable) == (["w", "v"], 1, True)
    first = scene.gradients.read()
    assert all(a is b for a, b in zip(first, scene.gradients.again(first), strict=True))
    assert scene.gradients.calls == 3
    assert [a.shape for a in scene.gradients.raw] == [(2,), (3,)]
    assert scene.gradients.readable
    scene.gradients.opaque = "why"
    assert not scene.gradients.readable
    assert not settled({"w": A(2)}, A(2))[1].gradients.readable


def test_gradients_of_numbers_are_taken_apart_as_the_numbers_are():
    assert settled({"a": 1.0, "b": 2.0}, [1.0, 2.0])[0] == ["a", "b"]
    assert settled([1.0, 2.0], [1.0, 2.0])[0] == ["params"]
    assert settled({"w": [1.0, 2.0], "b": 1.0}, {"w": [1, 2], "b": 1})[0] == ["w", "b"]
    assert settled([[1.0, 2.0], A(3)], [[1.0, 2.0], [1.0, 2.0, 3.0]])[0] == ["0", "1"]
    assert settled({"p": (1.0, 2.0)}, {"p": [1.0, 2.0]})[0] == ["p.0", "p.1"]
    assert settled({"w": A(2), "v": A(1)}, {"w": A(2), "v": A(1), "n": np.zeros(0)})[0] == [
        "w",
        "v",
    ]


def test_the_gradient_of_tied_weights_counts_once():
    W = A(2)
    params = {"enc": W, "dec": W, "b": A(1)}
    names, scene = settled(params, {"enc": A(2), "dec": A(2) * 2, "b": A(1)})
    assert names == ["enc", "b"]
    assert scene.gradients._places == [("", "enc"), ("", "b")]
    assert settled(params, {"dec": A(2), "b": A(1)})[0] == ["enc", "b"]


def test_a_reversed_list_is_matched_and_noted():
    params = [{"W": A((2, 3))}, {"W": A((3, 4))}]
    note = "The gradients come in reverse order of the parameters; they were matched so."
    names, scene = settled(params, [{"W": A((3, 4))}, {"W": A((2, 3))}])
    assert (names, scene.gradients.notes) == (["0.W", "1.W"], [note])
    names, scene = settled({"a": A(2), "b": A(3)}, [A(3), A(2)])
    assert (names, scene.gradients.notes) == (["a", "b"], [note])
    assert settled({"a": A(2), "b": A(3)}, [A(2), A(3)])[1].gradients.notes == []


def test_what_is_missing_is_told_with_what_is_there():
    params = {"a": A(2), "b": A(3), "c": A(4)}
    text = (
        "b: expected an analytic gradient of shape (3,), got none (grads holds: {}). "
        "Return gradients in the nest of the parameters."
    )
    assert refused(params, {"a": A(2), "c": A(4)}) == text.format("a, c")
    assert refused(params, lambda: {"a": A(2), "c": A(4)}) == text.format("a, c")
    nothing = text.replace("b:", "a:").replace("(3,)", "(2,)")
    nothing = nothing.replace("holds", "gave")
    assert refused(params, {}) == nothing.format("{}")
    assert refused(params, lambda: None) == nothing.format("None")
    assert refused(params, lambda: (g for g in [A(2)])) == nothing.format("generator")
    assert refused(params, A(2)).endswith(
        "got none (grads holds: one array). Return gradients in the nest of the parameters."
    )
    many = {f"a{i}": A(1) for i in range(90)}
    held = re.search(r"holds: (.*)\)\. Return", refused(params, many))
    assert len(held[1]) == 200


def test_what_is_too_much_is_refused_or_noted():
    params = {"W": A(2), "b": A(3)}
    right = {"W": A(2), "b": A(3)}
    assert refused(params, right | {"V": A(2), "U": A(1)}) == (
        "grads: expected only gradients of parameters, got V, U too. "
        "Pass the parameters it belongs to, or leave it out."
    )
    named = {"dW": A(2), "db": A(3)}
    names, scene = settled(params, named | {"dZ": A(7), "dA": A(8)})
    assert names == ["W", "b"]
    assert scene.gradients.notes == ["grads holds dZ, dA too, of no parameter: not checked."]
    many = {f"dZ{i}": A(7) for i in range(9)}
    (note,) = settled(params, named | many)[1].gradients.notes
    listed = ", ".join(list(many)[:8])
    assert note == f"grads holds {listed}, ... too, of no parameter: not checked."
    names, scene = settled(params, right | {"V": A(2)}, partial=True)
    assert (names, scene.gradients.notes) == (["W", "b"], [])
    found = types.SimpleNamespace(W=A(2), b=A(3))
    assert settled(found, right | {"V": A(2)})[0] == ["W", "b"]


def test_what_the_loss_writes_itself_needs_no_gradient():
    nest = {"W": A(2), "z": A(2)}

    def loss():
        nest["z"] = 3 * nest["W"]
        return float(np.sum(nest["z"]))

    held = survey(nest)
    found = Gradients({"W": 3 * A(2)}, held, False)
    assert [b.name for b in found.settle(Objective(loss, held.box))] == ["W"]


def test_which_arrays_of_an_object_are_meant_is_asked_only_where_that_is_open():
    net = types.SimpleNamespace(W=A(2), unused=A(2), b=A(3))
    names, scene = settled(net, [A(2), A(3)], reads=("W", "b"))
    assert names == ["W", "b"]
    assert scene.objective.evaluations > 0
    del net.unused
    names, scene = settled(net, [A(2), A(3)])
    assert (names, scene.objective.evaluations) == (["W", "b"], 0)


def test_part_of_the_gradients_is_enough_where_parts_were_asked_for():
    params = {"W": A(2), "b": A(3)}
    assert settled({"W": A(2)}, {"W": A(2), "b": A(3)}, partial=True)[0] == ["W"]
    assert refused(params, {"W": A(2)}, partial=True).startswith("b: expected")


# --- Stored beside the parameters -----------------------------------------------------------------


class Net:
    def __init__(self):
        self.W, self.b, self.x = A((2, 3)), A(3), A((2, 3))
        self.dW = self.db = self.dx = None

    def backward(self):
        self.dW, self.db, self.dx = 2 * self.W, 2 * self.b, 2 * self.x
        return self.dx


def test_stored_gradients_are_found_where_the_function_reaches():
    net = Net()
    for params, grads in [(net, net.backward), ({"W": net.W, "b": net.b}, net.backward)]:
        names, scene = settled(params, grads, reads=("W", "b"))
        assert names == ["W", "b"]
        assert [root for root, _ in scene.gradients._places] in (["self"] * 2, [""] * 2)
        assert [name for _, name in scene.gradients._places] == ["dW", "db"]
        net.W *= 2
        W, _ = scene.gradients.read()
        assert W.values[0, 0] == 2 * net.W[0, 0]


def test_a_parameter_whose_gradient_was_not_stored_is_noted():
    net = types.SimpleNamespace(W=A(2), b=A(3))
    loss = lambda: float(np.sum(net.W**2) + np.sum(net.b**2))

    def backward():
        net.dW = 2 * net.W

    for params in ({"W": net.W, "b": net.b}, net):
        report = check_gradients(loss, params, backward)
        assert [block.name for block in report.blocks] == ["W"]
        assert report.notes[0] == (
            "Not checked, because no gradient was found, though the loss depends on it: b."
        )


def test_what_the_loss_makes_anew_has_no_gradient_though_one_is_stored():
    net = types.SimpleNamespace(W=A(2), z=3 * A(2), dW=2 * A(2), dz=A(2))

    def loss():
        net.z = 3 * net.W
        return float(np.sum(net.z))

    nest = survey(net)
    found = Gradients(None, nest, False)
    assert [block.name for block in found.settle(Objective(loss, nest.box))] == ["W"]


def test_gradients_in_the_nest_of_the_parameters_are_none_of_them():
    """What is handed over holds gradients too, which need none of their own."""
    nest = {"W": A(2), "b": A(3), "dW": 2 * A(2), "db": 2 * A(3)}
    assert settled(nest, None, reads=("W", "b"))[0] == ["W", "b"]


def test_returned_gradients_count_before_stored_ones_of_fewer_parameters():
    params = {"W": A((2, 3)), "b": A(3)}
    scope = types.SimpleNamespace(dW=7 * A((2, 3)))

    def returned():
        return [2 * A((2, 3)), 2 * A(3)], scope.dW

    names, scene = settled(params, lambda: returned()[0])
    assert names == ["W", "b"]
    assert scene.gradients._places == [("", "0"), ("", "1")]
    both = types.SimpleNamespace(dW=7 * A((2, 3)), db=7 * A(3))
    names, scene = settled(params, lambda: (both.dW * 0 + 2, both.db * 0 + 2))
    assert scene.gradients._places == [("", "0"), ("", "1")]
    names, scene = settled(params, lambda: both.dW + 1)  # what it passes down
    assert scene.gradients._places == [("both", "dW"), ("both", "db")]


def test_gradients_of_a_wrong_shape_follow_the_order_all_the_same():
    params = {"a": A((2, 3)), "b": A((3, 4))}
    _, scene = settled(params, [A((3, 2)), A((4, 3))])
    assert scene.gradients._places == [("", "0"), ("", "1")]
    assert scene.gradients.notes == []


def test_gradients_that_are_stored_as_variables():
    scope = {"dw": None}
    w = A(2)

    def backward():
        scope["dw"] = 2 * w

    names, scene = settled({"w": w}, backward)
    assert (names, scene.gradients._places) == (["w"], [("scope", "dw")])


def test_nothing_given_and_nothing_stored():
    assert refused(types.SimpleNamespace(W=A(2)), None) == (
        "grads: expected gradients, a function that computes them, or a training step, got none, "
        "and found none stored beside the parameters. Pass grads=..., or step=..., lr=..."
    )
    stored = types.SimpleNamespace(W=A(2), dW=2 * A(2))
    assert settled(stored, None, reads=("W",))[0] == ["W"]


def test_what_else_the_loss_reads_is_noted():
    net = types.SimpleNamespace(W=A(2), b=A(3), c=A(4), unused=A(5))
    names, scene = settled(net, {"W": 2 * A(2)}, reads=("W", "b", "c"))
    scene.gradients.others(scene.objective)
    assert (names, scene.gradients.notes) == (
        ["W"],
        ["Not checked, because no gradient was found, though the loss depends on them: b, c."],
    )
    names, scene = settled(net, {"W": 2 * A(2)}, reads=("W", "c"))
    scene.gradients.others(scene.objective)
    assert scene.gradients.notes[0].endswith("the loss depends on it: c.")
    names, scene = settled(net, {"W": 2 * A(2)}, reads=("W",))
    scene.gradients.others(scene.objective)
    assert scene.gradients.notes == []
    many = types.SimpleNamespace(W=A(2), **{f"p{i}": A(1) for i in range(10)})
    _, scene = settled(many, {"W": 2 * A(2)})
    scene.gradients.others(scene.objective)
    assert scene.gradients.notes[0].endswith("them: p0, p1, p2, p3, p4, p5, p6, p7, ....")
    base = A(6)
    views = types.SimpleNamespace(W=base[:3], rest=types.SimpleNamespace(W=base))
    _, scene = settled(views, {"rest": {"W": A(6)}})
    scene.gradients.others(scene.objective)
    assert scene.gradients.notes == []


def test_the_shortest_name_of_an_array_is_told():
    inner = A(3)
    net = types.SimpleNamespace(W=A(2), z=types.SimpleNamespace(deep=inner), short=inner)
    _, scene = settled(net, {"W": 2 * A(2)})
    scene.gradients.others(scene.objective)
    assert scene.gradients.notes[0].endswith("depends on it: short.")


# --- By numbers -----------------------------------------------------------------------------------


def test_slopes_that_tell_two_gradients_apart():
    w = np.array([1.0, 2.0, -2.0])
    box, (block,) = collect(w)
    objective = Objective(lambda: float(np.sum(w**4)), box)
    measured = gradients._measure(objective, block)
    assert len(measured) == 2
    assert not np.array_equal(measured[0].direction, measured[1].direction)
    for one in measured:
        direction, slope, error = one.direction, one.slope, one.error
        truth = float(4 * w**3 @ direction)
        assert slope == pytest.approx(truth, rel=1e-9)  # the pair has no truncation here
        step = 1e-3 * math.sqrt(3)
        truncation = 4 * abs(float(w @ direction**3)) * 3 * step**2
        noise = 1e-14 * 33 / step
        assert error == pytest.approx(1e-4 * abs(truth) + truncation + noise, rel=1e-3)
    assert objective.evaluations == 10
    zero = np.zeros(2)
    box, (block,) = collect(zero)
    still, _ = gradients._measure(Objective(lambda: 5.0, box), block)
    assert (still.slope, still.error) == (0.0, pytest.approx(1e-14 * 5 / 1e-3))


def test_gradients_that_cannot_be_told_apart_are_told():
    blocks = [the(A(2)) for _ in range(14)]
    text = gradients._ambiguous(blocks, found([A(2)] * 14))
    mine, theirs = ", ".join(["w (2,)"] * 12), ", ".join(f"{i} (2,)" for i in range(12))
    assert text == (
        f"grads: expected gradients that can be told apart, got {theirs} for {mine}, of equal "
        "shapes, and the loss does not decide. Name them: grads={'w': ..., 'w': ..., 'w': ...}."
    )


def test_names_that_speak():
    assert gradients._speaking(found({"W": A(1)}))
    assert gradients._speaking(found([{"W": A(1)}]))
    assert not gradients._speaking(found([A(1), [A(1)]]))


# --- The same nest every time ---------------------------------------------------------------------


def test_a_gradient_that_is_gone_at_the_second_call():
    nests = [{"a": A(2), "b": A(3)}, {"a": A(2)}, {}]
    _, scene = settled({"a": A(2), "b": A(3)}, lambda: nests.pop(0))
    for held in ("a", "none"):
        with pytest.raises(ValueError, match="first call") as error:
            scene.gradients.read()
        name = "b" if held == "a" else "a"
        assert str(error.value) == (
            f"{name}: expected its gradient at {name} as in the first call, got none "
            f"(grads holds: {held}). Return the same nest every time."
        )


def test_a_function_that_hands_over_what_was_computed_before():
    stored, w = {"w": A(2)}, A(2)
    _, scene = settled({"w": w}, lambda: stored)
    here, there = scene.gradients.read(), scene.gradients.read()
    assert scene.gradients.are_stored(here, there)
    assert not scene.gradients.readable
    assert scene.gradients.notes == [
        "grads reads gradients that are stored and computes none: they were checked as given, at "
        "these parameters only. Call the backward pass inside grads."
    ]
    _, scene = settled({"w": w}, lambda: {"w": 2 * stored["w"]})  # computes, though always alike
    here, there = scene.gradients.read(), scene.gradients.read()
    assert not scene.gradients.are_stored(here, there)
    assert (scene.gradients.readable, scene.gradients.notes) == (True, [])
    _, scene = settled({"w": w}, lambda: stored)
    here = scene.gradients.read()
    stored["w"] = 3 * A(2)
    assert not scene.gradients.are_stored(here, scene.gradients.read())
    _, scene = settled({"w": w}, {"w": A(2)})
    here = scene.gradients.read()
    assert not scene.gradients.are_stored(here, here)


def reads(p):
    return p["w"][0]


def adds(q):
    return q + 1


@pytest.mark.parametrize(
    ("function", "only"),
    [
        (lambda p: p["w"], True),
        (lambda p: [p["w"], reads(p)], True),
        (lambda p: -p["w"], False),
        (lambda p: p["w"] * 2, False),
        (lambda p: p.update(w=3), True),
        (lambda p: p.__setitem__("w", np.zeros(2)), False),
        (lambda p: np.ones_like(p["w"]), False),
        (lambda p: np.dot(p["w"], p["w"]), False),
        (lambda p: p["w"].sum(), False),
        (lambda p: adds(p["w"]), False),  # in what it calls
    ],
)
def test_functions_that_only_read(function, only):
    p = {"w": A(2)}
    assert only_reads(lambda: function(p)) is only


def test_whoever_profiles_goes_on_profiling():
    seen = []
    profiler = lambda frame, event, _: seen.append(event)
    before = sys.getprofile()
    sys.setprofile(profiler)
    try:
        assert only_reads(lambda: 1)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(before)


def test_a_function_that_stores_computes():
    p = {"w": A(2)}
    net = types.SimpleNamespace()

    def item():
        p["w"] = 0

    def attribute():
        net.x = 1

    def variable():
        nonlocal p
        p = 1

    for function in (item, attribute, variable):
        assert not only_reads(function)
    with pytest.raises(ZeroDivisionError):
        only_reads(lambda: 1 // 0)


# --- What a function reaches ----------------------------------------------------------------------

GLOBAL = {"W": A(1)}


class Owner:
    def __init__(self):
        self.W = A(2)

    def run(self):
        return self.helper()

    def helper(self):
        return GLOBAL

    def __call__(self):
        return self.W


def reached(function):
    return {name: slot.get() for name, slot in bindings(function).items()}


def test_what_a_function_reaches():
    owner, closed, default = Owner(), {"c": A(3)}, {"d": A(4)}

    def inner():
        return closed

    def outer(x, d=default, *, k=5):
        return inner(), GLOBAL, x, math, Owner, unbound

    found = reached(outer)
    assert found == {"closed": closed, "GLOBAL": GLOBAL, "default": found["default"]}
    assert found["default"] in (default, 5)
    unbound = None
    assert reached(owner.run) == {"self": owner, "GLOBAL": GLOBAL}
    assert reached(owner) == {"self": owner}
    assert reached(Owner) == {}
    partial = functools.partial(outer, owner.run, k=inner)
    assert reached(partial)["self"] is owner
    assert reached(partial)["closed"] is closed
    assert reached(len) == {"self": len}


@pytest.mark.parametrize("returned", ["None", "[dV, dW]", "[dW, dV]"])
@pytest.mark.parametrize("wrong", [1, 2])
def test_names_that_a_function_binds_anew_are_read_as_they_are_now(returned, wrong):
    text = f"""
        import numpy as np
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
        W, V = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
        dW, dV = np.ones((3, 4)), np.ones((4, 2))
        def loss():
            return np.sum((np.tanh(X @ W) @ V - y) ** 2)
        def backward():
            global dW, dV
            h = np.tanh(X @ W)
            d = 2 * (h @ V - y)
            dW, dV = X.T @ (d @ V.T * (1 - h**2)) * {wrong}, h.T @ d
            return {returned}
    """
    names = {}
    exec(textwrap.dedent(text), names)
    params = {"W": names["W"], "V": names["V"]}
    report = check_gradients(names["loss"], params, names["backward"], explain=False)
    assert report.verdict == ("agrees" if wrong == 1 else "disagrees")
    assert report["V"].verdict == "agrees"


def test_where_a_function_reaches_can_be_written_to():
    closed = A(3)

    def function():
        return closed, GLOBAL

    slots = bindings(function)
    slots["closed"].set(A(5))
    assert closed.shape == (5,)
    assert slots["GLOBAL"].owner is globals()
    assert slots["GLOBAL"].key == "GLOBAL"


def test_functions_that_call_each_other_are_followed_once():
    deep = {"d": A(6)}

    def helper():
        return deep, outer

    def outer():
        return outer, helper

    assert reached(outer) == {"deep": deep}
    assert reached(helper) == {"deep": deep}


def test_methods_by_name_are_followed():
    """Of the classes of what it names, and of those beside it."""
    owner = Owner()
    assert reached(lambda: owner.run()) == {"owner": owner, "GLOBAL": GLOBAL}
    assert "GLOBAL" in reached(lambda anything: anything.helper())
    assert "GLOBAL" not in reached(lambda anything: anything.other())


def test_the_other_places_of_a_parameter_are_known():
    class Holder:
        def __init__(self, W, b):
            self.W, self.b, self.n = W, b, 0.5

        def loss(self):
            return float(np.sum(self.W * self.b) * self.n)

    W = A(2)
    holder = Holder(W, A(2))
    params = {"W": W, "n": 0.5, "m": 0.5}
    blocks = {b.name: b for b in collect(params)[1]}
    also_held(list(blocks.values()), holder.loss, None)
    assert [(s.owner, s.key) for s in blocks["W"].places] == [(holder, "W")]
    assert blocks["m"].places == ()
    also_held(list(blocks.values()), holder.loss)
    assert len(blocks["W"].places) == 1  # each once
    also_held([], 3)


def test_a_number_is_known_by_its_name_in_one_place():
    value = float("1.25")
    holder = types.SimpleNamespace(n=value, other=value)
    (n,) = collect({"n": value})[1]
    also_held([n], lambda: holder, lambda: holder.n)
    assert [s.key for s in n.places] == ["n"]
    second = types.SimpleNamespace(n=value)
    (n,) = collect({"n": value})[1]
    also_held([n], lambda: (holder, second))
    assert n.places == ()
    (n,) = collect(types.SimpleNamespace(n=value))[1]  # found, not handed over
    also_held([n], lambda: holder)
    assert n.places == ()


class Scaled:
    def __init__(self):
        self.n, self.W = 0.7, np.array([1.0, 2.0])

    def loss(self):
        return float(np.sum(self.W**2) * self.n)

    def grads(self):
        return {"n": float(np.sum(self.W**2)), "W": 2 * self.W * self.n}


def test_a_number_that_loss_and_gradients_reach_alike_is_moved():
    net = Scaled()
    report = check_gradients(net.loss, {"n": net.n, "W": net.W}, net.grads)
    assert report.verdict == "agrees"


def test_a_variable_by_itself_is_known_by_its_own_name():
    value = float("2.25")

    def function():
        return value

    (block,) = collect({"value": value})[1]
    also_held([block], function)
    assert [s.key for s in block.places] == ["cell_contents"]
    (other,) = collect({"another": value})[1]
    also_held([other], function)
    assert other.places == ()


def test_slots_of_a_box_are_alike():
    box = Box(1.0)
    assert Slot(box, "root", attribute=True).path == ((id(box), "root"),)
