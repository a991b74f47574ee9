# -*- coding: utf-8 -*-
# 手写神经网络: 两层全连接 + dropout, 鸢尾花风格的数据, Adam优化器
import numpy as np

np.random.seed(6)

# 生成数据
类别数 = 3
X = np.random.randn(90, 4)
X[:30] += [1.5, 0, 0, 1]
X[30:60] += [0, 1.5, -1, 0]
y = np.repeat(np.arange(类别数), 30)


class Adam优化器:
    def __init__(self, lr=0.01, beta1=0.9, beta2=0.999):
        self.lr, self.beta1, self.beta2 = lr, beta1, beta2
        self.m = None
        self.v = None
        self.iter = 0

    def update(self, params, grads):
        if self.m is None:
            self.m = {k: np.zeros_like(v) for k, v in params.items()}
            self.v = {k: np.zeros_like(v) for k, v in params.items()}
        self.iter += 1
        for k in params:
            self.m[k] = self.beta1 * self.m[k] + (1 - self.beta1) * grads[k]
            self.v[k] = self.beta2 * self.v[k] + (1 - self.beta2) * grads[k] ** 2
            m_hat = self.m[k] / (1 - self.beta1 ** self.iter)
            v_hat = self.v[k] / (1 - self.beta2 ** self.iter)
            params[k] -= self.lr * m_hat / (np.sqrt(v_hat) + 1e-8)


class 网络:
    def __init__(self, 输入, 隐藏, 输出, 丢弃率=0.3):
        self.params = {
            'W1': np.random.randn(输入, 隐藏) * np.sqrt(2 / 输入),
            'b1': np.zeros(隐藏),
            'W2': np.random.randn(隐藏, 输出) * np.sqrt(2 / 隐藏),
            'b2': np.zeros(输出),
        }
        self.丢弃率 = 丢弃率

    def 前向(self, X, 训练=True):
        p = self.params
        self.X = X
        self.z1 = X @ p['W1'] + p['b1']
        self.a1 = np.maximum(0, self.z1)
        if 训练:
            self.mask = (np.random.rand(*self.a1.shape) > self.丢弃率) / (1 - self.丢弃率)
            self.d1 = self.a1 * self.mask
        else:
            self.d1 = self.a1
        z2 = self.d1 @ p['W2'] + p['b2']
        z2 -= z2.max(axis=1, keepdims=True)
        self.prob = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)
        return self.prob

    def 损失(self, y):
        return -np.log(self.prob[np.arange(len(y)), y]).mean()

    def 反向(self, y):
        n = len(y)
        dz2 = self.prob.copy()
        dz2[np.arange(n), y] -= 1
        dz2 /= n
        grads = {'W2': self.d1.T @ dz2, 'b2': dz2.sum(axis=0)}
        da1 = dz2 @ self.params['W2'].T
        da1 = da1 * self.mask
        dz1 = da1 * (self.z1 > 0)
        grads['W1'] = self.X.T @ dz1
        grads['b1'] = dz1.sum(axis=0)
        return grads


net = 网络(4, 10, 类别数)
opt = Adam优化器()
for 轮 in range(40):
    顺序 = np.random.permutation(len(X))
    for i in range(0, len(X), 30):
        批 = 顺序[i:i + 30]
        net.前向(X[批])
        损失值 = net.损失(y[批])
        grads = net.反向(y[批])
        opt.update(net.params, grads)
    if 轮 % 10 == 0:
        acc = (net.前向(X, 训练=False).argmax(1) == y).mean()
        print('第%d轮 损失=%.4f 准确率=%.3f' % (轮, 损失值, acc))

FAULTS = """
missing-factor | da1 = da1 * self.mask | da1 = da1 * 1.0
missing-factor | da1 = da1 * self.mask | da1 = da1 * (self.mask > 0)
pre-for-post | grads = {'W2': self.d1.T @ dz2, 'b2': dz2.sum(axis=0)} | grads = {'W2': self.a1.T @ dz2, 'b2': dz2.sum(axis=0)}
wrong-activation-derivative | dz1 = da1 * (self.z1 > 0) | dz1 = da1 * self.z1
normalisation | dz2 /= n | dz2 /= 3
"""
