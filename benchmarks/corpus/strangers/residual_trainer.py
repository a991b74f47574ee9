"""Train-while-backpropagating: each block of a residual RMSNorm net corrects itself in backward()."""
import numpy as np

EPS = 1e-2


class Block:
    def __init__(self, dim, hidden, rng, eta):
        self.up = rng.normal(size=(dim, hidden)) / np.sqrt(dim)
        self.down = rng.normal(size=(hidden, dim)) / np.sqrt(hidden)
        self.gain = 1 + 0.2 * rng.normal(size=dim)
        self.eta = eta

    def forward(self, x):
        self.x = x
        self.rms = np.sqrt((x ** 2).mean(axis=1, keepdims=True) + EPS)
        self.unit = x / self.rms
        self.normed = self.unit * self.gain
        self.pre = self.normed @ self.up
        self.act = np.exp(-self.pre ** 2)          # gaussian bump
        return x + self.act @ self.down

    def backward(self, error):
        back_act = error @ self.down.T
        step_down = self.act.T @ error
        delta = back_act * -2 * self.pre * self.act
        step_up = self.normed.T @ delta
        back_normed = delta @ self.up.T
        step_gain = (back_normed * self.unit).sum(axis=0)
        back_unit = back_normed * self.gain
        inner = (back_unit * self.unit).mean(axis=1, keepdims=True)
        back_x = (back_unit - self.unit * inner) / self.rms
        self.down -= self.eta * step_down
        self.up -= self.eta * step_up
        self.gain -= self.eta * step_gain
        return error + back_x


class Trainer:
    def __init__(self, rng, eta=0.05):
        self.eta = eta
        self.blocks = [Block(3, 5, rng, eta) for _ in range(2)]
        self.readout = rng.normal(size=3)
        self.x = rng.normal(size=(6, 3))
        self.y = rng.normal(size=6)

    def predict(self):
        a = self.x
        for block in self.blocks:
            a = block.forward(a)
        self.top = a
        return a @ self.readout

    def cost(self):
        return 0.5 * np.mean((self.predict() - self.y) ** 2)

    def train_once(self):
        gap = (self.predict() - self.y) / len(self.y)
        error = np.outer(gap, self.readout)
        self.readout -= self.eta * (self.top.T @ gap)
        for block in reversed(self.blocks):
            error = block.backward(error)


# ---- problem
def problem():
    t = Trainer(np.random.default_rng(321))
    params = {'readout': t.readout}
    for i, b in enumerate(t.blocks):
        params[f'block{i}'] = dict(up=b.up, down=b.down, gain=b.gain)
    return dict(loss=t.cost, params=params, step=t.train_once, lr=t.eta)


FAULTS = """
updated-weights-used | error = np.outer(gap, self.readout);;self.readout -= self.eta * (self.top.T @ gap) | self.readout -= self.eta * (self.top.T @ gap);;error = np.outer(gap, self.readout)
missing-term | return error + back_x | return back_x
normalisation | back_x = (back_unit - self.unit * inner) / self.rms | back_x = back_unit / self.rms
normalisation | inner = (back_unit * self.unit).mean(axis=1, keepdims=True) | inner = (back_unit * self.unit).mean(axis=0, keepdims=True)
activation-derivative-at-wrong-value | delta = back_act * -2 * self.pre * self.act | delta = back_act * -2 * self.act * self.act
raw-error-propagated | back_normed = delta @ self.up.T | back_normed = back_act @ self.up.T
wrong-operand | step_up = self.normed.T @ delta | step_up = self.x.T @ delta
wrong-operand | step_gain = (back_normed * self.unit).sum(axis=0) | step_gain = (back_normed * self.normed).sum(axis=0)
scale | gap = (self.predict() - self.y) / len(self.y) | gap = self.predict() - self.y
"""
