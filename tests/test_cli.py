"""cli.py: exit codes, what is printed where, refusals in words, nothing lost on Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from rich.cells import cell_len

import cli
from gradcheck import users
from nets import CATALOGUE, MLP, question_params
from nets.xor import T, X

ROOT = Path(__file__).parent.parent
FULL = Path("/dev/full")
XOR = "xor", "--no-train"


def unwrapped(err):
    """A refusal as one line, once it is seen to be wrapped at 80 columns."""
    said = re.match(r"(gradcheck: .*(\n {11}\S.*)*)?", err)[0]
    for line in said.splitlines():
        assert len(line) <= 80 or " " not in line.removeprefix("gradcheck:").strip(), line
    return re.sub(r"\n {11}", " ", said) + err[len(said) :]


@pytest.fixture
def run(capsys, monkeypatch):
    """The command in this process: (exit status, stdout, stderr)."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["gradcheck", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, unwrapped(said.err)

    return call


def process(*words, **environment):
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *words],
        capture_output=True,
        env=os.environ | environment,
        check=False,
        timeout=60,
    )


def fits(text):
    for line in text.splitlines():
        assert cell_len(line) <= 80, line
        assert line == line.rstrip(), line


def wrong_names(report):
    blocks = report.get("blocks", ())
    return {block["name"] for block in blocks if block["verdict"] == "disagrees"}


# gradcheck xor


def test_xor_names_every_gradient_and_agrees(run):
    status, out, err = run("xor", "--no-train")
    assert status == 0
    assert err == ""
    fits(out)
    lines = out.splitlines()
    assert lines[0] == "net      2-2-2-2-1 sigmoid, mse; XOR, 4 samples, seed 0"
    assert lines[2].startswith("✓ agrees  8 parameters, 21 values")
    rows = [line.split()[0] for line in lines if line.endswith("✓ agrees")]
    assert rows == [f"layer{k}.{name}" for k in (4, 3, 2, 1) for name in "Wb"]
    assert "gradcheck xor --seed 0" in out


def test_xor_trains_and_says_what_was_learned(run):
    status, out, err = run("xor")
    assert status == 0
    assert err == ""
    fits(out)
    assert "training 20,000 epochs, learning rate 0.2" in out
    assert "XOR is learned" in out
    assert [line.split()[1] for line in out.splitlines() if line.startswith("  epoch")] == [
        "200",
        "2,000",
        "10,000",
        "20,000",
    ]
    assert out.count("✓ agrees") == 1 + 8 + 4
    assert "\x1b" not in out


def test_fault_is_reported_and_both_trainings_told(run):
    status, out, _ = run("xor", "--fault", "sign@2", "--epochs", "200")
    assert status == 1
    fits(out)
    assert "planted  sign@2: The cotangent enters the layer with a flipped sign." in out
    assert "✗ disagrees  4 of 8 parameters" in out
    assert "training 200 epochs, learning rate 0.2, twice from the same start" in out
    assert "right gradient: XOR is not learned" in out
    assert "  sign@2: XOR is not learned" in out


def test_the_question_is_answered(run):
    status, out, _ = run("xor", "--fault", "question", "--no-train")
    assert status == 1
    assert "✗ disagrees  8 of 8 parameters" in out


def test_the_question_is_answered_where_all_of_it_is_installed(run, monkeypatch):
    """What lies in site-packages is not looked into, but for the command's own net and data."""
    monkeypatch.setattr(users, "EXAMINED", set())
    foreign = (*users._foreign(), f"{ROOT}{os.sep}")
    monkeypatch.setattr(users, "_foreign", lambda: foreign)
    _, out, _ = run("xor", "--fault", "question", "--no-train")
    assert "8 of 8 parameters, 4 mistakes" in out


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_fault_is_found_in_the_parameters_it_damages(run, name):
    status, out, err = run("xor", "--fault", name, "--epochs", "100", "--format", "json")
    assert (status, err) == (1, "")
    told = json.loads(out)
    net = eval(told["net"], {"MLP": MLP})  # our own repr
    fault = CATALOGUE[name]
    if fault.effect == "values":  # where the right gradient of this very start differs
        gradients = fault.plant(net, batch=4)
        params = question_params(net)
        targets = T if net.sizes[-1] == 1 else np.hstack([1 - T, T])
        wrong, right = gradients(params, X, targets), net.gradients(params, X, targets)
        damaged = {
            f"{layer}.{key}"
            for layer, block in right.items()
            for key in block
            if not np.allclose(wrong[layer][key], block[key], rtol=1e-6, atol=0)
        }
        if name == "regulariser-bias":  # hidden by zero biases; the check looks at a second point
            damaged = {"layer3.b"}
        assert wrong_names(told) == damaged
    else:
        assert wrong_names(told) or "expected an analytic gradient of shape" in told["refused"]


