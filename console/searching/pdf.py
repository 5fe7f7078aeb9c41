"""A table on paper, and how text gets there: the built-in fonts know the letters of western Europe only."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from fpdf import FPDF
from fpdf.enums import XPos, YPos

__all__ = ["Paper", "pdf_table", "printable"]

FOR_PAPER = str.maketrans(
    {"–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "€": "EUR", "œ": "oe", "Œ": "OE"}
    | dict(zip("ŁłĐđı", "LlDdi", strict=True))
)
ROW_MM, HEAD_MM = 5.5, 6.5


class Paper(FPDF):
    """A4 with a foot on each page: what is given, and page of pages."""

    def __init__(self, foot: str, *, landscape: bool = False) -> None:
        super().__init__("landscape" if landscape else "portrait", "mm", "A4")
        self._foot = printable(foot)
        self.set_auto_page_break(auto=True, margin=15)
        self.set_draw_color(190)
        self.set_font("helvetica", size=9)
        self.add_page()

    def footer(self) -> None:
        """Called by the library at each page's end."""
        self.set_y(-12)
        self.set_font("helvetica", size=8)
        self.cell(0, 5, f"{self._foot}, page {self.page_no()} of {{nb}}", align="C")

    def line_of(self, text: str, *, size: float = 9, bold: bool = False) -> None:
        """A paragraph over the whole width."""
        self.set_font("helvetica", "B" if bold else "", size)
        self.multi_cell(0, size * 0.5, printable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def bytes_of(self) -> bytes:
        """The document."""
        return bytes(self.output())


def printable(text: str) -> str:
    """The text in Latin-1: a letter with a mark that it lacks loses the mark, what is left becomes `?`."""
    plain = text.translate(FOR_PAPER)
    return "".join(char if ord(char) < 256 else _bare(char) for char in plain)


def _bare(char: str) -> str:
    bare = unicodedata.normalize("NFKD", char)[0]
    return bare if ord(bare) < 256 else "?"


def pdf_table(
    title: str, above: Sequence[str], foot: str, heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> bytes:
    """Landscape A4: a title, some lines, and a table whose head is on each page, columns as wide as their texts."""
    paper = Paper(foot, landscape=True)
    paper.set_title(printable(title))
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
    paper.set_font("helvetica", "B" if bold else "", 8)
    for text, width in zip(texts, widths, strict=True):
        paper.cell(width, HEAD_MM if bold else ROW_MM, _fitting(paper, printable(text), width - 2), border="B")
    paper.ln()


def _fitting(paper: Paper, text: str, width: float) -> str:
    """The text, shortened to the width if need be."""
    while text and paper.get_string_width(text) > width:
        text = text[: -4 if text.endswith("...") else -1].rstrip(".") + ("..." if len(text) > 4 else "")
    return text
