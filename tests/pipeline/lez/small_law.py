"""A law file as small as one can be, for tests that break it in one place."""

from __future__ import annotations

from typing import get_args

from pipeline.lez.model import Kind
from schemas.lez import Fuel

KINDS = ", ".join(get_args(Kind))
FUELS = ", ".join(fuel for fuel in get_args(Fuel) if fuel != "diesel")
TEXT = f"""\
zone: smallville
names: {{en: Smallville, fr: Petiteville, nl: Kleinstad}}
timezone: Europe/Brussels
home: BE
begins: 2020-01-01
known_from: 2019-01-01
sources:
  decree: {{title: The decree}}
subjects:
  diesel: {{kinds: [{KINDS}], fuels: [diesel], names: {{en: Diesel, fr: Diesel, nl: Diesel}}}}
  rest: {{kinds: [{KINDS}], fuels: [{FUELS}], names: {{en: Rest, fr: Autres, nl: Rest}}}}
chains:
  step:
    - {{valid: 2020-01-01/2024-12-31, access: allowed, source: decree}}
    - {{valid: 2025-01-01/.., access: banned, action: fine, source: decree}}
rules:
  diesel:
    - {{standards: [0, 1, 2, 3], access: banned, action: own_warning, source: decree}}
    - {{standards: [4, 5], chain: step}}
    - {{standards: [6, 6d-TEMP, 6d, 7], access: allowed, source: decree}}
  rest:
    - {{standards: [0, 1, 2, 3, 4, 5, 6, 6d-TEMP, 6d, 7], access: allowed, source: decree}}
fines:
  - {{amounts: [100], lock_months: 3, after_warning_months: 3, source: decree}}
foreign:
  - {{register_first: true, fine: 50, source: decree}}
passes:
  - {{ends_at_hour: 6, bought_days_after: 1, source: decree}}
exemptions:
  - {{ground: zero_emission, fuels: [electric], source: decree}}
first_registrations:
  - {{kinds: [M1], source: decree, since: {{1: 1992-07-01, 2: 1997-01-01}}}}
free_days: ['12-25']
"""


def line_of(text: str, part: str) -> int:
    """Line, from 1, on which something stands that is there once."""
    assert text.count(part) == 1, part
    return text[: text.index(part)].count("\n") + 1
