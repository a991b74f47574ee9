"""The README does what it says: its Python blocks run, and print what stands below them."""

import contextlib
import io
import linecache
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradcheck import GradientMismatch, check_gradients
from gradcheck.render.terminal import to_text
from nets import MLP

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def comparable(text: str) -> str:
    """Without what differs from machine to machine: times, last digits, and how many calls."""
    text = re.sub(r"\d+(\.\d+)? m?s\b", "TIME", text.rstrip())
    text = re.sub(r"[\d,]+ (replays|loss evaluations)", r"\1", text)
    return re.sub(r" *\de-\d+", " ERROR", text)


def run_blocks(page, folder):
    """Run the Python blocks of a page and compare what they print; their names, and how many."""
    namespace: dict[str, object] = {"__name__": "page"}
    printed, compared = None, 0
    for language, block in BLOCKS.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            file = folder / ("my_net.py" if compared == 0 else f"part_{compared}.py")
            file.write_text(block, encoding="utf-8")
            stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
            with contextlib.redirect_stdout(stream):
                exec(compile(block, str(file), "exec"), namespace)
                stream.flush()
            printed = stream.buffer.getvalue().decode("utf-8")
        elif language == "text":
            assert printed is not None
            assert comparable(printed) == comparable(block)
            printed, compared = None, compared + 1
    linecache.clearcache()
    return namespace, compared


@pytest.mark.blame
def test_python_blocks_print_what_the_readme_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace, compared = run_blocks(README, tmp_path)
    assert compared >= 3
    with pytest.raises(GradientMismatch, match="W1"):
        namespace["test_backward"]()  # the test of the README sees the bug of the README


@pytest.mark.blame
def test_how_to_read_a_report_shows_a_real_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = README.parent / "docs" / "reading.md"
    _, compared = run_blocks(page, tmp_path)
    assert compared == 2
    explained = page.read_text(encoding="utf-8").split("## The lines at the end")[1]
    last = (
        "why",
        "or",
        "how",
        "seen",
        "note",
        "cost",
        "again",
    )  # as labelled at the end of a report
    assert re.findall(r"^\| (\w+) \| ", explained, re.MULTILINE) == list(last)


def closely(text: str) -> list[str]:
    """Of a closer look what no machine changes: the map, the steps, the slopes to five digits."""
    rows = re.findall(r"^ *(\d+e-\d+ +[+-]\d\.\d{5})", text, re.MULTILINE)
    return [" ".join(row.split()) for row in rows] + re.findall(
        r"^  \d  [+-].*", text, re.MULTILINE
    )


def test_a_closer_look_is_at_the_net_of_the_page():
    page = (README.parent / "docs" / "reading.md").read_text(encoding="utf-8")
    first = next(block for language, block in BLOCKS.findall(page) if language == "python")
    namespace: dict[str, object] = {}
    exec(first.partition("print(")[0], namespace)
    loss, net, backward = (namespace[name] for name in ("loss", "net", "backward"))
    report = check_gradients(loss, net, backward, explain=False, details=True)
    only = replace(report, blocks=tuple(b for b in report.blocks if b.name == "W2"))
    shown = closely(page.partition("## A closer look")[2].partition("## In your own")[0])
    assert len(shown) > 10
    assert shown == closely(to_text(only, verbose=True))


def test_a_right_check_costs_what_the_readme_says():
    told = re.search(
        r"costs about (\d+) evaluations of the loss and (\d+) an array",
        " ".join(README.read_text(encoding="utf-8").split()),
    )
    least, each = map(int, told.groups())
    for layers in (1, 4, 10):
        net = MLP((3,) * (layers + 1), "tanh", "identity")
        params, rng = net.init(seed=1), np.random.default_rng(0)
        X, T = rng.normal(size=(2, 8, 3))
        report = check_gradients(
            lambda net=net, p=params, X=X, T=T: net.loss(p, X, T),
            params,
            lambda net=net, p=params, X=X, T=T: net.gradients(p, X, T),
        )
        assert report
        assert abs(report.evaluations / (least + each * len(report.blocks)) - 1) < 0.2


def test_the_commands_of_the_readme_are_those_that_ci_runs():
    text = README.read_text(encoding="utf-8")
    run = (README.parent / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip install . && gradcheck xor" in text
    assert "pip install -e '.[test]' && python -m pytest" in text
    assert "pip install --quiet -e '.[test]'" in run
    assert "python -m pytest" in run


def test_the_map_names_the_files_of_the_package():
    section = README.read_text(encoding="utf-8").split("## The files")[1].split("## Sources")[0]
    named = set(re.findall(r"`(\w+)(?:\.py|/)?`", section))
    package = README.parent / "gradcheck"
    files = {file.stem for file in package.glob("*.py")} - {"__init__"}
    folders = {file.parent.name for file in package.glob("*/__init__.py")}
    assert files | folders <= named


def test_the_number_of_faults_is_that_of_the_catalogue():
    from nets.faults import CATALOGUE

    assert f"lists all {len(CATALOGUE)}" in README.read_text(encoding="utf-8")
