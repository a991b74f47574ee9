"""
Sentiment of tweets: bag of words -> embedding mean -> softmax regression.
Training via class with __call__, gradients kept in a parallel namedtuple.
"""
from collections import Counter, namedtuple

import numpy as np

Weights = namedtuple("Weights", "emb out bias")

TWEETS = [
    ("i love this sunny day", 2), ("what a great game", 2), ("best pizza ever love it", 2),
    ("so happy with my new phone", 2), ("great day with friends", 2),
    ("this is awful and sad", 0), ("worst game ever", 0), ("i hate this rainy day", 0),
    ("my phone is broken so sad", 0), ("awful pizza hate it", 0),
    ("the train leaves at noon", 1), ("meeting with friends at the station", 1),
    ("the phone is on the table", 1), ("it is a day in june", 1), ("train to the game at noon", 1),
]
counts = Counter(w for text, _ in TWEETS for w in text.split())
VOCAB = {w: i for i, (w, _) in enumerate(sorted(counts.items()))}
BOW = np.zeros((len(TWEETS), len(VOCAB)))
for row, (text, _) in enumerate(TWEETS):
    words = text.split()
    for w in words:
        BOW[row, VOCAB[w]] += 1 / len(words)
LABELS = np.array([label for _, label in TWEETS])


class SentimentModel:
    def __init__(self, dim, seed):
        g = np.random.default_rng(seed)
        self.weights = Weights(g.normal(0, 0.5, (len(VOCAB), dim)), g.normal(0, 0.5, (dim, 3)), np.zeros(3))

    def __call__(self, bow):
        self.mean_emb = bow @ self.weights.emb
        s = self.mean_emb @ self.weights.out + self.weights.bias
        p = np.exp(s - s.max(-1, keepdims=True))
        return p / p.sum(-1, keepdims=True)

    def nll(self, bow, labels):
        return -np.log(self(bow)[np.arange(len(labels)), labels]).sum()

    def gradients(self, bow, labels):
        p = self(bow)
        err = p - np.eye(3)[labels]
        d_out = self.mean_emb.T @ err
        d_emb = bow.T @ (err @ self.weights.out.T)
        return Weights(d_emb, d_out, err.sum(0))

    def train(self, bow, labels, rate=0.5, max_epochs=150, target=0.05):
        epoch = 0
        while (loss := self.nll(bow, labels)) > target and epoch < max_epochs:
            for w, g in zip(self.weights, self.gradients(bow, labels)):
                w -= rate * g
            epoch += 1
            if epoch % 50 == 1:
                print(f"{epoch:4d} {loss:8.4f}")
        return epoch, loss


model = SentimentModel(6, 5)
print(model.train(BOW, LABELS))
print("guess:", model(BOW[:3]).argmax(1))

FAULTS = """
wrong-variable | d_emb = bow.T @ (err @ self.weights.out.T) | d_emb = bow.T @ (p @ self.weights.out.T)
missing-term | err = p - np.eye(3)[labels] | err = p
wrong-sign | d_out = self.mean_emb.T @ err | d_out = -self.mean_emb.T @ err
mean-for-sum | return Weights(d_emb, d_out, err.sum(0)) | return Weights(d_emb, d_out, err.mean(0))
missing-factor | d_emb = bow.T @ (err @ self.weights.out.T) | d_emb = (bow > 0).T @ (err @ self.weights.out.T)
"""
