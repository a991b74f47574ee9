"""The line is found in whatever units the parameters are: metres or nanometres, farads."""

import numpy as np
import pytest
from blamed import examine, line_of, program

from gradcheck.blame.values import unit_of, units_of

FILM = """
    import numpy as np

    unit = UNIT
    waves = np.linspace(450.0, 650.0, 9) * unit
    p = {"d": np.array([90.0, 160.0]) * unit, "n": np.array([1.4, 2.1])}

    def phases():
        return 2 * np.pi * np.outer(1 / waves, p["n"] * p["d"])

    def loss():
        return np.mean((np.cos(phases()).sum(axis=1) - 0.3) ** 2)

    def grads():
        z = phases()
        error = 2 * (np.cos(z).sum(axis=1) - 0.3) / len(waves)
        dz = -error[:, None] * np.sin(z)
        path = 2 * np.pi * (1 / waves) @ dz
        return [path * p["n"], path * p["d"]]
"""

FILTER = """
    import numpy as np

    w = 2 * np.pi * np.logspace(2, 5, 12)
    p = {"R": np.array(5.1e3), "C": np.array(1.8e-9)}

    def gain():
        return 1 / (1 + (w * p["R"] * p["C"]) ** 2)

    def loss():
        return np.sum((gain() - 0.4) ** 2)

    def grads():
        g = gain()
        dx = np.sum(-2 * (g - 0.4) * g**2 * w * w)
        dR = 2 * dx * p["R"] * p["C"] ** 2
        dC = 2 * dx * p["C"] * p["R"] ** 2
        return [dR, dC]
"""


@pytest.mark.parametrize("unit", ["1.0", "1e-3", "1e-9"])
@pytest.mark.parametrize(
    ("right", "wrong"),
    [('[path * p["n"]', "[path"), ("-error[:, None] *", "error[:, None] *")],
)
def test_lengths_in_metres_are_as_good_as_in_nanometres(unit, right, wrong):
    module = program(FILM, ("UNIT", unit), (right, wrong))
    best = examine(module).findings[0]
    assert best.verified
    assert best.lines[0].line == line_of(module, wrong)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('dR = 2 * dx * p["R"] * p["C"] ** 2', 'dR = 2 * dx * p["R"] * p["C"]'),
        ('dC = 2 * dx * p["C"] * p["R"] ** 2', 'dC = 2 * dx * p["R"] ** 2'),
        ('dC = 2 * dx * p["C"] * p["R"] ** 2', 'dC = 2 * dx * p["C"] * p["R"]'),
    ],
)
def test_a_factor_that_is_a_tiny_parameter_is_told(right, wrong):
    module = program(FILTER, (right, wrong))
    best = examine(module).findings[0]
    assert best.verified
    assert best.lines[0].line == line_of(module, wrong)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_the_loss_tells_the_unit_of_tiny_values():
    assert units_of(np.matrix([[0.5, 2.0]])) == units_of(np.zeros(3)) == (1.0,)
    tiny = np.array([2e-9, 1e-9])
    assert unit_of(tiny, lambda h: np.sinc(h / 1e-9), 1e-5) == 2e-9
    assert unit_of(tiny, lambda h: 3.0 + h, 1e-5) == 1.0
