"""Object oriented back-propagation: Neuron knows its weights, Layer knows its neurons."""
import math
import random


class Neuron:
    def __init__(self, n, rnd):
        self.weights = [rnd.gauss(0, 1) for _ in range(n)]
        self.bias = [rnd.gauss(0, 0.3)]  # a list, so that it can be shared

    def fire(self, inputs):
        self.inputs = inputs
        self.net = sum(w * x for w, x in zip(self.weights, inputs)) + self.bias[0]
        self.out = 1 / (1 + math.exp(-self.net))
        return self.out


class Brain:
    def __init__(self, rnd, *sizes):
        self.layers = [[Neuron(n, rnd) for _ in range(k)] for n, k in zip(sizes, sizes[1:])]

    def think(self, inputs):
        for layer in self.layers:
            inputs = [neuron.fire(inputs) for neuron in layer]
        return inputs

    def error(self, examples):
        return sum((t - o) ** 2 for x, ts in examples for t, o in zip(ts, self.think(x)))

    def learn(self, examples, rate):
        for layer in self.layers:
            for neuron in layer:
                neuron.dw, neuron.db = [0.0] * len(neuron.weights), 0.0
        for x, ts in examples:
            self.think(x)
            for neuron, t in zip(self.layers[-1], ts):
                neuron.delta = 2 * (neuron.out - t) * neuron.out * (1 - neuron.out)
            for k in range(len(self.layers) - 2, -1, -1):
                for i, neuron in enumerate(self.layers[k]):
                    blame = sum(after.weights[i] * after.delta for after in self.layers[k + 1])
                    neuron.delta = blame * neuron.out * (1 - neuron.out)
            for layer in self.layers:
                for neuron in layer:
                    for i in range(len(neuron.weights)):
                        neuron.dw[i] += neuron.delta * neuron.inputs[i]
                    neuron.db += neuron.delta
        for layer in self.layers:
            for neuron in layer:
                for i in range(len(neuron.weights)):
                    neuron.weights[i] -= rate * neuron.dw[i]
                neuron.bias[0] -= rate * neuron.db


# ---- problem
def problem():
    rnd = random.Random(1)
    brain = Brain(rnd, 2, 3, 3, 1)
    examples = [([a + 0.1, b - 0.2], [float(a != b)]) for a in (0, 1) for b in (0, 1)]
    params = [[{'weights': n.weights, 'bias': n.bias} for n in layer] for layer in brain.layers]
    return dict(loss=lambda: brain.error(examples), params=params, step=lambda: brain.learn(examples, 0.1), lr=0.1)


FAULTS = """
missing-activation-derivative | neuron.delta = blame * neuron.out * (1 - neuron.out) | neuron.delta = blame
sign | neuron.bias[0] -= rate * neuron.db | neuron.bias[0] += rate * neuron.db
scale | neuron.delta = 2 * (neuron.out - t) * neuron.out * (1 - neuron.out) | neuron.delta = (neuron.out - t) * neuron.out * (1 - neuron.out)
accumulation | neuron.db += neuron.delta | neuron.db = neuron.delta
accumulation | neuron.dw[i] += neuron.delta * neuron.inputs[i] | neuron.dw[i] = neuron.delta * neuron.inputs[i]
activation-derivative-at-wrong-value | neuron.delta = blame * neuron.out * (1 - neuron.out) | neuron.delta = blame * neuron.net * (1 - neuron.net)
loss-gradient | neuron.delta = 2 * (neuron.out - t) * neuron.out * (1 - neuron.out) | neuron.delta = neuron.out - t
wrong-operand | neuron.dw[i] += neuron.delta * neuron.inputs[i] | neuron.dw[i] += neuron.delta * neuron.out
wrong-activation-derivative | neuron.delta = blame * neuron.out * (1 - neuron.out) | neuron.delta = blame * (1 - neuron.out ** 2)
"""
