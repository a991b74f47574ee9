"""A small network for XOR that does not learn: a question, with all its mistakes.

The backward pass averages over the batch before it multiplies, starts from the opposite sign,
skips the activation's derivative per sample, and never steps. `gradcheck` tells where.
"""

import numpy as np

from gradcheck import check_gradients


class MLP:
    @staticmethod
    def glorot(fan_in, fan_out):
        factor = 4 * np.sqrt(6 / (fan_in + fan_out))
        return np.random.uniform(-factor, factor, (fan_in, fan_out))

    @staticmethod
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    @staticmethod
    def sigmoid_diff(x):
        sig = MLP.sigmoid(x)
        return sig * (1 - sig)

    def __init__(self, input_size, output_size, hidden_layers, hidden_size):
        sizes = [input_size, *[hidden_size] * (hidden_layers + 1), output_size]
        self.layers, self.grads = [], []
        for i, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:], strict=False)):
            kind = "input" if i == 0 else "output" if i == len(sizes) - 2 else "hidden"
            self.layers.append(
                {"W": self.glorot(fan_in, fan_out), "b": np.zeros((fan_out, 1)), "type": kind}
            )

    def forward_pass(self, x):
        for layer in self.layers:
            x = np.dot(x, layer["W"]) + layer["b"].T
            layer["output"] = x
            x = self.sigmoid(x)
            layer["activation_output"] = x
        return x

    def backward_pass(self, x, y, output):
        m = y.shape[0]
        dlda = 2 * (y - output)
        dlda = np.sum(dlda, axis=0, keepdims=True) / m
        self.grads = []
        for i in range(len(self.layers) - 1, -1, -1):
            grad = {}
            z = self.layers[i]["output"]
            dadz = np.sum(self.sigmoid_diff(z), axis=0, keepdims=True) / m
            if self.layers[i]["type"] == "input":
                dzdw = np.sum(x, axis=0, keepdims=True) / m
            else:
                dzdw = np.sum(self.layers[i - 1]["activation_output"], axis=0, keepdims=True) / m
            grad["b"] = dlda.dot(dadz).T
            grad["W"] = dlda.dot(dadz).T.dot(dzdw).T
            dzda_prev = self.layers[i]["W"].T
            dlda = np.sum(dlda.dot(dadz).dot(dzda_prev), axis=1, keepdims=True)
            self.grads.append(grad)
        return self.grads


inputs = np.array([[0, 0], [1, 1], [0, 1], [1, 0]])
targets = np.array([[0.0], [0.0], [1.0], [1.0]])


def mean_square(net):
    return np.sum((net.forward_pass(inputs) - targets) ** 2 / len(targets))


def gradients(net):
    grads = net.backward_pass(inputs, targets, net.forward_pass(inputs))
    return [{"W": g["W"], "b": g["b"]} for g in reversed(grads)]


if __name__ == "__main__":
    np.random.seed(0)
    net = MLP(2, 1, 2, 2)
    params = [{"W": layer["W"], "b": layer["b"]} for layer in net.layers]
    print(check_gradients(lambda: mean_square(net), params, lambda: gradients(net)))
