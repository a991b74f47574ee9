"""render/terminal.py: what a person reads, to the letter, and what no report may ever do to it."""

import io
import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from gradcheck.evidence import AT_KINK
from gradcheck.render import digits
from gradcheck.render.page import JOINED, Page, plain, takes_marks
from gradcheck.render.terminal import draw, to_text
from gradcheck.render.words import words_of
from gradcheck.report import Block, Difference, Entry, Finding, Report, SourceLine


def block(name, shape, analytic, numerical, verdict="agrees", **more):
    layer, _, parameter = name.rpartition(".")
    facts = {
        "error": 1e-12,
        "step": 2e-3,
        "ratio": analytic / numerical if numerical else None,
        "detectable": 2.7e-8,
    }
    return Block(
        name,
        layer,
        parameter,
        shape,
        verdict,
        analytic=analytic,
        numerical=numerical,
        **(facts | more),
    )


def wrong(name, shape, analytic, numerical, **more):
    return block(name, shape, analytic, numerical, "disagrees", **more)


def every(*shape):
    return tuple((i, j) for i in range(shape[0]) for j in range(shape[1]))


LAYER3 = (
    block("layer3.W", (8, 1), -0.296398018, -0.296398018),
    block("layer3.b", (1,), -1.315409129, -1.315409129),
)
AGREES = Report(
    "agrees",
    (block("layer1.W", (2, 8), 0.1, 0.1), block("layer1.b", (8,), 0.2, 0.2), *LAYER3),
    evaluations=48,
    gradient_calls=1,
    seconds=0.0031,
)
FLIPPED = Report(
    "disagrees",
    (
        wrong("layer1.W", (2, 8), -0.137211591, 0.137211591, role="inherited"),
        wrong("layer1.b", (8,), 0.864358623, -0.864358623, role="inherited"),
        wrong("layer2.W", (8, 8), 0.064921694, -0.064921694, role="origin"),
        wrong("layer2.b", (8,), -0.052276331, 0.052276331, role="origin"),
        *LAYER3,
    ),
    findings=(
        Finding(
            "sign",
            "flipped sign entering layer 2",
            evidence="Ratio -1 in layer 2, and in layer 1 which receives its cotangent.",
            advice="without the minus sign on this line all six parameters agree",
            lines=(
                SourceLine("my_mlp.py", 22, "    d3 = 2 * (y - T) / y.size", "backward"),
                SourceLine("my_mlp.py", 23, "    d2 = d3 @ W3.T", "backward"),
                SourceLine("my_mlp.py", 24, "    d2 = -d2 * (1 - a2**2)", "backward", 9, 1),
            ),
            verified=True,
        ),
    ),
    evaluations=56,
    gradient_calls=6,
    seconds=0.0123,
)
PATTERNS = Report(
    "disagrees",
    (
        wrong(
            "layer1.W",
            (4, 16),
            0.5,
            0.25,
            wrong_entries=((3, 5),),
            worst=Entry((3, 5), 0.123456789, 0.123456799, 1e-12),
            pattern="entries",
        ),
        wrong(
            "layer1.b",
            (16,),
            0.5,
            0.25,
            wrong_entries=tuple((i,) for i in range(11)),
            worst=Entry((7,), 0.0, -0.75, 3e-11),
            pattern="entries",
        ),
        wrong(
            "layer2.W",
            (16, 4),
            0.5,
            0.25,
            wrong_entries=every(1, 4),
            worst=Entry((0, 3), -1.5, 2.5e-7, 1e-13),
            pattern="row 0",
        ),
        wrong(
            "layer2.b",
            (4,),
            0.5,
            0.25,
            wrong_fraction=(0.41, 0.3, 0.52),
            worst=Entry((2,), 1.0, 0.5, 1e-12),
            pattern="dense",
        ),
        wrong("layer3.W", (2, 2), 2.0, 1.0, wrong_entries=every(2, 2), pattern="dense"),
        block("layer3.b", (), 0.5, 0.5, "inconclusive", reason="kink within 1e-6", error=math.nan),
    ),
    notes=("The loss was evaluated in float64.",),
    evaluations=300,
    seconds=2.5,
    seed=7,
)


