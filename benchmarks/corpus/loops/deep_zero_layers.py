# coding: utf-8
# 本の第5章の復習: 誤差逆伝播法で2層ネットを学習する
from collections import OrderedDict
import numpy as np


class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = (x <= 0)
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout = dout.copy()
        dout[self.mask] = 0
        return dout


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.x = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


def softmax(x):
    x = x - np.max(x, axis=1, keepdims=True)
    return np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t = t
        self.y = softmax(x)
        batch_size = x.shape[0]
        return -np.sum(np.log(self.y[np.arange(batch_size), t] + 1e-12)) / batch_size

    def backward(self, dout=1):
        batch_size = self.t.shape[0]
        dx = self.y.copy()
        dx[np.arange(batch_size), self.t] -= 1
        return dout * dx / batch_size


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.3):
        self.params = {}
        self.params['W1'] = weight_init_std * np.random.randn(input_size, hidden_size)
        self.params['b1'] = np.zeros(hidden_size)
        self.params['W2'] = weight_init_std * np.random.randn(hidden_size, output_size)
        self.params['b2'] = np.zeros(output_size)
        self.layers = OrderedDict()
        self.layers['Affine1'] = Affine(self.params['W1'], self.params['b1'])
        self.layers['Relu1'] = Relu()
        self.layers['Affine2'] = Affine(self.params['W2'], self.params['b2'])
        self.lastLayer = SoftmaxWithLoss()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        return self.lastLayer.forward(self.predict(x), t)

    def accuracy(self, x, t):
        return np.mean(np.argmax(self.predict(x), axis=1) == t)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.lastLayer.backward(1)
        for layer in reversed(list(self.layers.values())):
            dout = layer.backward(dout)
        grads = {}
        grads['W1'], grads['b1'] = self.layers['Affine1'].dW, self.layers['Affine1'].db
        grads['W2'], grads['b2'] = self.layers['Affine2'].dW, self.layers['Affine2'].db
        return grads


# データ (3クラスの渦巻き)
np.random.seed(1984)
N, CLS = 40, 3
x_train = np.zeros((N * CLS, 2))
t_train = np.zeros(N * CLS, dtype=int)
for j in range(CLS):
    for i in range(N):
        r = i / N
        theta = 4.0 * j + 4.0 * r + np.random.randn() * 0.2
        x_train[N * j + i] = [r * np.sin(theta), r * np.cos(theta)]
        t_train[N * j + i] = j

network = TwoLayerNet(2, 12, 3)
iters_num = 400
batch_size = 30
learning_rate = 0.5
train_loss_list = []

for i in range(iters_num):
    batch_mask = np.random.choice(len(x_train), batch_size)
    x_batch, t_batch = x_train[batch_mask], t_train[batch_mask]
    grad = network.gradient(x_batch, t_batch)
    for key in ('W1', 'b1', 'W2', 'b2'):
        network.params[key] -= learning_rate * grad[key]
    loss = network.loss(x_batch, t_batch)
    train_loss_list.append(loss)
    if i % 100 == 0:
        print(i, loss, network.accuracy(x_train, t_train))

FAULTS = """
wrong-activation-derivative | dout[self.mask] = 0 | dout[self.mask] = 0.1
normalisation | return dout * dx / batch_size | return dout * dx
wrong-sign | dx[np.arange(batch_size), self.t] -= 1 | dx[np.arange(batch_size), self.t] += 1
normalisation | self.db = np.sum(dout, axis=0) | self.db = np.mean(dout, axis=0)
forgotten-update | for key in ('W1', 'b1', 'W2', 'b2'): | for key in ('W1', 'b1', 'W2'):
"""
