"""nets/mlp.py: the gradients are those of the loss, for any shape; errors say the way out."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nets.faults import generic_point
from nets.layers import ACTIVATIONS
from nets.losses import LOSSES
from nets.mlp import MLP, Params


@st.composite
def nets(draw: st.DrawFn) -> MLP:
    loss = LOSSES[draw(st.sampled_from(sorted(LOSSES)))]
    hidden = draw(st.lists(st.integers(1, 4), max_size=4))
    inputs = draw(st.integers(1, 4))
    outputs = draw(st.integers(loss.least_outputs, 4))
    return MLP(
        (inputs, *hidden, outputs),
        activation=draw(st.sampled_from(sorted(ACTIVATIONS))),
        output=draw(st.sampled_from(loss.outputs or sorted(ACTIVATIONS))),
        loss=loss.name,
        l2=draw(st.sampled_from([0.0, 0.1])),
    )


def differences(net: MLP, params: Params, X: np.ndarray, T: np.ndarray, h: float) -> Params:
    """The gradients entry by entry: central, fourth order."""
    slopes = {layer: {k: np.empty_like(v) for k, v in p.items()} for layer, p in params.items()}
    for layer, block in params.items():
        for name, values in block.items():
            for i in np.ndindex(values.shape):
                here = values[i]
                f = {}
                for k in (-2, -1, 1, 2):
                    values[i] = here + k * h
                    f[k] = net.loss(params, X, T)
                values[i] = here
                slopes[layer][name][i] = (8 * (f[1] - f[-1]) - (f[2] - f[-2])) / (12 * h)
    return slopes


@settings(max_examples=150, deadline=None)
@given(nets(), st.integers(1, 6), st.integers(0, 99))
def test_gradients_are_central_differences(net: MLP, batch: int, seed: int) -> None:
    params, X, T = generic_point(net, batch, seed)
    Z, _ = net.trace(params, X)
    assume(all(np.abs(z).min() > 1e-2 for z in Z[1:]))  # no kink of a relu within the stencil
    numerical = differences(net, params, X, T, h=3e-4)
    gradients = net.gradients(params, X, T)
    assert list(gradients) == list(params)
    for layer, block in gradients.items():
        assert list(block) == ["W", "b"]
        for name, g in block.items():
            assert g.shape == params[layer][name].shape
            np.testing.assert_allclose(g, numerical[layer][name], rtol=1e-6, atol=1e-8)


def test_gradients_leave_everything_as_it_was() -> None:
    net = MLP((2, 3, 1), l2=0.1)
    params, X, T = generic_point(net, 4, 0)
    before = [a.tobytes() for a in (X, T, *(v for p in params.values() for v in p.values()))]
    first, second = net.gradients(params, X, T), net.gradients(params, X, T)
    net.loss(params, X, T)
    after = [a.tobytes() for a in (X, T, *(v for p in params.values() for v in p.values()))]
    assert after == before
    for layer, block in first.items():
        for name, g in block.items():
            assert np.array_equal(g, second[layer][name])
            assert not np.shares_memory(g, second[layer][name])


def test_forward_by_hand() -> None:
    net = MLP((2, 2, 1), activation="relu", output="identity")
    params = {
        "layer1": {"W": np.array([[1.0, -1.0], [2.0, 0.0]]), "b": np.array([0.0, 0.5])},
        "layer2": {"W": np.array([[3.0], [10.0]]), "b": np.array([-1.0])},
    }
    X, T = np.array([[1.0, 1.0], [-1.0, 0.0]]), np.array([[8.0], [12.0]])
    np.testing.assert_array_equal(net.forward(params, X), [[8.0], [14.0]])
    assert net.loss(params, X, T) == 2.0
    gradients = net.gradients(params, X, T)
    np.testing.assert_array_equal(gradients["layer2"]["W"], [[0.0], [3.0]])
    np.testing.assert_array_equal(gradients["layer1"]["W"], [[0.0, -20.0], [0.0, 0.0]])


def test_l2_counts_weights_and_no_biases() -> None:
    plain, decayed = MLP((2, 3, 1)), MLP((2, 3, 1), l2=0.5)
    params, X, T = generic_point(plain, 4, 0)
    squares = sum((p["W"] ** 2).sum() for p in params.values())
    more = decayed.loss(params, X, T) - plain.loss(params, X, T)
    assert more == pytest.approx(0.25 * squares)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_far_logits_stay_finite(activation: str, loss: str) -> None:
    row = LOSSES[loss]
    output = row.outputs[0] if row.outputs else "sigmoid"
    net = MLP((2, 3, 2), activation, output, loss)
    params = net.init(seed=1)
    X = np.array([[1e4, -1e4], [-1e4, 1e4]])
    T = np.array([[0.0, 1.0], [1.0, 0.0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert np.isfinite(net.loss(params, X, T))
        gradients = net.gradients(params, X, T)
    assert all(np.isfinite(g).all() for block in gradients.values() for g in block.values())


def test_init_shapes_seed_and_zero_biases() -> None:
    net = MLP((3, 5, 2))
    params, again, other = net.init(0), net.init(0), net.init(1)
    assert {k: (p["W"].shape, p["b"].shape) for k, p in params.items()} == {
        "layer1": ((3, 5), (5,)),
        "layer2": ((5, 2), (2,)),
    }
    assert np.array_equal(params["layer1"]["W"], again["layer1"]["W"])
    assert not np.array_equal(params["layer1"]["W"], other["layer1"]["W"])
    assert not any(p["b"].any() for p in params.values())


@pytest.mark.parametrize("factor", [1.0, 4.0])
def test_init_statistics(factor: float) -> None:
    net = MLP((200, 300, 1))
    W = net.init(0, "glorot", factor)["layer1"]["W"]
    limit = factor * np.sqrt(6 / 500)
    assert 0.99 * limit < np.abs(W).max() <= limit
    assert W.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)
    W = net.init(0, "he", factor)["layer1"]["W"]
    assert W.std() == pytest.approx(factor * np.sqrt(2 / 200), rel=0.01)
    assert abs(W.mean()) < 0.01 * factor


def test_a_net_is_a_frozen_value() -> None:
    net = MLP([2, 3, 1], loss="mse")
    assert net == MLP((2, 3, 1))
    assert hash(net) == hash(MLP((2, 3, 1)))
    assert eval(repr(net)) == net
    with pytest.raises(FrozenInstanceError):
        net.l2 = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"sizes": (2,)},
            "sizes: expected two or more positive whole numbers, got (2,). "
            "Name the units of the input, of each hidden layer and of the output: (2, 8, 1).",
        ),
        (
            {"sizes": (2, 0, 1)},
            "sizes: expected two or more positive whole numbers, got (2, 0, 1). "
            "Name the units of the input, of each hidden layer and of the output: (2, 8, 1).",
        ),
        (
            {"activation": "sigmoud"},
            "activation: expected a known name, got 'sigmoud'. Did you mean 'sigmoid'?",
        ),
        (
            {"output": "zzz"},
            "output: expected a known name, got 'zzz'. Choose one of: sigmoid, tanh, relu, "
            "leaky_relu, softplus, gelu, identity.",
        ),
        (
            {"loss": "softmax_crossentropy"},
            "loss: expected a known name, got 'softmax_crossentropy'. "
            "Did you mean 'softmax_cross_entropy'?",
        ),
        (
            {"loss": "binary_cross_entropy_logits"},
            "output: expected 'identity' with the loss 'binary_cross_entropy_logits', "
            "got 'sigmoid'. Pass output='identity'.",
        ),
        (
            {"loss": "softmax_cross_entropy", "output": "identity"},
            "sizes: expected at least 2 outputs with the loss 'softmax_cross_entropy', got 1. "
            "Give each class an output.",
        ),
        (
            {"l2": -0.1},
            "l2: expected a finite number, zero or more, got -0.1. Pass 0.0 for none.",
        ),
    ],
)
def test_error_texts_of_the_net(arguments: dict, text: str) -> None:
    with pytest.raises(ValueError) as error:
        MLP(**arguments)
    assert str(error.value) == text


def test_error_texts_of_a_call() -> None:
    net = MLP((2, 3, 1))
    params, X, T = generic_point(net, 4, 0)
    with pytest.raises(ValueError) as error:
        net.init(scheme="glorrot")
    assert str(error.value) == (
        "scheme: expected a known name, got 'glorrot'. Did you mean 'glorot'?"
    )
    with pytest.raises(ValueError) as error:
        net.loss(params, X.T, T)
    assert str(error.value) == (
        "X: expected a batch of shape (samples, 2), got (2, 4). Put one sample in each row."
    )
    for call in (net.loss, net.gradients):
        with pytest.raises(ValueError) as error:
            call(params, X, T[:, 0])
        assert str(error.value) == (
            "T: expected targets of the shape of the outputs, (4, 1), got (4,). "
            "Put one sample in each row."
        )
