"""XOR, the net of the question on it, and plain gradient descent.

The question: a net of 2-2-2-2-1 sigmoid units, mean squared error, weights uniform in
±4 sqrt(6 / (fan_in + fan_out)), zero biases, learning rate 0.2, all four samples in each step.
"""

from collections.abc import Callable, Iterable

import numpy as np

from .layers import Array
from .losses import LOSSES
from .mlp import MLP, Backward, Gradients, Params

X: Array = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
T: Array = np.array([[0.0], [0.0], [1.0], [1.0]])


def question_net(
    hidden: Iterable[int] = (2, 2, 2),
    activation: str = "sigmoid",
    loss: str = "mse",
    l2: float = 0.0,
) -> MLP:
    """The question's net, or a variation; the output is what the loss goes with, or a sigmoid."""
    row = LOSSES.get(loss)  # an unknown one is refused by MLP
    output = row.outputs[0] if row and row.outputs else "sigmoid"
    return MLP((2, *hidden, row.least_outputs if row else 1), activation, output, loss, l2)


def question_params(net: MLP, seed: int = 0) -> Params:
    """The question's initial weights. The factor 4 suits sigmoids (Glorot & Bengio 2010)."""
    return net.init(seed, "glorot", factor=4.0)


def train(
    net: MLP,
    params: Params,
    X: Array,
    T: Array,
    lr: float = 0.2,
    epochs: int = 20_000,
    gradients: Gradients | None = None,
    on_epoch: Callable[[int, Array], object] | None = None,
) -> Array:
    """Plain gradient descent on the whole batch; updates params in place.

    gradients   any callable (params, X, T) -> nest; None is the net's own, right, backward pass
    on_epoch    called as on_epoch(epoch, losses) before each update: the very array that will be
                returned, filled up to `epoch`, so that an interrupted training loses nothing
    Returns     losses, shape (epochs,): losses[i] before update i. A wrong gradient may diverge:
                training stops at the first loss that is not finite, and the rest is nan.
    """
    step = Backward(net) if gradients is None else gradients
    losses = np.full(epochs, np.nan)
    with np.errstate(all="ignore"):  # a diverging net overflows: the losses tell it
        for epoch in range(epochs):
            if isinstance(step, Backward):  # one forward pass serves loss and gradients
                losses[epoch], grads = step.with_loss(params, X, T)
            else:
                losses[epoch], grads = net.loss(params, X, T), step(params, X, T)
            if on_epoch is not None:
                on_epoch(epoch, losses)
            if not np.isfinite(losses[epoch]):
                break
            for layer, block in params.items():
                for name, values in block.items():
                    _descend(f"{layer}.{name}", values, grads[layer][name], lr)
    return losses


def _descend(name: str, values: Array, gradient: Array, lr: float) -> None:
    try:
        values -= lr * gradient
    except ValueError:
        raise ValueError(
            f"{name}: expected a gradient of shape {values.shape}, got {np.shape(gradient)}. "
            "A gradient has the shape of its parameter."
        ) from None
