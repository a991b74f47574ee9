"""Which gradient belongs to which parameter: by path, name, order, shape and numbers."""

import itertools
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import check_gradients, match
from gradcheck.gradients import grown, shaped
from gradcheck.tree import collect, leaves

RNG = np.random.default_rng(0)


def square_sum(nest) -> float:
    """Every entry with a weight of its own: no two gradients are alike."""
    found = [np.asarray(leaf.value) for leaf in leaves(nest)]
    return float(sum((k + 1.5) * np.sum(a**2) for k, a in enumerate(found)))


def right(nest):
    return [(2 * k + 3) * np.asarray(leaf.value) for k, leaf in enumerate(leaves(nest))]


# --- Names ----------------------------------------------------------------------------------------

PAIRS = """
W dW          W grad_W     W gradW       W W_grad      W g_w         W gW        W dLdW
W dL_dW       W nabla_w    W delta_w     W dweights    weights dW    weights dweights
weight weight_grad          weights weights_gradient    bias db       biases dbiases    b grad_b
b bias_grad   W weightGrad W ∂W          W ∇W          w_in dw_in    w_in grad_w_in
W1 dW1        W1 grad_W1   W1 gradW1     W1 W1_grad    W1 grads.W1   W1 grads.dW1 W1 layer1.dW
W.data W.grad W.value W.grad             layers.0.W layers.0.dW      layers.0.W grads.0.W
layers.0.W grads.0.dW      layers.0.params.W layers.0.grads.W        params.W1 grads.W1
hidden.weights hidden.dW   hidden_weights d_hidden_weights           W_hidden grad_hidden_W
enc.layer1.bias enc.layer1.grad_bias     gamma dgamma  beta grad_beta  wih dwih  Wxh dWxh  by dby
D.W D.dW      G.W G.dW     d.W d.dW      theta nabla_theta           kernel grad_kernel
pesos.1 gradientes.pesos.1 peso_salida d_peso_salida    权重 权重_梯度 偏置 梯度.偏置
重み 勾配_重み Ωₕ dΩₕ
"""
WORDS = PAIRS.split()


def block_named(name):
    return collect({name: np.ones(2)})[1][0]


def leaf_named(name):
    (leaf,) = leaves({name: np.ones(2)})
    return leaf._replace(path=tuple(name.split(".")))


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize(
    ("parameter", "gradient"), list(zip(WORDS[::2], WORDS[1::2], strict=True)), ids=str
)
def test_usual_names_match(parameter, gradient, stored):
    assert match.by_name([block_named(parameter)], [leaf_named(gradient)], stored=stored) == {0: 0}


@pytest.mark.parametrize(
    ("parameter", "gradient"),
    [
        ("W", "W"), ("W", "W_old"), ("W", "dz"), ("W", "delta"), ("W", "db"), ("W1", "dW2"),
        ("layers.0.W", "layers.1.dW"), ("layers.0.W", "layers.0.delta"), ("W", "grads"),
        ("b", "dbeta"), ("enc.W", "dec.dW"),
    ],
)  # fmt: skip
def test_other_names_do_not(parameter, gradient):
    assert match.by_name([block_named(parameter)], [leaf_named(gradient)], stored=True) == {}


def test_the_better_name_wins():
    blocks = [block_named("W")]
    for names, best in [(("v_dW", "dW"), 1), (("dW", "dW_old"), 0), (("dw", "dW"), 1)]:
        found = match.by_name(blocks, [leaf_named(n) for n in names], stored=True)
        assert found == {0: best}


@given(st.permutations(["W1", "b1", "W2", "b2", "W3", "b3"]))
def test_names_decide_whatever_the_order(order):
    params = {n: RNG.normal(size=2) for n in ("W1", "b1", "W2", "b2", "W3", "b3")}
    true = dict(zip(params, right(params), strict=True))
    report = check_gradients(lambda: square_sum(params), params, {f"d{n}": true[n] for n in order})
    assert report
    assert [block.name for block in report] == list(params)


# --- Order ----------------------------------------------------------------------------------------


class Affine:
    def __init__(self, n, m):
        self.W, self.b = RNG.normal(size=(n, m)), RNG.normal(size=m)


def layers(*sizes):
    return [Affine(n, m) for n, m in itertools.pairwise(sizes)]


