# Red neuronal desde cero: clasificar puntos dentro y fuera de un círculo
import numpy as np

np.random.seed(17)
n, p = 60, 2
X = np.random.uniform(-1, 1, (n, p))
Y = (np.sum(X ** 2, axis=1) < 0.5).astype(float)[:, np.newaxis]

# funciones de activación: (función, derivada)
sigm = (lambda x: 1 / (1 + np.e ** (-x)),
        lambda x: x * (1 - x))

# función de coste
l2_cost = (lambda Yp, Yr: np.mean((Yp - Yr) ** 2),
           lambda Yp, Yr: 2 * (Yp - Yr) / Yr.size)


class neural_layer():
    def __init__(self, n_conn, n_neur, act_f):
        self.act_f = act_f
        self.b = np.random.rand(1, n_neur) * 2 - 1
        self.W = np.random.rand(n_conn, n_neur) * 2 - 1


def create_nn(topology, act_f):
    return [neural_layer(topology[l], topology[l + 1], act_f) for l in range(len(topology) - 1)]


def train(neural_net, X, Y, l2_cost, lr=0.5, train=True):
    out = [(None, X)]
    for l, layer in enumerate(neural_net):  # pase hacia adelante
        z = out[-1][1] @ layer.W + layer.b
        a = layer.act_f[0](z)
        out.append((z, a))
    if train:
        deltas = []
        for l in reversed(range(0, len(neural_net))):  # pase hacia atrás
            a = out[l + 1][1]
            if l == len(neural_net) - 1:
                deltas.insert(0, l2_cost[1](a, Y) * neural_net[l].act_f[1](a))
            else:
                deltas.insert(0, deltas[0] @ _W.T * neural_net[l].act_f[1](a))
            _W = neural_net[l].W.copy()
            # descenso del gradiente
            neural_net[l].b = neural_net[l].b - np.sum(deltas[0], axis=0, keepdims=True) * lr
            neural_net[l].W = neural_net[l].W - out[l][1].T @ deltas[0] * lr
    return out[-1][1]


red = create_nn([p, 4, 8, 1], sigm)
perdida = []
for i in range(100):
    pY = train(red, X, Y, l2_cost, lr=0.5)
    if i % 25 == 0:
        perdida.append(l2_cost[0](pY, Y))
        print(perdida[-1])


FAULTS = """
updated-weights-used | deltas.insert(0, deltas[0] @ _W.T * neural_net[l].act_f[1](a)) | deltas.insert(0, deltas[0] @ neural_net[l + 1].W.T * neural_net[l].act_f[1](a))
wrong-operand | neural_net[l].W = neural_net[l].W - out[l][1].T @ deltas[0] * lr | neural_net[l].W = neural_net[l].W - out[l][1].T @ deltas[-1] * lr
bias-reduction | neural_net[l].b = neural_net[l].b - np.sum(deltas[0], axis=0, keepdims=True) * lr | neural_net[l].b = neural_net[l].b - np.mean(deltas[0], axis=0, keepdims=True) * lr
missing-activation-derivative | deltas.insert(0, deltas[0] @ _W.T * neural_net[l].act_f[1](a)) | deltas.insert(0, deltas[0] @ _W.T)
"""
