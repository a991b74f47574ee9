"""LSTM for a sequence regression (energy demand), caches in parallel lists."""
import numpy as np


def sigma(a):
    return 1 / (1 + np.exp(-a))


def lstm_forward(w, series):
    B = series.shape[1]
    n = w["bf"].size
    H, C, gates, joined = [np.zeros((B, n))], [np.zeros((B, n))], [], []
    for x_t in series:
        v = np.concatenate([H[-1], x_t], axis=1)
        f = sigma(v @ w["Wf"] + w["bf"])
        i = sigma(v @ w["Wi"] + w["bi"])
        o = sigma(v @ w["Wo"] + w["bo"])
        a = np.tanh(v @ w["Wa"] + w["ba"])
        C.append(f * C[-1] + i * a)
        H.append(o * np.tanh(C[-1]))
        gates.append((f, i, o, a))
        joined.append(v)
    return H, C, gates, joined


def demand_loss(w, series, demand):
    H = lstm_forward(w, series)[0]
    guess = H[-1] @ w["v"]
    return ((guess - demand) ** 2).mean()


def lstm_backward(w, series, demand):
    H, C, gates, joined = lstm_forward(w, series)
    g = {k: np.zeros_like(p) for k, p in w.items()}
    n = w["bf"].size
    err = 2 * (H[-1] @ w["v"] - demand) / len(demand)
    g["v"] = H[-1].T @ err
    dH = np.outer(err, w["v"])
    dC = np.zeros_like(dH)
    for t in range(len(series) - 1, -1, -1):
        f, i, o, a = gates[t]
        v = joined[t]
        tc = np.tanh(C[t + 1])
        do = dH * tc * o * (1 - o)
        dC = dC + dH * o * (1 - tc ** 2)
        df = dC * C[t] * f * (1 - f)
        di = dC * a * i * (1 - i)
        da = dC * i * (1 - a ** 2)
        dv = 0
        for name, d in (("f", df), ("i", di), ("o", do), ("a", da)):
            g["W" + name] += v.T @ d
            g["b" + name] += d.sum(axis=0)
            dv = dv + d @ w["W" + name].T
        dH = dv[:, :n]
        dC = dC * f
    return g


# ---- problem
def problem():
    r = np.random.default_rng(365)
    n, m = 3, 2
    w = {"W" + k: r.normal(size=(n + m, n)) * 0.7 for k in "fioa"}
    w.update({"b" + k: r.normal(size=n) * 0.3 for k in "fioa"}, v=r.normal(size=n))
    series, demand = r.normal(size=(5, 4, m)), r.normal(size=4)
    return dict(loss=lambda: demand_loss(w, series, demand), params=w,
                grads=lambda: lstm_backward(w, series, demand))


FAULTS = """
recurrence | dC = dC + dH * o * (1 - tc ** 2) | dC = dH * o * (1 - tc ** 2)
missing-activation-derivative | dC = dC + dH * o * (1 - tc ** 2) | dC = dC + dH * o
wrong-operand | df = dC * C[t] * f * (1 - f) | df = dC * C[t + 1] * f * (1 - f)
recurrence | dC = dC * f |
wrong-operand | dC = dC * f | dC = dC * i
accumulation | dv = dv + d @ w["W" + name].T | dv = d @ w["W" + name].T
wrong-activation-derivative | da = dC * i * (1 - a ** 2) | da = dC * i * a * (1 - a)
missing-activation-derivative | do = dH * tc * o * (1 - o) | do = dH * tc
bias-reduction | g["b" + name] += d.sum(axis=0) | g["b" + name] += d.mean(axis=0)
"""
