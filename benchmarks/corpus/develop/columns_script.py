import numpy as np

rs = np.random.RandomState(5)
X = rs.randn(3, 6)
Y = (rs.rand(1, 6) > 0.5) * 1.0
m = X.shape[1]
W1, b1 = rs.randn(4, 3), rs.randn(4, 1)
W2, b2 = rs.randn(3, 4), rs.randn(3, 1)
W3, b3 = rs.randn(1, 3), rs.randn(1, 1)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def elu(z):
    return np.where(z > 0, z, np.exp(z) - 1)


def forward():
    global Z1, A1, Z2, A2, Z3, A3
    Z1 = W1.dot(X) + b1
    A1 = np.tanh(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = elu(Z2)
    Z3 = W3.dot(A2) + b3
    A3 = sigmoid(Z3)
    return A3


def cost():
    A = forward()
    return float(-np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m)


def backprop():
    forward()
    dZ3 = A3 - Y
    dW3 = 1.0 / m * dZ3.dot(A2.T)
    db3 = 1.0 / m * np.sum(dZ3, axis=1, keepdims=True)
    dA2 = W3.T.dot(dZ3)
    dZ2 = dA2 * np.where(Z2 > 0, 1.0, np.exp(Z2))
    dW2 = 1.0 / m * dZ2.dot(A1.T)
    db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = W2.T.dot(dZ2)
    dZ1 = dA1 * (1 - np.power(A1, 2))
    dW1 = 1.0 / m * dZ1.dot(X.T)
    db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True)
    return dW1, db1, dW2, db2, dW3, db3


# ---- problem
def problem():
    params = [W1, b1, W2, b2, W3, b3]
    return dict(loss=cost, params=params, grads=backprop)


FAULTS = """
scale | dW2 = 1.0 / m * dZ2.dot(A1.T) | dW2 = 2.0 / m * dZ2.dot(A1.T)
scale | db1 = 1.0 / m * np.sum(dZ1, axis=1, keepdims=True) | db1 = 4.0 / m * np.sum(dZ1, axis=1, keepdims=True)
loss-gradient | dZ3 = A3 - Y | dZ3 = (A3 - Y) * A3 * (1 - A3)
loss-gradient | dZ3 = A3 - Y | dZ3 = 2 * (A3 - Y) * sigmoid(A3)
sign | dZ3 = A3 - Y | dZ3 = Y - A3
wrong-operand | dA2 = W3.T.dot(dZ3) | dA2 = W3.T.dot(A3)
wrong-operand | dA1 = W2.T.dot(dZ2) | dA1 = W2.T.dot(dA2)
wrong-operand | dW1 = 1.0 / m * dZ1.dot(X.T) | dW1 = 1.0 / m * dA1.dot(X.T)
wrong-activation-derivative | dZ1 = dA1 * (1 - np.power(A1, 2)) | dZ1 = dA1 * A1 * (1 - A1)
wrong-activation-derivative | dZ1 = dA1 * (1 - np.power(A1, 2)) | dZ1 = dA1 * (1 - A1)
activation-derivative-at-wrong-value | dZ1 = dA1 * (1 - np.power(A1, 2)) | dZ1 = dA1 * (1 - np.power(Z1, 2))
wrong-activation-derivative | dZ1 = dA1 * (1 - np.power(A1, 2)) | dZ1 = dA1 * (1 + np.power(A1, 2))
activation-derivative-at-wrong-value | np.where(Z2 > 0, 1.0, np.exp(Z2)) | np.where(Z2 > 0, 1.0, np.exp(A2))
wrong-activation-derivative | np.where(Z2 > 0, 1.0, np.exp(Z2)) | np.where(Z2 > 0, 1.0, 0.0)
wrong-activation-derivative | np.where(Z2 > 0, 1.0, np.exp(Z2)) | np.where(Z2 > 0, np.exp(Z2), 1.0)
missing-activation-derivative | dZ2 = dA2 * np.where(Z2 > 0, 1.0, np.exp(Z2)) | dZ2 = dA2
bias-reduction | db2 = 1.0 / m * np.sum(dZ2, axis=1, keepdims=True) | db2 = 1.0 / m * np.sum(dZ2) * np.ones((3, 1))
early-reduction | dW1 = 1.0 / m * dZ1.dot(X.T) | dW1 = dZ1.mean(axis=1, keepdims=True).dot(X.mean(axis=1, keepdims=True).T)
wrong-operand | dW3 = 1.0 / m * dZ3.dot(A2.T) | dW3 = 1.0 / m * dZ3.dot(Z2.T)
"""
