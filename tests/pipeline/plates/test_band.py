"""The euro band read as part of the plate."""

from __future__ import annotations

import pytest

from pipeline.plates.band import strip_band


@pytest.mark.parametrize(
    ("text", "plate", "country"),
    [
        ("B1ABC234", "1ABC234", "BE"),
        ("FAB123CD", "AB123CD", "FR"),
        ("NL12GBK3", "12GBK3", "NL"),
        ("DWOBAB123", "WOBAB123", "DE"),
        ("CZ1AB2345", "1AB2345", "CZ"),
        ("PLWA12345", "WA12345", "PL"),
        ("SKRK755AJ", "RK755AJ", "SK"),
        ("ROCJ12XYZ", "CJ12XYZ", "RO"),
        ("GBYK12CDE", "YK12CDE", "GB"),
    ],
)
def test_a_band_before_a_plate_of_its_country_goes(text: str, plate: str, country: str) -> None:
    assert strip_band(text) == (plate, country)


@pytest.mark.parametrize(
    "text",
    [
        "BABC123",  # German as it is: BA-BC 123
        "B123ABC",  # Bucharest
        "LBA1234",  # an old Czech one
        "B12",  # the rest is no series in use
        "F1ABC234",  # the rest is no French plate
        "1ABC234",
        "NL",
        "B",
        "",
        "7OKTOBR",
    ],
)
def test_all_else_stays(text: str) -> None:
    assert strip_band(text) == (text, None)