@pytest.mark.parametrize(
    "words",
    [
        ("--hidden", "8", "--activation", "tanh"),
        ("--hidden", "3x2", "--loss", "bce"),
        ("--hidden", "4,3", "--loss", "bce_logits", "--activation", "gelu"),
        ("--loss", "softmax", "--l2", "0.01", "--batch", "7", "--seed", "3"),
    ],
)
def test_other_nets(run, words):
    status, out, _ = run("xor", "--epochs", "100", *words)
    assert status == 0
    fits(out)


def test_json(run):
    status, out, err = run("xor", "--epochs", "100", "--format", "json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert told["verdict"] == "agrees"
    assert told["command"] == "gradcheck xor --seed 0"
    assert {block["name"] for block in told["blocks"]} >= {"layer1.W", "layer4.b"}
    (training,) = told["training"]
    assert [check["verdict"] for check in training["checks"]] == ["agrees"] * 4
    assert training["learned"] is False


@pytest.mark.parametrize("form", ["xor", "run"])
def test_the_json_of_a_command_is_that_of_its_reports_and_what_the_page_names(run, tmp_path, form):
    file = tmp_path / "net.py"
    file.write_text("import numpy as np\nw = np.ones(2)\n", encoding="utf-8")
    words = (str(file), "--loss", "w @ w", "--params", "w", "--grads", "2 * w")
    words = ("--no-train", "--fault", "sign") if form == "xor" else words
    told = json.loads(run(form, *words, "--format", "json")[1])
    page = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
    schema = json.loads((ROOT / "gradcheck" / "report.schema.json").read_text(encoding="utf-8"))
    for report in told.get("checks", [told]):
        known = {key: report[key] for key in report.keys() & schema["properties"].keys()}
        jsonschema.validate(known, schema)
        assert all(f"`{key}`" in page for key in report.keys() - known.keys())


def test_output_file(run, tmp_path):
    status, out, _ = run("xor", "--no-train", "--output", str(tmp_path / "report.txt"))
    assert (status, out) == (0, "")
    written = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert "✓ agrees  8 parameters" in written
    fits(written)


def test_verbose_draws_maps_and_slopes_and_counts_them(run):
    words = "xor", "--fault", "sign@2", "--no-train"
    status, out, err = run(*words, "--verbose")
    assert (status, err) == (1, "")
    fits(out)
    assert "layer2.W (2, 2), analytic - numerical: █ up to" in out
    assert out.count("planned, used") == 4
    _, plain, _ = run(*words)
    assert "analytic - numerical" not in plain
    counts = [int(re.search(r"cost   ([\d,]+) loss", text)[1]) for text in (out, plain)]
    assert counts[0] > counts[1]
    facts = json.loads(run(*words, "-v", "--format", "json")[1])
    assert len(facts["blocks"][2]["ladder"]) >= 9


def test_plot(run, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "loss.svg"
    status, out, _ = run("xor", "--fault", "question", "--epochs", "100", "--plot", str(picture))
    assert status == 1
    assert "drawn" in out
    assert "<svg" in picture.read_text(encoding="utf-8")


def test_plot_without_matplotlib(run, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    status, _, err = run("xor", "--plot", str(tmp_path / "loss.png"))
    assert status == 2
    assert err == (
        "gradcheck: --plot: expected matplotlib, got no such module. "
        "Install it: pip install 'gradcheck[plot]'\n"
    )


# fmt: off
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--fault", "sing"), "--fault: expected a name in the catalogue, got 'sing'. Did you"),
        (("--fault", "foo"), "--fault: expected a name in the catalogue, got 'foo'. See `grad"),
        (("--fault", "sign@9"), "--fault: expected a layer of the net, which has 1 to 4, got 9."),
        (("--fault", "sign@x"), "--fault: expected the number of a layer after @, got 'x'."),
        (("--activation", "sigmod"), "--activation: expected a known name, got 'sigmod'. Did you"),
        (("--loss", "mes"), "--loss: expected a known name, got 'mes'. Did you mean 'mse'?"),
        (("--hidden", "2,x"), "--hidden: expected units like 8 or 2,2,2 or 3x2, got '2,x'."),
        (("--hidden", "0"), "--hidden: expected units like 8 or 2,2,2 or 3x2, got '0'."),
        (("--epochs", "5", "--no-train"), "--epochs: expected a training, got --no-train. Leave"),
        (("--lr", "5", "--no-train"), "--lr: expected a training, got --no-train. Leave"),
        (("--lr", "fast"), "--lr: expected a number, 0 to 10,000,000, got 'fast'. Start with 0.2."),
        (("--lr", "nan"), "--lr: expected a number, 0 to 10,000,000, got 'nan'."),
        (("--epochs", "1.5"), "--epochs: expected a whole number, 0 to 10,000,000, got '1.5'."),
        (("--batch", "0"), "--batch: expected a whole number, 1 to 10,000,000, got '0'."),
        (("--seed", "-1"), "--seed: expected a whole number, 0 to 10,000,000, got '-1'."),
        (("--loss", "sofmax"), "--loss: expected a known name, got 'sofmax'. Did you mean 'soft"),
        (("--format", "xml"), "--format: expected one of text, json, html, github, sarif, got"),
        (("--format", "jsn"),
         "--format: expected one of text, json, html, github, sarif, got 'jsn'. Did you mean"),
        (("--output", "net.py"), "--output: expected a file name ending in .txt, .log, .md, got"),
        (("--output", "net.html"),
         "--output: expected a file name ending in .txt, .log, .md, got 'net.html'. Add --format"),
        (("--output", "no/such.txt"), "--output: expected a folder that exists, got 'no'."),
        (("--plot", "loss.py"), "--plot: expected a file name ending in .png, .svg, .pdf, .jpg"),
        (("--plot", "loss.png", "--no-train"), "--plot: expected a training to draw"),
    ],
)  # fmt: skip
def test_misuse_is_refused_in_words(run, words, told):
    status, out, err = run("xor", *words)
    assert status == 2
    assert out == ""
    assert err.startswith(f"gradcheck: {told}")
    assert err.count("\n") == 1


def test_unknown_option_names_the_nearest(run):
    status, _, err = run("xor", "--epoch", "3")
    assert status == 2
    assert "--epochs" in err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("xorr", "'xor'"), ("runn", "'run'"), ("fault", "'faults'"), ("my_net.py", "run my_net.py")],
)
def test_unknown_command_names_the_nearest(run, typed, meant):
    status, out, err = run(typed)
    assert (status, out) == (2, "")
    assert f"No such command '{typed}'. Did you mean " in err
    assert meant in err


