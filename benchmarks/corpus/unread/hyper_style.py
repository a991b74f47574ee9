# Hypernetwork: a small net maps a task vector c to ALL weights of the main net (closures all the way).
import numpy as np

IN, HID, OUT = 2, 3, 2
SIZES = [("w1", (IN, HID)), ("b1", (HID,)), ("w2", (HID, OUT)), ("b2", (OUT,))]
TOTAL = sum(int(np.prod(s)) for _, s in SIZES)


def unpack(vec):
    parts, start = {}, 0
    for name, shape in SIZES:
        n = int(np.prod(shape))
        parts[name] = vec[start:start + n].reshape(shape)
        start += n
    return parts


def pack(parts):
    return np.concatenate([parts[name].ravel() for name, _ in SIZES])


def hyper(theta, c):
    e = np.sin(theta["H1"] @ c + theta["h1"])
    vec = theta["H2"] @ e + theta["base"]

    def pullback(dvec):
        de = theta["H2"].T @ dvec
        dpre = de * np.cos(theta["H1"] @ c + theta["h1"])
        return {"H1": np.outer(dpre, c), "h1": dpre, "H2": np.outer(dvec, e), "base": dvec}

    return vec, pullback


def main_net(w, x, y):
    a = x @ w["w1"] + w["b1"]
    s = a / (1 + np.abs(a))  # softsign
    r = s @ w["w2"] + w["b2"] - y
    value = (r ** 2).sum(axis=1).mean()

    def pullback(dvalue):
        dr = dvalue * 2 * r / len(x)
        ds = dr @ w["w2"].T
        da = ds / (1 + np.abs(a)) ** 2
        return {"w1": x.T @ da, "b1": da.sum(axis=0), "w2": s.T @ dr, "b2": dr.sum(axis=0)}

    return value, pullback


def total_loss(theta, tasks, decay):
    value = 0.0
    for c, x, y in tasks:
        vec, _ = hyper(theta, c)
        value += main_net(unpack(vec), x, y)[0] / len(tasks) + decay * vec @ vec
    return value


def total_grad(theta, tasks, decay):
    grads = {k: 0.0 for k in theta}
    for c, x, y in tasks:
        vec, hyper_back = hyper(theta, c)
        _, main_back = main_net(unpack(vec), x, y)
        dvec = pack(main_back(1.0 / len(tasks))) + 2 * decay * vec
        for k, g in hyper_back(dvec).items():
            grads[k] = grads[k] + g
    return grads


# ---- problem
def problem():
    rng = np.random.default_rng(314)
    theta = {"H1": rng.normal(size=(3, 2)), "h1": rng.normal(size=3), "H2": rng.normal(size=(TOTAL, 3)) * 0.5,
             "base": rng.normal(size=TOTAL) * 0.5}
    tasks = [(rng.normal(size=2), rng.normal(size=(4, IN)), rng.normal(size=(4, OUT))) for _ in range(5)]
    return dict(loss=lambda: total_loss(theta, tasks, 0.02), params=theta, grads=lambda: total_grad(theta, tasks, 0.02))


FAULTS = """
wrong-activation-derivative | da = ds / (1 + np.abs(a)) ** 2 | da = ds / (1 + np.abs(a))
activation-derivative-at-wrong-value | dpre = de * np.cos(theta["H1"] @ c + theta["h1"]) | dpre = de * np.cos(e)
accumulation | grads[k] = grads[k] + g | grads[k] = g
regulariser | dvec = pack(main_back(1.0 / len(tasks))) + 2 * decay * vec | dvec = pack(main_back(1.0 / len(tasks))) + 2 * decay * vec / len(tasks)
scale | dvec = pack(main_back(1.0 / len(tasks))) + 2 * decay * vec | dvec = pack(main_back(1.0)) + 2 * decay * vec
missing-activation-derivative | return {"H1": np.outer(dpre, c), "h1": dpre, "H2": np.outer(dvec, e), "base": dvec} | return {"H1": np.outer(dpre, c), "h1": de, "H2": np.outer(dvec, e), "base": dvec}
transpose | return np.concatenate([parts[name].ravel() for name, _ in SIZES]) | return np.concatenate([parts[name].T.ravel() for name, _ in SIZES])
"""
