"""A table on paper, in letters of Latin, Greek and Cyrillic: names and reasons come out as they were written.

The letters are DejaVu's (`console/fonts`); a document holds those that it uses, and no others. What the font has not is
drawn as a box, and the foot of the page says what a box means: nothing is left out unseen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Sequence

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from console.fonts import BOLD, REGULAR

__all__ = ["BOX", "Paper", "pdf_table"]

FONT = "dejavu"
BOX = "□"
BOX_MEANS = f"{BOX}: a character that is not printed here"
ROW_MM, HEAD_MM = 5.5, 6.5


class Paper(FPDF):
    """A4 with a foot on each page: what is given, and page of pages."""

    def __init__(self, foot: str, *, landscape: bool = False) -> None:
        super().__init__("landscape" if landscape else "portrait", "mm", "A4")
        self._foot = foot
        self._boxed = False
        self.add_font(FONT, "", REGULAR)
        self.add_font(FONT, "B", BOLD)
        self.set_auto_page_break(auto=True, margin=15)
        self.set_draw_color(190)
        self.plain()
        self.add_page()

    def plain(self, size: float = 9, *, bold: bool = False) -> None:
        """The letters of what follows."""
        self.set_font(FONT, "B" if bold else "", size)

    def normalize_text(self, text: str) -> str:
        """Called by the library with every text that it writes or measures."""
        assert isinstance(self.current_font, TTFFont)  # `plain` is the only way to set one
        shown = _printable(text, self.current_font.cmap)
        self._boxed = self._boxed or (BOX in shown and BOX not in text)
        return str(super().normalize_text(shown))

    def footer(self) -> None:
        """Called by the library at each page's end."""
        self.set_y(-12)
        self.plain(8)
        boxes = f". {BOX_MEANS}" if self._boxed else ""
        self.cell(0, 5, f"{self._foot}, page {self.page_no()} of {{nb}}{boxes}", align="C")

    def line_of(self, text: str, *, size: float = 9, bold: bool = False) -> None:
        """A paragraph over the whole width."""
        self.plain(size, bold=bold)
        self.multi_cell(0, size * 0.5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def bytes_of(self) -> bytes:
        """The document."""
        return bytes(self.output())


def _printable(text: str, known: Container[int]) -> str:
    """The text in characters that the font has: composed, where a letter and its mark come apart; else a box."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(char if ord(char) in known or char in "\n\r\t" else BOX for char in composed)


def pdf_table(
    title: str, above: Sequence[str], foot: str, heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> bytes:
    """Landscape A4: a title, some lines, and a table whose head is on each page, columns as wide as their texts."""
    paper = Paper(foot, landscape=True)
    paper.set_title(title)
    paper.line_of(title, size=14, bold=True)
    for line in above:
        paper.line_of(line)
    paper.ln(2)
    if not rows:
        paper.line_of("Nothing was found.")
        return paper.bytes_of()
    widths = _widths(paper, heads, rows)
    _row(paper, heads, widths, bold=True)
    for row in rows:
        if paper.will_page_break(ROW_MM):
            paper.add_page()
            _row(paper, heads, widths, bold=True)
        _row(paper, row, widths)
    return paper.bytes_of()


def _widths(paper: Paper, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[float]:
    """Shares of the page by the longest of the first texts in each column."""
    longest = [max(len(heads[at]), *(len(row[at]) for row in rows[:200]), 4) for at in range(len(heads))]
    capped = [min(length, 40) for length in longest]
    return [paper.epw * length / sum(capped) for length in capped]


def _row(paper: Paper, texts: Sequence[str], widths: Sequence[float], *, bold: bool = False) -> None:
    paper.plain(8, bold=bold)
    for text, width in zip(texts, widths, strict=True):
        paper.cell(width, HEAD_MM if bold else ROW_MM, _fitting(paper, text, width - 2), border="B")
    paper.ln()


def _fitting(paper: Paper, text: str, width: float) -> str:
    """The text, shortened to the width if need be."""
    while text and paper.get_string_width(text) > width:
        text = text[: -4 if text.endswith("...") else -1].rstrip(".") + ("..." if len(text) > 4 else "")
    return text
