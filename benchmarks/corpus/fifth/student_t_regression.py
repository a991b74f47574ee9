# robust regression head: network predicts location and log scale of a Student-t, df learned as well
from dataclasses import dataclass, fields
from math import lgamma

import numpy as np


def digamma(x):
    """recurrence up to 6, then the asymptotic series"""
    r = 0.0
    while x < 6:
        r -= 1 / x
        x += 1
    f = 1 / (x * x)
    return r + np.log(x) - 0.5 / x - f * (1 / 12 - f * (1 / 120 - f * (1 / 252 - f * (1 / 240 - f / 132))))


@dataclass
class Net:
    W: np.ndarray
    b: np.ndarray
    Vm: np.ndarray
    Vs: np.ndarray
    log_nu: np.ndarray

    def forward(self, X):
        self.X = X
        self.H = np.log1p(np.exp(X @ self.W + self.b))
        return self.H @ self.Vm, self.H @ self.Vs

    def loss(self, X, y):
        m, s = self.forward(X)
        nu = np.exp(self.log_nu[0])
        u = (y - m) * np.exp(-s)
        const = lgamma((nu + 1) / 2) - lgamma(nu / 2) - 0.5 * np.log(nu * np.pi)
        return np.mean(s + (nu + 1) / 2 * np.log1p(u**2 / nu)) - const

    def grad(self, X, y):
        m, s = self.forward(X)
        N = len(y)
        nu = np.exp(self.log_nu[0])
        u = (y - m) * np.exp(-s)
        w = (nu + 1) / (nu + u**2)
        dm = -w * u * np.exp(-s) / N
        ds = (1 - w * u**2) / N
        dH = np.outer(dm, self.Vm) + np.outer(ds, self.Vs)
        dZ = dH * (1 - np.exp(-self.H))
        dnu = np.mean(0.5 * np.log1p(u**2 / nu) - (nu + 1) / 2 * u**2 / (nu * (nu + u**2)))
        dnu -= 0.5 * digamma((nu + 1) / 2) - 0.5 * digamma(nu / 2) - 0.5 / nu
        return Net(X.T @ dZ, dZ.sum(0), self.H.T @ dm, self.H.T @ ds, np.array([dnu * nu]))


def as_dict(net):
    return {f.name: getattr(net, f.name) for f in fields(net)}


# ---- problem
def problem():
    rng = np.random.default_rng(41)
    net = Net(rng.normal(size=(3, 4)) * 0.8, rng.normal(size=4) * 0.3, rng.normal(size=4) * 0.5,
              rng.normal(size=4) * 0.3, np.array([1.1]))
    X = rng.normal(size=(9, 3))
    y = X[:, 0] + rng.standard_t(3, size=9)
    return dict(params=as_dict(net), loss=lambda: net.loss(X, y), grads=lambda: as_dict(net.grad(X, y)))


FAULTS = """
missing-term | dm = -w * u * np.exp(-s) / N | dm = -w * u / N
sign | ds = (1 - w * u**2) / N | ds = (w * u**2 - 1) / N
wrong-activation-derivative | dZ = dH * (1 - np.exp(-self.H)) | dZ = dH * self.H * (1 - self.H)
missing-term | return Net(X.T @ dZ, dZ.sum(0), self.H.T @ dm, self.H.T @ ds, np.array([dnu * nu])) | return Net(X.T @ dZ, dZ.sum(0), self.H.T @ dm, self.H.T @ ds, np.array([dnu]))
missing-term | dH = np.outer(dm, self.Vm) + np.outer(ds, self.Vs) | dH = np.outer(dm, self.Vm)
wrong-operand | w = (nu + 1) / (nu + u**2) | w = nu / (nu + u**2)
"""
