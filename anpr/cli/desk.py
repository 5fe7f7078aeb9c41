"""Where officers ask: the options that questions share, and the desk that records a search before it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

import typer
from clickhouse_connect.driver.client import Client
from rich.markup import escape

from anpr.cli.app import settings_of
from anpr.cli.console import OUT, say
from anpr.platform import open_platform
from console.searching.desk import Desk as Recorded
from schemas.search import Purpose as LegalPurpose
from schemas.search import Role as SearchRole
from schemas.search import SearchRecord
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.client import connect
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchDesk, SearchRequest

PURPOSES, ROLES = get_args(LegalPurpose), get_args(SearchRole)
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Reason = Annotated[str, typer.Option(help="Why you look, in words. It is recorded.")]
Purpose = Annotated[str, typer.Option(help=f"Legal purpose: {', '.join(PURPOSES)}.")]
CaseNumber = Annotated[str | None, typer.Option(help="Number of the file.")]
Zone = Annotated[str, typer.Option(help="Cameras of this police zone only.")]
Role = Annotated[str, typer.Option(help="In which role you look.")]
Decision = Annotated[str | None, typer.Option(help="Magistrate's decision, for what is older than a month.")]
Days = Annotated[int | None, typer.Option(min=1, max=36_500, help="How far back to look.")]
Since = Annotated[str | None, typer.Option("--from", help="From this day or moment on, Brussels time.")]
Until = Annotated[str | None, typer.Option("--to", help="Up to and with this day, or before this moment.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="Most results.")]


@dataclass(frozen=True, slots=True)
class Why:
    """What an officer states before anything is shown."""

    reason: str
    purpose: str
    case_number: str | None
    zone: str
    role: str
    decision: str | None

    def __post_init__(self) -> None:
        for name, given, known in (("purpose", self.purpose, PURPOSES), ("role", self.role, ROLES)):
            if given not in known:
                raise SearchRefused(f"{name} {given} is not one of {', '.join(known)}", "field_wrong")


@contextmanager
def open_desk(context: typer.Context) -> Iterator[Desk]:
    """The desk of the officer who asks, on the store of the settings."""
    settings = settings_of(context)
    with open_platform(settings, broker="none", say=say) as platform:
        client = connect(platform.settings.dsn())
        searches = SearchDesk(client, utc_now, ChainFile(platform.settings.data_dir))
        yield Desk(client, searches, settings.officer)


class Desk(Recorded):
    """The desk of one officer."""

    def __init__(self, client: Client, searches: SearchDesk, officer: str) -> None:
        super().__init__(client, searches)
        self.officer = officer

    def request(self, why: Why, pattern: str, span: tuple[datetime, datetime], **more: Any) -> SearchRequest:
        """A search as it is recorded."""
        return SearchRequest(
            pattern=pattern,
            reason=why.reason,
            officer=self.officer,
            purpose=why.purpose,  # type: ignore[arg-type]
            captured_from=span[0],
            captured_until=span[1],
            role=why.role,  # type: ignore[arg-type]
            case_number=why.case_number,
            police_zone=why.zone,
            decision_id=why.decision,
            **more,
        )


def utc_now() -> datetime:
    """The moment at which is asked."""
    return datetime.now(UTC)


def show_foot(record: SearchRecord) -> None:
    """Under every answer: that it is recorded, and why it was asked."""
    OUT.print(f"[dim]search {record.search_id}, recorded for {escape(record.officer)}: {escape(record.reason)}[/dim]")
