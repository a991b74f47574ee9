# Additive-margin softmax ("CosFace", mit Winkelvariante) auf normierten Einbettungen und normierten Klassengewichten
# Gesichts-Wiedererkennung, Masterarbeit, stark vereinfacht
import numpy as np


class Normierung:
    def vor(self, v):
        self.laenge = np.linalg.norm(v, axis=1, keepdims=True)
        self.e = v / self.laenge
        return self.e

    def rueck(self, g):
        return (g - self.e * np.sum(g * self.e, axis=1, keepdims=True)) / self.laenge


class GesichtsNetz:
    def __init__(self, d_ein, d_versteckt, d_emb, klassen, saat, s=5.0, m=0.3):
        z = np.random.default_rng(saat)
        self.V = z.normal(size=(d_ein, d_versteckt))
        self.v0 = z.normal(size=d_versteckt) * 0.2
        self.U = z.normal(size=(d_versteckt, d_emb))
        self.K = z.normal(size=(klassen, d_emb))
        self.s, self.m = s, m
        self.norm_x, self.norm_k = Normierung(), Normierung()

    def kosinus(self, x):
        self.x = x
        self.h = np.log1p(np.exp(x @ self.V + self.v0))
        self.ex = self.norm_x.vor(self.h @ self.U)
        self.ek = self.norm_k.vor(self.K)
        return self.ex @ self.ek.T

    def verlust(self, x, klasse):
        cos = self.kosinus(x)
        zeile = np.arange(len(x))
        self.phi = np.arccos(cos[zeile, klasse])
        logits = self.s * cos
        logits[zeile, klasse] = self.s * np.cos(self.phi + self.m)
        logits -= logits.max(axis=1, keepdims=True)
        self.p = np.exp(logits)
        self.p /= self.p.sum(axis=1, keepdims=True)
        return -np.mean(np.log(self.p[zeile, klasse]))

    def ableitung(self, x, klasse):
        self.verlust(x, klasse)
        zeile = np.arange(len(x))
        dlogits = self.p.copy()
        dlogits[zeile, klasse] -= 1
        dlogits /= len(x)
        dcos = self.s * dlogits
        # d cos(phi + m) / d cos(phi)
        dcos[zeile, klasse] *= np.sin(self.phi + self.m) / np.sin(self.phi)
        dex = dcos @ self.ek
        dek = dcos.T @ self.ex
        dK = self.norm_k.rueck(dek)
        demb = self.norm_x.rueck(dex)
        dU = self.h.T @ demb
        dh = demb @ self.U.T
        da = dh * (1 - np.exp(-self.h))
        return self.x.T @ da, da.sum(axis=0), dU, dK


# ---- problem
def problem():
    netz = GesichtsNetz(3, 4, 3, 4, 55)
    z = np.random.default_rng(56)
    x, klasse = z.normal(size=(6, 3)), np.array([0, 1, 2, 3, 1, 0])
    return dict(loss=lambda: netz.verlust(x, klasse), params=(netz.V, netz.v0, netz.U, netz.K),
                grads=lambda: netz.ableitung(x, klasse))


FAULTS = """
missing-term | dcos[zeile, klasse] *= np.sin(self.phi + self.m) / np.sin(self.phi) |
wrong-operand | dcos[zeile, klasse] *= np.sin(self.phi + self.m) / np.sin(self.phi) | dcos[zeile, klasse] *= np.sin(self.phi + self.m)
wrong-activation-derivative | da = dh * (1 - np.exp(-self.h)) | da = dh * (1 - self.h ** 2)
missing-term | dK = self.norm_k.rueck(dek) | dK = dek
wrong-operand | dK = self.norm_k.rueck(dek) | dK = dek / self.norm_k.laenge
scale | dcos = self.s * dlogits | dcos = dlogits
wrong-operand | dek = dcos.T @ self.ex | dek = dcos.T @ (self.h @ self.U)
"""
