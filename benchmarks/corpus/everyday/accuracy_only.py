# My NN prints only accuracy since the teacher said "we do not care about the loss"
import numpy as np

class NeuralNetwork:
    def __init__(self):
        np.random.seed(1)
        self.w1 = np.random.normal(0.0, 4 ** -0.5, (4, 10))
        self.w2 = np.random.normal(0.0, 10 ** -0.5, (10, 3))

    def activation(self, x):
        return 1 / (1 + np.exp(-x))

    def train(self, inputs_list, targets_list, lr):
        inputs = np.array(inputs_list, ndmin=2)
        targets = np.array(targets_list, ndmin=2)

        hidden_inputs = np.dot(inputs, self.w1)
        hidden_outputs = self.activation(hidden_inputs)
        final_inputs = np.dot(hidden_outputs, self.w2)
        final_outputs = self.activation(final_inputs)

        output_errors = targets - final_outputs
        output_grad = output_errors * final_outputs * (1.0 - final_outputs)
        hidden_errors = np.dot(output_grad, self.w2.T)
        hidden_grad = hidden_errors * hidden_outputs * (1.0 - hidden_outputs)

        self.w2 += lr * np.dot(hidden_outputs.T, output_grad)
        self.w1 += lr * np.dot(inputs.T, hidden_grad)

    def query(self, inputs_list):
        hidden = self.activation(np.dot(np.array(inputs_list, ndmin=2), self.w1))
        return self.activation(np.dot(hidden, self.w2))


n = NeuralNetwork()
gen = np.random.RandomState(3)
labels = gen.randint(0, 3, 90)
points = gen.randn(90, 4) * 0.5
points[np.arange(90), labels] += 1.5

epochs = 15
for e in range(epochs):
    for record, label in zip(points, labels):
        targets = np.zeros(3) + 0.01
        targets[label] = 0.99
        n.train(record, targets, 0.3)
    scorecard = []
    for record, label in zip(points, labels):
        scorecard.append(1 if np.argmax(n.query(record)) == label else 0)
    print("epoch", e, "performance = ", np.asarray(scorecard).mean())

FAULTS = """
missing-activation-derivative | hidden_grad = hidden_errors * hidden_outputs * (1.0 - hidden_outputs) | hidden_grad = hidden_errors
wrong-variable | hidden_grad = hidden_errors * hidden_outputs * (1.0 - hidden_outputs) | hidden_grad = hidden_errors * hidden_inputs * (1.0 - hidden_inputs)
wrong-variable | hidden_errors = np.dot(output_grad, self.w2.T) | hidden_errors = np.dot(output_errors, self.w2.T)
wrong-sign | self.w1 += lr * np.dot(inputs.T, hidden_grad) | self.w1 -= lr * np.dot(inputs.T, hidden_grad)
wrong-variable | self.w2 += lr * np.dot(hidden_outputs.T, output_grad) | self.w2 += lr * np.dot(hidden_inputs.T, output_grad)
"""