def test_orders_of_a_list():
    net = layers(2, 3, 4, 5)
    loss = lambda: square_sum(net)
    g = right(net)
    pairs = [(g[0], g[1]), (g[2], g[3]), (g[4], g[5])]
    for grads, note in [
        (g, ""),
        (tuple(g), ""),
        (pairs, ""),
        ([dict(zip("Wb", pair, strict=True)) for pair in pairs], ""),
        ([*g[::2], *g[1::2]], ""),
        ({"dW": g[::2], "db": g[1::2]}, ""),
        ({"dW": g[-2::-2], "db": g[::-2]}, "reverse"),
        (pairs[::-1], "reverse"),
        ([dict(zip("Wb", pair, strict=True)) for pair in pairs[::-1]], "reverse"),
        (g[::-1], "reverse"),
        (np.concatenate([a.ravel() for a in g]), ""),
    ]:
        for given_as in (grads, lambda grads=grads: grads):
            report = check_gradients(loss, net, given_as)
            assert report.verdict == "agrees" or callable(given_as)
            assert len(report.blocks) == 6
            assert ("reverse" in " ".join(report.notes)) == bool(note)


def test_equal_shapes_are_told_apart_by_numbers():
    """More arrays in the object than gradients: which of equal shape are meant?"""
    net = types.SimpleNamespace(X=RNG.normal(size=(2, 2)), U=RNG.normal(size=(2, 2)))
    net.V = RNG.normal(size=(2, 2))
    loss = lambda: square_sum(net)
    _, gu, gv = right(net)
    report = check_gradients(loss, net, [gu, gv])
    assert report
    assert [block.name for block in report] == ["U", "V"]


def test_equal_shapes_that_numbers_do_not_tell_apart_are_an_error():
    net = types.SimpleNamespace(X=RNG.normal(size=(2, 2)), U=RNG.normal(size=(2, 2)))
    net.V = RNG.normal(size=(2, 2))
    _, gu, gv = right(net)
    with pytest.raises(ValueError) as error:
        check_gradients(lambda: square_sum(net), net, [2 * gu, 3 * gv])
    assert str(error.value) == (
        "grads: expected gradients that can be told apart, got 0 (2, 2), 1 (2, 2) for X (2, 2), "
        "U (2, 2), V (2, 2), of equal shapes, and the loss does not decide. "
        "Name them: grads={'X': ..., 'U': ..., 'V': ...}."
    )


@pytest.mark.parametrize("ring", [(0, 1), (1, 2), (0, 1, 2), (2, 0, 1)])
def test_exchanged_gradients_are_a_finding(ring):
    params = {n: RNG.normal(size=(2, 3)) for n in "ABC"}
    g = right(params)
    moved = list(g)
    for i, j in zip(ring, [*ring[1:], ring[0]], strict=True):
        moved[i] = g[j]
    report = check_gradients(
        lambda: square_sum(params), params, dict(zip(params, moved, strict=True))
    )
    assert [block.name for block in report.wrong] == ["ABC"[i] for i in sorted(ring)]
    (finding,) = [f for f in report.findings if f.kind == "swapped-gradients"]
    assert "exchanged" in finding.sentence
    assert all(f"{'ABC'[i]}" in finding.sentence for i in ring)


def test_wrong_gradients_are_not_called_exchanged():
    params = {n: RNG.normal(size=(2, 3)) for n in "ABC"}
    g = right(params)
    for moved in ([g[0], g[0], g[2]], [g[1], 2 * g[0], g[2]], [2 * a for a in g]):
        report = check_gradients(
            lambda: square_sum(params), params, dict(zip(params, moved, strict=True))
        )
        assert "swapped-gradients" not in [f.kind for f in report.findings]


# --- Shapes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "given_shape"), [((), (1,)), ((), (1, 1)), ((1,), ()), ((1, 1), (1,))]
)
def test_one_number_may_have_any_shape(shape, given_shape):
    b = np.full(shape, 0.5)
    params = {"w": np.ones(3), "b": b}
    grads = {"w": 2 * params["w"], "b": np.full(given_shape, 1.0)}
    report = check_gradients(
        lambda: np.sum(params["w"] ** 2) + np.sum(params["b"] ** 2), params, grads
    )
    assert report.verdict == "agrees"
    assert report.findings == ()