# fmt: off
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("x",), {"xor"}),
        (("xor", "--ac"), {"--activation"}),
        (("xor", "--fault", "sign"), {"sign", "sign-weight", "sign-bias"}),
        (("xor", "--activation", "ta"), {"tanh"}),
        (("xor", "--loss", "bce"), {"bce", "bce_logits"}),
        (("run", "net.py", "--format", "j"), {"json"}),
    ],
)  # fmt: skip
def test_the_shell_completes(words, offered):
    ended = process(
        _GRADCHECK_COMPLETE="complete_bash",
        COMP_WORDS=" ".join(("gradcheck", *words)),
        COMP_CWORD=str(len(words)),
    )
    assert ended.returncode == 0, ended.stderr
    assert set(ended.stdout.decode().split()) == offered


def test_a_source_file_is_never_overwritten(run, tmp_path):
    source = tmp_path / "net.py"
    source.write_text("mine", encoding="utf-8")
    assert run("xor", "--no-train", "--output", str(source))[0] == 2
    assert source.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "form", "foreign"),
    [
        ("notes.md", "text", "# Notes\n\nAll agrees here.\n"),
        ("README.md", "text", (ROOT / "README.md").read_text(encoding="utf-8")),
        ("package.json", "json", '{\n  "name": "gradcheck",\n  "version": "1.0.0"\n}\n'),
        ("package.json", "sarif", '{\n  "name": "gradcheck",\n  "version": "1.0.0"\n}\n'),
        ("index.html", "html", "<!doctype html>\n<body>gradcheck</body>\n"),
        ("run.log", "github", "12:00 started\n"),
        ("run.log", "text", "\xff\xfe"),
    ],
)
def test_only_reports_are_overwritten(run, tmp_path, name, form, foreign):
    file = tmp_path / name
    words = "xor", "--no-train", "--format", form, "--output", str(file)
    file.write_text(foreign, encoding="latin-1" if "\xff" in foreign else "utf-8")
    before = file.read_bytes()
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert "which holds something else. Choose another name." in " ".join(err.split())
    assert file.read_bytes() == before
    file.write_text("", encoding="utf-8")
    for again in ((), ("--fault", "sign")):
        assert run(*words, *again)[0] == len(again) // 2
        assert file.stat().st_size > 0
    assert "disagrees" in file.read_text(encoding="utf-8")


