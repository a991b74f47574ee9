from math import exp, log

# logistic regression with two interacting inputs and a tiny hidden layer, sample by sample
X = [[0.2, 1.4], [-1.1, 0.3], [0.9, -0.7], [1.6, 0.8]]
Y = [1, 0, 0, 1]
w_hidden = [[0.5, -0.6], [0.8, 0.3], [-0.4, 0.9]]
b_hidden = [0.1, -0.2, 0.3]
w_out = [0.7, -0.9, 0.4]
b_out = 0.05


def sigmoid(v):
    return 1 / (1 + exp(-v))


def leaky(v):
    return v if v > 0 else 0.3 * v


def forward(x):
    z = [sum(w * v for w, v in zip(row, x)) + b for row, b in zip(w_hidden, b_hidden)]
    a = [leaky(v) for v in z]
    return z, a, sigmoid(sum(w * v for w, v in zip(w_out, a)) + b_out)


def loss():
    total = 0
    for x, y in zip(X, Y):
        p = forward(x)[2]
        total -= y * log(p) + (1 - y) * log(1 - p)
    return total / len(X)


def epoch(rate):
    global b_out
    gw_hidden = [[0.0, 0.0] for _ in w_hidden]
    gb_hidden = [0.0] * len(b_hidden)
    gw_out = [0.0] * len(w_out)
    gb_out = 0.0
    for x, y in zip(X, Y):
        z, a, p = forward(x)
        error = p - y
        for j in range(len(w_out)):
            gw_out[j] += error * a[j]
            local = error * w_out[j]
            local *= 1 if z[j] > 0 else 0.3
            for i in range(len(x)):
                gw_hidden[j][i] += local * x[i]
            gb_hidden[j] += local
        gb_out += error
    step = rate / len(X)
    for j in range(len(w_out)):
        for i in range(len(X[0])):
            w_hidden[j][i] -= step * gw_hidden[j][i]
        b_hidden[j] -= step * gb_hidden[j]
        w_out[j] -= step * gw_out[j]
    b_out -= step * gb_out


# ---- problem
def problem():
    return dict(
        names=["w_hidden", "b_hidden", "w_out", "b_out"],
        loss=loss,
        step=lambda: epoch(0.2),
        lr=0.2,
    )


FAULTS = """
accumulation | gw_out[j] += error * a[j] | gw_out[j] = error * a[j]
accumulation | gb_out += error | gb_out = error
wrong-activation-derivative | local *= 1 if z[j] > 0 else 0.3 | local *= 1 if z[j] > 0 else 0
activation-derivative-at-wrong-value | local *= 1 if z[j] > 0 else 0.3 | local *= 1 if local > 0 else 0.3
missing-activation-derivative | local *= 1 if z[j] > 0 else 0.3 |
raw-error-propagated | local = error * w_out[j] | local = error
loss-gradient | error = p - y | error = (p - y) * p * (1 - p)
sign | error = p - y | error = y - p
wrong-operand | gw_out[j] += error * a[j] | gw_out[j] += error * z[j]
indexing | gw_hidden[j][i] += local * x[i] | gw_hidden[j][i] += local * x[1 - i]
scale | step = rate / len(X) | step = rate
scale | b_out -= step * gb_out | b_out -= rate * gb_out
"""
