import numpy as np


class Conv3x3:
    def __init__(self, num_filters):
        self.num_filters = num_filters
        self.filters = np.random.randn(num_filters, 3, 3) / 9

    def iterate_regions(self, image):
        h, w = image.shape
        for i in range(h - 2):
            for j in range(w - 2):
                yield image[i:i + 3, j:j + 3], i, j

    def forward(self, input):
        self.last_input = input
        h, w = input.shape
        output = np.zeros((h - 2, w - 2, self.num_filters))
        for im_region, i, j in self.iterate_regions(input):
            output[i, j] = np.sum(im_region * self.filters, axis=(1, 2))
        return output

    def backprop(self, d_L_d_out, learn_rate):
        d_L_d_filters = np.zeros(self.filters.shape)
        for im_region, i, j in self.iterate_regions(self.last_input):
            for f in range(self.num_filters):
                d_L_d_filters[f] += d_L_d_out[i, j, f] * im_region
        self.filters -= learn_rate * d_L_d_filters


class Softmax:
    def __init__(self, input_len, nodes):
        self.weights = np.random.randn(input_len, nodes) / input_len
        self.biases = np.zeros(nodes)

    def forward(self, input):
        self.last_input_shape = input.shape
        input = input.flatten()
        self.last_input = input
        totals = np.dot(input, self.weights) + self.biases
        exp = np.exp(totals)
        self.probs = exp / np.sum(exp, axis=0)
        return self.probs

    def backprop(self, label, learn_rate):
        d_L_d_t = self.probs.copy()
        d_L_d_t[label] -= 1
        d_L_d_inputs = self.weights @ d_L_d_t
        self.weights -= learn_rate * np.outer(self.last_input, d_L_d_t)
        self.biases -= learn_rate * d_L_d_t
        return d_L_d_inputs.reshape(self.last_input_shape)


np.random.seed(4)
images = np.random.rand(12, 6, 6)
labels = [i % 3 for i in range(12)]
for im, lab in zip(images, labels):
    im[2 * lab] += 1
conv = Conv3x3(3)
softmax = Softmax(4 * 4 * 3, 3)


def train(im, label, lr=.01):
    out = softmax.forward(conv.forward(im - 0.5))
    loss = -np.log(out[label])
    acc = 1 if np.argmax(out) == label else 0
    gradient = softmax.backprop(label, lr)
    conv.backprop(gradient, lr)
    return loss, acc


for epoch in range(3):
    loss = num_correct = 0
    for i, (im, label) in enumerate(zip(images, labels)):
        l, acc = train(im, label)
        loss += l
        num_correct += acc
    print('--- Epoch %d --- loss %.3f accuracy %d/12' % (epoch + 1, loss / 12, num_correct))


FAULTS = """
updated-weights-used | d_L_d_inputs = self.weights @ d_L_d_t;;self.weights -= learn_rate * np.outer(self.last_input, d_L_d_t) | self.weights -= learn_rate * np.outer(self.last_input, d_L_d_t);;d_L_d_inputs = self.weights @ d_L_d_t
accumulation | d_L_d_filters[f] += d_L_d_out[i, j, f] * im_region | d_L_d_filters[f] = d_L_d_out[i, j, f] * im_region
missing-gradient | self.biases -= learn_rate * d_L_d_t |
sign | self.filters -= learn_rate * d_L_d_filters | self.filters += learn_rate * d_L_d_filters
"""
