"""Minimal gated unit (Zhou et al. 2016) for keyword audio, float32, padded batch with lengths, mean over valid steps + last state."""
import numpy as np


def sigmoid(x):
    return (1.0 / (1.0 + np.exp(-x))).astype(x.dtype)


class MGU:
    dtype = np.float32

    def __init__(self, n_in, n_hid, n_cls, seed):
        rng = np.random.default_rng(seed)
        mk = lambda *s, k=0.7: (k * rng.standard_normal(s)).astype(self.dtype)
        self.Wf, self.Uf, self.bf = mk(n_in, n_hid), mk(n_hid, n_hid), mk(n_hid, k=0.2)
        self.Wh, self.Uh, self.bh = mk(n_in, n_hid), mk(n_hid, n_hid), mk(n_hid, k=0.2)
        self.Wo, self.bo = mk(n_hid, n_cls, k=1.0), mk(n_cls, k=0.1)

    NAMES = ("Wf", "Uf", "bf", "Wh", "Uh", "bh", "Wo", "bo")

    def forward(self, x, lengths):
        B, T, _ = x.shape
        mask = (np.arange(T)[None, :] < lengths[:, None]).astype(self.dtype)
        h = np.zeros((B, self.bf.size), self.dtype)
        pooled = np.zeros_like(h)
        self.tape = []
        for t in range(T):
            f = sigmoid(x[:, t] @ self.Wf + h @ self.Uf + self.bf)
            cand = np.tanh(x[:, t] @ self.Wh + (f * h) @ self.Uh + self.bh)
            new = (1 - f) * h + f * cand
            m = mask[:, t, None]
            self.tape.append((h, f, cand, m))
            h = m * new + (1 - m) * h
            pooled += m * h
        self.count = lengths[:, None].astype(self.dtype)
        self.pooled = pooled / self.count + h
        return self.pooled @ self.Wo + self.bo

    def loss(self, x, lengths, y):
        s = self.forward(x, lengths)
        s = s - s.max(axis=1, keepdims=True)
        self.prob = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
        return -np.log(self.prob[np.arange(len(y)), y]).mean()

    def backward(self, x, lengths, y):
        self.loss(x, lengths, y)
        g = {n: np.zeros_like(getattr(self, n)) for n in self.NAMES}
        ds = self.prob.copy()
        ds[np.arange(len(y)), y] -= 1
        ds /= len(y)
        g["Wo"] = self.pooled.T @ ds
        g["bo"] = ds.sum(axis=0)
        dh = ds @ self.Wo.T
        dpool = dh / self.count
        for t in range(x.shape[1] - 1, -1, -1):
            h, f, cand, m = self.tape[t]
            dh = dh + m * dpool
            dnew = m * dh
            dcand = dnew * f * (1 - cand * cand)
            dfh = dcand @ self.Uh.T
            df = dnew * (cand - h) + dfh * h
            dzf = df * f * (1 - f)
            g["Wh"] += x[:, t].T @ dcand
            g["Uh"] += (f * h).T @ dcand
            g["bh"] += dcand.sum(axis=0)
            g["Wf"] += x[:, t].T @ dzf
            g["Uf"] += h.T @ dzf
            g["bf"] += dzf.sum(axis=0)
            dh = (1 - m) * dh + dnew * (1 - f) + dfh * f + dzf @ self.Uf.T
        return g


# ---- problem
def problem():
    net = MGU(2, 3, 3, 50)
    rng = np.random.default_rng(51)
    x = rng.standard_normal((4, 5, 2)).astype(MGU.dtype)
    lengths, y = np.array([5, 3, 4, 2]), np.array([0, 2, 1, 1])
    return dict(loss=lambda: net.loss(x, lengths, y), params={n: getattr(net, n) for n in MGU.NAMES},
                grads=lambda: net.backward(x, lengths, y))


FAULTS = """
missing-term | df = dnew * (cand - h) + dfh * h | df = dnew * (cand - h)
wrong-operand | g["Uh"] += (f * h).T @ dcand | g["Uh"] += h.T @ dcand
recurrence | dh = (1 - m) * dh + dnew * (1 - f) + dfh * f + dzf @ self.Uf.T | dh = dnew * (1 - f) + dfh * f + dzf @ self.Uf.T
missing-term | dnew = m * dh | dnew = dh
scale | dpool = dh / self.count | dpool = dh / x.shape[1]
recurrence | dh = (1 - m) * dh + dnew * (1 - f) + dfh * f + dzf @ self.Uf.T | dh = (1 - m) * dh + dnew * (1 - f) + dfh * f
wrong-operand | dh = (1 - m) * dh + dnew * (1 - f) + dfh * f + dzf @ self.Uf.T | dh = (1 - m) * dh + dnew * (1 - f) + dfh + dzf @ self.Uf.T
"""
