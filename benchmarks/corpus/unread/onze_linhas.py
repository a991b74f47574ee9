# "Uma rede neural em 11 linhas", minha versao com 3 camadas e vies embutido na matriz (coluna de uns)
import numpy as np

np.random.seed(1)
alfa = 0.5

X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1.0]])
y = np.array([[0, 1, 1, 0.0]]).T

syn0 = 2 * np.random.random((3, 4)) - 1
syn1 = 2 * np.random.random((5, 3)) - 1
syn2 = 2 * np.random.random((4, 1)) - 1


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)  # x ja passou pela sigmoide
    return 1 / (1 + np.exp(-x))


def com_um(a):
    return np.hstack([a, np.ones((a.shape[0], 1))])


def erro():
    l1 = nonlin(X @ syn0)
    l2 = nonlin(com_um(l1) @ syn1)
    l3 = nonlin(com_um(l2) @ syn2)
    return 0.5 * np.sum((y - l3) ** 2)


def treina():
    global syn0, syn1, syn2
    l1 = nonlin(X @ syn0)
    l2 = nonlin(com_um(l1) @ syn1)
    l3 = nonlin(com_um(l2) @ syn2)
    l3_erro = y - l3
    l3_delta = l3_erro * nonlin(l3, deriv=True)
    l2_erro = l3_delta.dot(syn2.T)[:, :-1]
    l2_delta = l2_erro * nonlin(l2, deriv=True)
    l1_erro = l2_delta.dot(syn1.T)[:, :-1]
    l1_delta = l1_erro * nonlin(l1, deriv=True)
    syn2 += alfa * com_um(l2).T.dot(l3_delta)
    syn1 += alfa * com_um(l1).T.dot(l2_delta)
    syn0 += alfa * X.T.dot(l1_delta)


# ---- problem
def problem():
    return dict(names=["syn0", "syn1", "syn2"], loss=erro, step=treina, lr=alfa)


FAULTS = """
activation-derivative-at-wrong-value | l1_delta = l1_erro * nonlin(l1, deriv=True) | l1_delta = l1_erro * nonlin(X @ syn0, deriv=True)
raw-error-propagated | l2_erro = l3_delta.dot(syn2.T)[:, :-1] | l2_erro = l3_erro.dot(syn2.T)[:, :-1]
indexing | l1_erro = l2_delta.dot(syn1.T)[:, :-1] | l1_erro = l2_delta.dot(syn1.T)[:, 1:]
loss-gradient | l3_erro = y - l3 | l3_erro = l3 - y
wrong-activation-derivative | return x * (1 - x) | return 1 - x * x
missing-activation-derivative | syn1 += alfa * com_um(l1).T.dot(l2_delta) | syn1 += alfa * com_um(l1).T.dot(l2_erro)
missing-activation-derivative | l3_delta = l3_erro * nonlin(l3, deriv=True) | l3_delta = l3_erro
"""
