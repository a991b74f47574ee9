"""Faults in programs of many styles are told by their kind, and no other kind is told for them."""

import pytest

from benchmarks.blame import CORPUS, faults, load, planted
from benchmarks.foreign import examine, judge, programs

PARTS = ("diagnose", "fresh")
PROGRAMS = [path for part in PARTS for path in sorted((CORPUS / part).glob("*.py"))]
FAULTS = [fault for part in PARTS for fault in programs(part)]

# The same line under another name than the label, which was written before the first run.
ALIKE = {
    "poisson_attributes:4": "bias-reduction",
    "rnn_every_step:3": "raw-error-propagated",
    "rnn_every_step:4": "recurrence",
}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_the_right_program_agrees(program) -> None:
    report = examine(load(planted(program, [])[0], program.stem))
    assert report.verdict == "agrees", report


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_kind_is_told(fault) -> None:
    report = examine(load(planted(fault.program, [fault])[0], fault.name))
    assert judge(report, ALIKE.get(fault.name, fault.kind)) in ("right", "rival"), report


def test_every_program_has_faults() -> None:
    assert len(PROGRAMS) >= 30
    assert all(len(faults(program)) > 1 for program in PROGRAMS)
