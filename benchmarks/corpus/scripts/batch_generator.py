import random

import numpy as np


def iterate_minibatches(inputs, targets, batchsize, shuffle=False):
    indices = list(range(len(inputs)))
    if shuffle:
        random.shuffle(indices)
    for start in range(0, len(inputs) - batchsize + 1, batchsize):
        excerpt = indices[start:start + batchsize]
        yield inputs[excerpt], targets[excerpt]


class MLP:
    def __init__(self, sizes):
        self.Ws = [np.random.randn(a, b) / np.sqrt(a) for a, b in zip(sizes, sizes[1:])]
        self.bs = [np.zeros(b) for b in sizes[1:]]
        self.zero_grad()

    def zero_grad(self):
        self.dWs = [np.zeros_like(W) for W in self.Ws]
        self.dbs = [np.zeros_like(b) for b in self.bs]

    def forward(self, x):
        self.acts = [x]
        for W, b in zip(self.Ws, self.bs):
            x = 1 / (1 + np.exp(-(x @ W + b)))
            self.acts.append(x)
        return x

    def backward(self, d):
        for k in reversed(range(len(self.Ws))):
            a = self.acts[k + 1]
            d = d * a * (1 - a)
            self.dWs[k] += self.acts[k].T @ d
            self.dbs[k] += d.sum(axis=0)
            d = d @ self.Ws[k].T

    def step(self, lr):
        for k in range(len(self.Ws)):
            self.Ws[k] -= lr * self.dWs[k]
            self.bs[k] -= lr * self.dbs[k]


def main():
    np.random.seed(8)
    random.seed(8)
    X = np.random.randn(60, 3)
    Y = (X @ [[1], [-1], [0.5]] > 0).astype(float)
    model = MLP([3, 5, 5, 1])
    for epoch in range(20):
        epoch_loss, n_batches = 0.0, 0
        for xb, yb in iterate_minibatches(X, Y, 15, shuffle=True):
            model.zero_grad()
            out = model.forward(xb)
            epoch_loss += float(np.mean((out - yb) ** 2))
            n_batches += 1
            model.backward(2 * (out - yb) / out.size)
            model.step(lr=1.0)
        if epoch % 5 == 0:
            print("epoch {:2d}  loss {:.4f}".format(epoch, epoch_loss / n_batches))


if __name__ == '__main__':
    main()


FAULTS = """
accumulation | model.zero_grad();;out = model.forward(xb) | out = model.forward(xb)
indexing | a = self.acts[k + 1] | a = self.acts[-1]
wrong-activation-derivative | d = d * a * (1 - a) | d = d * (1 - a ** 2)
bias-reduction | self.dbs[k] += d.sum(axis=0) | self.dbs[k] += d.mean(axis=0)
"""
