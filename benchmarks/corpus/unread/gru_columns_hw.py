# HW4 part 3 -- GRU, mini-batch in columns (n_x, m). Fill in gru_cell_backward. DONE
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru_cell_forward(xt, a_prev, parameters):
    Wu, bu = parameters["Wu"], parameters["bu"]
    Wr, br = parameters["Wr"], parameters["br"]
    Wc, bc = parameters["Wc"], parameters["bc"]
    concat = np.concatenate((a_prev, xt), axis=0)
    ut = sigmoid(np.dot(Wu, concat) + bu)
    rt = sigmoid(np.dot(Wr, concat) + br)
    concat_r = np.concatenate((rt * a_prev, xt), axis=0)
    cct = np.tanh(np.dot(Wc, concat_r) + bc)
    a_next = ut * cct + (1 - ut) * a_prev
    cache = (a_prev, xt, ut, rt, cct, concat, concat_r)
    return a_next, cache


def gru_forward(X, a0, parameters):
    """X has shape (n_x, m, T_x)"""
    caches = []
    a = a0
    for t in range(X.shape[2]):
        a, cache = gru_cell_forward(X[:, :, t], a, parameters)
        caches.append(cache)
    AL = np.dot(parameters["Wy"], a) + parameters["by"]
    expo = np.exp(AL - AL.max(axis=0))
    return expo / expo.sum(axis=0), a, caches


def compute_cost(X, Y, a0, parameters):
    Y_hat, _, _ = gru_forward(X, a0, parameters)
    m = Y.shape[1]
    return -np.sum(Y * np.log(Y_hat)) / m


def gru_cell_backward(da_next, cache, parameters, grads):
    a_prev, xt, ut, rt, cct, concat, concat_r = cache
    n_a = a_prev.shape[0]
    du = da_next * (cct - a_prev)
    dcc = da_next * ut
    dzc = dcc * (1 - cct ** 2)
    dzu = du * ut * (1 - ut)
    dconcat_r = np.dot(parameters["Wc"].T, dzc)
    dra = dconcat_r[:n_a]
    dr = dra * a_prev
    dzr = dr * rt * (1 - rt)
    grads["Wc"] += np.dot(dzc, concat_r.T)
    grads["bc"] += np.sum(dzc, axis=1, keepdims=True)
    grads["Wu"] += np.dot(dzu, concat.T)
    grads["bu"] += np.sum(dzu, axis=1, keepdims=True)
    grads["Wr"] += np.dot(dzr, concat.T)
    grads["br"] += np.sum(dzr, axis=1, keepdims=True)
    dconcat = np.dot(parameters["Wu"].T, dzu) + np.dot(parameters["Wr"].T, dzr)
    da_prev = dconcat[:n_a] + dra * rt + da_next * (1 - ut)
    return da_prev


def gru_backward(X, Y, a0, parameters):
    Y_hat, a_last, caches = gru_forward(X, a0, parameters)
    m = Y.shape[1]
    grads = {key: np.zeros(value.shape) for key, value in parameters.items()}
    dAL = (Y_hat - Y) / m
    grads["Wy"] = np.dot(dAL, a_last.T)
    grads["by"] = np.sum(dAL, axis=1, keepdims=True)
    da = np.dot(parameters["Wy"].T, dAL)
    for t in reversed(range(X.shape[2])):
        da = gru_cell_backward(da, caches[t], parameters, grads)
    return grads


# ---- problem
def problem():
    np.random.seed(1)
    n_a, n_x, m = 3, 2, 4
    parameters = {}
    for gate in "urc":
        parameters["W" + gate] = np.random.randn(n_a, n_a + n_x) * 0.7
        parameters["b" + gate] = np.random.randn(n_a, 1) * 0.2
    parameters["Wy"] = np.random.randn(3, n_a)
    parameters["by"] = np.zeros((3, 1))
    X = np.random.randn(n_x, m, 4)
    a0 = np.random.randn(n_a, m) * 0.3
    Y = np.eye(3)[:, [0, 1, 2, 1]]
    return dict(loss=lambda: compute_cost(X, Y, a0, parameters), params=parameters,
                grads=lambda: gru_backward(X, Y, a0, parameters))


FAULTS = """
sign | du = da_next * (cct - a_prev) | du = da_next * (a_prev - cct)
missing-term | du = da_next * (cct - a_prev) | du = da_next * cct
recurrence | da_prev = dconcat[:n_a] + dra * rt + da_next * (1 - ut) | da_prev = dconcat[:n_a] + dra * rt
wrong-operand | da_prev = dconcat[:n_a] + dra * rt + da_next * (1 - ut) | da_prev = dconcat[:n_a] + dra * rt + da_next * ut
wrong-operand | grads["Wc"] += np.dot(dzc, concat_r.T) | grads["Wc"] += np.dot(dzc, concat.T)
missing-activation-derivative | dzr = dr * rt * (1 - rt) | dzr = dr * rt
"""
