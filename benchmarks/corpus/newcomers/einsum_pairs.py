"""Bilinear scoring of (subject, relation, object) with a small MLP on top; everything in einsum."""
import numpy as np

es = np.einsum


def score(P, s, o, rel):
    R = P["R"][rel]                                   # b i j
    m = es("bi,bij,bj->b", s, R, o)
    cross = es("bi,kij,bj->bk", s, P["K"], o)
    act = np.tanh(cross + P["c"])
    return m + es("bk,k->b", act, P["u"]), act


def loss(P, s, o, rel, y):
    f, _ = score(P, s, o, rel)
    return np.mean(np.logaddexp(0, f) - y * f)


def grad(P, s, o, rel, y):
    f, act = score(P, s, o, rel)
    B = len(y)
    df = (1 / (1 + np.exp(-f)) - y) / B
    dR = np.zeros_like(P["R"])
    np.add.at(dR, rel, es("b,bi,bj->bij", df, s, o))
    du = es("b,bk->k", df, act)
    dact = es("b,k->bk", df, P["u"])
    dcross = dact * (1 - act ** 2)
    dK = es("bk,bi,bj->kij", dcross, s, o)
    dc = es("bk->k", dcross)
    return {"R": dR, "K": dK, "c": dc, "u": du}


# ---- problem
def problem():
    g = np.random.default_rng(314)
    d, k, n_rel, B = 3, 4, 3, 8
    P = {"R": g.normal(size=(n_rel, d, d)), "K": g.normal(size=(k, d, d)),
         "c": g.normal(size=k) * 0.2, "u": g.normal(size=k)}
    s, o = g.normal(size=(B, d)), g.normal(size=(B, d))
    rel, y = g.integers(0, n_rel, B), g.integers(0, 2, B).astype(float)
    return dict(loss=lambda: loss(P, s, o, rel, y), params=P, grads=lambda: grad(P, s, o, rel, y))


FAULTS = """
scatter | np.add.at(dR, rel, es("b,bi,bj->bij", df, s, o)) | dR[rel] += es("b,bi,bj->bij", df, s, o)
transpose | es("b,bi,bj->bij", df, s, o)) | es("b,bi,bj->bji", df, s, o))
transpose | dK = es("bk,bi,bj->kij", dcross, s, o) | dK = es("bk,bi,bj->kij", dcross, o, s)
scale | df = (1 / (1 + np.exp(-f)) - y) / B | df = 1 / (1 + np.exp(-f)) - y
missing-activation-derivative | dcross = dact * (1 - act ** 2) | dcross = dact
wrong-activation-derivative | dcross = dact * (1 - act ** 2) | dcross = dact * act * (1 - act)
bias-reduction | dc = es("bk->k", dcross) | dc = es("bk->k", dcross) / B
wrong-operand | dc = es("bk->k", dcross) | dc = es("bk->k", dact)
loss-gradient | df = (1 / (1 + np.exp(-f)) - y) / B | df = (f - y) / B
"""
