import numpy as np


def make_network(n_in, n_hidden, n_out, rate):
    rs = np.random.RandomState(11)
    w1, w2 = rs.randn(n_in + 1, n_hidden) * 0.5, rs.randn(n_hidden + 1, n_out) * 0.5

    def with_bias(a):
        return np.hstack([a, np.ones((a.shape[0], 1))])

    def run(x):
        h = np.tanh(with_bias(x) @ w1)
        return h, with_bias(h) @ w2

    def learn(x, t):
        nonlocal w1, w2
        h, o = run(x)
        e = o - t
        g2 = with_bias(h).T @ e / len(x)
        g1 = with_bias(x).T @ ((e @ w2[:-1].T) * (1 - h * h)) / len(x)
        w1 = w1 - rate * g1
        w2 = w2 - rate * g2
        return np.sum(e * e) / (2 * len(x))

    return learn, run


xs = np.linspace(0, 1, 25)[:, None]
ts = np.hstack([np.sin(2 * np.pi * xs), xs ** 2])
learn, run = make_network(1, 6, 2, rate=0.3)
errors = []
for k in range(250):
    errors.append(learn(xs, ts))
print("first error %.4f, last error %.4f" % (errors[0], errors[-1]))


FAULTS = """
indexing | g1 = with_bias(x).T @ ((e @ w2[:-1].T) * (1 - h * h)) / len(x) | g1 = with_bias(x).T @ ((e @ w2[1:].T) * (1 - h * h)) / len(x)
wrong-activation-derivative | g1 = with_bias(x).T @ ((e @ w2[:-1].T) * (1 - h * h)) / len(x) | g1 = with_bias(x).T @ ((e @ w2[:-1].T) * (1 - h)) / len(x)
scale | g1 = with_bias(x).T @ ((e @ w2[:-1].T) * (1 - h * h)) / len(x) | g1 = with_bias(x).T @ ((e @ w2[:-1].T) * (1 - h * h))
"""
