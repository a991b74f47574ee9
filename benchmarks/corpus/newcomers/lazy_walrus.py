"""A net that computes what is asked for: properties for the forward pass, walrus for the rest."""
import numpy as np


class Lazy:
    def __init__(self, x, t, seed=38):
        r = np.random.default_rng(seed)
        self.x, self.t = x, t
        self.A = r.normal(size=(3, 4))
        self.a = r.normal(size=4) * 0.2
        self.B = r.normal(size=(4, 4))
        self.b = r.normal(size=4) * 0.2
        self.C = r.normal(size=(4, 2))
        self._memo = {}

    def forget(self):
        self._memo.clear()

    @property
    def first(self):
        if (got := self._memo.get("first")) is None:
            got = self._memo["first"] = np.tanh(self.x @ self.A + self.a)
        return got

    @property
    def second(self):
        if (got := self._memo.get("second")) is None:
            got = self._memo["second"] = np.arctan(self.first @ self.B + self.b)
        return got

    @property
    def error(self):
        return self.second @ self.C - self.t

    @property
    def loss(self):
        self.forget()
        return (self.error ** 2).sum() / 2 + 0.1 * (self.C ** 2).sum()

    @property
    def d_second(self):
        return self.error @ self.C.T * np.cos(self.second) ** 2

    @property
    def d_first(self):
        return self.d_second @ self.B.T * (1 - self.first ** 2)

    @property
    def gradient(self):
        self.forget()
        return {
            "A": self.x.T @ (d1 := self.d_first),
            "a": d1.sum(0),
            "B": self.first.T @ (d2 := self.d_second),
            "b": d2.sum(0),
            "C": self.second.T @ self.error + 0.2 * self.C,
        }


# ---- problem
def problem():
    r = np.random.default_rng(83)
    net = Lazy(r.normal(size=(6, 3)), r.normal(size=(6, 2)))
    return dict(loss=lambda: net.loss, params={k: getattr(net, k) for k in "AaBbC"},
                grads=lambda: net.gradient)


FAULTS = """
wrong-activation-derivative | self.error @ self.C.T * np.cos(self.second) ** 2 | self.error @ self.C.T * np.cos(self.second)
activation-derivative-at-wrong-value | * np.cos(self.second) ** 2 | / (1 + self.second ** 2)
transpose | return self.d_second @ self.B.T * | return self.d_second @ self.B *
raw-error-propagated | return self.d_second @ self.B.T * (1 - self.first ** 2) | return self.error @ self.C.T @ self.B.T * (1 - self.first ** 2)
wrong-operand | "B": self.first.T @ (d2 := self.d_second), | "B": self.second.T @ (d2 := self.d_second),
regulariser | "C": self.second.T @ self.error + 0.2 * self.C, | "C": self.second.T @ self.error + 0.1 * self.C,
wrong-operand | "b": d2.sum(0), | "b": d1.sum(0),
scale | "C": self.second.T @ self.error + 0.2 * self.C, | "C": 2 * self.second.T @ self.error + 0.2 * self.C,
"""
