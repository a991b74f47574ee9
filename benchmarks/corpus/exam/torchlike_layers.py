import numpy as np


class Layer:
    params = ()

    def forward(self, x, train=True):
        raise NotImplementedError

    def backward(self, grad):
        raise NotImplementedError


class Linear(Layer):
    params = ("weight", "bias")

    def __init__(self, n_in, n_out, rng):
        self.weight = rng.normal(scale=1 / np.sqrt(n_in), size=(n_in, n_out))
        self.bias = rng.normal(scale=0.1, size=(1, n_out))

    def forward(self, x, train=True):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, grad):
        self.grad_weight = self.x.T @ grad
        self.grad_bias = grad.sum(axis=0, keepdims=True)
        return grad @ self.weight.T


class BatchNorm(Layer):
    params = ("gamma", "beta")

    def __init__(self, n, rng, eps=1e-5):
        self.gamma = 1 + 0.2 * rng.normal(size=n)
        self.beta = 0.2 * rng.normal(size=n)
        self.eps = eps

    def forward(self, x, train=True):
        mu = x.mean(axis=0)
        var = x.var(axis=0)
        self.inv_std = 1 / np.sqrt(var + self.eps)
        self.x_hat = (x - mu) * self.inv_std
        return self.gamma * self.x_hat + self.beta

    def backward(self, grad):
        n = len(grad)
        self.grad_gamma = np.sum(grad * self.x_hat, axis=0)
        self.grad_beta = np.sum(grad, axis=0)
        dx_hat = grad * self.gamma
        mean_term = dx_hat.sum(axis=0)
        var_term = self.x_hat * np.sum(dx_hat * self.x_hat, axis=0)
        return self.inv_std / n * (n * dx_hat - mean_term - var_term)


class ELU(Layer):
    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def forward(self, x, train=True):
        self.x = x
        self.out = np.where(x > 0, x, self.alpha * (np.exp(x) - 1))
        return self.out

    def backward(self, grad):
        return grad * np.where(self.x > 0, 1.0, self.out + self.alpha)


class Dropout(Layer):
    def __init__(self, mask, keep):
        self.mask, self.keep = mask, keep

    def forward(self, x, train=True):
        return x * self.mask / self.keep

    def backward(self, grad):
        return grad * self.mask / self.keep


class CrossEntropy:
    def __call__(self, scores, labels):
        shifted = scores - scores.max(axis=1, keepdims=True)
        self.probs = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        self.labels = labels
        return -np.log(self.probs[np.arange(len(labels)), labels]).mean()

    def gradient(self):
        g = self.probs.copy()
        g[np.arange(len(self.labels)), self.labels] -= 1
        return g / len(self.labels)


class Sequential:
    def __init__(self, layers, criterion):
        self.layers = layers
        self.criterion = criterion

    def loss(self, x, labels):
        for layer in self.layers:
            x = layer.forward(x)
        return self.criterion(x, labels)

    def backward(self):
        grad = self.criterion.gradient()
        for layer in self.layers[::-1]:
            grad = layer.backward(grad)

    def named(self, prefix=""):
        found = {}
        for i, layer in enumerate(self.layers):
            for name in layer.params:
                found[f"{i}.{name}"] = getattr(layer, prefix + name)
        return found


# ---- problem
def problem():
    rng = np.random.default_rng(11)
    mask = np.array([[1, 1, 0, 1], [1, 0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]])
    net = Sequential(
        [
            Linear(3, 4, rng),
            BatchNorm(4, rng),
            ELU(0.7),
            Dropout(mask, 0.75),
            Linear(4, 3, rng),
        ],
        CrossEntropy(),
    )
    # a bias in front of batch norm has no gradient: it is left alone
    net.layers[0].params = ("weight",)
    x, labels = rng.normal(size=(5, 3)), np.array([0, 2, 1, 1, 0])

    def grads():
        net.loss(x, labels)
        net.backward()
        return net.named("grad_")

    return dict(loss=lambda: net.loss(x, labels), params=net.named(), grads=grads)


FAULTS = """
normalisation | return self.inv_std / n * (n * dx_hat - mean_term - var_term) | return self.inv_std * dx_hat
normalisation | return self.inv_std / n * (n * dx_hat - mean_term - var_term) | return self.inv_std / n * (n * dx_hat - mean_term)
normalisation | dx_hat = grad * self.gamma | dx_hat = grad
wrong-operand | self.grad_gamma = np.sum(grad * self.x_hat, axis=0) | self.grad_gamma = np.sum(grad * self.gamma, axis=0)
wrong-activation-derivative | return grad * np.where(self.x > 0, 1.0, self.out + self.alpha) | return grad * np.where(self.x > 0, 1.0, self.out)
wrong-activation-derivative | return grad * np.where(self.x > 0, 1.0, self.out + self.alpha) | return grad * np.where(self.x > 0, 1.0, self.alpha)
dropout-mask | return grad * self.mask / self.keep | return grad
scale | return grad * self.mask / self.keep | return grad * self.mask
bias-reduction | self.grad_bias = grad.sum(axis=0, keepdims=True) | self.grad_bias = grad.mean(axis=0, keepdims=True)
loss-gradient | g[np.arange(len(self.labels)), self.labels] -= 1 |
scale | return g / len(self.labels) | return g / g.size
bias-reduction | self.grad_beta = np.sum(grad, axis=0) | self.grad_beta = np.mean(grad, axis=0)
"""