def test_agreement_is_told_in_one_sentence():
    assert to_text(AGREES, width=100) == (
        "✓ agrees  4 parameters, 33 values; any entry off by 3e-8 would have been seen; "
        "48 evaluations, 3 ms"
    )


def test_agreement_breaks_between_its_clauses():
    assert to_text(AGREES).splitlines() == [
        "✓ agrees  4 parameters, 33 values; any entry off by 3e-8 would have been seen;",
        "          48 evaluations, 3 ms",
    ]


def test_agreement_with_table():
    drawn = to_text(AGREES, table=True, again="gradcheck xor --seed 0")
    assert (
        drawn.split("\n\n", 1)[1]
        == """\
  parameter  shape       analytic     numerical      ±   ratio  verdict
  layer3.W   (8, 1)  -0.296398018  -0.296398018  1e-12  +1.000  ✓ agrees
  layer3.b   (1,)    -1.315409129  -1.315409129  1e-12  +1.000  ✓ agrees
  layer1.W   (2, 8)  +0.100000000  +0.100000000  1e-12  +1.000  ✓ agrees
  layer1.b   (8,)    +0.200000000  +0.200000000  1e-12  +1.000  ✓ agrees

  how    Random directions, step 2e-3; ± is the error of numerical.
  seen   Any entry off by 3e-8 of its parameter's typical entry would have been
         seen.
  cost   48 loss evaluations, 1 gradient call, 3 ms.
  again  gradcheck xor --seed 0"""
    )


def test_disagreement_with_its_cause_and_place():
    assert (
        to_text(FLIPPED)
        == """\
✗ disagrees  4 of 6 parameters, one cause: flipped sign entering layer 2

  --> my_mlp.py:24 in backward
   22 |     d3 = 2 * (y - T) / y.size
   23 |     d2 = d3 @ W3.T
   24 |     d2 = -d2 * (1 - a2**2)
      |          ^
  help: without the minus sign on this line all six parameters agree (tried)

  parameter  shape    analytic  numerical      ±   ratio  verdict
  layer3.W   (8, 1)  -0.296398  -0.296398  1e-12  +1.000  ✓ agrees
  layer3.b   (1,)    -1.315409  -1.315409  1e-12  +1.000  ✓ agrees
  layer2.W   (8, 8)  +0.064922  -0.064922  1e-12  -1.000  ✗ disagrees  origin
  layer2.b   (8,)    -0.052276  +0.052276  1e-12  -1.000  ✗ disagrees  origin
  layer1.W   (2, 8)  -0.137212  +0.137212  1e-12  -1.000  ✗ disagrees  inherited
  layer1.b   (8,)    +0.864359  -0.864359  1e-12  -1.000  ✗ disagrees  inherited

  why    Ratio -1 in layer 2, and in layer 1 which receives its cotangent.
  how    Random directions, step 2e-3; ± is the error of numerical.
  seen   Any entry off by 3e-8 of its parameter's typical entry would have been
         seen.
  cost   56 loss evaluations (two an entry: 210), 6 gradient calls, 12 ms.
  again  seed=0"""
    )


def test_wrong_entries_in_words():
    assert (
        to_text(PATTERNS)
        == """\
✗ disagrees  5 of 6 parameters (1 inconclusive)

  parameter  shape        analytic     numerical      ±   ratio  verdict
  layer3.W   (2, 2)   +2.000000000  +1.000000000  1e-12  +2.000  ✗ disagrees
  layer3.b   ()       +0.500000000  +0.500000000      -  +1.000  ? inconclusive
  layer2.W   (16, 4)  +0.500000000  +0.250000000  1e-12  +2.000  ✗ disagrees
  layer2.b   (4,)     +0.500000000  +0.250000000  1e-12  +2.000  ✗ disagrees
  layer1.W   (4, 16)  +0.500000000  +0.250000000  1e-12  +2.000  ✗ disagrees
  layer1.b   (16,)    +0.500000000  +0.250000000  1e-12  +2.000  ✗ disagrees

  layer3.W  all 4 entries wrong
  layer3.b  kink within 1e-6
  layer2.W  4 of 64 entries wrong, row 0; worst [0, 3] analytic -1.5, numerical
            +2.5e-7 ± 1e-13
  layer2.b  dense, about 41 % (30-52 %) of the entries wrong; worst [2] analytic
            +1, numerical +0.5 ± 1e-12
  layer1.W  1 of 64 entries wrong: [3, 5] analytic +0.123456789, numerical
            +0.123456799 ± 1e-12
  layer1.b  11 of 16 entries wrong: [0], [1], [2], [3], [4], [5], [6], [7] and 3
            more; worst [7] analytic 0, numerical -0.75 ± 3e-11

  note   The loss was evaluated in float64.
  how    Random directions, step 2e-3; ± is the error of numerical.
  seen   Any entry off by 3e-8 of its parameter's typical entry, in 5 of 6
         parameters, would have been seen.
  cost   300 loss evaluations, 2.5 s.
  again  seed=7"""
    )


