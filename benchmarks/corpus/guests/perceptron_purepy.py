"""No numpy allowed (homework 2): a network of lists of lists, one sample after the other."""
import math
import random


def make_layer(n_in, n_out, rnd):
    return {'w': [[rnd.uniform(-1, 1) for _ in range(n_in)] for _ in range(n_out)],
            'b': [rnd.uniform(-0.5, 0.5) for _ in range(n_out)]}


def activate(layer, inputs):
    outs = []
    for weights, bias in zip(layer['w'], layer['b']):
        total = bias
        for w, v in zip(weights, inputs):
            total += w * v
        outs.append(math.tanh(total))
    return outs


def run(network, sample):
    values = [sample]
    for layer in network:
        values.append(activate(layer, values[-1]))
    return values


def total_error(network, samples, targets):
    err = 0.0
    for s, t in zip(samples, targets):
        out = run(network, s)[-1]
        err += sum((o - d) ** 2 for o, d in zip(out, t)) / 2
    return err / len(samples)


def zero_grads(network):
    return [{'w': [[0.0] * len(row) for row in l['w']], 'b': [0.0] * len(l['b'])}
            for l in network]


def gradients(network, samples, targets):
    grads = zero_grads(network)
    m = len(samples)
    for s, t in zip(samples, targets):
        values = run(network, s)
        errors = [o - d for o, d in zip(values[-1], t)]
        for k in reversed(range(len(network))):
            layer, outs, ins = network[k], values[k + 1], values[k]
            deltas = [e * (1 - o * o) for e, o in zip(errors, outs)]
            for j, dj in enumerate(deltas):
                for i, v in enumerate(ins):
                    grads[k]['w'][j][i] += dj * v / m
                grads[k]['b'][j] += dj / m
            below = []
            for i in range(len(ins)):
                acc = 0.0
                for j in range(len(deltas)):
                    acc += layer['w'][j][i] * deltas[j]
                below.append(acc)
            errors = below
    return grads


# ---- problem
def problem():
    rnd = random.Random(21)
    net = [make_layer(3, 3, rnd), make_layer(3, 3, rnd), make_layer(3, 3, rnd)]
    samples = [[rnd.gauss(0, 1) for _ in range(3)] for _ in range(5)]
    targets = [[rnd.gauss(0, 0.5) for _ in range(3)] for _ in range(5)]
    return dict(loss=lambda: total_error(net, samples, targets), params=net,
                grads=lambda: gradients(net, samples, targets))


FAULTS = """
missing-activation-derivative | deltas = [e * (1 - o * o) for e, o in zip(errors, outs)] | deltas = errors
wrong-activation-derivative | deltas = [e * (1 - o * o) for e, o in zip(errors, outs)] | deltas = [e * o * (1 - o) for e, o in zip(errors, outs)]
sign | errors = [o - d for o, d in zip(values[-1], t)] | errors = [d - o for o, d in zip(values[-1], t)]
scale | errors = [o - d for o, d in zip(values[-1], t)] | errors = [2 * (o - d) for o, d in zip(values[-1], t)]
accumulation | grads[k]['b'][j] += dj / m | grads[k]['b'][j] = dj / m
wrong-operand | grads[k]['w'][j][i] += dj * v / m | grads[k]['w'][j][i] += dj * outs[j] / m
raw-error-propagated | acc += layer['w'][j][i] * deltas[j] | acc += layer['w'][j][i] * errors[j]
transpose | acc += layer['w'][j][i] * deltas[j] | acc += layer['w'][i][j] * deltas[j]
accumulation | acc += layer['w'][j][i] * deltas[j] | acc = layer['w'][j][i] * deltas[j]
aliasing | 'w': [[0.0] * len(row) for row in l['w']], | 'w': [[0.0] * len(l['w'][0])] * len(l['w']),
missing-gradient | grads[k]['b'][j] += dj / m |
"""
