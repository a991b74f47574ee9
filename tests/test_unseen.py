"""The check alone, without the search, on programs by other hands: the examiners' corpora."""

import pytest

from benchmarks import blame
from gradcheck import check_gradients

PROGRAMS = [
    path
    for part in ("unseen", "strangers", "newcomers", "guests")
    for path in sorted((blame.CORPUS / part).glob("*.py"))
]


def verdict(source, name):
    """Of the whole program: "agrees", "disagrees" or "inconclusive"."""
    problem = blame.load(source, name)
    params, select = problem.get("params"), problem.get("names")
    if select is not None:  # globals of the program
        params = problem["module"]
    rest = {key: problem[key] for key in ("grads", "step", "lr") if key in problem}
    return check_gradients(problem["loss"], params, select=select, explain=False, **rest).verdict


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_right_program_agrees_and_a_fault_is_seen(program):
    right, _ = blame.planted(program, [])
    assert verdict(right, program.stem) == "agrees"
    faults = blame.faults(program)
    sources = [blame.planted(program, [fault])[0] for fault in faults]  # each stands there once
    assert verdict(sources[0], faults[0].name) == "disagrees"
