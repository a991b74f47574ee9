"""Wine quality as a regression with mean absolute error. Parameters live in dataclasses."""
from dataclasses import dataclass, fields

import numpy as np


@dataclass
class Params:
    hidden_w: np.ndarray
    hidden_b: np.ndarray
    skip_w: np.ndarray
    out_w: np.ndarray
    out_b: np.ndarray


@dataclass
class Trace:
    inputs: np.ndarray
    hidden: np.ndarray
    residual: np.ndarray


def run(p: Params, inputs, quality):
    hidden = np.tanh(inputs @ p.hidden_w + p.hidden_b)
    score = hidden @ p.out_w + inputs @ p.skip_w + p.out_b
    residual = score - quality
    return np.abs(residual).mean(), Trace(inputs, hidden, residual)


def differentiate(p: Params, t: Trace) -> Params:
    d_score = np.sign(t.residual) / t.residual.size
    d_hidden = np.outer(d_score, p.out_w) * (1 - t.hidden ** 2)
    return Params(
        hidden_w=t.inputs.T @ d_hidden,
        hidden_b=d_hidden.sum(axis=0),
        skip_w=t.inputs.T @ d_score,
        out_w=t.hidden.T @ d_score,
        out_b=d_score.sum(keepdims=True),
    )


def as_dict(p):
    return {f.name: getattr(p, f.name) for f in fields(p)}


# ---- problem
def problem():
    rng = np.random.default_rng(1889)
    p = Params(rng.normal(size=(4, 6)), rng.normal(size=6), rng.normal(size=4),
               rng.normal(size=6), rng.normal(size=1))
    inputs, quality = rng.normal(size=(10, 4)), 3 * rng.normal(size=10)
    return dict(loss=lambda: run(p, inputs, quality)[0], params=as_dict(p),
                grads=lambda: as_dict(differentiate(p, run(p, inputs, quality)[1])))


FAULTS = """
loss-gradient | d_score = np.sign(t.residual) / t.residual.size | d_score = 2 * t.residual / t.residual.size
scale | d_score = np.sign(t.residual) / t.residual.size | d_score = np.sign(t.residual)
sign | d_score = np.sign(t.residual) / t.residual.size | d_score = np.sign(-t.residual) / t.residual.size
wrong-activation-derivative | * (1 - t.hidden ** 2) | * (1 - t.hidden) ** 2
missing-activation-derivative | d_hidden = np.outer(d_score, p.out_w) * (1 - t.hidden ** 2) | d_hidden = np.outer(d_score, p.out_w)
bias-reduction | hidden_b=d_hidden.sum(axis=0), | hidden_b=d_hidden.mean(axis=0),
early-reduction | hidden_w=t.inputs.T @ d_hidden, | hidden_w=np.outer(t.inputs.sum(axis=0), d_hidden.mean(axis=0)),
missing-gradient | out_b=d_score.sum(keepdims=True), | out_b=np.zeros(1),
bias-reduction | out_b=d_score.sum(keepdims=True), | out_b=d_score[-1:],
"""
