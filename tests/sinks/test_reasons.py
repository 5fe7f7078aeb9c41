"""What is a reason and what is none; each refusal says what to write instead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.clickhouse.reasons import checked_reason
from sinks.clickhouse.refusal import SearchRefused


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("", "reason_missing"),
        (" \n\t", "reason_missing"),
        ("?!... --- ,,,", "reason_missing"),
        ("1ABC234", "reason_plate"),
        ("1-abc-234", "reason_plate"),
        ("plate 1 ABC 234", "reason_plate"),
        ("1ABC234 1ABC234 1ABC234", "reason_plate"),
        ("x", "reason_short"),
        ("stolen", "reason_short"),
        ("a b c d e f", "reason_short"),
        ("12345678 9", "reason_short"),
        ("test test", "reason_repeated"),
        ("check check check check", "reason_repeated"),
        ("stolen car stolen car stolen car stolen car", "reason_repeated"),
        ("asdf qwer", "reason_noise"),
        ("azerty qsdfgh", "reason_noise"),
        ("xxxxxxx yyyyyyy", "reason_noise"),
        ("lkjhgf dsq sdfghjk", "reason_noise"),
        ("bcdfghjklm prtsvwxzq", "reason_noise"),
        ("hahahaha lolololo", "reason_noise"),
        ("car seen " * 200, "reason_long"),
        ("hit and run <script>alert(1)</script>", "reason_markup"),
        ("hit and run </b>", "reason_markup"),
    ],
)
def test_what_says_nothing_is_refused_with_guidance(reason: str, code: str) -> None:
    with pytest.raises(SearchRefused) as refused:
        checked_reason(reason, "1ABC234")
    assert refused.value.code == code
    assert "what happened" in str(refused.value) or "say it in 1000" in str(refused.value)


@pytest.mark.parametrize(
    "reason",
    [
        "Hit and run in the Rue Neuve",
        "stolen car seen",
        "vol à main armée",
        "verdwenen persoon, laatst gezien in Gent",
        "Disparition inquiétante d'un mineur",
        "theft of a bicycle, theft of a car, theft of a purse at the market",
        "Angstschreie aus einem Lieferwagen gemeldet",
        "1ABC234 left the scene of an accident",
        "drove > 160 km/h where < 90 is allowed",
        "inbraak Kerkstraat 12, PV BR.11.L1.012345/2026",
    ],
)
def test_what_a_colleague_would_understand_passes(reason: str) -> None:
    assert checked_reason(f"  {reason}\n", "1ABC234") == reason


@given(st.text(max_size=1200), st.text(alphabet="ABC123?*", max_size=12))
def test_any_text_passes_or_is_refused_with_a_code(reason: str, pattern: str) -> None:
    code, passed = "", ""
    try:
        passed = checked_reason(reason, pattern)
    except SearchRefused as refused:
        code = refused.code
    assert code.startswith("reason_") or 8 <= len(passed) <= 1000


@given(st.text(alphabet="ABCDEFGH12345678", min_size=1, max_size=10), st.sampled_from(["", " ", "-", "."]))
def test_no_way_to_write_the_plate_is_a_reason(plate: str, between: str) -> None:
    with pytest.raises(SearchRefused):
        checked_reason(between.join(plate.lower()), plate)
