import numpy as np

rs = np.random.RandomState(14)
x = rs.rand(90, 6)
t = np.digitize(x[:, 0] + x[:, 1] * x[:, 2], [0.5, 0.9])

W1 = rs.normal(scale=np.sqrt(2 / 6), size=(6, 12))
b1 = np.full(12, 0.1)
W2 = rs.normal(scale=np.sqrt(2 / 12), size=(12, 3))
b2 = np.zeros(3)

base_lr, decay, drop_every = 0.4, 0.5, 20


def lr_at(epoch):
    return base_lr * decay ** (epoch // drop_every)


def leaky(z):
    return np.where(z > 0, z, 0.1 * z)


train_log = {"loss": [], "acc": []}
for epoch in range(50):
    lr = lr_at(epoch)
    perm = rs.permutation(len(x))
    batch_losses = []
    for batch in np.array_split(perm, 6):
        xb, tb = x[batch], t[batch]
        z1 = xb @ W1 + b1
        a1 = leaky(z1)
        logits = a1 @ W2 + b2
        logits -= logits.max(1, keepdims=True)
        logp = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        batch_losses.append(-logp[np.arange(len(tb)), tb].mean())

        dlogits = np.exp(logp)
        dlogits[np.arange(len(tb)), tb] -= 1
        dlogits /= len(tb)
        da1 = dlogits @ W2.T
        dz1 = da1 * np.where(z1 > 0, 1, 0.1)
        W2 -= lr * a1.T @ dlogits
        b2 -= lr * dlogits.sum(0)
        W1 -= lr * xb.T @ dz1
        b1 -= lr * dz1.sum(0)
    train_log["loss"].append(np.mean(batch_losses))
    train_log["acc"].append(((leaky(x @ W1 + b1) @ W2 + b2).argmax(1) == t).mean())
    if epoch % 10 == 9:
        print(epoch + 1, lr, train_log["loss"][-1], train_log["acc"][-1])


FAULTS = """
wrong-activation-derivative | dz1 = da1 * np.where(z1 > 0, 1, 0.1) | dz1 = da1 * (z1 > 0)
updated-weights-used | da1 = dlogits @ W2.T;;dz1 = da1 * np.where(z1 > 0, 1, 0.1);;W2 -= lr * a1.T @ dlogits | W2 -= lr * a1.T @ dlogits;;da1 = dlogits @ W2.T;;dz1 = da1 * np.where(z1 > 0, 1, 0.1)
wrong-operand | W2 -= lr * a1.T @ dlogits | W2 -= lr * z1.T @ dlogits
scale | dlogits /= len(tb) | dlogits /= len(x)
"""
