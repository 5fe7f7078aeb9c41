"""`anpr lez assess | explain`: one vehicle, one moment, by hand."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, print_json
from anpr.cli.lez.desk import Json, Language, Zone, group
from anpr.lez.answer import answer_json, as_known_over_time, known_json
from anpr.lez.question import AskedWrongly, Question, Words, question_of
from pipeline.lez.judgement import Enforcement
from pipeline.lez.sentences import Language as Tongue
from pipeline.lez.sentences import word

COLOURS = {
    **{"compliant": "green", "exempt": "green", "pass": "green", "not_applicable": "cyan"},
    **{"non_compliant": "red", "unregistered": "red", "unknown": "yellow"},
}


def question(
    zone: Zone,
    category: Annotated[str, typer.Option(help="M1 car, M2 minibus, M3 bus, N1 van, N2 N3 truck, L3 …, T.")] = "M1",
    fuel: Annotated[str, typer.Option(help="petrol, diesel, lpg, cng, electric, petrol_hybrid …")] = "",
    euro: Annotated[str, typer.Option(help="none, 1 to 7, 6d-TEMP, 6d, VI; unset: from --registered.")] = "",
    at: Annotated[str, typer.Option(help="When it passed, on the zone's clocks; unset: now.")] = "",
    known_at: Annotated[str, typer.Option(help="As the law was known then; unset: now.")] = "",
    registered: Annotated[str, typer.Option(help="Day of its first registration.")] = "",
    country: Annotated[str, typer.Option(help="Of the plate; unset: that of the zone.")] = "",
    passes: Annotated[list[str] | None, typer.Option("--pass", help="Day of a day pass; may be repeated.")] = None,
    exemption: Annotated[list[str] | None, typer.Option(help="Ground of an exemption; may be repeated.")] = None,
    warned: Annotated[list[str] | None, typer.Option(help="Day of this vehicle's own warning.")] = None,
    fined: Annotated[list[str] | None, typer.Option(help="Day of a fine that it had.")] = None,
    n1_class: Annotated[str, typer.Option("--class", help="Mass class of a van: I, II or III (or N1-II).")] = "",
    body_code: Annotated[str, typer.Option("--body", help="Body code of the certificate, as BC.")] = "",
    enrolled: Annotated[bool, typer.Option("--enrolled", help="A foreign vehicle registered for the zone.")] = False,
    no_record: Annotated[bool, typer.Option("--no-record", help="The register has no such plate.")] = False,
    doubtful: Annotated[bool, typer.Option("--doubtful", help="The plate was not read with certainty.")] = False,
) -> Question:
    """The flags of a question."""
    words = Words(
        zone=zone,
        category=category,
        fuel=fuel,
        euro=euro,
        n1_class=n1_class,
        body_code=body_code,
        at=at,
        known_at=known_at,
        registered=registered,
        country=country,
        passes=passes or (),
        exemptions=exemption or (),
        warned=warned or (),
        fined=fined or (),
        enrolled=enrolled,
        no_record=no_record,
        doubtful=doubtful,
    )
    return question_of(words, datetime.now(UTC))


def asks(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the flags of a question, and the question in place of them."""
    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.annotation is not Question]
    flags = list(inspect.signature(question, eval_str=True).parameters.values())

    @functools.wraps(command)
    def run(**given: Any) -> None:
        theirs = {flag.name: given.pop(flag.name) for flag in flags}
        command(question(**theirs), **given)

    run.__signature__ = inspect.Signature([*flags, *own])  # type: ignore[attr-defined]
    return run


@group.command("assess")
@asks
def assess(asked: Question, language: Language = "en", json: Json = False) -> None:
    """What the law says of a vehicle on a day, and what follows.

    [bold]anpr lez assess --zone brussels --fuel diesel --euro 5 --at 2026-05-01T10:00 --warned 2026-01-10[/bold]
    """
    if json:
        print_json(answer_json(asked))
    else:
        _show(asked, language)


def _of_stored(verdict_id: str) -> None:
    if verdict_id:
        raise AskedWrongly(f"a verdict that was taken is explained by: anpr lez verdict {verdict_id} --reason ...")


@group.command("explain")
@asks
def explain(
    asked: Question,
    language: Language = "en",
    json: Json = False,
    stored: Annotated[str, typer.Option("--verdict", hidden=True, is_eager=True, callback=_of_stored)] = "",  # noqa: ARG001
) -> None:
    """The same, with what the law book said of it on every day on which it began to say something else.

    [bold]anpr lez explain --zone brussels --fuel diesel --euro 5 --at 2025-06-01T10:00[/bold]
    """
    history = list(as_known_over_time(asked))
    if json:
        print_json(answer_json(asked) | {"history": [known_json(one) for one in history]})
        return
    _show(asked, language)
    OUT.print()
    table = Table(
        "known since", "verdict", "what follows", "it rests on", title="The same passage, as the law was known"
    )
    for one in history:
        mark = " (not verified)" if one.found.unverified else ""
        table.add_row(
            one.since.isoformat(),
            _verdict(one.found.verdict, language),
            _action(one.due, language),
            escape(one.found.source) + mark,
        )
    OUT.print(table)
    for proposal in asked.law.pending:
        OUT.print(f"[dim]Proposed and no law: {escape(proposal.what)}.[/dim]", soft_wrap=True)


def _show(asked: Question, language: Tongue) -> None:
    found = asked.judgement()
    due = asked.enforcement(found)
    law = asked.law
    OUT.print(f"{_verdict(found.verdict, language)}: {_action(due, language)}", soft_wrap=True)
    OUT.print(escape(found.reason(language)), soft_wrap=True)
    if due.note is not None:
        OUT.print(escape(due.note.in_(language)), soft_wrap=True)
    if found.if_sure is not None:
        OUT.print(f"{word('once_confirmed', language)}: {_verdict(found.if_sure, language)}", soft_wrap=True)
    if due.unverified:
        OUT.print(f"[yellow]{word('terms_unverified', language)}[/yellow]", soft_wrap=True)
    source = f" — {escape(found.source)}" if found.source else ""
    OUT.print(f"[dim]{word('rule', language)} {escape(found.rule)}{source}[/dim]", soft_wrap=True)
    OUT.print(
        f"[dim]{word('passage', language)} {law.local(asked.at):%Y-%m-%d %H:%M}, "
        f"{word('as_known', language)} {law.local(asked.known_at):%Y-%m-%d %H:%M} ({law.timezone})[/dim]",
        soft_wrap=True,
    )


def _verdict(verdict: str, language: Tongue) -> str:
    """In words, and as the messages have it."""
    said = word(f"verdict_{verdict}", language)
    return f"[bold {COLOURS[verdict]}]{said}[/bold {COLOURS[verdict]}] ({verdict})"


def _action(due: Enforcement, language: Tongue) -> str:
    said = word(f"action_{due.action}", language)
    if due.action != "fine":
        return said
    return f"{said} {due.fine_eur} EUR" if due.fine_eur is not None else f"{said} {due.fine_gbp} GBP"
