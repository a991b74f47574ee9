import numpy as np

# 1-D GAN. One generator step: loss is -log D(G(z)), only generator weights move.
# Weights are stored (fan_out, fan_in); data points are columns

np.random.seed(0)
Z = np.random.randn(2, 8)
G = {'A': np.random.randn(4, 2), 'a': np.random.randn(4, 1) * .2,
     'B': np.random.randn(3, 4) * .7, 'b': np.random.randn(3, 1) * .2}
D = {'U': np.random.randn(4, 3), 'u': np.random.randn(4, 1) * .2,
     'V': np.random.randn(1, 4), 'v': np.random.randn(1, 1) * .2}
eta = 0.05
np.random.seed()


def lrelu(q, slope=0.1):
    return q * (q > 0) + slope * q * (q <= 0)


def lrelu_prime(q, slope=0.1):
    return 1.0 * (q > 0) + slope * (q <= 0)


def generate():
    p1 = G['A'].dot(Z) + G['a']
    q1 = lrelu(p1)
    fake = np.tanh(G['B'].dot(q1) + G['b'])
    return p1, q1, fake


def discriminate(x):
    p2 = D['U'].dot(x) + D['u']
    q2 = lrelu(p2)
    return p2, q2, 1 / (1 + np.exp(-(D['V'].dot(q2) + D['v'])))


def generator_loss():
    prob = discriminate(generate()[-1])[-1]
    return -np.mean(np.log(prob))


def generator_step():
    m = Z.shape[1]
    p1, q1, fake = generate()
    p2, q2, prob = discriminate(fake)

    # through the discriminator, which is not updated
    e3 = (prob - 1) / m
    e2 = D['V'].T.dot(e3) * lrelu_prime(p2)
    dfake = D['U'].T.dot(e2)

    # generator
    e1 = dfake * (1 - fake ** 2)
    dB = e1.dot(q1.T)
    db = e1.sum(axis=1, keepdims=True)
    e0 = G['B'].T.dot(e1) * lrelu_prime(p1)
    dA = e0.dot(Z.T)
    da = e0.sum(axis=1, keepdims=True)

    for name, d in zip('ABab', (dA, dB, da, db)):
        G[name] -= eta * d


# ---- problem
def problem():
    return dict(loss=generator_loss, params=G, step=generator_step, lr=eta)


FAULTS = """
loss-gradient | e3 = (prob - 1) / m | e3 = prob / m
loss-gradient | e3 = (prob - 1) / m | e3 = -1 / prob / m
wrong-operand | e2 = D['V'].T.dot(e3) * lrelu_prime(p2) | e2 = D['V'].T.dot(e3) * lrelu_prime(p1)
missing-activation-derivative | e1 = dfake * (1 - fake ** 2) | e1 = dfake
activation-derivative-at-wrong-value | e0 = G['B'].T.dot(e1) * lrelu_prime(p1) | e0 = G['B'].T.dot(e1) * lrelu_prime(G['B'].T.dot(e1))
raw-error-propagated | e0 = G['B'].T.dot(e1) * lrelu_prime(p1) | e0 = G['B'].T.dot(dfake) * lrelu_prime(p1)
bias-reduction | da = e0.sum(axis=1, keepdims=True) | da = e0.sum()
"""
