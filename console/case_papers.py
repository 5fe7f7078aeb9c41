"""What is made of a case for people: a text for the radio, a report on paper, a proposal where to meet the vehicle."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from console.case_desk import CaseDesk
from console.case_report import Reported, case_report
from console.handover import Handover, Language, handover
from console.interception import Intercept, intercept
from console.store import Store
from schemas.case import Case
from sinks.clickhouse.audit.records import Audit
from sinks.clickhouse.queries.listed import listed_as

__all__ = ["CasePapers", "Report"]


@dataclass(frozen=True, slots=True)
class Report:
    """A PDF that leaves the platform."""

    content: bytes
    file_name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CasePapers:
    """All of it may raise OfficerRefused, CaseRefused and errors of ClickHouse; each look is recorded."""

    store: Store
    desk: CaseDesk
    now: Callable[[], datetime]

    def handover(self, officer: str, name: str, language: Language) -> tuple[Case, list[str]]:
        """The case, and what is read on the radio."""
        shown = self.desk.show(officer, name)
        vehicle = self._vehicle(shown.case)
        return shown.case, handover(Handover(shown.case, self.now(), shown.camera_names, vehicle), language)

    def intercept(self, officer: str, name: str) -> Intercept:
        """Where somebody could meet the vehicle."""
        return intercept(self.store.police, self.desk.show(officer, name).case, self.now())

    def report(self, officer: str, name: str) -> Report:
        """The case on paper; that it left, and its SHA-256, is recorded before it does."""
        shown, now = self.desk.show(officer, name), self.now()
        case = shown.case
        audit, about = Audit(self.store.police, self.now, self.store.chain), {"case_id": str(case.case_id)}
        asked = audit.append("case_shown", officer, {**about, "case_ids": [str(case.case_id)], "what": "report"})
        number = f"{asked.chain}/{asked.seq}"
        content = case_report(Reported(case, shown.cameras, officer, number, now, self._vehicle(case)))
        digest = hashlib.sha256(content).hexdigest()
        left = {"what": "case report", "rows": len(case.timeline), "sha256": digest, "audit_number": number}
        audit.append("results_exported", officer, about | left)
        return Report(content, f"case-{str(case.case_id)[:8]}.pdf", digest)

    def _vehicle(self, case: Case) -> str:
        """As its most urgent entry that still stands describes it."""
        found = {one.entry_id: one.vehicle for one in listed_as(self.store.police, list(case.entry_ids))}
        return next((found[name] for name in case.entry_ids if found.get(name)), "")
