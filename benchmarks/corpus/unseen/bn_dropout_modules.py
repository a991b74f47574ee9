import numpy as np


class Module(object):
    """Base class. Subclasses remember in forward what backward needs."""

    def parameters(self):
        return []

    def forward(self, input):
        raise NotImplementedError

    def backward(self, grad_output):
        raise NotImplementedError


class Linear(Module):
    def __init__(self, fan_in, fan_out, rng):
        self.weight = rng.normal(size=(fan_out, fan_in)) / np.sqrt(fan_in)
        self.bias = 0.1 * rng.normal(size=fan_out)

    def parameters(self):
        return [self.weight, self.bias]

    def forward(self, input):
        self.input = input
        return input @ self.weight.T + self.bias

    def backward(self, grad_output):
        self.grads = [grad_output.T @ self.input, grad_output.sum(axis=0)]
        return grad_output @ self.weight


class BatchNorm1d(Module):
    def __init__(self, features, rng, eps=1e-3):
        self.gain = 1 + 0.3 * rng.normal(size=features)
        self.shift = 0.3 * rng.normal(size=features)
        self.eps = eps

    def parameters(self):
        return [self.gain, self.shift]

    def forward(self, input):
        self.centered = input - input.mean(axis=0)
        self.var = (self.centered**2).mean(axis=0)
        self.std = np.sqrt(self.var + self.eps)
        self.normed = self.centered / self.std
        return self.gain * self.normed + self.shift

    def backward(self, grad_output):
        m = len(grad_output)
        self.grads = [(grad_output * self.normed).sum(axis=0), grad_output.sum(axis=0)]
        grad_normed = grad_output * self.gain
        grad_var = (grad_normed * self.centered).sum(axis=0) * -0.5 / self.std**3
        grad_centered = grad_normed / self.std + 2 * self.centered * grad_var / m
        return grad_centered - grad_centered.mean(axis=0)


class ELU(Module):
    def forward(self, input):
        self.input = input
        self.output = np.where(input > 0, input, np.exp(np.minimum(input, 0)) - 1)
        return self.output

    def backward(self, grad_output):
        return grad_output * np.where(self.input > 0, 1, self.output + 1)


class Dropout(Module):
    def __init__(self, p, seed):
        self.p, self.seed = p, seed

    def forward(self, input):
        self.mask = np.random.default_rng(self.seed).random(input.shape) > self.p
        return input * self.mask / (1 - self.p)

    def backward(self, grad_output):
        return grad_output * self.mask / (1 - self.p)


class Sequential(Module):
    def __init__(self, *modules):
        self.modules = modules

    def parameters(self):
        return [m.parameters() for m in self.modules]

    def forward(self, input):
        for m in self.modules:
            input = m.forward(input)
        return input

    def backward(self, grad_output):
        for m in reversed(self.modules):
            grad_output = m.backward(grad_output)
        return grad_output


class MSE(Module):
    def forward(self, input, target):
        self.diff = input - target
        return np.square(self.diff).sum() / len(target)

    def backward(self):
        return 2 * self.diff / len(self.diff)


rng = np.random.default_rng(23)
inputs, targets = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
model = Sequential(
    Linear(3, 6, rng), BatchNorm1d(6, rng), ELU(), Dropout(0.3, 9), Linear(6, 4, rng), ELU(), Linear(4, 2, rng)
)
criterion = MSE()


def run_backward():
    criterion.forward(model.forward(inputs), targets)
    model.backward(criterion.backward())
    return [getattr(m, 'grads', []) for m in model.modules]


# ---- problem
def problem():
    return dict(
        loss=lambda: criterion.forward(model.forward(inputs), targets),
        params=model.parameters(),
        grads=run_backward,
    )


FAULTS = """
normalisation | return grad_centered - grad_centered.mean(axis=0) | return grad_centered
normalisation | grad_centered = grad_normed / self.std + 2 * self.centered * grad_var / m | grad_centered = grad_normed / self.std
normalisation | * -0.5 / self.std**3 | * -0.5 / self.std
dropout-mask | return grad_output * self.mask / (1 - self.p) | return grad_output / (1 - self.p)
dropout-mask | return grad_output * self.mask / (1 - self.p) | return grad_output * self.mask
wrong-activation-derivative | np.where(self.input > 0, 1, self.output + 1) | np.where(self.input > 0, 1, self.output)
wrong-operand | (grad_output * self.normed).sum(axis=0) | (grad_output * self.centered).sum(axis=0)
scale | return 2 * self.diff / len(self.diff) | return 2 * self.diff / self.diff.size
"""
