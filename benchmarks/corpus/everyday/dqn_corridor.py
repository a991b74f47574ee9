"""Q-learning with a tiny net, replay memory and a target network: a corridor of 7 cells."""
import random
from collections import deque

import numpy as np

random.seed(13)
np.random.seed(13)
N_CELLS, GAMMA, SYNC = 7, 0.9, 50


def one_hot(s):
    v = np.zeros(N_CELLS)
    v[s] = 1
    return v


def env_step(s, a):
    s2 = min(max(s + (1 if a else -1), 0), N_CELLS - 1)
    done = s2 == N_CELLS - 1
    return s2, (1.0 if done else -0.02), done


class QNet:
    def __init__(self):
        self.W1 = np.random.randn(N_CELLS, 12) * 0.4
        self.b1 = np.zeros(12)
        self.W2 = np.random.randn(12, 2) * 0.2
        self.b2 = np.zeros(2)

    def __call__(self, s):
        self.s = s
        self.h = np.tanh(s @ self.W1 + self.b1)
        return self.h @ self.W2 + self.b2

    def copy_from(self, other):
        for n in ("W1", "b1", "W2", "b2"):
            setattr(self, n, getattr(other, n).copy())


online, target = QNet(), QNet()
target.copy_from(online)
memory = deque(maxlen=500)


def learn(batch, lr=0.1):
    s = np.array([one_hot(b[0]) for b in batch])
    a = np.array([b[1] for b in batch])
    r = np.array([b[2] for b in batch])
    s2 = np.array([one_hot(b[3]) for b in batch])
    done = np.array([b[4] for b in batch], dtype=float)

    goal = r + GAMMA * (1 - done) * target(s2).max(axis=1)
    q = online(s)
    rows = np.arange(len(batch))
    td = q[rows, a] - goal
    loss = 0.5 * np.mean(td ** 2)

    dq = np.zeros_like(q)
    dq[rows, a] = td / len(batch)
    dW2 = online.h.T @ dq
    db2 = dq.sum(0)
    dpre = dq @ online.W2.T * (1 - online.h ** 2)
    dW1 = online.s.T @ dpre
    db1 = dpre.sum(0)
    online.W1 -= lr * dW1
    online.b1 -= lr * db1
    online.W2 -= lr * dW2
    online.b2 -= lr * db2
    return loss


steps = 0
for episode in range(60):
    s, done, total, losses = 0, False, 0.0, []
    while not done and len(losses) < 60:
        a = random.randint(0, 1) if random.random() < 0.3 else int(np.argmax(online(one_hot(s))))
        s2, r, done = env_step(s, a)
        memory.append((s, a, r, s2, done))
        s, total, steps = s2, total + r, steps + 1
        if len(memory) >= 32:
            losses.append(learn(random.sample(memory, 32)))
        else:
            losses.append(0.0)
        if steps % SYNC == 0:
            target.copy_from(online)
    if episode % 15 == 14:
        print(f"episode {episode + 1} return {total:.2f} td loss {np.mean(losses):.5f}")

FAULTS = """
missing-activation-derivative | dpre = dq @ online.W2.T * (1 - online.h ** 2) | dpre = dq @ online.W2.T
wrong-sign | dq[rows, a] = td / len(batch) | dq[rows, a] = -td / len(batch)
wrong-index | dq[rows, a] = td / len(batch) | dq[rows, 1 - a] = td / len(batch)
wrong-variable | dW1 = online.s.T @ dpre | dW1 = s2.T @ dpre
missing-factor | dq[rows, a] = td / len(batch) | dq[rows, a] = td
wrong-gradient | online.b1 -= lr * db1 | online.b1 += lr * db1
"""
