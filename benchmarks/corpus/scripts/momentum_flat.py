from numpy import array, dot, exp, zeros_like, tanh, sum, mean
from numpy.random import seed, randn, permutation

seed(12)
X = randn(50, 3)
T = (X[:, [0]] ** 2 - X[:, [1]])

w_hidden = randn(3, 6) * 0.4
b_hidden = array([[0.0] * 6])
w_out = randn(6, 1) * 0.4
b_out = array([[0.0]])

alpha = 0.05
mu = 0.9
vwh, vbh, vwo, vbo = map(zeros_like, (w_hidden, b_hidden, w_out, b_out))

for epoch in range(20):
    order = permutation(50)
    total = 0
    for k in range(0, 50, 10):
        xb = X[order[k:k + 10]]
        tb = T[order[k:k + 10]]
        # forward
        h = tanh(dot(xb, w_hidden) + b_hidden)
        o = dot(h, w_out) + b_out
        total += mean((o - tb) ** 2)
        # backward
        d_o = 2 * (o - tb) / len(xb)
        d_h = dot(d_o, w_out.T) * (1 - h * h)
        # momentum
        vwo = mu * vwo - alpha * dot(h.T, d_o)
        vbo = mu * vbo - alpha * sum(d_o, axis=0, keepdims=True)
        vwh = mu * vwh - alpha * dot(xb.T, d_h)
        vbh = mu * vbh - alpha * sum(d_h, axis=0, keepdims=True)
        w_out += vwo
        b_out += vbo
        w_hidden += vwh
        b_hidden += vbh
    if epoch % 5 == 0:
        print(epoch, total / 5)


FAULTS = """
wrong-activation-derivative | d_h = dot(d_o, w_out.T) * (1 - h * h) | d_h = dot(d_o, w_out.T) * h * (1 - h)
missing-gradient | b_hidden += vbh |
scale | d_o = 2 * (o - tb) / len(xb) | d_o = (o - tb) / len(xb)
bias-reduction | vbh = mu * vbh - alpha * sum(d_h, axis=0, keepdims=True) | vbh = mu * vbh - alpha * sum(d_h)
"""