@pytest.mark.parametrize(
    ("shape", "given_shape", "misfit", "verdict"),
    [
        ((3,), (3, 1), "reshaped", "disagrees"),
        ((3,), (1, 3), "reshaped", "disagrees"),
        ((3, 1), (3,), "reshaped", "disagrees"),
        ((1, 3), (3,), "broadcast", "agrees"),
        ((2, 3), (3, 2), "transposed", "disagrees"),
        ((3,), (5, 3), "batch", "disagrees"),
        ((1, 3), (5, 3), "batch", "disagrees"),
        ((3, 1), (3, 5), "batch", "disagrees"),
        ((3,), (), "broadcast", "agrees"),
        ((2, 3), (), "broadcast", "agrees"),
        ((3, 1), (1,), "broadcast", "agrees"),
    ],
)
def test_every_shape_with_a_meaning_is_checked_and_told(shape, given_shape, misfit, verdict):
    w = np.full(shape, 0.5)
    true = 2 * w
    if misfit == "batch":
        axis = -1 if shape[-1:] == (1,) and len(shape) > 1 else 0
        given_grad = np.broadcast_to(true, given_shape) / given_shape[axis]
    elif misfit == "broadcast":
        given_grad = np.full(given_shape, 1.0)
    else:
        given_grad = true.T.reshape(given_shape)
    report = check_gradients(lambda: float(np.sum(w**2)), {"w": w}, {"w": given_grad})
    analytic = shaped(collect({"w": w})[1][0], given_grad)
    assert analytic.misfit == misfit
    np.testing.assert_allclose(analytic.values, true)
    (finding,) = [f for f in report.findings if f.kind == "shape"]
    assert f"expected an analytic gradient of shape {shape}, got {given_shape}" in finding.sentence
    assert finding.advice
    assert report.verdict == verdict


@pytest.mark.parametrize("wrongly", [lambda g: g.sum(), lambda g: np.stack([g / 2, g / 2])])
def test_a_stored_bias_gradient_of_a_wrong_shape_is_found_all_the_same(wrongly):
    net = types.SimpleNamespace(W=np.ones((2, 3)), b=np.arange(3.0), dt=0.1, t=np.ones(3))

    def backward():
        net.dW = 2 * (net.W + net.b - net.t)
        net.db = wrongly(net.dW.sum(0))

    report = check_gradients(lambda: np.sum((net.W + net.b - net.t) ** 2), net, backward)
    assert [block.name for block in report] == ["W", "b"]  # t has no gradient: dt is a number
    assert [block.name for block in report.wrong] == ["b"]
    assert [(f.kind, f.block) for f in report.findings if f.kind == "shape"] == [("shape", "b")]


def test_a_shape_without_meaning_is_an_error():
    w = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"w: expected an analytic gradient of shape \(2, 3\)"):
        check_gradients(lambda: float(np.sum(w**2)), {"w": w}, {"w": np.ones((4, 5))})


@pytest.mark.parametrize(("shape", "update"), [((3,), (3, 1)), ((1, 3), (3, 1)), ((2,), (2, 1))])
def test_what_a_broadcast_update_repeated_is_taken_out(shape, update):
    move = RNG.normal(size=update)
    repeated = np.broadcast_to(move, np.broadcast_shapes(shape, update))
    values, misfit = grown(repeated, shape)
    assert misfit == "grown"
    np.testing.assert_array_equal(values, move.reshape(shape))


@pytest.mark.parametrize(("shape", "samples"), [((3,), 5), ((1, 3), 5), ((1,), 4), ((3,), 3)])
def test_what_an_update_took_off_for_each_sample_is_summed(shape, samples):
    move = RNG.normal(size=(samples, shape[-1]))
    values, misfit = grown(move, shape)
    assert misfit == "batch"
    np.testing.assert_allclose(values, move.sum(axis=0).reshape(shape))


# --- Misuse ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"grads": {}, "step": lambda: None},
            "grads, step: expected one of them, got both. Pass grads for gradients that are "
            "returned or stored, step for a function that updates the parameters.",
        ),
        (
            {},
            "grads: expected gradients, a function that computes them, or a training step, got "
            "none, and found none stored beside the parameters. Pass grads=..., or step=..., "
            "lr=...",
        ),
        (
            {"grads": {"w": np.ones(3)}, "lr": 0.1},
            "lr: expected a rate together with step, got lr=0.1 without. "
            "Pass step=..., the function that updates the parameters.",
        ),
    ],
)
def test_one_source_of_gradients(arguments, text):
    w = np.ones(3)
    with pytest.raises(ValueError) as error:
        check_gradients(lambda: float(w @ w), {"w": w}, **arguments)
    assert str(error.value) == text


def test_a_list_of_parameters_whose_gradients_are_stored_while_something_else_is_returned():
    rng = np.random.default_rng(0)
    layers = [types.SimpleNamespace(params=[rng.normal(size=3)], grads=[None]) for _ in range(2)]
    net = types.SimpleNamespace(layers=layers, params=[p for one in layers for p in one.params])

    class Net:
        def backward(self):
            for one in layers:
                one.grads[0] = 2 * one.params[0]
            self.grads = [one.grads[0] for one in layers]
            return np.ones((5, 4))  # what it passes further down

    report = check_gradients(
        lambda: sum(np.sum(p**2) for p in net.params), net.params, Net().backward
    )
    assert [(block.name, block.verdict) for block in report] == [("0", "agrees"), ("1", "agrees")]
