import numpy as np

np.random.seed(21)
phi = np.random.rand(80) * 2 * np.pi
data = np.stack([np.cos(phi), np.sin(phi), np.cos(phi) * 0.5], 1) + 0.05 * np.random.randn(80, 3)

H, Z = 10, 2


def glorot(i, o):
    return np.random.randn(i, o) * np.sqrt(2 / (i + o))


class VAE:
    def __init__(self):
        self.We, self.be = glorot(3, H), np.zeros(H)
        self.Wmu, self.bmu = glorot(H, Z), np.zeros(Z)
        self.Wlv, self.blv = glorot(H, Z), np.zeros(Z)
        self.Wd, self.bd = glorot(Z, H), np.zeros(H)
        self.Wx, self.bx = glorot(H, 3), np.zeros(3)

    def encode(self, x):
        self.x = x
        self.he = np.tanh(x @ self.We + self.be)
        self.mu = self.he @ self.Wmu + self.bmu
        self.logvar = self.he @ self.Wlv + self.blv

    def sample(self):
        self.eps = np.random.randn(*self.mu.shape)
        self.std = np.exp(0.5 * self.logvar)
        self.z = self.mu + self.std * self.eps

    def decode(self):
        self.hd = np.tanh(self.z @ self.Wd + self.bd)
        self.out = self.hd @ self.Wx + self.bx

    def elbo_loss(self):
        n = len(self.x)
        rec = 0.5 * np.sum((self.out - self.x) ** 2) / n
        kl = -0.5 * np.sum(1 + self.logvar - self.mu ** 2 - np.exp(self.logvar)) / n
        return rec + 0.1 * kl, rec, kl

    def backward(self):
        n = len(self.x)
        dout = (self.out - self.x) / n
        self.dWx = self.hd.T @ dout
        self.dbx = dout.sum(0)
        dhd = dout @ self.Wx.T * (1 - self.hd ** 2)
        self.dWd = self.z.T @ dhd
        self.dbd = dhd.sum(0)
        dz = dhd @ self.Wd.T
        dmu = dz + 0.1 * self.mu / n
        dlogvar = dz * self.eps * 0.5 * self.std
        dlogvar += 0.1 * 0.5 * (np.exp(self.logvar) - 1) / n
        self.dWmu = self.he.T @ dmu
        self.dbmu = dmu.sum(0)
        self.dWlv = self.he.T @ dlogvar
        self.dblv = dlogvar.sum(0)
        dhe = dmu @ self.Wmu.T + dlogvar @ self.Wlv.T
        dhe *= 1 - self.he ** 2
        self.dWe = self.x.T @ dhe
        self.dbe = dhe.sum(0)

    def step(self, lr):
        for name in ['We', 'be', 'Wmu', 'bmu', 'Wlv', 'blv', 'Wd', 'bd', 'Wx', 'bx']:
            p = getattr(self, name)
            setattr(self, name, p - lr * getattr(self, 'd' + name))


vae = VAE()
for epoch in range(60):
    perm = np.random.permutation(len(data))
    for k in range(0, len(data), 20):
        vae.encode(data[perm[k:k + 20]])
        vae.sample()
        vae.decode()
        loss, rec, kl = vae.elbo_loss()
        vae.backward()
        vae.step(0.05)
    if epoch % 20 == 0:
        print('epoch %3d  loss %.4f  rec %.4f  kl %.4f' % (epoch, loss, rec, kl))

FAULTS = """
missing-factor | dlogvar = dz * self.eps * 0.5 * self.std | dlogvar = dz * self.eps * self.std
missing-term | dhe = dmu @ self.Wmu.T + dlogvar @ self.Wlv.T | dhe = dmu @ self.Wmu.T
wrong-sign | dlogvar += 0.1 * 0.5 * (np.exp(self.logvar) - 1) / n | dlogvar -= 0.1 * 0.5 * (np.exp(self.logvar) - 1) / n
missing-factor | dmu = dz + 0.1 * self.mu / n | dmu = dz + self.mu / n
wrong-operand | dlogvar = dz * self.eps * 0.5 * self.std | dlogvar = dz * 0.5 * self.std
pre-for-post | self.dWd = self.z.T @ dhd | self.dWd = self.mu.T @ dhd
"""
