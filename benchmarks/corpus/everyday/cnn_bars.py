"""Tell vertical bars from horizontal bars: conv 3x3 -> relu -> maxpool 2x2 -> fc -> softmax."""
import numpy as np


def generate_images(n, rng):
    imgs = np.zeros((n, 8, 8))
    labels = np.zeros(n, dtype=int)
    for i in range(n):
        pos = rng.integers(1, 7)
        if rng.random() < 0.5:
            imgs[i, :, pos] = 1
        else:
            imgs[i, pos, :] = 1
            labels[i] = 1
    return imgs + 0.3 * rng.standard_normal(imgs.shape), labels


class Conv3x3:
    def __init__(self, num_filters, rng):
        self.num_filters = num_filters
        self.filters = rng.standard_normal((num_filters, 3, 3)) / 3
        self.bias = np.zeros(num_filters)

    def regions(self, image):
        h, w = image.shape
        for i in range(h - 2):
            for j in range(w - 2):
                yield image[i:i + 3, j:j + 3], i, j

    def forward(self, image):
        self.last_input = image
        out = np.zeros((6, 6, self.num_filters))
        for reg, i, j in self.regions(image):
            out[i, j] = np.sum(reg * self.filters, axis=(1, 2)) + self.bias
        self.last_out = out
        return np.maximum(out, 0)

    def backprop(self, d_out, lr):
        d_out = d_out * (self.last_out > 0)
        d_filters = np.zeros(self.filters.shape)
        for reg, i, j in self.regions(self.last_input):
            for f in range(self.num_filters):
                d_filters[f] += d_out[i, j, f] * reg
        self.filters -= lr * d_filters
        self.bias -= lr * d_out.sum(axis=(0, 1))


class MaxPool2:
    def forward(self, x):
        self.last_input = x
        h, w, f = x.shape
        self.out = x.reshape(h // 2, 2, w // 2, 2, f).max(axis=(1, 3))
        return self.out

    def backprop(self, d_out):
        up = self.out.repeat(2, axis=0).repeat(2, axis=1)
        return (self.last_input == up) * d_out.repeat(2, axis=0).repeat(2, axis=1)


class SoftmaxFC:
    def __init__(self, n_in, n_out, rng):
        self.weights = rng.standard_normal((n_in, n_out)) / n_in
        self.biases = np.zeros(n_out)

    def forward(self, x):
        self.shape = x.shape
        self.flat = x.flatten()
        scores = self.flat @ self.weights + self.biases
        e = np.exp(scores - scores.max())
        self.probs = e / e.sum()
        return self.probs

    def backprop(self, label, lr):
        d_scores = self.probs.copy()
        d_scores[label] -= 1
        d_in = self.weights @ d_scores
        self.weights -= lr * np.outer(self.flat, d_scores)
        self.biases -= lr * d_scores
        return d_in.reshape(self.shape)


def train_one(im, label, conv, pool, fc, lr=0.02):
    probs = fc.forward(pool.forward(conv.forward(im)))
    loss = -np.log(probs[label])
    acc = int(np.argmax(probs) == label)
    conv.backprop(pool.backprop(fc.backprop(label, lr)), lr)
    return loss, acc


def main():
    rng = np.random.default_rng(11)
    images, labels = generate_images(120, rng)
    conv, pool, fc = Conv3x3(4, rng), MaxPool2(), SoftmaxFC(3 * 3 * 4, 2, rng)
    for epoch in range(3):
        loss, num_correct = 0, 0
        for i, (im, label) in enumerate(zip(images, labels)):
            l, acc = train_one(im, label, conv, pool, fc)
            loss += l
            num_correct += acc
            if i % 40 == 39:
                print(f"[epoch {epoch} step {i + 1}] avg loss {loss / 40:.3f} acc {num_correct / 40:.0%}")
                loss, num_correct = 0, 0


if __name__ == "__main__":
    main()

FAULTS = """
missing-activation-derivative | d_out = d_out * (self.last_out > 0) | d_out = d_out * 1.0
overwritten | d_filters[f] += d_out[i, j, f] * reg | d_filters[f] = d_out[i, j, f] * reg
missing-sum | self.bias -= lr * d_out.sum(axis=(0, 1)) | self.bias -= lr * d_out.mean(axis=(0, 1))
missing-term | d_scores[label] -= 1 | d_scores[label] -= 0
wrong-mask | return (self.last_input == up) * d_out.repeat(2, axis=0).repeat(2, axis=1) | return d_out.repeat(2, axis=0).repeat(2, axis=1)
wrong-sign | self.biases -= lr * d_scores | self.biases += lr * d_scores
"""
