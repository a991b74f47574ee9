import numpy as np

rng = np.random.default_rng(1408)


class TextCnn:
    """Sentence classification: filters of two widths over word vectors, max over time, concatenated, dropout."""

    WIDTHS = (2, 3)

    def __init__(self, vocab, dim, maps, classes):
        self.vectors = rng.normal(size=(vocab, dim))
        self.filters = [rng.normal(size=(k * dim, maps)) / np.sqrt(k) for k in self.WIDTHS]
        self.offsets = [rng.normal(size=maps) / 4 for _ in self.WIDTHS]
        self.top = rng.normal(size=(2 * maps, classes)) / 2
        self.top_offset = rng.normal(size=classes) / 4
        self.maps = maps

    @staticmethod
    def windows(x, k):
        n, t, d = x.shape
        return np.stack([x[:, i:i + k].reshape(n, k * d) for i in range(t - k + 1)], axis=1)

    def forward(self, sentences, keep):
        x = self.vectors[sentences]
        self.sentences, self.keep = sentences, keep
        self.win, self.arg, self.best = [], [], []
        for k, f, o in zip(self.WIDTHS, self.filters, self.offsets):
            w = self.windows(x, k)
            c = w @ f + o
            a = c.argmax(axis=1)
            self.win.append(w)
            self.arg.append(a)
            self.best.append(np.take_along_axis(c, a[:, None], axis=1)[:, 0])
        self.features = np.tanh(np.hstack(self.best))
        self.dropped = self.features * keep / 0.7
        return self.dropped @ self.top + self.top_offset

    def loss(self, sentences, keep, labels):
        z = self.forward(sentences, keep)
        z = z - z.max(axis=1, keepdims=True)
        self.p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        self.labels = labels
        pt = self.p[np.arange(len(labels)), labels]
        return np.mean((1 - pt) ** 2)

    def backward(self):
        n = len(self.labels)
        rows = np.arange(n)
        pt = self.p[rows, self.labels]
        dp = np.zeros_like(self.p)
        dp[rows, self.labels] = -2 * (1 - pt) / n
        dz = self.p * (dp - (dp * self.p).sum(axis=1, keepdims=True))
        g_top, g_top_offset = self.dropped.T @ dz, dz.sum(axis=0)
        dfeat = dz @ self.top.T * self.keep / 0.7
        dbest = dfeat * (1 - self.features ** 2)
        g_vectors = np.zeros_like(self.vectors)
        g_filters, g_offsets = [], []
        dim = self.vectors.shape[1]
        for j, k in enumerate(self.WIDTHS):
            d = dbest[:, j * self.maps:(j + 1) * self.maps]
            dc = np.zeros(self.win[j].shape[:2] + (self.maps,))
            np.put_along_axis(dc, self.arg[j][:, None], d[:, None], axis=1)
            g_filters.append(np.einsum('ntw,ntm->wm', self.win[j], dc))
            g_offsets.append(d.sum(axis=0))
            dwin = dc @ self.filters[j].T
            for i in range(dwin.shape[1]):
                for s in range(k):
                    piece = dwin[:, i, s * dim:(s + 1) * dim]
                    np.add.at(g_vectors, self.sentences[:, i + s], piece)
        return dict(vectors=g_vectors, filters=g_filters, offsets=g_offsets, top=g_top,
                    top_offset=g_top_offset)


# ---- problem
def problem():
    net = TextCnn(6, 3, 3, 2)
    sentences = rng.integers(0, 6, size=(5, 6))
    keep = (rng.random((5, 6)) < 0.7).astype(float)
    labels = rng.integers(0, 2, size=5)
    params = dict(vectors=net.vectors, filters=net.filters, offsets=net.offsets, top=net.top,
                  top_offset=net.top_offset)

    def loss():
        return net.loss(sentences, keep, labels)

    def grads():
        loss()
        return net.backward()
    return dict(loss=loss, params=params, grads=grads)


FAULTS = """
softmax-jacobian | dz = self.p * (dp - (dp * self.p).sum(axis=1, keepdims=True)) | dz = self.p * (1 - self.p) * dp
loss-gradient | dz = self.p * (dp - (dp * self.p).sum(axis=1, keepdims=True)) | dz = (self.p - np.eye(self.p.shape[1])[self.labels]) / n
dropout-mask | dfeat = dz @ self.top.T * self.keep / 0.7 | dfeat = dz @ self.top.T
dropout-mask | dfeat = dz @ self.top.T * self.keep / 0.7 | dfeat = dz @ self.top.T * self.keep
scatter | np.add.at(g_vectors, self.sentences[:, i + s], piece) | g_vectors[self.sentences[:, i + s]] += piece
indexing | np.add.at(g_vectors, self.sentences[:, i + s], piece) | np.add.at(g_vectors, self.sentences[:, i], piece)
indexing | d = dbest[:, j * self.maps:(j + 1) * self.maps] | d = dbest[:, :self.maps]
missing-activation-derivative | dbest = dfeat * (1 - self.features ** 2) | dbest = dfeat
activation-derivative-at-wrong-value | dbest = dfeat * (1 - self.features ** 2) | dbest = dfeat * (1 - np.hstack(self.best) ** 2)
"""
