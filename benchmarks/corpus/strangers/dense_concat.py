"""DenseNet idea on vectors: every layer sees the outputs of all layers before it. Coded with generators."""
import numpy as np

GROWTH = 3


def layer_widths(n_in, depth):
    width = n_in
    for _ in range(depth):
        yield width, GROWTH
        width += GROWTH


def create(n_in, depth, n_out, gen):
    body = [{"w": gen.normal(size=shape) / np.sqrt(shape[0]), "b": gen.normal(size=shape[1]) / 3}
            for shape in layer_widths(n_in, depth)]
    head = gen.normal(size=(n_in + depth * GROWTH, n_out))
    return {"body": body, "head": head}


def forward(params, x):
    """yields the growing feature matrix; the last one is followed by the prediction"""
    feats = x
    yield feats
    for layer in params["body"]:
        new = np.maximum(0.05 * (feats @ layer["w"] + layer["b"]), feats @ layer["w"] + layer["b"])
        feats = np.concatenate([feats, new], axis=1)
        yield feats
    yield feats @ params["head"]


def mean_quartic(params, x, y):
    *_, out = forward(params, x)
    return np.mean((out - y) ** 4) / 4


def backward(params, x, y):
    *stages, out = forward(params, x)
    dout = (out - y) ** 3 / out.size
    grads = {"body": [None] * len(params["body"]), "head": stages[-1].T @ dout}
    dfeats = dout @ params["head"].T
    for i in range(len(params["body"]) - 1, -1, -1):
        layer, feats = params["body"][i], stages[i]
        dold, dnew = dfeats[:, :-GROWTH], dfeats[:, -GROWTH:]
        produced = stages[i + 1][:, -GROWTH:]
        dpre = np.where(produced > 0, dnew, 0.05 * dnew)
        grads["body"][i] = {"w": feats.T @ dpre, "b": dpre.sum(0)}
        dfeats = dold + dpre @ layer["w"].T
    return grads


# ---- problem
def problem():
    gen = np.random.default_rng(1608)
    params = create(3, 3, 2, gen)
    x, y = gen.normal(size=(6, 3)), gen.normal(size=(6, 2))
    return dict(loss=lambda: mean_quartic(params, x, y), params=params,
                grads=lambda: backward(params, x, y))


FAULTS = """
missing-term | dfeats = dold + dpre @ layer["w"].T | dfeats = dpre @ layer["w"].T
indexing | dold, dnew = dfeats[:, :-GROWTH], dfeats[:, -GROWTH:] | dold, dnew = dfeats[:, GROWTH:], dfeats[:, :GROWTH]
wrong-activation-derivative | dpre = np.where(produced > 0, dnew, 0.05 * dnew) | dpre = np.where(produced > 0, dnew, 0)
missing-activation-derivative | dpre = np.where(produced > 0, dnew, 0.05 * dnew) | dpre = dnew
loss-gradient | dout = (out - y) ** 3 / out.size | dout = 2 * (out - y) / out.size
raw-error-propagated | dfeats = dold + dpre @ layer["w"].T | dfeats = dold + dnew @ layer["w"].T
bias-reduction | grads["body"][i] = {"w": feats.T @ dpre, "b": dpre.sum(0)} | grads["body"][i] = {"w": feats.T @ dpre, "b": dpre.sum()}
early-reduction | grads["body"][i] = {"w": feats.T @ dpre, "b": dpre.sum(0)} | grads["body"][i] = {"w": np.outer(feats.mean(0), dpre.sum(0)), "b": dpre.sum(0)}
"""