def test_ascii_where_the_marks_cannot_be_written():
    drawn = to_text(FLIPPED, ascii=True)
    assert drawn.isascii()
    assert drawn.splitlines()[0].startswith("x disagrees  4 of 6 parameters")
    assert "  layer3.W   (8, 1)  -0.296398  -0.296398  1e-12  +1.000  ok agrees" in drawn
    assert "+- is the error of numerical." in drawn


@pytest.mark.parametrize(
    ("encoding", "taken"),
    [("utf-8", True), ("ascii", False), ("latin-1", False), ("cp1252", False), (None, False)],
)
def test_which_encodings_take_the_marks(encoding, taken):
    assert takes_marks(encoding) is taken


@pytest.mark.parametrize(
    ("value", "error", "told"),
    [
        (-3.60100279, 1e-1, "-3.6       "),
        (-3.60100279, 3e-5, "-3.60100   "),
        (-3.60100279, 1e-11, "-3.60100279"),
        (-3.60100279, 0.0, "-3.60100279"),
        (-3.60100279, math.inf, "-3.60100279"),
        (-3.60100279, 40.0, "-3.6       "),
        (2.5e-7, 1e-9, "+2.50e-7"),
        (2.5e-7, 1e-3, "+2e-7"),
        (0.0, 1e-3, "0"),
    ],
)
def test_digits_beyond_the_error_are_not_printed(value, error, told):
    assert digits.slope(value, 12, 8, error) == told


def test_inconclusive_says_why():
    report = Report(
        "inconclusive",
        (
            block("W", (3,), 0.1, 0.1),
            block("b", (3,), 0.0, 1e-9, "inconclusive", reason="noise of the loss"),
        ),
        loss=0.25,
        noise=3.4e-5,
    )
    assert (
        to_text(report)
        == """\
? inconclusive  1 of 2 parameters: noise of the loss

  parameter  shape      analytic     numerical      ±   ratio  verdict
  W          (3,)   +0.100000000  +0.100000000  1e-12  +1.000  ✓ agrees
  b          (3,)              0     +1.000e-9  1e-12       0  ? inconclusive

  b  noise of the loss

  how    Random directions, step 2e-3; ± is the error of numerical. The loss is
         0.25, its noise 3e-5.
  seen   Any entry off by 3e-8 of its parameter's typical entry, in 1 of 2
         parameters, would have been seen.
  again  seed=0"""
    )


def test_findings_without_a_tried_correction():
    report = Report(
        "inconclusive",
        (),
        findings=(
            Finding("noise", "two calls of the loss differ", evidence="0.69 and 0.71.",
                    advice="fix its random seed before each call"),
        ),
    )  # fmt: skip
    assert (
        to_text(report)
        == """\
? inconclusive  two calls of the loss differ

  help: fix its random seed before each call

  why    0.69 and 0.71.
  again  seed=0"""
    )


HOSTILE = "[red]\x1b]0;owned\x07layer\n1\t\u202eW[/red]"


