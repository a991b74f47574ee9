#!/usr/bin/env python
# coding: utf-8
# BatchNorm + Dropout from scratch. Blog post part 3 of 5.
import numpy as np

np.random.seed(10)


class BatchNorm:
    def __init__(self, dim, momentum=0.9, eps=1e-5):
        self.gamma = np.ones(dim)
        self.beta = np.zeros(dim)
        self.momentum, self.eps = momentum, eps
        self.running_mean = np.zeros(dim)
        self.running_var = np.ones(dim)

    def __call__(self, x, train):
        if not train:
            xhat = (x - self.running_mean) / np.sqrt(self.running_var + self.eps)
            return self.gamma * xhat + self.beta
        mu, var = x.mean(0), x.var(0)
        self.std = np.sqrt(var + self.eps)
        self.xhat = (x - mu) / self.std
        self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
        self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        return self.gamma * self.xhat + self.beta

    def grad(self, dy):
        N = dy.shape[0]
        self.dgamma = (dy * self.xhat).sum(0)
        self.dbeta = dy.sum(0)
        dxhat = dy * self.gamma
        dx = (dxhat - dxhat.mean(0) - self.xhat * (dxhat * self.xhat).mean(0)) / self.std
        return dx


class Dropout:
    def __init__(self, p):
        self.keep = 1 - p

    def __call__(self, x, train):
        if not train:
            return x
        self.mask = (np.random.rand(*x.shape) < self.keep) / self.keep
        return x * self.mask

    def grad(self, dy):
        return dy * self.mask


class Net:
    def __init__(self, n_in, n_hid, n_out):
        self.W1 = np.random.randn(n_in, n_hid) * np.sqrt(2 / n_in)
        self.bn = BatchNorm(n_hid)
        self.do = Dropout(0.2)
        self.W2 = np.random.randn(n_hid, n_out) * np.sqrt(1 / n_hid)
        self.b2 = np.zeros(n_out)

    def forward(self, x, train=True):
        self.x = x
        self.h = self.bn(x @ self.W1, train)
        self.a = self.do(np.maximum(self.h, 0), train)
        s = self.a @ self.W2 + self.b2
        s = s - s.max(axis=1, keepdims=True)
        self.prob = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
        return self.prob

    def loss(self, T):
        return -(T * np.log(self.prob + 1e-9)).sum() / len(T)

    def backward(self, T):
        ds = (self.prob - T) / len(T)
        self.dW2 = self.a.T @ ds
        self.db2 = ds.sum(0)
        da = self.do.grad(ds @ self.W2.T)
        dh = da * (self.h > 0)
        self.dW1 = self.x.T @ self.bn.grad(dh)

    def update(self, lr):
        self.W1 -= lr * self.dW1
        self.bn.gamma -= lr * self.bn.dgamma
        self.bn.beta -= lr * self.bn.dbeta
        self.W2 -= lr * self.dW2
        self.b2 -= lr * self.db2


# three noisy rings
n = 150
k = np.random.randint(0, 3, n)
ang = np.random.rand(n) * 2 * np.pi
rad = k + 1 + np.random.randn(n) * 0.15
X = np.c_[rad * np.cos(ang), rad * np.sin(ang)]
T = np.eye(3)[k]

net = Net(2, 24, 3)
for epoch in range(1, 61):
    idx = np.random.permutation(n)
    for j in range(0, n, 50):
        b = idx[j:j+50]
        net.forward(X[b])
        L = net.loss(T[b])
        net.backward(T[b])
        net.update(0.3 if epoch < 40 else 0.1)
    if epoch % 20 == 0:
        acc = (net.forward(X, train=False).argmax(1) == k).mean()
        print(f'Epoch {epoch:>3}: last batch loss {L:.3f}, accuracy {acc:.3f}')

FAULTS = """
missing-term | dx = (dxhat - dxhat.mean(0) - self.xhat * (dxhat * self.xhat).mean(0)) / self.std | dx = (dxhat - dxhat.mean(0)) / self.std
missing-factor | dxhat = dy * self.gamma | dxhat = dy * self.std
forgotten-mask | return dy * self.mask | return dy
wrong-variable | self.dgamma = (dy * self.xhat).sum(0) | self.dgamma = (dy * self.gamma).sum(0)
wrong-mask | dh = da * (self.h > 0) | dh = da * (da > 0)
mean-for-sum | self.dbeta = dy.sum(0) | self.dbeta = dy.mean(0)
"""
