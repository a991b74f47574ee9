"""A small fixed part of what benchmarks/ measures: the right are not accused, the wrong seen."""

from collections import Counter

import pytest

from benchmarks import calibration, rough


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


@pytest.mark.parametrize("name", rough.FAMILIES)
def test_rough_and_rounded_losses_accuse_nobody(name):
    found = Counter()
    for seed in range(4):
        found += rough.measure(name, seed)
    assert found["right", "disagrees"] == 0
    assert found["wrong", "agrees"] == 0
    if not name.startswith(("kinks,", "chaos")):
        assert found["right", "agrees"] == found["wrong", "disagrees"] == 4


def test_an_error_larger_than_what_is_said_to_be_seen_is_seen():
    found = Counter()
    for seed in range(5):
        found += rough.planted(seed)
    for times in (1.5, 2.0):
        assert found[times, "disagrees"] > 20
        assert found[times, "agrees"] == 0


@pytest.mark.parametrize("seed", [100_082, 100_096, 100_119])
def test_a_second_point_without_a_slope_clears_nothing(seed):
    """Where the logistic map contracts, a gradient that is too large by a tenth is zero as well."""
    assert not rough.measure("chaos", seed)["wrong", "agrees"]
