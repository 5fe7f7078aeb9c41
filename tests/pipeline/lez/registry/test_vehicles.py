"""The register against a plain dict of records: any order of changes, merges and snapshots, the same answers."""

from __future__ import annotations

import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pipeline.lez.facts import Facts, facts_of
from pipeline.lez.registry.bearers import ABSENT, TWO_COUNTRIES
from pipeline.lez.registry.snapshot import kept
from pipeline.lez.registry.vehicles import ASK, NOT_A_PLATE, VehicleRegistry
from schemas.lez import Vehicle
from tests.pipeline.builders import T0, at
from tests.pipeline.lez.builders import vehicle
from tests.pipeline.lez.registry.plain import other, plain_bearer

MOMENTS = [T0 + timedelta(days=n) for n in range(-2, 3)]
PLATES = st.sampled_from(["1ABC234", "2ABC234", "A", "AA", "ZZ9", "AB123CD"])
COUNTRIES = st.sampled_from(["BE", "FR"])
DATES = st.sampled_from([None, date(2009, 3, 1), date(1899, 12, 31), date(1900, 1, 1), date(2079, 6, 7), date.max])
TOLD = st.fixed_dictionaries(
    {
        "country": COUNTRIES,
        "fuel": st.sampled_from(["diesel", "petrol"]),
        "euro": st.sampled_from([None, 4, 6]),
        "euro_suffix": st.sampled_from(["", "d"]),
        "first_registered": DATES,
        "registered_from": st.sampled_from([None, *MOMENTS]),
        "registered_until": st.sampled_from([None, None, *MOMENTS]),
    }
)


RECORDS = st.builds(
    lambda told, others: vehicle(**told, others=tuple(other(**one) for one in others)), TOLD, st.lists(TOLD, max_size=2)
)


def told_by(registry: VehicleRegistry, plate: str, country: str | None, moment: datetime) -> Facts | str | None:
    """Looked up as the stage does."""
    seen = registry.look([plate], moment)
    profile, day = seen.profiles[0], seen.days[0]
    if profile == ASK:
        profile, day = registry.bearer(plate, country, moment)
    else:
        assert (profile, day) == registry.bearer(plate, country, moment), "the short way is as the long one"
    if profile == ABSENT:
        return None
    return "two countries" if profile == TWO_COUNTRIES else registry.profiles.facts(profile, day)


class RegistryAgainstDict(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.registry, self.told = VehicleRegistry(), dict[str, Vehicle]()

    @rule(plate=PLATES, record=RECORDS)
    def put(self, plate: str, record: Vehicle) -> None:
        fields = {
            name: getattr(record, name) for name in Vehicle.model_fields if name not in ("schema_version", "plate")
        }
        self.told[plate] = vehicle(**fields | {"plate": plate})
        self.registry.put(plate.encode(), self.told[plate])

    @rule(plate=PLATES)
    def remove(self, plate: str) -> None:
        self.registry.remove(plate.encode())
        self.told.pop(plate, None)

    @rule()
    def settle(self) -> None:
        self.registry.settle()

    @rule()
    def go_to_another_worker(self) -> None:
        self.registry.settle()
        with tempfile.TemporaryDirectory() as folder:
            kept(self.registry).view()(Path(folder))
            self.registry = VehicleRegistry()
            kept(self.registry).restore(Path(folder))

    @rule(plate=PLATES, country=st.sampled_from(["BE", "FR", "DE", None]), moment=st.sampled_from(MOMENTS))
    def ask(self, plate: str, country: str | None, moment: datetime) -> None:
        self.registry.settle()
        record = self.told.get(plate)
        assert told_by(self.registry, plate, country, moment) == plain_bearer(record, country, moment)

    @invariant()
    def counts(self) -> None:
        self.registry.settle()
        assert len(self.registry) == len(self.told)


TestRegistryAgainstDict = RegistryAgainstDict.TestCase
TestRegistryAgainstDict.settings = settings(deadline=None, max_examples=20, stateful_step_count=20)


@given(st.dictionaries(st.text("AB12", min_size=1, max_size=5), RECORDS, min_size=1, max_size=40))
@settings(deadline=None, max_examples=30)
def test_many_looked_up_together_are_told_as_each_alone(told: dict[str, Vehicle]) -> None:
    registry = VehicleRegistry()
    for n, plate in enumerate(told):
        registry.put(b"", vehicle(plate=plate, euro=n % 7))
        if n % 3 == 0:
            registry.settle()
    registry.settle()
    seen = registry.look([*told, "ZZZ", "no plate"], T0)
    alone = [registry.look([plate], T0) for plate in told]
    assert seen.profiles[:-2] == [one.profiles[0] for one in alone]
    assert seen.days[:-2] == [one.days[0] for one in alone]
    assert seen.profiles[-2:] == [ABSENT, NOT_A_PLATE]


def test_what_was_put_holds_from_the_next_settling_on() -> None:
    registry = VehicleRegistry()
    registry.put(b"", vehicle())
    assert registry.look(["1ABC234"], T0).profiles == [ABSENT]
    registry.settle()
    assert registry.look(["1ABC234"], T0).profiles == [0]


def test_a_key_that_is_no_plate_changes_nothing() -> None:
    registry = VehicleRegistry()
    registry.put(b"", vehicle())
    registry.put(b"", vehicle(plate="not a plate"))
    registry.remove(b"\xff")
    registry.settle()
    assert len(registry) == 1


def test_a_late_passage_is_the_earlier_holders() -> None:
    registry = VehicleRegistry()
    before = other(fuel="diesel", registered_until=T0)
    registry.put(b"", vehicle("petrol", 6, registered_from=T0, others=(before,)))
    registry.settle()
    assert told_by(registry, "1ABC234", "BE", at(-1)) == facts_of(before)
    assert told_by(registry, "1ABC234", "BE", at(0)) == facts_of(vehicle("petrol", 6))


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(1900, 1, 1), date(2079, 6, 6), date.max])
def test_first_registrations_of_any_century_come_back_as_they_were(day: date) -> None:
    registry = VehicleRegistry()
    registry.put(b"", vehicle(first_registered=day))
    registry.settle()
    found = told_by(registry, "1ABC234", "BE", T0)
    assert isinstance(found, Facts)
    assert found.first_registered == day


def test_there_are_a_few_parts_at_most_however_many_changes() -> None:
    registry = VehicleRegistry()
    for n in range(2_000):
        registry.put(b"", vehicle(plate=f"A{n}"))
        registry.settle()
    assert (len(registry), len(registry.view().parts)) == (2_000, pytest.approx(2, abs=2))
