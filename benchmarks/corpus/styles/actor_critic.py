import numpy as np
from types import SimpleNamespace as NS


def make(seed):
    g = np.random.RandomState(seed)
    net = NS()
    net.trunk = NS(W=g.randn(3, 5) * 0.7, b=g.randn(5) * 0.2)
    net.actor = NS(W=g.randn(5, 4) * 0.7, b=g.randn(4) * 0.2)
    net.critic = NS(W=g.randn(5, 1) * 0.7, b=g.randn(1) * 0.2)
    return net


def run(net, states):
    pre = states.dot(net.trunk.W) + net.trunk.b
    feat = 1.0 / (1.0 + np.exp(-pre))
    logits = feat.dot(net.actor.W) + net.actor.b
    logp = logits - np.log(np.exp(logits).sum(axis=1))[:, None]
    value = feat.dot(net.critic.W)[:, 0] + net.critic.b[0]
    return feat, logp, value


def total_loss(net, batch, vf=0.5, ent=0.05):
    feat, logp, value = run(net, batch.states)
    chosen = logp[np.arange(len(batch.actions)), batch.actions]
    policy = -(chosen * batch.advantages).mean()
    critic = ((batch.returns - value) ** 2).mean()
    entropy = -(np.exp(logp) * logp).sum(axis=1).mean()
    return policy + vf * critic - ent * entropy


def grads(net, batch, vf=0.5, ent=0.05):
    feat, logp, value = run(net, batch.states)
    n = len(batch.actions)
    p = np.exp(logp)
    onehot = np.zeros_like(p)
    onehot[np.arange(n), batch.actions] = 1
    dlogits = (p - onehot) * batch.advantages[:, None] / n
    h = -(p * logp).sum(axis=1, keepdims=True)
    dlogits += ent * p * (logp + h) / n
    dvalue = 2 * vf * (value - batch.returns) / n
    out = NS()
    out.actor = NS(W=feat.T.dot(dlogits), b=dlogits.sum(axis=0))
    out.critic = NS(W=feat.T.dot(dvalue)[:, None], b=np.array([dvalue.sum()]))
    dfeat = dlogits.dot(net.actor.W.T) + np.outer(dvalue, net.critic.W)
    dpre = dfeat * feat * (1 - feat)
    out.trunk = NS(W=batch.states.T.dot(dpre), b=dpre.sum(axis=0))
    return out


def flat(net):
    return [x for part in (net.trunk, net.actor, net.critic) for x in (part.W, part.b)]


# ---- problem
def problem():
    net, g = make(3), np.random.RandomState(31)
    batch = NS(
        states=g.randn(8, 3),
        actions=g.randint(0, 4, 8),
        advantages=g.randn(8),
        returns=g.randn(8),
    )
    return dict(
        loss=lambda: total_loss(net, batch),
        params=flat(net),
        grads=lambda: flat(grads(net, batch)),
    )


FAULTS = """
missing-term | dfeat = dlogits.dot(net.actor.W.T) + np.outer(dvalue, net.critic.W) | dfeat = dlogits.dot(net.actor.W.T)
sign | dlogits += ent * p * (logp + h) / n | dlogits -= ent * p * (logp + h) / n
loss-gradient | dlogits += ent * p * (logp + h) / n | dlogits += ent * (logp + 1) / n
missing-term | dlogits += ent * p * (logp + h) / n |
sign | dvalue = 2 * vf * (value - batch.returns) / n | dvalue = 2 * vf * (batch.returns - value) / n
scale | dvalue = 2 * vf * (value - batch.returns) / n | dvalue = 2 * (value - batch.returns) / n
scale | dlogits = (p - onehot) * batch.advantages[:, None] / n | dlogits = (p - onehot) * batch.advantages[:, None]
wrong-operand | dlogits = (p - onehot) * batch.advantages[:, None] / n | dlogits = (p - onehot) * batch.returns[:, None] / n
missing-term | dlogits = (p - onehot) * batch.advantages[:, None] / n | dlogits = (p - onehot) / n
wrong-activation-derivative | dpre = dfeat * feat * (1 - feat) | dpre = dfeat * (1 - feat**2)
loss-gradient | onehot[np.arange(n), batch.actions] = 1 | onehot[batch.actions % n, batch.actions] = 1
"""
