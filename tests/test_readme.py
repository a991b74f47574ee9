"""The README does what it says: its Python blocks run, and print what stands below them."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from gradcheck import GradientMismatch

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def without_times(text: str) -> str:
    return re.sub(r"\d+(\.\d+)? m?s\b", "TIME", text)


def test_python_blocks_print_what_the_readme_shows():
    namespace: dict[str, object] = {"__name__": "readme"}
    printed, compared = None, 0
    for language, block in BLOCKS.findall(README.read_text(encoding="utf-8")):
        if language == "python":
            stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
            with contextlib.redirect_stdout(stream):
                exec(compile(block, str(README), "exec"), namespace)
                stream.flush()
            printed = stream.buffer.getvalue().decode("utf-8")
        elif language == "text":
            assert printed is not None
            assert without_times(printed.rstrip()) == without_times(block.rstrip())
            printed, compared = None, compared + 1
    assert compared >= 3
    with pytest.raises(GradientMismatch, match="W1"):
        namespace["test_backward"]()  # the test of the README sees the bug of the README


def test_the_commands_of_the_readme_are_those_that_ci_runs():
    text = README.read_text(encoding="utf-8")
    run = (README.parent / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip install . && gradcheck xor" in text
    assert "pip install -e '.[test]' && python -m pytest" in text
    assert "pip install --quiet -e '.[test]'" in run
    assert "python -m pytest" in run


def test_the_map_names_files_that_exist():
    section = README.read_text(encoding="utf-8").split("## The files")[1].split("## Sources")[0]
    package = README.parent / "gradcheck"
    named = set(re.findall(r"`(\w+)(?:\.py|/)?`", section))
    missing = [
        file.stem
        for file in package.glob("*.py")
        if file.stem not in named and file.stem != "__init__"
    ]
    assert not missing


def test_the_number_of_faults_is_that_of_the_catalogue():
    from nets.faults import CATALOGUE

    assert f"lists all {len(CATALOGUE)}" in README.read_text(encoding="utf-8")
