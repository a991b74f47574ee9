"""check_layer: one layer alone, however its backward tells its gradients."""

import numpy as np
import pytest

from gradcheck import check_layer

x = np.random.default_rng(0).normal(size=(5, 3))


class Dense:
    """forward and backward store; `fault` names what is wrong."""

    def __init__(self, fault=""):
        rng = np.random.default_rng(1)
        self.W, self.b, self.fault = rng.normal(size=(3, 4)), rng.normal(size=4), fault

    def forward(self, x):
        self.x = x
        self.out = np.tanh(x @ self.W + self.b)
        return self.out

    def parts(self, d):
        d = d * (1 - self.out**2)
        parts = {"x": d @ self.W.T, "W": self.x.T @ d, "b": d.sum(axis=0)}
        if self.fault in parts:
            parts[self.fault] = 1.5 * parts[self.fault]
        return parts

    def backward(self, d):
        parts = self.parts(d)
        self.dW, self.db = parts["W"], parts["b"]
        return parts["x"]


class StoresAll(Dense):
    def backward(self, d):
        parts = self.parts(d)
        self.grad_W, self.grad_b, self.dinputs = parts["W"], parts["b"], parts["x"]


class ReturnsTuple(Dense):
    def backward(self, d):
        parts = self.parts(d)
        return parts["x"], parts["W"], parts["b"]


class ReturnsDict(Dense):
    def back(self, d):
        parts = self.parts(d)
        return parts["x"], {"b": parts["b"], "W": parts["W"]}

    backward = None


class ReturnsNames(Dense):
    def backprop(self, grad_output):
        parts = self.parts(grad_output)
        return {"dW": parts["W"], "dx": parts["x"], "db": parts["b"]}

    backward = None


class UpdatesAtRate(Dense):
    def backward(self, d, learning_rate):
        parts = self.parts(d)
        self.W -= learning_rate * parts["W"]
        self.b = self.b - learning_rate * parts["b"]
        return parts["x"]


class UpdatesByDefault(UpdatesAtRate):
    def backward(self, d, lr=0.01):
        return super().backward(d, lr)


class UpdatesAtItsRate(UpdatesAtRate):
    def __init__(self, fault=""):
        super().__init__(fault)
        self.lr = 0.05

    def backward(self, d):
        return super().backward(d, self.lr)


class Callable(Dense):
    __call__ = Dense.forward
    forward = None


STYLES = [Dense, StoresAll, ReturnsTuple, ReturnsDict, ReturnsNames, UpdatesAtRate]
STYLES += [UpdatesByDefault, UpdatesAtItsRate, Callable]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.__name__)
@pytest.mark.parametrize("fault", ["", "x", "W", "b"])
def test_layers(style, fault):
    layer = style(fault)
    held = {name: (value, np.copy(value)) for name, value in vars(layer).items()}
    report = check_layer(layer, x)
    name = style.__name__
    assert [block.name for block in report] == ["x", f"{name}.W", f"{name}.b"]
    wrong = [fault if fault == "x" else f"{name}.{fault}"] if fault else []
    assert [block.name for block in report.wrong] == wrong
    assert report.verdict == ("disagrees" if fault else "agrees")
    assert vars(layer).keys() == held.keys()
    for key, (value, copy) in held.items():
        assert getattr(layer, key) is value
        assert np.array_equal(value, copy)


# --- Functions ------------------------------------------------------------------------------------

W, b = np.random.default_rng(2).normal(size=(3, 4)), np.zeros(4)


def affine(x, w, b):
    return x @ w + b, (x, w)


def affine_back(dout, cache, factor=1):
    x, w = cache
    return dout @ w.T, factor * x.T @ dout, dout.sum(axis=0)


def affine_of(x, params):
    return x @ params["W"] + params["b"]


def affine_of_back(dout, x, params):
    return dout @ params["W"].T, {"W": x.T @ dout, "b": dout.sum(axis=0)}


@pytest.mark.parametrize(
    ("pair", "params", "names"),
    [
        ((affine, affine_back), {"w": W, "b": b}, ["x", "w", "b"]),
        ((affine, affine_back), [W, b], ["x", "params.0", "params.1"]),
        ((affine, affine_back), (W, b), ["x", "params.0", "params.1"]),
        ((affine_of, affine_of_back), {"W": W, "b": b}, ["x", "W", "b"]),
        ((np.tanh, lambda d: d * (1 - np.tanh(x) ** 2)), None, ["x"]),
        ((lambda x: 3 * x, lambda d: 3 * d), None, ["x"]),
    ],
)
def test_functions(pair, params, names):
    report = check_layer(pair, x, params)
    if pair[0] is np.tanh:  # its backward takes another x than the moved one
        assert report.blocks[0].name == "x"
        return
    assert report.verdict == "agrees"
    assert [block.name for block in report] == names


def test_a_wrong_function():
    back = lambda dout, cache: affine_back(dout, cache, factor=-1)
    report = check_layer((affine, back), x, {"w": W, "b": b})
    assert [block.name for block in report.wrong] == ["w"]


