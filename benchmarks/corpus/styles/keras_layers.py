import numpy as np


class Layer:
    def __init__(self):
        self.trainable_weights, self.gradients = [], []

    def __call__(self, inputs):
        self.inputs = inputs
        self.outputs = self.call(inputs)
        return self.outputs


class Dense(Layer):
    def __init__(self, input_dim, units, rng):
        super().__init__()
        self.kernel = rng.normal(0, 0.7, (input_dim, units))
        self.bias = rng.normal(0, 0.3, (units,))
        self.trainable_weights = [self.kernel, self.bias]

    def call(self, inputs):
        return np.tensordot(inputs, self.kernel, axes=1) + self.bias

    def backprop(self, upstream):
        d_kernel = np.tensordot(self.inputs, upstream, axes=(0, 0))
        d_bias = np.add.reduce(upstream, axis=0)
        self.gradients = [d_kernel, d_bias]
        return np.tensordot(upstream, self.kernel, axes=(1, 1))


class Softplus(Layer):
    def call(self, inputs):
        return np.logaddexp(0, inputs)

    def backprop(self, upstream):
        return upstream * (1 - np.exp(-self.outputs))


class Swish(Layer):
    def call(self, inputs):
        self.gate = 1 / (1 + np.exp(-inputs))
        return inputs * self.gate

    def backprop(self, upstream):
        local = self.gate + self.outputs * (1 - self.gate)
        return upstream * local


class ActivityScale(Layer):
    def __init__(self, units, rng):
        super().__init__()
        self.scale = rng.uniform(0.5, 1.5, units)
        self.trainable_weights = [self.scale]

    def call(self, inputs):
        return inputs * self.scale

    def backprop(self, upstream):
        self.gradients = [(upstream * self.inputs).sum(0)]
        return upstream * self.scale


class Huber:
    def __init__(self, delta):
        self.delta = delta

    def __call__(self, y_true, y_pred):
        error = y_pred - y_true
        small = np.abs(error) <= self.delta
        each = np.where(
            small, 0.5 * error**2, self.delta * (np.abs(error) - 0.5 * self.delta)
        )
        return each.mean()

    def gradient(self, y_true, y_pred):
        error = y_pred - y_true
        return np.clip(error, -self.delta, self.delta) / error.size


class Sequential:
    def __init__(self, layers):
        self.layers = layers

    def predict(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def compile(self, loss):
        self.loss = loss
        return self

    def evaluate(self, x, y):
        return self.loss(y, self.predict(x))

    def compute_gradients(self, x, y):
        upstream = self.loss.gradient(y, self.predict(x))
        for layer in reversed(self.layers):
            upstream = layer.backprop(upstream)
        return [g for layer in self.layers for g in layer.gradients]


# ---- problem
def problem():
    rng = np.random.default_rng(41)
    model = Sequential(
        [Dense(3, 5, rng), Swish(), ActivityScale(5, rng), Dense(5, 4, rng), Softplus(), Dense(4, 2, rng)]
    ).compile(Huber(0.8))
    x, y = rng.normal(size=(7, 3)), rng.normal(0, 2, (7, 2))
    return dict(
        loss=lambda: model.evaluate(x, y),
        params=[w for layer in model.layers for w in layer.trainable_weights],
        grads=lambda: model.compute_gradients(x, y),
    )


FAULTS = """
loss-gradient | return np.clip(error, -self.delta, self.delta) / error.size | return error / error.size
scale | return np.clip(error, -self.delta, self.delta) / error.size | return np.clip(error, -self.delta, self.delta) / len(error)
wrong-activation-derivative | local = self.gate + self.outputs * (1 - self.gate) | local = self.gate * (1 - self.gate)
wrong-activation-derivative | local = self.gate + self.outputs * (1 - self.gate) | local = self.gate + self.gate * (1 - self.gate)
activation-derivative-at-wrong-value | return upstream * (1 - np.exp(-self.outputs)) | return upstream * (1 - np.exp(-self.inputs))
transpose | return np.tensordot(upstream, self.kernel, axes=(1, 1)) | return np.tensordot(upstream, self.kernel.T.reshape(self.kernel.shape), axes=(1, 1))
bias-reduction | d_bias = np.add.reduce(upstream, axis=0) | d_bias = upstream.mean(axis=0)
wrong-operand | self.gradients = [(upstream * self.inputs).sum(0)] | self.gradients = [(upstream * self.outputs).sum(0)]
missing-term | return upstream * self.scale | return upstream
swapped-gradients | self.gradients = [d_kernel, d_bias] | self.gradients = [d_bias, d_kernel]
"""
