"""Bayesian personalised ranking (Rendle et al. 2009), sampled triples, numpy only."""
import argparse
from collections import namedtuple

import numpy as np

Model = namedtuple("Model", "users items bias")


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def fake_purchases(rng, n_users, n_items):
    taste = rng.normal(size=(n_users, 2))
    kind = rng.normal(size=(n_items, 2))
    return (taste @ kind.T + rng.normal(size=(n_users, n_items))) > 1.0


def sample(rng, bought, size):
    triples = []
    while len(triples) < size:
        u = rng.integers(bought.shape[0])
        pos, neg = np.flatnonzero(bought[u]), np.flatnonzero(~bought[u])
        if len(pos) and len(neg):
            triples.append((u, rng.choice(pos), rng.choice(neg)))
    return np.array(triples).T


def objective(model, batch, reg):
    u, i, j = batch
    diff = (model.users[u] * (model.items[i] - model.items[j])).sum(1) + model.bias[i] - model.bias[j]
    penalty = 0.5 * reg * ((model.users ** 2).sum() + (model.items ** 2).sum() + (model.bias ** 2).sum())
    loss = -np.log(sigmoid(diff)).mean() + penalty

    g = (sigmoid(diff) - 1) / len(u)
    d_users = reg * model.users
    d_items = reg * model.items
    d_bias = reg * model.bias
    np.add.at(d_users, u, g[:, None] * (model.items[i] - model.items[j]))
    np.add.at(d_items, i, g[:, None] * model.users[u])
    np.add.at(d_items, j, -g[:, None] * model.users[u])
    np.add.at(d_bias, i, g)
    np.add.at(d_bias, j, -g)
    return loss, Model(d_users, d_items, d_bias)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--k", type=int, default=3)
    ap.add_argument("--steps", type=int, default=150)
    ap.add_argument("--lr", type=float, default=2.0)
    ap.add_argument("--reg", type=float, default=0.002)
    args = ap.parse_args()

    rng = np.random.default_rng(0)
    bought = fake_purchases(rng, 12, 15)
    model = Model(rng.normal(0, 0.3, (12, args.k)), rng.normal(0, 0.3, (15, args.k)), np.zeros(15))
    for step in range(args.steps):
        batch = sample(rng, bought, 40)
        loss, grad = objective(model, batch, args.reg)
        model = Model(*(p - args.lr * g for p, g in zip(model, grad)))
        if step % 50 == 0:
            print(f"step {step:4d} bpr {loss:.4f}")


if __name__ == "__main__":
    main()

FAULTS = """
wrong-sign | np.add.at(d_items, j, -g[:, None] * model.users[u]) | np.add.at(d_items, j, g[:, None] * model.users[u])
overwritten | np.add.at(d_bias, i, g) | d_bias[i] += g
missing-term | d_items = reg * model.items | d_items = np.zeros_like(model.items)
normalisation | g = (sigmoid(diff) - 1) / len(u) | g = sigmoid(diff) - 1
missing-term | np.add.at(d_users, u, g[:, None] * (model.items[i] - model.items[j])) | np.add.at(d_users, u, g[:, None] * model.items[i])
wrong-activation-derivative | g = (sigmoid(diff) - 1) / len(u) | g = -sigmoid(diff) * (1 - sigmoid(diff)) / len(u)
"""
