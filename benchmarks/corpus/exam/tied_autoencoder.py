import numpy as np

# denoising autoencoder, decoder uses the transposed encoder weights


class TiedAutoencoder:
    def __init__(self, visible, hidden, rho=0.2, beta=0.3, rng=None):
        rng = rng or np.random.default_rng(0)
        r = np.sqrt(6) / np.sqrt(visible + hidden + 1)
        self._theta = {
            "W": rng.uniform(-r, r, (visible, hidden)),
            "b_hid": rng.uniform(-0.3, 0.3, hidden),
            "b_vis": rng.uniform(-0.3, 0.3, visible),
        }
        self.rho, self.beta = rho, beta

    W = property(lambda self: self._theta["W"])
    b_hid = property(lambda self: self._theta["b_hid"])
    b_vis = property(lambda self: self._theta["b_vis"])

    def encode(self, v):
        return 1 / (1 + np.exp(-(v @ self.W + self.b_hid)))

    def decode(self, h):
        return h @ self.W.T + self.b_vis

    def objective(self, noisy, clean):
        h = self.encode(noisy)
        rho_hat = h.mean(axis=0)
        kl = self.rho * np.log(self.rho / rho_hat)
        kl = kl + (1 - self.rho) * np.log((1 - self.rho) / (1 - rho_hat))
        return 0.5 * np.sum((self.decode(h) - clean) ** 2) / len(clean) + self.beta * kl.sum()

    def gradient(self, noisy, clean):
        n = len(clean)
        h = self.encode(noisy)
        rho_hat = h.mean(axis=0)
        d_recon = (self.decode(h) - clean) / n
        sparsity = self.beta * (-self.rho / rho_hat + (1 - self.rho) / (1 - rho_hat)) / n
        d_h = d_recon @ self.W + sparsity
        d_pre = d_h * h * (1 - h)
        dW = noisy.T @ d_pre
        dW = dW + d_recon.T @ h
        return {"W": dW, "b_hid": d_pre.sum(axis=0), "b_vis": d_recon.sum(axis=0)}


# ---- problem
def problem():
    rng = np.random.default_rng(21)
    model = TiedAutoencoder(4, 4, rng=rng)
    clean = rng.normal(size=(5, 4))
    noisy = clean * (rng.random((5, 4)) > 0.2)
    return dict(
        loss=lambda: model.objective(noisy, clean),
        params=model._theta,
        grads=lambda: model.gradient(noisy, clean),
    )


FAULTS = """
missing-term | dW = dW + d_recon.T @ h |
accumulation | dW = dW + d_recon.T @ h | dW = d_recon.T @ h
transpose | dW = dW + d_recon.T @ h | dW = dW + h.T @ d_recon
wrong-operand | dW = noisy.T @ d_pre | dW = clean.T @ d_pre
transpose | d_h = d_recon @ self.W + sparsity | d_h = d_recon @ self.W.T + sparsity
regulariser | d_h = d_recon @ self.W + sparsity | d_h = d_recon @ self.W
regulariser | sparsity = self.beta * (-self.rho / rho_hat + (1 - self.rho) / (1 - rho_hat)) / n | sparsity = self.beta * (-self.rho / rho_hat + (1 - self.rho) / (1 - rho_hat))
missing-activation-derivative | d_pre = d_h * h * (1 - h) | d_pre = d_h
swapped-gradients | return {"W": dW, "b_hid": d_pre.sum(axis=0), "b_vis": d_recon.sum(axis=0)} | return {"W": dW, "b_vis": d_pre.sum(axis=0), "b_hid": d_recon.sum(axis=0)}
bias-reduction | "b_vis": d_recon.sum(axis=0)} | "b_vis": d_recon.mean(axis=0)}
"""
