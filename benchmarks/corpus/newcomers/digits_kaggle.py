# Simple MNIST NN from scratch (numpy, no TF/Keras) - trimmed to 5 "pixels" for a quick test
import numpy as np

np.random.seed(42)
X_train = np.random.rand(5, 12)
Y_train = np.random.randint(0, 3, 12)
m_train = X_train.shape[1]

W1 = np.random.rand(6, 5) - 0.5
b1 = np.random.rand(6, 1) - 0.5
W2 = np.random.rand(3, 6) - 0.5
b2 = np.random.rand(3, 1) - 0.5


def ReLU(Z):
    return np.maximum(Z, 0)


def ReLU_deriv(Z):
    return Z > 0


def softmax(Z):
    e = np.exp(Z - Z.max(axis=0))
    return e / sum(e)


def one_hot(Y):
    one_hot_Y = np.zeros((Y.size, 3))
    one_hot_Y[np.arange(Y.size), Y] = 1
    return one_hot_Y.T


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = ReLU(Z1)
    Z2 = W2.dot(A1) + b2
    A2 = softmax(Z2)
    return Z1, A1, Z2, A2


def backward_prop(Z1, A1, Z2, A2, W2, X, Y):
    dZ2 = A2 - one_hot(Y)
    dW2 = 1 / m_train * dZ2.dot(A1.T)
    db2 = 1 / m_train * np.sum(dZ2, 1)
    dZ1 = W2.T.dot(dZ2) * ReLU_deriv(Z1)
    dW1 = 1 / m_train * dZ1.dot(X.T)
    db1 = 1 / m_train * np.sum(dZ1, 1)
    return dW1, db1.reshape(-1, 1), dW2, db2.reshape(-1, 1)


def get_loss():
    A2 = forward_prop(W1, b1, W2, b2, X_train)[3]
    return -np.mean(np.log(A2[Y_train, np.arange(m_train)]))


def get_gradients():
    Z1, A1, Z2, A2 = forward_prop(W1, b1, W2, b2, X_train)
    return dict(zip(["W1", "b1", "W2", "b2"],
                    backward_prop(Z1, A1, Z2, A2, W2, X_train, Y_train)))


# ---- problem
def problem():
    return dict(loss=get_loss, params=dict(W1=W1, b1=b1, W2=W2, b2=b2), grads=get_gradients)


FAULTS = """
bias-reduction | db2 = 1 / m_train * np.sum(dZ2, 1) | db2 = 1 / m_train * np.repeat(np.sum(dZ2), 3)
bias-reduction | db1 = 1 / m_train * np.sum(dZ1, 1) | db1 = 1 / m_train * np.sum(dZ1) * np.ones(6)
missing-activation-derivative | dZ1 = W2.T.dot(dZ2) * ReLU_deriv(Z1) | dZ1 = W2.T.dot(dZ2)
wrong-activation-derivative | * ReLU_deriv(Z1) | * ReLU(Z1)
softmax-jacobian | dZ2 = A2 - one_hot(Y) | dZ2 = -one_hot(Y) * (1 - A2)
scale | dW2 = 1 / m_train * dZ2.dot(A1.T) | dW2 = 1 / A1.shape[0] * dZ2.dot(A1.T)
wrong-operand | dW2 = 1 / m_train * dZ2.dot(A1.T) | dW2 = 1 / m_train * dZ2.dot(Z1.T)
shape | return dW1, db1.reshape(-1, 1), dW2, db2.reshape(-1, 1) | return dW1, db1, dW2, db2
"""
