"""The catalogue of planted bugs: the backward pass of a net with one line changed.

Each row of CATALOGUE names the step of nets.mlp.Backward that it overrides and the wrong line
that stands there instead, written with the same state s: s.A[k] is the activation of layer k,
s.dZ[k - 1] the cotangent one layer further down, and so on. Adding a fault is adding a row.

    fault, layer = parse("sign@2")
    gradients = fault.plant(net, layer)       # a fresh Backward: gradients(params, X, T)
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .layers import ACTIVATIONS, Array, linear_dA, linear_db, linear_dW
from .losses import FLOOR, mse_cotangent, softmax
from .mlp import MLP, Backward, Params, State, listed, suggestion

KINDS = (
    "sign",
    "scale",
    "missing-activation-derivative",
    "activation-derivative-at-wrong-value",
    "wrong-activation-derivative",
    "transpose",
    "bias-reduction",
    "early-reduction",
    "wrong-operand",
    "softmax-jacobian",
    "loss-gradient",
    "raw-error-propagated",
    "updated-weights-used",
    "accumulation",
    "stale-buffer",
    "aliasing",
    "missing-gradient",
    "missing-term",
    "regulariser",
    "indexing",
    "swapped-gradients",
    "unknown",
)

# How a fault shows itself: wrong values, an array of the wrong shape, or nothing until the
# second call (at other parameters).
Effect = Literal["values", "shape", "calls"]


class Planted(Backward):
    """A backward pass with a fault in it. `memory` is what it wrongly keeps between calls."""

    def __init__(self, net: MLP) -> None:
        super().__init__(net)
        self.memory: dict[str, Array] = {}


Line = Callable[[Planted, State, int], Array]


@dataclass(frozen=True)
class Where:
    """Where a line fits: a condition on the net and a layer, in words and as code."""

    words: str
    holds: Callable[[MLP, int], bool]


@dataclass(frozen=True)
class Fault:
    """One row of the catalogue.

    kind      one of KINDS
    sentence  what the code does wrong
    where     the layers at which the line can stand without a crash
    lines     step of Backward -> the wrong line in its place
    effect    how the fault shows itself
    everywhere  the lines are changed at all layers at once
    """

    name: str
    kind: str
    sentence: str
    where: Where
    lines: Mapping[str, Line]
    effect: Effect = "values"
    everywhere: bool = False

    @property
    def told(self) -> str:
        """The sentence, and where the fault fits if not everywhere."""
        fits = "" if self.where.words == "any layer" else f" Fits {self.where.words}."
        return self.sentence + fits

    def layers(self, net: MLP, batch: int = 4) -> tuple[int, ...]:
        """The layers, 1 to L, at which it can be planted in this net and does damage.

        Tried, not argued: a missing derivative harms no identity layer, a relu mask may be taken
        from the output, a sum over one sample is its mean. So the fault is planted at each layer
        and its gradients are compared with the right ones, at a few generic points. A fault that
        is everywhere counts for the output layer, where backpropagation meets it first.
        """
        possible = [k for k in range(1, net.depth + 1) if self.where.holds(net, k)]
        return tuple(k for k in possible if self._damages(net, k, batch))

    def plant(self, net: MLP, layer: int | None = None, batch: int = 4) -> Planted:
        """The net's backward pass with this fault in it, fresh: gradients(params, X, T).

        layer   None takes the middle one of those where it does damage to such a batch
        Raises  ValueError  if it cannot be planted there
        """
        if layer is None:
            layers = self.layers(net, batch)
            if not layers:
                raise ValueError(
                    f"fault: {self.name}, expected {self.where.words} where it does damage, "
                    f"got none in {net} with {batch} samples. Choose another net or fault."
                )
            layer = layers[len(layers) // 2]
        if not 1 <= layer <= net.depth:
            raise ValueError(
                f"fault: expected a layer of the net, which has 1 to {net.depth}, got {layer}. "
                f"Choose {_listed(self.layers(net, batch))}."
            )
        if not self.where.holds(net, layer):
            raise ValueError(
                f"fault: {self.name}, expected {self.where.words}, got layer {layer} of {net}. "
                f"Choose {_listed(self.layers(net, batch))}."
            )
        steps = {
            step: _override(step, line, None if self.everywhere else layer)
            for step, line in self.lines.items()
        }
        cls: type[Planted] = type(f"{self.name}@{layer}", (Planted,), steps)
        return cls(net)

    def _damages(self, net: MLP, layer: int, batch: int) -> bool:
        return any(
            damaged_blocks(self.plant(net, layer), net, batch, seed, self.effect)
            for seed in range(TRIALS)
        )


def _override(step: str, line: Line, layer: int | None) -> Line:
    """A method for one step: the wrong line at one layer (None: at all), else the right one."""
    right: Line = getattr(Backward, step)

    def method(self: Planted, s: State, k: int) -> Array:
        __tracebackhide__ = True  # plants the mistake, and is none
        return (line if layer in (None, k) else right)(self, s, k)

    return method


def _listed(layers: tuple[int, ...]) -> str:
    return f"layer {listed([str(k) for k in layers])}" if layers else "another net or fault"


# --- Does a fault do damage? ----------------------------------------------------------------

TRIALS = 8  # points: at one of them a small relu net may be dead, with nothing to damage
VISIBLE = 1e-6  # of the largest entry of a block: far above rounding, far below every fault here


def generic_point(net: MLP, batch: int, seed: int) -> tuple[Params, Array, Array]:
    """Random params (biases too), inputs and targets at which nothing is zero by chance."""
    rng = np.random.default_rng([seed, 20])
    params = net.init(seed, "glorot", factor=1.5)
    for block in params.values():
        block["b"][:] = rng.normal(0.2, 0.5, block["b"].shape)
    X = rng.normal(0.3, 1.0, (batch, net.sizes[0]))
    T = rng.uniform(0.1, 0.9, (batch, net.sizes[-1]))  # soft labels serve every loss
    return params, X, T / T.sum(axis=1, keepdims=True) if net.criterion.least_outputs > 1 else T


def damaged_blocks(
    gradients: Callable[[Params, Array, Array], Params],
    net: MLP,
    batch: int,
    seed: int,
    effect: Effect = "values",
) -> tuple[str, ...]:
    """Names of the blocks that differ from the right gradient at a generic point, by one effect.

    For the effect "calls" one call at other parameters goes before.
    """
    params, X, T = generic_point(net, batch, seed)
    if effect == "calls":
        gradients(generic_point(net, batch, seed + 1)[0], X, T)
    got, right = gradients(params, X, T), net.gradients(params, X, T)
    pairs = {
        f"{layer}.{name}": (got[layer][name], block[name])
        for layer, block in right.items()
        for name in block
    }
    misshapen = tuple(name for name, (g, r) in pairs.items() if np.shape(g) != r.shape)
    if effect == "shape" or misshapen:
        return misshapen if effect == "shape" else ()
    return tuple(
        name
        for name, (g, r) in pairs.items()
        if np.abs(g - r).max() > VISIBLE * max(np.abs(r).max(), np.abs(g).max())
    )


# --- Where ----------------------------------------------------------------------------------


def _above(net: MLP, k: int, rank: int) -> int | None:
    """The nearest layer above k with a bias (rank 1) or a weight (rank 2) of the same shape."""
    shape = net.sizes[k + 1 - rank : k + 1]
    same = (m for m in range(k + 1, net.depth + 1) if net.sizes[m + 1 - rank : m + 1] == shape)
    return next(same, None)


def _nearest(net: MLP, k: int) -> int | None:
    """The nearest other layer with a weight of the same shape, above or else below."""
    shape = net.sizes[k - 1 : k + 1]
    same = [m for m in range(1, net.depth + 1) if net.sizes[m - 1 : m + 1] == shape and m != k]
    return min(same, key=lambda m: (abs(m - k), -m), default=None)


ANY = Where("any layer", lambda net, k: True)
NOT_FIRST = Where("a layer above the first", lambda net, k: k > 1)
OUTPUT = Where("the output layer", lambda net, k: k == net.depth)
SQUARE = Where(
    "a layer with as many inputs as units", lambda net, k: net.sizes[k - 1] == net.sizes[k]
)
SQUARE_NOT_FIRST = Where(
    "a layer above the first, with as many inputs as units",
    lambda net, k: k > 1 and net.sizes[k - 1] == net.sizes[k],
)
OBLONG = Where(
    "a layer with more inputs than units or fewer", lambda net, k: net.sizes[k - 1] != net.sizes[k]
)
OBLONG_NOT_FIRST = Where(
    "a layer above the first, with more inputs than units or fewer",
    lambda net, k: k > 1 and net.sizes[k - 1] != net.sizes[k],
)
PEER_ACTIVATION = Where(
    "a layer above the first, whose input is as wide as that of the layer below",
    lambda net, k: k > 1 and net.sizes[k - 2] == net.sizes[k - 1],
)
PEER_COTANGENT = Where(
    "a layer below one with as many units",
    lambda net, k: k < net.depth and net.sizes[k] == net.sizes[k + 1],
)
PEER_WEIGHT = Where(
    "a layer above the first, with weights of the shape of another layer's",
    lambda net, k: k > 1 and _nearest(net, k) is not None,
)
TWIN_WEIGHT = Where(
    "a layer with weights of the shape of those of a layer above",
    lambda net, k: _above(net, k, 2) is not None,
)
TWIN_BIAS = Where(
    "a layer with as many units as a layer above", lambda net, k: _above(net, k, 1) is not None
)
REGULARISED = Where("any layer of a net with l2 > 0", lambda net, k: net.l2 > 0)
TANH = Where("a tanh layer", lambda net, k: net.activation_of(k).name == "tanh")
SIGMOID = Where("a sigmoid layer", lambda net, k: net.activation_of(k).name == "sigmoid")
NONLINEAR_OUTPUT = Where(
    "the output layer, with an activation",
    lambda net, k: k == net.depth and net.output != "identity",
)
NOT_MSE = Where(
    "the output layer, with a loss other than mse",
    lambda net, k: k == net.depth and net.objective != "mse",
)
BINARY = Where(
    "the output layer, with the loss bce",
    lambda net, k: k == net.depth and net.objective == "binary_cross_entropy",
)
SOFTMAX = Where(
    "the output layer, with the loss softmax",
    lambda net, k: k == net.depth and net.objective == "softmax_cross_entropy",
)
SINGLE_OUTPUT = Where(
    "the output layer of a net with one output",
    lambda net, k: k == net.depth and net.sizes[-1] == 1,
)


# --- Lines that need more than an expression --------------------------------------------------

UPDATE_RATE = 0.2  # learning rate of the premature update in "updated-weights"
CONFUSED_WITH = {  # whose derivative "another-derivative" takes
    "sigmoid": "tanh",
    "tanh": "sigmoid",
    "relu": "leaky_relu",
    "leaky_relu": "relu",
    "softplus": "gelu",
    "gelu": "softplus",
    "identity": "sigmoid",
}


def _slope(self: Planted, s: State, k: int) -> Array:
    return self.net.activation_of(k).derivative(s.Z[k], s.A[k])


def _accumulate(self: Planted, key: str, gradient: Array) -> Array:
    buffer = self.memory.setdefault(key, np.zeros_like(gradient))
    buffer += gradient  # in place: what earlier calls returned changes too, as in user code
    return buffer


def _keep(self: Planted, key: str, value: Array) -> Array:
    return self.memory.setdefault(key, value)


def _swap(gradients: list[Array], twin: int | None, gradient: Array) -> Array:
    assert twin is not None  # where= saw to it
    gradients[twin], gradient = gradient, gradients[twin]
    return gradient


def _share(gradients: list[Array], twin: int | None, gradient: Array) -> Array:
    assert twin is not None  # where= saw to it
    gradients[twin][...] = gradient
    return gradients[twin]


def _but(array: Array, index: Any, factor: float) -> Array:
    """The array with the entries at one index multiplied by a factor."""
    array = array.copy()
    array[index] *= factor
    return array


def _middle(array: Array) -> tuple[int, ...]:
    return tuple(n // 2 for n in array.shape)


right = Backward  # in a row below, right.dW(self, s, k) is the line that should stand there


def _rows() -> Iterator[Fault]:
    """The catalogue, in the order of KINDS."""
    # fmt: off
    # --- sign
    yield Fault("sign", "sign", "The cotangent enters the layer with a flipped sign.", ANY,
        {"dZ": lambda self, s, k: -right.dZ(self, s, k)})
    yield Fault("sign-weight", "sign", "The weight gradient has a flipped sign.", ANY,
        {"dW": lambda self, s, k: -right.dW(self, s, k)})
    yield Fault("sign-bias", "sign", "The bias gradient has a flipped sign.", ANY,
        {"db": lambda self, s, k: -right.db(self, s, k)})

    # --- scale
    yield Fault("factor-2", "scale", "The cotangent enters the layer doubled.", ANY,
        {"dZ": lambda self, s, k: 2 * right.dZ(self, s, k)})
    yield Fault("factor-2-weight", "scale", "The weight gradient is doubled.", ANY,
        {"dW": lambda self, s, k: 2 * right.dW(self, s, k)})
    yield Fault("factor-2-bias", "scale", "The bias gradient is doubled.", ANY,
        {"db": lambda self, s, k: 2 * right.db(self, s, k)})
    yield Fault("half", "scale", "The cotangent enters the layer halved: a square's 2 is lost.",
        ANY, {"dZ": lambda self, s, k: right.dZ(self, s, k) / 2})
    yield Fault("missing-mean", "scale", "From this layer on the 1/N of the mean is missing.", ANY,
        {"dZ": lambda self, s, k: right.dZ(self, s, k) * len(s.targets)})
    yield Fault("missing-mean-weight", "scale", "The weight gradient lacks the 1/N.", ANY,
        {"dW": lambda self, s, k:
            linear_dW(s.A[k - 1], s.dZ[k]) * len(s.targets) + self.penalty(s, k)})
    yield Fault("missing-mean-bias", "scale", "The bias gradient lacks the 1/N.", ANY,
        {"db": lambda self, s, k: right.db(self, s, k) * len(s.targets)})
    yield Fault("doubled-mean", "scale", "From this layer on 1/N is applied twice.", ANY,
        {"dZ": lambda self, s, k: right.dZ(self, s, k) / len(s.targets)})
    yield Fault("doubled-mean-weight", "scale", "The weight gradient has the 1/N twice.", ANY,
        {"dW": lambda self, s, k:
            linear_dW(s.A[k - 1], s.dZ[k]) / len(s.targets) + self.penalty(s, k)})
    yield Fault("doubled-mean-bias", "scale", "The bias gradient has the 1/N twice.", ANY,
        {"db": lambda self, s, k: right.db(self, s, k) / len(s.targets)})

    # --- activation derivative
    yield Fault("missing-derivative", "missing-activation-derivative",
        "The activation's derivative is left out.", ANY,
        {"dZ": lambda self, s, k: s.dA[k]})
    yield Fault("derivative-at-activation", "activation-derivative-at-wrong-value",
        "The derivative is taken at the activation: activated twice.", ANY,
        {"dZ": lambda self, s, k: s.dA[k] * self.net.activation_of(k).slope(s.A[k])})
    yield Fault("formula-at-pre-activation", "activation-derivative-at-wrong-value",
        "The formula for activations, as a(1 - a), is fed the pre-activation.", ANY,
        {"dZ": lambda self, s, k:
            s.dA[k] * self.net.activation_of(k).derivative(s.Z[k], s.Z[k])})
    yield Fault("derivative-at-cotangent", "activation-derivative-at-wrong-value",
        "The derivative (the mask of a relu) is taken at the cotangent.", ANY,
        {"dZ": lambda self, s, k: s.dA[k] * self.net.activation_of(k).slope(s.dA[k])})
    yield Fault("another-derivative", "wrong-activation-derivative",
        "The derivative is that of another activation.", ANY,
        {"dZ": lambda self, s, k: s.dA[k] * ACTIVATIONS[
            CONFUSED_WITH[self.net.activation_of(k).name]].derivative(s.Z[k], s.A[k])})
    yield Fault("tanh-not-squared", "wrong-activation-derivative",
        "The derivative of tanh is 1 - a where it should be 1 - a*a.", TANH,
        {"dZ": lambda self, s, k: s.dA[k] * (1 - s.A[k])})
    yield Fault("sigmoid-squared", "wrong-activation-derivative",
        "The derivative of the sigmoid is 1 - a*a where it should be a(1 - a).", SIGMOID,
        {"dZ": lambda self, s, k: s.dA[k] * (1 - s.A[k] ** 2)})
    yield Fault("squared-derivative", "wrong-activation-derivative",
        "The derivative is applied twice.", ANY,
        {"dZ": lambda self, s, k: right.dZ(self, s, k) * _slope(self, s, k)})

    # --- transpose
    yield Fault("transposed-weight", "transpose",
        "The cotangent is passed down through W, not through its transpose.", SQUARE_NOT_FIRST,
        {"passed_down": lambda self, s, k: linear_dA(s.dZ[k], s.W[k].T)})
    yield Fault("reshaped-weight", "transpose",
        "The cotangent is passed down through W reshaped, where it should be transposed.",
        OBLONG_NOT_FIRST,
        {"passed_down": lambda self, s, k: s.dZ[k] @ s.W[k].reshape(s.W[k].shape[::-1])})
    yield Fault("transposed-gradient", "transpose",
        "The weight gradient is transposed, on a square layer.", SQUARE,
        {"dW": lambda self, s, k: linear_dW(s.dZ[k], s.A[k - 1]) + self.penalty(s, k)})
    yield Fault("transposed-gradient-shape", "transpose",
        "The weight gradient is transposed and has the wrong shape.", OBLONG,
        {"dW": lambda self, s, k: right.dW(self, s, k).T}, effect="shape")
    yield Fault("reshaped-gradient", "transpose",
        "The weight gradient is transposed, then reshaped to fit.", ANY,
        {"dW": lambda self, s, k:
            linear_dW(s.dZ[k], s.A[k - 1]).reshape(s.W[k].shape) + self.penalty(s, k)})

    # --- bias reduction
    yield Fault("bias-wrong-axis", "bias-reduction",
        "The bias gradient is summed over the units; it fits, with as many samples.", ANY,
        {"db": lambda self, s, k: s.dZ[k].sum(axis=1)})
    yield Fault("bias-wrong-axis-shape", "bias-reduction",
        "The bias gradient is summed over the units, one number a sample.", ANY,
        {"db": lambda self, s, k: s.dZ[k].sum(axis=1)}, effect="shape")
    yield Fault("bias-mean", "bias-reduction",
        "The bias gradient is the mean over the samples where it should be the sum.", ANY,
        {"db": lambda self, s, k: s.dZ[k].mean(axis=0)})
    yield Fault("bias-one-number", "bias-reduction",
        "The bias gradient is summed over samples and units: one number for all units.", ANY,
        {"db": lambda self, s, k: np.full_like(s.b[k], s.dZ[k].sum())})
    yield Fault("bias-scalar", "bias-reduction",
        "The bias gradient is a scalar: summed over samples and units.", ANY,
        {"db": lambda self, s, k: np.asarray(s.dZ[k].sum())}, effect="shape")
    yield Fault("bias-column", "bias-reduction",
        "The bias gradient is a column (units, 1), which broadcasts in the update.", ANY,
        {"db": lambda self, s, k: linear_db(s.dZ[k])[:, np.newaxis]}, effect="shape")
    yield Fault("bias-unreduced", "bias-reduction",
        "The bias gradient is not summed over the samples.", ANY,
        {"db": lambda self, s, k: s.dZ[k]}, effect="shape")
    yield Fault("bias-first-sample", "bias-reduction",
        "The bias gradient is that of the first sample.", ANY,
        {"db": lambda self, s, k: s.dZ[k][0]})

    # --- early reduction
    yield Fault("averaged-before-product", "early-reduction",
        "Activations and cotangents are reduced over the batch before their product.", ANY,
        {"dW": lambda self, s, k:
            np.outer(s.A[k - 1].mean(axis=0), s.dZ[k].sum(axis=0)) + self.penalty(s, k)})
    yield Fault("averaged-cotangent", "early-reduction",
        "The cotangent is averaged over the batch before it meets the derivative.", ANY,
        {"dZ": lambda self, s, k: s.dA[k].mean(axis=0) * _slope(self, s, k)})
    yield Fault("averaged-derivative", "early-reduction",
        "The derivative is averaged over the batch before it meets the cotangent.", ANY,
        {"dZ": lambda self, s, k: s.dA[k] * _slope(self, s, k).mean(axis=0)})

    # --- wrong operand
    yield Fault("pre-activation", "wrong-operand",
        "The weight gradient uses the pre-activation of the layer below.", NOT_FIRST,
        {"dW": lambda self, s, k: linear_dW(s.Z[k - 1], s.dZ[k]) + self.penalty(s, k)})
    yield Fault("own-activation", "wrong-operand",
        "The weight gradient uses the layer's own activation, not its input.", SQUARE,
        {"dW": lambda self, s, k: linear_dW(s.A[k], s.dZ[k]) + self.penalty(s, k)})
    yield Fault("neighbour-activation", "wrong-operand",
        "The weight gradient uses the input of the layer below.", PEER_ACTIVATION,
        {"dW": lambda self, s, k: linear_dW(s.A[k - 2], s.dZ[k]) + self.penalty(s, k)})
    yield Fault("neighbour-cotangent", "wrong-operand",
        "The weight gradient uses the cotangent of the layer above.", PEER_COTANGENT,
        {"dW": lambda self, s, k: linear_dW(s.A[k - 1], s.dZ[k + 1]) + self.penalty(s, k)})
    yield Fault("neighbour-bias-cotangent", "wrong-operand",
        "The bias gradient uses the cotangent of the layer above.", PEER_COTANGENT,
        {"db": lambda self, s, k: linear_db(s.dZ[k + 1])})
    yield Fault("neighbour-weight", "wrong-operand",
        "The cotangent is passed down through another layer's weights.", PEER_WEIGHT,
        {"passed_down": lambda self, s, k: linear_dA(s.dZ[k], s.W[_nearest(self.net, k) or k])})

    # --- softmax and loss
    yield Fault("softmax-diagonal", "softmax-jacobian",
        "Only the diagonal of the softmax Jacobian is used.", SOFTMAX,
        {"output_cotangent": lambda self, s, k:
            -s.targets * (1 - softmax(s.A[k])) / len(s.targets)})
    yield Fault("mismatched-pair", "loss-gradient",
        "y - t, right for a sigmoid with cross-entropy, is used with another pair.",
        NONLINEAR_OUTPUT,
        {"dZ": lambda self, s, k: (s.A[k] - s.targets) / len(s.targets)})
    yield Fault("squared-error-cotangent", "loss-gradient",
        "The cotangent is that of the squared error; the loss is another.", NOT_MSE,
        {"output_cotangent": lambda self, s, k: mse_cotangent(s.A[k], s.targets)})
    yield Fault("absolute-error-cotangent", "loss-gradient",
        "The cotangent is that of the absolute error, sign(y - t).", OUTPUT,
        {"output_cotangent": lambda self, s, k: np.sign(s.A[k] - s.targets) / len(s.targets)})

    # --- what is passed down
    yield Fault("raw-error", "raw-error-propagated",
        "The error is passed down before the activation's derivative has been applied.",
        NOT_FIRST, {"passed_down": lambda self, s, k: linear_dA(s.dA[k], s.W[k])})
    yield Fault("updated-weights", "updated-weights-used",
        "The cotangent is passed down through weights that are updated already.", NOT_FIRST,
        {"passed_down": lambda self, s, k: linear_dA(s.dZ[k], s.W[k] - UPDATE_RATE * s.dW[k])})

    # --- kept between calls
    yield Fault("accumulation", "accumulation",
        "The weight gradient is added to that of earlier calls: never cleared.", ANY,
        {"dW": lambda self, s, k: _accumulate(self, "dW", right.dW(self, s, k))}, effect="calls")
    yield Fault("accumulation-bias", "accumulation",
        "The bias gradient is added to that of earlier calls: never cleared.", ANY,
        {"db": lambda self, s, k: _accumulate(self, "db", right.db(self, s, k))}, effect="calls")
    yield Fault("stale-activation", "stale-buffer",
        "The weight gradient uses the activations of the first call.", NOT_FIRST,
        {"dW": lambda self, s, k:
            linear_dW(_keep(self, "A", s.A[k - 1]), s.dZ[k]) + self.penalty(s, k)},
        effect="calls")
    yield Fault("stale-pre-activation", "stale-buffer",
        "The derivative is taken at the pre-activations of the first call.", ANY,
        {"dZ": lambda self, s, k:
            s.dA[k] * self.net.activation_of(k).slope(_keep(self, "Z", s.Z[k]))},
        effect="calls")
    yield Fault("stale-weights", "stale-buffer",
        "The cotangent is passed down through the weights of the first call.", NOT_FIRST,
        {"passed_down": lambda self, s, k: linear_dA(s.dZ[k], _keep(self, "W", s.W[k].copy()))},
        effect="calls")
    yield Fault("aliasing", "aliasing",
        "Two weight gradients share one buffer: the later overwrites the earlier.", TWIN_WEIGHT,
        {"dW": lambda self, s, k:
            _share(s.dW, _above(self.net, k, 2), right.dW(self, s, k))})
    yield Fault("aliasing-bias", "aliasing",
        "Two bias gradients share one buffer: the later overwrites the earlier.", TWIN_BIAS,
        {"db": lambda self, s, k:
            _share(s.db, _above(self.net, k, 1), right.db(self, s, k))})

    # --- missing
    yield Fault("zero-weight", "missing-gradient", "The weight gradient is zero.", ANY,
        {"dW": lambda self, s, k: np.zeros_like(s.W[k])})
    yield Fault("zero-bias", "missing-gradient", "The bias gradient is zero.", ANY,
        {"db": lambda self, s, k: np.zeros_like(s.b[k])})
    yield Fault("cut", "missing-gradient", "Nothing is passed down to the layers below.",
        NOT_FIRST, {"passed_down": lambda self, s, k: np.zeros_like(s.A[k - 1])})
    yield Fault("missing-weight", "missing-term",
        "The cotangent is passed down without the weights.", SQUARE_NOT_FIRST,
        {"passed_down": lambda self, s, k: s.dZ[k]})
    yield Fault("half-cross-entropy", "missing-term",
        "The cotangent of the cross-entropy lacks its (1 - t) term.", BINARY,
        {"output_cotangent": lambda self, s, k:
            -s.targets / np.maximum(s.A[k], FLOOR) / len(s.targets)})

    # --- regulariser
    yield Fault("regulariser-missing", "regulariser",
        "The weight gradient lacks the l2 term of the loss.", REGULARISED,
        {"penalty": lambda self, s, k: np.zeros_like(s.W[k])})
    yield Fault("regulariser-doubled", "regulariser",
        "The weight gradient has the l2 term twice (l2/2 taken for l2).", REGULARISED,
        {"penalty": lambda self, s, k: 2 * right.penalty(self, s, k)})
    yield Fault("regulariser-averaged", "regulariser",
        "The l2 term is divided by N in the gradient only.", REGULARISED,
        {"penalty": lambda self, s, k: right.penalty(self, s, k) / len(s.targets)})
    yield Fault("regulariser-bias", "regulariser",
        "The bias gradient has an l2 term; the loss has none.", REGULARISED,
        {"db": lambda self, s, k: right.db(self, s, k) + self.net.l2 * s.b[k]})

    # --- indexing
    yield Fault("last-sample-dropped", "indexing",
        "The weight gradient leaves out the last sample.", ANY,
        {"dW": lambda self, s, k: linear_dW(s.A[k - 1][:-1], s.dZ[k][:-1]) + self.penalty(s, k)})
    yield Fault("first-sample-only", "indexing",
        "The weight gradient is that of the first sample.", ANY,
        {"dW": lambda self, s, k: linear_dW(s.A[k - 1][:1], s.dZ[k][:1]) + self.penalty(s, k)})
    yield Fault("samples-reversed", "indexing",
        "Activations and cotangents are in opposite order of the samples.", ANY,
        {"dW": lambda self, s, k: linear_dW(s.A[k - 1][::-1], s.dZ[k]) + self.penalty(s, k)})
    yield Fault("one-wrong-entry", "unknown",
        "One entry of the weight gradient is 10 % too large.", ANY,
        {"dW": lambda self, s, k: _but(right.dW(self, s, k), _middle(s.W[k]), 1.1)})
    yield Fault("one-wrong-bias", "unknown",
        "One entry of the bias gradient is 10 % too large.", ANY,
        {"db": lambda self, s, k: _but(right.db(self, s, k), _middle(s.b[k]), 1.1)})
    yield Fault("zero-row", "indexing",
        "The last row of the weight gradient is zero.", ANY,
        {"dW": lambda self, s, k: _but(right.dW(self, s, k), -1, 0.0)})
    yield Fault("shifted-columns", "indexing",
        "The columns of the weight gradient are shifted by one.", ANY,
        {"dW": lambda self, s, k: np.roll(right.dW(self, s, k), 1, axis=1)})

    # --- swapped
    yield Fault("swapped-gradients", "swapped-gradients",
        "The weight gradients of two layers are exchanged.", TWIN_WEIGHT,
        {"dW": lambda self, s, k:
            _swap(s.dW, _above(self.net, k, 2), right.dW(self, s, k))})
    yield Fault("swapped-biases", "swapped-gradients",
        "The bias gradients of two layers are exchanged.", TWIN_BIAS,
        {"db": lambda self, s, k:
            _swap(s.db, _above(self.net, k, 1), right.db(self, s, k))})

    # --- unknown: no class of bug
    yield Fault("offset", "unknown", "A constant is added to the weight gradient.", ANY,
        {"dW": lambda self, s, k: right.dW(self, s, k) + 0.01})
    # The question's own backward pass: the error has its sign flipped (the update subtracts the
    # gradient of a loss that this increases); error, derivatives and activations are each averaged
    # over the batch before they are multiplied; the cotangent and the derivative are joined by a
    # matrix product where it should be entry by entry (it fits only because the cotangent is a
    # single number); and the cotangent passed down is summed over the units of the layer below,
    # so that all of them receive that same number. The page lost the `else:` between the two lines
    # of dzdw: the input layer uses the mean of x, the others the mean activation below.
    yield Fault("question", "unknown",
        "The question's own backward pass, with all of its mistakes.", SINGLE_OUTPUT,
        {
            "output_cotangent": lambda self, s, k:
                2 * (s.targets - s.A[k]).mean(axis=0, keepdims=True),
            "dZ": lambda self, s, k: s.dA[k] @ _slope(self, s, k).mean(axis=0, keepdims=True),
            "dW": lambda self, s, k: linear_dW(s.A[k - 1].mean(axis=0, keepdims=True), s.dZ[k]),
            "passed_down": lambda self, s, k: linear_dA(s.dZ[k], s.W[k]).sum(axis=1, keepdims=True),
        }, everywhere=True)
    # fmt: on


CATALOGUE: dict[str, Fault] = {fault.name: fault for fault in _rows()}


def parse(text: str) -> tuple[Fault, int | None]:
    """A fault and its layer from NAME or NAME@LAYER.

    >>> fault, layer = parse("sign@2")
    >>> fault.name, layer
    ('sign', 2)
    """
    name, at, number = text.partition("@")
    if name not in CATALOGUE:
        raise ValueError(
            f"fault: expected a name in the catalogue, got {name!r}. "
            f"{suggestion(name, CATALOGUE, 3, 'See `gradcheck faults`.')}"
        )
    if at and not (number.isascii() and number.isdecimal() and int(number) > 0):
        raise ValueError(
            f"fault: expected the number of a layer after @, got {number!r}. "
            f"Write {name}@1, or {name} alone."
        )
    return CATALOGUE[name], int(number) if at else None
