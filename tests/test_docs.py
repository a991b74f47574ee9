"""docs/, CONTRIBUTING, CITATION: nothing is missing, linked to nowhere, or out of date."""

import re
import tomllib
from pathlib import Path

import pytest

from gradcheck import GradientMismatch, check_gradients
from gradcheck.evidence import REASONS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md"), *ROOT.glob("benchmarks/*.md")])
LINKS = re.compile(r"(?<!`)\[[^\]]+\]\(([^)#:]+)(?:#[\w-]+)?\)")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    for target in LINKS.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_page_is_in_the_navigation():
    navigation = read("mkdocs.yml").split("nav:")[1].split("exclude_docs:")[0]
    named = re.findall(r"([\w-]+\.md)", navigation)
    assert sorted(named) == sorted(page.name for page in DOCS.glob("*.md"))


def test_every_included_file_is_there():
    included = re.findall(r'^--8<-- "(.+)"$', read("docs/recipes.md"), re.MULTILINE)
    assert sorted(included) == sorted(
        file.relative_to(ROOT).as_posix() for file in (ROOT / "examples/recipes").glob("*.py")
    )


def test_every_public_name_is_in_the_reference():
    import gradcheck

    named = re.findall(r"^::: gradcheck\.(\w+)$", read("docs/api.md"), re.MULTILINE)
    assert sorted(named) == sorted(gradcheck.__all__)


def test_every_reason_to_be_inconclusive_is_explained():
    rows = re.findall(r"^\| ([\w -]+): (.+?) \| .+ \|$", read("docs/verdicts.md"), re.MULTILINE)
    assert dict(rows) == REASONS


def test_verdicts_are_what_the_page_says():
    import numpy as np

    w = np.array([1.0, 2.0])

    def loss():
        return float(w @ w)

    reports = [check_gradients(loss, w, 2 * w), check_gradients(loss, w, w)]
    reports.append(check_gradients(lambda: 1.0, w, np.ones(2)))
    assert [report.verdict for report in reports[:2]] == ["agrees", "disagrees"]
    assert [bool(report) for report in reports] == [True, False, False]
    with pytest.raises(GradientMismatch):
        reports[1].raise_if_wrong()
    reports[0].raise_if_wrong()


def rows_of(text):
    """First cell of each row of a table -> the other cells."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()
            if line.startswith("|")]  # fmt: skip
    return {row[0]: row[1:] for row in reversed(rows)}  # the first table wins


def test_the_readme_s_count_of_seen_errors_is_that_of_the_benchmark():
    measured = rows_of(read("docs/peers.md"))
    row = dict(zip(measured["tool"], measured["gradcheck"], strict=True))
    seen = [row[size].split("/") for size in ("0.1 %", "1 %", "10 %")]
    found, of = (sum(map(int, counts)) for counts in zip(*seen, strict=True))
    assert row["right"].startswith("0/")
    told = f"of {of} gradients with one entry off by 0.1 % or more it saw {found}"
    assert told in " ".join(read("README.md").split())


def test_the_readme_s_figures_of_calibration_are_measured():
    page = read("docs/calibration.md")
    rows = re.findall(r"^\| (entry|block) \| all \| ([\d,]+) / [\d,]+ / (\d+) \|",
                      page, re.MULTILINE)  # fmt: skip
    assert [(kind, accused) for kind, _, accused in rows] == [("entry", "0"), ("block", "0")]
    entries, blocks = (
        sum(int(count.replace(",", "")) for count in (row[1], *before))
        for row, before in zip(
            rows,
            (re.findall(rf"([\d,]+) more\sright\s{what}", page) for what in ("entries", "blocks")),
            strict=True,
        )
    )
    assert entries > 140_000
    assert blocks > 41_000
    told = " ".join(read("README.md").split())
    assert "In more than 140,000 entries and 41,000 blocks" in told


def test_one_version_everywhere():
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert f"\nversion: {version}\n" in read("CITATION.cff")
    assert f"## {version}" in read("CHANGELOG.md")


def test_the_command_of_contributing_is_there():
    assert (ROOT / ".ci" / "run").exists()
    assert "```sh\n.ci/run\n```" in read("CONTRIBUTING.md")
