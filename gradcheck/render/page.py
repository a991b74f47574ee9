"""The page to draw on: its width, its alphabet, and foreign text made harmless."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console
from rich.text import Text

NARROWEST, WIDEST = 40, 100
JOINED = "\N{NO-BREAK SPACE}"  # in our own sentences: a blank at which no line is broken
WHOLE = "\N{WORD JOINER}"  # before a word that is never broken, as what is clicked or copied
MARKS = {"agrees": "✓", "disagrees": "✗", "inconclusive": "?"}
ASCII_MARKS = {"agrees": "ok", "disagrees": "x", "inconclusive": "?"}
_TO_ASCII = str.maketrans(
    {"✓": "ok", "✗": "x", "±": "+-", "…": "...", "→": "->", "×": "x", "·": "*"}
    | dict.fromkeys("\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}", "-")
    | dict.fromkeys("\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}", "'")
    | dict.fromkeys("\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}", '"')
)


@dataclass(frozen=True, slots=True)
class Page:
    """What the drawing has to fit: a number of columns and an alphabet."""

    width: int = 80
    ascii: bool = False

    @classmethod
    def of(cls, console: Console) -> Page:
        width = max(min(console.width, WIDEST), NARROWEST)
        return cls(width, ascii=not takes_marks(console.encoding))

    def mark(self, verdict: str) -> str:
        return (ASCII_MARKS if self.ascii else MARKS)[verdict]

    def clean(self, text: str) -> str:
        return plain(text, ascii=self.ascii)

    def whole(self, word: str) -> str:
        """A foreign word that is never broken, whatever blanks are in it."""
        return WHOLE + self.clean(word).replace(" ", JOINED)

    @property
    def plus_minus(self) -> str:
        return "+-" if self.ascii else "±"

    @property
    def cut(self) -> str:
        return "..." if self.ascii else "…"

    def shorten(self, text: str, width: int) -> str:
        """Text cut in the middle to a number of cells: both ends of a name tell something."""
        if cell_len(text) <= width:
            return text
        room = width - len(self.cut)
        tail = text
        while cell_len(tail) > room // 2:
            tail = tail[1:]
        return set_cell_size(text, room - cell_len(tail)).rstrip() + self.cut + tail

    def paragraph(self, text: str, *, first: str = "", hang: int = 0) -> list[Text]:
        """Text wrapped to the page; `first` stands before it, later lines hang `hang` columns.

        A first that is longer than the hang gets a line of its own if it must.
        """
        blank = " " * min(hang, self.width // 2)
        lines = [first]
        empty = True  # is there only the indent on the last line?
        for word in filter(None, text.split(" ")):
            gap = "" if empty else " "
            fits = cell_len(lines[-1] + gap + word) <= self.width
            if fits or (empty and word.startswith(WHOLE)):
                lines[-1] += gap + word
            else:
                room = self.width - len(blank)
                pieces = [word] if word.startswith(WHOLE) else chop_cells(word, room)
                if empty and not lines[-1].strip():
                    lines.pop()
                lines += [blank + piece for piece in pieces]
            empty = False
        return [Text(unbroken(line).rstrip()) for line in lines]

    def labelled(self, label: str, text: str) -> list[Text]:
        lines = self.paragraph(text, first=f"  {label:<5}  ", hang=9)
        lines[0].stylize("bold", 0, 2 + len(label))
        return lines


def plain(text: str, *, ascii: bool) -> str:  # noqa: A002
    """Foreign text made harmless: what cannot be printed is shown as Python escapes it."""
    if ascii:
        text = text.translate(_TO_ASCII)
    return "".join(
        char
        if char.isprintable() and (char.isascii() or not ascii)
        else char.encode("unicode_escape").decode()
        for char in text
    )


def unbroken(text: str) -> str:
    """Our own sentences for a page that breaks its lines itself."""
    return text.replace(JOINED, " ").replace(WHOLE, "")


def takes_marks(encoding: str | None) -> bool:
    """Can this encoding write a ✗? If not, the drawing is plain ASCII."""
    try:
        "✓✗±…".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def put(console: Console, lines: Iterable[Text]) -> None:
    """Print lines that are wrapped already."""
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def headed(console: Console, word: str, text: str) -> None:
    """Print a line about the whole: a word, and what it is."""
    page = Page.of(console)
    put(console, page.paragraph(page.clean(text), first=f"{word:<9}", hang=9))
