"""Well-known libraries whose gradients are written by hand, checked as they are installed."""

import inspect
import itertools
import warnings

import numpy as np
import pytest

from gradcheck import check_gradients

pytest.importorskip("sklearn")

from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, RationalQuadratic, WhiteKernel
from sklearn.neural_network import MLPClassifier, MLPRegressor, _multilayer_perceptron
from sklearn.neural_network._base import LOSS_FUNCTIONS

X = np.random.default_rng(0).normal(size=(25, 4))


def trained(kind, outputs, activation):
    """A net of scikit-learn after three epochs, and what calls its backward pass."""
    rng = np.random.default_rng(1)
    net = kind(hidden_layer_sizes=(6, 5), activation=activation, alpha=0.1, random_state=0)
    net.set_params(max_iter=3)
    if kind is MLPRegressor:
        y = targets = rng.normal(size=(len(X), outputs))
    else:
        y = rng.integers(0, max(outputs, 2), len(X))
        targets = y.reshape(-1, 1) if outputs == 1 else np.eye(outputs)[y]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # three epochs do not converge
        net.fit(X, y.ravel() if outputs == 1 else y)
    sizes = [X.shape[1], 6, 5, outputs]
    weighted = "sample_weight" in inspect.signature(net._backprop).parameters

    def backprop():
        activations = net._forward_pass([X] + [np.empty((len(X), n)) for n in sizes[1:]])
        loss, coefs, intercepts = net._backprop(
            X=X,
            y=targets,
            activations=activations,
            deltas=[np.empty_like(a) for a in activations],
            coef_grads=[np.empty(pair) for pair in itertools.pairwise(sizes)],
            intercept_grads=[np.empty(n) for n in sizes[1:]],
            **({"sample_weight": None} if weighted else {}),
        )
        return loss, {"coefs_": coefs, "intercepts_": intercepts}

    return net, backprop


NETS = [(MLPClassifier, 1), (MLPClassifier, 3), (MLPRegressor, 1)]
NAMES = {f"{kind}.{i}" for kind in ("coefs_", "intercepts_") for i in range(3)}


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize(("kind", "outputs"), NETS)
def test_sklearn_mlp(kind, outputs, activation):
    """The estimator itself is handed over: its weights are found among all that it holds."""
    net, backprop = trained(kind, outputs, activation)
    report = check_gradients(lambda: backprop()[0], net, lambda: backprop()[1])
    assert report, report
    assert {block.name for block in report} == NAMES


@pytest.mark.parametrize(("kind", "outputs"), NETS)
def test_sklearn_mlp_with_a_fault(kind, outputs, monkeypatch):
    """Without the derivative of its activation, precisely the two lower layers are wrong."""
    monkeypatch.setitem(_multilayer_perceptron.DERIVATIVES, "tanh", lambda Z, delta: None)
    net, backprop = trained(kind, outputs, "tanh")
    report = check_gradients(lambda: backprop()[0], net, lambda: backprop()[1])
    assert {block.name for block in report.wrong} == NAMES - {"coefs_.2", "intercepts_.2"}


def test_sklearn_regression_of_several_outputs():
    """Its loss is a mean over the outputs, its gradient a sum (scikit-learn issue 8349)."""
    two = LOSS_FUNCTIONS["squared_error"](np.zeros((1, 2)), np.ones((1, 2)))
    if two != 0.5:
        pytest.skip("mended in this version")
    net, backprop = trained(MLPRegressor, 3, "tanh")
    report = check_gradients(lambda: backprop()[0], net, lambda: backprop()[1])
    assert {block.name for block in report.wrong} == NAMES
    # the penalty on the weights is right: only the biases show the factor unmixed
    biases = [block.ratio for block in report if block.name.startswith("intercepts_")]
    assert biases == pytest.approx([3, 3, 3], rel=1e-6)


@pytest.mark.parametrize("kernel", [RBF(0.7), RationalQuadratic(0.9, 1.3)], ids=["rbf", "rq"])
def test_sklearn_gaussian_process(kernel):
    """One flat vector, and a function that returns value and gradient together."""
    process = GaussianProcessRegressor(kernel + WhiteKernel(0.2), optimizer=None)
    process.fit(X, np.sin(X[:, 0]) + 0.1 * X[:, 1])
    theta = process.kernel_.theta.copy()
    report = check_gradients(
        lambda theta: -process.log_marginal_likelihood(theta),
        theta,
        lambda theta: -process.log_marginal_likelihood(theta, eval_gradient=True)[1],
    )
    assert report, report
