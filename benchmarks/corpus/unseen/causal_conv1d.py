# dilated causal convolutions over a signal, everything in plain loops
import numpy as np

rs = np.random.RandomState(2020)
T = 9
signal = rs.randn(2, T)          # channels x time
wanted = rs.randn(T)

F1 = 0.6 * rs.randn(3, 2, 2)     # out x in x taps
c1 = 0.2 * rs.randn(3)
F2 = 0.6 * rs.randn(2, 3, 2)
c2 = 0.2 * rs.randn(2)
mix = rs.randn(2)
skip = np.array(0.4)


def softplus(v):
    return np.log1p(np.exp(v))


def conv(u, F, c, dil):
    n_out, n_in, taps = F.shape
    v = np.zeros((n_out, T))
    for o in range(n_out):
        for t in range(T):
            v[o, t] = c[o]
            for i in range(n_in):
                for k in range(taps):
                    if t - k * dil >= 0:
                        v[o, t] += F[o, i, k] * u[i, t - k * dil]
    return v


def conv_grad(dv, u, F, dil):
    n_out, n_in, taps = F.shape
    dF, dc, du = np.zeros(F.shape), np.zeros(n_out), np.zeros(u.shape)
    for o in range(n_out):
        for t in range(T):
            dc[o] += dv[o, t]
            for i in range(n_in):
                for k in range(taps):
                    src = t - k * dil
                    if src >= 0:
                        dF[o, i, k] += dv[o, t] * u[i, src]
                        du[i, src] += dv[o, t] * F[o, i, k]
    return dF, dc, du


def forward():
    v1 = conv(signal, F1, c1, 1)
    h1 = softplus(v1)
    v2 = conv(h1, F2, c2, 2)
    h2 = np.tanh(v2)
    y = mix @ h2 + skip * signal[0]
    return v1, h1, v2, h2, y


def loss():
    y = forward()[-1]
    return np.mean(np.abs(y - wanted) ** 3)


def grad():
    v1, h1, v2, h2, y = forward()
    e = y - wanted
    dy = 3 * e * np.abs(e) / T
    dmix = h2 @ dy
    dskip = np.array(np.sum(dy * signal[0]))
    dh2 = np.outer(mix, dy)
    dv2 = dh2 * (1 - h2 * h2)
    dF2, dc2, dh1 = conv_grad(dv2, h1, F2, 2)
    dv1 = dh1 / (1 + np.exp(-v1))
    dF1, dc1, _ = conv_grad(dv1, signal, F1, 1)
    return [dF1, dc1, dF2, dc2, dmix, dskip]


# ---- problem
def problem():
    return dict(loss=loss, params=[F1, c1, F2, c2, mix, skip], grads=grad)


FAULTS = """
indexing | if src >= 0: | if src > 0:
indexing | src = t - k * dil | src = t - k
indexing | dF2, dc2, dh1 = conv_grad(dv2, h1, F2, 2) | dF2, dc2, dh1 = conv_grad(dv2, h1, F2, 1)
loss-gradient | dy = 3 * e * np.abs(e) / T | dy = 3 * e**2 / T
accumulation | du[i, src] += dv[o, t] * F[o, i, k] | du[i, src] = dv[o, t] * F[o, i, k]
activation-derivative-at-wrong-value | dv1 = dh1 / (1 + np.exp(-v1)) | dv1 = dh1 / (1 + np.exp(-h1))
scale | dskip = np.array(np.sum(dy * signal[0])) | dskip = np.array(np.mean(dy * signal[0]))
activation-derivative-at-wrong-value | dv2 = dh2 * (1 - h2 * h2) | dv2 = dh2 * (1 - v2 * v2)
"""
