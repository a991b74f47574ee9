import numpy as np


class FocalNet:
    """Binary detector with focal loss; everything is a property of the current weights."""

    gamma, alpha = 2.0, 0.25

    def __init__(self, X, y, hidden=4):
        r = np.random.RandomState(321)
        self.X, self.y = X, y
        self.W = r.randn(X.shape[1], hidden)
        self.c = 0.3 * r.randn(hidden)
        self.u = r.randn(hidden)
        self.k = np.array(0.1)

    @property
    def pre(self):
        return self.X @ self.W + self.c

    @property
    def hidden(self):
        return np.arctan(self.pre)

    @property
    def p(self):
        return 1 / (1 + np.exp(-(self.hidden @ self.u + self.k)))

    @property
    def pt(self):
        return np.where(self.y == 1, self.p, 1 - self.p)

    @property
    def at(self):
        return np.where(self.y == 1, self.alpha, 1 - self.alpha)

    @property
    def loss(self):
        return float(-np.mean(self.at * (1 - self.pt) ** self.gamma * np.log(self.pt)))

    # derivatives
    @property
    def d_pt(self):
        pt, g = self.pt, self.gamma
        return self.at / len(pt) * (g * (1 - pt) ** (g - 1) * np.log(pt) - (1 - pt) ** g / pt)

    @property
    def d_score(self):
        sign = np.where(self.y == 1, 1, -1)
        return self.d_pt * sign * self.p * (1 - self.p)

    @property
    def d_pre(self):
        return np.outer(self.d_score, self.u) / (1 + self.pre**2)

    @property
    def gradient(self):
        return {
            'W': self.X.T @ self.d_pre,
            'c': self.d_pre.sum(0),
            'u': self.hidden.T @ self.d_score,
            'k': np.array(self.d_score.sum()),
        }


r = np.random.RandomState(7)
net = FocalNet(r.randn(9, 3), np.array([1, 0, 0, 1, 0, 1, 0, 0, 1]))


# ---- problem
def problem():
    return dict(
        loss=lambda: net.loss,
        params=dict(W=net.W, c=net.c, u=net.u, k=net.k),
        grads=lambda: net.gradient,
    )


FAULTS = """
loss-gradient | (g * (1 - pt) ** (g - 1) * np.log(pt) - (1 - pt) ** g / pt) | (-((1 - pt) ** g) / pt)
loss-gradient | (g * (1 - pt) ** (g - 1) * np.log(pt) - | (-g * (1 - pt) ** (g - 1) * np.log(pt) -
loss-gradient | return self.d_pt * sign * self.p * (1 - self.p) | return self.d_pt * self.p * (1 - self.p)
activation-derivative-at-wrong-value | / (1 + self.pre**2) | / (1 + self.hidden**2)
wrong-activation-derivative | / (1 + self.pre**2) | / (1 + self.pre) ** 2
wrong-operand | 'u': self.hidden.T @ self.d_score, | 'u': self.pre.T @ self.d_score,
bias-reduction | 'c': self.d_pre.sum(0), | 'c': self.d_pre.sum(),
missing-activation-derivative | return np.outer(self.d_score, self.u) / (1 + self.pre**2) | return np.outer(self.d_score, self.u)
"""
