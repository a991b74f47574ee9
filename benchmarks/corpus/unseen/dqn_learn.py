import numpy as np


class ReplayBatch:
    def __init__(self, seed=5, size=8, obs=4, actions=3):
        g = np.random.default_rng(seed)
        self.s, self.s2 = g.normal(size=(2, size, obs))
        self.a = g.integers(0, actions, size)
        self.r = g.normal(size=size) * 2
        self.done = g.random(size) < 0.25


class DuelingDQN:
    """Q = V + A - mean(A); Huber loss on the TD error; targets come from a frozen copy."""

    lr = 0.02
    gamma = 0.95

    def __init__(self, obs=4, hidden=5, actions=3):
        g = np.random.default_rng(51)
        self.online = {
            'w': g.normal(size=(obs, hidden)) * 0.6, 'b': g.normal(size=hidden) * 0.2,
            'wv': g.normal(size=(hidden, 1)), 'bv': np.array([0.3]),
            'wa': g.normal(size=(hidden, actions)), 'ba': g.normal(size=actions) * 0.2,
        }
        self.target = {k: v + 0.1 * g.normal(size=v.shape) for k, v in self.online.items()}

    @staticmethod
    def q_values(net, s):
        h = np.tanh(s @ net['w'] + net['b'])
        v = h @ net['wv'] + net['bv']
        adv = h @ net['wa'] + net['ba']
        return h, v + adv - adv.mean(axis=1, keepdims=True)

    def td_error(self, batch):
        h, q = self.q_values(self.online, batch.s)
        _, q2 = self.q_values(self.target, batch.s2)
        y = batch.r + self.gamma * np.where(batch.done, 0, q2.max(axis=1))
        return h, q, q[np.arange(len(y)), batch.a] - y

    def loss(self, batch):
        _, _, e = self.td_error(batch)
        small = np.abs(e) <= 1
        return np.where(small, 0.5 * e**2, np.abs(e) - 0.5).mean()

    def learn(self, batch):
        net = self.online
        h, q, e = self.td_error(batch)
        n = len(e)
        de = np.clip(e, -1, 1) / n
        dq = np.zeros_like(q)
        dq[np.arange(n), batch.a] = de
        dv = dq.sum(axis=1, keepdims=True)
        dadv = dq - dq.mean(axis=1, keepdims=True)
        dh = dv @ net['wv'].T + dadv @ net['wa'].T
        dpre = dh * (1 - h**2)
        net['wv'] -= self.lr * h.T @ dv
        net['bv'] -= self.lr * dv.sum(axis=0)
        net['wa'] -= self.lr * h.T @ dadv
        net['ba'] -= self.lr * dadv.sum(axis=0)
        net['w'] -= self.lr * batch.s.T @ dpre
        net['b'] -= self.lr * dpre.sum(axis=0)


batch = ReplayBatch()
agent = DuelingDQN()


# ---- problem
def problem():
    return dict(
        loss=lambda: agent.loss(batch),
        params=agent.online,
        step=lambda: agent.learn(batch),
        lr=agent.lr,
    )


FAULTS = """
missing-term | dadv = dq - dq.mean(axis=1, keepdims=True) | dadv = dq
loss-gradient | de = np.clip(e, -1, 1) / n | de = e / n
missing-term | dh = dv @ net['wv'].T + dadv @ net['wa'].T | dh = dadv @ net['wa'].T
indexing | dq[np.arange(n), batch.a] = de | dq[np.arange(n), q.argmax(axis=1)] = de
wrong-operand | net['w'] -= self.lr * batch.s.T @ dpre | net['w'] -= self.lr * batch.s2.T @ dpre
sign | net['bv'] -= self.lr * dv.sum(axis=0) | net['bv'] += self.lr * dv.sum(axis=0)
missing-activation-derivative | dpre = dh * (1 - h**2) | dpre = dh
updated-weights-used | dh = dv @ net['wv'].T + dadv @ net['wa'].T;;dpre = dh * (1 - h**2);;net['wv'] -= self.lr * h.T @ dv | net['wv'] -= self.lr * h.T @ dv;;dh = dv @ net['wv'].T + dadv @ net['wa'].T;;dpre = dh * (1 - h**2)
"""
