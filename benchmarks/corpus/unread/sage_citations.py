# GraphSAGE (mean aggregator) on a tiny citation graph, with neighbour lists -- no adjacency matrix.
# two layers, rows L2-normalised after each layer as in the paper
import numpy as np

EPS = 1e-3


def l2norm(Z):
    length = np.sqrt((Z * Z).sum(axis=1, keepdims=True) + EPS)
    return Z / length, length


def l2norm_grad(G, N, length):
    return (G - N * (G * N).sum(axis=1, keepdims=True)) / length


class SageLayer:
    def __init__(self, fan_in, fan_out, rng, activate=True):
        self.W_self = rng.normal(0, 0.7, (fan_in, fan_out))
        self.W_neigh = rng.normal(0, 0.7, (fan_in, fan_out))
        self.activate = activate

    def aggregate(self, H):
        M = np.zeros_like(H)
        for v, neigh in enumerate(self.graph):
            for u in neigh:
                M[v] += H[u] / len(neigh)
        return M

    def __call__(self, H, graph):
        self.graph, self.H = graph, H
        self.M = self.aggregate(H)
        self.Z = H @ self.W_self + self.M @ self.W_neigh
        A = np.tanh(self.Z) if self.activate else self.Z
        self.A = A
        self.N, self.length = l2norm(A)
        return self.N

    def back(self, dN):
        dA = l2norm_grad(dN, self.N, self.length)
        dZ = dA * (1 - self.A ** 2) if self.activate else dA
        self.dW_self = self.H.T @ dZ
        self.dW_neigh = self.M.T @ dZ
        dM = dZ @ self.W_neigh.T
        dH = dZ @ self.W_self.T
        for v, neigh in enumerate(self.graph):
            for u in neigh:
                dH[u] += dM[v] / len(neigh)
        return dH


class Sage:
    def __init__(self, sizes, seed):
        rng = np.random.default_rng(seed)
        self.layer1 = SageLayer(sizes[0], sizes[1], rng)
        self.layer2 = SageLayer(sizes[1], sizes[2], rng, activate=False)
        self.temperature = 4.0

    def loss(self, X, graph, labels, train_nodes):
        self.scores = self.temperature * self.layer2(self.layer1(X, graph), graph)
        s = self.scores[train_nodes]
        return np.mean(np.log(np.exp(s).sum(1)) - s[np.arange(len(s)), labels])

    def backward(self, labels, train_nodes):
        s = self.scores[train_nodes]
        ds = np.exp(s) / np.exp(s).sum(1, keepdims=True)
        ds[np.arange(len(s)), labels] -= 1
        dscores = np.zeros_like(self.scores)
        dscores[train_nodes] = ds / len(s)
        self.layer1.back(self.layer2.back(self.temperature * dscores))
        l1, l2 = self.layer1, self.layer2
        return l1.dW_self, l1.dW_neigh, l2.dW_self, l2.dW_neigh


# ---- problem
def problem():
    net = Sage([3, 4, 3], 71)
    graph = [[1, 2], [0], [0, 1, 3], [4, 2, 1, 0], [3]]
    X = np.random.default_rng(72).normal(size=(5, 3))
    train_nodes, labels = [0, 2, 4], [1, 0, 2]

    def grads():
        net.loss(X, graph, labels, train_nodes)
        return net.backward(labels, train_nodes)

    l1, l2 = net.layer1, net.layer2
    return dict(loss=lambda: net.loss(X, graph, labels, train_nodes),
                params=(l1.W_self, l1.W_neigh, l2.W_self, l2.W_neigh), grads=grads)


FAULTS = """
indexing | dH[u] += dM[v] / len(neigh) | dH[v] += dM[u] / len(neigh)
indexing | dH[u] += dM[v] / len(neigh) | dH[u] += dM[v] / len(self.graph[u])
accumulation | dH[u] += dM[v] / len(neigh) | dH[u] = dM[v] / len(neigh)
activation-derivative-at-wrong-value | dZ = dA * (1 - self.A ** 2) if self.activate else dA | dZ = dA * (1 - self.N ** 2) if self.activate else dA
missing-term | return (G - N * (G * N).sum(axis=1, keepdims=True)) / length | return G / length
normalisation | return (G - N * (G * N).sum(axis=1, keepdims=True)) / length | return (G - N * (G * N).sum(axis=0, keepdims=True)) / length
scale | dscores[train_nodes] = ds / len(s) | dscores[train_nodes] = ds / len(dscores)
"""
