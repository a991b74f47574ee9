"""The backpropagation inside scikit-learn's MLPRegressor, which never shows a gradient.

partial_fit makes one step of training. With plain gradient descent, all samples in a batch and no
momentum, the gradient is what the step took away, divided by the learning rate.

    pip install scikit-learn
"""

import numpy as np
from sklearn.neural_network import MLPRegressor

from gradcheck import check_gradients

rng = np.random.default_rng(0)
X, y = rng.normal(size=(20, 3)), rng.normal(size=20)
net = MLPRegressor(
    hidden_layer_sizes=(5, 4), activation="tanh", solver="sgd", momentum=0.0, batch_size=len(X),
    learning_rate_init=0.01, alpha=0.1, random_state=0,
)  # fmt: skip
net.partial_fit(X, y)  # makes the weights


def loss():
    decay = sum((W**2).sum() for W in net.coefs_)
    return (((net.predict(X) - y) ** 2).sum() + net.alpha * decay) / (2 * len(X))


report = check_gradients(
    loss,
    {"W": net.coefs_, "b": net.intercepts_},
    step=lambda: net.partial_fit(X, y),
    lr=net.learning_rate_init,
)
print(report)
