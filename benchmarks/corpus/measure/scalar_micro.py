import math

weights = {"a": 0.5, "b": -0.4, "c": 0.9, "d": 0.15, "e": -0.7, "f": 0.35}
DATA = [(0.2, -0.5, 0.3), (0.9, 0.4, -0.6), (-0.8, 0.1, 0.5)]


def logistic(u):
    return 1.0 / (1.0 + math.exp(-u))


def forward(x1, x2):
    u = weights["a"] * x1 + weights["b"] * x2
    h = logistic(u)
    s = weights["c"] * h + weights["d"] * x1
    k = math.sin(s)
    return u, h, s, k, weights["e"] * k + weights["f"]


def total():
    return sum((forward(x1, x2)[4] - t) ** 2 for x1, x2, t in DATA)


def derivatives():
    g = dict.fromkeys(weights, 0.0)
    for x1, x2, t in DATA:
        u, h, s, k, out = forward(x1, x2)
        d_out = 2 * (out - t)
        g["e"] += d_out * k
        g["f"] += d_out
        d_k = d_out * weights["e"]
        d_s = d_k * math.cos(s)
        g["c"] += d_s * h
        g["d"] += d_s * x1
        d_h = d_s * weights["c"]
        d_u = d_h * h * (1 - h)
        g["a"] += d_u * x1
        g["b"] += d_u * x2
    return g


# ---- problem
def problem():
    return dict(loss=total, params=weights, grads=derivatives)


FAULTS = """
scale | d_out = 2 * (out - t) | d_out = out - t
sign | d_out = 2 * (out - t) | d_out = 2 * (t - out)
wrong-activation-derivative | d_s = d_k * math.cos(s) | d_s = d_k * math.sin(s)
sign | d_s = d_k * math.cos(s) | d_s = -d_k * math.cos(s)
missing-activation-derivative | d_u = d_h * h * (1 - h) | d_u = d_h
wrong-operand | d_h = d_s * weights["c"] | d_h = d_s * weights["d"]
wrong-operand | g["b"] += d_u * x2 | g["b"] += d_u * x1
accumulation | g["d"] += d_s * x1 | g["d"] = d_s * x1
activation-derivative-at-wrong-value | d_u = d_h * h * (1 - h) | d_u = d_h * u * (1 - u)
raw-error-propagated | d_k = d_out * weights["e"] | d_k = (out - t) * weights["e"]
"""
