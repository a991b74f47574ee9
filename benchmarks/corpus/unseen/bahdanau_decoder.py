# Additive attention: a decoder reads encoder annotations, teacher forcing, one sentence pair
import numpy as np

rng = np.random.default_rng(2014)
S, Tn, n_a, n_s, n_k, n_y = 4, 3, 3, 3, 4, 5   # source length, target length, sizes
notes = rng.normal(size=(S, n_a))                # encoder annotations (fixed here)
target = [3, 0, 4]
prev = [1, 3, 0]

P = {
    'Wa': rng.normal(size=(n_k, n_a)), 'Ua': rng.normal(size=(n_k, n_s)), 'va': rng.normal(size=n_k),
    'E': rng.normal(size=(n_y, n_s)) * 0.5,
    'Wc': rng.normal(size=(n_s, n_a)) * 0.7, 'Ws': rng.normal(size=(n_s, n_s)) * 0.7,
    'V': rng.normal(size=(n_y, n_s)), 'bv': rng.normal(size=n_y) * 0.2,
}


def soft(v):
    v = np.exp(v - np.max(v))
    return v / v.sum()


def decode():
    s = np.zeros(n_s)
    tape, nll = [], 0.0
    for t in range(Tn):
        k = np.tanh(notes @ P['Wa'].T + P['Ua'] @ s)      # S x n_k
        alpha = soft(k @ P['va'])
        ctx = alpha @ notes
        new = np.tanh(P['Wc'] @ ctx + P['Ws'] @ s + P['E'][prev[t]])
        y = soft(P['V'] @ new + P['bv'])
        nll -= np.log(y[target[t]])
        tape.append((s, k, alpha, ctx, new, y))
        s = new
    return nll / Tn, tape


def backward():
    _, tape = decode()
    d = {name: np.zeros(arr.shape) for name, arr in P.items()}
    ds_next = np.zeros(n_s)
    for t in range(Tn)[::-1]:
        s, k, alpha, ctx, new, y = tape[t]
        dlog = y.copy()
        dlog[target[t]] -= 1
        dlog /= Tn
        d['V'] += np.outer(dlog, new)
        d['bv'] += dlog
        dnew = P['V'].T @ dlog + ds_next
        dz = dnew * (1 - new * new)
        d['Wc'] += np.outer(dz, ctx)
        d['Ws'] += np.outer(dz, s)
        d['E'][prev[t]] += dz
        dctx = P['Wc'].T @ dz
        dalpha = notes @ dctx
        dscore = alpha * (dalpha - alpha @ dalpha)
        d['va'] += k.T @ dscore
        dk = np.outer(dscore, P['va']) * (1 - k * k)
        d['Wa'] += dk.T @ notes
        d['Ua'] += np.outer(dk.sum(axis=0), s)
        ds_next = P['Ws'].T @ dz + P['Ua'].T @ dk.sum(axis=0)
    return d


# ---- problem
def problem():
    return dict(loss=lambda: decode()[0], params=P, grads=backward)


FAULTS = """
softmax-jacobian | dscore = alpha * (dalpha - alpha @ dalpha) | dscore = alpha * (1 - alpha) * dalpha
missing-term | ds_next = P['Ws'].T @ dz + P['Ua'].T @ dk.sum(axis=0) | ds_next = P['Ws'].T @ dz
recurrence | dnew = P['V'].T @ dlog + ds_next | dnew = P['V'].T @ dlog
missing-activation-derivative | dk = np.outer(dscore, P['va']) * (1 - k * k) | dk = np.outer(dscore, P['va'])
wrong-operand | d['Ws'] += np.outer(dz, s) | d['Ws'] += np.outer(dz, new)
accumulation | d['va'] += k.T @ dscore | d['va'] = k.T @ dscore
indexing | d['E'][prev[t]] += dz | d['E'][target[t]] += dz
transpose | ds_next = P['Ws'].T @ dz + P['Ua'].T | ds_next = P['Ws'] @ dz + P['Ua'].T
early-reduction | d['Wa'] += dk.T @ notes | d['Wa'] += np.outer(dk.sum(axis=0), notes.mean(axis=0))
missing-gradient | d['bv'] += dlog |
"""
