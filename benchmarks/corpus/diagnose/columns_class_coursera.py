import numpy as np


class Net:
    def __init__(self):
        r = np.random.RandomState(1)
        self.W1 = r.randn(5, 3)
        self.b1 = r.randn(5, 1)
        self.W2 = r.randn(3, 5)
        self.b2 = r.randn(3, 1)
        self.W3 = r.randn(1, 3)
        self.b3 = r.randn(1, 1)


sig = lambda z: 1 / (1 + np.exp(-z))
net = Net()
r = np.random.RandomState(2)
X = r.randn(3, 9)
Y = (r.rand(1, 9) > 0.5).astype(float)


def fwd(n):
    Z1 = n.W1 @ X + n.b1
    A1 = np.maximum(Z1, 0)
    Z2 = n.W2 @ A1 + n.b2
    A2 = np.tanh(Z2)
    Z3 = n.W3 @ A2 + n.b3
    A3 = sig(Z3)
    return Z1, A1, Z2, A2, Z3, A3


def loss():
    A3 = fwd(net)[-1]
    m = X.shape[1]
    return float(-(Y * np.log(A3) + (1 - Y) * np.log(1 - A3)).sum() / m)


def grads():
    Z1, A1, Z2, A2, Z3, A3 = fwd(net)
    m = X.shape[1]
    dZ3 = A3 - Y
    dW3 = 1 / m * dZ3 @ A2.T
    db3 = 1 / m * dZ3.sum(axis=1, keepdims=True)
    dA2 = net.W3.T @ dZ3
    dZ2 = dA2 * (1 - A2**2)
    dW2 = 1 / m * dZ2 @ A1.T
    db2 = 1 / m * dZ2.sum(axis=1, keepdims=True)
    dA1 = net.W2.T @ dZ2
    dZ1 = dA1 * (Z1 > 0)
    dW1 = 1 / m * dZ1 @ X.T
    db1 = 1 / m * dZ1.sum(axis=1, keepdims=True)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "W3": dW3, "b3": db3}


# ---- problem
def problem():
    return dict(loss=loss, params=net, grads=grads)


FAULTS = """
scale | dW2 = 1 / m * dZ2 @ A1.T | dW2 = 2 * 1 / m * dZ2 @ A1.T
scale | db1 = 1 / m * dZ1.sum(axis=1, keepdims=True) | db1 = 4 / m * dZ1.sum(axis=1, keepdims=True)
wrong-activation-derivative | dZ2 = dA2 * (1 - A2**2) | dZ2 = dA2 * (1 - A2)
activation-derivative-at-wrong-value | dZ2 = dA2 * (1 - A2**2) | dZ2 = dA2 * (1 - np.tanh(A2) ** 2)
raw-error-propagated | dA1 = net.W2.T @ dZ2 | dA1 = net.W2.T @ dA2
sign | dZ3 = A3 - Y | dZ3 = Y - A3
loss-gradient | dZ3 = A3 - Y | dZ3 = (A3 - Y) * A3 * (1 - A3)
scale | dW3 = 1 / m * dZ3 @ A2.T | dW3 = dZ3 @ A2.T
bias-reduction | db2 = 1 / m * dZ2.sum(axis=1, keepdims=True) | db2 = 1 / m * dZ2.sum() * np.ones((3, 1))
wrong-operand | dW2 = 1 / m * dZ2 @ A1.T | dW2 = 1 / m * dZ2 @ Z1.T
"""
