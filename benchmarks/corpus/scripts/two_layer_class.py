import numpy as np


class TwoLayerNet(object):
    def __init__(self, input_size, hidden_size, output_size, std=0.3):
        self.params = {}
        self.params['W1'] = std * np.random.randn(input_size, hidden_size)
        self.params['b1'] = np.zeros(hidden_size)
        self.params['W2'] = std * np.random.randn(hidden_size, output_size)
        self.params['b2'] = np.zeros(output_size)

    def loss(self, X, y, reg=0.0):
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        N = X.shape[0]
        h = np.tanh(X.dot(W1) + b1)
        scores = h.dot(W2) + b2
        scores -= scores.max(axis=1, keepdims=True)
        p = np.exp(scores)
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(N), y]).mean()
        loss += reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))

        grads = {}
        dscores = p.copy()
        dscores[np.arange(N), y] -= 1
        dscores /= N
        grads['W2'] = h.T.dot(dscores) + 2 * reg * W2
        grads['b2'] = dscores.sum(axis=0)
        dh = dscores.dot(W2.T) * (1 - h ** 2)
        grads['W1'] = X.T.dot(dh) + 2 * reg * W1
        grads['b1'] = dh.sum(axis=0)
        return loss, grads

    def train(self, X, y, learning_rate=1e-1, learning_rate_decay=0.95,
              reg=5e-3, num_iters=200, batch_size=16, verbose=True):
        num_train = X.shape[0]
        loss_history = []
        for it in range(num_iters):
            idx = np.random.choice(num_train, batch_size)
            X_batch, y_batch = X[idx], y[idx]
            loss, grads = self.loss(X_batch, y_batch, reg=reg)
            loss_history.append(loss)
            for name in self.params:
                self.params[name] -= learning_rate * grads[name]
            if verbose and it % 50 == 0:
                print('iteration %d / %d: loss %f' % (it, num_iters, loss))
                learning_rate *= learning_rate_decay
        return loss_history


np.random.seed(1)
X = np.random.randn(80, 4)
y = np.argmax(X[:, :3] + 0.1 * np.random.randn(80, 3), axis=1)
net = TwoLayerNet(4, 10, 3)
hist = net.train(X, y)
print('Final training loss: ', hist[-1])


FAULTS = """
regulariser | grads['W1'] = X.T.dot(dh) + 2 * reg * W1 | grads['W1'] = X.T.dot(dh) + reg * W1
bias-reduction | grads['b1'] = dh.sum(axis=0) | grads['b1'] = dh.mean(axis=0)
wrong-operand | dh = dscores.dot(W2.T) * (1 - h ** 2) | dh = dscores.dot(W2.T) * (1 - scores.dot(W2.T) ** 2)
scale | dscores /= N |
"""
