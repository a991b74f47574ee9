"""Mixture of Gaussians by gradient descent instead of EM (soft k-means with learned widths)."""
import numpy as np

rng = np.random.default_rng(1)
x = np.concatenate([rng.normal(-2, 0.5, (30, 2)), rng.normal([2, 1], 0.8, (40, 2)), rng.normal([0, 3], 0.4, (20, 2))])
K = 3

weights = dict(
    logit=np.zeros(K),
    mean=x[rng.choice(len(x), K, replace=False)].copy(),
    logsd=np.zeros(K),
)


def em_free_step(w):
    logpi = w["logit"] - np.log(np.exp(w["logit"]).sum())
    d = x[:, None, :] - w["mean"][None]
    inv = np.exp(-2 * w["logsd"])
    logp = logpi - np.log(2 * np.pi) - 2 * w["logsd"] - 0.5 * inv * (d ** 2).sum(-1)
    top = logp.max(1, keepdims=True)
    total = top + np.log(np.exp(logp - top).sum(1, keepdims=True))
    nll = -total.mean()

    r = np.exp(logp - total)          # responsibilities
    n = len(x)
    g = {}
    g["logit"] = -(r - np.exp(logpi)).sum(0) / n
    g["mean"] = -np.einsum("nk,nkd->kd", r, d) * inv[:, None] / n
    g["logsd"] = -(r * (inv * (d ** 2).sum(-1) - 2)).sum(0) / n
    return nll, g


best, patience = np.inf, 0
epoch = 0
while patience < 5 and epoch < 400:
    nll, g = em_free_step(weights)
    for name in g:
        weights[name] -= 0.2 * g[name]
    if nll < best - 1e-5:
        best, patience = nll, 0
    else:
        patience += 1
    epoch += 1
    if epoch % 50 == 0:
        print(f"{epoch}: {nll:.5f}")

print("means\n", weights["mean"].round(2), "\nsd", np.exp(weights["logsd"]).round(2))

FAULTS = """
missing-factor | g["mean"] = -np.einsum("nk,nkd->kd", r, d) * inv[:, None] / n | g["mean"] = -np.einsum("nk,nkd->kd", r, d) / n
missing-term | g["logsd"] = -(r * (inv * (d ** 2).sum(-1) - 2)).sum(0) / n | g["logsd"] = -(r * inv * (d ** 2).sum(-1)).sum(0) / n
missing-term | g["logit"] = -(r - np.exp(logpi)).sum(0) / n | g["logit"] = -r.sum(0) / n
wrong-sign | g["mean"] = -np.einsum("nk,nkd->kd", r, d) * inv[:, None] / n | g["mean"] = np.einsum("nk,nkd->kd", r, d) * inv[:, None] / n
wrong-operand | g["logsd"] = -(r * (inv * (d ** 2).sum(-1) - 2)).sum(0) / n | g["logsd"] = -(r * (inv * (d ** 2).sum(-1) - 1)).sum(0) / n
"""
