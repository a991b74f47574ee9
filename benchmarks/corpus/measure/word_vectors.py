import numpy as np

VOCAB, DIM = 7, 4
gen = np.random.default_rng(42)
emb_in = gen.uniform(-0.8, 0.8, (VOCAB, DIM))
emb_out = gen.uniform(-0.8, 0.8, (VOCAB, DIM))
PAIRS = [(0, 2, [1, 4]), (3, 2, [5, 6]), (0, 5, [3, 3]), (6, 1, [2, 0])]


def sig(v):
    return 1 / (1 + np.exp(-v))


def nll():
    total = 0.0
    for center, context, negatives in PAIRS:
        v = emb_in[center]
        total -= np.log(sig(v @ emb_out[context]))
        for k in negatives:
            total -= np.log(sig(-(v @ emb_out[k])))
    return total / len(PAIRS)


def nll_grads():
    g_in = np.zeros_like(emb_in)
    g_out = np.zeros_like(emb_out)
    for center, context, negatives in PAIRS:
        v = emb_in[center]
        coef = sig(v @ emb_out[context]) - 1
        gv = coef * emb_out[context]
        g_out[context] += coef * v
        for k in negatives:
            c = sig(v @ emb_out[k])
            gv = gv + c * emb_out[k]
            g_out[k] += c * v
        g_in[center] += gv
    scale = 1.0 / len(PAIRS)
    return {"inp": scale * g_in, "out": scale * g_out}


# ---- problem
def problem():
    return dict(loss=nll, params={"inp": emb_in, "out": emb_out}, grads=nll_grads)


FAULTS = """
sign | coef = sig(v @ emb_out[context]) - 1 | coef = 1 - sig(v @ emb_out[context])
loss-gradient | coef = sig(v @ emb_out[context]) - 1 | coef = sig(v @ emb_out[context])
accumulation | g_in[center] += gv | g_in[center] = gv
accumulation | g_out[k] += c * v | g_out[k] = c * v
accumulation | gv = gv + c * emb_out[k] | gv = c * emb_out[k]
wrong-operand | gv = coef * emb_out[context] | gv = coef * emb_in[context]
wrong-operand | g_out[context] += coef * v | g_out[center] += coef * v
sign | c = sig(v @ emb_out[k]) | c = sig(-(v @ emb_out[k]))
scale | return {"inp": scale * g_in, "out": scale * g_out} | return {"inp": scale * g_in, "out": g_out}
swapped-gradients | return {"inp": scale * g_in, "out": scale * g_out} | return {"inp": scale * g_out, "out": scale * g_in}
"""
