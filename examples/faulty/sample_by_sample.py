"""Plain Python: lists of floats, loops over neurons, one sample after the other, no NumPy.

Each neuron is a dictionary with its weights, the bias last; weights are updated at once.

    gradcheck run sample_by_sample.py --setup "random.seed(4); net = new_network(2, 3, 2)" \
                                      --loss "error(net, rows[0])" --params net \
                                      --step "learn(net, rows[0], 0.3)" --lr 0.3
"""

import math
import random

from gradcheck import check_gradients

rows = [([0.3, 0.9], 0), ([0.8, 0.2], 1), ([0.5, 0.6], 0), ([0.9, 0.7], 1)]


def new_layer(n_inputs, n_neurons):
    return [
        {"weights": [random.uniform(-1, 1) for _ in range(n_inputs + 1)]} for _ in range(n_neurons)
    ]


def new_network(n_inputs, n_hidden, n_outputs):
    return [new_layer(n_inputs, n_hidden), new_layer(n_hidden, n_outputs)]


def activate(weights, inputs):
    total = weights[-1]
    for w, value in zip(weights, inputs):
        total += w * value
    return 1.0 / (1.0 + math.exp(-total))


def forward(net, inputs):
    for layer in net:
        outputs = []
        for neuron in layer:
            neuron["inputs"] = inputs
            neuron["output"] = activate(neuron["weights"], inputs)
            outputs.append(neuron["output"])
        inputs = outputs
    return inputs


def error(net, row):
    inputs, label = row
    outputs = forward(net, inputs)
    return sum(0.5 * (out - (i == label)) ** 2 for i, out in enumerate(outputs))


def backward(net, label):
    for i, neuron in enumerate(net[-1]):
        out = neuron["output"]
        neuron["delta"] = (out - (i == label)) * out * (1 - out)
    for j, neuron in enumerate(net[0]):
        back = 0.0
        for after in net[-1]:
            back = after["weights"][j] * after["delta"]  # fault: = for +=
        neuron["delta"] = back * neuron["output"] * (1 - neuron["output"])


def learn(net, row, rate):
    inputs, label = row
    forward(net, inputs)
    backward(net, label)
    for layer in net:
        for neuron in layer:
            for k, value in enumerate(neuron["inputs"]):
                neuron["weights"][k] -= rate * neuron["delta"] * value
            neuron["weights"][-1] -= rate * neuron["delta"]


if __name__ == "__main__":
    random.seed(4)
    net = new_network(2, 3, 2)
    row = rows[0]
    report = check_gradients(
        lambda: error(net, row), net, step=lambda rate: learn(net, row, rate), lr=0.3
    )
    print(report)
