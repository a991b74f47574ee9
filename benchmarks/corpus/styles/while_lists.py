import math

# a 2-3-2 network, trained sample by sample, without numpy
w_hid = [[0.3, -0.8], [0.7, 0.2], [-0.5, 0.6]]
b_hid = [0.1, -0.3, 0.2]
w_out = [[0.5, -0.4, 0.9], [-0.6, 0.8, 0.3]]
b_out = [0.05, -0.15]
samples = [[0.9, -0.4], [-1.2, 0.7], [0.3, 1.1], [-0.6, -0.8]]
answers = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]
rate = 0.05


def run(x):
    hid = []
    i = 0
    while i < len(w_hid):
        s = b_hid[i]
        j = 0
        while j < len(x):
            s += w_hid[i][j] * x[j]
            j += 1
        hid.append(math.tanh(s))
        i += 1
    out = []
    k = 0
    while k < len(w_out):
        s = b_out[k]
        i = 0
        while i < len(hid):
            s += w_out[k][i] * hid[i]
            i += 1
        out.append(1.0 / (1.0 + math.exp(-s)))
        k += 1
    return hid, out


def error():
    total = 0.0
    n = 0
    while n < len(samples):
        _, out = run(samples[n])
        k = 0
        while k < len(out):
            t = answers[n][k]
            total -= t * math.log(out[k]) + (1 - t) * math.log(1 - out[k])
            k += 1
        n += 1
    return total / len(samples)


def epoch():
    gw_hid = [[0.0, 0.0] for _ in w_hid]
    gb_hid = [0.0] * len(b_hid)
    gw_out = [[0.0] * 3 for _ in w_out]
    gb_out = [0.0] * len(b_out)
    n = 0
    while n < len(samples):
        x = samples[n]
        hid, out = run(x)
        d_out = []
        k = 0
        while k < len(out):
            d_out.append(out[k] - answers[n][k])
            k += 1
        i = 0
        while i < len(hid):
            back = 0.0
            k = 0
            while k < len(d_out):
                back += w_out[k][i] * d_out[k]
                gw_out[k][i] += d_out[k] * hid[i]
                k += 1
            d_hid = back * (1 - hid[i] ** 2)
            j = 0
            while j < len(x):
                gw_hid[i][j] += d_hid * x[j]
                j += 1
            gb_hid[i] += d_hid
            i += 1
        k = 0
        while k < len(d_out):
            gb_out[k] += d_out[k]
            k += 1
        n += 1
    m = len(samples)
    for i in range(len(w_hid)):
        for j in range(len(w_hid[i])):
            w_hid[i][j] -= rate * gw_hid[i][j] / m
        b_hid[i] -= rate * gb_hid[i] / m
    for k in range(len(w_out)):
        for i in range(len(w_out[k])):
            w_out[k][i] -= rate * gw_out[k][i] / m
        b_out[k] -= rate * gb_out[k] / m


# ---- problem
def problem():
    return dict(names=["w_hid", "b_hid", "w_out", "b_out"], loss=error, step=epoch, lr=rate)


FAULTS = """
sign | d_out.append(out[k] - answers[n][k]) | d_out.append(answers[n][k] - out[k])
loss-gradient | d_out.append(out[k] - answers[n][k]) | d_out.append((out[k] - answers[n][k]) * out[k] * (1 - out[k]))
transpose | back += w_out[k][i] * d_out[k] | back += w_out[i % 2][k] * d_out[k]
missing-activation-derivative | d_hid = back * (1 - hid[i] ** 2) | d_hid = back
wrong-activation-derivative | d_hid = back * (1 - hid[i] ** 2) | d_hid = back * hid[i] * (1 - hid[i])
accumulation | back += w_out[k][i] * d_out[k] | back = w_out[k][i] * d_out[k]
accumulation | gw_hid[i][j] += d_hid * x[j] | gw_hid[i][j] = d_hid * x[j]
missing-activation-derivative | gb_hid[i] += d_hid | gb_hid[i] += back
wrong-operand | gw_out[k][i] += d_out[k] * hid[i] | gw_out[k][i] += d_out[k] * out[k]
scale | b_out[k] -= rate * gb_out[k] / m | b_out[k] -= rate * gb_out[k]
indexing | gw_hid[i][j] += d_hid * x[j] | gw_hid[i][j] += d_hid * x[j - 1]
"""
