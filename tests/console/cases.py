"""Invented cases."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from pipeline.cases.records import CaseRecord
from schemas.case import Case

NOW = datetime(2026, 11, 26, 2, 30, tzinfo=UTC)


def case(number: int = 1, **changes: Any) -> Case:
    """A stolen car; number decides about its identity and plate."""
    given: dict[str, Any] = {
        "case_id": uuid.UUID(int=number),
        "revision": 1,
        "plate": f"1CAS{number:03}",
        "list_kinds": ("stolen_vehicle",),
        "priority": 10,
        "state": "new",
        "hit_ids": (),
        "opened_at": NOW,
        "updated_at": NOW,
    }
    return CaseRecord(**given | changes)