def test_hostile_names_are_shown_escaped():
    shown = r"[red]\x1b]0;owned\x07layer\n1\t\u202eW[/red]"
    report = Report(
        "disagrees",
        (wrong(HOSTILE, (2,), 1.0, 2.0, wrong_entries=((1,),), notes=(HOSTILE,)),),
        findings=(Finding("sign", HOSTILE, advice=HOSTILE, lines=(
            SourceLine(HOSTILE, 3, "\tx = \x1b[2J y", HOSTILE, 5, 4),)),),
        notes=(HOSTILE,),
    )  # fmt: skip
    stream = io.StringIO()
    draw(report, Console(file=stream, width=80, force_terminal=False))
    for drawn in (stream.getvalue().rstrip("\n"), to_text(report)):
        assert shown in drawn
        assert all(char.isprintable() for char in drawn.replace("\n", ""))
    assert stream.getvalue().rstrip("\n") == to_text(report, ascii=False)


def test_caret_stands_under_the_expression():
    line = SourceLine("net.py", 7, "\t\tdW = \x07aé漢 @ wrong_delta", "step", 14, 11)
    drawn = to_text(Report("disagrees", (), findings=(Finding("k", "s", lines=(line,)),)))
    source, caret = drawn.splitlines()[3:5]
    place = caret.index("^")
    cells = cell_len(source[: source.index("wrong_delta")])
    assert place == cells
    assert caret.count("^") == len("wrong_delta")


def test_long_source_line_keeps_the_expression_in_sight():
    text = "    total = " + " + ".join(f"term{i}" for i in range(40)) + " - wrong"
    line = SourceLine("net.py", 7, text, "step", text.index("wrong"), 5)
    drawn = to_text(Report("disagrees", (), findings=(Finding("k", "s", lines=(line,)),)))
    source, caret = drawn.splitlines()[3:5]
    assert len(source) <= 80
    assert source[caret.index("^") :].startswith("wrong")


def test_digits_that_differ_can_be_seen():
    report = Report(
        "disagrees",
        (wrong("layers.0.block.attention.W", (512, 512), 0.123456789012, 0.123456789112,
               role="origin", ratio=1 - 8e-10),),
    )  # fmt: skip
    row = to_text(report).splitlines()[3]
    _, analytic, numerical, *_ = row.split()
    assert analytic != numerical
    assert "1-8e-10" in row
    assert len(row) <= 80


def test_large_nets_show_what_is_wrong():
    many = tuple(block(f"layer{i}.W", (2,), 0.1, 0.1) for i in range(60))
    report = Report("disagrees", (*many, wrong("layer60.W", (2,), 0.1, 0.2)))
    drawn = to_text(report)
    assert "60 more parameters agree" in drawn
    assert len(drawn.splitlines()) < 20


def test_many_details_are_counted():
    report = Report(
        "disagrees",
        tuple(wrong(f"layer{i}.W", (3,), 0.1, 0.2, wrong_entries=((0,), (1,))) for i in range(20)),
    )
    assert "  and 8 more parameters like these" in to_text(report).splitlines()


@pytest.mark.parametrize(("blocks", "told"), [(2, True), (3, False)])
def test_blocks_wrong_in_every_entry_need_few_words(blocks, told):
    every = ((0,), (1,))
    report = Report(
        "disagrees",
        tuple(wrong(f"w{i}", (2,), 0.1, 0.2, wrong_entries=every) for i in range(blocks)),
    )
    assert ("both entries wrong" in to_text(report)) is told


