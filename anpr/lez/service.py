"""The low-emission zones as the console asks for them: `console.zone_desk.Zones` over their law and their database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import msgspec
from clickhouse_connect.driver.client import Client

from anpr.lez.answer import answer_json, as_known_over_time, known_json
from anpr.lez.deciding import Deciding
from anpr.lez.desk import Desk
from anpr.lez.difference_told import difference_json
from anpr.lez.explanation import explained_json, taken_json
from anpr.lez.question import AskedWrongly, Words, law_of, moment_of, question_of
from anpr.lez.rejudging import Order, Rejudging
from anpr.lez.stored import look_up
from console.zone_desk import NoticesAsked, RejudgeAsked, VerdictAsked, ZonesUnknown
from pipeline.lez.book import LawBook
from pipeline.lez.loading import load_law, zones
from pipeline.runtime.kafka import KafkaConfig
from schemas.lez_notice import Decision, LezNotice
from sinks.clickhouse.audit.chain import Chain
from sinks.clickhouse.lez.queries.counts import By, passages_by

__all__ = ["LezService"]

DAY = timedelta(days=1)
WORDS = frozenset(one.name for one in fields(Words))


@dataclass(frozen=True, slots=True)
class LezService:
    """Implements `console.zone_desk.Zones`. Threads may share it."""

    client: Client | None
    """None: their database is not known here; the law is."""
    chain: Chain
    """Of their audit."""
    kafka: KafkaConfig

    def names(self) -> Sequence[Mapping[str, str]]:
        """Zones that there is law for."""
        return [_named(load_law(zone)) for zone in zones()]

    def assess(self, words: Mapping[str, Any]) -> dict[str, Any]:
        """As `anpr lez explain --json`. Raises ZonesRefused."""
        asked = question_of(Words(**{name: value for name, value in words.items() if name in WORDS}), datetime.now(UTC))
        return answer_json(asked) | {"history": [known_json(one) for one in as_known_over_time(asked)]}

    def verdict(self, officer: str, asked: VerdictAsked) -> dict[str, Any]:
        """As `anpr lez verdict --json`."""
        found = look_up(self._desk(officer), asked)
        told = explained_json(found.law, found.told[-1], found.known)
        taken = [taken_json(found.law, one) for one in found.told]
        return _plain({"search_id": found.asked.search.search_id, **told, "taken": taken})

    def notices(self, officer: str, asked: NoticesAsked) -> dict[str, Any]:
        """As `anpr lez notices --json`."""
        deciding = Deciding(self._desk(officer), asked.reason, asked.days)
        found = deciding.listed(asked.states, asked.zone.strip().lower(), asked.limit)
        return _plain({"search_id": deciding.asked.search.search_id, "notices": found})

    def notice(self, officer: str, name: str, reason: str) -> dict[str, Any]:
        """As `anpr lez notice --json`."""
        deciding = Deciding(self._desk(officer), reason)
        return _plain({"search_id": deciding.asked.search.search_id, "states": deciding.history(deciding.named(name))})

    def decide(self, officer: str, name: str, what: Decision, note: str) -> dict[str, Any]:
        """Approve or reject; waits until the store shows it. Raises DeliveryFailed."""
        desk = self._desk(officer)
        desk.require("lez_agent")
        after: LezNotice | None = Deciding(desk, note).decide(name, what, note.strip())
        return _plain({"notice": after})

    def counts(self, officer: str, zone: str, first: date, last: date, by: By) -> dict[str, Any]:
        """As `anpr lez report --json`."""
        law, desk = law_of(zone), self._desk(officer)
        desk.require_any()
        span = (law.end_of(first - DAY), law.end_of(last))
        found = list(passages_by(desk.client, law.zone, span, law.timezone, by))
        if by in ("hour", "day"):
            found.sort(key=lambda one: one.part)
        head = {"zone": law.zone, "from": first.isoformat(), "to": last.isoformat(), "by": by}
        return head | {"rows": [asdict(one) for one in found]}

    def rejudge(self, officer: str, asked: RejudgeAsked, tell: Callable[[int, int], None]) -> dict[str, Any]:
        """As `anpr lez rejudge --json`: what would change. Nothing is sent."""
        order, desk = _order(asked), self._desk(officer)
        desk.require("administrator")
        survey = Rejudging(desk, order).survey(lambda _what, done, days: tell(done, days))
        return _plain(difference_json(survey, order))

    def _desk(self, officer: str) -> Desk:
        if self.client is None:
            raise ZonesUnknown
        return Desk(self.client, officer, self.chain, self.kafka)


def _named(law: LawBook) -> dict[str, str]:
    names = law.names
    told = {"zone": law.zone, "timezone": law.timezone}
    return told | {"name_en": names.en, "name_fr": names.fr, "name_nl": names.nl}


def _order(asked: RejudgeAsked) -> Order:
    """Raises AskedWrongly."""
    law, now = law_of(asked.zone), datetime.now(UTC)
    known = moment_of(law, asked.known_at, "known_at")
    if asked.first > asked.last:
        raise AskedWrongly("the first day is after the last one")
    if asked.last > law.local_day(now) or known > now:
        raise AskedWrongly("of days to come nothing is known yet: the last day and known_at are today at the latest")
    return Order(law, asked.first, asked.last, known.replace(microsecond=0), asked.reason)


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    """Records, moments and identifiers as JSON has them."""
    return cast(dict[str, Any], msgspec.to_builtins(told))
