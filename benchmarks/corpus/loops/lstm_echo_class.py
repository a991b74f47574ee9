import numpy as np


class LSTM:
    """Single layer LSTM + linear readout at each step, squared error. Sequence to sequence."""

    def __init__(self, n_in, n_hid, n_out, seed=0):
        rng = np.random.RandomState(seed)
        k = n_in + n_hid
        self.params = {g: rng.uniform(-0.4, 0.4, (n_hid, k)) for g in ("Wf", "Wi", "Wo", "Wc")}
        for g in ("bf", "bi", "bo", "bc"):
            self.params[g] = np.zeros((n_hid, 1))
        self.params["bf"] += 1.0
        self.params["Wy"] = rng.uniform(-0.4, 0.4, (n_out, n_hid))
        self.params["by"] = np.zeros((n_out, 1))
        self.n_hid = n_hid

    @staticmethod
    def _sigmoid(v):
        return 1 / (1 + np.exp(-v))

    def step(self, x, h, c):
        p = self.params
        v = np.vstack((x, h))
        f = self._sigmoid(p["Wf"] @ v + p["bf"])
        i = self._sigmoid(p["Wi"] @ v + p["bi"])
        o = self._sigmoid(p["Wo"] @ v + p["bo"])
        g = np.tanh(p["Wc"] @ v + p["bc"])
        c_new = f * c + i * g
        h_new = o * np.tanh(c_new)
        return h_new, c_new, (v, f, i, o, g, c, c_new, h_new)

    def loss_and_grads(self, xs, ys):
        p = self.params
        h, c = np.zeros((self.n_hid, 1)), np.zeros((self.n_hid, 1))
        caches, errs, loss = [], [], 0.0
        for x, y in zip(xs, ys):
            h, c, cache = self.step(x, h, c)
            caches.append(cache)
            e = p["Wy"] @ h + p["by"] - y
            errs.append(e)
            loss += 0.5 * float(np.sum(e * e))
        grads = {k: np.zeros_like(w) for k, w in p.items()}
        dh_next, dc_next = np.zeros_like(h), np.zeros_like(c)
        for t in reversed(range(len(xs))):
            v, f, i, o, g, c_prev, c, h = caches[t]
            e = errs[t]
            grads["Wy"] += e @ h.T
            grads["by"] += e
            dh = p["Wy"].T @ e + dh_next
            tc = np.tanh(c)
            do = dh * tc * o * (1 - o)
            dc = dh * o * (1 - tc ** 2) + dc_next
            df = dc * c_prev * f * (1 - f)
            di = dc * g * i * (1 - i)
            dg = dc * i * (1 - g ** 2)
            dv = np.zeros_like(v)
            for name, d in zip("fioc", (df, di, do, dg)):
                grads["W" + name] += d @ v.T
                grads["b" + name] += d
                dv += p["W" + name].T @ d
            dh_next = dv[-self.n_hid:]
            dc_next = dc * f
        return loss, grads


def make_sequence(rng, T=12):
    x = rng.choice([-1.0, 1.0], size=T)
    y = np.concatenate([[0, 0], x[:-2]])    # echo after two steps
    return [np.array([[v]]) for v in x], [np.array([[v]]) for v in y]


def main():
    rng = np.random.RandomState(42)
    net = LSTM(1, 8, 1)
    memory = {k: np.zeros_like(v) for k, v in net.params.items()}
    smooth = None
    for n in range(150):
        xs, ys = make_sequence(rng)
        loss, grads = net.loss_and_grads(xs, ys)
        for k in grads:
            np.clip(grads[k], -5, 5, out=grads[k])
        for k, w in net.params.items():
            memory[k] += grads[k] ** 2
            w -= 0.1 * grads[k] / np.sqrt(memory[k] + 1e-8)
        smooth = loss if smooth is None else 0.95 * smooth + 0.05 * loss
        if n % 50 == 0:
            print(n, smooth)


if __name__ == "__main__":
    main()

FAULTS = """
missing-term | dc = dh * o * (1 - tc ** 2) + dc_next | dc = dh * o * (1 - tc ** 2)
stale-value | df = dc * c_prev * f * (1 - f) | df = dc * c * f * (1 - f)
missing-factor | dc_next = dc * f | dc_next = dc
overwritten | grads["by"] += e | grads["by"] = e
wrong-activation-derivative | dg = dc * i * (1 - g ** 2) | dg = dc * i * g * (1 - g)
wrong-index | dh_next = dv[-self.n_hid:] | dh_next = dv[:self.n_hid]
"""
