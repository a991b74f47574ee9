import numpy as np


class VAE:
    def __init__(self, d, h, z, rng):
        def w(a, b):
            return rng.normal(0, 0.6, size=(a, b))

        self.weights = dict(enc=w(d, h), mu=w(h, z), lv=w(h, z), dec=w(z, h), out=w(h, d))
        self.biases = {k: rng.normal(0, 0.2, v.shape[1]) for k, v in self.weights.items()}
        self.beta = 0.7

    def lin(self, name, x):
        return x @ self.weights[name] + self.biases[name]

    def encode(self, x):
        e = np.tanh(self.lin("enc", x))
        return e, self.lin("mu", e), self.lin("lv", e)

    def decode(self, z):
        d = np.tanh(self.lin("dec", z))
        return d, 1 / (1 + np.exp(-self.lin("out", d)))

    def elbo(self, x, noise):
        _, mu, lv = self.encode(x)
        _, y = self.decode(mu + np.exp(lv / 2) * noise)
        rec = -(x * np.log(y) + (1 - x) * np.log(1 - y)).sum(1)
        kl = 0.5 * (np.exp(lv) + mu**2 - 1 - lv).sum(1)
        return np.mean(rec + self.beta * kl)

    def gradients(self, x, noise):
        m = x.shape[0]
        e, mu, lv = self.encode(x)
        std = np.exp(lv / 2)
        z = mu + std * noise
        d, y = self.decode(z)
        dW, db = {}, {}

        def into(name, inputs, delta):
            dW[name] = inputs.T @ delta
            db[name] = delta.sum(0)
            return delta @ self.weights[name].T

        dd = into("out", d, (y - x) / m)
        dz = into("dec", z, dd * (1 - d**2))
        dmu = dz + self.beta * mu / m
        dlv = 0.5 * dz * noise * std + self.beta * 0.5 * (np.exp(lv) - 1) / m
        de = into("mu", e, dmu) + into("lv", e, dlv)
        into("enc", x, de * (1 - e**2))
        return {"weights": dW, "biases": db}


# ---- problem
def problem():
    rng = np.random.default_rng(99)
    vae = VAE(4, 5, 2, rng)
    x, noise = rng.uniform(0.05, 0.95, (6, 4)), rng.normal(size=(6, 2))
    return dict(
        loss=lambda: vae.elbo(x, noise),
        params={"weights": vae.weights, "biases": vae.biases},
        grads=lambda: vae.gradients(x, noise),
    )


FAULTS = """
missing-term | dmu = dz + self.beta * mu / m | dmu = dz
missing-term | dlv = 0.5 * dz * noise * std + self.beta * 0.5 * (np.exp(lv) - 1) / m | dlv = self.beta * 0.5 * (np.exp(lv) - 1) / m
wrong-operand | dlv = 0.5 * dz * noise * std + self.beta * 0.5 * (np.exp(lv) - 1) / m | dlv = 0.5 * dz * std + self.beta * 0.5 * (np.exp(lv) - 1) / m
scale | dlv = 0.5 * dz * noise * std + self.beta * 0.5 * (np.exp(lv) - 1) / m | dlv = dz * noise * std + self.beta * 0.5 * (np.exp(lv) - 1) / m
loss-gradient | dd = into("out", d, (y - x) / m) | dd = into("out", d, (y - x) * y * (1 - y) / m)
sign | dd = into("out", d, (y - x) / m) | dd = into("out", d, (x - y) / m)
missing-activation-derivative | dz = into("dec", z, dd * (1 - d**2)) | dz = into("dec", z, dd)
wrong-operand | dz = into("dec", z, dd * (1 - d**2)) | dz = into("dec", mu, dd * (1 - d**2))
missing-term | de = into("mu", e, dmu) + into("lv", e, dlv) | de = into("mu", e, dmu);;into("lv", e, dlv)
activation-derivative-at-wrong-value | into("enc", x, de * (1 - e**2)) | into("enc", x, de * (1 - np.tanh(e) ** 2))
swapped-gradients | de = into("mu", e, dmu) + into("lv", e, dlv) | de = into("mu", e, dlv) + into("lv", e, dmu)
transpose | dW[name] = inputs.T @ delta | dW[name] = (delta.T @ inputs).reshape(inputs.shape[1], -1)
"""
