# Denoising autoencoder with tied weights, quick script
import numpy as np
rs = np.random.RandomState(1)

# 8 prototypes, 20 bits
protos = (rs.rand(8, 20) > 0.5) * 1.0
clean = protos[rs.randint(0, 8, 160)]
n, d = clean.shape
k = 6

sigmoid = lambda u: 1 / (1 + np.exp(-u))

W = rs.randn(d, k) * 0.1
c = np.zeros(k)     # hidden bias
bv = np.zeros(d)    # visible bias
vW, vc, vb = 0, 0, 0
mom, lr, decay = 0.9, 0.5, 1e-4

for it in range(150):
    noisy = clean * (rs.rand(n, d) > 0.2)
    h = sigmoid(noisy.dot(W) + c)
    r = sigmoid(h.dot(W.T) + bv)
    J = 0.5 * ((r - clean)**2).sum() / n + 0.5 * decay * (W**2).sum()

    d_out = (r - clean) * r * (1 - r) / n
    d_hid = d_out.dot(W) * h * (1 - h)
    gW = noisy.T.dot(d_hid) + d_out.T.dot(h) + decay * W
    gc = d_hid.sum(0)
    gb = d_out.sum(0)

    vW = mom * vW - lr * gW
    vc = mom * vc - lr * gc
    vb = mom * vb - lr * gb
    W = W + vW
    c = c + vc
    bv = bv + vb

    if it % 25 == 0:
        print('it %3d  J = %.4f  bit errors = %d' % (it, J, np.sum((r > .5) != (clean > .5))))

FAULTS = """
second-use-of-the-tied-weight-forgotten | gW = noisy.T.dot(d_hid) + d_out.T.dot(h) + decay * W | gW = noisy.T.dot(d_hid) + decay * W
clean-used-as-encoder-input | gW = noisy.T.dot(d_hid) + d_out.T.dot(h) + decay * W | gW = clean.T.dot(d_hid) + d_out.T.dot(h) + decay * W
derivative-of-output-sigmoid-missing | d_out = (r - clean) * r * (1 - r) / n | d_out = (r - clean) / n
weight-decay-sign | gW = noisy.T.dot(d_hid) + d_out.T.dot(h) + decay * W | gW = noisy.T.dot(d_hid) + d_out.T.dot(h) - 100 * decay * W
hidden-derivative-uses-r...-h*(1+h) | d_hid = d_out.dot(W) * h * (1 - h) | d_hid = d_out.dot(W) * (1 - h ** 2)
"""
