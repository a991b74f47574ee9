"""examples/recipes/: other libraries. Each recipe is right, and its one call sees it made wrong.

pip install -e '.[test,recipes]' && python -m pytest -m recipes
"""

import runpy
import shutil
from pathlib import Path

import pytest

RECIPES = Path(__file__).parent.parent / "examples" / "recipes"

# Name of the recipe, what it needs, a line of it, that line made wrong, the parameters then wrong.
ROWS = [
    ("autograd_primitive", "autograd", "cotangent / (1", "cotangent / (2", {"W1", "b1"}),
    ("c_ctypes", "cc", "dy * v[j] * (1 - a[j] * a[j])", "dy * v[j]", {"W"}),
    ("jax_custom_vjp", "jax", "cotangent[:, None] * softmax,", "softmax / 7,", {"W", "b"}),
    ("scipy_jac", "scipy", "+ decay * theta[:-1], error", "+ decay, error", {"params"}),
    ("sklearn_mlp", "sklearn", "/ (2 * len(X))", "/ len(X)",
     {"W.0", "W.1", "W.2", "b.0", "b.1", "b.2"}),
    ("torch_function", "torch", "(s + x * s * (1 - s))", "(s + s * (1 - s))",
     {"hidden.weight", "hidden.bias"}),
    ("torch_to_numpy", "torch", "1 + 3 * 0.044715", "1 + 0.044715", {"0.weight", "0.bias"}),
]  # fmt: skip


def test_every_recipe_is_examined():
    assert sorted(file.stem for file in RECIPES.glob("*.py")) == [name for name, *_ in ROWS]


@pytest.fixture
def run(tmp_path):
    """The report of a recipe, perhaps with a line changed."""

    def call(name, needs, old="", new=""):
        if needs != "cc":
            pytest.importorskip(needs)
        elif not any(map(shutil.which, ("cc", "gcc", "clang"))):
            pytest.skip("no C compiler here")
        source = (RECIPES / f"{name}.py").read_text(encoding="utf-8")
        assert source.count(old or source) == 1
        file = tmp_path / f"{name}.py"
        file.write_text(source.replace(old, new) if old else source, encoding="utf-8")
        return runpy.run_path(str(file))["report"]

    return call


@pytest.mark.recipes
@pytest.mark.parametrize(("name", "needs"), [row[:2] for row in ROWS])
def test_right(run, name, needs, capsys):
    report = run(name, needs)
    assert report, report
    assert not report.findings
    assert "✓ agrees" in capsys.readouterr().out


@pytest.mark.recipes
@pytest.mark.parametrize(("name", "needs", "old", "new", "wrong"), ROWS)
def test_wrong(run, name, needs, old, new, wrong):
    report = run(name, needs, old, new)
    assert {block.name for block in report.wrong} == wrong


@pytest.mark.recipes
def test_tensors_are_taken_and_left_as_they_are():
    """float32 or float64, read by name or from a module; by gradients or by a step of training."""
    torch = pytest.importorskip("torch")
    from gradcheck import check_gradients

    for dtype in (torch.float32, torch.float64):
        torch.manual_seed(0)
        params = {"W": torch.randn(3, 4, dtype=dtype), "b": torch.randn(4, dtype=dtype)}
        x = torch.randn(5, 3, dtype=dtype)
        held = dict(params)
        for tensor in params.values():
            tensor.requires_grad_()
        before = {name: p.detach().numpy().tobytes() for name, p in params.items()}

        def loss(params=params, x=x):
            return torch.tanh(x @ params["W"] + params["b"]).square().mean()

        def grads(params=params, factor=1.0):
            for tensor in params.values():
                tensor.grad = None
            loss(params).backward()
            return {name: factor * tensor.grad for name, tensor in params.items()}

        def train(params=params):
            optimizer = torch.optim.SGD(params.values(), lr=0.1)
            optimizer.zero_grad()
            loss(params).backward()
            optimizer.step()

        assert check_gradients(lambda: loss(), params, lambda: grads()).verdict != "disagrees"
        doubled = check_gradients(lambda: loss(), params, lambda: grads(factor=2.0))
        assert {block.name for block in doubled.wrong} == {"W", "b"}
        assert check_gradients(lambda: loss(), params, step=lambda: train(), lr=0.1).verdict != (
            "disagrees"
        )
        assert all(params[name] is held[name] and held[name].requires_grad for name in held)
        assert before == {name: p.detach().numpy().tobytes() for name, p in params.items()}


@pytest.mark.recipes
def test_a_module_of_torch_is_its_parameters():
    torch = pytest.importorskip("torch")
    from gradcheck import check_gradients

    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)
    ).double()
    x = torch.randn(5, 3).double()

    def grads(sign=1.0):
        net.zero_grad()
        net(x).square().mean().backward()
        return {name: tensor.grad * sign for name, tensor in net.named_parameters()}

    def loss():
        return net(x).square().mean()

    report = check_gradients(loss, net, grads)
    assert report, report
    names = [name for name, _ in net.named_parameters()]
    assert [block.name for block in report] == names
    assert {block.name for block in check_gradients(loss, net, lambda: grads(-1.0)).wrong} == set(
        names
    )