# The other commands


def test_faults_lists_the_catalogue(run):
    status, out, _ = run("faults")
    assert status == 0
    fits(out)
    names = {line.split()[0] for line in out.splitlines() if line.startswith("  ")}
    assert set(CATALOGUE) <= names
    headings = [line for line in out.splitlines() if line[:1].strip()]
    assert len(headings) == len({*headings})


@pytest.mark.parametrize("words", [(), ("--help",), ("xor", "--help"), ("faults", "-h")])
def test_help_teaches(run, words):
    status, out, _ = run(*words)
    assert status == 0
    assert all(cell_len(line) <= 80 for line in out.splitlines())
    assert "gradcheck xor" in out
    assert ("130 Ctrl-C" in out) == ("faults" not in words)
    if "xor" in words:  # a command, two blanks, and what it does
        examples = re.findall(r"^  gradcheck xor.*", out, re.MULTILINE)
        assert all(re.search(r"\S  +\S", line.strip()) for line in examples)


def test_help_of_run_names_no_type_and_no_half_sentence(run):
    _, out, _ = run("run", "--help")
    assert "[FILE]..." in out
    assert "list[" not in out
    options = out.partition("\nOptions:")[2]
    assert not re.search(r"  (Of|To|\.\.\.) ", options)


def test_version(run):
    status, out, _ = run("--version")
    assert status == 0
    assert out.startswith("gradcheck")


# In a process of its own


def test_ascii_only_pipe():
    ended = process("xor", "--no-train", "--fault", "sign", PYTHONIOENCODING="ascii")
    assert ended.returncode == 1
    assert ended.stderr == b""
    assert ended.stdout.isascii()
    assert b"x disagrees" in ended.stdout
    assert b"\x1b" not in ended.stdout
    fits(ended.stdout.decode())


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
@pytest.mark.parametrize("words", [XOR, (*XOR, "--format", "json"), ("faults",)])
def test_a_reader_who_leaves_is_no_verdict(words):
    read, write = os.pipe()
    os.close(read)
    words = [sys.executable, str(ROOT / "cli.py"), *words]
    ended = subprocess.run(words, stdout=write, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.skipif(not FULL.exists(), reason="no full disk")
@pytest.mark.parametrize("words", [XOR, (*XOR, "--format", "json"), ("--help",)])
def test_a_full_disk_is_said_in_words(words):
    words = [sys.executable, str(ROOT / "cli.py"), *words]
    with FULL.open("wb") as full:
        ended = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert ended.returncode == 2
    said = unwrapped(ended.stderr.decode())
    assert said.startswith("gradcheck: standard output: expected room for what is printed, got")
    assert said.count("\n") == 1


def test_no_color_in_a_forced_terminal():
    coloured = process("xor", "--no-train", FORCE_COLOR="1").stdout.decode()
    plain = process("xor", "--no-train", FORCE_COLOR="1", NO_COLOR="1").stdout.decode()
    assert "\x1b[32m" in coloured
    assert "\x1b[32m" not in plain


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_interrupt_says_one_line_and_keeps_the_report():
    child = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "xor", "--epochs", "9000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    for line in child.stdout:
        if line.startswith(b"training"):
            break
    time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert err.decode().startswith("interrupted")
    assert err.count(b"\n") == 1