# --- What only random numbers from above show ----------------------------------------------------


class BatchNorm:
    """Its input gradient sums to zero: with ones from above, every mistake in it cancels."""

    def __init__(self, right):
        self.gamma, self.beta, self.right = np.array([1.0, 2.0, 3.0]), np.zeros(3), right
        self.running_mean = np.zeros(3)

    def forward(self, x):
        self.running_mean = 0.9 * self.running_mean + 0.1 * x.mean(0)
        self.std = np.sqrt(x.var(0) + 1e-5)
        self.x_hat = (x - x.mean(0)) / self.std
        return self.gamma * self.x_hat + self.beta

    def backward(self, d):
        self.dgamma, self.dbeta = (d * self.x_hat).sum(0), d.sum(0)
        d = d * self.gamma
        d_mean = d - d.mean(0)
        return (d_mean - self.x_hat * (d * self.x_hat).mean(0) * self.right) / self.std


def test_batch_norm():
    assert check_layer(BatchNorm(True), x).verdict == "agrees"
    report = check_layer(BatchNorm(False), x)
    assert [block.name for block in report.wrong] == ["x"]


class Relu:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, d):
        return d * self.mask


class ReluOfTheGradient(Relu):
    def backward(self, d):
        return d * (d > 0)


def test_backward_must_be_linear():
    assert not check_layer(Relu(), x).findings
    report = check_layer(ReluOfTheGradient(), x)
    assert report.verdict == "disagrees"
    (finding,) = [f for f in report.findings if f.kind == "not-linear"]
    assert finding.sentence == "backward is not linear in the gradient from above: x."


class Accumulates(Dense):
    def __init__(self):
        super().__init__()
        self.dW, self.db = np.zeros((3, 4)), np.zeros(4)

    def backward(self, d):
        parts = self.parts(d)
        self.dW += parts["W"]
        self.db += parts["b"]
        return parts["x"]


def test_accumulation():
    layer = Accumulates()
    report = check_layer(layer, x)
    assert "accumulation" in {finding.kind for finding in report.findings}
    assert [block.name for block in report.wrong] == ["Accumulates.W", "Accumulates.b"]
    assert not layer.dW.any()


class UpdatedTooEarly(Dense):
    def backward(self, d, lr):
        d = d * (1 - self.out**2)
        self.W -= lr * self.x.T @ d
        self.b -= lr * d.sum(axis=0)
        return d @ self.W.T


def test_weights_updated_before_they_are_used():
    report = check_layer(UpdatedTooEarly(), x)
    assert [block.name for block in report.wrong] == ["x"]
    assert "updated-weights-used" in {finding.kind for finding in report.findings}


class Embedding:
    def __init__(self, right):
        self.table, self.right = np.random.default_rng(3).normal(size=(6, 2)), right

    def forward(self, index):
        self.index = index
        return self.table[index]

    def backward(self, d):
        self.dtable = np.zeros_like(self.table)
        if self.right:
            np.add.at(self.dtable, self.index, d)
        else:
            self.dtable[self.index] += d  # a repeated index counts once


@pytest.mark.parametrize("right", [True, False])
def test_an_input_of_integers_has_no_gradient(right):
    report = check_layer(Embedding(right), np.array([0, 1, 1, 4]))
    assert [block.name for block in report] == ["Embedding.table"]
    assert bool(report) is right
    if not right:
        assert {index[0] for index in report.blocks[0].wrong_entries} == {1}


# --- Misuse ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "given", "text"),
    [
        (
            object(), x,
            "layer: expected an object with forward and backward, got object without forward. "
            "Pass the pair (forward, backward).",
        ),
        (
            np.tanh, x,
            "layer: expected an object with forward and backward, got ufunc without backward. "
            "Pass the pair (forward, backward).",
        ),
        (
            Relu(), "x",
            "x: expected an array of real numbers, got an array of <U1 and shape (). "
            "Pass an input such as np.random.randn(4, 3).",
        ),
        (
            (lambda x: None, lambda d: d), x,
            "forward: expected an array of floats, got NoneType of object. "
            "Return the output of the layer.",
        ),
        (
            (lambda x: [[1.0], [2.0, 3.0]], lambda d: d), x,
            "forward: expected an array of floats, got list of object. "
            "Return the output of the layer.",
        ),
        (
            (lambda x: np.maximum(x, 0), lambda d: d), np.array([[1, -2]]),
            "forward: expected an array of floats, got ndarray of int64. Pass x as floats.",
        ),
        (
            (lambda x: 2 * x, lambda d: {"dx": [[1.0], [2.0, 3.0]]}), x,
            "x: expected an analytic gradient of real numbers, got list of object. "
            "Return arrays of floats.",
        ),
        (
            (lambda x, w: x, lambda d: d), x,
            "forward: expected a function of x alone, got one that needs w. "
            "Pass what it needs as params, or bind it.",
        ),
    ],
)  # fmt: skip
def test_error_texts(layer, given, text):
    with pytest.raises(TypeError) as error:
        check_layer(layer, given)
    assert str(error.value) == text


