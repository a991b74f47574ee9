"""Mini PointNet: shared MLP over points, max over the cloud, softmax classifier. Clouds are (batch, points, 3)."""
import numpy as np


class PointNet:
    def __init__(self, rng, width=5, features=6, classes=3):
        self.params = {}
        self.params["W1"] = rng.normal(size=(3, width)) * 0.6
        self.params["b1"] = rng.normal(size=width) * 0.1
        self.params["W2"] = rng.normal(size=(width, features)) * 0.6
        self.params["b2"] = rng.normal(size=features) * 0.1
        self.params["Wc"] = rng.normal(size=(features, classes))
        self.params["bc"] = np.zeros(classes)
        self.grads = {}

    def forward(self, pts):
        p = self.params
        z1 = np.einsum("bnd,dw->bnw", pts, p["W1"]) + p["b1"]
        a1 = np.where(z1 > 0, z1, 0.1 * z1)
        z2 = a1 @ p["W2"] + p["b2"]
        idx = z2.argmax(axis=1)
        g = np.take_along_axis(z2, idx[:, None, :], axis=1)[:, 0, :]
        logits = g @ p["Wc"] + p["bc"]
        m = logits.max(axis=1, keepdims=True)
        logp = logits - m - np.log(np.exp(logits - m).sum(axis=1, keepdims=True))
        self.cache = pts, z1, a1, z2, idx, g, logp
        return logp

    def loss(self, pts, labels, eps=0.1):
        logp = self.forward(pts)
        K = logp.shape[1]
        soft = np.full_like(logp, eps / K)
        soft[np.arange(len(labels)), labels] += 1 - eps
        self.soft = soft
        return -(soft * logp).sum() / len(labels)

    def backward(self):
        p, G = self.params, self.grads
        pts, z1, a1, z2, idx, g, logp = self.cache
        B = pts.shape[0]
        dlogits = (np.exp(logp) - self.soft) / B
        G["Wc"] = g.T @ dlogits
        G["bc"] = dlogits.sum(axis=0)
        dg = dlogits @ p["Wc"].T
        dz2 = np.zeros_like(z2)
        np.put_along_axis(dz2, idx[:, None, :], dg[:, None, :], axis=1)
        G["W2"] = np.einsum("bnw,bnf->wf", a1, dz2)
        G["b2"] = dz2.sum(axis=(0, 1))
        da1 = dz2 @ p["W2"].T
        dz1 = da1 * np.where(z1 > 0, 1.0, 0.1)
        G["W1"] = np.einsum("bnd,bnw->dw", pts, dz1)
        G["b1"] = dz1.sum(axis=(0, 1))


# ---- problem
def problem():
    rng = np.random.default_rng(30)
    net = PointNet(rng)
    clouds = rng.normal(size=(4, 7, 3))
    labels = np.array([0, 2, 1, 2])

    def grads():
        net.loss(clouds, labels)
        net.backward()
        return net.grads

    return dict(params=net.params, loss=lambda: net.loss(clouds, labels), grads=grads)


FAULTS = """
scatter | dz2 = np.zeros_like(z2);;np.put_along_axis(dz2, idx[:, None, :], dg[:, None, :], axis=1) | dz2 = np.repeat(dg[:, None, :], z2.shape[1], axis=1)
wrong-activation-derivative | dz1 = da1 * np.where(z1 > 0, 1.0, 0.1) | dz1 = da1 * (z1 > 0)
scale | dlogits = (np.exp(logp) - self.soft) / B | dlogits = np.exp(logp) - self.soft
bias-reduction | G["b1"] = dz1.sum(axis=(0, 1)) | G["b1"] = dz1.sum(axis=0).mean(axis=0)
missing-term | dlogits = (np.exp(logp) - self.soft) / B | dlogits = (np.exp(logp) - (self.soft > 0.5)) / B
missing-activation-derivative | dz1 = da1 * np.where(z1 > 0, 1.0, 0.1) | dz1 = da1
"""
