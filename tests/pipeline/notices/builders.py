"""Messages about a vehicle for tests of notices: a test names what matters to it, the rest is ordinary."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pipeline.identity import fact_id
from pipeline.lez.facts import Facts
from pipeline.lez.judge import judge
from pipeline.lez.loading import load_law, zones
from pipeline.notices.file import Given, Handled, Said, handle, told_last, with_told
from pipeline.notices.records import (
    DecisionRecord,
    InputRecord,
    PassRecord,
    PermitsRecord,
    VerdictRecord,
)
from schemas.case_input import Origin
from schemas.codec import compiled, decoder, encode
from schemas.lez import LezPass, LezPermits, LezVerdict, Permit
from schemas.lez_file import LezFile
from schemas.lez_notice import Decision, LezInput, LezNotice

LAWS = {zone: load_law(zone) for zone in zones()}
PLATE = "1ABC234"
BRUSSELS = ZoneInfo("Europe/Brussels")
DIESEL_5 = Facts("BE", "M1", "diesel", standard="5")
OriginRecord, PermitRecord = compiled(Origin), compiled(Permit)


def local(day: str, clock: str = "10:00") -> datetime:
    """A moment on the clocks of Brussels, UTC."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=BRUSSELS).astimezone(UTC)


def verdict(day: str, clock: str = "10:00", *, facts: Facts | None = DIESEL_5, **changes: Any) -> LezVerdict:
    """The verdict on a passage of the diesel that Brussels bars, judged when it was received: at once."""
    at: datetime = changes.get("captured_at") or local(day, clock)
    zone, country = changes.get("zone", "brussels"), changes.get("country", facts.country if facts else "FR")
    known_at = changes.get("known_at", at)
    found = judge(LAWS[zone], facts, country=country, at=at, known_at=known_at)
    name = changes.pop("name", f"{day} {clock}")
    fields: dict[str, Any] = {
        "verdict_id": fact_id("test-verdict", zone, name),
        "revision": 1,
        "passage_id": fact_id("test-passage", name),
        "zone": zone,
        "plate": PLATE,
        "camera_id": "cam-1",
        "captured_at": at,
        "known_at": known_at,
        "verdict": found.verdict,
        "rule": found.rule,
        "reason": found.reason(),
        "sure": True,
        "country": country,
        "standard": found.standard,
        "standard_derived": found.derived,
    }
    if facts is not None:
        told = {
            "category": facts.category,
            "fuel": facts.fuel,
            "n1_class": facts.n1_class,
            "body_code": facts.body_code,
        }
        fields |= told | {"first_registered": facts.first_registered, "exemptions": facts.exemptions}
    return VerdictRecord(**fields | changes)


def day_pass(day: str, bought_at: datetime | None = None, **changes: Any) -> LezPass:
    """A day pass for Brussels, bought in the evening of its day unless said otherwise."""
    fields: dict[str, Any] = {
        "pass_id": fact_id("test-pass", day, str(bought_at)),
        "plate": PLATE,
        "zone": "brussels",
        "day": date.fromisoformat(day),
        "bought_at": bought_at or local(day, "20:00"),
    }
    return PassRecord(**fields | changes)


def permits(*grounds: tuple[str, str, datetime], **changes: Any) -> LezPermits:
    """What was granted in Brussels: ground, first day, moment of the decision."""
    granted = tuple(
        PermitRecord(
            permit_id=fact_id("test-permit", ground, first),
            zone="brussels",
            ground=ground,
            from_day=date.fromisoformat(first),
            decided_at=decided_at,
        )
        for ground, first, decided_at in grounds
    )
    return PermitsRecord(**{"plate": PLATE, "country": "BE", "permits": granted} | changes)


def decision(notice: LezNotice, what: Decision, **changes: Any) -> LezInput:
    """What agent Peeters decides, a week after the notice was told last."""
    fields: dict[str, Any] = {
        "decision_id": fact_id("test-decision", notice.notice_id, what, notice.revision),
        "notice_id": notice.notice_id,
        "what": what,
        "agent": "peeters",
    }
    at, plate = changes.pop("at", notice.final_at + timedelta(days=1)), changes.pop("plate", PLATE)
    return InputRecord(plate=plate, at=at, decision=DecisionRecord(**fields | changes))


def tick(at: datetime) -> LezInput:
    """The clock."""
    return InputRecord(plate=PLATE, at=at)


_PLACES = itertools.count()


def given(said: Said, at: datetime | None = None) -> Given:
    """The message as it comes: at once, or at a moment; behind all that came before."""
    origin = OriginRecord(log=type(said).__name__, partition=0, offset=next(_PLACES))
    return Given(PLATE, said, at or _moment(said), origin)


def _moment(said: Said) -> datetime:
    if isinstance(said, VerdictRecord):
        return said.known_at
    if isinstance(said, PassRecord):
        return said.bought_at
    if isinstance(said, PermitsRecord):
        return max(one.decided_at for one in said.permits)
    assert isinstance(said, InputRecord)
    return said.at


class Desk:
    """One plate's file and all that was told of it; the file goes through its bytes each time."""

    def __init__(self) -> None:
        self.file: LezFile | None = None
        self.told: list[LezNotice] = []

    def hear(self, *said: Said | Given) -> Handled:
        """Messages one after the other; what followed from the last one."""
        handled = Handled(self.file)
        for one in said:
            handled = handle(LAWS, self.file, one if isinstance(one, Given) else given(one))
            file = handled.file and with_told(handled.file, handled.notices)
            assert file is None or len(file.telling) <= len(file.notices) + 1, "`is_much` reckons with that"
            self.file = None if file is None else decoder(LezFile)(encode(file))
            self.told += [state for state in handled.notices if state not in self.told]
        return handled

    def hear_at_once(self, *came: Given, tell: bool = True) -> None:
        """A batch of a worker that has just begun: what it inherits is told, its file is kept, what followed is told.

        tell: False: it dies before the last of that.
        """
        begun = inherited = self.file
        told = list[LezNotice]()
        for one in came:
            handled = handle(LAWS, self.file, one)
            if inherited is not None and (handled.seen or handled.file is not self.file):
                self._tell(told_last(inherited))
                inherited = None
            self.file = handled.file
            told += handled.notices
        if self.file is not begun:  # nothing is kept anew that has not changed: what it still had to tell would go
            self.file = self.file and with_told(self.file, told)
        self._tell(told if tell else ())

    def _tell(self, told: Iterable[LezNotice]) -> None:
        self.told += [state for state in dict.fromkeys(told) if state not in self.told]

    def on(self, day: str) -> LezNotice:
        """The notice of a day as it stands. Raises KeyError."""
        return {one.day.isoformat(): one for one in self.notices}[day]

    @property
    def notices(self) -> Sequence[LezNotice]:
        """All as they were told last."""
        latest: dict[UUID, LezNotice] = {}
        for one in self.told:
            before = latest.get(one.notice_id)
            assert one.revision == (before.revision + 1 if before else 1), "each change is the next revision"
            latest[one.notice_id] = one
        return tuple(latest.values())

    def summary(self) -> dict[str, tuple[str, str]]:
        """Day → kind and state."""
        return {one.day.isoformat(): (one.kind, one.state) for one in self.notices}

    def approve(self, day: str) -> None:
        """When the day is final."""
        self.hear(tick(self.on(day).final_at), decision(self.on(day), "approve"))


def desk(said: Iterable[Said] = ()) -> Desk:
    """A desk that has heard this."""
    made = Desk()
    for one in said:
        made.hear(one)
    return made
