"""A few real photographs, where the evaluation folder lies beside the repository."""

import csv
from pathlib import Path

import pytest

from pipeline.vision.decode import decode_image
from pipeline.vision.protocols import Engine

PHOTOS = Path(__file__).resolve().parents[4] / "shared" / "data" / "eu-odd"
FOLD = str.maketrans("OIBSZ", "01852")


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="the photographs shared/data/eu-odd are not beside this repository")
def test_photographs_are_read(engine: Engine) -> None:
    rows = list(csv.DictReader((PHOTOS / "labels.csv").read_text("utf-8").splitlines()))[::9]
    found = [_is_read(engine, row) for row in rows]
    assert len(found) == 6
    assert sum(found) >= 5


def _is_read(engine: Engine, row: dict[str, str]) -> bool:
    frame = decode_image((PHOTOS / row["file"]).read_bytes())
    return row["plate"].translate(FOLD) in {p.text.translate(FOLD) for p in engine.read(frame)}
