"""Sentiment of short sentences: averaged word embeddings and a logistic output."""
import numpy as np

SENTENCES = [
    ("i love this film", 1), ("what a great great film", 1), ("i hate this", 0),
    ("what a boring film", 0), ("great acting and a lovely story", 1), ("a bad bad story", 0),
    ("i love the story", 1), ("the acting was bad", 0),
]
WORDS = sorted({w for s, _ in SENTENCES for w in s.split()})
INDEX = {w: i for i, w in enumerate(WORDS)}


class SentimentModel:
    def __init__(self, dim=4, rate=0.5):
        rng = np.random.RandomState(9)
        self.embeddings = rng.normal(0, 0.5, (len(WORDS), dim))
        self.out = rng.normal(0, 0.5, dim)
        self.bias = 0.0
        self.rate = rate

    def predict(self, ids):
        self.avg = self.embeddings[ids].mean(axis=0)
        return 1 / (1 + np.exp(-(self.avg @ self.out + self.bias)))

    def train_on(self, sentence, label):
        ids = [INDEX[w] for w in sentence.split()]
        prob = self.predict(ids)
        error = prob - label
        d_avg = error * self.out
        self.out = self.out - self.rate * error * self.avg
        self.bias = self.bias - self.rate * error
        for i in ids:
            self.embeddings[i] -= self.rate * d_avg / len(ids)
        return -np.log(prob if label else 1 - prob)


def main():
    model = SentimentModel()
    for epoch in range(30):
        losses = []
        for sentence, label in SENTENCES:
            losses.append(model.train_on(sentence, label))
        if epoch % 10 == 0:
            print(f"epoch {epoch}: mean loss {sum(losses) / len(losses):.3f}")
    for sentence, label in SENTENCES:
        print(sentence, label, round(float(model.predict([INDEX[w] for w in sentence.split()])), 2))


main()


FAULTS = """
scale | self.embeddings[i] -= self.rate * d_avg / len(ids) | self.embeddings[i] -= self.rate * d_avg
updated-weights-used | self.embeddings[i] -= self.rate * d_avg / len(ids) | self.embeddings[i] -= self.rate * error * self.out / len(ids)
scatter | for i in ids: | for i in set(ids):
loss-gradient | error = prob - label | error = (prob - label) * prob * (1 - prob)
"""
