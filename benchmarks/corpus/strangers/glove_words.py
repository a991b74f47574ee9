# GloVe on a toy corpus - word vectors, context vectors and two biases, all pairs at once
import numpy as np

text = "the cat sat on the mat the dog sat on the log a cat saw a dog".split()
vocab = sorted(set(text))
index = {w: i for i, w in enumerate(vocab)}
ids = np.array([index[w] for w in text])

center, context, weight_count = [], [], []
for pos in range(len(ids)):
    for dist in (1, 2):
        if pos + dist < len(ids):
            center.append(ids[pos]); context.append(ids[pos + dist]); weight_count.append(1.0 / dist)
center, context, weight_count = map(np.array, (center, context, weight_count))

V, DIM = len(vocab), 3
prng = np.random.default_rng(2014)
X_MAX, POWER = 1.5, 0.75


class Glove:
    def __init__(self):
        self.main = prng.normal(size=(V, DIM)) / 2
        self.side = prng.normal(size=(V, DIM)) / 2
        self.main_bias = prng.normal(size=V) / 4
        self.side_bias = prng.normal(size=V) / 4


model = Glove()
log_count = np.log(1 + 5 * weight_count)
f = np.minimum(1, (weight_count / X_MAX) ** POWER)


def errors():
    dots = np.sum(model.main[center] * model.side[context], axis=1)
    return dots + model.main_bias[center] + model.side_bias[context] - log_count


def J():
    return np.sum(f * errors() ** 2)


def dJ():
    common = 2 * f * errors()
    grad = Glove.__new__(Glove)
    grad.main = np.zeros((V, DIM))
    grad.side = np.zeros((V, DIM))
    np.add.at(grad.main, center, common[:, None] * model.side[context])
    np.add.at(grad.side, context, common[:, None] * model.main[center])
    grad.main_bias = np.bincount(center, weights=common, minlength=V)
    grad.side_bias = np.bincount(context, weights=common, minlength=V)
    return grad


# ---- problem
def problem():
    return dict(loss=J, params=model, grads=lambda: vars(dJ()))


FAULTS = """
scatter | np.add.at(grad.main, center, common[:, None] * model.side[context]) | grad.main[center] += common[:, None] * model.side[context]
scatter | np.add.at(grad.side, context, common[:, None] * model.main[center]) | grad.side[context] += common[:, None] * model.main[center]
wrong-operand | np.add.at(grad.main, center, common[:, None] * model.side[context]) | np.add.at(grad.main, center, common[:, None] * model.main[context])
aliasing | grad.side = np.zeros((V, DIM)) | grad.side = grad.main
scale | common = 2 * f * errors() | common = f * errors()
swapped-gradients | grad.main_bias = np.bincount(center, weights=common, minlength=V);;grad.side_bias = | grad.side_bias = np.bincount(center, weights=common, minlength=V);;grad.main_bias =
loss-gradient | common = 2 * f * errors() | common = 2 * errors()
scatter | grad.side_bias = np.bincount(context, weights=common, minlength=V) | grad.side_bias = np.zeros(V); grad.side_bias[context] += common
"""