def test_several_mistakes_share_what_is_the_same():
    """Those with one way out stand together, a rival behind its finding, and all is told once."""
    net = "The loss is that of a 2-2-1 net."
    sign = Finding("sign", "dZ2 is flipped.", evidence=net, advice="Flip it.", verified=True)
    rival = Finding(
        "scale", "dZ2 is scaled.", evidence=net, advice="Scale it.", verified=True, instead=True
    )
    first, second = (
        Finding(
            "early-reduction", f"{name} is averaged.", evidence=net, advice="Wait.", verified=True
        )
        for name in ("dW1", "dW2")
    )
    report = Report("disagrees", (wrong("w", (2,), 0.1, 0.2),), (first, sign, rival, second))
    lines = [line.strip() for line in to_text(report).splitlines()]
    assert lines[0] == "✗ disagrees  1 of 1 parameter, 3 mistakes"
    expected = [
        "found: dW1 is averaged.",
        "found: dW2 is averaged.",
        "help: Wait. (tried)",
        "",
        "found: dZ2 is flipped.",
        "help: Flip it. (tried)",
        "",
    ]
    assert lines[2:9] == expected
    at = lines.index(f"why    {net}")
    assert lines[at + 1] == "or     dZ2 is scaled: that fits as well."
    lines = [line.strip() for line in to_text(report, verbose=True).splitlines()]
    assert lines[2:12] == [*expected, "or:    dZ2 is scaled.", "help: Scale it. (tried)", ""]
    assert f"why    {net}" in lines
    assert not any(line.startswith("or ") for line in lines)
    elsewhere = SourceLine("net.py", 9, "    dz = -da")
    second = replace(rival, lines=(elsewhere,), diff=("- dz = -da", "+ dz = da"))
    report = replace(report, findings=(first, sign, rival, second))
    told = "or     net.py:9 as dz = da mends it as well. 1 more correction when verbose."
    assert told in [line.strip() for line in to_text(report).splitlines()]


def test_a_correction_that_is_long_is_told_to_its_end():
    right = (
        "delta = " + " + ".join(f"np.dot(weights[{i}], deltas[{i}])" for i in range(4)) + " * sp"
    )
    diff = ("- " + right.removesuffix(" * sp"), "+ " + right)
    finding = Finding("sign", "Flipped.", advice="Flip it.", diff=diff, verified=True)
    text = to_text(Report("disagrees", (wrong("w", (2,), 0.1, 0.2),), (finding,)))
    assert all(len(line) <= 80 for line in text.splitlines())
    told = re.sub(r"\s+", " ", text)
    assert all(f" {change} " in told for change in diff)


def test_of_what_was_tried_the_first_sentence_is_enough():
    long = "tried: all 6 agree at 1. and 2. The loss is that of a net. So it is."
    finding = Finding("sign", "Flipped.", evidence=long, advice="Flip it.", verified=True)
    report = Report("disagrees", (wrong("w", (2,), 0.1, 0.2),), (finding,))
    assert "  why    tried: all 6 agree at 1. and 2.\n  how" in to_text(report)
    assert long in re.sub(r"\s+", " ", to_text(report, verbose=True))
    untried = replace(report, findings=(replace(finding, verified=False),))
    assert long in re.sub(r"\s+", " ", to_text(untried))


def test_many_marked_lines_need_no_caret_where_all_that_is_assigned_is_meant():
    texts = "    a = np.sum(x) / m", "    b = f(y) * 2", "    c += np.sum(z) / m"
    begins, widths = (8, 8, 9), (13, 4, 13)
    source = tuple(
        SourceLine("net.py", 7 + 2 * i, text, "back", begin, width)
        for i, (text, begin, width) in enumerate(zip(texts, begins, widths, strict=True))
    )
    drawn = to_text(Report("disagrees", (), (Finding("k", "s", lines=source),))).splitlines()
    assert drawn[2:7] == [
        "  --> net.py:7 in back",
        "    7 |     a = np.sum(x) / m",
        "    9 |     b = f(y) * 2",
        "      |         ^^^^",
        "   11 |     c += np.sum(z) / m",
    ]
    two = to_text(Report("disagrees", (), (Finding("k", "s", lines=source[:2]),)))
    assert two.count("^") == 13 + 4


def test_deep_source_lines_are_moved_to_the_left():
    """The lines of one excerpt by the same amount, so that it still shows its blocks."""
    deep = SourceLine(
        "net.py", 7, " " * 40 + "d = np.sum(dz, axis=0, keepdims=True) / m", "back", 44, 3
    )
    outer = SourceLine("net.py", 6, " " * 36 + "if last:", "back")
    finding = Finding("early-reduction", "averaged", lines=(outer, deep))
    drawn = to_text(Report("disagrees", (wrong("w", (2,), 0.1, 0.2),), (finding,))).splitlines()
    assert "   6 |     if last:" in drawn
    at = drawn.index("   7 |         d = np.sum(dz, axis=0, keepdims=True) / m")
    assert drawn[at + 1] == "     |             ^^^"


