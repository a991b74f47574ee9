"""The public face: names, what an import costs, who imports whom, and that the doctests run."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, is_dataclass
from pathlib import Path

import pytest

import gradcheck

ROOT = Path(gradcheck.__file__).parent
MODULES = ["gradcheck", *(m.name for m in pkgutil.walk_packages([str(ROOT)], "gradcheck."))]
RIM = ("gradcheck.pytest_plugin", "gradcheck.strategies")  # pytest and hypothesis load these

# A file imports only from files above it in the layout.
LAYERS = [
    "tree", "state", "report", "objective", "influence", "match", "gradients", "numerical",
    "verdict", "locate", "complex_step", "preflight", "evidence", "point", "descent", "context",
    "origin", "diagnose", "blame", "check", "layer", "sizes", "boundary", "smallest",
    "expression", "quiet", "wanted", "script", "project",
]  # fmt: skip


def test_all():
    assert sorted(gradcheck.__all__) == list(gradcheck.__all__)
    public = {
        name
        for name in dir(gradcheck)
        if not name.startswith("_") and not inspect.ismodule(getattr(gradcheck, name))
    }
    assert public - {"TYPE_CHECKING", "Any", "import_module"} == set(gradcheck.__all__)
    assert {"check_gradients", "assert_gradients", "Report", "GradientMismatch"} <= public


@pytest.mark.parametrize("name", gradcheck.__all__)
def test_every_public_name_says_what_it_is(name):
    assert inspect.getdoc(getattr(gradcheck, name))


def test_what_a_call_takes():
    parameters = inspect.signature(gradcheck.check_gradients).parameters
    assert list(parameters)[:3] == ["loss", "params", "grads"]
    for option in ("select", "seed", "entries", "overall", "max_evaluations", "progress"):
        assert parameters[option].kind is inspect.Parameter.KEYWORD_ONLY
        assert f"{option}" in gradcheck.check_gradients.__doc__


def test_an_import_brings_nothing_but_numpy():
    code = "import sys; from gradcheck import check_gradients; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in ended.stdout.split()}
    heavy = {"rich", "pytest", "hypothesis", "typer", "click", "matplotlib", "scipy", "torch"}
    assert not loaded & (heavy | {"nets", "cli", "gradcheck_command"})
    assert {"gradcheck", "numpy"} <= loaded


def test_numpy_is_imported_with_the_first_name():
    """pytest loads the plugin, and with it the package, wherever gradcheck is installed."""
    code = (
        "import sys, gradcheck.pytest_plugin; print('numpy' in sys.modules); "
        "gradcheck.check_gradients; print('numpy' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.split() == ["False", "True"]


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'gradcheck' has no attribute 'chek'"):
        gradcheck.chek  # noqa: B018


def test_the_first_name_brings_only_what_every_check_needs():
    """It stays quick: benchmarks/startup.py measures how quick."""
    code = (
        "import sys, numpy; before = set(sys.modules);"
        "from gradcheck import check_gradients;"
        "print(*(set(sys.modules) - before))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT.parent, capture_output=True, text=True, check=True
    )
    loaded = set(ended.stdout.split())
    late = {"blame", "chain", "context", "decode", "diagnose", "kinds", "lines", "origin", "render"}
    late |= {"contents", "expression", "project", "quiet", "script", "wanted"}
    assert not loaded & {f"gradcheck.{name}" for name in late}
    assert not loaded & {"json", "numpy.random", "numpy.ma", "asyncio", "unittest", "subprocess"}
    assert "gradcheck.check" in loaded


def test_a_check_brings_nothing_but_numpy():
    """Rendering may need rich; the check itself, its verdict and its JSON do not."""
    code = (
        "import sys, numpy as np, gradcheck; w = np.ones(3);"
        "r = gradcheck.check_gradients(lambda: float(w @ w), w, w);"
        "r.to_json(); assert not r; print(*sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in ended.stdout.split()}
    assert not loaded & {"rich", "pytest", "hypothesis", "typer", "matplotlib"}


def imports(file: Path) -> set[str]:
    """Absolute names of all modules that a file imports, wherever in it."""
    found = set()
    package = ".".join(file.relative_to(ROOT.parent).with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            base = ".".join(filter(None, (above, node.module)))
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.py")), ids=lambda f: f.name)
def test_the_library_never_imports_the_nets_or_the_command(file):
    names = {name.partition(".")[0] for name in imports(file)}
    assert not names & {"nets", "cli", "gradcheck_command", "tests"}


def test_the_nets_never_import_the_library():
    for file in (ROOT.parent / "nets").glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        }  # fmt: skip
        assert not any(name.partition(".")[0] in ("gradcheck", "cli") for name in names), file


@pytest.mark.parametrize("name", LAYERS)
def test_files_import_from_files_above_them_only(name):
    file = ROOT / f"{name}.py"
    if not file.exists():
        file = ROOT / name / "__init__.py"
    if not file.exists():
        pytest.skip("not there yet")
    for other in LAYERS[LAYERS.index(name) :]:
        assert f"gradcheck.{other}" not in imports(file), other
    if name not in ("report", "smallest"):  # which draw themselves
        assert not any(n.startswith("gradcheck.render") for n in imports(file))


@pytest.mark.parametrize("name", [name for name in MODULES if name not in RIM])
def test_doctests(name):
    module = importlib.import_module(name)
    assert module.__doc__, "a file says what it is"
    assert doctest.testmod(module).failed == 0


def test_the_front_door_has_an_example():
    assert ">>> " in gradcheck.check_gradients.__doc__


@pytest.mark.parametrize(
    "cls", [gradcheck.Report, gradcheck.Block, gradcheck.Entry, gradcheck.Finding]
)
def test_facts_are_frozen(cls):
    assert is_dataclass(cls)
    instance = object.__new__(cls)
    with pytest.raises((FrozenInstanceError, TypeError)):  # slots and frozen: TypeError in 3.11
        setattr(instance, fields(cls)[0].name, 1)


def test_nothing_is_printed(capsys):
    import numpy as np

    w = np.ones(3)
    gradcheck.check_gradients(lambda: float(w @ w), w, w)
    assert capsys.readouterr() == ("", "")
