"""Neural ODE, explicit midpoint rule. Every function returns its value and a pullback."""
import numpy as np


def affine(W, b, x):
    def pullback(g):
        return np.outer(g, x), g, W.T @ g

    return W @ x + b, pullback


def tanh(x):
    y = np.tanh(x)
    return y, lambda g: g * (1 - y * y)


def field(theta, x):
    z, back_in = affine(theta["W"], theta["b"], x)
    y, back_act = tanh(z)
    dx, back_out = affine(theta["U"], theta["c"], y)

    def pullback(g):
        dU, dc, dy = back_out(g)
        dW, db, gx = back_in(back_act(dy))
        return {"W": dW, "b": db, "U": dU, "c": dc}, gx

    return dx, pullback


def midpoint(theta, x, h):
    k1, back1 = field(theta, x)
    k2, back2 = field(theta, x + 0.5 * h * k1)

    def pullback(g):
        g2, gmid = back2(h * g)
        g1, gx = back1(0.5 * h * gmid)
        total = {name: g1[name] + g2[name] for name in g1}
        return total, g + gmid + gx

    return x + h * k2, pullback


def rollout(theta, x0, n, h):
    states, backs = [x0], []
    for _ in range(n):
        x, back = midpoint(theta, states[-1], h)
        states.append(x)
        backs.append(back)
    return np.array(states), backs


def track_loss(theta, data, h):
    states, _ = rollout(theta, theta["x0"], len(data) - 1, h)
    return h * np.sum((states - data) ** 2)


def track_grad(theta, data, h):
    states, backs = rollout(theta, theta["x0"], len(data) - 1, h)
    resid = 2 * h * (states - data)
    total = {name: np.zeros_like(arr) for name, arr in theta.items()}
    g = resid[-1]
    for i, back in reversed(list(enumerate(backs))):
        part, g = back(g)
        for name, value in part.items():
            total[name] += value
        g = g + resid[i]
    total["x0"] = g
    return total


gen = np.random.default_rng(1806)
times = np.arange(7) * 0.3
data = np.stack([np.cos(times), -np.sin(times)], axis=1)
theta = {
    "W": gen.normal(size=(3, 2)), "b": gen.normal(size=3) * 0.3,
    "U": gen.normal(size=(2, 3)), "c": gen.normal(size=2) * 0.3, "x0": np.array([0.7, 0.2]),
}


# ---- problem
def problem():
    return dict(
        loss=lambda: track_loss(theta, data, 0.3),
        params=theta,
        grads=lambda: track_grad(theta, data, 0.3),
    )


FAULTS = """
missing-term | return total, g + gmid + gx | return total, g + gx
missing-term | return total, g + gmid + gx | return total, g + gmid
scale | g1, gx = back1(0.5 * h * gmid) | g1, gx = back1(h * gmid)
missing-term | total = {name: g1[name] + g2[name] for name in g1} | total = g2
wrong-operand | g2, gmid = back2(h * g) | g2, gmid = back1(h * g)
accumulation | total[name] += value | total[name] = value
missing-term | g = g + resid[i] |
recurrence | part, g = back(g) | part, _ = back(g)
indexing | g = g + resid[i] | g = g + resid[i + 1]
wrong-activation-derivative | return y, lambda g: g * (1 - y * y) | return y, lambda g: g * (1 - y)
raw-error-propagated | dW, db, gx = back_in(back_act(dy)) | dW, db, _ = back_in(back_act(dy));;_, _, gx = back_in(dy)
"""
