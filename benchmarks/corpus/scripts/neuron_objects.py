from math import exp
from random import random, seed


class Neuron:
    def __init__(self, n_inputs):
        self.weights = [random() - 0.5 for _ in range(n_inputs + 1)]  # last one is the bias
        self.output = 0.0
        self.delta = 0.0

    def fire(self, inputs):
        total = self.weights[-1]
        for i in range(len(self.weights) - 1):
            total += self.weights[i] * inputs[i]
        self.output = 1.0 / (1.0 + exp(-total))
        return self.output


def initialize_network(n_inputs, n_hidden, n_outputs):
    return [[Neuron(n_inputs) for _ in range(n_hidden)],
            [Neuron(n_hidden) for _ in range(n_outputs)]]


def forward_propagate(network, row):
    inputs = row
    for layer in network:
        inputs = [neuron.fire(inputs) for neuron in layer]
    return inputs


def transfer_derivative(output):
    return output * (1.0 - output)


def backward_propagate_error(network, expected):
    for i in reversed(range(len(network))):
        layer = network[i]
        for j, neuron in enumerate(layer):
            if i == len(network) - 1:
                error = neuron.output - expected[j]
            else:
                error = sum(n.weights[j] * n.delta for n in network[i + 1])
            neuron.delta = error * transfer_derivative(neuron.output)


def update_weights(network, row, l_rate):
    for i in range(len(network)):
        inputs = row[:-1] if i == 0 else [neuron.output for neuron in network[i - 1]]
        for neuron in network[i]:
            for j in range(len(inputs)):
                neuron.weights[j] -= l_rate * neuron.delta * inputs[j]
            neuron.weights[-1] -= l_rate * neuron.delta


def train_network(network, train, l_rate, n_epoch, n_outputs):
    for epoch in range(n_epoch):
        hits = 0
        for row in train:
            outputs = forward_propagate(network, row)
            expected = [0 for i in range(n_outputs)]
            expected[row[-1]] = 1
            hits += outputs.index(max(outputs)) == row[-1]
            backward_propagate_error(network, expected)
            update_weights(network, row, l_rate)
        print('>epoch=%d, lrate=%.3f, hits=%d' % (epoch, l_rate, hits))


seed(1)
dataset = [[2.7810836, 2.550537003, 0], [1.465489372, 2.362125076, 0],
           [3.396561688, 4.400293529, 0], [1.38807019, 1.850220317, 0],
           [7.627531214, 2.759262235, 1], [5.332441248, 2.088626775, 1],
           [6.922596716, 1.77106367, 1], [8.675418651, -0.242068655, 1]]
network = initialize_network(2, 2, 2)
train_network(network, dataset, 0.5, 20, 2)


FAULTS = """
wrong-operand | error = sum(n.weights[j] * n.delta for n in network[i + 1]) | error = sum(n.weights[j] * n.output for n in network[i + 1])
missing-gradient | neuron.weights[-1] -= l_rate * neuron.delta |
missing-activation-derivative | neuron.delta = error * transfer_derivative(neuron.output) | neuron.delta = error
wrong-operand | inputs = row[:-1] if i == 0 else [neuron.output for neuron in network[i - 1]] | inputs = row[:-1]
"""
