import numpy as np


class RNN:
    def __init__(self, nx, nh, ny, seed=0):
        r = np.random.default_rng(seed)
        self.Wxh = r.standard_normal((nh, nx)) * 0.5
        self.Whh = r.standard_normal((nh, nh)) * 0.5
        self.Why = r.standard_normal((ny, nh)) * 0.5
        self.bh = r.standard_normal((nh, 1)) * 0.1
        self.by = r.standard_normal((ny, 1)) * 0.1

    def loss_fun(self, inputs, targets, h0):
        xs, hs, ps = {}, {-1: h0}, {}
        loss = 0
        for t in range(len(inputs)):
            xs[t] = np.zeros((self.Wxh.shape[1], 1))
            xs[t][inputs[t]] = 1
            hs[t] = np.tanh(self.Wxh @ xs[t] + self.Whh @ hs[t - 1] + self.bh)
            y = self.Why @ hs[t] + self.by
            ps[t] = np.exp(y) / np.sum(np.exp(y))
            loss += -np.log(ps[t][targets[t], 0])
        dWxh, dWhh, dWhy = (np.zeros_like(w) for w in (self.Wxh, self.Whh, self.Why))
        dbh, dby = np.zeros_like(self.bh), np.zeros_like(self.by)
        dhnext = np.zeros_like(h0)
        for t in reversed(range(len(inputs))):
            dy = np.copy(ps[t])
            dy[targets[t]] -= 1
            dWhy += dy @ hs[t].T
            dby += dy
            dh = self.Why.T @ dy + dhnext
            draw = (1 - hs[t] * hs[t]) * dh
            dbh += draw
            dWxh += draw @ xs[t].T
            dWhh += draw @ hs[t - 1].T
            dhnext = self.Whh.T @ draw
        return loss, dict(Wxh=dWxh, Whh=dWhh, Why=dWhy, bh=dbh, by=dby)


# ---- problem
def problem():
    net = RNN(5, 4, 5)
    inputs, targets = [0, 3, 1, 4], [3, 1, 4, 2]
    h0 = np.full((4, 1), 0.1)
    params = {k: getattr(net, k) for k in ("Wxh", "Whh", "Why", "bh", "by")}
    return dict(
        loss=lambda: net.loss_fun(inputs, targets, h0)[0],
        params=params,
        grads=lambda: net.loss_fun(inputs, targets, h0)[1],
    )


FAULTS = """
recurrence | dh = self.Why.T @ dy + dhnext | dh = self.Why.T @ dy
recurrence | dhnext = self.Whh.T @ draw | dhnext = self.Whh.T @ dh
wrong-operand | dWhh += draw @ hs[t - 1].T | dWhh += draw @ hs[t].T
transpose | dhnext = self.Whh.T @ draw | dhnext = self.Whh @ draw
missing-activation-derivative | draw = (1 - hs[t] * hs[t]) * dh | draw = dh
wrong-activation-derivative | draw = (1 - hs[t] * hs[t]) * dh | draw = hs[t] * (1 - hs[t]) * dh
accumulation | dby += dy | dby = dy
accumulation | dWxh += draw @ xs[t].T | dWxh = draw @ xs[t].T
sign | dy[targets[t]] -= 1 | dy[targets[t]] += 1
recurrence | for t in reversed(range(len(inputs))): | for t in range(len(inputs)):
"""
