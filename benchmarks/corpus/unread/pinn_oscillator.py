"""Physics-informed net for the damped oscillator  u'' + 2 g u' + w0^2 u = 0,  u(0) = 1, u'(0) = 0.

u(t) = sum_j v_j tanh(a_j t + b_j) + c.  The net and its two time derivatives are analytic, so the
gradient of the residual loss is too. g is unknown and is fitted from a few measurements.
"""
import numpy as np

W0 = 1.7


def net(theta, t):
    a, b, v, c, g = theta
    s = np.tanh(np.outer(t, a) + b)        # (n, m)
    s1 = 1 - s ** 2                        # tanh'
    s2 = -2 * s * s1                       # tanh''
    u = s @ v + c[0]
    du = (s1 * a) @ v
    ddu = (s2 * a ** 2) @ v
    return u, du, ddu, (s, s1, s2)


def objective(theta, t_phys, t_data, u_data):
    g = theta[4][0]
    u, du, ddu, _ = net(theta, t_phys)
    res = ddu + 2 * g * du + W0 ** 2 * u
    ud = net(theta, t_data)[0]
    u0, du0, _, _ = net(theta, np.zeros(1))
    return np.mean(res ** 2) + 10 * np.mean((ud - u_data) ** 2) + (u0[0] - 1) ** 2 + du0[0] ** 2


def pull(theta, t, cache, gu, gdu, gddu):
    """Cotangents of u, u', u'' at times t  ->  those of (a, b, v, c)."""
    a, b, v, c, _ = theta
    s, s1, s2 = cache
    s3 = -2 * (s1 * s1 + s * s2)           # tanh'''
    gs = np.outer(gu, v)
    gs1 = np.outer(gdu, v * a)
    gs2 = np.outer(gddu, v * a ** 2)
    gpre = gs * s1 + gs1 * s2 + gs2 * s3
    ga = t @ gpre + (gdu @ s1) * v + 2 * a * v * (gddu @ s2)
    gb = gpre.sum(axis=0)
    gv = gu @ s + gdu @ (s1 * a) + gddu @ (s2 * a ** 2)
    gc = np.array([gu.sum()])
    return ga, gb, gv, gc


def gradient(theta, t_phys, t_data, u_data):
    g = theta[4][0]
    u, du, ddu, cache = net(theta, t_phys)
    res = ddu + 2 * g * du + W0 ** 2 * u
    gres = 2 * res / len(t_phys)
    parts = [pull(theta, t_phys, cache, W0 ** 2 * gres, 2 * g * gres, gres)]
    gg = np.array([np.sum(gres * 2 * du)])
    ud, dud, _, cache_d = net(theta, t_data)
    zero = np.zeros_like(ud)
    parts.append(pull(theta, t_data, cache_d, 20 * (ud - u_data) / len(t_data), zero, zero))
    t0 = np.zeros(1)
    u0, du0, _, cache_0 = net(theta, t0)
    parts.append(pull(theta, t0, cache_0, 2 * (u0 - 1), 2 * du0, np.zeros(1)))
    return [sum(group) for group in zip(*parts)] + [gg]


# ---- problem
def problem():
    rng = np.random.default_rng(8)
    theta = [rng.normal(size=4), rng.normal(size=4), rng.normal(size=4), np.array([0.2]), np.array([0.3])]
    t_phys, t_data = np.linspace(0, 2, 6), np.array([0.4, 0.9, 1.5])
    u_data = np.exp(-0.2 * t_data) * np.cos(1.6 * t_data)
    return dict(loss=lambda: objective(theta, t_phys, t_data, u_data), params=theta,
                grads=lambda: gradient(theta, t_phys, t_data, u_data))


FAULTS = """
wrong-activation-derivative | s3 = -2 * (s1 * s1 + s * s2) | s3 = -2 * (s1 * s1 + s * s1)
missing-term | ga = t @ gpre + (gdu @ s1) * v + 2 * a * v * (gddu @ s2) | ga = t @ gpre + 2 * a * v * (gddu @ s2)
scale | ga = t @ gpre + (gdu @ s1) * v + 2 * a * v * (gddu @ s2) | ga = t @ gpre + (gdu @ s1) * v + a * v * (gddu @ s2)
missing-term | gpre = gs * s1 + gs1 * s2 + gs2 * s3 | gpre = gs * s1 + gs1 * s2
scale | gg = np.array([np.sum(gres * 2 * du)]) | gg = np.array([np.sum(gres * du)])
wrong-operand | gg = np.array([np.sum(gres * 2 * du)]) | gg = np.array([np.sum(gres * 2 * u)])
scale | 20 * (ud - u_data) / len(t_data) | 20 * (ud - u_data) / len(t_phys)
wrong-operand | gs2 = np.outer(gddu, v * a ** 2) | gs2 = np.outer(gddu, v * a)
"""
