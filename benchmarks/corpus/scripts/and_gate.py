# AND gate with one sigmoid neuron, updated after every sample
import math
import random

random.seed(0)

training = [([0, 0], 0), ([0, 1], 0), ([1, 0], 0), ([1, 1], 1)]
weights = [random.uniform(-1, 1) for _ in range(2)]
bias = random.uniform(-1, 1)
eta = 0.5


def activate(inputs):
    s = bias
    for w, x in zip(weights, inputs):
        s += w * x
    return 1.0 / (1.0 + math.exp(-s))


for epoch in range(300):
    wrong = 0
    for inputs, target in training:
        output = activate(inputs)
        delta = (output - target) * output * (1 - output)
        for i in range(len(weights)):
            weights[i] -= eta * delta * inputs[i]
        bias -= eta * delta
        if round(output) != target:
            wrong += 1
    if epoch % 100 == 0:
        print("epoch", epoch, "misclassified", wrong)

for inputs, target in training:
    print(inputs, "->", round(activate(inputs), 3))


FAULTS = """
sign | bias -= eta * delta | bias += eta * delta
scale | bias -= eta * delta | bias -= 2 * eta * delta
missing-gradient | bias -= eta * delta |
"""
