"""REINFORCE with a baseline on a 5-state corridor. Policy: linear softmax over one-hot states.

The surrogate loss is -mean(return * log pi(a|s)); its gradient is written by hand.
"""
import numpy as np

N_STATES, N_ACTIONS = 5, 2
GAMMA = 0.95


class Corridor:
    def __init__(self, rng):
        self.rng = rng

    def reset(self):
        self.s = 2
        self.t = 0
        return self.s

    def step(self, a):
        move = 1 if a == 1 else -1
        if self.rng.random() < 0.1:
            move = -move
        self.s = min(max(self.s + move, 0), N_STATES - 1)
        self.t += 1
        done = self.s in (0, N_STATES - 1) or self.t >= 12
        reward = 1.0 if self.s == N_STATES - 1 else (-0.5 if self.s == 0 else -0.01)
        return self.s, reward, done


def policy(W, s):
    z = W[s] - W[s].max(axis=-1, keepdims=True)
    p = np.exp(z)
    return p / p.sum(axis=-1, keepdims=True)


def rollout(env, W, rng):
    s, done, traj = env.reset(), False, []
    while not done:
        a = int(rng.random() < policy(W, s)[1])
        s2, r, done = env.step(a)
        traj.append((s, a, r))
        s = s2
    G, out = 0.0, []
    for s, a, r in reversed(traj):
        G = r + GAMMA * G
        out.append((s, a, G))
    return out


def surrogate(W, states, actions, adv, entropy_weight=0.02):
    p = policy(W, states)
    n = len(states)
    logp = np.log(p)
    H = -(p * logp).sum(axis=1)
    loss = -(adv * logp[np.arange(n), actions]).mean() - entropy_weight * H.mean()
    onehot = np.eye(N_ACTIONS)[actions]
    dz = (p - onehot) * adv[:, None] / n
    dz += entropy_weight * p * (logp + H[:, None]) / n
    dW = np.zeros_like(W)
    np.add.at(dW, states, dz)
    return loss, dW


rng = np.random.default_rng(13)
env = Corridor(rng)
W = np.zeros((N_STATES, N_ACTIONS))
for update in range(40):
    batch = []
    for _ in range(8):
        batch.extend(rollout(env, W, rng))
    states, actions, returns = (np.array(col) for col in zip(*batch))
    adv = (returns - returns.mean()) / (returns.std() + 1e-8)
    loss, dW = surrogate(W, states, actions, adv)
    W -= 0.5 * dW
    if update % 10 == 0:
        print(f"update {update}: surrogate {loss:+.4f}, mean return {returns.mean():.3f}")

FAULTS = """
wrong-sign | dz += entropy_weight * p * (logp + H[:, None]) / n | dz -= entropy_weight * p * (logp + H[:, None]) / n
missing-factor | dz = (p - onehot) * adv[:, None] / n | dz = (p - onehot) / n
overwritten | np.add.at(dW, states, dz) | dW[states] += dz
missing-term | dz += entropy_weight * p * (logp + H[:, None]) / n | dz += entropy_weight * p * logp / n
wrong-operand | dz = (p - onehot) * adv[:, None] / n | dz = (p - onehot) * returns[:, None] / n
"""
