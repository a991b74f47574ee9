# End-to-end memory network (Sukhbaatar et al. 2015), adjacent weight tying, K hops:
#   A[k+1] = C[k],  B = A[0],  W^T = C[K-1]
# sentences are bags of words: counts (n_sentences, vocab). One story at a time.
from collections import namedtuple

import numpy as np

Story = namedtuple("Story", "sentences question answer")
Hop = namedtuple("Hop", "m c p u_in")


def softmax(v):
    e = np.exp(v - v.max())
    return e / e.sum()


def run(mats, TA, story):
    """mats: list of K+1 (vocab, d) matrices;  mats[k] embeds inputs of hop k, mats[k+1] its outputs"""
    u = story.question @ mats[0]
    hops = []
    for k in range(len(mats) - 1):
        m = story.sentences @ mats[k] + TA
        c = story.sentences @ mats[k + 1]
        p = softmax(m @ u)
        hops.append(Hop(m, c, p, u))
        u = u + p @ c
    return softmax(mats[-1] @ u), hops, u


def nll(mats, TA, stories):
    return -sum(np.log(run(mats, TA, s)[0][s.answer]) for s in stories) / len(stories)


def grads_of(mats, TA, stories):
    d_mats = [np.zeros_like(M) for M in mats]
    d_TA = np.zeros_like(TA)
    for s in stories:
        probs, hops, u_last = run(mats, TA, s)
        dlogit = probs / len(stories)
        dlogit[s.answer] -= 1 / len(stories)
        d_mats[-1] += np.outer(dlogit, u_last)
        du = mats[-1].T @ dlogit
        for k in reversed(range(len(hops))):
            hop = hops[k]
            dp = hop.c @ du
            dc = np.outer(hop.p, du)
            de = hop.p * (dp - hop.p @ dp)
            dm = np.outer(de, hop.u_in)
            d_mats[k + 1] += s.sentences.T @ dc
            d_mats[k] += s.sentences.T @ dm
            d_TA += dm
            du = du + hop.m.T @ de
        d_mats[0] += np.outer(s.question, du)
    return d_mats, d_TA


# ---- problem
def problem():
    rng = np.random.default_rng(99)
    mats = [rng.normal(size=(5, 3)) * 0.8 for _ in range(3)]
    TA = rng.normal(size=(3, 3)) * 0.4
    stories = [Story(rng.integers(0, 2, (3, 5)).astype(float), rng.integers(0, 2, 5).astype(float), a) for a in (1, 4)]
    return dict(loss=lambda: nll(mats, TA, stories), params=(mats, TA), grads=lambda: grads_of(mats, TA, stories))


FAULTS = """
missing-term | du = du + hop.m.T @ de | du = hop.m.T @ de
missing-term | d_mats[-1] += np.outer(dlogit, u_last) |
missing-term | d_mats[0] += np.outer(s.question, du) |
indexing | d_mats[k + 1] += s.sentences.T @ dc | d_mats[k] += s.sentences.T @ dc
wrong-operand | dm = np.outer(de, hop.u_in) | dm = np.outer(de, u_last)
accumulation | d_mats[k] += s.sentences.T @ dm | d_mats[k] = s.sentences.T @ dm
softmax-jacobian | de = hop.p * (dp - hop.p @ dp) | de = hop.p * (1 - hop.p) * dp
"""
