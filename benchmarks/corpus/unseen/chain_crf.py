"""Linear-chain CRF tagger: emissions from a linear layer, forward-backward in log space."""
import numpy as np


def logsumexp(a, axis):
    m = a.max(axis=axis, keepdims=True)
    return (m + np.log(np.exp(a - m).sum(axis=axis, keepdims=True))).squeeze(axis)


def alphas(em, trans, start):
    out = [start + em[0]]
    for t in range(1, len(em)):
        out.append(em[t] + logsumexp(out[-1][:, None] + trans, axis=0))
    return np.array(out)


def betas(em, trans):
    out = [np.zeros(em.shape[1])]
    for t in range(len(em) - 1, 0, -1):
        out.append(logsumexp(trans + (em[t] + out[-1])[None, :], axis=1))
    return np.array(out[::-1])


def gold_score(em, trans, start, tags):
    s = start[tags[0]] + em[0, tags[0]]
    for t in range(1, len(tags)):
        s += trans[tags[t - 1], tags[t]] + em[t, tags[t]]
    return s


def nll(model, data):
    total = 0
    for feats, tags in data:
        em = feats @ model['W'] + model['b']
        logZ = logsumexp(alphas(em, model['trans'], model['start'])[-1], axis=0)
        total += logZ - gold_score(em, model['trans'], model['start'], tags)
    return total + 0.5 * model_l2 * np.sum(model['W'] ** 2)


def nll_grad(model, data):
    gW = model_l2 * model['W']
    gb = np.zeros_like(model['b'])
    gtrans = np.zeros_like(model['trans'])
    gstart = np.zeros_like(model['start'])
    for feats, tags in data:
        em = feats @ model['W'] + model['b']
        A = alphas(em, model['trans'], model['start'])
        B = betas(em, model['trans'])
        logZ = logsumexp(A[-1], axis=0)
        marg = np.exp(A + B - logZ)
        d_em = marg.copy()
        for t, tag in enumerate(tags):
            d_em[t, tag] -= 1
        for t in range(1, len(tags)):
            pair = A[t - 1][:, None] + model['trans'] + (em[t] + B[t])[None, :]
            gtrans += np.exp(pair - logZ)
            gtrans[tags[t - 1], tags[t]] -= 1
        gstart += d_em[0]
        gW += feats.T @ d_em
        gb += d_em.sum(axis=0)
    return {'W': gW, 'b': gb, 'trans': gtrans, 'start': gstart}


model_l2 = 0.2
rng = np.random.RandomState(42)
n_feat, n_tag = 3, 3
data = [(rng.randn(T, n_feat), rng.randint(n_tag, size=T)) for T in (4, 3, 5)]
model = {
    'W': rng.randn(n_feat, n_tag) * 0.5,
    'b': rng.randn(n_tag) * 0.5,
    'trans': rng.randn(n_tag, n_tag) * 0.5,
    'start': rng.randn(n_tag) * 0.5,
}


# ---- problem
def problem():
    return dict(
        loss=lambda: nll(model, data), params=model, grads=lambda: nll_grad(model, data)
    )


FAULTS = """
missing-term | gtrans[tags[t - 1], tags[t]] -= 1 |
indexing | pair = A[t - 1][:, None] + model['trans'] + (em[t] + B[t])[None, :] | pair = A[t][:, None] + model['trans'] + (em[t] + B[t])[None, :]
missing-term | pair = A[t - 1][:, None] + model['trans'] + (em[t] + B[t])[None, :] | pair = A[t - 1][:, None] + model['trans'] + B[t][None, :]
indexing | gtrans[tags[t - 1], tags[t]] -= 1 | gtrans[tags[t], tags[t - 1]] -= 1
indexing | gstart += d_em[0] | gstart += d_em[-1]
accumulation | gb += d_em.sum(axis=0) | gb = d_em.sum(axis=0)
regulariser | gW = model_l2 * model['W'] | gW = np.zeros_like(model['W'])
wrong-operand | gstart += d_em[0] | gstart += marg[0]
indexing | for t, tag in enumerate(tags): | for t, tag in enumerate(tags[:-1]):
"""
