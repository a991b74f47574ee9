import numpy as np

class Tensor3Net:
    """Closure style: every op pushes its backward on a tape. (reads like micrograd but for matrices)"""

def linear(x, p, key, tape, grads):
    W, b = p[key + '.W'], p[key + '.b']
    y = W @ x + b                      # features x samples
    def back(dy):
        grads[key + '.W'] = dy @ x.T
        grads[key + '.b'] = dy.sum(axis=1, keepdims=True)
        return W.T @ dy
    tape.append(back)
    return y

def swish(x, tape):
    s = 1 / (1 + np.exp(-x))
    y = x * s
    def back(dy):
        return dy * (s + y * (1 - s))
    tape.append(back)
    return y

def huber(pred, target, delta, tape):
    r = pred - target
    small = np.abs(r) <= delta
    n = r.shape[1]
    loss = np.where(small, 0.5 * r ** 2, delta * (np.abs(r) - 0.5 * delta)).sum() / n
    def back(_):
        return np.where(small, r, delta * np.sign(r)) / n
    tape.append(back)
    return loss

def run(p, x, target):
    tape, grads = [], {}
    h = swish(linear(x, p, 'l1', tape, grads), tape)
    h = swish(linear(h, p, 'l2', tape, grads), tape)
    out = linear(h, p, 'l3', tape, grads)
    loss = huber(out, target, 0.7, tape)
    d = 1.0
    for back in reversed(tape):
        d = back(d)
    return loss, grads

rng = np.random.default_rng(1234)
sizes = [3, 12, 12, 1]
p = {}
for i in range(3):
    p['l%d.W' % (i + 1)] = rng.normal(0, sizes[i] ** -0.5, (sizes[i + 1], sizes[i]))
    p['l%d.b' % (i + 1)] = np.zeros((sizes[i + 1], 1))
x = rng.uniform(-2, 2, (3, 128))
target = (x[0] ** 2 - x[1] * x[2]).reshape(1, -1)
target[0, ::17] += 8      # outliers

lr0 = 0.1
for epoch in range(200):
    lr = lr0 / (1 + 0.01 * epoch)
    loss, grads = run(p, x, target)
    for k in p:
        p[k] = p[k] - lr * grads[k]
    if epoch % 50 == 0:
        print('epoch', epoch, 'huber', round(float(loss), 5))

FAULTS = """
swish-derivative-missing-s | return dy * (s + y * (1 - s)) | return dy * (y * (1 - s))
huber-sign-lost-for-the-linear-part | return np.where(small, r, delta * np.sign(r)) / n | return np.where(small, r, delta) / n
swish-derivative-as-for-sigmoid | return dy * (s + y * (1 - s)) | return dy * s * (1 - s)
bias-gradient-mean-instead-of-sum | grads[key + '.b'] = dy.sum(axis=1, keepdims=True) | grads[key + '.b'] = dy.mean(axis=1, keepdims=True)
swish-uses-x-for-y | return dy * (s + y * (1 - s)) | return dy * (s + x * (1 - s))
"""
