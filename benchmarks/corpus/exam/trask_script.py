import numpy as np

# tiny three layer net, everything at top level, trained with hand made updates


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = np.array([[0], [1], [1], [0]])

np.random.seed(1)

syn0 = 2 * np.random.random((3, 4)) - 1
syn1 = 2 * np.random.random((4, 4)) - 1
syn2 = 2 * np.random.random((4, 1)) - 1
alpha = 0.5


def predict():
    h = nonlin(np.dot(X, syn0))
    h = nonlin(np.dot(h, syn1))
    return nonlin(np.dot(h, syn2))


def error():
    return 0.5 * np.sum((y - predict()) ** 2)


def train():
    global syn0, syn1, syn2
    l0 = X
    l1 = nonlin(np.dot(l0, syn0))
    l2 = nonlin(np.dot(l1, syn1))
    l3 = nonlin(np.dot(l2, syn2))

    l3_error = y - l3
    l3_delta = l3_error * nonlin(l3, deriv=True)

    l2_error = l3_delta.dot(syn2.T)
    syn2 = syn2 + alpha * l2.T.dot(l3_delta)
    l2_delta = l2_error * nonlin(l2, deriv=True)

    l1_error = l2_delta.dot(syn1.T)
    syn1 = syn1 + alpha * l1.T.dot(l2_delta)
    l1_delta = l1_error * nonlin(l1, deriv=True)

    syn0 = syn0 + alpha * l0.T.dot(l1_delta)


# ---- problem
def problem():
    return dict(names=["syn0", "syn1", "syn2"], loss=error, step=train, lr=0.5)


FAULTS = """
raw-error-propagated | l2_error = l3_delta.dot(syn2.T) | l2_error = l3_error.dot(syn2.T)
raw-error-propagated | l1_error = l2_delta.dot(syn1.T) | l1_error = l2_error.dot(syn1.T)
transpose | l1_error = l2_delta.dot(syn1.T) | l1_error = l2_delta.dot(syn1)
missing-activation-derivative | l3_delta = l3_error * nonlin(l3, deriv=True) | l3_delta = l3_error
activation-derivative-at-wrong-value | l2_delta = l2_error * nonlin(l2, deriv=True) | l2_delta = l2_error * nonlin(np.dot(l1, syn1), deriv=True)
activation-derivative-at-wrong-value | return x * (1 - x) | return nonlin(x) * (1 - nonlin(x))
wrong-operand | l1_delta = l1_error * nonlin(l1, deriv=True) | l1_delta = l1_error * nonlin(l2, deriv=True)
sign | syn2 = syn2 + alpha * l2.T.dot(l3_delta) | syn2 = syn2 - alpha * l2.T.dot(l3_delta)
wrong-activation-derivative | return x * (1 - x) | return 1 - x**2
updated-weights-used | l2_error = l3_delta.dot(syn2.T);;syn2 = syn2 + alpha * l2.T.dot(l3_delta) | syn2 = syn2 + alpha * l2.T.dot(l3_delta);;l2_error = l3_delta.dot(syn2.T)
"""
