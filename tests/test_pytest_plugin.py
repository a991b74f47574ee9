"""The pytest plugin, in runs of pytest of its own."""

import re
import xml.etree.ElementTree as ET
from importlib import metadata

import numpy as np
import pytest

from gradcheck import GradientMismatch, check_gradients
from gradcheck.check import assert_gradients

pytest_plugins = ["pytester"]

HEAD = """
import numpy as np
import pytest
from gradcheck import GradientMismatch, assert_gradients, check_gradients

W = np.array([1.0, -2.0, 3.0])
V = np.array([0.5, 1.5])
net = {"W": W, "V": V}

def loss():
    return float(W @ W * (V @ V))

def right():
    return {"W": 2 * W * (V @ V), "V": 2 * V * (W @ W)}

def wrong():
    return {"W": 2 * W * (V @ V), "V": -2 * V * (W @ W)}

def flat():
    return 0.0

def nothing():
    return {"W": 0.0 * W, "V": 0.0 * V}

def at_a_kink(check, slope=5.0):
    x = np.array([0.0, 1.0])
    return check(lambda: float(np.abs(x).sum()), {"x": x}, {"x": np.array([slope, 1.0])})
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Run these tests in a folder of their own."""
    known = metadata.entry_points(group="pytest11", name="gradcheck")
    assert known, "install the project first: pip install -e '.[test]'"
    for name in ("PYTEST_ADDOPTS", "CI", "BUILD_NUMBER"):  # in CI pytest writes longer summaries
        monkeypatch.delenv(name, raising=False)

    def run(tests, *options, ini="filterwarnings = error"):
        pytester.makepyfile(test_net=HEAD + tests)
        pytester.makeini(f"[pytest]\n{ini}\n")
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)

    return run


def test_the_fixture_passes_right_gradients(run):
    ended = run("def test_right(gradcheck):\n    assert gradcheck(loss, net, right)")
    ended.assert_outcomes(passed=1)
    ended.stdout.no_fnmatch_line("*gradients:*")


def test_the_fixture_fails_with_the_report_at_the_call_of_the_user(run):
    ended = run("def test_wrong(gradcheck):\n    gradcheck(loss, net, wrong)")
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines(
        [
            ">*gradcheck(loss, net, wrong)",
            "E*disagrees  1 of 2 parameters, one cause: V has the opposite sign.",
            "E*V *(2,)*-1.000*disagrees*origin",
            "E*again  seed=*",
            "test_net.py:*: GradientMismatch",
            "*- gradients: 1 parameter disagrees -*",
            "test_net.py::test_wrong",
            "  V  ratio -1  origin*",
            "FAILED test_net.py::test_wrong - *disagrees 1 of 2 parameters*",
        ]
    )
    # the frames of the checker stay out of sight, and so do dumps of arrays
    assert "raise_if_wrong" not in ended.stdout.str()
    assert "pytest_plugin.py" not in ended.stdout.str()


def test_assert_gradients_is_shown_at_the_call_of_the_user(run):
    ended = run("def test_wrong():\n    assert_gradients(loss, net, wrong)")
    ended.stdout.fnmatch_lines([">*assert_gradients(loss, net, wrong)", "E*disagrees  1 of 2*"])
    assert "raise_if_wrong" not in ended.stdout.str()


@pytest.mark.parametrize(
    "lines",
    [
        "assert check_gradients(loss, net, wrong)",
        "report = check_gradients(loss, net, wrong); assert report",
        "assert check_gradients(loss, net, right) and check_gradients(loss, net, wrong)",
        "assert bool(check_gradients(loss, net, wrong))",
        "assert check_gradients(loss, net, wrong), 'the gradient of V'",
    ],
)
def test_a_bare_assert_shows_the_report(run, lines):
    ended = run(f"def test_bare():\n    {lines}")
    ended.assert_outcomes(failed=1)
    shown = ended.stdout.str()
    assert shown.count("one cause: V has the opposite sign.") == 1
    ended.stdout.fnmatch_lines(["*- gradients: 1 parameter disagrees -*", "  V  ratio -1*"])


def test_without_the_plugin_an_assert_names_the_wrong_parameters(run):
    ended = run("def test_bare():\n    assert check_gradients(loss, net, wrong)", "-pno:gradcheck")
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines(["E*assert <Report disagrees: V origin; print it for more>"])


def test_another_failing_assert_is_left_alone(run):
    ended = run(
        "def test_other():\n    report = check_gradients(loss, net, wrong)\n    assert 1 == 2"
    )
    ended.stdout.fnmatch_lines(["E*assert 1 == 2"])
    assert "gradients:" not in ended.stdout.str()
    assert "opposite sign" not in ended.stdout.str()


def test_a_wrong_gradient_that_is_expected_is_no_news(run):
    ended = run(
        "def test_expected(gradcheck):\n"
        "    with pytest.raises(GradientMismatch):\n        gradcheck(loss, net, wrong)"
    )
    ended.assert_outcomes(passed=1)
    assert "gradients:" not in ended.stdout.str()


