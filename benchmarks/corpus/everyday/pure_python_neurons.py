# Neural network in PURE python (no libraries!) - seeds-like dataset, one sample at a time
from math import exp
from random import seed, random, gauss

seed(1)

def make_dataset(n):
    rows = []
    for i in range(n):
        label = i % 3
        rows.append([gauss(label, 0.5), gauss(2 - label, 0.6), gauss(0.5 * (label == 1), 0.3), label])
    return rows

def initialize_network(n_inputs, n_hidden, n_outputs):
    network = list()
    hidden_layer = [{'weights': [random() - 0.5 for i in range(n_inputs + 1)]} for i in range(n_hidden)]
    network.append(hidden_layer)
    output_layer = [{'weights': [random() - 0.5 for i in range(n_hidden + 1)]} for i in range(n_outputs)]
    network.append(output_layer)
    return network

def activate(weights, inputs):
    activation = weights[-1]          # last one is the bias
    for i in range(len(weights) - 1):
        activation += weights[i] * inputs[i]
    return activation

def transfer(activation):
    return 1.0 / (1.0 + exp(-activation))

def transfer_derivative(output):
    return output * (1.0 - output)

def forward_propagate(network, row):
    inputs = row
    for layer in network:
        new_inputs = []
        for neuron in layer:
            neuron['output'] = transfer(activate(neuron['weights'], inputs))
            new_inputs.append(neuron['output'])
        inputs = new_inputs
    return inputs

def backward_propagate_error(network, expected):
    for i in reversed(range(len(network))):
        layer = network[i]
        errors = list()
        if i != len(network) - 1:
            for j in range(len(layer)):
                error = 0.0
                for neuron in network[i + 1]:
                    error += neuron['weights'][j] * neuron['delta']
                errors.append(error)
        else:
            for j in range(len(layer)):
                errors.append(layer[j]['output'] - expected[j])
        for j in range(len(layer)):
            layer[j]['delta'] = errors[j] * transfer_derivative(layer[j]['output'])

def update_weights(network, row, l_rate):
    for i in range(len(network)):
        inputs = row[:-1]
        if i != 0:
            inputs = [neuron['output'] for neuron in network[i - 1]]
        for neuron in network[i]:
            for j in range(len(inputs)):
                neuron['weights'][j] -= l_rate * neuron['delta'] * inputs[j]
            neuron['weights'][-1] -= l_rate * neuron['delta']

def train_network(network, train, l_rate, n_epoch, n_outputs):
    for epoch in range(n_epoch):
        sum_error = 0
        for row in train:
            outputs = forward_propagate(network, row[:-1])
            expected = [0 for i in range(n_outputs)]
            expected[row[-1]] = 1
            sum_error += sum([(expected[i] - outputs[i]) ** 2 for i in range(len(expected))])
            backward_propagate_error(network, expected)
            update_weights(network, row, l_rate)
        if epoch % 10 == 0:
            print('>epoch=%d, lrate=%.3f, error=%.3f' % (epoch, l_rate, sum_error))

dataset = make_dataset(45)
network = initialize_network(3, 4, 3)
train_network(network, dataset, 0.5, 31, 3)
right = 0
for row in dataset:
    out = forward_propagate(network, row[:-1])
    right += out.index(max(out)) == row[-1]
print('right: %d of %d' % (right, len(dataset)))

FAULTS = """
wrong-index | error += neuron['weights'][j] * neuron['delta'] | error += neuron['weights'][j - 1] * neuron['delta']
overwritten | error += neuron['weights'][j] * neuron['delta'] | error = neuron['weights'][j] * neuron['delta']
missing-activation-derivative | layer[j]['delta'] = errors[j] * transfer_derivative(layer[j]['output']) | layer[j]['delta'] = errors[j]
wrong-layer | inputs = [neuron['output'] for neuron in network[i - 1]] | inputs = [neuron['output'] for neuron in network[i]] + [0.0]
never-updated | neuron['weights'][-1] -= l_rate * neuron['delta'] | pass
wrong-sign | neuron['weights'][-1] -= l_rate * neuron['delta'] | neuron['weights'][-1] += l_rate * neuron['delta']
"""
