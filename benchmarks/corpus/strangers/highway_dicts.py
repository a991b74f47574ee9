# Highway network, parameters as a dict of dicts, Keras-like naming of the leaves
import numpy as np

rng = np.random.default_rng(55)
WIDTH = 4
BLOCKS = ['block_1', 'block_2', 'block_3']


def leaf(n, m, shift=0.0):
    return {'kernel': rng.normal(size=(n, m)) * 0.7, 'bias': rng.normal(size=m) * 0.2 + shift}


weights = {'stem': leaf(3, WIDTH)}
for name in BLOCKS:
    weights[name] = {'candidate': leaf(WIDTH, WIDTH), 'gate': leaf(WIDTH, WIDTH, -1.0)}
weights['readout'] = leaf(WIDTH, 1)

inputs = rng.normal(size=(8, 3))
counts = rng.poisson(2.0, size=(8, 1)).astype(float)
exposure = rng.uniform(0.5, 2.0, size=(8, 1))


def linear(node, x):
    return x @ node['kernel'] + node['bias']


def logistic(x):
    return 1 / (1 + np.exp(-x))


def run(weights):
    trace = {'stem': inputs}
    x = linear(weights['stem'], inputs)
    for name in BLOCKS:
        node = weights[name]
        cand = np.sin(linear(node['candidate'], x))
        gate = logistic(linear(node['gate'], x))
        trace[name] = {'x': x, 'cand': cand, 'gate': gate}
        x = gate * cand + (1 - gate) * x
    trace['readout'] = x
    return linear(weights['readout'], x), trace


def poisson_loss():
    log_rate, _ = run(weights)
    return np.mean(exposure * np.exp(log_rate) - counts * log_rate)


def leaf_grad(x, d):
    return {'kernel': x.T @ d, 'bias': d.sum(axis=0)}


def poisson_grad():
    log_rate, trace = run(weights)
    grads = {}
    d = (exposure * np.exp(log_rate) - counts) / len(counts)
    grads['readout'] = leaf_grad(trace['readout'], d)
    d = d @ weights['readout']['kernel'].T
    for name in reversed(BLOCKS):
        node, tr = weights[name], trace[name]
        x, cand, gate = tr['x'], tr['cand'], tr['gate']
        d_cand = d * gate * np.cos(linear(node['candidate'], x))
        d_gate = d * (cand - x) * gate * (1 - gate)
        grads[name] = {'candidate': leaf_grad(x, d_cand), 'gate': leaf_grad(x, d_gate)}
        d_carry = d * (1 - gate)
        d = d_carry + d_cand @ node['candidate']['kernel'].T + d_gate @ node['gate']['kernel'].T
    grads['stem'] = leaf_grad(trace['stem'], d)
    return grads


# ---- problem
def problem():
    return dict(loss=poisson_loss, params=weights, grads=poisson_grad)


FAULTS = """
missing-term | d = d_carry + d_cand @ node['candidate']['kernel'].T + d_gate @ node['gate']['kernel'].T | d = d_carry + d_cand @ node['candidate']['kernel'].T
activation-derivative-at-wrong-value | d_cand = d * gate * np.cos(linear(node['candidate'], x)) | d_cand = d * gate * np.cos(cand)
missing-activation-derivative | d_gate = d * (cand - x) * gate * (1 - gate) | d_gate = d * (cand - x)
swapped-gradients | grads[name] = {'candidate': leaf_grad(x, d_cand), 'gate': leaf_grad(x, d_gate)} | grads[name] = {'candidate': leaf_grad(x, d_gate), 'gate': leaf_grad(x, d_cand)}
loss-gradient | d = (exposure * np.exp(log_rate) - counts) / len(counts) | d = (exposure * np.exp(log_rate) - counts) * np.exp(log_rate) / len(counts)
wrong-operand | d = d_carry + d_cand @ node['candidate']['kernel'].T + d_gate @ node['gate']['kernel'].T | d = d_carry + d_cand @ node['candidate']['kernel'].T + d_gate @ node['candidate']['kernel'].T
bias-reduction | return {'kernel': x.T @ d, 'bias': d.sum(axis=0)} | return {'kernel': x.T @ d, 'bias': d.mean(axis=0)}
transpose | return {'kernel': x.T @ d, 'bias': d.sum(axis=0)} | return {'kernel': (d.T @ x).reshape(x.shape[1], -1), 'bias': d.sum(axis=0)}
wrong-operand | grads[name] = {'candidate': leaf_grad(x, d_cand), 'gate': leaf_grad(x, d_gate)} | grads[name] = {'candidate': leaf_grad(x, d_cand), 'gate': leaf_grad(cand, d_gate)}
"""
