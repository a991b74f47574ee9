# 1D convolution network by loops, detect whether a pulse is wide or narrow
import numpy as np
np.random.seed(5)

N = 60
L_sig = 24
signals = np.zeros((N, L_sig))
labels = np.zeros(N)
for n in range(N):
    width = 2 if n % 2 == 0 else 5
    start = np.random.randint(2, L_sig - 8)
    signals[n, start:start+width] = 1.0
    signals[n] += 0.1*np.random.randn(L_sig)
    labels[n] = n % 2

n_filters = 3
ksize = 5
L_out = L_sig - ksize + 1
filters = np.random.randn(n_filters, ksize)*0.3
fbias = np.zeros(n_filters)
w_out = np.random.randn(n_filters)*0.3
b_out = 0.0
eta = 0.3

for epoch in range(8):
    loss_sum = 0
    correct = 0
    for n in range(N):
        x = signals[n]
        t = labels[n]
        # ---- forward ----
        conv = np.zeros((n_filters, L_out))
        for f in range(n_filters):
            for i in range(L_out):
                conv[f, i] = np.sum(x[i:i+ksize]*filters[f]) + fbias[f]
        act = np.tanh(conv)
        pooled = act.mean(axis=1)
        score = np.dot(w_out, pooled) + b_out
        y = 1/(1+np.exp(-score))
        loss_sum += -t*np.log(y) - (1-t)*np.log(1-y)
        correct += (y > 0.5) == (t > 0.5)
        # ---- backward ----
        dscore = y - t
        dw_out = dscore*pooled
        db_out = dscore
        dpooled = dscore*w_out
        dact = np.repeat(dpooled[:, None], L_out, axis=1)/L_out
        dconv = dact*(1 - act**2)
        dfilters = np.zeros_like(filters)
        dfbias = np.zeros_like(fbias)
        for f in range(n_filters):
            for i in range(L_out):
                dfilters[f] += dconv[f, i]*x[i:i+ksize]
                dfbias[f] += dconv[f, i]
        # ---- update ----
        w_out = w_out - eta*dw_out
        b_out = b_out - eta*db_out
        filters = filters - eta*dfilters
        fbias = fbias - eta*dfbias
    print("epoch", epoch, "loss", loss_sum/N, "acc", correct/N)

FAULTS = """
pooled-mean-gradient-not-divided-by-L_out | dact = np.repeat(dpooled[:, None], L_out, axis=1)/L_out | dact = np.repeat(dpooled[:, None], L_out, axis=1)
flipped-kernel | dfilters[f] += dconv[f, i]*x[i:i+ksize] | dfilters[f] += dconv[f, i]*x[i:i+ksize][::-1]
tanh-derivative-at-conv | dconv = dact*(1 - act**2) | dconv = dact*(1 - conv**2)
not-accumulated | dfbias[f] += dconv[f, i] | dfbias[f] = dconv[f, i]
"""