def test_colour_only_repeats_words():
    coloured, uncoloured = io.StringIO(), io.StringIO()
    draw(FLIPPED, Console(file=coloured, width=80, force_terminal=True, color_system="standard"))
    draw(FLIPPED, Console(file=uncoloured, width=80, no_color=True))
    assert "\x1b[1;31m✗ disagrees" in coloured.getvalue()
    assert uncoloured.getvalue() == to_text(FLIPPED, ascii=False) + "\n"


@pytest.mark.parametrize(
    ("text", "ascii", "shown"),
    [
        ("dW1 × 2 – 1", False, "dW1 × 2 – 1"),
        ("dW1 × 2 – 1", True, "dW1 x 2 - 1"),
        ("漢", True, r"\u6f22"),
        ("a\r\nb\ud800", False, r"a\r\nb\ud800"),
    ],
)
def test_plain(text, ascii, shown):  # noqa: A002
    assert plain(text, ascii=ascii) == shown


STEPS = tuple(
    Difference(1e-6 * 8.0**k, 0.25 + 1e-3 * 64.0 ** (k - 3), 1e-9 / 8.0**k) for k in range(-1, 4)
)
CLOSE = Report(
    "disagrees",
    (
        wrong(
            "W",
            (2, 3),
            0.5,
            0.25,
            step=8e-6,
            planned=8e-6,
            ladder=STEPS,
            best=0.25,
            best_error=2e-11,
            wrong_entries=((0, 1), (1, 2)),
            entries=(Entry((0, 1), 3.0, 1.0, 1e-9), Entry((1, 2), 0.0, 0.25, 1e-9)),
            pattern="entries",
        ),
        block("b", (), 0.5, 0.5),
    ),
)


def test_a_closer_look_shows_where_and_why():
    drawn = to_text(CLOSE, verbose=True)
    assert drawn.startswith(to_text(CLOSE).split("\n\n  how")[0])
    assert drawn.split("\n\n")[3:6] == [
        """\
  W (2, 3), analytic - numerical: █ up to 2, ░ less than 0.5, · right
      0
  0   ·+█ ·
  1   · ·-░""",
        """\
  W, slope by step: analytic +0.50000000000, best numerical
  +0.25000000000 ± 2e-11
  step       numerical  noise  off analytic  off best
  1e-7  +0.25000000006   8e-9          0.25   6.0e-11
  1e-6  +0.25000000381   1e-9          0.25    3.8e-9
  8e-6  +0.25000024414  1e-10          0.25    2.4e-7  planned, used
  6e-5  +0.25001562500  2e-11          0.25    1.6e-5
  5e-4  +0.25100000000  2e-12          0.25    1.0e-3""",
        """\
  Short steps drown in the noise of the loss, long ones in truncation. In
  between, slopes agree with each other; a right gradient agrees with them, a
  wrong one with none.""",
    ]
    assert "\n  0   .+# .\n  1   . .-:\n" in to_text(CLOSE, verbose=True, ascii=True)
    drawn = to_text(CLOSE, verbose=True, width=50)
    assert "\n  8e-6  +0.25000024414          0.25    2.4e-7\n" in drawn
    drawn = to_text(CLOSE, verbose=True, width=40)
    assert "\n  8e-6          0.25    2.4e-7\n" in drawn


@pytest.mark.parametrize("width", range(40, 60))
def test_the_ruler_of_a_long_vector_stays_on_the_page(width):
    long = wrong("W", (9000,), 0.5, 0.25, wrong_entries=((7,),), entries=(Entry((7,), 1, 0, 0),))
    lines = to_text(Report("disagrees", (long,)), verbose=True, width=width).splitlines()
    ruler = next(line for line in lines if line.split()[:1] == ["0"])
    assert len(ruler) <= width
    assert len(ruler.split()) >= 3


