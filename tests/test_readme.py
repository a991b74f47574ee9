"""The README does what it says: its Python blocks run, and print what stands below them."""

import contextlib
import io
import linecache
import re
from pathlib import Path

import pytest

from gradcheck import GradientMismatch

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
