"""What is installed: the right files under the right names, safe from a user's own modules."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SCRIPT = Path(sysconfig.get_path("scripts")) / "gradcheck"

USE = """
import numpy as np
import gradcheck
w = np.array([1.0, 2.0])
report = gradcheck.check_gradients(lambda: float(w @ w), {"w": w}, {"w": 2 * w})
assert report, report
"""


@pytest.fixture
def hostile(tmp_path):
    """A user's folder whose own modules have the names of ours."""
    folder = tmp_path / "user"
    (folder / "nets").mkdir(parents=True)
    for name in ("nets.py", "cli.py", "nets/__init__.py", "xor.py", "render.py", "report.py"):
        (folder / name).write_text("raise SystemExit('imported the module of the user')\n")
    return folder


def in_folder(folder, *words, path="."):
    return subprocess.run(
        words,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_package_is_listed():
    folders = {
        ".".join(file.parent.relative_to(ROOT).parts)
        for name in ("gradcheck", "nets")
        for file in (ROOT / name).rglob("*.py")
    }
    listed = set(PROJECT["tool"]["setuptools"]["packages"])
    ours = {
        f.replace("nets", "gradcheck_command.nets", 1) if f.startswith("nets") else f
        for f in folders
    }
    assert listed == ours | {"gradcheck_command"}


def test_runtime_needs_nothing_but_numpy_rich_and_typer():
    names = {need.partition(">")[0] for need in PROJECT["project"]["dependencies"]}
    assert names == {"numpy", "rich", "typer"}


def test_nothing_heavy_is_imported_with_the_package():
    code = (
        "import sys, gradcheck; "
        "print(sorted({'rich', 'typer', 'pytest', 'hypothesis', 'matplotlib', 'nets', 'cli'}"
        " & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"


def test_installed_command_survives_a_user_s_own_modules(hostile):
    assert SCRIPT.exists(), "install the project first: pip install -e '.[test]'"
    ended = in_folder(hostile, str(SCRIPT), "xor", "--no-train")
    assert ended.returncode == 0, ended.stderr
    assert "✓ agrees" in ended.stdout or "ok agrees" in ended.stdout


def test_check_gradients_survives_a_user_s_own_modules(hostile):
    ended = in_folder(hostile, sys.executable, "-c", USE, path=os.pathsep.join((".", str(ROOT))))
    assert ended.returncode == 0, ended.stderr


def test_version_is_that_of_the_project():
    assert metadata.version("gradcheck") == PROJECT["project"]["version"]


def test_wheel(hostile, tmp_path):
    """Built for real: it holds no top-level `nets` or `cli`, and its command runs from it."""
    pytest.importorskip("setuptools", minversion="77")
    source = tmp_path / "source"  # a copy: building leaves folders behind
    source.mkdir()
    for name in ("gradcheck", "nets"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "cli.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(tmp_path), str(source)],
        check=True,
        timeout=300,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    target = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(target)
    assert {name.split("/")[0] for name in names} == {
        "gradcheck",
        "gradcheck_command",
        f"gradcheck-{PROJECT['project']['version']}.dist-info",
    }
    modules = {
        file.relative_to(ROOT).as_posix()
        for name in ("gradcheck", "nets")
        for file in (ROOT / name).rglob("*.py")
    }
    expected = {f"gradcheck_command/{m}" if m.startswith("nets/") else m for m in modules}
    python = {name for name in names if name.endswith(".py")}
    assert python == expected | {"gradcheck_command/cli.py"}
    assert "gradcheck/py.typed" in names

    code = (
        "import sys; sys.argv[1:] = ['xor', '--no-train']; "
        "from gradcheck_command.cli import main; main()"
    )
    path = os.pathsep.join((".", str(target)))
    ended = in_folder(hostile, sys.executable, "-c", code, path=path)
    assert ended.returncode == 0, ended.stderr
    assert "agrees" in ended.stdout
