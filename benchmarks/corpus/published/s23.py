# Factorization machine (Rendle 2010) for click prediction, labels in {-1, +1}, per-sample SGD
import numpy as np

def generate(n, n_user, n_item, n_ctx, rng):
    X = np.zeros((n, n_user + n_item + n_ctx))
    u, i, c = rng.integers(0, n_user, n), rng.integers(0, n_item, n), rng.integers(0, n_ctx, n)
    X[np.arange(n), u] = 1
    X[np.arange(n), n_user + i] = 1
    X[np.arange(n), n_user + n_item + c] = 1
    y = np.where(((u + i) % 2 == 0) ^ (c == 0), 1, -1)
    return X, y

def fm_predict(x, w0, w, V):
    linear = w0[0] + x @ w
    xv = x @ V
    inter = 0.5 * np.sum(xv ** 2 - (x ** 2) @ (V ** 2))
    return linear + inter

def fm_sgd(X, y, k=4, eta=0.08, lam=0.002, epochs=8, seed=0):
    rng = np.random.default_rng(seed)
    n, p = X.shape
    w0 = np.zeros(1)
    w = np.zeros(p)
    V = rng.normal(scale=0.1, size=(p, k))
    for ep in range(epochs):
        tot = 0.0
        for r in rng.permutation(n):
            x = X[r]
            yhat = fm_predict(x, w0, w, V)
            loss = np.log1p(np.exp(-y[r] * yhat)) + 0.5 * lam * (np.sum(w ** 2) + np.sum(V ** 2))
            tot += loss
            g = -y[r] / (1.0 + np.exp(y[r] * yhat))
            gw = g * x + lam * w
            gV = g * (np.outer(x, x @ V) - (x ** 2)[:, None] * V) + lam * V
            w0 -= eta * g
            w -= eta * gw
            V -= eta * gV
        print("epoch %d  mean loss %.4f" % (ep, tot / n))
    return w0, w, V

if __name__ == '__main__':
    X, y = generate(150, 6, 8, 3, np.random.default_rng(5))
    w0, w, V = fm_sgd(X, y)
    pred = np.array([np.sign(fm_predict(x, w0, w, V)) for x in X])
    print('train accuracy', np.mean(pred == y))

FAULTS = """
self-interaction-term-forgotten | gV = g * (np.outer(x, x @ V) - (x ** 2)[:, None] * V) + lam * V | gV = g * np.outer(x, x @ V) + lam * V
logistic-sign-wrong-in-exponent | g = -y[r] / (1.0 + np.exp(y[r] * yhat)) | g = -y[r] / (1.0 + np.exp(-y[r] * yhat))
regulariser-forgotten | gw = g * x + lam * w | gw = g * x - lam * w * 20
regulariser-of-V-forgotten | gV = g * (np.outer(x, x @ V) - (x ** 2)[:, None] * V) + lam * V | gV = g * (np.outer(x, x @ V) - (x ** 2)[:, None] * V)
y-factor-forgotten | g = -y[r] / (1.0 + np.exp(y[r] * yhat)) | g = -1.0 / (1.0 + np.exp(y[r] * yhat))
"""
