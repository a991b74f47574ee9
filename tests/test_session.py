"""nets/session.py and nets/training.py: what is asked for in words, and what a training came to."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from nets import Session, Training
from nets.training import RIGHT, trainings
from nets.xor import T, X


def session(fault=None, batch=4, seed=0, **chosen):
    return Session.of(chosen, fault, batch, seed)


def test_nothing_chosen_is_the_question():
    asked = session()
    assert asked.title == "2-2-2-2-1 sigmoid, mse; XOR, 4 samples, seed 0"
    assert asked.fault == asked.sentence == ""
    assert np.array_equal(asked.inputs, X)
    assert np.array_equal(asked.targets, T)


def test_words_of_the_command():
    asked = session(hidden="2x3", activation="tanh", loss="softmax", l2=0.5, batch=1)
    assert asked.title == "2-3-3-2 tanh, softmax_cross_entropy, l2 0.5; XOR, 1 sample, seed 0"
    assert asked.net.output == "identity"
    assert asked.targets.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        ("sign@2", {}),
        ("transposed-weight", {}),
        ("reshaped-weight", {"sizes": (2, 3, 4, 1)}),
        ("regulariser-missing", {"l2": 0.01}),
        ("softmax-diagonal", {"objective": "softmax_cross_entropy"}),
    ],
)
def test_a_fault_gets_a_net_in_which_it_does_damage(fault, changed):
    asked = session(fault)
    assert asked.fault.partition("@")[0] == fault.partition("@")[0]
    for name, value in changed.items():
        assert getattr(asked.net, name) == value
    right = asked.net.gradients(asked.params, asked.inputs, asked.targets)
    wrong = asked.gradients(asked.params, asked.inputs, asked.targets)
    pairs = [(wrong[k][n], right[k][n]) for k in right for n in right[k]]
    assert not all(np.shape(w) == r.shape and np.allclose(w, r) for w, r in pairs)


def test_what_was_chosen_is_kept_whatever_the_fault():
    with pytest.raises(ValueError, match="regulariser-missing, expected"):
        session("regulariser-missing", l2=0.0)


def test_training_learns_xor_and_is_checked_on_its_way():
    asked = session()
    (training,) = trainings(asked, 0.2, 20_000)
    start = {layer: block["W"].copy() for layer, block in asked.params.items()}
    epochs = list(training.run(lambda params: SimpleNamespace(verdict="agrees")))
    assert epochs == [20_000 * percent // 100 for percent in range(1, 101)]
    assert [epoch for epoch, _ in training.reports] == [200, 2_000, 10_000, 20_000]
    assert len(training.losses) == 20_000
    assert training.learned
    assert training.said[0].startswith(f"{RIGHT}: XOR is learned, loss 0.")
    assert training.facts["learned"] is True
    assert all(np.array_equal(asked.params[layer]["W"], start[layer]) for layer in start)


def test_fewer_epochs_than_checks():
    training = Training(session(), "three", None, 0.2, 3)
    assert list(training.run(lambda params: SimpleNamespace(verdict="agrees"))) == [1, 2, 3]
    assert [epoch for epoch, _ in training.reports] == [1, 3]


def test_a_diverging_training_says_when():
    asked = session()

    def lost(params, X, T):
        return {
            k: {n: np.full_like(g, np.nan) for n, g in block.items()} for k, block in params.items()
        }

    training = Training(asked, "lost", lost, 0.2, 1_000)
    assert list(training.run()) == []
    assert not math.isfinite(training.losses[-1])
    assert "lost: the loss is not finite any more after 1 epochs" in training.said[0]
    assert training.facts["learned"] is None
    assert None in training.facts["losses"]


def test_a_gradient_that_does_not_fit_ends_the_training_in_words():
    asked = session("transposed-gradient-shape")
    *_, training = trainings(asked, 0.2, 100)
    assert list(training.run()) == []
    assert "the update fails, layer" in training.said[0]
    assert "A gradient has the shape of its parameter." in training.said[0]
