"""A real cases worker in a process of its own: hits in, cases out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pipeline.cases.records import InputRecord
from schemas.anomaly import Anomaly
from schemas.case import Case
from schemas.case_input import CaseAction
from schemas.codec import decoder, encode
from schemas.hit import Hit
from tests.pipeline.flows.workplace import Workplace
from tests.pipeline.runtime.workers import until

decode_case = decoder(Case)


class Desk(Workplace):
    """The cases worker."""

    worker = "cases"

    def send_hits(self, hits: Iterable[Hit]) -> None:
        """As the stage match writes them."""
        self.send("hits", ((hit.plate, encode(hit)) for hit in hits))

    def send_anomalies(self, anomalies: Iterable[Anomaly]) -> None:
        """As the stage watch writes them."""
        self.send("anomalies", ((one.plate or "", encode(one)) for one in anomalies))

    def act(self, plate: str, action: CaseAction) -> None:
        """As whoever acts on a case writes it."""
        given = InputRecord(plate=plate, at=datetime.now(UTC), action=action)
        self.send("case-inputs", [(plate, encode(given))])

    def told(self, plates: Iterable[str]) -> list[Case]:
        """Every state of a case of these vehicles that was published, in the order of the log."""
        wanted = set(plates)
        return [case for case in (decode_case(m.value) for m in self.messages("cases")) if case.plate in wanted]

    def cases(self, plates: Iterable[str]) -> dict[UUID, Case]:
        """The cases of these vehicles as they stand: the highest revision holds."""
        latest: dict[UUID, Case] = {}
        for case in self.told(plates):
            if case.case_id not in latest or case.revision >= latest[case.case_id].revision:
                latest[case.case_id] = case
        return latest

    def await_cases(self, plates: Iterable[str], enough: Any, what: str) -> dict[UUID, Case]:
        """The cases once they are as `enough` wants them. Raises TimeoutError."""
        found: dict[UUID, Case] = {}

        def look() -> None:
            found.clear()
            found.update(self.cases(plates))

        until(lambda: bool(found) and bool(enough(found)), look, what)
        return found
