"""minimize(fun, x0, jac) by hand: BFGS with Armijo line search, used for a Gaussian-process-free kernel fit
(radial basis network with free centres and widths).  Physicist's code."""
import numpy as np


def minimize(fun, x0, args=(), jac=None, maxiter=60, gtol=1e-5, disp=False):
    x = np.asarray(x0, dtype=float).copy()
    n = x.size
    H = np.eye(n)
    f = fun(x, *args)
    g = jac(x, *args)
    for it in range(maxiter):
        if np.max(np.abs(g)) < gtol:
            break
        d = -H @ g
        if d @ g >= 0:
            H = np.eye(n)
            d = -g
        t = 1.0
        while True:
            x_new = x + t * d
            f_new = fun(x_new, *args)
            if f_new <= f + 1e-4 * t * (d @ g) or t < 1e-12:
                break
            t *= 0.5
        g_new = jac(x_new, *args)
        s, y = x_new - x, g_new - g
        sy = s @ y
        if sy > 1e-12:
            rho = 1 / sy
            A = np.eye(n) - rho * np.outer(s, y)
            H = A @ H @ A.T + rho * np.outer(s, s)
        x, f, g = x_new, f_new, g_new
        if disp and it % 10 == 0:
            print(f"it {it:3d}  f = {f:.6e}  |g|_inf = {np.max(np.abs(g)):.2e}")
    return x, f, it


M = 5


def split(p):
    return p[:M], p[M:2 * M], p[2 * M:3 * M], p[3 * M]


def chi2(p, t, v, sigma):
    amp, cen, lw, base = split(p)
    u = (t[:, None] - cen) / np.exp(lw)
    model = np.exp(-0.5 * u ** 2) @ amp + base
    return 0.5 * np.sum(((model - v) / sigma) ** 2) + 0.5 * np.sum(lw ** 2)


def dchi2(p, t, v, sigma):
    amp, cen, lw, base = split(p)
    w = np.exp(lw)
    u = (t[:, None] - cen) / w
    phi = np.exp(-0.5 * u ** 2)
    res = (phi @ amp + base - v) / sigma ** 2
    d_amp = phi.T @ res
    d_cen = amp * ((phi * u / w).T @ res)
    d_lw = amp * ((phi * u ** 2).T @ res) + lw
    return np.concatenate([d_amp, d_cen, d_lw, [res.sum()]])


rng = np.random.default_rng(12)
t = np.linspace(0, 10, 70)
v = np.sin(t) * np.exp(-0.1 * t) + 0.1 * rng.normal(size=t.size)
p0 = np.concatenate([rng.normal(0, 0.5, M), np.linspace(1, 9, M), np.zeros(M), [0.0]])
p, f, it = minimize(chi2, p0, args=(t, v, 0.1), jac=dchi2, disp=True)
print("chi2/2 =", f, "after", it, "iterations; centres", np.sort(p[M:2 * M]).round(2))

FAULTS = """
wrong-sign | d_cen = amp * ((phi * u / w).T @ res) | d_cen = -amp * ((phi * u / w).T @ res)
missing-factor | d_cen = amp * ((phi * u / w).T @ res) | d_cen = amp * ((phi * u).T @ res)
missing-term | d_lw = amp * ((phi * u ** 2).T @ res) + lw | d_lw = amp * ((phi * u ** 2).T @ res)
missing-factor | res = (phi @ amp + base - v) / sigma ** 2 | res = (phi @ amp + base - v) / sigma
missing-factor | d_lw = amp * ((phi * u ** 2).T @ res) + lw | d_lw = (phi * u ** 2).T @ res + lw
"""
