"""Letters for paper and pictures: DejaVu Sans Condensed 2.37, Latin, Greek, Cyrillic and common signs.

Cut down by `fonttools` from the files that the DejaVu project published, to a quarter of their size:

    pyftsubset DejaVuSansCondensed.ttf --output-file=REGULAR --no-hinting --desubroutinize --layout-features= \\
        --unicodes=U+0020-007E,U+00A0-052F,U+1E00-1FFF,U+2000-206F,U+20A0-20BF,U+2100-214F,U+2190-2199,U+2212,U+25A0-25A1

The licence (Bitstream Vera's, whose names these are not; DejaVu's changes are in the public domain) lies beside them.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["BOLD", "REGULAR"]

REGULAR, BOLD = (Path(__file__).parent / f"DejaVuSansCondensed{weight}.ttf" for weight in ("", "-Bold"))
