import numpy as np


class Perceptron:
    """One sample after the other; weights are updated in place."""

    def __init__(self, n_in=3, n_hidden=4, n_out=2, rate=0.01):
        state = np.random.RandomState(17)
        self.rate = rate
        self.w_ih = state.uniform(-1, 1, (n_in, n_hidden))
        self.w_ho = state.uniform(-1, 1, (n_hidden, n_out))
        self.th_h = state.uniform(-1, 1, n_hidden)
        self.th_o = state.uniform(-1, 1, n_out)

    def query(self, sample):
        hidden = np.tanh(np.dot(sample, self.w_ih) - self.th_h)
        return hidden, np.tanh(np.dot(hidden, self.w_ho) - self.th_o)

    def train(self, sample, wanted):
        hidden, answer = self.query(sample)
        error = wanted - answer
        output_delta = error * (1.0 - answer * answer)
        hidden_delta = np.dot(self.w_ho, output_delta) * (1.0 - hidden * hidden)
        for j in range(self.w_ho.shape[0]):
            for k in range(self.w_ho.shape[1]):
                self.w_ho[j, k] += self.rate * output_delta[k] * hidden[j]
        for i in range(self.w_ih.shape[0]):
            for j in range(self.w_ih.shape[1]):
                self.w_ih[i, j] += self.rate * hidden_delta[j] * sample[i]
        self.th_o -= self.rate * output_delta
        self.th_h -= self.rate * hidden_delta

    def energy(self, sample, wanted):
        return 0.5 * np.sum((wanted - self.query(sample)[1]) ** 2)


# ---- problem
def problem():
    net = Perceptron()
    sample, wanted = np.array([0.3, -0.7, 0.9]), np.array([0.5, -0.2])
    return dict(
        loss=lambda: net.energy(sample, wanted),
        params=dict(w_ih=net.w_ih, w_ho=net.w_ho, th_h=net.th_h, th_o=net.th_o),
        step=lambda: net.train(sample, wanted),
        lr=net.rate,
    )


FAULTS = """
sign | error = wanted - answer | error = answer - wanted
missing-activation-derivative | output_delta = error * (1.0 - answer * answer) | output_delta = error
raw-error-propagated | np.dot(self.w_ho, output_delta) | np.dot(self.w_ho, error)
wrong-activation-derivative | output_delta = error * (1.0 - answer * answer) | output_delta = error * answer * (1.0 - answer)
missing-activation-derivative | hidden_delta = np.dot(self.w_ho, output_delta) * (1.0 - hidden * hidden) | hidden_delta = np.dot(self.w_ho, output_delta)
wrong-operand | self.w_ho[j, k] += self.rate * output_delta[k] * hidden[j] | self.w_ho[j, k] += self.rate * output_delta[k] * hidden_delta[j]
sign | self.th_h -= self.rate * hidden_delta | self.th_h += self.rate * hidden_delta
indexing | for j in range(self.w_ho.shape[0]): | for j in range(1, self.w_ho.shape[0]):
indexing | self.w_ih[i, j] += self.rate * hidden_delta[j] * sample[i] | self.w_ih[i, j] += self.rate * hidden_delta[j] * sample[0]
scale | self.th_o -= self.rate * output_delta | self.th_o -= self.rate * output_delta / 2
"""