def test_the_origin_is_looked_at_before_what_inherits():
    blocks = [
        wrong(f"{i}.W", (2,), 0.5, 0.25, ladder=STEPS, role="origin" if i == 5 else "inherited")
        for i in range(9)
    ]
    drawn = to_text(Report("disagrees", tuple(blocks)), verbose=True)
    looked_at = re.findall(r"^  (\S+), slope by step", drawn, re.MULTILINE)
    assert looked_at == ["5.W", "8.W", "7.W", "6.W"]
    assert "\n  5 more parameters are not drawn\n" in drawn


def test_where_all_is_right_the_slopes_are_shown_too():
    right = block("W", (2,), 0.25, 0.25, ladder=STEPS, planned=8e-6)
    drawn = to_text(Report("agrees", (right,)), verbose=True)
    assert "W, slope by step" in drawn
    assert "✓ agrees" in drawn.split("\n\n")[1]
    assert "slope by step" not in to_text(Report("agrees", (right,)))


# Any report at all: no line over the width, no trailing blank, no control character, no crash.

texts = st.text(max_size=60) | st.sampled_from(
    ["layer1.W", "b", HOSTILE, "漢字" * 20, "x" * 90, ""]
)
numbers = st.floats() | st.floats(-2, 2)
positives = st.floats(0, 1e300) | st.just(math.nan) | st.floats(1e-14, 1e-2)
indices = st.lists(st.integers(0, 99), max_size=3).map(tuple)
entries = st.builds(Entry, indices, numbers, numbers, positives)
verdicts = st.sampled_from(["agrees", "disagrees", "inconclusive"])
fractions = st.tuples(*[st.floats(0, 1)] * 3)
shapes = st.lists(st.integers(0, 9999), max_size=4).map(tuple)


def measured(shape):
    """Entries of a block of this shape."""
    inside = st.tuples(*(st.integers(0, max(n - 1, 0)) for n in shape))
    return st.lists(st.builds(Entry, inside, numbers, numbers, positives), max_size=9).map(tuple)


FACTS = {
    "name": texts,
    "layer": texts,
    "parameter": texts,
    "verdict": verdicts,
    "reason": texts,
    "analytic": numbers,
    "numerical": numbers,
    "error": positives,
    "step": positives,
    "planned": positives,
    "ladder": st.lists(
        st.builds(Difference, positives, numbers, positives, st.none() | numbers), max_size=9
    ).map(tuple),
    "best": st.none() | numbers,
    "best_error": st.none() | positives,
    "ratio": st.none() | numbers,
    "detectable": st.none() | positives | st.just(math.inf),
    "worst": st.none() | entries,
    "wrong_entries": st.lists(indices, max_size=12).map(tuple),
    "wrong_fraction": st.none() | fractions,
    "pattern": st.sampled_from(["", "entries", "dense", "row 3", "column 2"]),
    "role": st.sampled_from(["", "origin", "inherited", "unknown"]),
    "aliases": st.lists(texts, max_size=2).map(tuple),
    "notes": st.lists(texts, max_size=2).map(tuple),
}
blocks = shapes.flatmap(
    lambda shape: st.builds(Block, shape=st.just(shape), entries=measured(shape), **FACTS)
)
source_lines = st.builds(
    SourceLine,
    st.sampled_from(["net.py", "", "漢字.py", "\x1b[31m.py"]),  # longer ones are never broken
    st.integers(1, 99999),
    texts,
    texts,
    st.none() | st.integers(0, 120),
    st.integers(0, 200),
)
findings = st.builds(
    Finding, texts, texts, texts, texts, texts, st.lists(source_lines, max_size=4).map(tuple),
    st.booleans(),
)  # fmt: skip
reports = st.builds(
    Report,
    verdicts,
    st.lists(blocks, max_size=6).map(tuple),
    st.lists(findings, max_size=3).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
    loss=numbers,
    noise=positives,
    evaluations=st.integers(0, 10**9),
    gradient_calls=st.integers(0, 100),
    seconds=st.floats(0, 1e5),
    seed=st.integers(0, 2**64),
)


