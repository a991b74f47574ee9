#!/usr/bin/env python3
"""Train a small net on two-spirals / blobs.  Usage: argparse_cosine.py [--epochs N] [--lr X]"""
import argparse
import logging
import math

import numpy as np

logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO)
logger = logging.getLogger("train")


def parse_args(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--lr", type=float, default=0.2)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--hidden", type=int, nargs="+", default=[16, 8])
    parser.add_argument("--label-smoothing", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(argv)


def blobs(n, rng):
    t = rng.integers(0, 3, n)
    c = np.array([[0, 0], [3, 1], [1, 3]])
    return c[t] + rng.normal(0, 0.8, (n, 2)), t


def iterate_minibatches(x, t, size, rng):
    perm = rng.permutation(len(x))
    for lo in range(0, len(x) - size + 1, size):
        sel = perm[lo:lo + size]
        yield x[sel], t[sel]


def init(sizes, rng):
    return [(rng.normal(0, math.sqrt(2 / a), (a, b)), np.zeros(b)) for a, b in zip(sizes, sizes[1:])]


def loss_grad(net, x, t, smoothing):
    hs, pre = [x], []
    for n, (w, b) in enumerate(net):
        pre.append(hs[-1] @ w + b)
        hs.append(np.maximum(pre[-1], 0) if n + 1 < len(net) else pre[-1])
    logits = hs[-1]
    k = logits.shape[1]
    target = np.full(logits.shape, smoothing / k)
    target[np.arange(len(t)), t] += 1 - smoothing
    logz = np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1, keepdims=True)) + logits.max(1, keepdims=True)
    loss = -(target * (logits - logz)).sum() / len(x)

    delta = (np.exp(logits - logz) - target) / len(x)
    grads = []
    for n in range(len(net) - 1, -1, -1):
        w, _ = net[n]
        grads.append((hs[n].T @ delta, delta.sum(0)))
        if n:
            delta = (delta @ w.T) * (pre[n - 1] > 0)
    return loss, grads[::-1]


def cosine(lr, step, total):
    return 0.5 * lr * (1 + math.cos(math.pi * step / total))


def main(args):
    rng = np.random.default_rng(args.seed)
    x, t = blobs(320, rng)
    net = init([2, *args.hidden, 3], rng)
    total = args.epochs * (len(x) // args.batch_size)
    step = 0
    for epoch in range(args.epochs):
        for xb, tb in iterate_minibatches(x, t, args.batch_size, rng):
            loss, grads = loss_grad(net, xb, tb, args.label_smoothing)
            lr = cosine(args.lr, step, total)
            net = [(w - lr * dw, b - lr * db) for (w, b), (dw, db) in zip(net, grads)]
            step += 1
        logger.info("epoch %d loss %.4f lr %.4f", epoch, loss, lr)


if __name__ == "__main__":
    main(parse_args())

FAULTS = """
wrong-mask | delta = (delta @ w.T) * (pre[n - 1] > 0) | delta = (delta @ w.T) * (delta @ w.T > 0)
missing-activation-derivative | delta = (delta @ w.T) * (pre[n - 1] > 0) | delta = delta @ w.T
wrong-variable | delta = (np.exp(logits - logz) - target) / len(x) | delta = (np.exp(logits - logz) - (target > 0.5)) / len(x)
wrong-index | grads.append((hs[n].T @ delta, delta.sum(0))) | grads.append((hs[n].T @ delta, delta[n]))
wrong-sign | net = [(w - lr * dw, b - lr * db) for (w, b), (dw, db) in zip(net, grads)] | net = [(w - lr * dw, b + lr * db) for (w, b), (dw, db) in zip(net, grads)]
never-updated | net = [(w - lr * dw, b - lr * db) for (w, b), (dw, db) in zip(net, grads)] | net = [(w - lr * dw, b) for (w, b), (dw, db) in zip(net, grads)]
"""
