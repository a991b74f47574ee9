# old homework: everything is np.matrix, * is the matrix product, samples are columns
import warnings

import numpy as np

warnings.simplefilter('ignore', PendingDeprecationWarning)

R = np.random.RandomState(2009)
X = np.matrix(R.randn(3, 6))
T = np.matrix(R.rand(2, 6))


class Net:
    pass


net = Net()
net.IW = np.matrix(R.randn(4, 3) * .5)
net.Ib = np.matrix(R.randn(4, 1) * .2)
net.LW = np.matrix(R.randn(4, 4) * .5)
net.Lb = np.matrix(R.randn(4, 1) * .2)
net.OW = np.matrix(R.randn(2, 4) * .5)
net.Ob = np.matrix(R.randn(2, 1) * .2)


def tansig(n):
    return 2 / (1 + np.exp(-2 * n)) - 1


def dtansig(a):
    return 1 - np.multiply(a, a)


def logsig(n):
    return 1 / (1 + np.exp(-n))


def dlogsig(a):
    return np.multiply(a, 1 - a)


def sim():
    a1 = tansig(net.IW * X + net.Ib)
    a2 = tansig(net.LW * a1 + net.Lb)
    a3 = logsig(net.OW * a2 + net.Ob)
    return a1, a2, a3


def perf():
    e = T - sim()[2]
    return float(np.multiply(e, e).sum()) / e.size


def calcgrad():
    a1, a2, a3 = sim()
    e = T - a3
    s3 = np.multiply(-2 * e / e.size, dlogsig(a3))
    s2 = np.multiply(net.OW.T * s3, dtansig(a2))
    s1 = np.multiply(net.LW.T * s2, dtansig(a1))
    g = Net()
    g.OW = s3 * a2.T
    g.Ob = s3.sum(axis=1)
    g.LW = s2 * a1.T
    g.Lb = s2.sum(axis=1)
    g.IW = s1 * X.T
    g.Ib = s1.sum(axis=1)
    return vars(g)


# ---- problem
def problem():
    return dict(loss=perf, params=vars(net), grads=calcgrad)


FAULTS = """
loss-gradient | s3 = np.multiply(-2 * e / e.size, dlogsig(a3)) | s3 = -2 * e / e.size
wrong-activation-derivative | s2 = np.multiply(net.OW.T * s3, dtansig(a2)) | s2 = np.multiply(net.OW.T * s3, dlogsig(a2))
sign | s3 = np.multiply(-2 * e / e.size, dlogsig(a3)) | s3 = np.multiply(2 * e / e.size, dlogsig(a3))
transpose | s1 = np.multiply(net.LW.T * s2, dtansig(a1)) | s1 = np.multiply(net.LW * s2, dtansig(a1))
wrong-operand | g.LW = s2 * a1.T | g.LW = s2 * a2.T
bias-reduction | g.Lb = s2.sum(axis=1) | g.Lb = s2.mean(axis=1)
activation-derivative-at-wrong-value | s1 = np.multiply(net.LW.T * s2, dtansig(a1)) | s1 = np.multiply(net.LW.T * s2, dtansig(net.IW * X + net.Ib))
wrong-operand | g.Ib = s1.sum(axis=1) | g.Ib = s2.sum(axis=1)
"""
