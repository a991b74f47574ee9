"""What the gradients are compared with: central differences, and none across a kink."""

import numpy as np
import pytest

from gradcheck.blame.replay import STEP, Replay
from gradcheck.state import Snapshot
from gradcheck.tree import Parameter, Slot


def measured(loss, w):
    """Entries that were measured, with their slopes."""
    p = {"w": np.array(w, dtype=float)}

    def value():
        return loss(p["w"])

    block = Parameter("w", Slot(p, "w"), p["w"], p["w"])
    replay = Replay(value, lambda: [np.zeros(len(w))], [block], Snapshot({"p": p, "loss": value}))
    with replay.session():
        replay.find()
        truth = replay.measure([p["w"].copy()], 100, np.random.default_rng(0))
    return dict(zip(truth.known.tolist(), truth.values, strict=True))


@pytest.mark.parametrize("at", [0.0, 0.02, 0.2, 0.5, 0.9, -0.4])
@pytest.mark.parametrize("size", [1.0, 1e-3])
def test_an_entry_with_a_kink_within_the_step_is_left_out(at, size):
    kinked = measured(lambda w: w[1] ** 2 + size * abs(w[0] - at * STEP) + 3 * w[0], [0.0, 2.0])
    assert kinked == {1: pytest.approx(4, rel=1e-9)}


@pytest.mark.parametrize("bend", [1.0, 100.0])
def test_an_entry_where_the_loss_bends_is_kept(bend):
    smooth = measured(lambda w: bend * w[0] ** 2 + np.sin(w[1]) + w[0], [0.0, 2.0])
    assert smooth == {
        0: pytest.approx(1, rel=1e-8),
        1: pytest.approx(np.cos(2.0), rel=1e-8),
    }
