"""Funk-style rating prediction, implicit feedback added: r = mu + bu + bi + q_i . (p_u + sum_j y_j / sqrt(n))"""
import numpy as np

nUsers, nItems, nFact = 4, 5, 3
rs = np.random.RandomState(2009)
lstRatings = [(0, 1, 4.), (0, 2, 3.), (1, 1, 5.), (1, 0, 2.), (1, 4, 1.), (2, 3, 4.), (2, 0, 3.), (3, 2, 5.),
              (3, 4, 2.), (0, 3, 1.), (3, 1, 3.)]
dctSeen = {u: [i for v, i, _ in lstRatings if v == u] for u in range(nUsers)}
dMean = 3.0
dReg = 0.08

arrP = rs.randn(nUsers, nFact) * .6
arrQ = rs.randn(nItems, nFact) * .6
arrY = rs.randn(nItems, nFact) * .4
vecBu = rs.randn(nUsers) * .3
vecBi = rs.randn(nItems) * .3


def fnProfile(u):
    return arrP[u] + arrY[dctSeen[u]].sum(axis=0) / np.sqrt(len(dctSeen[u]))


def fnCost():
    dCost = 0.
    for u, i, r in lstRatings:
        dErr = dMean + vecBu[u] + vecBi[i] + arrQ[i].dot(fnProfile(u)) - r
        dCost += dErr ** 2
        dCost += dReg * (arrP[u].dot(arrP[u]) + arrQ[i].dot(arrQ[i]) + vecBu[u] ** 2 + vecBi[i] ** 2)
    return 0.5 * dCost


def fnGradient():
    grdP, grdQ, grdY = np.zeros_like(arrP), np.zeros_like(arrQ), np.zeros_like(arrY)
    grdBu, grdBi = np.zeros_like(vecBu), np.zeros_like(vecBi)
    for u, i, r in lstRatings:
        vecProfile = fnProfile(u)
        dErr = dMean + vecBu[u] + vecBi[i] + arrQ[i].dot(vecProfile) - r
        grdBu[u] += dErr + dReg * vecBu[u]
        grdBi[i] += dErr + dReg * vecBi[i]
        grdP[u] += dErr * arrQ[i] + dReg * arrP[u]
        grdQ[i] += dErr * vecProfile + dReg * arrQ[i]
        grdY[dctSeen[u]] += dErr * arrQ[i] / np.sqrt(len(dctSeen[u]))
    return {'P': grdP, 'Q': grdQ, 'Y': grdY, 'Bu': grdBu, 'Bi': grdBi}


# ---- problem
def problem():
    params = {'P': arrP, 'Q': arrQ, 'Y': arrY, 'Bu': vecBu, 'Bi': vecBi}
    return dict(loss=fnCost, params=params, grads=fnGradient)


FAULTS = """
accumulation | grdP[u] += dErr * arrQ[i] + dReg * arrP[u] | grdP[u] = dErr * arrQ[i] + dReg * arrP[u]
regulariser | grdBi[i] += dErr + dReg * vecBi[i] | grdBi[i] += dErr
wrong-operand | grdQ[i] += dErr * vecProfile + dReg * arrQ[i] | grdQ[i] += dErr * arrP[u] + dReg * arrQ[i]
scale | grdY[dctSeen[u]] += dErr * arrQ[i] / np.sqrt(len(dctSeen[u])) | grdY[dctSeen[u]] += 2 * dErr * arrQ[i] / np.sqrt(len(dctSeen[u]))
sign | dErr = dMean + vecBu[u] + vecBi[i] + arrQ[i].dot(vecProfile) - r | dErr = r - (dMean + vecBu[u] + vecBi[i] + arrQ[i].dot(vecProfile))
missing-gradient | grdY[dctSeen[u]] += dErr * arrQ[i] / np.sqrt(len(dctSeen[u])) |
"""
