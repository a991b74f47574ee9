# Cox proportional hazards, Breslow ties, fitted by plain gradient ascent on the partial likelihood
import numpy as np

rng = np.random.default_rng(2024)
n, p = 60, 3
X = rng.normal(size=(n, p))
true_beta = np.array([0.8, -0.5, 0.0])
time = rng.exponential(1 / np.exp(X @ true_beta))
censor = rng.exponential(2.0, size=n)
event = time <= censor
time = np.minimum(time, censor)

order = np.argsort(-time)          # descending, so that risk sets are prefixes
X, time, event = X[order], time[order], event[order]


def partial_loglik(beta):
    eta = X @ beta
    risk = np.cumsum(np.exp(eta))
    return np.sum((eta - np.log(risk))[event])


def score(beta):
    w = np.exp(X @ beta)
    s0 = np.cumsum(w)
    s1 = np.cumsum(w[:, None] * X, axis=0)
    xbar = s1 / s0[:, None]
    return (X - xbar)[event].sum(axis=0)


beta = np.zeros(p)
ll = partial_loglik(beta)
step = 0.02
trace = [ll]
while True:
    beta = beta + step * score(beta)
    new = partial_loglik(beta)
    trace.append(new)
    if abs(new - ll) < 1e-8 or len(trace) > 300:
        break
    ll = new

print("loglik", ll, "after", len(trace), "steps")
print("beta  ", beta.round(3))

FAULTS = """
missing-factor | s1 = np.cumsum(w[:, None] * X, axis=0) | s1 = np.cumsum(X, axis=0)
wrong-sign | return (X - xbar)[event].sum(axis=0) | return (X + xbar)[event].sum(axis=0)
wrong-index | return (X - xbar)[event].sum(axis=0) | return (X - xbar).sum(axis=0)
wrong-index | s0 = np.cumsum(w) | s0 = np.cumsum(w[::-1])[::-1]
normalisation | return (X - xbar)[event].sum(axis=0) | return (X - xbar)[event].mean(axis=0)
"""
