"""Faults in programs of many styles are told by their kind, and no other kind is told for them."""

import pytest

from benchmarks.blame import CORPUS, faults, load, planted
from benchmarks.foreign import examine, judge, programs

PROGRAMS = sorted((CORPUS / "diagnose").glob("*.py"), key=lambda path: path.stem)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_the_right_program_agrees(program) -> None:
    report = examine(load(planted(program, [])[0], program.stem))
    assert report.verdict == "agrees", report


@pytest.mark.parametrize("fault", list(programs("diagnose")), ids=lambda fault: fault.name)
def test_the_kind_is_told(fault) -> None:
    report = examine(load(planted(fault.program, [fault])[0], fault.name))
    assert judge(report, fault.kind) in ("right", "rival"), report


def test_every_program_has_faults() -> None:
    assert len(PROGRAMS) >= 8
    assert all(len(faults(program)) > 1 for program in PROGRAMS)
