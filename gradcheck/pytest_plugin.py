"""The pytest plugin: the fixture `gradcheck`, reports of failing tests, a summary of the run.

pytest loads this file in every run where gradcheck is installed. So it imports nothing heavy, and
does nothing, until a test uses the fixture or fails over a Report.

The summary travels as plain data on the test reports: under pytest-xdist the workers send it home.
"""

from __future__ import annotations

import os
import re
import sys
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .report import Block, Report

INCONCLUSIVE = ("pass", "fail", "xfail")
SUMMARY = "gradcheck"  # the attribute of a pytest report that holds a Told
INI = "gradcheck_inconclusive"
LONGEST = 120  # letters of a file's name

Told = dict[str, Any]  # {"verdict": ..., "blocks": [[name, verdict, ratio, role, place]]}

_made = pytest.StashKey[list["Report"]]()  # by the fixture, in one test


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("gradcheck").addoption(
        "--gradcheck-html",
        metavar="DIR",
        help="write the report of each test with a wrong gradient there, as a page for the browser",
    )
    parser.addini(
        INI,
        "what the fixture gradcheck does with a gradient that cannot be judged: "
        "pass (the summary names it), fail, or xfail",
        default="pass",
    )


def pytest_configure(config: pytest.Config) -> None:
    rule = config.getini(INI)
    if rule not in INCONCLUSIVE:
        raise pytest.UsageError(
            f"{INI}: expected pass, fail or xfail, got {rule!r}. Leave it out for pass."
        )


@pytest.fixture
def gradcheck(request: pytest.FixtureRequest) -> Callable[..., Report]:
    """gradcheck.assert_gradients, with a seed of the test's own.

    gradcheck(loss, params, grads), or any other arguments of check_gradients: fails the test when
    a gradient disagrees, and returns the Report. The seed follows from the name of the test, the
    same in every run. The ini option gradcheck_inconclusive decides on what cannot be judged.
    """
    from .check import check_gradients

    seed = zlib.crc32(request.node.nodeid.encode())
    reports = request.node.stash.setdefault(_made, [])

    def gradcheck(
        loss: Callable[..., Any], params: Any, grads: Any = None, **options: Any
    ) -> Report:
        __tracebackhide__ = True
        report = check_gradients(loss, params, grads, **{"seed": seed, **options})
        reports.append(report)
        report.raise_if_wrong()
        if report.verdict == "inconclusive":
            _refuse(report, request.config.getini(INI))
        return report

    return gradcheck


def _refuse(report: Report, rule: str) -> None:
    """Fail or xfail a test whose gradients cannot be judged."""
    __tracebackhide__ = True
    if rule == "fail":
        pytest.fail(f"{INI} = fail\n{report}")
    if rule == "xfail":
        pytest.xfail(str(report).partition("\n")[0])


# -- a failing test --------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    test = yield
    if f"{__package__}.report" not in sys.modules or call.when == "teardown":
        return test
    made = item.stash.get(_made, []) if call.when == "call" else []
    told = [report for report in made if report.verdict == "inconclusive"]
    if call.excinfo is not None:
        wrong, shown = _behind(call.excinfo)
        told = [*(report for report in told if report not in wrong), *wrong]
        _mend(test.longrepr, wrong, shown=shown)
    if told:
        setattr(test, SUMMARY, [_told(report) for report in told])
        folder = item.config.getoption("--gradcheck-html")
        if folder:
            _write_page(Path(folder), item.nodeid, told)
    return test


def _write_page(folder: Path, test: str, reports: list[Report]) -> None:
    """One page a test, named after it; a number keeps apart what only other letters tell apart."""
    from .render.html import document

    name = re.sub(r"[^\w.-]+", "_", test).strip("_")
    file = f"{name[-LONGEST:]}_{zlib.crc32(test.encode()):08x}.html"
    folder.mkdir(parents=True, exist_ok=True)
    page = document(reports, names=[test] * len(reports))
    (folder / file).write_text(page, encoding="utf-8")


def _behind(failure: pytest.ExceptionInfo[BaseException]) -> tuple[list[Report], bool]:
    """The reports for which a test failed; does the error show them already?"""
    from .report import GradientMismatch, Report

    if isinstance(failure.value, GradientMismatch):
        return [failure.value.report], True
    if not isinstance(failure.value, AssertionError):
        return [], True
    # `assert check_gradients(...)`: pytest keeps what it asserts in variables of the frame, and
    # puts the repr of it, the middle of a long one left out, into the message
    message = str(failure.value)
    values = failure.traceback[-1].frame.f_locals.values()
    reports = {id(value): value for value in values if type(value) is Report and not value}
    return [report for report in reports.values() if repr(report)[:100] in message], False


def _mend(shown_error: Any, wrong: list[Report], *, shown: bool) -> None:
    """Put the report below the error, and its headline into pytest's short summary."""
    if not wrong:
        return
    if not shown and hasattr(shown_error, "addsection"):
        for report in wrong:
            shown_error.addsection("gradcheck", str(report))
    crash = getattr(shown_error, "reprcrash", None)
    if crash is not None:
        crash.message = _headline(wrong[0])


def _headline(report: Report) -> str:
    """The first paragraph of the drawing as one line."""
    return " ".join(str(report).partition("\n\n")[0].split())


# -- the summary of the run ------------------------------------------------------------------------


def _told(report: Report) -> Told:
    """The blocks that do not agree, as plain data."""
    places = [line for finding in report.findings for line in finding.lines]
    place = f"{places[0].file}:{places[0].line}" if places else ""
    blocks = [block for block in report.blocks if block.verdict != "agrees"]
    return {
        "verdict": report.verdict,
        "blocks": [[block.name, block.verdict, _why(block), place] for block in blocks],
    }


def _why(block: Block) -> str:
    if block.verdict == "inconclusive":
        return block.reason
    ratio = "" if block.ratio is None else f"ratio {block.ratio:+.4g}"
    return "  ".join(filter(None, (ratio, block.role)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for verdict in ("disagrees", "inconclusive"):
        rows = list(_rows(terminalreporter, verdict))
        if rows:
            parameters = len([row for row in rows if row.startswith("  ")])
            title = f"gradients: {parameters} parameter{'s' * (parameters != 1)} {verdict}"
            terminalreporter.section(title.replace("s disagrees", "s disagree"), sep="-")
            for row in rows:
                terminalreporter.line(row)


def _rows(reporter: pytest.TerminalReporter, verdict: str) -> Iterator[str]:
    """A line a test, and one for each of its parameters with this verdict."""
    here = os.getcwd() + os.sep  # noqa: PTH109 - a prefix of text
    tests = [test for found in reporter.stats.values() for test in found if hasattr(test, SUMMARY)]
    for test in tests:
        blocks = [b for told in getattr(test, SUMMARY) for b in told["blocks"] if b[1] == verdict]
        if blocks:
            yield test.nodeid
        for name, _, why, place in blocks:
            yield "  " + "  ".join(filter(None, (name, why, place.removeprefix(here))))
