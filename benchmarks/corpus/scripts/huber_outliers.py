# robust regression: the same net with huber loss, all state in module globals
import numpy as np

np.random.seed(64)
DELTA = 0.5
LR = 0.1
N = 40
X = np.random.uniform(-1, 1, size=(N, 3))
Y = X[:, 0] - 2 * X[:, 1] * X[:, 2]
Y[::9] += 4  # outliers

U = np.random.randn(3, 5) * 0.5
p = np.random.randn(5) * 0.1
q = np.random.randn(5) * 0.5
r = 0


def forward():
    global A, PRED, DIFF
    A = np.tanh(X @ U + p)
    PRED = A @ q + r
    DIFF = PRED - Y


def huber():
    big = np.abs(DIFF) > DELTA
    return np.where(big, DELTA * (np.abs(DIFF) - DELTA / 2), DIFF ** 2 / 2).sum() / N


def backward():
    global dU, dp, dq, dr
    dpred = np.clip(DIFF, -DELTA, DELTA) / N
    dq = A.T @ dpred
    dr = dpred.sum()
    da = dpred[:, None] * q[None, :]
    dz = da * (1 - A ** 2)
    dU = X.T @ dz
    dp = dz.sum(0)


def update():
    global U, p, q, r
    U = U - LR * dU
    p = p - LR * dp
    q = q - LR * dq
    r = r - LR * dr


for step in range(200):
    forward()
    L = huber()
    backward()
    update()
    if step % 40 == 0:
        print("step", step, "huber", L)


FAULTS = """
loss-gradient | dpred = np.clip(DIFF, -DELTA, DELTA) / N | dpred = DIFF / N
loss-gradient | dpred = np.clip(DIFF, -DELTA, DELTA) / N | dpred = np.clip(DIFF, -1, 1) / N
missing-gradient | p = p - LR * dp |
wrong-operand | dU = X.T @ dz | dU = X.T @ da
"""
