"""REINFORCE with a baseline network; the rollout is stored, the update is batch, rows are steps."""
import numpy as np

rng = np.random.default_rng(1234)
OBS, ACT, HID = 4, 3, 5
rollout = {
    'obs': rng.normal(size=(6, OBS)),
    'act': np.array([0, 2, 1, 1, 0, 2]),
    'rew': np.array([1.0, 0.0, -1.0, 0.5, 0.0, 2.0]),
}


def discounted(rewards, gamma=0.9):
    running, out = 0.0, np.zeros_like(rewards)
    for t in range(len(rewards) - 1, -1, -1):
        running = rewards[t] + gamma * running
        out[t] = running
    return out


class Agent:
    entropy_weight = 0.05
    value_weight = 0.25

    def __init__(self):
        self.weights = {
            'torso': rng.normal(size=(OBS, HID)) * 0.5,
            'torso_b': rng.normal(size=HID) * 0.1,
            'pi': rng.normal(size=(HID, ACT)) * 0.5,
            'v': rng.normal(size=HID) * 0.5,
        }
        self.returns = discounted(rollout['rew'])
        self.baseline = 0.4   # a constant for the advantage, so no gradient leaks to the critic

    def evaluate(self):
        w = self.weights
        h = np.tanh(rollout['obs'] @ w['torso'] + w['torso_b'])
        logits = h @ w['pi']
        logits -= logits.max(axis=-1, keepdims=True)
        pi = np.exp(logits)
        pi /= pi.sum(axis=-1, keepdims=True)
        return h, pi, h @ w['v']

    def objective(self):
        _, pi, value = self.evaluate()
        steps = np.arange(len(value))
        adv = self.returns - self.baseline
        logp = np.log(pi[steps, rollout['act']])
        entropy = -(pi * np.log(pi)).sum(axis=-1)
        policy = -(logp * adv).mean() - self.entropy_weight * entropy.mean()
        return policy + self.value_weight * ((value - self.returns) ** 2).mean()

    def gradient(self):
        w = self.weights
        h, pi, value = self.evaluate()
        T = len(value)
        adv = self.returns - self.baseline

        one_hot = np.eye(ACT)[rollout['act']]
        dlogits = (pi - one_hot) * adv[:, None]
        entropy = -(pi * np.log(pi)).sum(axis=-1, keepdims=True)
        dlogits += self.entropy_weight * pi * (np.log(pi) + entropy)
        dlogits /= T
        dvalue = self.value_weight * 2 * (value - self.returns) / T

        dh = dlogits @ w['pi'].T + np.outer(dvalue, w['v'])
        dpre = dh * (1 - h ** 2)
        return {
            'torso': rollout['obs'].T @ dpre,
            'torso_b': dpre.sum(axis=0),
            'pi': h.T @ dlogits,
            'v': dvalue @ h,
        }


agent = Agent()


# ---- problem
def problem():
    return dict(loss=agent.objective, params=agent.weights, grads=agent.gradient)


FAULTS = """
sign | dlogits = (pi - one_hot) * adv[:, None] | dlogits = (one_hot - pi) * adv[:, None]
wrong-operand | dlogits = (pi - one_hot) * adv[:, None] | dlogits = (pi - one_hot) * self.returns[:, None]
missing-term | dlogits += self.entropy_weight * pi * (np.log(pi) + entropy) |
softmax-jacobian | pi * (np.log(pi) + entropy) | pi * (1 - pi) * (np.log(pi) + 1)
missing-term | dh = dlogits @ w['pi'].T + np.outer(dvalue, w['v']) | dh = dlogits @ w['pi'].T
scale | dvalue = self.value_weight * 2 * (value - self.returns) / T | dvalue = self.value_weight * (value - self.returns) / T
missing-activation-derivative | dpre = dh * (1 - h ** 2) | dpre = dh
bias-reduction | 'torso_b': dpre.sum(axis=0), | 'torso_b': dpre.mean(axis=0),
early-reduction | 'v': dvalue @ h, | 'v': dvalue.sum() * h.mean(axis=0),
"""
