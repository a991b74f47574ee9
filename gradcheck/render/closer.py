"""A closer look, as text: where a matrix is wrong, and the slopes that its verdict rests on."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from ..report import Block, Report
from .digits import count, size
from .heat import heat
from .page import JOINED, Page
from .steps import heading, table
from .words import looked_at

ROWS = 24  # of a map
RULER = 5  # every so many columns of a map have their index above them

RIGHT, SHADES = "·", "░▒▓█"
ASCII_RIGHT, ASCII_SHADES = ".", ":oO#"
STYLES = {"+": "red", "-": "cyan"}

LEGEND = (
    "Short steps drown in the noise of the loss, long ones in truncation. In between, slopes agree "
    "with each other; a right gradient agrees with them, a wrong one with none."
)


def closer(report: Report, page: Page) -> Iterator[list[Text]]:
    """For the blocks that matter most, a map and a table each; sections of lines."""
    blocks, more = looked_at(report)
    for block in blocks:
        yield list(_map(block, page))
        yield list(_steps(block, page))
    if any(block.ladder for block in blocks):
        yield page.paragraph(LEGEND, first="  ", hang=2)
    if more:
        yield [Text(f"  {count(more, 'more parameter')} {'is' if more == 1 else 'are'} not drawn")]


# -- the map ---------------------------------------------------------------------------------------


def _map(block: Block, page: Page) -> Iterator[Text]:
    """Rows and columns as they stand in the array, with the sign and size of each discrepancy."""
    room = len(str(block.shape[:-1])) - 2  # for the names of rows, at most
    field = heat(block, rows=ROWS, columns=(page.width - room - 4) // 2)
    if field is None:
        return
    column = max(map(len, field.names))
    right, shades = (ASCII_RIGHT, ASCII_SHADES) if page.ascii else (RIGHT, SHADES)
    largest = abs(field.largest)
    of = f"{page.clean(block.name)} {block.shape}, analytic - numerical"
    clauses = [f"{of}: {shades[-1]} up to {size(largest)}"]
    clauses += [f"{shades[0]} less than {size(largest / 4)}", f"{right} right"]
    if any(cell.value is None for row in field.cells for cell in row):
        clauses.append("blank not measured")
    if field.height * field.width > 1:
        clauses.append(f"a mark is the worst of {field.height} x {field.width} entries")
    told = ", ".join([clauses[0], *(clause.replace(" ", JOINED) for clause in clauses[1:])])
    yield from page.paragraph(told, first="  ", hang=2)
    ruler = ""
    for at in range(0, len(field.cells[0]), RULER):
        longer = f"{ruler:<{2 * at}}{at * field.width}"
        ruler = longer if column + 5 + len(longer) <= page.width else ruler
    yield Text(f"  {'':{column}}   {ruler}", style="dim")
    for name, row in zip(field.names, field.cells, strict=True):
        line = Text(f"  {name:>{column}}  ")
        for cell in row:
            line.append(*_mark(cell.value, right, shades))
        line.rstrip()
        yield line


def _mark(value: float | None, right: str, shades: str) -> tuple[str, str]:
    """Two columns for one cell, and their style."""
    if value is None:
        return "  ", ""
    if value == 0:
        return f" {right}", "dim"
    sign = "+" if value > 0 else "-"
    return sign + shades[min(int(abs(value) * len(shades)), len(shades) - 1)], STYLES[sign]


# -- the table -------------------------------------------------------------------------------------


def _steps(block: Block, page: Page) -> Iterator[Text]:
    """The slope at each step, what noise can have done to it, and how far off it is."""
    rows = table(block)
    if len(rows) < 3:
        return
    told = f"{page.clean(block.name)}, {heading(block, f'{JOINED}{page.plus_minus}{JOINED}')}"
    yield from page.paragraph(told, first="  ", hang=2)
    marks = [row.pop() for row in rows]
    for column in ("noise", "numerical"):  # what a narrow page can do without
        if sum(max(map(len, cells)) + 2 for cells in zip(*rows, strict=True)) > page.width:
            at = rows[0].index(column)
            rows = [[*row[:at], *row[at + 1 :]] for row in rows]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for number, (row, mark) in enumerate(zip(rows, marks, strict=True)):
        cells = (f"  {cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        line = "".join(cells)
        line += f"  {mark}" if mark and len(line) + len(mark) + 2 <= page.width else ""
        yield Text(line, "bold" if mark else "" if number else "dim")
