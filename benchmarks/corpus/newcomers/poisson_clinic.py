# Visits per week ~ Poisson(exp(eta)), eta by a small net. R user's first Python.
import numpy as np

set_seed = np.random.default_rng
rnd = set_seed(1837)

n, p, q = 12, 3, 4
X = rnd.normal(size=(n, p))
exposure = rnd.uniform(0.5, 2, n)
visits = rnd.poisson(2.0, n).astype(float)

beta = dict(G=rnd.normal(size=(p, q)), g0=rnd.normal(size=q) * 0.2,
            a=rnd.normal(size=q) * 0.5, a0=np.array([0.2]), lin=rnd.normal(size=p) * 0.3)
ridge = 0.05


def linpred():
    Z = X @ beta["G"] + beta["g0"]
    S = np.log1p(np.exp(Z))
    eta = S @ beta["a"] + X @ beta["lin"] + beta["a0"][0] + np.log(exposure)
    return Z, S, eta


def neg_loglik():
    _, _, eta = linpred()
    fit = np.sum(np.exp(eta) - visits * eta)
    return fit / n + ridge * (np.sum(beta["a"] ** 2) + np.sum(beta["lin"] ** 2))


def score():
    Z, S, eta = linpred()
    r = (np.exp(eta) - visits) / n
    out = {}
    out["a0"] = np.array([np.sum(r)])
    out["lin"] = X.T @ r + 2 * ridge * beta["lin"]
    out["a"] = S.T @ r + 2 * ridge * beta["a"]
    dS = np.outer(r, beta["a"])
    dZ = dS / (1 + np.exp(-Z))
    out["g0"] = np.sum(dZ, axis=0)
    out["G"] = X.T @ dZ
    return out


# ---- problem
def problem():
    return dict(loss=neg_loglik, params=beta, grads=score)


FAULTS = """
loss-gradient | r = (np.exp(eta) - visits) / n | r = (eta - visits) / n
scale | r = (np.exp(eta) - visits) / n | r = np.exp(eta) - visits
wrong-activation-derivative | dZ = dS / (1 + np.exp(-Z)) | dZ = dS / (1 + np.exp(Z))
activation-derivative-at-wrong-value | dZ = dS / (1 + np.exp(-Z)) | dZ = dS / (1 + np.exp(-S))
regulariser | out["lin"] = X.T @ r + 2 * ridge * beta["lin"] | out["lin"] = X.T @ r
regulariser | out["a"] = S.T @ r + 2 * ridge * beta["a"] | out["a"] = S.T @ r + 2 * ridge * np.sign(beta["a"])
wrong-operand | out["a"] = S.T @ r + | out["a"] = Z.T @ r +
early-reduction | out["G"] = X.T @ dZ | out["G"] = np.outer(X.mean(axis=0), out["g0"])
"""
