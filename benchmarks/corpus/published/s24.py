# Cox proportional hazards, Breslow, gradient descent with a ridge penalty.
# researcher's quick script -- compare with lifelines later
import numpy as np

rng = np.random.default_rng(20)
n, p = 120, 4
Z = rng.normal(size=(n, p))
beta_true = np.array([0.8, -0.5, 0.0, 0.3])
time = rng.exponential(1 / np.exp(Z @ beta_true))
cens = rng.exponential(1.5, n)
event = time <= cens
obs = np.minimum(time, cens)

order = np.argsort(-obs)           # longest time first, so that risk sets are prefixes
Z, event = Z[order], event[order]


def neg_partial_loglik(beta, Z, event, lam):
    eta = Z @ beta
    r = np.exp(eta)
    risk = np.cumsum(r)
    return -np.sum((eta - np.log(risk))[event]) / event.sum() + 0.5 * lam * beta @ beta


def gradient(beta, Z, event, lam):
    r = np.exp(Z @ beta)
    risk = np.cumsum(r)
    weighted = np.cumsum(r[:, None] * Z, axis=0)
    mean_z = weighted / risk[:, None]
    return -(Z - mean_z)[event].sum(axis=0) / event.sum() + lam * beta


beta = np.zeros(p)
lam = 0.05
for k in range(200):
    g = gradient(beta, Z, event, lam)
    beta -= 0.3 * g
    if k % 50 == 0:
        print(k, neg_partial_loglik(beta, Z, event, lam))
print("beta hat", np.round(beta, 3))

FAULTS = """
penalty-sign | return -(Z - mean_z)[event].sum(axis=0) / event.sum() + lam * beta | return -(Z - mean_z)[event].sum(axis=0) / event.sum() - lam * beta
risk-set-includes-only-earlier-(reverse-cumsum) | weighted = np.cumsum(r[:, None] * Z, axis=0) | weighted = np.cumsum((r[:, None] * Z)[::-1], axis=0)[::-1]
divided-by-n | return -(Z - mean_z)[event].sum(axis=0) / event.sum() + lam * beta | return -(Z - mean_z)[event].sum(axis=0) / len(event) + lam * beta
cumsum-over-wrong-axis | weighted = np.cumsum(r[:, None] * Z, axis=0) | weighted = np.cumsum(r[:, None] * Z, axis=1)
event-mask-forgotten | return -(Z - mean_z)[event].sum(axis=0) / event.sum() + lam * beta | return -(Z - mean_z).sum(axis=0) / event.sum() + lam * beta
"""
