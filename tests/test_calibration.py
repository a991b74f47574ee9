"""A small fixed part of benchmarks/calibration.py: the right are not accused, the wrong seen."""

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
calibration = pytest.importorskip("calibration")
sys.path.pop(0)


@pytest.fixture(scope="module")
def tally():
    total = calibration.Tally()
    for i in range(42):
        kind = calibration.KINDS[i % len(calibration.KINDS)]
        total.add(calibration._task((i, kind)))
    return total


def counted(tally, what, error, kinds=calibration.KINDS):
    found = Counter()
    for kind in kinds:
        for verdict in ("agrees", "disagrees", "inconclusive"):
            found[verdict] += tally.verdicts[what, kind, error, verdict]
    return found


@pytest.mark.parametrize("what", ["entry", "block"])
def test_no_right_gradient_is_accused(tally, what):
    found = counted(tally, what, "right")
    assert found["disagrees"] == 0, tally.alarms
    assert found["agrees"] > 0.95 * found.total() > 400


@pytest.mark.parametrize("what", ["entry", "block"])
def test_every_error_of_an_ordinary_net_is_seen(tally, what):
    for error in ("sign", "10 %", "1 %", "0.1 %"):
        found = counted(tally, what, error, ["ordinary"])
        assert found["disagrees"] == found.total() > 50, error
    found = counted(tally, what, "1e-5", ["ordinary"])
    assert found["disagrees"] >= 0.95 * found.total()


def test_the_stated_resolution_is_honest(tally):
    assert tally.planted > 2000
    assert tally.passed == 0


def test_a_judgement_costs_two_evaluations_when_right(tally):
    for what in ("entry", "block"):
        spent = tally.evaluations[what, "ordinary", "right"]
        assert spent <= 2.1 * counted(tally, what, "right", ["ordinary"]).total()


@pytest.mark.parametrize("name", [*calibration.SPECIAL, *calibration.NOISES])
def test_kinks_jumps_and_noise_accuse_nobody(name):
    found = calibration.specials(1, name) + calibration.specials(2, name)
    for how in ("array", "callable"):
        assert found[how, "right", "disagrees"] == 0
    if name != "noise 1e-3":
        assert found["callable", "10 %", "disagrees"] == 4
