"""gradcheck/report.py: facts, and nothing but plain values in what they are turned into."""

import copy
import json
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import Problem, small_problems

from gradcheck import Block, Entry, GradientMismatch, Report, check_gradients
from gradcheck.report import Finding
from nets.mlp import MLP


def block(name: str, verdict: str, **facts) -> Block:
    layer, _, parameter = name.rpartition(".")
    return Block(name, layer, parameter, (2, 3), verdict, **facts)


def report(*blocks: Block, **facts) -> Report:
    verdicts = [b.verdict for b in blocks]
    overall = next(v for v in ("disagrees", "inconclusive", "agrees") if v in verdicts)
    return Report(overall, blocks, **facts)


GOOD, BAD, OPEN = (
    block("1.W", "agrees"),
    block("1.b", "disagrees", aliases=("shared.b",)),
    block("2.W", "inconclusive", reason="noise: too loud"),
)


def test_truth_is_agreement():
    assert report(GOOD)
    assert not report(GOOD, BAD)
    assert not report(GOOD, OPEN)


def test_blocks_by_iteration_and_by_name():
    whole = report(GOOD, BAD, OPEN)
    assert list(whole) == [GOOD, BAD, OPEN]
    assert whole.wrong == (BAD,)
    assert whole.size == 18
    assert whole["1.b"] is whole["shared.b"] is BAD
    with pytest.raises(KeyError) as error:
        whole["3.W"]
    assert error.value.args == ("report: expected the name of a block (1.W, 1.b, 2.W), got '3.W'.",)


def test_raise_if_wrong():
    report(GOOD, OPEN).raise_if_wrong()  # inconclusive is no mismatch
    with pytest.raises(GradientMismatch) as error:
        report(GOOD, BAD).raise_if_wrong()
    assert error.value.report.wrong == (BAD,)
    assert "1.b" in str(error.value)
    copied = pickle.loads(pickle.dumps(error.value))
    assert copied.report.to_json() == error.value.report.to_json()


def test_the_size_of_one_number_is_one():
    assert Block("s", "", "s", (), "agrees").size == 1


def test_discrepancy():
    assert Entry((0,), 3.0, 2.5, 0.1).discrepancy == 0.5


def test_seconds_do_not_count_when_reports_are_compared():
    assert report(GOOD, seconds=1.0) == report(GOOD, seconds=2.0)
    assert report(GOOD, seed=1) != report(GOOD, seed=2)


def test_what_is_not_known_is_equal_to_itself():
    """On every Python, and for another nan: that of a report which came from another process."""
    here = report(block("W", "disagrees", ratio=math.nan))
    there = pickle.loads(pickle.dumps(here))
    assert here == there
    assert hash(here) == hash(there)
    assert here != report(block("W", "disagrees", ratio=1.0))
    assert here != here.to_dict()


def test_json_has_no_nan():
    text = report(block("1.W", "inconclusive", error=math.inf, ratio=-math.inf)).to_json()
    facts = json.loads(text, parse_constant=pytest.fail)
    assert facts["blocks"][0]["error"] is None
    assert facts["blocks"][0]["ratio"] is None
    assert facts["blocks"][0]["shape"] == [2, 3]


def plain(value) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and plain(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(plain, value))
    return type(value) in (str, int, float, bool, type(None))


@given(small_problems)
@settings(max_examples=40)
def test_reports_hold_plain_values(problem: Problem):
    """No NumPy scalars: they print as np.float64(…) and JSON does not know them."""
    grads = problem.gradients()
    grads["layer1"]["W"] += 0.5
    for nest in (grads, problem.gradients):
        found = check_gradients(problem.loss, problem.params, nest)
        assert plain(found.to_dict())
        assert json.loads(found.to_json())["verdict"] == found.verdict
        assert pickle.loads(pickle.dumps(found)).to_json() == found.to_json()
        assert copy.deepcopy(found).to_json() == found.to_json()


def test_what_a_report_says_of_a_wrong_block():
    problem = Problem.at(MLP((3, 4, 2), "tanh", "identity", "mse"), 8, 0)
    grads = problem.gradients()
    right = grads["layer1"]["W"].copy()
    grads["layer1"]["W"] = -right
    found = check_gradients(problem.loss, problem.params, grads)
    wrong = found["layer1.W"]
    assert (wrong.name, wrong.layer, wrong.parameter) == ("layer1.W", "layer1", "W")
    assert wrong.shape == (3, 4)
    assert wrong.verdict == "disagrees"
    assert wrong.ratio == pytest.approx(-1, abs=1e-6)
    assert wrong.cosine == pytest.approx(-1, abs=1e-6)
    assert wrong.pattern == "dense"
    assert wrong.analytic == pytest.approx(-wrong.numerical, rel=1e-6)
    assert wrong.resolution is None
    assert wrong.worst is not None
    index = wrong.worst.index
    assert wrong.worst.analytic == -right[index]
    assert abs(wrong.worst.numerical - right[index]) <= wrong.worst.error
    assert np.abs(right).max() == abs(right[index])  # the largest error is that of the largest
    assert found.loss == problem.loss()
    assert 0 < found.noise < 1e-12
    fine = found["layer2.W"]
    assert fine.resolution > 0
    assert fine.detectable == pytest.approx(
        fine.resolution / np.sqrt(np.mean(grads["layer2"]["W"] ** 2))
    )
    assert fine.ratio == pytest.approx(1, abs=1e-6)
    assert found.gradient_calls == 0
    assert found.seconds > 0


def test_a_finding_is_a_sentence_with_advice():
    finding = Finding("kind", "A sentence.")
    assert (finding.block, finding.lines, finding.verified) == ("", (), False)


@pytest.mark.parametrize("telling", ["__str__", "show", "to_html", "_repr_html_"])
def test_telling_does_not_move_random_numbers(telling):
    """In a process of its own: what is imported for it draws some, once."""
    code = (
        "import random, numpy as np, gradcheck\n"
        "w = np.ones(3)\n"
        "report = gradcheck.check_gradients(lambda: float(w @ w), w, lambda: 3 * w)\n"
        "before = random.getstate()\n"
        f"report.{telling}()\n"
        "assert random.getstate() == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
