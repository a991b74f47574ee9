"""A script: weights are global variables, the training step updates them at once.

Sigmoid hidden layer, linear output, mean squared error. No gradient is ever kept, so the check
runs one training step and reads the gradient off the change of the weights.

    gradcheck run script_globals.py --loss "loss()" --params "w_hidden, b_hidden, w_out, b_out" \
                                    --step "train_step()" --lr learning_rate
"""

import numpy as np

from gradcheck import check_gradients

np.random.seed(1)

# y = sin(x), with a little noise
x = np.linspace(-2, 2, 12).reshape(-1, 1)
y = np.sin(x) + 0.05 * np.random.randn(12, 1)

learning_rate = 0.1
w_hidden = np.random.randn(1, 6)
b_hidden = np.random.randn(6) * 0.5
w_out = np.random.randn(6, 1) * 0.5
b_out = np.zeros(1)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def predict():
    return sigmoid(x @ w_hidden + b_hidden) @ w_out + b_out


def loss():
    return np.mean((predict() - y) ** 2)


def train_step():
    global w_hidden, b_hidden, w_out, b_out
    hidden = sigmoid(x @ w_hidden + b_hidden)
    out = hidden @ w_out + b_out

    delta_out = 2 * (out - y) / len(x)
    delta_hidden = delta_out @ w_out.T  # fault: the slope of the sigmoid is missing

    w_out = w_out - learning_rate * hidden.T @ delta_out
    b_out = b_out - learning_rate * delta_out.sum(axis=0)
    w_hidden = w_hidden - learning_rate * x.T @ delta_hidden
    b_hidden = b_hidden - learning_rate * delta_hidden.sum(axis=0)


if __name__ == "__main__":
    report = check_gradients(
        loss,
        globals(),
        step=train_step,
        lr=learning_rate,
        select=["w_*", "b_*"],
    )
    print(report)

    for _ in range(2000):
        train_step()
    print(f"loss after training {loss():.4f}")
