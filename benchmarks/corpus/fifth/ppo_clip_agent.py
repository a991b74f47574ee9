"""PPO update of a discrete policy: clipped surrogate + value loss - entropy bonus, shared trunk."""
import numpy as np


class Agent:
    def __init__(self, rng, obs, hidden, actions):
        self.trunk = {"w": rng.normal(size=(obs, hidden)) * 0.7, "b": rng.normal(size=hidden) * 0.1}
        self.actor = {"w": rng.normal(size=(hidden, actions)), "b": rng.normal(size=actions) * 0.1}
        self.critic = {"w": rng.normal(size=(hidden, 1)), "b": np.zeros(1)}

    def evaluate(self, s):
        h = np.tanh(s @ self.trunk["w"] + self.trunk["b"])
        logits = h @ self.actor["w"] + self.actor["b"]
        logits = logits - logits.max(axis=1, keepdims=True)
        logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        v = (h @ self.critic["w"] + self.critic["b"])[:, 0]
        return h, logp, v

    def ppo_loss(self, batch, clip=0.2, vf=0.5, ent=0.05):
        s, a, old_logp, adv, ret = batch
        _, logp, v = self.evaluate(s)
        ratio = np.exp(logp[np.arange(len(a)), a] - old_logp)
        surr = np.minimum(ratio * adv, np.clip(ratio, 1 - clip, 1 + clip) * adv)
        entropy = -(np.exp(logp) * logp).sum(axis=1)
        return -surr.mean() + vf * ((v - ret) ** 2).mean() - ent * entropy.mean()

    def ppo_grads(self, batch, clip=0.2, vf=0.5, ent=0.05):
        s, a, old_logp, adv, ret = batch
        B = len(a)
        h, logp, v = self.evaluate(s)
        p = np.exp(logp)
        ratio = np.exp(logp[np.arange(B), a] - old_logp)
        unclipped = ratio * adv <= np.clip(ratio, 1 - clip, 1 + clip) * adv
        d_logpa = -(ratio * adv * unclipped) / B
        onehot = np.eye(p.shape[1])[a]
        d_logits = d_logpa[:, None] * (onehot - p)
        entropy = -(p * logp).sum(axis=1, keepdims=True)
        d_logits += ent / B * p * (logp + entropy)
        d_v = vf * 2 * (v - ret)[:, None] / B
        d_h = d_logits @ self.actor["w"].T + d_v @ self.critic["w"].T
        d_z = d_h * (1 - h * h)
        return {
            "actor": {"w": h.T @ d_logits, "b": d_logits.sum(axis=0)},
            "critic": {"w": h.T @ d_v, "b": d_v.sum(axis=0)},
            "trunk": {"w": s.T @ d_z, "b": d_z.sum(axis=0)},
        }


# ---- problem
def problem():
    rng = np.random.default_rng(15)
    agent = Agent(rng, 3, 5, 4)
    s, a = rng.normal(size=(10, 3)), rng.integers(0, 4, 10)
    old = agent.evaluate(s)[1][np.arange(10), a] + rng.normal(size=10) * 0.25
    batch = s, a, old, rng.normal(size=10), rng.normal(size=10)
    params = dict(trunk=agent.trunk, actor=agent.actor, critic=agent.critic)
    return dict(params=params, loss=lambda: agent.ppo_loss(batch), grads=lambda: agent.ppo_grads(batch))


FAULTS = """
missing-term | d_logpa = -(ratio * adv * unclipped) / B | d_logpa = -(ratio * adv) / B
missing-term | d_logpa = -(ratio * adv * unclipped) / B | d_logpa = -(adv * unclipped) / B
sign | d_logits += ent / B * p * (logp + entropy) | d_logits -= ent / B * p * (logp + entropy)
missing-term | d_logits += ent / B * p * (logp + entropy) | d_logits += ent / B * p * logp
missing-term | d_h = d_logits @ self.actor["w"].T + d_v @ self.critic["w"].T | d_h = d_logits @ self.actor["w"].T
scale | d_v = vf * 2 * (v - ret)[:, None] / B | d_v = 2 * (v - ret)[:, None] / B
"""
