"""Neural ODE on a spiral, explicit midpoint, discrete adjoint. theta is one flat vector (for scipy's jac=)."""
import numpy as np

D, H = 2, 4


def unpack(theta):
    i = D * H
    return theta[:i].reshape(H, D), theta[i:i + H], theta[i + H:i + H + H * D].reshape(D, H), theta[i + H + H * D:]


def field(z, theta):
    A, a, B, b = unpack(theta)
    return B @ np.tanh(A @ z**3 + a) + b


def field_vjp(z, theta, lam):
    """(lam . df/dz, lam . df/dtheta)"""
    A, a, B, b = unpack(theta)
    s = np.tanh(A @ z**3 + a)
    ds = (B.T @ lam) * (1 - s**2)
    dz = (A.T @ ds) * 3 * z**2
    return dz, np.concatenate([np.outer(ds, z**3).ravel(), ds, np.outer(lam, s).ravel(), lam])


def solve(theta, z0, h, n):
    zs, mids = [z0], []
    for _ in range(n):
        z = zs[-1]
        mids.append(z + 0.5 * h * field(z, theta))
        zs.append(z + h * field(mids[-1], theta))
    return np.array(zs), np.array(mids)


def cost(theta, z0, h, obs):
    zs, _ = solve(theta, z0, h, len(obs))
    return np.sum((zs[1:] - obs) ** 2) / len(obs)


def jac(theta, z0, h, obs):
    n = len(obs)
    zs, mids = solve(theta, z0, h, n)
    lam = np.zeros(D)
    grad = np.zeros_like(theta)
    for k in reversed(range(n)):
        lam = lam + 2 * (zs[k + 1] - obs[k]) / n
        dmid, dtheta = field_vjp(mids[k], theta, h * lam)
        grad += dtheta
        dz, dtheta = field_vjp(zs[k], theta, 0.5 * h * dmid)
        grad += dtheta
        lam = lam + dmid + dz
    return grad


# ---- problem
def problem():
    rng = np.random.default_rng(5)
    theta = rng.normal(size=2 * D * H + H + D) * 0.6
    t = np.linspace(0.2, 1.2, 6)
    obs = np.stack([np.exp(-t) * np.cos(3 * t), np.exp(-t) * np.sin(3 * t)], 1)
    z0 = np.array([1.1, 0.4])
    return dict(params=theta, loss=lambda: cost(theta, z0, 0.2, obs), grads=lambda: jac(theta, z0, 0.2, obs))


FAULTS = """
indexing | lam = lam + 2 * (zs[k + 1] - obs[k]) / n | lam = lam + 2 * (zs[k] - obs[k]) / n
wrong-operand | dmid, dtheta = field_vjp(mids[k], theta, h * lam) | dmid, dtheta = field_vjp(zs[k], theta, h * lam)
missing-term | lam = lam + dmid + dz | lam = lam + dz
scale | dz, dtheta = field_vjp(zs[k], theta, 0.5 * h * dmid) | dz, dtheta = field_vjp(zs[k], theta, h * dmid)
missing-term | dz = (A.T @ ds) * 3 * z**2 | dz = A.T @ ds
accumulation | lam = lam + 2 * (zs[k + 1] - obs[k]) / n | lam = 2 * (zs[k + 1] - obs[k]) / n
"""
