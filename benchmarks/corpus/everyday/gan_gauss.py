# 1D GAN: generator (affine+tanh net) learns N(3, 0.5). Non-saturating loss. No frameworks.
import numpy as np

np.random.seed(666)
B, H = 64, 8


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


G = {'w1': np.random.randn(1, H), 'b1': np.zeros(H), 'w2': np.random.randn(H, 1) * .3, 'b2': np.zeros(1)}
D = {'w1': np.random.randn(1, H), 'b1': np.zeros(H), 'w2': np.random.randn(H, 1) * .3, 'b2': np.zeros(1)}


def net(p, x):
    h = np.tanh(x @ p['w1'] + p['b1'])
    return h @ p['w2'] + p['b2'], h


def net_grad(p, x, h, dout):
    g = {}
    g['w2'] = h.T @ dout
    g['b2'] = dout.sum(0)
    dh = dout @ p['w2'].T * (1 - h ** 2)
    g['w1'] = x.T @ dh
    g['b1'] = dh.sum(0)
    return g, dh @ p['w1'].T


lr_d, lr_g = 0.05, 0.02
for it in range(600):
    # --- discriminator
    real = 3 + 0.5 * np.random.randn(B, 1)
    noise = np.random.randn(B, 1)
    fake, _ = net(G, noise)
    s_real, h_real = net(D, real)
    s_fake, h_fake = net(D, fake)
    d_loss = -np.mean(np.log(sigmoid(s_real))) - np.mean(np.log(1 - sigmoid(s_fake)))
    g_real, _ = net_grad(D, real, h_real, (sigmoid(s_real) - 1) / B)
    g_fake, _ = net_grad(D, fake, h_fake, sigmoid(s_fake) / B)
    for k in D:
        D[k] -= lr_d * (g_real[k] + g_fake[k])

    # --- generator
    noise = np.random.randn(B, 1)
    fake, h_gen = net(G, noise)
    s_fake, h_fake = net(D, fake)
    g_loss = -np.mean(np.log(sigmoid(s_fake)))
    _, dfake = net_grad(D, fake, h_fake, (sigmoid(s_fake) - 1) / B)
    grads_g, _ = net_grad(G, noise, h_gen, dfake)
    for k in G:
        G[k] -= lr_g * grads_g[k]
    if it % 200 == 0:
        print('it %d  D %.3f  G %.3f  mean %.2f std %.2f' % (it, d_loss, g_loss, fake.mean(), fake.std()))

FAULTS = """
wrong-sign | g_fake, _ = net_grad(D, fake, h_fake, sigmoid(s_fake) / B) | g_fake, _ = net_grad(D, fake, h_fake, -sigmoid(s_fake) / B)
missing-term | D[k] -= lr_d * (g_real[k] + g_fake[k]) | D[k] -= lr_d * g_real[k]
missing-term | _, dfake = net_grad(D, fake, h_fake, (sigmoid(s_fake) - 1) / B) | _, dfake = net_grad(D, fake, h_fake, sigmoid(s_fake) / B)
missing-activation-derivative | dh = dout @ p['w2'].T * (1 - h ** 2) | dh = dout @ p['w2'].T
wrong-variable | grads_g, _ = net_grad(G, noise, h_gen, dfake) | grads_g, _ = net_grad(G, noise, h_fake, dfake)
wrong-layer | return g, dh @ p['w1'].T | return g, dh @ p['w2']
"""
