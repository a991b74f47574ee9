"""Bike rentals: records are shown one by one, the deltas are collected, then one update."""
import numpy as np


class NeuralNetwork(object):
    def __init__(self, input_nodes, hidden_nodes, output_nodes, learning_rate):
        np.random.seed(21)
        self.weights_input_to_hidden = np.random.normal(0.0, 0.8, (input_nodes, hidden_nodes))
        self.bias_hidden = np.random.normal(0.0, 0.3, hidden_nodes)
        self.weights_hidden_to_output = np.random.normal(0.0, 0.8, (hidden_nodes, output_nodes))
        self.lr = learning_rate

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    def train(self, features, targets):
        n_records = features.shape[0]
        delta_weights_i_h = np.zeros(self.weights_input_to_hidden.shape)
        delta_bias_h = np.zeros(self.bias_hidden.shape)
        delta_weights_h_o = np.zeros(self.weights_hidden_to_output.shape)
        for X, y in zip(features, targets):
            hidden_outputs, final_outputs = self.forward_pass_train(X)
            # error of the output layer
            error = y - final_outputs
            output_error_term = error
            # the hidden layer's contribution to the error
            hidden_error = np.dot(self.weights_hidden_to_output, output_error_term)
            hidden_error_term = hidden_error * hidden_outputs * (1 - hidden_outputs)
            delta_weights_i_h += hidden_error_term * X[:, None]
            delta_bias_h += hidden_error_term
            delta_weights_h_o += output_error_term * hidden_outputs[:, None]
        self.weights_hidden_to_output += self.lr * delta_weights_h_o / n_records
        self.bias_hidden += self.lr * delta_bias_h / n_records
        self.weights_input_to_hidden += self.lr * delta_weights_i_h / n_records

    def forward_pass_train(self, X):
        hidden_inputs = np.dot(X, self.weights_input_to_hidden) + self.bias_hidden
        hidden_outputs = self.sigmoid(hidden_inputs)
        final_outputs = np.dot(hidden_outputs, self.weights_hidden_to_output)
        return hidden_outputs, final_outputs

    def half_mse(self, features, targets):
        _, out = self.forward_pass_train(features)
        return 0.5 * np.sum((targets - out) ** 2) / len(features)


# ---- problem
def problem():
    net = NeuralNetwork(3, 5, 2, 0.2)
    rng = np.random.RandomState(2011)
    X, y = rng.randn(7, 3), rng.randn(7, 2)
    params = [net.weights_input_to_hidden, net.bias_hidden, net.weights_hidden_to_output]
    return dict(loss=lambda: net.half_mse(X, y), params=params,
                step=lambda: net.train(X, y), lr=net.lr)


FAULTS = """
sign | error = y - final_outputs | error = final_outputs - y
missing-activation-derivative | hidden_error_term = hidden_error * hidden_outputs * (1 - hidden_outputs) | hidden_error_term = hidden_error
wrong-activation-derivative | * hidden_outputs * (1 - hidden_outputs) | * (1 - hidden_outputs ** 2)
loss-gradient | output_error_term = error | output_error_term = error * final_outputs * (1 - final_outputs)
accumulation | delta_weights_i_h += hidden_error_term * X[:, None] | delta_weights_i_h = hidden_error_term * X[:, None]
accumulation | delta_bias_h += hidden_error_term | delta_bias_h = hidden_error_term
scale | self.lr * delta_weights_i_h / n_records | self.lr * delta_weights_i_h
missing-gradient | self.bias_hidden += self.lr * delta_bias_h / n_records |
"""
