# Tiny VAE in numpy (2D data, 1D latent) — for my reading group.  reparam trick, KL, Adam as class.
import numpy as np

rs = np.random.RandomState(1234)


class Adam:
    def __init__(self, params, lr=0.01, b1=0.9, b2=0.999):
        self.params = params
        self.lr, self.b1, self.b2 = lr, b1, b2
        self.m = {k: 0 for k in params}
        self.v = {k: 0 for k in params}
        self.t = 0

    def step(self, grads):
        self.t += 1
        for k in self.params:
            self.m[k] = self.b1 * self.m[k] + (1 - self.b1) * grads[k]
            self.v[k] = self.b2 * self.v[k] + (1 - self.b2) * grads[k] ** 2
            mh = self.m[k] / (1 - self.b1 ** self.t)
            vh = self.v[k] / (1 - self.b2 ** self.t)
            self.params[k] = self.params[k] - self.lr * mh / (np.sqrt(vh) + 1e-8)


n, h = 128, 10
theta = rs.uniform(-1, 1, n)
data = np.stack([theta, theta ** 2 - 0.3], 1) + 0.05 * rs.randn(n, 2)

w = dict(
    enc_w=rs.randn(2, h) * 0.5, enc_b=np.zeros(h),
    mu_w=rs.randn(h, 1) * 0.3, mu_b=np.zeros(1),
    lv_w=rs.randn(h, 1) * 0.1, lv_b=np.zeros(1) - 1,
    dec_w=rs.randn(1, h) * 0.5, dec_b=np.zeros(h),
    out_w=rs.randn(h, 2) * 0.3, out_b=np.zeros(2),
)
opt = Adam(w)
beta = 0.1

for epoch in range(150):
    idx = rs.permutation(n)
    epoch_loss = 0.0
    for s in range(0, n, 32):
        x = data[idx[s:s + 32]]
        eps = rs.randn(len(x), 1)
        # ---------- forward
        he = np.tanh(x @ w['enc_w'] + w['enc_b'])
        mu = he @ w['mu_w'] + w['mu_b']
        logvar = he @ w['lv_w'] + w['lv_b']
        z = mu + np.exp(0.5 * logvar) * eps
        hd = np.tanh(z @ w['dec_w'] + w['dec_b'])
        xr = hd @ w['out_w'] + w['out_b']
        recon = np.sum((xr - x) ** 2) / len(x)
        kl = -0.5 * np.sum(1 + logvar - mu ** 2 - np.exp(logvar)) / len(x)
        loss = recon + beta * kl
        epoch_loss += loss
        # ---------- backward
        g = {}
        dxr = 2 * (xr - x) / len(x)
        g['out_w'] = hd.T @ dxr
        g['out_b'] = dxr.sum(0)
        dhd = dxr @ w['out_w'].T * (1 - hd ** 2)
        g['dec_w'] = z.T @ dhd
        g['dec_b'] = dhd.sum(0)
        dz = dhd @ w['dec_w'].T
        dmu = dz + beta * mu / len(x)
        dlogvar = dz * eps * 0.5 * np.exp(0.5 * logvar) + beta * 0.5 * (np.exp(logvar) - 1) / len(x)
        g['mu_w'] = he.T @ dmu
        g['mu_b'] = dmu.sum(0)
        g['lv_w'] = he.T @ dlogvar
        g['lv_b'] = dlogvar.sum(0)
        dhe = (dmu @ w['mu_w'].T + dlogvar @ w['lv_w'].T) * (1 - he ** 2)
        g['enc_w'] = x.T @ dhe
        g['enc_b'] = dhe.sum(0)
        opt.step(g)
    if epoch % 50 == 0:
        print('epoch', epoch, 'elbo loss', epoch_loss / (n // 32))

FAULTS = """
missing-factor | dlogvar = dz * eps * 0.5 * np.exp(0.5 * logvar) + beta * 0.5 * (np.exp(logvar) - 1) / len(x) | dlogvar = dz * eps * np.exp(0.5 * logvar) + beta * 0.5 * (np.exp(logvar) - 1) / len(x)
wrong-sign | dlogvar = dz * eps * 0.5 * np.exp(0.5 * logvar) + beta * 0.5 * (np.exp(logvar) - 1) / len(x) | dlogvar = dz * eps * 0.5 * np.exp(0.5 * logvar) + beta * 0.5 * (1 - np.exp(logvar)) / len(x)
missing-term | dmu = dz + beta * mu / len(x) | dmu = dz
missing-term | dhe = (dmu @ w['mu_w'].T + dlogvar @ w['lv_w'].T) * (1 - he ** 2) | dhe = (dmu @ w['mu_w'].T) * (1 - he ** 2)
wrong-variable | g['dec_w'] = z.T @ dhd | g['dec_w'] = mu.T @ dhd
wrong-activation-derivative | dhd = dxr @ w['out_w'].T * (1 - hd ** 2) | dhd = dxr @ w['out_w'].T * (1 - he ** 2)
"""
