import numpy as np

# Mixture of experts regression (Jacobs & Jordan style, squared error of blended output)
# 3 linear experts, softmax gate -- piecewise linear target

rng = np.random.default_rng(12)
x = rng.uniform(-3, 3, (150, 1))
y = np.where(x < -1, 2 * x + 3, np.where(x < 1, -x, 0.5 * x - 2)) + 0.05 * rng.normal(size=x.shape)

E = 3
params = dict(
    We=rng.normal(size=(E, 1)), be=rng.normal(size=E),
    Wg=rng.normal(size=(1, E)), bg=np.zeros(E),
)


def moe(params, x):
    experts = x @ params["We"].T + params["be"]          # (N, E)
    s = x @ params["Wg"] + params["bg"]
    s = s - s.max(1, keepdims=True)
    gate = np.exp(s) / np.exp(s).sum(1, keepdims=True)   # (N, E)
    out = (gate * experts).sum(1, keepdims=True)
    return out, (x, experts, gate)


def moe_grad(params, cache, dout):
    x, experts, gate = cache
    dexp = dout * gate
    dgate = dout * experts
    ds = gate * (dgate - (dgate * gate).sum(1, keepdims=True))
    return dict(
        We=dexp.T @ x,
        be=dexp.sum(0),
        Wg=x.T @ ds,
        bg=ds.sum(0),
    )


def mse(yhat, y):
    return np.mean((yhat - y) ** 2)


lr = 0.05
losses = []
for t in range(400):
    yhat, cache = moe(params, x)
    losses.append(mse(yhat, y))
    grad = moe_grad(params, cache, 2 * (yhat - y) / len(y))
    params = {name: params[name] - lr * grad[name] for name in params}

print("initial mse:", losses[0])
print("final mse:", losses[-1])

FAULTS = """
gate-cross-term-missing-(diagonal-softmax-derivative) | ds = gate * (dgate - (dgate * gate).sum(1, keepdims=True)) | ds = gate * (1 - gate) * dgate
gate-factor-forgotten-for-experts | dexp = dout * gate | dexp = dout * np.ones_like(gate)
dgate-uses-gate-rather-than-experts | dgate = dout * experts | dgate = dout * gate
2-/-N-wrong:-missing-1/N | grad = moe_grad(params, cache, 2 * (yhat - y) / len(y)) | grad = moe_grad(params, cache, 2 * (yhat - y))
mean-instead-of-sum | bg=ds.sum(0), | bg=ds.mean(0),
"""
