import numpy as np

# toy GAN: the generator is affine (scale, shift), D is a small tanh net. non-saturating loss

np.random.seed(5)


def sig(x):
    return 1. / (1. + np.exp(-x))


class Discriminator:
    def __init__(self, h=6):
        self.w1 = np.random.randn(1, h) * 0.5
        self.b1 = np.zeros(h)
        self.w2 = np.random.randn(h, 1) * 0.5
        self.b2 = np.zeros(1)

    def forward(self, x):
        self.x = x
        self.h = np.tanh(x @ self.w1 + self.b1)
        self.p = sig(self.h @ self.w2 + self.b2)
        return self.p

    def backward(self, ds):
        """ds: d loss / d logit"""
        self.gw2 = self.h.T @ ds
        self.gb2 = ds.sum(0)
        dh = (ds @ self.w2.T) * (1 - self.h ** 2)
        self.gw1 = self.x.T @ dh
        self.gb1 = dh.sum(0)
        return dh @ self.w1.T


class Generator:
    def __init__(self):
        self.s = np.ones((1, 1))
        self.m = np.zeros(1)

    def forward(self, z):
        self.z = z
        return z @ self.s + self.m

    def backward(self, dx):
        self.gs = self.z.T @ dx
        self.gm = dx.sum(0)


D, G = Discriminator(), Generator()
n = 32
lrd, lrg = 0.1, 0.05

for step in range(200):
    real = 3 + 0.7 * np.random.randn(n, 1)
    z = np.random.randn(n, 1)
    fake = G.forward(z)

    # --- train D
    x = np.vstack([real, fake])
    t = np.vstack([np.ones((n, 1)), np.zeros((n, 1))])
    p = D.forward(x)
    loss_d = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
    D.backward((p - t) / (2 * n))
    D.w1 -= lrd * D.gw1
    D.b1 -= lrd * D.gb1
    D.w2 -= lrd * D.gw2
    D.b2 -= lrd * D.gb2

    # --- train G
    p = D.forward(fake)
    loss_g = -np.mean(np.log(p))
    dx = D.backward((p - 1) / n)
    G.backward(dx)
    G.s -= lrg * G.gs
    G.m -= lrg * G.gm

    if step % 50 == 0:
        print(step, 'D', round(loss_d, 4), 'G', round(loss_g, 4), 'mean', fake.mean().round(3))

FAULTS = """
normalisation | D.backward((p - t) / (2 * n)) | D.backward((p - t) / n)
wrong-sign | dx = D.backward((p - 1) / n) | dx = D.backward((1 - p) / n)
wrong-activation-derivative | dh = (ds @ self.w2.T) * (1 - self.h ** 2) | dh = (ds @ self.w2.T) * self.h * (1 - self.h)
wrong-operand | self.gs = self.z.T @ dx | self.gs = dx.T @ dx
forgotten-update | D.b1 -= lrd * D.gb1 | D.b1 -= 0
"""
