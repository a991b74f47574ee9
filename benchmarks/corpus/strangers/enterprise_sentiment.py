"""Bag-of-words sentiment scoring with strictly separated responsibilities."""
from abc import ABC, abstractmethod

import numpy as np


class Parameter:
    def __init__(self, initial: np.ndarray):
        self.value = initial
        self.gradient = np.zeros_like(initial)

    def reset_gradient(self):
        self.gradient = np.zeros_like(self.value)


class AbstractLayer(ABC):
    @abstractmethod
    def propagate(self, signal): ...

    @abstractmethod
    def backpropagate(self, sensitivity): ...

    def get_parameters(self):
        return []


class EmbeddingLookupLayer(AbstractLayer):
    def __init__(self, vocabulary_size, dimension, generator):
        self.__table = Parameter(generator.normal(size=(vocabulary_size, dimension)))

    def get_parameters(self):
        return [self.__table]

    def propagate(self, token_ids):
        self.__token_ids = token_ids
        return self.__table.value[token_ids].mean(axis=1)

    def backpropagate(self, sensitivity):
        length = self.__token_ids.shape[1]
        for position in range(length):
            np.add.at(self.__table.gradient, self.__token_ids[:, position], sensitivity / length)


class FullyConnectedLayer(AbstractLayer):
    def __init__(self, number_of_inputs, number_of_outputs, generator):
        self.__kernel = Parameter(generator.normal(size=(number_of_inputs, number_of_outputs)))
        self.__offset = Parameter(generator.normal(size=number_of_outputs))

    def get_parameters(self):
        return [self.__kernel, self.__offset]

    def propagate(self, signal):
        self.__remembered_signal = signal
        return signal @ self.__kernel.value + self.__offset.value

    def backpropagate(self, sensitivity):
        self.__kernel.gradient += self.__remembered_signal.T @ sensitivity
        self.__offset.gradient += np.sum(sensitivity, axis=0)
        return sensitivity @ self.__kernel.value.T


class SwishLayer(AbstractLayer):
    def propagate(self, signal):
        self.__signal = signal
        self.__gate = 1.0 / (1.0 + np.exp(-signal))
        return signal * self.__gate

    def backpropagate(self, sensitivity):
        slope = self.__gate + self.__signal * self.__gate * (1.0 - self.__gate)
        return sensitivity * slope


class LogisticLoss:
    def evaluate(self, margin, label):
        self.__margin, self.__label = margin, label
        return np.mean(np.log1p(np.exp(-label * margin)))

    def differentiate(self):
        probability_of_error = 1.0 / (1.0 + np.exp(self.__label * self.__margin))
        return -self.__label * probability_of_error / self.__label.size


class SentimentModel:
    def __init__(self, generator):
        self.layers = [
            EmbeddingLookupLayer(7, 4, generator),
            FullyConnectedLayer(4, 4, generator),
            SwishLayer(),
            FullyConnectedLayer(4, 1, generator),
        ]
        self.criterion = LogisticLoss()

    def compute_loss(self, tokens, labels):
        signal = tokens
        for layer in self.layers:
            signal = layer.propagate(signal)
        return self.criterion.evaluate(signal, labels)

    def compute_gradients(self, tokens, labels):
        for parameter in self.all_parameters():
            parameter.reset_gradient()
        self.compute_loss(tokens, labels)
        sensitivity = self.criterion.differentiate()
        for layer in reversed(self.layers):
            sensitivity = layer.backpropagate(sensitivity)
        return [parameter.gradient for parameter in self.all_parameters()]

    def all_parameters(self):
        return [p for layer in self.layers for p in layer.get_parameters()]


# ---- problem
def problem():
    generator = np.random.default_rng(99)
    model = SentimentModel(generator)
    tokens = generator.integers(0, 7, size=(6, 5))
    labels = np.array([[1.], [-1.], [1.], [1.], [-1.], [-1.]])
    return dict(
        loss=lambda: model.compute_loss(tokens, labels),
        params=[p.value for p in model.all_parameters()],
        grads=lambda: model.compute_gradients(tokens, labels),
    )


FAULTS = """
scatter | np.add.at(self.__table.gradient, self.__token_ids[:, position], sensitivity / length) | self.__table.gradient[self.__token_ids[:, position]] += sensitivity / length
accumulation | parameter.reset_gradient() | pass
wrong-activation-derivative | slope = self.__gate + self.__signal * self.__gate * (1.0 - self.__gate) | slope = self.__gate * (1.0 - self.__gate)
sign | return -self.__label * probability_of_error / self.__label.size | return self.__label * probability_of_error / self.__label.size
missing-activation-derivative | return sensitivity * slope | return sensitivity
transpose | return sensitivity @ self.__kernel.value.T | return sensitivity @ self.__kernel.value.reshape(sensitivity.shape[1], -1)
scale | np.add.at(self.__table.gradient, self.__token_ids[:, position], sensitivity / length) | np.add.at(self.__table.gradient, self.__token_ids[:, position], sensitivity)
loss-gradient | probability_of_error = 1.0 / (1.0 + np.exp(self.__label * self.__margin)) | probability_of_error = 1.0 / (1.0 + np.exp(self.__margin))
bias-reduction | self.__offset.gradient += np.sum(sensitivity, axis=0) | self.__offset.gradient += np.sum(sensitivity)
"""
