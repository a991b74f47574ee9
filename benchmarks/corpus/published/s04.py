"""cs231n assignment 1, two-layer net - my solution (spiral instead of CIFAR)"""
from __future__ import print_function
import numpy as np


class TwoLayerNet(object):
    """ fully-connected - ReLU - fully-connected - softmax """

    def __init__(self, input_size, hidden_size, output_size, std=1e-1):
        self.params = {}
        self.params['W1'] = std * np.random.randn(input_size, hidden_size)
        self.params['b1'] = np.zeros(hidden_size)
        self.params['W2'] = std * np.random.randn(hidden_size, output_size)
        self.params['b2'] = np.zeros(output_size)

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        N, D = X.shape

        h = X.dot(W1) + b1
        h_relu = np.maximum(h, 0)
        scores = h_relu.dot(W2) + b2
        if y is None:
            return scores

        scores -= scores.max(axis=1, keepdims=True)
        exps = np.exp(scores)
        probs = exps / exps.sum(axis=1, keepdims=True)
        loss = -np.log(probs[np.arange(N), y]).sum() / N
        loss += reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

        grads = {}
        dscores = probs
        dscores[range(N), y] -= 1
        dscores /= N
        grads['W2'] = h_relu.T.dot(dscores) + 2 * reg * W2
        grads['b2'] = np.sum(dscores, axis=0)
        dh = dscores.dot(W2.T)
        dh[h <= 0] = 0
        grads['W1'] = X.T.dot(dh) + 2 * reg * W1
        grads['b1'] = np.sum(dh, axis=0)
        return loss, grads

    def train(self, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95,
              reg=5e-6, num_iters=100, batch_size=200, verbose=False):
        num_train = X.shape[0]
        iterations_per_epoch = max(num_train // batch_size, 1)
        loss_history = []
        for it in range(num_iters):
            idx = np.random.choice(num_train, batch_size, replace=True)
            X_batch, y_batch = X[idx], y[idx]
            loss, grads = self.loss(X_batch, y=y_batch, reg=reg)
            loss_history.append(loss)
            for k in self.params:
                self.params[k] -= learning_rate * grads[k]
            if verbose and it % 100 == 0:
                print('iteration %d / %d: loss %f' % (it, num_iters, loss))
            if it % iterations_per_epoch == 0:
                learning_rate *= learning_rate_decay
        return loss_history

    def predict(self, X):
        return np.argmax(self.loss(X), axis=1)


np.random.seed(0)
N, D, K = 100, 2, 3
X = np.zeros((N * K, D))
y = np.zeros(N * K, dtype='uint8')
for j in range(K):
    ix = range(N * j, N * (j + 1))
    r = np.linspace(0.0, 1, N)
    t = np.linspace(j * 4, (j + 1) * 4, N) + np.random.randn(N) * 0.2
    X[ix] = np.c_[r * np.sin(t), r * np.cos(t)]
    y[ix] = j

net = TwoLayerNet(2, 40, 3)
hist = net.train(X, y, X, y, learning_rate=1.0, learning_rate_decay=0.99, reg=1e-3, num_iters=300, batch_size=64, verbose=True)
print('train acc', (net.predict(X) == y).mean())

FAULTS = """
reg-gradient-without-the-factor-2 | grads['W2'] = h_relu.T.dot(dscores) + 2 * reg * W2 | grads['W2'] = h_relu.T.dot(dscores) + reg * W2
uses-pre-activation-h-instead-of-h_relu | grads['W2'] = h_relu.T.dot(dscores) + 2 * reg * W2 | grads['W2'] = h.T.dot(dscores) + 2 * reg * W2
forgot-to-divide-by-N | dscores /= N | dscores /= D
mask-from-X-times?-relu-mask-forgotten | dh[h <= 0] = 0 | 
bias-gradient-from-wrong-variable-mean-instead-of-sum | grads['b1'] = np.sum(dh, axis=0) | grads['b1'] = np.mean(dh, axis=0)
"""
