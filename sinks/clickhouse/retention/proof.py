"""A report that can be printed and checked: its digest goes into the audit chain."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.audit.records import Audit, canonical
from sinks.clickhouse.retention.report import RetentionReport, as_json

__all__ = ["ProofBroken", "check", "record"]


class ProofBroken(ValueError):
    """This file is not what was recorded; the message says what is wrong."""


def record(audit: Audit, report: RetentionReport, actor: str) -> tuple[str, str]:
    """The report as text, and its SHA-256, which is now in the audit chain."""
    text = canonical(as_json(report))
    digest = hashlib.sha256(text.encode()).hexdigest()
    past_due = sum(table.rows_past_due for table in report.tables)
    about = {"sha256": digest, "in_order": report.in_order, "rows_past_due": past_due, "holds": report.holds.active}
    audit.append("retention_reported", actor, about)
    return text, digest


def check(client: Client, text: str) -> dict[str, Any]:
    """Who recorded this report, and when. Raises ProofBroken."""
    try:
        digest = hashlib.sha256(canonical(json.loads(text)).encode()).hexdigest()
    except ValueError as error:
        raise ProofBroken("this file is no report: it is not JSON") from error
    rows = client.query(
        """SELECT actor, at, chain, seq FROM audit WHERE action = 'retention_reported'
        AND JSONExtractString(record, 'about', 'sha256') = {digest:String} ORDER BY at LIMIT 1""",
        parameters={"digest": digest},
    ).result_rows
    if not rows:
        raise ProofBroken(f"no report with the digest {digest} was recorded: it was changed, or made elsewhere")
    actor, at, chain, seq = rows[0]
    return {"sha256": digest, "recorded_by": actor, "recorded_at": at.isoformat(), "chain": chain, "seq": int(seq)}
