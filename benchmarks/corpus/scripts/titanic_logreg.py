import argparse
from math import log

import numpy as np


def make_passengers(n, seed):
    rng = np.random.default_rng(seed)
    age = rng.uniform(1, 80, n)
    fare = rng.exponential(30, n)
    female = rng.integers(0, 2, n)
    survived = (rng.random(n) < 1 / (1 + np.exp(-(2.5 * female - 1.2 - 0.01 * age)))).astype(int)
    X = np.column_stack([np.ones(n), (age - 40) / 20, (fare - 30) / 30, female])
    return X, survived


def log_loss(w, X, y):
    p = 1 / (1 + np.exp(-X @ w))
    return -sum(log(pi) if yi else log(1 - pi) for pi, yi in zip(p, y)) / len(y)


def gradient(w, X, y):
    p = 1 / (1 + np.exp(-X @ w))
    return X.T @ (p - y) / len(y)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=0.3)
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--n", type=int, default=120)
    args = parser.parse_args()

    X, y = make_passengers(args.n, seed=1912)
    w = np.zeros(X.shape[1])
    for i in range(args.iterations):
        w -= args.lr * gradient(w, X, y)
        if (i + 1) % 50 == 0:
            print(f"iteration {i + 1}: log loss {log_loss(w, X, y):.4f}")
    print("weights", w)


if __name__ == "__main__":
    main()


FAULTS = """
scale | return X.T @ (p - y) / len(y) | return X.T @ (p - y)
wrong-activation-derivative | return X.T @ (p - y) / len(y) | return X.T @ ((p - y) * p * (1 - p)) / len(y)
sign | w -= args.lr * gradient(w, X, y) | w += args.lr * gradient(w, X, y)
indexing | return X.T @ (p - y) / len(y) | return X.T @ (p - y[::-1]) / len(y)
"""
