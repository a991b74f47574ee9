from math import exp, log, tanh


# Neural network without any library: lists, floats and patience
def new_neuron(n_inputs, numbers):
    return {"weights": [next(numbers) for _ in range(n_inputs)], "bias": next(numbers)}


def numbers(seed):
    state = seed
    while True:
        state = (1103515245 * state + 12345) % 2**31
        yield 2.0 * state / 2**31 - 1.0


def initialize_network(n_inputs, n_hidden, n_outputs):
    source = numbers(7)
    hidden = [new_neuron(n_inputs, source) for _ in range(n_hidden)]
    middle = [new_neuron(n_hidden, source) for _ in range(n_hidden)]
    output = [new_neuron(n_hidden, source) for _ in range(n_outputs)]
    return [hidden, middle, output]


def activate(weights, bias, inputs):
    activation = bias
    for weight, value in zip(weights, inputs):
        activation += weight * value
    return activation


def transfer(activation, last):
    if last:
        return 1.0 / (1.0 + exp(-activation))
    return tanh(activation)


def transfer_derivative(output, last):
    if last:
        return output * (1.0 - output)
    return 1.0 - output**2


def forward_propagate(network, row):
    outputs = [list(row)]
    for i, layer in enumerate(network):
        inputs = outputs[-1]
        last = i == len(network) - 1
        outputs.append(
            [transfer(activate(n["weights"], n["bias"], inputs), last) for n in layer]
        )
    return outputs


def sum_error(network, dataset):
    total = 0.0
    for row, expected in dataset:
        predicted = forward_propagate(network, row)[-1]
        for p, e in zip(predicted, expected):
            total += (p - e) ** 2
    return total / len(dataset)


def backward_propagate_error(network, outputs, expected):
    deltas = [None] * len(network)
    for i in reversed(range(len(network))):
        layer = network[i]
        errors = []
        if i != len(network) - 1:
            for j in range(len(layer)):
                error = 0.0
                for k, neuron in enumerate(network[i + 1]):
                    error += neuron["weights"][j] * deltas[i + 1][k]
                errors.append(error)
        else:
            for j in range(len(layer)):
                errors.append(2.0 * (outputs[i + 1][j] - expected[j]))
        last = i == len(network) - 1
        deltas[i] = []
        for j in range(len(layer)):
            deltas[i].append(errors[j] * transfer_derivative(outputs[i + 1][j], last))
    return deltas


def gradients(network, dataset):
    grads = [
        [{"weights": [0.0] * len(n["weights"]), "bias": 0.0} for n in layer] for layer in network
    ]
    n_rows = len(dataset)
    for row, expected in dataset:
        outputs = forward_propagate(network, row)
        deltas = backward_propagate_error(network, outputs, expected)
        for i in range(len(network)):
            inputs = outputs[i]
            for neuron, delta in zip(grads[i], deltas[i]):
                for j in range(len(inputs)):
                    neuron["weights"][j] += delta * inputs[j] / n_rows
                neuron["bias"] += delta / n_rows
    return grads


# ---- problem
def problem():
    network = initialize_network(2, 2, 2)
    dataset = [
        ([2.78, -1.55], [1.0, 0.0]),
        ([-1.46, 0.36], [0.0, 1.0]),
        ([0.39, 1.4], [0.0, 1.0]),
        ([1.38, -0.85], [1.0, 0.0]),
    ]
    return dict(
        loss=lambda: sum_error(network, dataset),
        params=network,
        grads=lambda: gradients(network, dataset),
    )


FAULTS = """
accumulation | error += neuron["weights"][j] * deltas[i + 1][k] | error = neuron["weights"][j] * deltas[i + 1][k]
accumulation | neuron["bias"] += delta / n_rows | neuron["bias"] = delta / n_rows
transpose | error += neuron["weights"][j] * deltas[i + 1][k] | error += network[i + 1][j]["weights"][k] * deltas[i + 1][k]
wrong-activation-derivative | return 1.0 - output**2 | return 1.0 - output
activation-derivative-at-wrong-value | return 1.0 - output**2 | return 1.0 - tanh(output) ** 2
missing-activation-derivative | deltas[i].append(errors[j] * transfer_derivative(outputs[i + 1][j], last)) | deltas[i].append(errors[j])
scale | errors.append(2.0 * (outputs[i + 1][j] - expected[j])) | errors.append(outputs[i + 1][j] - expected[j])
sign | errors.append(2.0 * (outputs[i + 1][j] - expected[j])) | errors.append(2.0 * (expected[j] - outputs[i + 1][j]))
indexing | neuron["weights"][j] += delta * inputs[j] / n_rows | neuron["weights"][j] += delta * inputs[j - 1] / n_rows
wrong-operand | deltas[i].append(errors[j] * transfer_derivative(outputs[i + 1][j], last)) | deltas[i].append(errors[j] * transfer_derivative(outputs[i][j], last))
scale | neuron["bias"] += delta / n_rows | neuron["bias"] += delta
"""
