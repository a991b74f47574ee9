"""Parameters are an immutable list of (w, b) tuples, as in the jax tutorials, but by hand."""
import numpy as np
import numpy.random as npr


def init_random_params(scale, layer_sizes, rs=npr.RandomState(0)):
    return [(scale * rs.randn(m, n), scale * rs.randn(n))
            for m, n in zip(layer_sizes[:-1], layer_sizes[1:])]


def predict(params, inputs):
    acts = [inputs]
    for i, (w, b) in enumerate(params):
        outputs = np.dot(acts[-1], w) + b
        acts.append(np.tanh(outputs) if i < len(params) - 1 else outputs)
    return acts


def loss(params, batch):
    inputs, targets = batch
    logits = predict(params, inputs)[-1]
    logits = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    return -np.mean(np.sum(logits * targets, axis=1))


def grad_loss(params, batch):
    inputs, targets = batch
    acts = predict(params, inputs)
    p = np.exp(acts[-1])
    g = (p / p.sum(1, keepdims=True) - targets) / len(inputs)
    grads = []
    for i in range(len(params) - 1, -1, -1):
        w, b = params[i]
        grads.append((np.dot(acts[i].T, g), np.sum(g, axis=0)))
        if i:
            g = np.dot(g, w.T) * (1 - acts[i] ** 2)
    return grads[::-1]


def update(params, batch, step_size=0.1):
    grads = grad_loss(params, batch)
    return [(w - step_size * dw, b - step_size * db)
            for (w, b), (dw, db) in zip(params, grads)]


rng = npr.RandomState(3)
images = rng.randn(48, 4)
labels = np.eye(4)[np.abs(images).argmax(axis=1)]
params = init_random_params(0.5, [4, 4, 4, 4])
num_batches = 4
batches = [(images[i::num_batches], labels[i::num_batches]) for i in range(num_batches)]

for epoch in range(40):
    for batch in batches:
        params = update(params, batch)
    if epoch % 10 == 0:
        print("Epoch %d training loss %.4f" % (epoch, loss(params, (images, labels))))


FAULTS = """
transpose | g = np.dot(g, w.T) * (1 - acts[i] ** 2) | g = np.dot(g, w) * (1 - acts[i] ** 2)
bias-reduction | grads.append((np.dot(acts[i].T, g), np.sum(g, axis=0))) | grads.append((np.dot(acts[i].T, g), np.mean(g, axis=0)))
indexing | g = np.dot(g, w.T) * (1 - acts[i] ** 2) | g = np.dot(g, w.T) * (1 - acts[1] ** 2)
scale | g = (p / p.sum(1, keepdims=True) - targets) / len(inputs) | g = p / p.sum(1, keepdims=True) - targets
"""
