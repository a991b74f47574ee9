import numpy as np


class Encoder:
    def __init__(self, sizes, rng):
        self.Ws = [rng.normal(0, 1 / np.sqrt(a), (a, b)) for a, b in zip(sizes, sizes[1:])]
        self.bs = [rng.normal(0, 0.2, b) for b in sizes[1:]]

    def embed(self, x):
        tape = [x]
        for i, (W, b) in enumerate(zip(self.Ws, self.bs)):
            x = x @ W + b
            if i + 1 < len(self.Ws):
                x = np.sin(x)
            tape.append(x)
        length = np.sqrt((x * x).sum(axis=1, keepdims=True))
        return x / length, (tape, length)

    def pull(self, dunit, saved):
        tape, length = saved
        unit = tape[-1] / length
        g = (dunit - unit * (dunit * unit).sum(axis=1, keepdims=True)) / length
        dWs, dbs = [], []
        for i in reversed(range(len(self.Ws))):
            x = tape[i]
            if i + 1 < len(self.Ws):
                g = g * np.cos(x @ self.Ws[i] + self.bs[i])
            dWs.insert(0, x.T @ g)
            dbs.insert(0, g.sum(axis=0))
            g = g @ self.Ws[i].T
        return dWs, dbs


def info_nce(left, right, heat):
    logits = left @ right.T / heat
    rows = logits - logits.max(axis=1, keepdims=True)
    prob = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
    return -np.log(np.diag(prob)).mean(), prob


def contrast(encoder, a, b, heat):
    left, _ = encoder.embed(a)
    right, _ = encoder.embed(b)
    return info_nce(left, right, heat)[0]


def contrast_grads(encoder, a, b, heat):
    left, saved_left = encoder.embed(a)
    right, saved_right = encoder.embed(b)
    _, prob = info_nce(left, right, heat)
    n = len(prob)
    dlogits = (prob - np.identity(n)) / n
    dleft = dlogits @ right / heat
    dright = dlogits.T @ left / heat
    dW_left, db_left = encoder.pull(dleft, saved_left)
    dW_right, db_right = encoder.pull(dright, saved_right)
    return (
        [p + q for p, q in zip(dW_left, dW_right)],
        [p + q for p, q in zip(db_left, db_right)],
    )


# ---- problem
def problem():
    rng = np.random.default_rng(15)
    encoder = Encoder([4, 5, 3], rng)
    a = rng.normal(size=(6, 4))
    b = a + 0.4 * rng.normal(size=(6, 4))
    return dict(
        loss=lambda: contrast(encoder, a, b, 0.5),
        params=(encoder.Ws, encoder.bs),
        grads=lambda: contrast_grads(encoder, a, b, 0.5),
    )


FAULTS = """
normalisation | g = (dunit - unit * (dunit * unit).sum(axis=1, keepdims=True)) / length | g = dunit / length
normalisation | g = (dunit - unit * (dunit * unit).sum(axis=1, keepdims=True)) / length | g = dunit - unit * (dunit * unit).sum(axis=1, keepdims=True)
normalisation | g = (dunit - unit * (dunit * unit).sum(axis=1, keepdims=True)) / length | g = (dunit - unit * (dunit * unit).sum(axis=0, keepdims=True)) / length
activation-derivative-at-wrong-value | g = g * np.cos(x @ self.Ws[i] + self.bs[i]) | g = g * np.cos(tape[i + 1])
sign | g = g * np.cos(x @ self.Ws[i] + self.bs[i]) | g = -g * np.cos(x @ self.Ws[i] + self.bs[i])
scale | dlogits = (prob - np.identity(n)) / n | dlogits = prob - np.identity(n)
loss-gradient | dlogits = (prob - np.identity(n)) / n | dlogits = -np.identity(n) / n
transpose | dright = dlogits.T @ left / heat | dright = dlogits @ left / heat
scale | dleft = dlogits @ right / heat | dleft = dlogits @ right
wrong-operand | dright = dlogits.T @ left / heat | dright = dlogits.T @ right / heat
missing-term | [p + q for p, q in zip(dW_left, dW_right)], | [p for p, q in zip(dW_left, dW_right)],
bias-reduction | dbs.insert(0, g.sum(axis=0)) | dbs.insert(0, g.mean(axis=0))
"""
