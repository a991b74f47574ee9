import numpy as np


class TwoLayerSVM(object):
    """
    A fully connected network: affine - leaky relu - affine - multiclass hinge.
    Data of dimension D, hidden layer of H units, C classes, L2 on the weights.
    """

    def __init__(self, D, H, C, std=0.5, reg=0.05, seed=231):
        rs = np.random.RandomState(seed)
        self.params = {}
        self.params['W1'] = std * rs.randn(D, H)
        self.params['b1'] = 0.1 * rs.randn(H)
        self.params['W2'] = std * rs.randn(H, C)
        self.params['b2'] = 0.1 * rs.randn(C)
        self.reg = reg
        self.slope = 0.2

    def loss(self, X, y=None):
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        N, D = X.shape

        # forward pass
        pre = X.dot(W1) + b1
        hidden = np.where(pre > 0, pre, self.slope * pre)
        scores = hidden.dot(W2) + b2
        if y is None:
            return scores

        # squared hinge
        correct = scores[np.arange(N), y][:, np.newaxis]
        margins = np.maximum(0, scores - correct + 1.0)
        margins[np.arange(N), y] = 0
        loss = np.sum(margins ** 2) / N
        loss += self.reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

        # backward pass
        grads = {}
        dscores = 2 * margins / N
        dscores[np.arange(N), y] = -np.sum(dscores, axis=1)
        grads['W2'] = hidden.T.dot(dscores) + 2 * self.reg * W2
        grads['b2'] = np.sum(dscores, axis=0)
        dhidden = dscores.dot(W2.T)
        dpre = dhidden * np.where(pre > 0, 1.0, self.slope)
        grads['W1'] = X.T.dot(dpre) + 2 * self.reg * W1
        grads['b1'] = np.sum(dpre, axis=0)
        return loss, grads


rs = np.random.RandomState(1)
X = rs.randn(7, 5)
y = np.array([0, 1, 2, 3, 1, 2, 0])
net = TwoLayerSVM(5, 5, 4)


# ---- problem
def problem():
    return dict(
        loss=lambda: net.loss(X, y)[0], params=net.params, grads=lambda: net.loss(X, y)[1]
    )


FAULTS = """
loss-gradient | dscores = 2 * margins / N | dscores = (margins > 0).astype(float) / N
loss-gradient | dscores[np.arange(N), y] = -np.sum(dscores, axis=1) |
scale | grads['W1'] = X.T.dot(dpre) + 2 * self.reg * W1 | grads['W1'] = X.T.dot(dpre) / N + 2 * self.reg * W1
regulariser | grads['W1'] = X.T.dot(dpre) + 2 * self.reg * W1 | grads['W1'] = X.T.dot(dpre) + self.reg * W1
wrong-operand | grads['W2'] = hidden.T.dot(dscores) | grads['W2'] = pre.T.dot(dscores)
wrong-activation-derivative | np.where(pre > 0, 1.0, self.slope) | (pre > 0)
bias-reduction | grads['b1'] = np.sum(dpre, axis=0) | grads['b1'] = np.mean(dpre, axis=0)
"""
