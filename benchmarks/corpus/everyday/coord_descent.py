"""Coordinate-wise gradient descent for a robust (pseudo-Huber) ridge regression, pure Python + a bit of NumPy."""
import numpy as np

rng = np.random.default_rng(50)
n, d = 60, 5
A = rng.normal(size=(n, d))
coef_true = np.array([2.0, -1.0, 0.0, 0.5, 3.0])
target = A @ coef_true + rng.standard_cauchy(n) * 0.2

DELTA, RIDGE = 1.0, 0.1


def objective(w):
    r = A @ w - target
    return np.sum(DELTA ** 2 * (np.sqrt(1 + (r / DELTA) ** 2) - 1)) + 0.5 * RIDGE * np.dot(w, w)


def partial_derivative(w, j):
    r = A @ w - target
    psi = r / np.sqrt(1 + (r / DELTA) ** 2)
    return psi @ A[:, j] + RIDGE * w[j]


lipschitz = (A ** 2).sum(axis=0) + RIDGE
w = np.zeros(d)
history = [objective(w)]
for sweep in range(50):
    for j in range(d):
        w[j] -= partial_derivative(w, j) / lipschitz[j]
    history.append(objective(w))
    if sweep % 10 == 0:
        print(f"sweep {sweep:2d}  objective {history[-1]:.6f}")
    if history[-2] - history[-1] < 1e-9:
        break
print("w =", w.round(3))

FAULTS = """
wrong-sign | return psi @ A[:, j] + RIDGE * w[j] | return psi @ A[:, j] - RIDGE * w[j]
missing-term | psi = r / np.sqrt(1 + (r / DELTA) ** 2) | psi = r
wrong-factor | return psi @ A[:, j] + RIDGE * w[j] | return psi @ A[:, j] + 2 * RIDGE * w[j]
wrong-index | return psi @ A[:, j] + RIDGE * w[j] | return psi @ A[:, j - 1] + RIDGE * w[j]
"""
