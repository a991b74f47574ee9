# my first neural network, no numpy! learns which flags have a cross
import math
import random


class Neuron:
    def __init__(self, nInputs, rnd):
        self.weights = [rnd.uniform(-1, 1) for i in range(nInputs)]
        self.bias = rnd.uniform(-0.5, 0.5)
        self.gradWeights = [0.0] * nInputs
        self.gradBias = 0.0
        self.output = 0.0
        self.delta = 0.0

    def activate(self, inputs):
        total = self.bias
        for i in range(len(inputs)):
            total += self.weights[i] * inputs[i]
        self.output = 1.0 / (1.0 + math.exp(-total))
        return self.output


class Network:
    def __init__(self, sizes, seed=5):
        rnd = random.Random(seed)
        self.layers = []
        for a in range(1, len(sizes)):
            self.layers.append([Neuron(sizes[a - 1], rnd) for k in range(sizes[a])])

    def predict(self, inputs):
        for layer in self.layers:
            inputs = [neuron.activate(inputs) for neuron in layer]
        return inputs

    def error(self, samples):
        total = 0.0
        for inputs, target in samples:
            out = self.predict(inputs)
            for k in range(len(out)):
                total += 0.5 * (target[k] - out[k]) ** 2
        return total

    def zero(self):
        for layer in self.layers:
            for neuron in layer:
                neuron.gradWeights = [0.0] * len(neuron.weights)
                neuron.gradBias = 0.0

    def backprop(self, inputs, target):
        self.predict(inputs)
        last = len(self.layers) - 1
        for l in range(last, -1, -1):
            layer = self.layers[l]
            for j in range(len(layer)):
                neuron = layer[j]
                if l == last:
                    err = neuron.output - target[j]
                else:
                    err = 0.0
                    for nxt in self.layers[l + 1]:
                        err += nxt.weights[j] * nxt.delta
                neuron.delta = err * neuron.output * (1 - neuron.output)
        for l in range(len(self.layers)):
            if l == 0:
                prev = inputs
            else:
                prev = [neuron.output for neuron in self.layers[l - 1]]
            for neuron in self.layers[l]:
                for i in range(len(prev)):
                    neuron.gradWeights[i] += neuron.delta * prev[i]
                neuron.gradBias += neuron.delta


samples = [([1, 0, 1, 0.5], [1, 0]), ([0.2, 1, 0, 1], [0, 1]), ([1, 1, -0.5, 0.3], [1, 1])]
net = Network([4, 3, 3, 2])
params = [[[n.weights, n.bias] for n in layer] for layer in net.layers]


def loss(p):
    use(p)
    return net.error(samples)


def use(p):
    for layer, values in zip(net.layers, p):
        for neuron, (w, b) in zip(layer, values):
            neuron.weights = [float(v) for v in w]
            neuron.bias = float(b)


def gradient(p):
    use(p)
    net.zero()
    for inputs, target in samples:
        net.backprop(inputs, target)
    return [[[n.gradWeights, n.gradBias] for n in layer] for layer in net.layers]


# ---- problem
def problem():
    return dict(loss=loss, params=params, grads=gradient)


FAULTS = """
sign | err = neuron.output - target[j] | err = target[j] - neuron.output
wrong-activation-derivative | neuron.output * (1 - neuron.output) | (1 - neuron.output)
missing-activation-derivative | neuron.delta = err * neuron.output * (1 - neuron.output) | neuron.delta = err
accumulation | err += nxt.weights[j] * nxt.delta | err = nxt.weights[j] * nxt.delta
accumulation | neuron.gradWeights[i] += neuron.delta * prev[i] | neuron.gradWeights[i] = neuron.delta * prev[i]
wrong-operand | for neuron in self.layers[l - 1]] | for neuron in self.layers[l]]
missing-gradient | neuron.gradBias += neuron.delta |
"""
