"""Delivery times: three quantiles at once (pinball loss, slightly smoothed), RMSprop."""
import numpy as np

TAUS = np.array([0.1, 0.5, 0.9])
KAPPA = 0.05


def smooth_pinball(err, tau):
    """tau * err + kappa * log(1 + exp(-err / kappa)), err = y - prediction (Zheng 2011)"""
    return tau * err + KAPPA * np.logaddexp(0, -err / KAPPA)


def smooth_pinball_prime(err, tau):
    return tau - 1 / (1 + np.exp(err / KAPPA))


class QuantileNet:
    def __init__(self, inputs, hidden, rng):
        self.weights = {"in": rng.normal(0, 0.6, (inputs, hidden)), "out": rng.normal(0, 0.6, (hidden, len(TAUS)))}
        self.offsets = {"in": np.zeros(hidden), "out": np.zeros(len(TAUS))}

    def __call__(self, x):
        self.x = x
        self.pre = x @ self.weights["in"] + self.offsets["in"]
        self.act = np.arctan(self.pre)
        return self.act @ self.weights["out"] + self.offsets["out"]

    def pullback(self, dq):
        dw, do = {}, {}
        dw["out"] = self.act.T @ dq
        do["out"] = dq.sum(axis=0)
        dpre = dq @ self.weights["out"].T / (1 + self.pre ** 2)
        dw["in"] = self.x.T @ dpre
        do["in"] = dpre.sum(axis=0)
        return dw, do


class RMSprop:
    def __init__(self, lr, rho=0.9):
        self.lr, self.rho, self.cache = lr, rho, {}

    def apply(self, tag, values, grads):
        for key in values:
            c = self.cache.get((tag, key), 0.0)
            c = self.rho * c + (1 - self.rho) * grads[key] ** 2
            self.cache[tag, key] = c
            values[key] -= self.lr * grads[key] / (np.sqrt(c) + 1e-6)


def run():
    rng = np.random.default_rng(77)
    x = rng.uniform(-1, 1, (70, 2))
    y = x[:, :1] ** 2 + 0.3 * rng.gamma(2.0, 0.5, (70, 1))
    net, opt = QuantileNet(2, 6, rng), RMSprop(0.01)
    for epoch in range(150):
        q = net(x)
        err = y - q
        loss = smooth_pinball(err, TAUS).sum(axis=1).mean()
        dq = -smooth_pinball_prime(err, TAUS) / len(x)
        dw, do = net.pullback(dq)
        opt.apply("w", net.weights, dw)
        opt.apply("o", net.offsets, do)
        if epoch % 50 == 0:
            cover = (y < q).mean(axis=0)
            print(f"{epoch:4d} loss {loss:.4f} coverage {cover}")
    return net


if __name__ == "__main__":
    run()

FAULTS = """
wrong-sign | dq = -smooth_pinball_prime(err, TAUS) / len(x) | dq = smooth_pinball_prime(err, TAUS) / len(x)
wrong-sign | return tau - 1 / (1 + np.exp(err / KAPPA)) | return tau - 1 / (1 + np.exp(-err / KAPPA))
normalisation | do["out"] = dq.sum(axis=0) | do["out"] = dq.mean(axis=0)
pre-for-post | dpre = dq @ self.weights["out"].T / (1 + self.pre ** 2) | dpre = dq @ self.weights["out"].T / (1 + self.act ** 2)
wrong-operand | dw["out"] = self.act.T @ dq | dw["out"] = self.pre.T @ dq
"""
