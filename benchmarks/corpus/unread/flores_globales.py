# Clasificador de flores. Red con dos capas ocultas, descenso por gradiente "a mano".
# (apuntes del curso, clase 7)
import numpy as np

rng = np.random.RandomState(2024)

tasa = 0.05
X = rng.randn(7, 3)
etiquetas = np.array([0, 1, 2, 2, 1, 0, 1])
Y = np.zeros((7, 3))
Y[range(7), etiquetas] = 1

W1 = rng.randn(3, 5) * 0.6
b1 = np.zeros((1, 5)) + 0.1
W2 = rng.randn(5, 4) * 0.6
b2 = np.zeros((1, 4)) - 0.1
W3 = rng.randn(4, 3) * 0.6
b3 = np.zeros((1, 3))


def elu(z):
    return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)


def elu_prima(z):
    return np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)))


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def hacia_adelante():
    global Z1, A1, Z2, A2, P
    Z1 = X @ W1 + b1
    A1 = elu(Z1)
    Z2 = A1 @ W2 + b2
    A2 = elu(Z2)
    P = softmax(A2 @ W3 + b3)
    return P


def costo():
    return -np.sum(Y * np.log(hacia_adelante())) / len(X)


def paso():
    global W1, b1, W2, b2, W3, b3
    hacia_adelante()
    # capa de salida
    dZ3 = (P - Y) / len(X)
    dW3 = A2.T @ dZ3
    db3 = dZ3.sum(axis=0, keepdims=True)
    # segunda capa oculta (primero el error, despues se actualiza la capa de arriba)
    dZ2 = dZ3 @ W3.T * elu_prima(Z2)
    W3 -= tasa * dW3
    b3 -= tasa * db3
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(axis=0, keepdims=True)
    # primera capa oculta
    dZ1 = dZ2 @ W2.T * elu_prima(Z1)
    W2 -= tasa * dW2
    b2 -= tasa * db2
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0, keepdims=True)
    W1 -= tasa * dW1
    b1 -= tasa * db1


# ---- problem
def problem():
    return dict(names=["W1", "b1", "W2", "b2", "W3", "b3"], loss=costo, step=paso, lr=tasa)


FAULTS = """
activation-derivative-at-wrong-value | dZ2 = dZ3 @ W3.T * elu_prima(Z2) | dZ2 = dZ3 @ W3.T * elu_prima(A2)
wrong-operand | dZ1 = dZ2 @ W2.T * elu_prima(Z1) | dZ1 = dZ2 @ W2.T * elu_prima(X @ W1)
bias-reduction | db2 = dZ2.sum(axis=0, keepdims=True) | db2 = dZ2.mean(axis=0, keepdims=True)
wrong-activation-derivative | return np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))) | return np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)) - 1)
sign | W2 -= tasa * dW2 | W2 += tasa * dW2
updated-weights-used | dZ1 = dZ2 @ W2.T * elu_prima(Z1);;W2 -= tasa * dW2 | W2 -= tasa * dW2;;dZ1 = dZ2 @ W2.T * elu_prima(Z1)
updated-weights-used | dZ2 = dZ3 @ W3.T * elu_prima(Z2);;W3 -= tasa * dW3 | W3 -= tasa * dW3;;dZ2 = dZ3 @ W3.T * elu_prima(Z2)
"""
