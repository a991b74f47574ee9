import numpy as np

# Embedding network trained with the triplet loss, squared distances, semi-hard mining is left out

SEED = 77
MARGIN = 0.5
EMB = 3


class EmbeddingNet(object):

    def __init__(self, dim_in, dim_hidden, dim_out):
        rs = np.random.RandomState(SEED)
        self.theta = [
            rs.normal(0, 1 / np.sqrt(dim_in), (dim_in, dim_hidden)), np.zeros(dim_hidden),
            rs.normal(0, 1 / np.sqrt(dim_hidden), (dim_hidden, dim_out)), np.zeros(dim_out)]

    def embed(self, x):
        W1, b1, W2, b2 = self.theta
        h = np.tanh(np.dot(x, W1) + b1)
        u = np.dot(h, W2) + b2
        norm = np.sqrt((u ** 2).sum(axis=1, keepdims=True) + 1e-6)
        return u / norm, (x, h, u, norm)

    def embed_backward(self, de, cache):
        W1, b1, W2, b2 = self.theta
        x, h, u, norm = cache
        e = u / norm
        du = (de - e * (de * e).sum(axis=1, keepdims=True)) / norm
        dW2 = np.dot(h.T, du)
        db2 = du.sum(axis=0)
        dz = np.dot(du, W2.T) * (1 - h * h)
        return [np.dot(x.T, dz), dz.sum(axis=0), dW2, db2]


def triplet_loss(ea, ep, en):
    dp = ((ea - ep) ** 2).sum(axis=1)
    dn = ((ea - en) ** 2).sum(axis=1)
    viol = dp - dn + MARGIN
    active = (viol > 0)[:, None] / float(len(ea))
    loss = np.maximum(viol, 0).mean()
    dea = 2 * (en - ep) * active
    dep = 2 * (ep - ea) * active
    den = 2 * (ea - en) * active
    return loss, dea, dep, den


def get_triplets(rs, faces, who, n):
    a, p, q = [], [], []
    for _ in range(n):
        i = rs.randint(len(faces))
        same = np.flatnonzero(who == who[i])
        other = np.flatnonzero(who != who[i])
        a.append(i)
        p.append(rs.choice(same))
        q.append(rs.choice(other))
    return faces[a], faces[p], faces[q]


def main():
    rs = np.random.RandomState(SEED + 1)
    who = np.repeat(np.arange(5), 8)
    faces = rs.randn(5, 6)[who] + 0.6 * rs.randn(40, 6)
    net = EmbeddingNet(6, 8, EMB)
    lr = 0.1
    for step in range(200):
        xa, xp, xn = get_triplets(rs, faces, who, 16)
        ea, ca = net.embed(xa)
        ep, cp = net.embed(xp)
        en, cn = net.embed(xn)
        loss, dea, dep, den = triplet_loss(ea, ep, en)
        grads = [np.zeros_like(w) for w in net.theta]
        for de, cache in ((dea, ca), (dep, cp), (den, cn)):
            for total, g in zip(grads, net.embed_backward(de, cache)):
                total += g
        for i in range(len(net.theta)):
            net.theta[i] -= lr * grads[i]
        if step % 50 == 0:
            print('step', step, 'triplet loss', loss)


if __name__ == '__main__':
    main()

FAULTS = """
missing-factor | dep = 2 * (ep - ea) * active | dep = (ep - ea) * active
wrong-sign | den = 2 * (ea - en) * active | den = 2 * (en - ea) * active
missing-term | du = (de - e * (de * e).sum(axis=1, keepdims=True)) / norm | du = de / norm
missing-term | for de, cache in ((dea, ca), (dep, cp), (den, cn)): | for de, cache in ((dea, ca), (dep, cp)):
wrong-axis | du = (de - e * (de * e).sum(axis=1, keepdims=True)) / norm | du = (de - e * (de * e).sum(axis=0, keepdims=True)) / norm
wrong-operand | dea = 2 * (en - ep) * active | dea = 2 * (ea - ep) * active
"""
