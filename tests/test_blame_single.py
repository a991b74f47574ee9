"""A program in float32 is searched as if it were in float64."""

import numpy as np
import pytest
from blamed import examine, line_of, program

from gradcheck import check_gradients

pytestmark = pytest.mark.blame

GATED = """
    import numpy as np
    real = np.float32
    class Net:
        dtype = real
        def __init__(self):
            r = np.random.default_rng(5)
            self.W = r.standard_normal((3, 4)).astype(real)
            self.U = (0.5 * r.standard_normal((4, 4))).astype(real)
            self.v = r.standard_normal(4).astype("float32")
            self.X = r.standard_normal((5, 3)).astype(real)
        def run(self):
            self.h = np.zeros((len(self.X), 4), self.dtype)
            self.a = np.tanh(self.X @ self.W)
            self.b = (1 / (1 + np.exp(-self.a @ self.U))).astype(self.a.dtype)
            self.h += self.a * self.b
            return self.h @ self.v
        def loss(self):
            return real(0.5) * np.mean(self.run() ** 2, dtype=real)
        def grads(self):
            y = self.run() / real(len(self.X))
            dh = np.outer(y, self.v)
            db = dh * self.a * self.b * (1 - self.b)
            da = dh * self.b + db @ self.U.T
            dz = da * (1 - self.a ** 2)
            return [self.X.T @ dz, self.a.T @ db, self.h.T @ y]
    net = Net()
    p = {"W": net.W, "U": net.U, "v": net.v}
    loss, grads = net.loss, net.grads
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("da = dh * self.b + db @ self.U.T", "da = dh * self.b"), ("db @ self.U.T", "db @ self.U")],
)
def test_a_float32_program_is_mended(right, wrong):
    module = program(GATED, (right, wrong))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "da = dh")
    assert found.verified
    assert "double precision" in found.evidence


def test_its_arrays_are_float32_afterwards():
    module = program(GATED, (" + db @ self.U.T", ""))
    before = [array.copy() for array in module.p.values()]
    report = check_gradients(module.loss, module.p, module.grads)
    assert report.findings[0].verified
    for array, held, name in zip(before, module.p.values(), module.p, strict=True):
        assert getattr(module.net, name) is held
        assert held.dtype == np.float32
        assert np.array_equal(array, held)
    assert module.loss().dtype == np.float32