def test_the_summary_lists_every_wrong_parameter_of_the_run(run):
    ended = run(
        "def both():\n    return {'W': 3 * W, 'V': V}\n"
        "def test_one(gradcheck):\n    gradcheck(loss, net, wrong)\n"
        "def test_two():\n    assert check_gradients(loss, net, both)\n"
        "@pytest.mark.xfail(strict=True)\n"
        "def test_three():\n    assert_gradients(loss, net, wrong)\n"
    )
    ended.assert_outcomes(failed=2, xfailed=1)
    summary = ended.stdout.str().partition("gradients: 4 parameters disagree")[2]
    rows = [line.split()[0] for line in summary.splitlines()[1:] if line.startswith(("  ", "test"))]
    assert rows == [
        "test_net.py::test_one", "V",
        "test_net.py::test_two", "W", "V",
        "test_net.py::test_three", "V",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "outcome"), [("pass", "passed"), ("fail", "failed"), ("xfail", "xfailed")]
)
def test_what_cannot_be_judged(run, rule, outcome):
    ended = run(
        "def test_kink(gradcheck):\n    at_a_kink(gradcheck)",
        ini=f"gradcheck_inconclusive = {rule}",
    )
    ended.assert_outcomes(**{outcome: 1})
    ended.stdout.fnmatch_lines(
        ["*- gradients: 1 parameter inconclusive -*", "test_net.py::test_kink", "  x  kink*"]
    )


def test_an_inconclusive_bare_assert_fails_and_shows_the_report(run):
    ended = run("def test_kink():\n    assert at_a_kink(check_gradients)")
    ended.assert_outcomes(failed=1)
    ended.stdout.fnmatch_lines(["*inconclusive  1 of 1 parameter: kink*"])


def test_an_unknown_rule_is_refused_in_words(run):
    ended = run("def test_none():\n    pass", ini="gradcheck_inconclusive = maybe")
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stderr.fnmatch_lines(
        ["*gradcheck_inconclusive: expected pass, fail or xfail, got 'maybe'. Leave it out*"]
    )


SEEDS = """
seen = []

@pytest.mark.parametrize("n", [1, 2])
def test_seed(gradcheck, n):
    seen.append(gradcheck(loss, net, right).seed)

def test_they_differ_and_stay():
    assert seen == {seeds}

def test_given(gradcheck):
    assert gradcheck(loss, net, right, seed=7).seed == 7

def test_two_checks(gradcheck):
    assert gradcheck(loss, net, right).seed == gradcheck(loss, net, right, select="W").seed
"""


def test_the_seed_follows_from_the_name_of_the_test(run):
    from zlib import crc32

    seeds = [crc32(f"test_net.py::test_seed[{n}]".encode()) for n in (1, 2)]
    run(SEEDS.replace("{seeds}", repr(seeds))).assert_outcomes(passed=5)


def test_junit_has_the_headline(run, pytester):
    run("def test_wrong(gradcheck):\n    gradcheck(loss, net, wrong)", "--junit-xml=out.xml")
    (failure,) = ET.parse(pytester.path / "out.xml").iter("failure")
    assert "disagrees 1 of 2 parameters" in failure.get("message")
    assert "opposite sign" in failure.text


def test_pages_of_what_failed_are_written(run, pytester):
    tests = """
@pytest.mark.parametrize("name", ["a/b", "c"])
def test_wrong(gradcheck, name):
    gradcheck(loss, net, wrong)

def test_right(gradcheck):
    gradcheck(loss, net, right)

def test_bare():
    assert check_gradients(loss, net, wrong)
"""
    run(tests, "--gradcheck-html", "pages/of/gradients").assert_outcomes(failed=3, passed=1)
    pages = sorted((pytester.path / "pages" / "of" / "gradients").iterdir())
    assert [re.sub(r"_[0-9a-f]{8}\.", ".", page.name) for page in pages] == [
        "test_net.py_test_bare.html",
        "test_net.py_test_wrong_a_b.html",
        "test_net.py_test_wrong_c.html",
    ]
    text = pages[1].read_text(encoding="utf-8")
    assert "test_net.py::test_wrong[a/b]" in text
    assert "disagrees" in text


def test_under_xdist_the_workers_send_their_findings_home(pytester, monkeypatch):
    pytest.importorskip("xdist")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(
        test_net=HEAD
        + "def test_one(gradcheck):\n    gradcheck(loss, net, wrong, explain=False)\n"
        + "def test_two():\n    assert check_gradients(loss, net, wrong, explain=False)\n"
        + "def test_kink(gradcheck):\n    at_a_kink(gradcheck)\n"
    )
    ended = pytester.runpytest_subprocess("-n2", "-p", "no:cacheprovider")
    ended.assert_outcomes(failed=2, passed=1)
    text = ended.stdout.str()
    summary = text.partition("gradients: 2 parameters disagree")[2].splitlines()
    tests = {line for line in summary if line.startswith("test_net.py::")}
    assert tests == {f"test_net.py::{name}" for name in ("test_one", "test_two", "test_kink")}
    assert "  x  kink" in text
    assert len(re.findall(r"V +\(2,\) ", text)) == 2  # the whole reports


def test_a_run_that_does_not_use_it_loads_nothing(pytester):
    """With errors for warnings, failing tests too, in a process of its own."""
    pytester.makepyfile(
        """
        import sys

        def test_nothing():
            heavy = {"numpy", "rich", "typer", "hypothesis", "gradcheck.check", "gradcheck.report"}
            assert "gradcheck.pytest_plugin" in sys.modules
            assert not heavy & set(sys.modules)

        def test_failing():
            assert [] == [1]

        def test_then_used(gradcheck):
            assert "numpy" in sys.modules
        """
    )
    ended = pytester.runpytest_subprocess("-W", "error", "-p", "no:hypothesispytest")
    ended.assert_outcomes(passed=2, failed=1)


def test_the_error_carries_the_report_outside_of_pytest_too():
    w = np.ones(2)
    with pytest.raises(GradientMismatch) as caught:
        assert_gradients(lambda: float(w @ w), w, w)
    assert repr(caught.value.report).startswith("<Report disagrees: ")
    assert repr(check_gradients(lambda: float(w @ w), w, 2 * w)) == (
        "<Report agrees; print it for more>"
    )