class Listed:
    """Parameters and gradients in two lists, side by side."""

    def __init__(self, factor):
        rng = np.random.default_rng(0)
        self.params = [rng.normal(size=(4, 3)), rng.normal(size=3)]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.factor = factor

    def forward(self, x):
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, upstream):
        self.grads[0][...] = self.x.T @ upstream
        self.grads[1][...] = self.factor * upstream.sum(axis=0)
        return upstream @ self.params[0].T


class Silent(Listed):
    """Returns neither its output nor a gradient, but keeps both."""

    def forward(self, inputs):
        self.output = super().forward(inputs)

    def backward(self, dvalues):
        self.dinputs = super().backward(dvalues)


@pytest.mark.parametrize("kind", [Listed, Silent])
@pytest.mark.parametrize("factor", [1, 2])
def test_lists_of_parameters_and_gradients_and_layers_that_return_nothing(kind, factor):
    report = check_layer(kind(factor), np.random.default_rng(1).normal(size=(5, 4)))
    name = kind.__name__
    assert [block.name for block in report] == ["x", f"{name}.params.0", f"{name}.params.1"]
    assert [block.name for block in report.wrong] == [f"{name}.params.1"] * (factor - 1)


class WholeBias(Dense):
    """The bias begins with whole numbers; `fault` names what is wrong."""

    def __init__(self, fault=""):
        super().__init__(fault)
        self.b, self.n_in = np.zeros(4, dtype=int), 3


class WholeTuple(WholeBias):
    backward = ReturnsTuple.backward


class WholeUpdate(WholeBias):
    def backward(self, d, lr=0.1):
        parts = self.parts(d)
        self.W, self.b = self.W - lr * parts["W"], self.b - lr * parts["b"]
        return parts["x"]


@pytest.mark.parametrize("kind", [WholeBias, WholeTuple, WholeUpdate])
@pytest.mark.parametrize("fault", ["", "b"])
def test_whole_numbers_with_a_gradient_are_parameters(kind, fault):
    layer = kind(fault)
    before = layer.b
    report = check_layer(layer, x)
    name = kind.__name__
    assert [block.name for block in report] == ["x", f"{name}.W", f"{name}.b"]
    assert [block.name for block in report.wrong] == [f"{name}.b"] * bool(fault)
    assert layer.b is before
    assert before.dtype == int


class StoresIn(Dense):
    """Gradients in a dict or list of the layer, which may hold others from before."""

    def __init__(self, fault, form, before):
        super().__init__(fault)
        self.form, self.grads = form, form({"W": self.W, "b": self.b}) if before else {}

    def backward(self, d):
        parts = self.parts(d)
        dx = parts.pop("x")
        self.grads = self.form(parts)
        return dx


FORMS = {
    "by names": dict,
    "by names of gradients": lambda parts: {f"d{name}": g for name, g in parts.items()},
    "a list": lambda parts: list(parts.values()),
    "a tuple": lambda parts: tuple(parts.values()),
}


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("fault", ["", "b"])
def test_gradients_in_a_dict_or_list(form, fault, before):
    layer = StoresIn(fault, lambda parts: form({n: 1.0 * g for n, g in parts.items()}), before)
    report = check_layer(layer, x)
    assert [block.name for block in report] == ["x", "StoresIn.W", "StoresIn.b"]
    assert [block.name for block in report.wrong] == ["StoresIn.b"] * bool(fault)


def test_a_list_of_gradients_that_may_belong_to_either_is_not_guessed_at():
    class Square(Dense):
        def __init__(self):
            self.A, self.B = np.eye(3) + 0.5, np.eye(3) - 0.25

        def forward(self, x):
            self.x = x
            return x @ self.A @ self.B

        def backward(self, d):
            self.grads = [self.A.T @ self.x.T @ d, self.x.T @ d @ self.B.T]  # of B, then of A
            return d @ self.B.T @ self.A.T

    report = check_layer(Square(), x)
    assert report
    assert any("Not checked" in note for note in report.notes)


@pytest.mark.parametrize("empty", [{}, [], ()])
def test_empty_params_are_those_of_the_layer(empty):
    assert [block.name for block in check_layer(Dense(), x, empty)] == ["x", "Dense.W", "Dense.b"]


@pytest.mark.parametrize("params", [["W", "b"], "W", 0, object(), int, np.tanh, {"W": "W"}])
def test_params_without_numbers(params):
    with pytest.raises(TypeError, match=r"params: expected float arrays, or .*got .*Leave it out"):
        check_layer(Dense(), x, params)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ({"lr": "x"}, "lr: expected a positive number, got 'x'"),
        ({"lr": 0}, "lr: expected a positive number, got 0"),
        ({"seed": None}, "seed: expected a whole number from 0 on, got None"),
    ],
)
def test_options_that_cannot_be(option, text):
    with pytest.raises(ValueError, match=text):
        check_layer(Dense(), x, **option)