@given(
    reports, st.integers(40, 120), st.booleans(), st.sampled_from([None, True, False]),
    st.booleans(),
)  # fmt: skip
def test_any_report_fits_the_page(report, width, ascii, table, verbose):  # noqa: A002
    drawn = to_text(report, width=width, ascii=ascii, table=table, verbose=verbose)
    for line in drawn.split("\n"):
        assert cell_len(line) <= width
        assert line == line.rstrip()
        assert line.isprintable()
        assert not ascii or line.isascii()


@pytest.mark.parametrize("instead", [False, True])
def test_a_place_is_never_broken(instead, tmp_path, monkeypatch):
    file = tmp_path / ("a folder of such a name" * 4) / "my_net.py"
    lines = (SourceLine(str(file), 12, "dz = d @ W", "backward"),)
    more = {"instead": True, "diff": ("- dz = d @ W", "+ dz = d @ W.T")} if instead else {}
    first = (Finding("sign", "A sign.", verified=True),) * instead
    found = (*first, Finding("transpose", "A transpose.", lines=lines, **more))
    report = Report("disagrees", FLIPPED.blocks, findings=found)
    deep = tmp_path.joinpath(*"x" * 80)  # from where no way is shorter than the whole
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert f"{'or     ' if instead else '--> '}{file}:12" in to_text(report)
    monkeypatch.chdir(file.parents[1])
    assert f" {file.relative_to(tmp_path)}:12" in to_text(report)
    (tmp_path / "beside").mkdir()
    monkeypatch.chdir(tmp_path / "beside")
    assert f" ../{file.relative_to(tmp_path)}:12" in to_text(report)


def test_an_agreement_at_a_kink_says_so_where_its_slopes_stand():
    told = (AT_KINK, "Found at a second point; the first look agreed.")
    kink = block("W", (2,), -1e-33, -0.103043, notes=told, aliases=("V",))
    drawn = to_text(Report("agrees", (kink, block("b", (2,), 1.0, 1.0))), table=True)
    assert re.search(r"^  W .*  ✓ agrees \(kink\)$", drawn, re.MULTILINE)
    assert re.search(r"^  b .*  ✓ agrees$", drawn, re.MULTILINE)
    assert "the same array as V; the point is at a kink;" in drawn
    assert "; found at a second point" in drawn


@pytest.mark.parametrize("reason", ["budget", "interrupted"])
def test_what_was_not_come_to_is_told_once(reason):
    nothing = dict.fromkeys(("analytic", "numerical", "error"), math.nan)
    undone = [
        Block(name, "", name, (2,), "inconclusive", reason=reason, **nothing) for name in "abc"
    ]
    drawn = to_text(Report("inconclusive", tuple(undone)))
    assert "nan" not in drawn
    assert drawn.count("spent") + drawn.count("interrupted") == 1
    assert drawn.count("max_evaluations") == (reason == "budget")


def test_names_that_would_be_cut_to_the_same_keep_what_tells_them_apart():
    names = [f"layers.0.neurons.{i}.weights.{k}.data" for i in range(2) for k in range(2)]
    blocks = tuple(wrong(name, (1,), -1.5e-7, 2.5e-7, ratio=-0.6) for name in names)
    for width in (60, 80):
        told = to_text(Report("disagrees", blocks), width=width)
        shown = [line.split()[0] for line in told.splitlines() if line.startswith("  l")]
        assert len({*shown}) == len(names)


@pytest.mark.parametrize(
    ("fraction", "pattern", "told"),
    [
        ((0.41, 0.3, 0.52), "dense", "dense, about 41 % (30-52 %) of the entries wrong"),
        ((0.03, 0.02, 0.034), "column 3", "about 3 % (2-3 %) of the entries wrong, column 3"),
        ((0.002, 0.0018, 0.0021), "row 7", "about 0.2 % of the entries wrong, row 7"),
        ((0.1, 0.05, 0.2), "entries", "about 10 % (5-20 %) of the entries wrong"),
        ((0.0, 0.0, 0.12), "entries", "at most 12 % of the entries wrong"),
    ],
)
def test_the_share_of_wrong_entries_is_that_of_the_array(fraction, pattern, told):
    one = wrong("W", (100, 100), 0.5, 0.25, wrong_fraction=fraction, pattern=pattern)
    assert words_of(one, (), Page(200)).replace(JOINED, " ") == told
