# word2vec skip-gram with full softmax, hand-rolled class (towardsdatascience article)
import numpy as np
from collections import defaultdict

settings = {'n': 5, 'window_size': 2, 'epochs': 10, 'lr': 0.05}

class word2vec():
    def __init__(self):
        self.n = settings['n']
        self.eta = settings['lr']
        self.epochs = settings['epochs']
        self.window = settings['window_size']

    def generate_training_data(self, corpus):
        word_counts = defaultdict(int)
        for row in corpus:
            for word in row:
                word_counts[word] += 1
        self.words_list = sorted(word_counts.keys())
        self.v_count = len(self.words_list)
        self.word_index = dict((w, i) for i, w in enumerate(self.words_list))
        training_data = []
        for sentence in corpus:
            for i, word in enumerate(sentence):
                w_context = [self.word2onehot(sentence[j]) for j in range(i - self.window, i + self.window + 1)
                             if j != i and 0 <= j < len(sentence)]
                training_data.append([self.word2onehot(word), w_context])
        return training_data

    def softmax(self, x):
        e_x = np.exp(x - np.max(x))
        return e_x / e_x.sum(axis=0)

    def word2onehot(self, word):
        v = [0] * self.v_count
        v[self.word_index[word]] = 1
        return v

    def forward_pass(self, x):
        h = np.dot(self.w1.T, x)
        u = np.dot(self.w2.T, h)
        return self.softmax(u), h, u

    def backprop(self, e, h, x):
        dl_dw2 = np.outer(h, e)
        dl_dw1 = np.outer(x, np.dot(self.w2, e.T))
        self.w1 = self.w1 - (self.eta * dl_dw1)
        self.w2 = self.w2 - (self.eta * dl_dw2)

    def train(self, training_data):
        np.random.seed(0)
        self.w1 = np.random.uniform(-0.8, 0.8, (self.v_count, self.n))
        self.w2 = np.random.uniform(-0.8, 0.8, (self.n, self.v_count))
        for i in range(self.epochs):
            self.loss = 0
            for w_t, w_c in training_data:
                y_pred, h, u = self.forward_pass(w_t)
                EI = np.sum([np.subtract(y_pred, word) for word in w_c], axis=0)
                self.backprop(EI, h, w_t)
                self.loss += -np.sum([u[word.index(1)] for word in w_c]) + len(w_c) * np.log(np.sum(np.exp(u)))
            print('Epoch:', i, "Loss:", self.loss)


text = "natural language processing and machine learning is fun and exciting"
corpus = [[word.lower() for word in text.split()]]
w2v = word2vec()
training_data = w2v.generate_training_data(corpus)
w2v.train(training_data)

FAULTS = """
uses-h-instead-of-going-through-w2...-x-and-e-product-with-only-first-column | dl_dw1 = np.outer(x, np.dot(self.w2, e.T)) | dl_dw1 = np.outer(x, np.dot(self.w2, e.T) * (1 - h ** 2))
update-of-w1-adds | self.w1 = self.w1 - (self.eta * dl_dw1) | self.w1 = self.w1 + (self.eta * dl_dw1)
mean-over-contexts-instead-of-sum | EI = np.sum([np.subtract(y_pred, word) for word in w_c], axis=0) | EI = np.sum([np.subtract(y_pred, word) for word in w_c[:1]], axis=0)
"""
