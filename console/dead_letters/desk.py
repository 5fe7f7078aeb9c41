"""Where letters are looked at and put back: by administrators, with a reason, recorded before it is done.

What a letter carries is as personal as the topic that it comes from, so the register and the audit are those of the
topic's controller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from console.dead_letters.letter import Letter
from console.dead_letters.target import Wanted
from sinks.clickhouse.audit.chain import Chain
from sinks.clickhouse.audit.records import Action, Audit
from sinks.clickhouse.controllers import Controller, controller_of
from sinks.clickhouse.officers import Register
from sinks.clickhouse.reasons import checked_reason

__all__ = ["LetterDesk", "Office"]

NAMED_AT_MOST = 100
"""Letters that a record names; of more it says how many."""
Office = Callable[[Controller], tuple[Client, Chain]]
"""A controller's database, and our chain of its audit."""


class LetterDesk:
    """Letters in the name of one officer, who said why."""

    def __init__(self, office: Office, officer: str, why: str) -> None:
        """Raises SearchRefused where `why` is no reason."""
        self._office, self._officer = office, officer
        self._why = checked_reason(why, "")
        self._open: dict[str, tuple[Client, Chain]] = {}

    def require(self, topics: Sequence[str]) -> None:
        """Raises OfficerRefused where the officer is no administrator of a controller of these topics."""
        for controller in {controller_of(topic) for topic in topics}:
            client, chain = self._at(controller)
            Register(client, _now, self._officer, chain).require("administrator")

    def shown(self, letter: Letter, *, written: bool) -> None:
        """Write into the audit that a letter is shown. written: its value goes into a file."""
        about = letter.about
        place = {"topic": about.source_topic, "partition": about.source_partition, "offset": about.source_offset}
        told = {"dead_letter_id": str(about.dead_letter_id), **place, "written": written}
        self._record("letter_shown", about.source_topic, told)

    def replaying(self, wanted: Sequence[Wanted], run_id: UUID) -> None:
        """Write into the audit what is about to be put back."""
        by_topic: defaultdict[str, list[Wanted]] = defaultdict(list)
        for one in wanted:
            by_topic[one.topic].append(one)
        for topic, some in by_topic.items():
            names = [str(one.letter.about.dead_letter_id) for one in some[:NAMED_AT_MOST]]
            repaired = sum(one.repaired for one in some)
            told = {"run_id": str(run_id), "topic": topic, "count": len(some), "repaired": repaired, "letters": names}
            self._record("letters_replayed", topic, told)

    def _record(self, action: Action, topic: str, about: dict[str, Any]) -> None:
        client, chain = self._at(controller_of(topic))
        Audit(client, _now, chain).append(action, self._officer, {**about, "reason": self._why})

    def _at(self, controller: Controller) -> tuple[Client, Chain]:
        if controller.name not in self._open:
            self._open[controller.name] = self._office(controller)
        return self._open[controller.name]


def _now() -> datetime:
    return datetime.now(UTC)
