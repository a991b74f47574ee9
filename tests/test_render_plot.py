"""plot.py: what the pictures show, read off their axes."""

import math
import sys

import numpy as np
import pytest

from gradcheck import check_gradients
from gradcheck.report import Block, Entry, Report

pytest.importorskip("matplotlib", reason="matplotlib is not installed: no pictures are drawn")


@pytest.fixture(scope="module")
def report():
    """A wrong matrix, and a right vector, of a loss that is no polynomial."""
    rng = np.random.default_rng(0)
    W, b = rng.normal(size=(2, 5)), rng.normal(size=3)

    def loss():
        return float(np.sin(W).sum() + np.exp(b).sum())

    def grads():
        wrong = np.cos(W)
        wrong[1] *= -1
        return {"W": wrong, "b": np.exp(b)}

    return check_gradients(loss, {"W": W, "b": b}, grads, details=True, explain=False)


def panels(figure):
    return {axes.get_title(): axes for axes in figure.axes if axes.get_title()}


def lines(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def test_a_wrong_matrix_is_drawn_as_it_stands(report):
    axes = panels(report.plot())["W (2, 5): analytic - numerical"]
    (image,) = axes.get_images()
    cells = np.asarray(image.get_array())
    assert cells.shape == (2, 5)
    assert not cells[0].any()
    gaps = [entry.discrepancy for entry in report["W"].entries if entry.index[0] == 1]
    np.testing.assert_allclose(cells[1], gaps)
    assert image.get_clim() == (-max(map(abs, gaps)), max(map(abs, gaps)))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "1"]


def test_the_v_of_noise_and_truncation(report):
    block = report["W"]
    drawn = lines(panels(report.plot())["W (2, 5): slope by step"])
    steps, gaps = drawn["central difference"].get_data()
    assert list(steps) == [rung.step for rung in block.ladder]
    expected = [abs(rung.numerical - block.best) for rung in block.ladder]
    np.testing.assert_allclose(gaps, [gap or math.nan for gap in expected])
    assert set(drawn["planned"].get_xdata()) == {block.planned}
    off = abs(block.analytic - block.best)
    assert set(drawn["your gradient: disagrees"].get_ydata()) == {off}
    low, high = panels(report.plot())["W (2, 5): slope by step"].get_ylim()
    assert low < np.nanmin(gaps)
    assert high > off


def test_truncation_is_drawn_beside_straight_lines_of_slopes_2_and_4(report):
    axes = panels(report.plot())["W (2, 5): slope by step"]
    assert [text.get_text() for text in axes.texts] == ["slope 2", "slope 4"]
    straight = [line.get_data() for line in axes.get_lines() if line.get_color() == "black"]
    orders = [np.diff(np.log(y))[0] / np.diff(np.log(x))[0] for x, y in straight if x[0] < x[-1]]
    assert orders == pytest.approx([2, 4])
    for line, order in (("central difference", 2), ("extrapolated", 4)):
        x, y = (np.asarray(values) for values in lines(axes)[line].get_data())
        seen = y > 20 * np.array([rung.error for rung in report["W"].ladder])  # truncation alone
        growth = np.polyfit(np.log(x[seen]), np.log(y[seen]), 1)[0]
        assert growth == pytest.approx(order, abs=0.2)


def test_where_all_is_right_every_block_has_its_curve():
    w, b = np.ones(2), np.ones(3)
    right = check_gradients(lambda: float((w**2).sum() + (b**3).sum()), [w, b], [2 * w, 3 * b**2])
    assert set(panels(right.plot())) == {"0 (2,): slope by step", "1 (3,): slope by step"}


def test_losses_are_drawn_when_they_are_given(report):
    axes = panels(report.plot(curves={"right": [3.0, 2.0, 1.0], "wrong": [3.0, 4.0]}))["loss"]
    drawn = lines(axes)
    assert list(drawn["right"].get_ydata()) == [3.0, 2.0, 1.0]
    assert list(drawn["wrong"].get_ydata()) == [3.0, 4.0]


def test_a_figure_can_be_given_and_saved(report, tmp_path):
    from matplotlib.figure import Figure

    def drawn_by_pyplot():
        pyplot = sys.modules.get("matplotlib.pyplot")
        return pyplot.get_fignums() if pyplot else []

    before = drawn_by_pyplot()
    figure = Figure()
    assert report.plot(figure=figure) is figure
    for suffix in ("png", "svg", "pdf"):
        figure.savefig(tmp_path / f"report.{suffix}")
        assert (tmp_path / f"report.{suffix}").stat().st_size > 5_000
    assert drawn_by_pyplot() == before


@pytest.mark.parametrize(
    "strange",
    [
        Report("agrees", ()),
        Report("inconclusive", (Block("x", "", "x", (), "inconclusive"),)),
        Report(
            "disagrees",
            (
                Block(
                    "$x_$\x1b[31m\\frac", "", "x", (90, 200), "disagrees", analytic=math.nan,
                    entries=(Entry((3, 7), 1.0, 2.0, 1e-9),),
                ),
            ),
        ),
    ],
    ids=["nothing", "nothing measured", "no formula"],
)  # fmt: skip
def test_whatever_a_report_holds_can_be_drawn(strange, tmp_path):
    strange.plot().savefig(tmp_path / "report.png")


def test_without_matplotlib_it_says_what_to_install(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ModuleNotFoundError) as refused:
        report.plot()
    assert str(refused.value) == (
        "plot: expected matplotlib, got no such module. Install it: pip install 'gradcheck[plot]'"
    )
