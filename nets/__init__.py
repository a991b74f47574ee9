"""Reference nets in NumPy: layers, losses, a multi-layer perceptron, XOR, and planted faults."""

from .faults import CATALOGUE, KINDS, Fault, parse
from .layers import ACTIVATIONS, Activation
from .losses import LOSSES, Loss
from .mlp import MLP, SCHEMES, Backward, Gradients, Params
from .session import LOSS_NAMES, Session
from .training import Training
from .xor import question_net, question_params, train

__all__ = [
    "ACTIVATIONS",
    "CATALOGUE",
    "KINDS",
    "LOSSES",
    "LOSS_NAMES",
    "MLP",
    "SCHEMES",
    "Activation",
    "Backward",
    "Fault",
    "Gradients",
    "Loss",
    "Params",
    "Session",
    "Training",
    "parse",
    "question_net",
    "question_params",
    "train",
]
