# RBM trained with CD-1 (Hinton's matlab code in Python). Not backprop!
import numpy as np
np.random.seed(0)
data = (np.random.rand(6, 12) > 0.5).astype(float)[np.random.randint(0, 6, 100)]
numcases, numdims = data.shape
numhid = 8
epsilonw, weightcost, momentum = 0.1, 0.0002, 0.5
vishid = 0.1 * np.random.randn(numdims, numhid)
hidbiases = np.zeros((1, numhid))
visbiases = np.zeros((1, numdims))
vishidinc = np.zeros((numdims, numhid))
hidbiasinc = np.zeros((1, numhid))
visbiasinc = np.zeros((1, numdims))
for epoch in range(50):
    # positive phase
    poshidprobs = 1 / (1 + np.exp(-data @ vishid - hidbiases))
    posprods = data.T @ poshidprobs
    poshidstates = poshidprobs > np.random.rand(numcases, numhid)
    # negative phase
    negdata = 1 / (1 + np.exp(-(1.0 * poshidstates) @ vishid.T - visbiases))
    neghidprobs = 1 / (1 + np.exp(-negdata @ vishid - hidbiases))
    negprods = negdata.T @ neghidprobs
    err = np.sum((data - negdata) ** 2)
    # update
    vishidinc = momentum * vishidinc + epsilonw * ((posprods - negprods) / numcases - weightcost * vishid)
    visbiasinc = momentum * visbiasinc + epsilonw / numcases * (data.sum(0) - negdata.sum(0))
    hidbiasinc = momentum * hidbiasinc + epsilonw / numcases * (poshidprobs.sum(0) - neghidprobs.sum(0))
    vishid += vishidinc
    visbiases += visbiasinc
    hidbiases += hidbiasinc
    if epoch % 10 == 0:
        print('epoch %4i error %6.1f' % (epoch, err))

FAULTS = """
"""
