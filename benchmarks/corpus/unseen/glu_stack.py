import numpy as np

# Language-model like stack: gated linear units with residual connections, list of dicts

D, K, N = 4, 3, 5
rng = np.random.default_rng(9001)


def logistic(x):
    return 0.5 * (1 + np.tanh(0.5 * x))


def new_block():
    return {"V": rng.normal(size=(D, D)) * 0.6, "G": rng.normal(size=(D, D)) * 0.6,
            "bv": rng.normal(size=D) * 0.2, "bg": rng.normal(size=D) * 0.2}


blocks = [new_block() for _ in range(3)]
out_w = rng.normal(size=(D, K))
X = rng.normal(size=(N, D))
Y = np.eye(K)[[0, 2, 1, 1, 0]]
SMOOTH = 0.1
Y = Y * (1 - SMOOTH) + SMOOTH / K


def forward():
    x, trace = X, []
    for blk in blocks:
        value = x @ blk["V"] + blk["bv"]
        gate = logistic(x @ blk["G"] + blk["bg"])
        trace.append((x, value, gate))
        x = (x + value * gate) * np.sqrt(0.5)
    logits = x @ out_w
    logits = logits - logits.max(-1, keepdims=True)
    logprob = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return x, logprob, trace


def loss_fn():
    return -(Y * forward()[1]).sum(-1).mean()


def grad_fn():
    x_last, logprob, trace = forward()
    dlogits = (np.exp(logprob) - Y) / N
    g_out = x_last.T @ dlogits
    dx = dlogits @ out_w.T
    g_blocks = []
    for blk, (x, value, gate) in zip(reversed(blocks), reversed(trace)):
        dres = dx * np.sqrt(0.5)
        dvalue = dres * gate
        dgate = dres * value * gate * (1 - gate)
        g_blocks.insert(0, {
            "V": x.T @ dvalue,
            "G": x.T @ dgate,
            "bv": dvalue.sum(0),
            "bg": dgate.sum(0),
        })
        dx = dres + dvalue @ blk["V"].T + dgate @ blk["G"].T
    return g_blocks, g_out


# ---- problem
def problem():
    return dict(loss=loss_fn, params=(blocks, out_w), grads=grad_fn)


FAULTS = """
missing-term | dx = dres + dvalue @ blk["V"].T + dgate @ blk["G"].T | dx = dvalue @ blk["V"].T + dgate @ blk["G"].T
missing-term | dx = dres + dvalue @ blk["V"].T + dgate @ blk["G"].T | dx = dres + dvalue @ blk["V"].T
scale | dres = dx * np.sqrt(0.5) | dres = dx
wrong-operand | dgate = dres * value * gate * (1 - gate) | dgate = dres * x * gate * (1 - gate)
missing-activation-derivative | dgate = dres * value * gate * (1 - gate) | dgate = dres * value
wrong-operand | "G": x.T @ dgate, | "G": x.T @ dvalue,
swapped-gradients | g_blocks.insert(0, { | g_blocks.append({
loss-gradient | dlogits = (np.exp(logprob) - Y) / N | dlogits = (np.exp(logprob) - (Y == Y.max(1, keepdims=True))) / N
raw-error-propagated | dx = dres + dvalue @ blk["V"].T + dgate @ blk["G"].T | dx = dres + dres @ blk["V"].T + dgate @ blk["G"].T
"""
