"""What the law asks of a first registration: vehicles that are alike but for the day may get the same answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pipeline.lez.book import LawBook
from pipeline.lez.facts import Facts
from pipeline.lez.model import Exemption, Kind
from pipeline.lez.periods import add_months
from schemas.lez import Standard

__all__ = ["age_in_law", "assumed_standard", "hangs_on_age", "old_enough"]


def assumed_standard(law: LawBook, kind: Kind, since: date, day: date) -> tuple[Standard, bool] | None:
    """As `LawBook.standard_from`. None also for one first registered after the passage: it was another vehicle."""
    return law.standard_from(kind, since) if since <= day else None


def old_enough(exemption: Exemption, since: date | None, day: date) -> bool:
    """Whether a vehicle is older than the ground asks. An unknown age is the register's affair."""
    years = exemption.older_than_years
    return years is None or since is None or add_months(since, 12 * years) < day


def hangs_on_age(law: LawBook, facts: Facts) -> bool:
    """Whether the law may ask when such a vehicle was first registered.

    It does where the certificate tells no Euro standard, and for exemptions of old vehicles.
    """
    return facts.standard is None or any(_of_old_vehicles(law, facts))


def age_in_law(law: LawBook, facts: Facts, day: date) -> tuple[object, ...]:
    """What the first registration comes to on a day: where it is the same, so is the verdict on vehicles else alike."""
    since = facts.first_registered
    if since is None:
        return (None,)
    kinds = law.kinds_of(facts) if facts.standard is None else ()
    old = _of_old_vehicles(law, facts)
    return (
        *(assumed_standard(law, kind, since, day) for kind in kinds),
        *(old_enough(one, since, day) for one in old),
    )


def _of_old_vehicles(law: LawBook, facts: Facts) -> Iterator[Exemption]:
    """Exemptions that ask for an age, and that such a vehicle may have."""
    return (
        one
        for one in law.exemptions
        if one.older_than_years is not None
        and (one.ground in facts.exemptions or facts.fuel in one.fuels or facts.category in one.categories)
    )
