"""examples/: a net in each style that people write, right and with one fault, by call and command.

Precisely the wrong parameters disagree, and everything is as it was afterwards.
"""

import ast
import contextlib
import difflib
import inspect
import io
import itertools
import json
import runpy
import shlex
import types
from pathlib import Path

import numpy as np
import pytest

import cli
import gradcheck

EXAMPLES = Path(__file__).parent.parent / "examples"

WRONG = {
    "columns": {"b1", "b2", "b3"},
    "dict_functions": {"W2"},
    "flat_theta": {"params"},
    "layer_dicts": {"0.W", "0.b", "1.W", "1.b", "2.W", "2.b"},
    "layer_objects": {"0.biases", "2.biases", "4.biases"},
    "layers_that_update": {"0.weights", "0.bias"},
    "one_class": {"W1", "b1"},
    "sample_by_sample": {"0.0.weights", "0.1.weights", "0.2.weights"},
    "script_globals": {"w_hidden", "b_hidden"},
    "tape": {"w1.data", "b1.data", "w2.data"},
    "weight_lists": {
        "weights.0", "weights.1", "weights.2", "biases.0", "biases.1", "biases.2",
    },
}  # fmt: skip
FILES = [EXAMPLES / f"{name}.py" for name in WRONG]
FAULTY = [EXAMPLES / "faulty" / f"{name}.py" for name in WRONG]
ALSO_FOR_COMMAND = {"flat_theta": {"theta"}}  # where the command line names it


def test_every_file_is_examined():
    right = {file.stem for file in EXAMPLES.glob("*.py")} - {"question"}
    assert right == set(WRONG)
    assert {file.stem for file in (EXAMPLES / "faulty").glob("*.py")} == set(WRONG)


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_is_one_line_and_marked(name):
    right, wrong = (
        (EXAMPLES / folder / f"{name}.py").read_text(encoding="utf-8").splitlines()
        for folder in ("", "faulty")
    )
    changed = [line for line in difflib.ndiff(right, wrong) if line[0] in "+-"]
    assert sorted(line[0] for line in changed) == ["+", "-"]
    (added,) = (line for line in changed if line[0] == "+")
    assert "  # fault: " in added


@pytest.mark.parametrize("file", [*FILES, *FAULTY], ids=lambda f: f"{f.parent.name}-{f.stem}")
def test_call(file, monkeypatch):
    """The file run as a program: its one call tells right from wrong and leaves no trace."""
    reports, check = [], gradcheck.check_gradients

    def watched(*words, **options):
        everything = [inspect.currentframe().f_back.f_globals, words, options]
        before, state = picture(everything), global_random()
        reports.append(check(*words, **options))
        same(before, picture(everything))
        assert state == global_random()
        return reports[-1]

    monkeypatch.setattr(gradcheck, "check_gradients", watched)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), np.errstate(all="ignore"):  # a fault may overflow
        runpy.run_path(str(file), run_name="__main__")
    (report,) = reports
    expected = WRONG[file.stem] if file.parent.name == "faulty" else set()
    assert {block.name for block in report.wrong} == expected
    assert report.verdict == ("disagrees" if expected else "agrees")
    assert str(report.verdict) in said.getvalue()


@pytest.mark.parametrize("file", [*FILES, *FAULTY], ids=lambda f: f"{f.parent.name}-{f.stem}")
def test_command(file, monkeypatch, capsys):
    """The command line in its docstring, run as it stands."""
    monkeypatch.chdir(file.parent)
    monkeypatch.setattr("sys.argv", [*command(file), "--format", "json"])
    before = global_random()
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert said.err == ""
    (told,) = json.loads(said.out)["checks"]
    expected = set()
    if file.parent.name == "faulty":
        expected = ALSO_FOR_COMMAND.get(file.stem, WRONG[file.stem])
    wrong = {block["name"] for block in told["blocks"] if block["verdict"] == "disagrees"}
    assert wrong == expected
    assert told["verdict"] == ("disagrees" if expected else "agrees")
    assert (ended.value.code or 0) == (1 if expected else 0)
    assert global_random() == before


def test_decay_of_biases_is_found_where_it_is():
    """Of the flat vector precisely the entries of the first layer's biases are wrong."""
    names = runpy.run_path(str(EXAMPLES / "faulty" / "flat_theta.py"))
    objective, theta = names["objective"], names["theta"]
    report = gradcheck.check_gradients(
        lambda: objective(theta)[0], theta, lambda: objective(theta)[1], entries="all"
    )
    columns = names["n_in"] + 1
    assert report.blocks[0].wrong_entries == tuple((i * columns,) for i in range(names["n_hidden"]))


def command(file):
    """The words of the command line that a docstring shows."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")), clean=False)
    (_, line) = text.split("    gradcheck run", 1)
    words = shlex.split("gradcheck run" + line.replace("\\\n", " "))
    assert words[2] == file.name
    return words


# What everything looked like, written apart from the code under test.


def global_random():
    name, key, *rest = np.random.get_state()  # noqa: NPY002
    return name, key.tobytes(), rest


def picture(value, seen=None):
    """Contents and identity of all that can be reached, as plain tuples."""
    seen = {} if seen is None else seen
    if isinstance(value, (types.ModuleType, type, type(None), str, bytes, bool, int, float)):
        return value
    if id(value) in seen:
        return ("again", seen[id(value)])
    seen[id(value)] = len(seen)
    if isinstance(value, np.ndarray):
        return ("array", id(value), value.shape, str(value.dtype), value.tobytes())
    if isinstance(value, np.random.Generator):
        return ("generator", str(value.bit_generator.state))
    if isinstance(value, dict):
        skipped = ("__builtins__", "check_gradients")
        items = ((k, v) for k, v in value.items() if k not in skipped)
        return ("dict", id(value), tuple((k, picture(v, seen)) for k, v in items))
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, id(value), tuple(picture(v, seen) for v in value))
    if isinstance(value, types.FunctionType):
        cells = (cell.cell_contents for cell in value.__closure__ or ())
        return ("function", id(value), tuple(picture(c, seen) for c in cells))
    if hasattr(value, "__dict__"):
        return (type(value).__name__, id(value), picture(vars(value), seen))
    return ("other", id(value))


def same(one, other, path=""):
    """Assert equality, naming the first place that differs."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        for number, (a, b) in enumerate(itertools.zip_longest(one, other)):
            same(a, b, f"{path}/{one[0] if one else ''}{number}")
        return
    assert one is other or one == other, path
