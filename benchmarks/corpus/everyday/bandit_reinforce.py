"""Contextual bandit, REINFORCE with baseline and entropy bonus. Whiteboard version for my RL tutorial."""
import numpy as np

rng = np.random.default_rng(314)
N_ARMS, N_CTX, BATCH = 4, 3, 64
payoff = rng.uniform(0, 1, (N_CTX, N_ARMS))

theta = np.zeros((N_CTX, N_ARMS))
baseline = np.zeros(N_CTX)
lr, lr_base, entropy_coef = 1.0, 0.1, 0.01


def policy(theta, ctx):
    z = theta[ctx]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def surrogate(theta, ctx, arms, adv):
    pi = policy(theta, ctx)
    logp = np.log(pi[np.arange(len(ctx)), arms])
    entropy = -(pi * np.log(pi)).sum(axis=1)
    return -np.mean(adv * logp + entropy_coef * entropy)


def surrogate_grad(theta, ctx, arms, adv):
    pi = policy(theta, ctx)
    n = len(ctx)
    glogp = -pi.copy()
    glogp[np.arange(n), arms] += 1
    logpi = np.log(pi)
    gent = -pi * (logpi - (pi * logpi).sum(axis=1, keepdims=True))
    g = -(adv[:, None] * glogp + entropy_coef * gent) / n
    out = np.zeros_like(theta)
    np.add.at(out, ctx, g)
    return out


for it in range(200):
    ctx = rng.integers(0, N_CTX, BATCH)
    pi = policy(theta, ctx)
    arms = (pi.cumsum(axis=1) > rng.random((BATCH, 1))).argmax(axis=1)
    reward = (rng.random(BATCH) < payoff[ctx, arms]).astype(float)
    adv = reward - baseline[ctx]
    loss = surrogate(theta, ctx, arms, adv)
    theta -= lr * surrogate_grad(theta, ctx, arms, adv)
    for c in range(N_CTX):
        if np.any(ctx == c):
            baseline[c] += lr_base * np.mean(adv[ctx == c])
    if it % 50 == 0:
        print(f"{it:4d} surrogate {loss:+.4f} reward {reward.mean():.3f}")
print("best arms", payoff.argmax(1), "learned", theta.argmax(1))

FAULTS = """
wrong-sign | g = -(adv[:, None] * glogp + entropy_coef * gent) / n | g = (adv[:, None] * glogp + entropy_coef * gent) / n
missing-term | glogp = -pi.copy() | glogp = np.zeros_like(pi)
wrong-sign | gent = -pi * (logpi - (pi * logpi).sum(axis=1, keepdims=True)) | gent = pi * (logpi - (pi * logpi).sum(axis=1, keepdims=True))
missing-term | gent = -pi * (logpi - (pi * logpi).sum(axis=1, keepdims=True)) | gent = -pi * logpi
duplicate-indices | np.add.at(out, ctx, g) | out[ctx] += g
wrong-variable | g = -(adv[:, None] * glogp + entropy_coef * gent) / n | g = -(reward[:, None] * glogp + entropy_coef * gent) / n
"""
