# Fit 1-D Gaussian mixture by plain gradient ascent on the log likelihood (not EM!)
# unconstrained parameters: logits a, means mu, log std s
import numpy as np

np.random.seed(4)
x = np.concatenate([np.random.normal(-2, 0.5, 80), np.random.normal(1, 1.0, 120), np.random.normal(4, 0.3, 50)])
N = x.size
K = 3

a = np.zeros(K)
mu = np.array([-1.0, 0.0, 3.0])
s = np.zeros(K)

history = []
lr = 0.2
for it in range(300):
    # mixing weights
    pi = np.exp(a) / np.exp(a).sum()
    sigma = np.exp(s)
    d = (x[:, None] - mu[None, :]) / sigma
    logp = np.log(pi) - 0.5 * d ** 2 - s - 0.5 * np.log(2 * np.pi)
    mx = logp.max(axis=1, keepdims=True)
    lse = mx[:, 0] + np.log(np.exp(logp - mx).sum(axis=1))
    nll = -lse.mean()
    history.append(nll)

    # responsibilities
    r = np.exp(logp - lse[:, None])

    g_a = -(r.mean(axis=0) - pi)
    g_mu = -(r * d / sigma).mean(axis=0)
    g_s = -(r * (d ** 2 - 1)).mean(axis=0)

    a -= lr * g_a
    mu -= lr * g_mu
    s -= lr * g_s

print("nll: first %.4f, last %.4f" % (history[0], history[-1]))
print("weights", pi.round(3))
print("means  ", mu.round(3))
print("stds   ", np.exp(s).round(3))

FAULTS = """
softmax-normaliser-term-forgotten | g_a = -(r.mean(axis=0) - pi) | g_a = -r.mean(axis=0)
only-one-division-by-sigma | g_mu = -(r * d / sigma).mean(axis=0) | g_mu = -(r * d).mean(axis=0)
-1-missing | g_s = -(r * (d ** 2 - 1)).mean(axis=0) | g_s = -(r * d ** 2).mean(axis=0)
divide-by-sigma-(gradient-wrt-sigma-not-log-sigma) | g_s = -(r * (d ** 2 - 1)).mean(axis=0) | g_s = -(r * (d ** 2 - 1) / sigma).mean(axis=0)
sign | g_a = -(r.mean(axis=0) - pi) | g_a = r.mean(axis=0) - pi
"""
