"""Letters that are kept here are those that were cut, with their licence, and have the scripts that they are for."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path

import pytest
from fpdf import FPDF
from fpdf.fonts import TTFFont

import console.fonts
from console.fonts import BOLD, REGULAR

FOLDER = Path(console.fonts.__file__).parent


def test_what_is_kept_is_what_was_cut() -> None:
    lines = (FOLDER / "SHA256SUMS").read_text().splitlines()
    told = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = [file for file in FOLDER.iterdir() if file.suffix == ".ttf" or file.name == "LICENSE"]
    assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files} == told
    assert "Bitstream" in (FOLDER / "LICENSE").read_text()


@pytest.mark.parametrize("path", [REGULAR, BOLD], ids=lambda path: path.stem)
def test_it_has_the_letters_of_europe(path: Path) -> None:
    paper = FPDF()
    paper.add_font("kept", "", path)
    font = paper.fonts["kept"]
    assert isinstance(font, TTFFont)
    known = font.cmap
    font.close()
    blocks = (range(0x20, 0x7F), range(0xA0, 0x180), range(0x386, 0x3CF), range(0x400, 0x460), (ord("€"), ord("□")))
    lacking = [
        chr(one) for block in blocks for one in block if one not in known and unicodedata.category(chr(one)) != "Cn"
    ]
    assert lacking == []
