# Tiny GAN in numpy: generator learns N(4, 1.25). Non-saturating loss
import numpy as np

np.random.seed(10)
lrD, lrG, B, H = 0.05, 0.02, 64, 6
gw1, gb1 = np.random.randn(1, H) * .5, np.zeros((1, H))
gw2, gb2 = np.random.randn(H, 1) * .5, np.zeros((1, 1))
dw1, db1 = np.random.randn(1, H) * .5, np.zeros((1, H))
dw2, db2 = np.random.randn(H, 1) * .5, np.zeros((1, 1))
sig = lambda s: 1 / (1 + np.exp(-s))

for step in range(300):
    real = 4 + 1.25 * np.random.randn(B, 1)
    z = np.random.randn(B, 1)
    hg = np.tanh(z @ gw1 + gb1)
    fake = hg @ gw2 + gb2

    # --- discriminator ---
    hr = np.tanh(real @ dw1 + db1)
    pr = sig(hr @ dw2 + db2)
    hf = np.tanh(fake @ dw1 + db1)
    pf = sig(hf @ dw2 + db2)
    lossD = -np.mean(np.log(pr)) - np.mean(np.log(1 - pf))
    er, ef = (pr - 1) / B, pf / B
    g_dw2 = hr.T @ er + hf.T @ ef
    g_db2 = (er + ef).sum(0, keepdims=True)
    ar, af = er @ dw2.T * (1 - hr ** 2), ef @ dw2.T * (1 - hf ** 2)
    g_dw1 = real.T @ ar + fake.T @ af
    g_db1 = (ar + af).sum(0, keepdims=True)
    dw1 -= lrD * g_dw1
    db1 -= lrD * g_db1
    dw2 -= lrD * g_dw2
    db2 -= lrD * g_db2

    # --- generator ---
    hg = np.tanh(z @ gw1 + gb1)
    fake = hg @ gw2 + gb2
    hf = np.tanh(fake @ dw1 + db1)
    pf = sig(hf @ dw2 + db2)
    lossG = -np.mean(np.log(pf))
    ef = (pf - 1) / B
    dfake = (ef @ dw2.T * (1 - hf ** 2)) @ dw1.T
    g_gw2 = hg.T @ dfake
    g_gb2 = dfake.sum(0, keepdims=True)
    ag = dfake @ gw2.T * (1 - hg ** 2)
    g_gw1 = z.T @ ag
    g_gb1 = ag.sum(0, keepdims=True)
    gw1 -= lrG * g_gw1
    gb1 -= lrG * g_gb1
    gw2 -= lrG * g_gw2
    gb2 -= lrG * g_gb2
    if step % 100 == 0:
        print('step', step, 'D', round(lossD, 3), 'G', round(lossG, 3), 'mean', round(fake.mean(), 2))

FAULTS = """
generator-uses-D's-fake-label-(pf) | ef = (pf - 1) / B | ef = pf / B
tanh-derivative-of-discriminator-hidden-forgotten | dfake = (ef @ dw2.T * (1 - hf ** 2)) @ dw1.T | dfake = (ef @ dw2.T) @ dw1.T
hf-used-in-place-of-hg | ag = dfake @ gw2.T * (1 - hg ** 2) | ag = dfake @ gw2.T * (1 - hf ** 2)
"""
