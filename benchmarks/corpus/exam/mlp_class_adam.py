import numpy as np


class MLPClassifier:
    """Two hidden layers, swish, label smoothing, Adam."""

    def __init__(self, d, h, k, seed=0, smoothing=0.1, l2=0.05):
        rng = np.random.RandomState(seed)
        self.W1 = rng.randn(d, h) / np.sqrt(d)
        self.b1 = 0.1 * rng.randn(h)
        self.W2 = rng.randn(h, h) / np.sqrt(h)
        self.b2 = 0.1 * rng.randn(h)
        self.W3 = rng.randn(h, k) / np.sqrt(h)
        self.b3 = 0.1 * rng.randn(k)
        self.smoothing = smoothing
        self.l2 = l2
        self.t = 0
        self.moments = {}
        self.grads = {}

    @staticmethod
    def swish(z):
        return z / (1.0 + np.exp(-z))

    @staticmethod
    def swish_prime(z):
        s = 1.0 / (1.0 + np.exp(-z))
        return s + z * s * (1.0 - s)

    @property
    def weights(self):
        return [self.W1, self.W2, self.W3]

    def forward(self, X):
        self.X = X
        self.z1 = X.dot(self.W1) + self.b1
        self.a1 = self.swish(self.z1)
        self.z2 = self.a1.dot(self.W2) + self.b2
        self.a2 = self.swish(self.z2)
        scores = self.a2.dot(self.W3) + self.b3
        scores = scores - scores.max(axis=1)[:, None]
        self.probs = np.exp(scores) / np.exp(scores).sum(axis=1)[:, None]
        return self.probs

    def soft_labels(self, y):
        k = self.b3.shape[0]
        return (1 - self.smoothing) * np.eye(k)[y] + self.smoothing / k

    def loss(self, X, y):
        P = self.forward(X)
        data_loss = -np.sum(self.soft_labels(y) * np.log(P)) / X.shape[0]
        reg_loss = 0.5 * self.l2 * sum((W * W).sum() for W in self.weights)
        return data_loss + reg_loss

    def compute_gradients(self, X, y):
        n = X.shape[0]
        self.forward(X)
        delta3 = (self.probs - self.soft_labels(y)) / n
        self.grads["W3"] = self.a2.T.dot(delta3) + self.l2 * self.W3
        self.grads["b3"] = np.sum(delta3, axis=0)
        delta2 = delta3.dot(self.W3.T) * self.swish_prime(self.z2)
        self.grads["W2"] = self.a1.T.dot(delta2) + self.l2 * self.W2
        self.grads["b2"] = np.sum(delta2, axis=0)
        delta1 = delta2.dot(self.W2.T) * self.swish_prime(self.z1)
        self.grads["W1"] = self.X.T.dot(delta1) + self.l2 * self.W1
        self.grads["b1"] = np.sum(delta1, axis=0)
        return self.grads

    def fit_batch(self, X, y, lr=1e-3, beta1=0.9, beta2=0.999):
        self.compute_gradients(X, y)
        self.t += 1
        for name, g in self.grads.items():
            m, v = self.moments.get(name, (0.0, 0.0))
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
            self.moments[name] = m, v
            m_hat, v_hat = m / (1 - beta1**self.t), v / (1 - beta2**self.t)
            setattr(self, name, getattr(self, name) - lr * m_hat / (np.sqrt(v_hat) + 1e-8))


# ---- problem
def problem():
    net = MLPClassifier(3, 4, 3)
    rng = np.random.RandomState(42)
    X, y = rng.randn(5, 3), np.array([0, 1, 2, 1, 0])
    names = ("W1", "b1", "W2", "b2", "W3", "b3")
    return dict(
        loss=lambda: net.loss(X, y),
        params={name: getattr(net, name) for name in names},
        grads=lambda: net.compute_gradients(X, y),
    )


FAULTS = """
wrong-activation-derivative | return s + z * s * (1.0 - s) | return s * (1.0 - s)
wrong-activation-derivative | return s + z * s * (1.0 - s) | return s + s * (1.0 - s)
activation-derivative-at-wrong-value | delta2 = delta3.dot(self.W3.T) * self.swish_prime(self.z2) | delta2 = delta3.dot(self.W3.T) * self.swish_prime(self.a2)
wrong-operand | delta1 = delta2.dot(self.W2.T) * self.swish_prime(self.z1) | delta1 = delta2.dot(self.W2.T) * self.swish_prime(self.z2)
transpose | delta1 = delta2.dot(self.W2.T) * self.swish_prime(self.z1) | delta1 = delta2.dot(self.W2) * self.swish_prime(self.z1)
missing-activation-derivative | delta1 = delta2.dot(self.W2.T) * self.swish_prime(self.z1) | delta1 = delta2.dot(self.W2.T)
loss-gradient | delta3 = (self.probs - self.soft_labels(y)) / n | delta3 = (self.probs - np.eye(self.probs.shape[1])[y]) / n
scale | delta3 = (self.probs - self.soft_labels(y)) / n | delta3 = self.probs - self.soft_labels(y)
regulariser | self.grads["W1"] = self.X.T.dot(delta1) + self.l2 * self.W1 | self.grads["W1"] = self.X.T.dot(delta1)
wrong-operand | self.grads["W2"] = self.a1.T.dot(delta2) + self.l2 * self.W2 | self.grads["W2"] = self.a2.T.dot(delta2) + self.l2 * self.W2
bias-reduction | self.grads["b2"] = np.sum(delta2, axis=0) | self.grads["b2"] = np.sum(delta2)
bias-reduction | self.grads["b1"] = np.sum(delta1, axis=0) | self.grads["b1"] = np.mean(delta1, axis=0)
"""
