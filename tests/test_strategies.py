"""gradcheck.strategies: what they draw is what they say, and a user's net can be built of it."""

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from gradcheck import check_gradients
from gradcheck.strategies import (
    ACTIVATIONS,
    FAULTS,
    LOSSES,
    Fault,
    architectures,
    arrays,
    directions,
    faults,
    params,
)
from gradcheck.tree import survey


def tanh_net(arch):
    """What a user has: loss, parameters and backward pass of a tanh net, mean squared error."""
    layers, (X, T) = arch.params("weight", "bias"), arch.data()

    def forward():
        A = [X]
        for layer in layers:
            A.append(np.tanh(A[-1] @ layer["weight"] + layer["bias"]))
        return A

    def backward():
        A, grads = forward(), []
        d = 2 * (A[-1] - T) / len(T)
        for k in reversed(range(len(layers))):
            d = d * (1 - A[k + 1] ** 2)
            grads.insert(0, {"weight": A[k].T @ d, "bias": d.sum(axis=0)})
            d = d @ layers[k]["weight"].T
        return grads

    return lambda: np.sum((forward()[-1] - T) ** 2) / len(T), layers, backward


@given(architectures())
def test_an_architecture_is_whole(arch):
    assert arch.activation in ACTIVATIONS
    assert arch.output in LOSSES[arch.loss]
    shapes = [(layer["W"].shape, layer["b"].shape) for layer in arch.params()]
    pairs = zip(arch.sizes, arch.sizes[1:], strict=False)
    assert shapes == [((a, b), (b,)) for a, b in pairs]
    X, T = arch.data()
    assert X.shape == (arch.batch, arch.sizes[0])
    assert T.shape == (arch.batch, arch.sizes[-1])
    assert np.all((T > 0) & (T < 1))
    if arch.loss == "softmax_cross_entropy":
        assert arch.sizes[-1] >= 2
        assert np.allclose(T.sum(axis=1), 1)


@given(architectures(layers=(2, 3), units=(2, 3), outputs=(1, 1), losses=["mse"]))
def test_bounds_are_kept(arch):
    assert 3 <= len(arch.sizes) <= 4
    assert set(arch.sizes[:-1]) <= {2, 3}
    assert arch.sizes[-1] == 1
    assert arch.loss == "mse"


def test_an_architecture_shrinks_to_the_least():
    least = find(architectures(), lambda arch: len(arch.sizes) > 2 and arch.batch > 1)
    assert least.sizes == (1, 1, 1)
    assert least.batch == 2
    assert least.seed == 0


@settings(max_examples=15)
@given(architectures(layers=(1, 3), units=(1, 4)), st.data())
def test_a_users_net_and_its_faults(arch, data):
    """Right gradients agree; a drawn fault is seen, in the block where it was planted."""
    loss, layers, backward = tanh_net(arch)
    assert check_gradients(loss, layers, backward, explain=False)
    fault = data.draw(faults(backward()))
    report = check_gradients(loss, layers, lambda: fault.plant(backward()), explain=False)
    names = [block.name for block in report]
    assert [block.name for block in report.wrong] == [names[fault.block]]


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_changes_its_block_and_no_other(kind):
    grads = {"W": np.array([[1.0, -2.0]]), "b": [np.array([0.5]), np.array(3.0)]}
    for block in range(3):
        wrong = Fault(kind, block).plant(grads)
        leaves = [wrong["W"], *wrong["b"]]
        for i, (got, right) in enumerate(zip(leaves, [grads["W"], *grads["b"]], strict=True)):
            assert got.shape == right.shape
            assert np.array_equal(got, right) == (i != block)
    assert np.array_equal(grads["W"], [[1.0, -2.0]])  # the given ones are left alone


def test_faults_of_zero_gradients_are_refused():
    with pytest.raises(ValueError, match=r"^grads: expected a gradient that is not zero"):
        faults([np.zeros(3)])
    drawn = find(faults([np.zeros(3), np.ones(2)]), lambda fault: True)
    assert drawn.block == 1


@given(arrays(most=3, most_dimensions=2))
def test_arrays_are_small_floats(array):
    assert array.dtype == float
    assert array.ndim <= 2
    assert all(1 <= n <= 3 for n in array.shape)
    assert np.all(array != 0)


@given(params())
def test_parameter_nests_are_what_a_check_takes(nest):
    blocks = survey(nest).blocks
    assert len(blocks) >= 1
    assert all(np.isfinite(block.values).all() for block in blocks)


@given(st.data(), params(), st.sampled_from(["signs", "normal", "entry"]))
def test_a_direction_has_the_nest_and_the_shapes(data, nest, kind):
    direction = data.draw(directions(nest, kind))
    here, there = survey(nest).blocks, survey(direction).blocks
    assert [(b.name, b.shape) for b in here] == [(b.name, b.shape) for b in there]
    values = np.concatenate([block.values.ravel() for block in there])
    if kind == "signs":
        assert set(values) <= {-1.0, 1.0}
    elif kind == "entry":
        assert sorted(values) == [0.0] * (len(values) - 1) + [1.0]
    else:
        assert np.all(values != 0)
