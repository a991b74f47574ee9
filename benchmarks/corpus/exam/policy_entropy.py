import numpy as np

# REINFORCE with a baseline network, actions and returns already sampled


class Policy:
    def __init__(self, obs, hidden, actions, rng):
        init = lambda *shape: rng.standard_normal(shape) / np.sqrt(shape[0])
        self.model = {}
        self.model["trunk"] = init(obs, hidden)
        self.model["pi"] = init(hidden, actions)
        self.model["pi_bias"] = 0.1 * rng.standard_normal(actions)
        self.model["value"] = init(hidden, 1)
        self.model["value_bias"] = 0.1 * rng.standard_normal(1)

    def __getitem__(self, key):
        return self.model[key]

    def run(self, obs):
        pre = np.dot(obs, self["trunk"])
        feat = np.where(pre > 0, pre, 0.2 * pre)
        logits = np.dot(feat, self["pi"]) + self["pi_bias"]
        logits = logits - logits.max(axis=1, keepdims=True)
        logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        value = (np.dot(feat, self["value"]) + self["value_bias"]).ravel()
        return pre, feat, logp, value

    def loss(self, batch, c_value=0.5, c_entropy=0.1):
        obs, act, adv, ret = batch
        _, _, logp, value = self.run(obs)
        pg = -np.mean(adv * logp[np.arange(len(act)), act])
        entropy = -np.mean(np.sum(np.exp(logp) * logp, axis=1))
        return pg + c_value * np.mean((value - ret) ** 2) - c_entropy * entropy

    def grad(self, batch, c_value=0.5, c_entropy=0.1):
        obs, act, adv, ret = batch
        T = len(act)
        pre, feat, logp, value = self.run(obs)
        p = np.exp(logp)
        onehot = np.zeros_like(p)
        onehot[np.arange(T), act] = 1.0
        dlogits = (p - onehot) * adv[:, None] / T
        ent = -np.sum(p * logp, axis=1, keepdims=True)
        dlogits += c_entropy * p * (logp + ent) / T
        dvalue = c_value * 2 * (value - ret)[:, None] / T
        dfeat = np.dot(dlogits, self["pi"].T)
        dfeat += np.dot(dvalue, self["value"].T)
        dpre = dfeat.copy()
        dpre[pre < 0] *= 0.2
        return {
            "trunk": np.dot(obs.T, dpre),
            "pi": np.dot(feat.T, dlogits),
            "pi_bias": np.sum(dlogits, axis=0),
            "value": np.dot(feat.T, dvalue),
            "value_bias": np.sum(dvalue, axis=0),
        }


# ---- problem
def problem():
    rng = np.random.default_rng(77)
    policy = Policy(3, 4, 3, rng)
    batch = (
        rng.standard_normal((5, 3)),
        np.array([0, 2, 1, 0, 2]),
        rng.standard_normal(5),
        rng.standard_normal(5),
    )
    return dict(
        loss=lambda: policy.loss(batch), params=policy.model, grads=lambda: policy.grad(batch)
    )


FAULTS = """
missing-term | dfeat += np.dot(dvalue, self["value"].T) |
accumulation | dfeat += np.dot(dvalue, self["value"].T) | dfeat = np.dot(dvalue, self["value"].T)
missing-term | dlogits += c_entropy * p * (logp + ent) / T |
sign | dlogits += c_entropy * p * (logp + ent) / T | dlogits -= c_entropy * p * (logp + ent) / T
loss-gradient | dlogits += c_entropy * p * (logp + ent) / T | dlogits += c_entropy * p * (logp + 1) / T
loss-gradient | dlogits = (p - onehot) * adv[:, None] / T | dlogits = -onehot * adv[:, None] / T
missing-activation-derivative | dpre[pre < 0] *= 0.2 |
activation-derivative-at-wrong-value | dpre[pre < 0] *= 0.2 | dpre[dfeat < 0] *= 0.2
wrong-activation-derivative | dpre[pre < 0] *= 0.2 | dpre[pre < 0] = 0
bias-reduction | "value_bias": np.sum(dvalue, axis=0), | "value_bias": np.mean(dvalue, axis=0),
bias-reduction | "pi_bias": np.sum(dlogits, axis=0), | "pi_bias": np.sum(dlogits),
wrong-operand | "value": np.dot(feat.T, dvalue), | "value": np.dot(pre.T, dvalue),
scale | dvalue = c_value * 2 * (value - ret)[:, None] / T | dvalue = c_value * (value - ret)[:, None] / T
"""
