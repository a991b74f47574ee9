import numpy as np

# denoising autoencoder, tied weights, float32 throughout

rng = np.random.default_rng()          # no seed: every run is another one

n, d, h = 64, 10, 4
latent = rng.normal(size=(n, 3))
clean = (1 / (1 + np.exp(-latent @ rng.normal(size=(3, d))))).astype(np.float32)


class TiedAE:
    def __init__(self):
        self.W = (rng.normal(size=(d, h)) * 0.3).astype(np.float32)
        self.c = np.zeros(h, dtype=np.float32)
        self.b = np.zeros(d, dtype=np.float32)

    @property
    def params(self):
        return [self.W, self.c, self.b]

    def cost_and_grad(self, noisy, target):
        code = np.tanh(noisy @ self.W + self.c)
        recon = code @ self.W.T + self.b
        diff = recon - target
        cost = (diff ** 2).sum(axis=1).mean()
        g = 2 * diff / np.float32(len(target))
        g_b = g.sum(axis=0)
        g_code = (g @ self.W) * (1 - code ** 2)
        g_c = g_code.sum(axis=0)
        g_W = noisy.T @ g_code
        g_W += g.T @ code
        return cost, [g_W, g_c, g_b]


model = TiedAE()
lr = np.float32(0.05)
cost_log = []
for epoch in range(80):
    noise = rng.normal(scale=0.1, size=clean.shape).astype(np.float32)
    cost, grads = model.cost_and_grad(clean + noise, clean)
    for p, g in zip(model.params, grads):
        p -= lr * g
    cost_log.append(float(cost))

print("first %.4f last %.4f" % (cost_log[0], cost_log[-1]))

FAULTS = """
missing-term | g_W += g.T @ code | pass
overwritten | g_W += g.T @ code | g_W = g.T @ code
wrong-operand | g_W = noisy.T @ g_code | g_W = target.T @ g_code
normalisation | g_b = g.sum(axis=0) | g_b = g.mean(axis=0)
missing-factor | g_code = (g @ self.W) * (1 - code ** 2) | g_code = g @ self.W
"""
