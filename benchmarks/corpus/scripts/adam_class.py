import numpy as np
from collections import OrderedDict


class Affine:
    def __init__(self, W, b):
        self.W = W
        self.b = b

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * (1.0 - self.out) * self.out


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t = t
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.y = e / e.sum(axis=-1, keepdims=True)
        return -np.sum(t * np.log(self.y + 1e-7)) / t.shape[0]

    def backward(self, dout=1):
        return (self.y - self.t) / self.t.shape[0]


class Adam:
    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999):
        self.lr, self.beta1, self.beta2, self.iter = lr, beta1, beta2, 0
        self.m = None

    def update(self, params, grads):
        if self.m is None:
            self.m = {k: np.zeros_like(v) for k, v in params.items()}
            self.v = {k: np.zeros_like(v) for k, v in params.items()}
        self.iter += 1
        lr_t = self.lr * np.sqrt(1.0 - self.beta2 ** self.iter) / (1.0 - self.beta1 ** self.iter)
        for key in params.keys():
            self.m[key] += (1 - self.beta1) * (grads[key] - self.m[key])
            self.v[key] += (1 - self.beta2) * (grads[key] ** 2 - self.v[key])
            params[key] -= lr_t * self.m[key] / (np.sqrt(self.v[key]) + 1e-7)


class TwoLayerNet:
    def __init__(self, n_in, n_hidden, n_out):
        self.params = {'W1': 0.5 * np.random.randn(n_in, n_hidden), 'b1': np.zeros(n_hidden),
                       'W2': 0.5 * np.random.randn(n_hidden, n_out), 'b2': np.zeros(n_out)}
        self.layers = OrderedDict()
        self.layers['Affine1'] = Affine(self.params['W1'], self.params['b1'])
        self.layers['Sigmoid1'] = Sigmoid()
        self.layers['Affine2'] = Affine(self.params['W2'], self.params['b2'])
        self.lastLayer = SoftmaxWithLoss()

    def loss(self, x, t):
        for layer in self.layers.values():
            x = layer.forward(x)
        return self.lastLayer.forward(x, t)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.lastLayer.backward()
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        return {'W1': self.layers['Affine1'].dW, 'b1': self.layers['Affine1'].db,
                'W2': self.layers['Affine2'].dW, 'b2': self.layers['Affine2'].db}


np.random.seed(0)
x_train = np.random.rand(100, 5)
t_train = np.eye(3)[x_train[:, :3].argmax(axis=1)]
network = TwoLayerNet(5, 8, 3)
optimizer = Adam(lr=0.02)
train_loss_list = []
for i in range(200):
    batch_mask = np.random.choice(100, 20)
    x_batch, t_batch = x_train[batch_mask], t_train[batch_mask]
    grads = network.gradient(x_batch, t_batch)
    optimizer.update(network.params, grads)
    loss = network.loss(x_batch, t_batch)
    train_loss_list.append(loss)
    if i % 50 == 0:
        print("train loss:", loss)


FAULTS = """
wrong-activation-derivative | return dout * (1.0 - self.out) * self.out | return dout * (1.0 - self.out ** 2)
scale | self.dW = np.dot(self.x.T, dout) | self.dW = np.dot(self.x.T, dout) / len(dout)
bias-reduction | self.db = np.sum(dout, axis=0) | self.db = np.mean(dout, axis=0)
sign | return (self.y - self.t) / self.t.shape[0] | return (self.t - self.y) / self.t.shape[0]
"""
