"""
Fit a local linear-Gaussian state-space model by gradient of the innovations likelihood.
x[t+1] = phi x[t] + K e[t],  y[t] = x[t] + e[t],  e ~ N(0, exp(ls))
(steady state Kalman gain K is estimated directly; forward sensitivities)
"""
import numpy as np

np.random.seed(31)
T = 150
phi0, K0 = 0.9, 0.5
y = np.zeros(T)
x = 0.0
for t in range(T):
    e = 0.4 * np.random.randn()
    y[t] = x + e
    x = phi0 * x + K0 * e

phi, K, ls = 0.3, 0.1, 0.0
lr = 0.05

for it in range(150):
    x = 0.0
    dx_phi = 0.0
    dx_K = 0.0
    g_phi = g_K = g_ls = 0.0
    nll = 0.0
    for t in range(T):
        e = y[t] - x
        nll += 0.5 * (ls + e * e / np.exp(ls)) / T
        de_phi = -dx_phi
        de_K = -dx_K
        g_phi += e * de_phi / np.exp(ls) / T
        g_K += e * de_K / np.exp(ls) / T
        g_ls += 0.5 * (1 - e * e / np.exp(ls)) / T
        dx_phi = x + phi * dx_phi + K * de_phi
        dx_K = phi * dx_K + e + K * de_K
        x = phi * x + K * e
    phi -= lr * g_phi
    K -= lr * g_K
    ls -= lr * g_ls
    if it % 30 == 0:
        print("iter %3d nll %.5f phi %.3f K %.3f sd %.3f" % (it, nll, phi, K, np.exp(ls / 2)))

FAULTS = """
sensitivity-recursion-drops-K*de | dx_phi = x + phi * dx_phi + K * de_phi | dx_phi = x + phi * dx_phi
1-forgotten | g_ls += 0.5 * (1 - e * e / np.exp(ls)) / T | g_ls += 0.5 * (-e * e / np.exp(ls)) / T
sign | de_K = -dx_K | de_K = dx_K
not-divided-by-variance | g_phi += e * de_phi / np.exp(ls) / T | g_phi += e * de_phi / T
"""
