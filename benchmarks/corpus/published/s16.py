import numpy as np
# Variational autoencoder, numpy only. 2 latent dims, Bernoulli decoder

class VAE:
    def __init__(self, d, h, z, seed=0):
        self.rng = np.random.default_rng(seed)
        g = lambda i, o: self.rng.normal(0, 1 / np.sqrt(i), (i, o))
        self.p = {'We': g(d, h), 'be': np.zeros(h), 'Wm': g(h, z), 'bm': np.zeros(z),
                  'Wv': g(h, z) * .1, 'bv': np.zeros(z), 'Wd': g(z, h), 'bd': np.zeros(h),
                  'Wo': g(h, d), 'bo': np.zeros(d)}

    def forward(self, x, eps):
        p = self.p
        self.x, self.eps = x, eps
        self.h1 = np.tanh(x @ p['We'] + p['be'])
        self.mu = self.h1 @ p['Wm'] + p['bm']
        self.lv = self.h1 @ p['Wv'] + p['bv']
        self.std = np.exp(.5 * self.lv)
        self.z = self.mu + self.std * eps
        self.h2 = np.tanh(self.z @ p['Wd'] + p['bd'])
        logits = self.h2 @ p['Wo'] + p['bo']
        self.xr = 1 / (1 + np.exp(-logits))
        rec = np.sum(np.logaddexp(0, logits) - x * logits)
        kl = -.5 * np.sum(1 + self.lv - self.mu ** 2 - np.exp(self.lv))
        return (rec + kl) / len(x)

    def backward(self):
        p, n = self.p, len(self.x)
        g = {}
        dlog = (self.xr - self.x) / n
        g['Wo'] = self.h2.T @ dlog
        g['bo'] = dlog.sum(0)
        da2 = (dlog @ p['Wo'].T) * (1 - self.h2 ** 2)
        g['Wd'] = self.z.T @ da2
        g['bd'] = da2.sum(0)
        dz = da2 @ p['Wd'].T
        dmu = dz + self.mu / n
        dlv = dz * self.eps * .5 * self.std + .5 * (np.exp(self.lv) - 1) / n
        g['Wm'] = self.h1.T @ dmu
        g['bm'] = dmu.sum(0)
        g['Wv'] = self.h1.T @ dlv
        g['bv'] = dlv.sum(0)
        da1 = (dmu @ p['Wm'].T + dlv @ p['Wv'].T) * (1 - self.h1 ** 2)
        g['We'] = self.x.T @ da1
        g['be'] = da1.sum(0)
        return g


rng = np.random.default_rng(3)
base = rng.random((4, 16)) > .5
data = np.where(rng.random((256, 16)) < .05, ~base[rng.integers(0, 4, 256)], base[rng.integers(0, 4, 256)]).astype(float)
vae = VAE(16, 20, 2)
cache = {k: np.zeros_like(v) for k, v in vae.p.items()}
for epoch in range(20):
    tot = 0
    for batch in np.array_split(rng.permutation(256), 8):
        eps = rng.standard_normal((len(batch), 2))
        loss = vae.forward(data[batch], eps)
        grads = vae.backward()
        for k in vae.p:     # RMSProp
            cache[k] = .9 * cache[k] + .1 * grads[k] ** 2
            vae.p[k] -= .005 * grads[k] / (np.sqrt(cache[k]) + 1e-6)
        tot += loss
    if epoch % 5 == 0:
        print('epoch', epoch, 'negative ELBO', tot / 8)

FAULTS = """
KL-term-of-mu-forgotten | dmu = dz + self.mu / n | dmu = dz
0.5-missing-from-std-derivative | dlv = dz * self.eps * .5 * self.std + .5 * (np.exp(self.lv) - 1) / n | dlv = dz * self.eps * self.std + .5 * (np.exp(self.lv) - 1) / n
branch-through-logvar-forgotten | da1 = (dmu @ p['Wm'].T + dlv @ p['Wv'].T) * (1 - self.h1 ** 2) | da1 = (dmu @ p['Wm'].T) * (1 - self.h1 ** 2)
h2-cache-instead-of-h1 | da1 = (dmu @ p['Wm'].T + dlv @ p['Wv'].T) * (1 - self.h1 ** 2) | da1 = (dmu @ p['Wm'].T + dlv @ p['Wv'].T) * (1 - self.h2 ** 2)
KL-not-divided-by-n | dlv = dz * self.eps * .5 * self.std + .5 * (np.exp(self.lv) - 1) / n | dlv = dz * self.eps * .5 * self.std + .5 * (np.exp(self.lv) - 1)
"""
