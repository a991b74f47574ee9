import math
import random

random.seed(5)

# no numpy here, only what I understand
data = [[random.uniform(-1, 1) for _ in range(4)] for _ in range(6)]


class Net:
    pass


net = Net()
net.enc = [[random.uniform(-1, 1) for _ in range(4)] for _ in range(2)]
net.enc_bias = [random.uniform(-.5, .5) for _ in range(2)]
net.dec = [[random.uniform(-1, 1) for _ in range(2)] for _ in range(4)]
net.dec_bias = [random.uniform(-.5, .5) for _ in range(4)]


def run(x):
    code = []
    for row, b in zip(net.enc, net.enc_bias):
        s = b
        for w, xi in zip(row, x):
            s += w * xi
        code.append(math.atan(s))
    out = []
    for row, b in zip(net.dec, net.dec_bias):
        s = b
        for w, c in zip(row, code):
            s += w * c
        out.append(s)
    return code, out


def loss():
    total = 0.0
    for x in data:
        _, out = run(x)
        for o, xi in zip(out, x):
            total += (o - xi) ** 2
    return total / len(data)


def backprop():
    g_enc = [[0.0] * 4 for _ in range(2)]
    g_enc_bias = [0.0] * 2
    g_dec = [[0.0] * 2 for _ in range(4)]
    g_dec_bias = [0.0] * 4
    for x in data:
        code, out = run(x)
        back = [0.0, 0.0]
        for i in range(4):
            err = 2 * (out[i] - x[i]) / len(data)
            g_dec_bias[i] += err
            for j in range(2):
                g_dec[i][j] += err * code[j]
                back[j] += err * net.dec[i][j]
        for j in range(2):
            d = back[j] / (1 + math.tan(code[j]) ** 2)
            g_enc_bias[j] += d
            for k in range(4):
                g_enc[j][k] += d * x[k]
    return dict(enc=g_enc, enc_bias=g_enc_bias, dec=g_dec, dec_bias=g_dec_bias)


# ---- problem
def problem():
    return dict(loss=loss, params=net, grads=backprop)


FAULTS = """
accumulation | g_enc[j][k] += d * x[k] | g_enc[j][k] = d * x[k]
accumulation | back[j] += err * net.dec[i][j] | back[j] = err * net.dec[i][j]
scale | err = 2 * (out[i] - x[i]) / len(data) | err = (out[i] - x[i]) / len(data)
aliasing | g_dec = [[0.0] * 2 for _ in range(4)] | g_dec = [[0.0] * 2] * 4
activation-derivative-at-wrong-value | d = back[j] / (1 + math.tan(code[j]) ** 2) | d = back[j] / (1 + code[j] ** 2)
missing-activation-derivative | d = back[j] / (1 + math.tan(code[j]) ** 2) | d = back[j]
indexing | for k in range(4):;;g_enc[j][k] | for k in range(3):;;    g_enc[j][k]
wrong-operand | g_dec[i][j] += err * code[j] | g_dec[i][j] += err * out[j]
sign | err = 2 * (out[i] - x[i]) / len(data) | err = 2 * (x[i] - out[i]) / len(data)
"""
