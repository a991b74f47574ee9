"""nets/xor.py: the question's net learns XOR with a right gradient and does not with its own."""

import numpy as np
import pytest

from nets.faults import CATALOGUE
from nets.mlp import MLP, Params
from nets.xor import T, X, question_net, question_params, train


def test_the_data_are_xor() -> None:
    assert X.dtype == T.dtype == np.float64
    assert [(int(a) ^ int(b)) for a, b in X] == [int(t) for (t,) in T]


def test_the_net_is_the_question_s() -> None:
    net = question_net()
    assert net == MLP((2, 2, 2, 2, 1), "sigmoid", "sigmoid", "mse", 0.0)
    assert question_net((3,), loss="binary_cross_entropy_logits").output == "identity"
    W = question_params(net, seed=0)["layer1"]["W"]
    assert np.array_equal(W, net.init(0)["layer1"]["W"] * 4)


@pytest.mark.parametrize("seed", range(4))
def test_training_reaches_one_per_cent(seed: int) -> None:
    net = question_net()
    params = question_params(net, seed)
    losses = train(net, params, X, T, epochs=9_000)
    assert losses.shape == (9_000,)
    assert losses[-1] < 0.01 < losses[0]
    assert np.array_equal(net.forward(params, X).round(), T)


@pytest.mark.parametrize("seed", range(4))
def test_the_question_s_gradient_makes_the_loss_grow(seed: int) -> None:
    net = question_net()
    gradients = CATALOGUE["question"].plant(net)
    losses = train(net, question_params(net, seed), X, T, epochs=2_000, gradients=gradients)
    assert losses[-1] > 0.49 > losses[0]  # every output at 0 or every output at 1: half are wrong


def test_any_callable_trains_like_the_net_s_own() -> None:
    net = question_net(l2=1e-3)
    ours, theirs = question_params(net, 1), question_params(net, 1)
    a = train(net, ours, X, T, epochs=50)
    b = train(net, theirs, X, T, epochs=50, gradients=lambda p, X, T: net.gradients(p, X, T))
    assert np.array_equal(a, b)
    assert a[0] == net.loss(question_params(net, 1), X, T)
    assert all(np.array_equal(ours[k]["W"], theirs[k]["W"]) for k in ours)


def test_params_are_updated_in_place() -> None:
    net = question_net()
    params = question_params(net)
    W, before = params["layer2"]["W"], params["layer2"]["W"].copy()
    g = net.gradients(params, X, T)["layer2"]["W"]
    train(net, params, X, T, lr=0.5, epochs=1)
    assert params["layer2"]["W"] is W
    np.testing.assert_array_equal(W, before - 0.5 * g)


def test_an_interrupted_training_loses_nothing() -> None:
    net = question_net()
    seen: dict[str, np.ndarray] = {}

    def stop_at_third(epoch: int, losses: np.ndarray) -> None:
        seen["losses"] = losses
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(net, question_params(net), X, T, epochs=10, on_epoch=stop_at_third)
    assert np.isfinite(seen["losses"]).tolist() == [True] * 3 + [False] * 7


def test_a_diverging_training_stops_without_warnings() -> None:
    net = MLP((2, 4, 1), "relu", "identity")
    gradients = CATALOGUE["sign"].plant(net, 2)
    params = net.init(0)
    epochs: list[int] = []
    losses = train(
        net, params, X, T, 1.0, 2_000, gradients, on_epoch=lambda epoch, _: epochs.append(epoch)
    )
    bad = np.flatnonzero(~np.isfinite(losses))
    assert 0 < bad[0] < 1_000
    assert epochs[-1] == bad[0]
    assert np.isnan(losses[bad[0] + 1 :]).all()


def test_a_gradient_of_the_wrong_shape_is_named() -> None:
    net = question_net()

    def transposed(params: Params, X: np.ndarray, T: np.ndarray) -> Params:
        gradients = net.gradients(params, X, T)
        gradients["layer4"]["W"] = np.tile(gradients["layer4"]["W"].T, (3, 1))
        return gradients

    with pytest.raises(ValueError) as error:
        train(net, question_params(net), X, T, epochs=1, gradients=transposed)
    assert str(error.value) == (
        "layer4.W: expected a gradient of shape (2, 1), got (3, 2). "
        "A gradient has the shape of its parameter."
    )
