# --- notebook: "Neural net from scratch, no TF!" --- cells pasted together
import numpy as np

# In [1]: fake tabular data
np.random.seed(42)
X_train = np.random.randn(12, 5)
y_train = (X_train[:, 0] * X_train[:, 1] > 0).astype(float).reshape(-1, 1)

# In [2]: init
w_1 = np.random.randn(5, 6) * np.sqrt(2 / 5)
b_1 = np.random.randn(1, 6) * 0.1
w_2 = np.random.randn(6, 4) * np.sqrt(2 / 6)
b_2 = np.random.randn(1, 4) * 0.1
w_3 = np.random.randn(4, 1)
b_3 = np.zeros((1, 1))
keep_prob = 0.8
learning_rate = 0.05
drop_1 = (np.random.rand(12, 6) < keep_prob).astype(float)
drop_2 = (np.random.rand(12, 4) < keep_prob).astype(float)
class_weight = np.where(y_train == 1, 1.5, 0.75)


# In [3]: activations
def swish(z):
    return z / (1 + np.exp(-z))


def swish_derivative(z):
    sig = 1 / (1 + np.exp(-z))
    return sig + z * sig * (1 - sig)


# In [4]: forward
def forward_pass():
    z_1 = X_train @ w_1 + b_1
    h_1 = swish(z_1) * drop_1 / keep_prob
    z_2 = h_1 @ w_2 + b_2
    h_2 = swish(z_2) * drop_2 / keep_prob
    out = 1 / (1 + np.exp(-(h_2 @ w_3 + b_3)))
    return z_1, h_1, z_2, h_2, out


def binary_crossentropy():
    out = forward_pass()[-1]
    return -np.mean(class_weight * (y_train * np.log(out) + (1 - y_train) * np.log(1 - out)))


# In [5]: one epoch
def train_epoch():
    global w_1, b_1, w_2, b_2, w_3, b_3
    z_1, h_1, z_2, h_2, out = forward_pass()
    m = X_train.shape[0]
    d_out = class_weight * (out - y_train) / m
    d_w3 = h_2.T @ d_out
    d_b3 = d_out.sum(axis=0, keepdims=True)
    d_h2 = d_out @ w_3.T
    d_z2 = d_h2 * drop_2 / keep_prob * swish_derivative(z_2)
    d_w2 = h_1.T @ d_z2
    d_b2 = d_z2.sum(axis=0, keepdims=True)
    d_h1 = d_z2 @ w_2.T
    d_z1 = d_h1 * drop_1 / keep_prob * swish_derivative(z_1)
    d_w1 = X_train.T @ d_z1
    d_b1 = d_z1.sum(axis=0, keepdims=True)
    w_3 = w_3 - learning_rate * d_w3
    b_3 = b_3 - learning_rate * d_b3
    w_2 = w_2 - learning_rate * d_w2
    b_2 = b_2 - learning_rate * d_b2
    w_1 = w_1 - learning_rate * d_w1
    b_1 = b_1 - learning_rate * d_b1


# ---- problem
def problem():
    return dict(names=["w_1", "b_1", "w_2", "b_2", "w_3", "b_3"], loss=binary_crossentropy, step=train_epoch, lr=learning_rate)


FAULTS = """
dropout-mask | d_z2 = d_h2 * drop_2 / keep_prob * swish_derivative(z_2) | d_z2 = d_h2 * swish_derivative(z_2)
dropout-mask | d_z1 = d_h1 * drop_1 / keep_prob * swish_derivative(z_1) | d_z1 = d_h1 * drop_1 * swish_derivative(z_1)
activation-derivative-at-wrong-value | d_z1 = d_h1 * drop_1 / keep_prob * swish_derivative(z_1) | d_z1 = d_h1 * drop_1 / keep_prob * swish_derivative(h_1)
missing-term | d_out = class_weight * (out - y_train) / m | d_out = (out - y_train) / m
bias-reduction | d_b2 = d_z2.sum(axis=0, keepdims=True) | d_b2 = d_z2.mean(axis=0, keepdims=True)
swapped-gradients | b_2 = b_2 - learning_rate * d_b2 | b_2 = b_2 - learning_rate * d_h2.sum(axis=0, keepdims=True)
"""
