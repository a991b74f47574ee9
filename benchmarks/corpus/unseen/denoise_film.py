"""Noise-prediction network of a toy diffusion model.

The step embedding modulates the hidden layer (scale and shift); SiLU activations.
"""
from typing import Dict, Tuple

import numpy as np

Array = np.ndarray


def silu(x: Array) -> Array:
    return x / (1.0 + np.exp(-x))


def d_silu(x: Array) -> Array:
    s = 1.0 / (1.0 + np.exp(-x))
    return s * (1.0 + x * (1.0 - s))


def embed(steps: Array, width: int = 4) -> Array:
    freq = 10.0 ** (-np.arange(width // 2) / (width // 2))
    ang = steps[:, None] * freq
    return np.concatenate([np.sin(ang), np.cos(ang)], axis=1)


def predict(theta: Dict[str, Array], noisy: Array, steps: Array) -> Tuple[Array, Dict[str, Array]]:
    emb = embed(steps)
    cond = silu(emb @ theta["E"])
    film = cond @ theta["F"]
    gamma, beta = np.split(film, 2, axis=1)
    pre = noisy @ theta["A"] + theta["a"]
    mod = (1 + gamma) * pre + beta
    act = silu(mod)
    out = act @ theta["B"] + noisy @ theta["S"]
    memo = dict(emb=emb, cond=cond, gamma=gamma, pre=pre, mod=mod, act=act)
    return out, memo


def weighted_mse(theta, noisy, steps, eps, snr) -> float:
    out, _ = predict(theta, noisy, steps)
    return float(np.mean(snr[:, None] * (out - eps) ** 2))


def gradient(theta, noisy, steps, eps, snr) -> Dict[str, Array]:
    out, memo = predict(theta, noisy, steps)
    d_out = 2.0 * snr[:, None] * (out - eps) / out.size
    d_act = d_out @ theta["B"].T
    d_mod = d_act * d_silu(memo["mod"])
    d_gamma = d_mod * memo["pre"]
    d_beta = d_mod
    d_pre = d_mod * (1 + memo["gamma"])
    d_film = np.concatenate([d_gamma, d_beta], axis=1)
    d_cond = d_film @ theta["F"].T
    d_emb_pre = d_cond * d_silu(memo["emb"] @ theta["E"])
    return {
        "E": memo["emb"].T @ d_emb_pre,
        "F": memo["cond"].T @ d_film,
        "A": noisy.T @ d_pre,
        "a": d_pre.sum(axis=0),
        "B": memo["act"].T @ d_out,
        "S": noisy.T @ d_out,
    }


rng = np.random.default_rng(808)
clean, eps = rng.normal(size=(2, 6, 3))
steps = np.array([1.0, 3.0, 7.0, 2.0, 5.0, 9.0])
keep = 1 - steps / 12
noisy = np.sqrt(keep)[:, None] * clean + np.sqrt(1 - keep)[:, None] * eps
snr = np.minimum(keep / (1 - keep), 3.0)
theta = {
    "E": rng.normal(size=(4, 3)), "F": rng.normal(size=(3, 8)) * 0.5,
    "A": rng.normal(size=(3, 4)), "a": rng.normal(size=4) * 0.2,
    "B": rng.normal(size=(4, 3)), "S": rng.normal(size=(3, 3)) * 0.3,
}
batch = (noisy, steps, eps, snr)


# ---- problem
def problem():
    return dict(
        loss=lambda: weighted_mse(theta, *batch), params=theta, grads=lambda: gradient(theta, *batch)
    )


FAULTS = """
wrong-activation-derivative | return s * (1.0 + x * (1.0 - s)) | return s * (1.0 - s)
loss-gradient | d_out = 2.0 * snr[:, None] * (out - eps) / out.size | d_out = 2.0 * (out - eps) / out.size
wrong-operand | d_gamma = d_mod * memo["pre"] | d_gamma = d_mod * memo["mod"]
activation-derivative-at-wrong-value | d_mod = d_act * d_silu(memo["mod"]) | d_mod = d_act * d_silu(memo["act"])
missing-term | d_pre = d_mod * (1 + memo["gamma"]) | d_pre = d_mod * memo["gamma"]
wrong-operand | d_mod = d_act * d_silu(memo["mod"]) | d_mod = d_act * d_silu(memo["pre"])
indexing | d_film = np.concatenate([d_gamma, d_beta], axis=1) | d_film = np.concatenate([d_beta, d_gamma], axis=1)
missing-activation-derivative | d_emb_pre = d_cond * d_silu(memo["emb"] @ theta["E"]) | d_emb_pre = d_cond
early-reduction | "S": noisy.T @ d_out, | "S": np.outer(noisy.mean(axis=0), d_out.sum(axis=0)),
"""
