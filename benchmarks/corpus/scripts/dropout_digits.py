import numpy as np

np.random.seed(2)
images = (np.random.rand(50, 16) > 0.5) * 1.0
digit = (images[:, :8].sum(1) > images[:, 8:].sum(1)).astype(int)
labels = np.zeros((50, 2))
labels[np.arange(50), digit] = 1

alpha, iterations, hidden_size = 0.1, 40, 12
batch_size = 10
weights_0_1 = 0.4 * np.random.random((16, hidden_size)) - 0.2
weights_1_2 = 0.4 * np.random.random((hidden_size, 2)) - 0.2

sigmoid = lambda x: 1 / (1 + np.exp(-x))
sig2deriv = lambda output: output * (1 - output)

for j in range(iterations):
    error, correct_cnt = (0.0, 0)
    for i in range(len(images) // batch_size):
        batch_start, batch_end = i * batch_size, (i + 1) * batch_size
        layer_0 = images[batch_start:batch_end]
        layer_1 = sigmoid(np.dot(layer_0, weights_0_1))
        dropout_mask = np.random.randint(2, size=layer_1.shape)
        layer_1_dropped = layer_1 * dropout_mask * 2
        layer_2 = np.dot(layer_1_dropped, weights_1_2)

        error += np.sum((labels[batch_start:batch_end] - layer_2) ** 2)
        for k in range(batch_size):
            correct_cnt += int(np.argmax(layer_2[k]) == np.argmax(labels[batch_start + k]))

        layer_2_delta = (labels[batch_start:batch_end] - layer_2) / batch_size
        layer_1_delta = layer_2_delta.dot(weights_1_2.T) * sig2deriv(layer_1)
        layer_1_delta *= dropout_mask * 2
        weights_1_2 += alpha * layer_1_dropped.T.dot(layer_2_delta)
        weights_0_1 += alpha * layer_0.T.dot(layer_1_delta)
    if j % 10 == 0:
        print("I:" + str(j), "Train-Err:" + str(error / len(images))[:5],
              "Train-Acc:" + str(correct_cnt / len(images)))


FAULTS = """
dropout-mask | layer_1_delta *= dropout_mask * 2 | layer_1_delta *= dropout_mask
dropout-mask | layer_1_delta *= dropout_mask * 2 |
activation-derivative-at-wrong-value | layer_1_delta = layer_2_delta.dot(weights_1_2.T) * sig2deriv(layer_1) | layer_1_delta = layer_2_delta.dot(weights_1_2.T) * sig2deriv(layer_1_dropped)
wrong-operand | weights_1_2 += alpha * layer_1_dropped.T.dot(layer_2_delta) | weights_1_2 += alpha * layer_1.T.dot(layer_2_delta)
"""
