import numpy as np

# GRU regression on a fake temperature series, RMSProp + gradient norm clipping.
# All gates stacked in one matrix per input: order is [z | r | n]

def sigmoid(x): return 1 / (1 + np.exp(-x))


class GRU:
    def __init__(self, n_x, n_h, seed=0):
        r = np.random.RandomState(seed)
        self.n_h = n_h
        self.theta = {
            'Wx': r.randn(n_x, 3 * n_h) / np.sqrt(n_x + n_h),
            'Wh': r.randn(n_h, 3 * n_h) / np.sqrt(n_h),
            'b': np.zeros(3 * n_h),
            'V': r.randn(n_h, 1) / np.sqrt(n_h),
            'c': np.zeros(1),
        }

    def step_forward(self, x, h):
        H = self.n_h
        th = self.theta
        gx = x @ th['Wx'] + th['b']
        gh = h @ th['Wh']
        z = sigmoid(gx[:, :H] + gh[:, :H])
        r = sigmoid(gx[:, H:2*H] + gh[:, H:2*H])
        n = np.tanh(gx[:, 2*H:] + r * gh[:, 2*H:])
        h_new = (1 - z) * n + z * h
        return h_new, (x, h, z, r, n, gh[:, 2*H:])

    def forward(self, X):
        h = np.zeros((X.shape[0], self.n_h))
        self.tape = []
        for t in range(X.shape[1]):
            h, memo = self.step_forward(X[:, t], h)
            self.tape.append(memo)
        self.h_last = h
        return h @ self.theta['V'] + self.theta['c']

    def backward(self, dy):
        th = self.theta
        grads = {k: np.zeros_like(v) for k, v in th.items()}
        grads['V'] = self.h_last.T @ dy
        grads['c'] = dy.sum(axis=0)
        dh = dy @ th['V'].T
        for x, h, z, r, n, ghn in reversed(self.tape):
            dn = dh * (1 - z) * (1 - n ** 2)
            dz = dh * (h - n) * z * (1 - z)
            dr = dn * ghn * r * (1 - r)
            dgx = np.concatenate([dz, dr, dn], axis=1)
            dgh = np.concatenate([dz, dr, dn * r], axis=1)
            grads['Wx'] += x.T @ dgx
            grads['Wh'] += h.T @ dgh
            grads['b'] += dgx.sum(axis=0)
            dh = dh * z + dgh @ th['Wh'].T
        return grads


def clip_by_norm(grads, max_norm):
    norm = np.sqrt(sum(np.sum(g ** 2) for g in grads.values()))
    if norm > max_norm:
        for k in grads:
            grads[k] *= max_norm / norm
    return norm


class RMSProp:
    def __init__(self, lr=5e-3, rho=0.9, eps=1e-6):
        self.lr, self.rho, self.eps, self.cache = lr, rho, eps, {}

    def update(self, theta, grads):
        for k, g in grads.items():
            s = self.rho * self.cache.get(k, 0.0) + (1 - self.rho) * g * g
            self.cache[k] = s
            theta[k] -= self.lr * g / (np.sqrt(s) + self.eps)


day = np.arange(260)
temp = 10 * np.sin(2 * np.pi * day / 52) + np.random.RandomState(1).randn(260) * 2
temp = (temp - temp.mean()) / temp.std()
WINDOW = 7
Xs = np.array([temp[i:i + WINDOW] for i in range(len(temp) - WINDOW)])[:, :, None]
Ys = temp[WINDOW:, None]

net, opt = GRU(1, 8), RMSProp()
shuffle = np.random.RandomState(2)
for epoch in range(12):
    perm = shuffle.permutation(len(Xs) - 50)
    losses, norms = [], []
    for k in range(0, len(perm), 40):
        xb, yb = Xs[perm[k:k + 40]], Ys[perm[k:k + 40]]
        pred = net.forward(xb)
        losses.append(((pred - yb) ** 2).mean())
        grads = net.backward(2 * (pred - yb) / len(yb))
        norms.append(clip_by_norm(grads, 5.0))
        opt.update(net.theta, grads)
    if epoch % 4 == 3:
        print(f'epoch {epoch:02d}  train mse {np.mean(losses):.4f}  |g| {np.mean(norms):.2f}')
print('test mse', ((net.forward(Xs[-50:]) - Ys[-50:]) ** 2).mean())

FAULTS = """
wrong-sign | dz = dh * (h - n) * z * (1 - z) | dz = dh * (n - h) * z * (1 - z)
missing-term | dh = dh * z + dgh @ th['Wh'].T | dh = dgh @ th['Wh'].T
missing-factor | dgh = np.concatenate([dz, dr, dn * r], axis=1) | dgh = np.concatenate([dz, dr, dn], axis=1)
missing-activation-derivative | dr = dn * ghn * r * (1 - r) | dr = dn * ghn
wrong-variable | grads['b'] += dgx.sum(axis=0) | grads['b'] += dgh.sum(axis=0)
wrong-order | dgx = np.concatenate([dz, dr, dn], axis=1) | dgx = np.concatenate([dr, dz, dn], axis=1)
"""
