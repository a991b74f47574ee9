# translated from my R script (nnet.R): t(X) everywhere, columns are observations, weights in a named list,
# intercept as a row of ones added by rbind
import numpy as np


def rbind1(M):
    return np.vstack([np.ones((1, M.shape[1])), M])


def plogis(M):
    return 1 / (1 + np.exp(-M))


def fit_forward(model, tX):
    A0 = rbind1(tX)
    Z1 = model["alpha"].T @ A0
    A1 = rbind1(plogis(Z1))
    Z2 = model["beta"].T @ A1
    A2 = rbind1(np.tanh(Z2))
    Tk = model["gamma"].T @ A2
    ex = np.exp(Tk - Tk.max(axis=0))
    return A0, A1, A2, ex / ex.sum(axis=0)


def deviance(model, tX, tY, wts, decay):
    G = fit_forward(model, tX)[-1]
    dev = -2 * np.sum(wts * np.sum(tY * np.log(G), axis=0))
    for w in model.values():
        dev += decay * np.sum(w[1:, :] ** 2)
    return dev


def d_deviance(model, tX, tY, wts, decay):
    A0, A1, A2, G = fit_forward(model, tX)
    delta3 = 2 * wts * (G - tY)
    grad_gamma = A2 @ delta3.T
    s2 = model["gamma"][1:, :] @ delta3
    delta2 = s2 * (1 - A2[1:, :] ** 2)
    grad_beta = A1 @ delta2.T
    s1 = model["beta"][1:, :] @ delta2
    delta1 = s1 * A1[1:, :] * (1 - A1[1:, :])
    grad_alpha = A0 @ delta1.T
    grads = dict(alpha=grad_alpha, beta=grad_beta, gamma=grad_gamma)
    for name in grads:
        grads[name][1:, :] += 2 * decay * model[name][1:, :]
    return grads


# ---- problem
def problem():
    rng = np.random.default_rng(36)
    model = dict(alpha=rng.normal(size=(4, 3)), beta=rng.normal(size=(4, 3)), gamma=rng.normal(size=(4, 3)))
    tX = rng.normal(size=(3, 8))
    tY = np.eye(3)[:, rng.integers(0, 3, 8)]
    wts = rng.uniform(0.5, 2, 8)
    return dict(params=model, loss=lambda: deviance(model, tX, tY, wts, 0.1),
                grads=lambda: d_deviance(model, tX, tY, wts, 0.1))


FAULTS = """
indexing | s1 = model["beta"][1:, :] @ delta2 | s1 = model["beta"][:-1, :] @ delta2
transpose | s2 = model["gamma"][1:, :] @ delta3 | s2 = model["gamma"][1:, :].T @ delta3
scale | delta3 = 2 * wts * (G - tY) | delta3 = wts * (G - tY)
missing-term | delta3 = 2 * wts * (G - tY) | delta3 = 2 * (G - tY)
wrong-activation-derivative | delta2 = s2 * (1 - A2[1:, :] ** 2) | delta2 = s2 * A2[1:, :] * (1 - A2[1:, :])
regulariser | grads[name][1:, :] += 2 * decay * model[name][1:, :] | grads[name] += 2 * decay * model[name]
"""
