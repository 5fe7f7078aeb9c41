"""`anpr subscribers add | list | rotate | end | dead-letters`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, print_json, say
from anpr.platform import open_platform
from anpr.settings import Settings
from anpr.subscriber_key import credentials_of
from console.accounts import Accounts
from console.credentials import Credentials
from console.webhooks.delivery import signed_headers
from console.webhooks.letters import Letter, LetterBox, Replayed, bury
from console.webhooks.poster import Answer, Poster
from console.webhooks.target import check_target
from pipeline.outcome import Rejection
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.output import KafkaOutput
from schemas.dead_letter import Reason
from schemas.hotlist import ListKind
from schemas.selection import AlertClass
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.audit.records import Audit
from sinks.clickhouse.client import connect
from sinks.clickhouse.officers import FOREVER, Register
from sinks.clickhouse.subscribers import Subscriber, SubscriberRefused, SubscriberRegister

group = typer.Typer(help="Programs that are told hits, over HTTP and webhooks.", no_args_is_help=True)
app.add_typer(group, name="subscribers")
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Name = Annotated[str, typer.Argument(help="The program: a-z, 0-9 and hyphens.")]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the commands work with."""

    settings: Settings
    officers: Register
    register: SubscriberRegister
    credentials: Credentials
    accounts: Accounts


@group.command("add")
def add(
    context: typer.Context,
    name: Name,
    kind: Annotated[
        list[str] | None, typer.Option(help=f"May be told hits of these lists only: {', '.join(get_args(ListKind))}.")
    ] = None,
    zone: Annotated[list[str] | None, typer.Option(help="Only hits of these police zones, by owner or camera.")] = None,
    alert_class: Annotated[
        list[str] | None, typer.Option("--class", help=f"Only hits of these: {', '.join(get_args(AlertClass))}.")
    ] = None,
    webhook: Annotated[str, typer.Option(metavar="URL", help="Send its hits there, https only.")] = "",
    insecure: Annotated[bool, typer.Option("--insecure", help="Allow a webhook without TLS.")] = False,
    json: Json = False,
) -> None:
    """Register a program, and show its token and its webhook's secret: once, they are kept nowhere.

    Only an administrator may. It is recorded in the audit.
    """
    if webhook:
        check_target(webhook, insecure=insecure)
    kinds, zones, classes = (tuple(sorted(set(given or ()))) for given in (kind, zone, alert_class))
    wanted = Subscriber(name, 1, kinds, zones, classes, webhook, insecure)
    with _desk(context) as desk:
        desk.officers.require("administrator")
        _show_secrets(desk, desk.register.add(wanted), json)


@group.command("rotate")
def rotate(context: typer.Context, name: Name, json: Json = False) -> None:
    """Give a program a new token and a new secret, and show them once. Its old token holds no longer.

    For a day its webhook is signed with the old secret as well. Only an administrator may.
    """
    with _desk(context) as desk:
        desk.officers.require("administrator")
        _show_secrets(desk, desk.register.rotate(name), json)


def _show_secrets(desk: _Desk, subscriber: Subscriber, json: bool) -> None:
    token = desk.credentials.token(subscriber.name, subscriber.generation)
    secret = desk.credentials.signing_secret(subscriber.name, subscriber.generation) if subscriber.webhook_url else None
    if json:
        print_json({**_content(subscriber), "token": token, "webhook_secret": secret})
        return
    OUT.print(f"{escape(subscriber.name)} may be told {_may(subscriber)}", soft_wrap=True)
    OUT.print(f"token   {token}", soft_wrap=True, highlight=False)
    if secret is not None:
        OUT.print(
            f"secret  {secret}   of deliveries to {escape(subscriber.webhook_url)}", soft_wrap=True, highlight=False
        )
    say("they are shown this once: `anpr subscribers rotate` makes new ones")


@group.command("list")
def list_subscribers(context: typer.Context, json: Json = False) -> None:
    """Show who is told hits, and who was."""
    with _desk(context) as desk:
        found = desk.register.list()
    if json:
        print_json({"subscribers": [_content(one) for one in found]})
        return
    now = datetime.now(UTC)
    table = Table("subscriber", "may be told", "webhook", "since", "until", "registered by")
    for one in found:
        until = "no end" if one.valid(now) else f"ended {_minute(one.valid_until)}"
        target = escape(one.webhook_url) or "-"
        table.add_row(one.name, _may(one), target, _minute(one.valid_from), until, escape(one.registered_by))
    OUT.print(table)


@group.command("end")
def end(context: typer.Context, name: Name, json: Json = False) -> None:
    """Tell a program nothing any more: open streams end within seconds, its webhook too. Only an administrator may."""
    with _desk(context) as desk:
        desk.officers.require("administrator")
        ended = desk.register.end(name)
    if json:
        print_json(_content(ended))
    else:
        OUT.print(f"{name} is told nothing any more")


@group.command("dead-letters")
def dead_letters(
    context: typer.Context,
    name: Name,
    replay: Annotated[bool, typer.Option("--replay", help="Send them once more.")] = False,
    json: Json = False,
) -> None:
    """Show the hits that a webhook did not take, or send them once more: what is not taken then stays."""
    with _desk(context) as desk:
        if replay:
            desk.officers.require("administrator")
        subscriber = desk.register.find(name)
        box = LetterBox(desk.settings.kafka(), name)
        if replay:
            _tell_replayed(_replay(desk, subscriber, box), json)
        else:
            _tell_letters(box.pending(), json)


def _replay(desk: _Desk, subscriber: Subscriber, box: LetterBox) -> Replayed:
    if not subscriber.webhook_url or not subscriber.valid(datetime.now(UTC)):
        raise SubscriberRefused(f"{subscriber.name} has no webhook any more: nothing can be sent again")
    account = desk.accounts.open(subscriber, "replay")
    output = KafkaOutput(desk.settings.kafka())
    with closing(Poster(desk.settings.webhook_ca_file)) as poster:

        def send(letter: Letter) -> Answer:
            body, message_id = letter.message.value, letter.delivery_id(subscriber.name)
            headers = signed_headers(desk.credentials, subscriber, message_id, body, datetime.now(UTC))
            answer = poster.post(subscriber.webhook_url, headers, body, insecure=subscriber.insecure)
            account.hits += answer.outcome == "delivered"
            return answer

        def keep(letter: Letter, answer: Answer) -> None:
            reason: Reason = "webhook_unreachable" if answer.outcome == "unavailable" else "webhook_refused"
            about = letter.about
            source = letter.message._replace(
                topic=about.source_topic, partition=about.source_partition, offset=about.source_offset, headers=()
            )
            again = Rejection(source, reason, answer.detail)
            bury(output, about.source_log, datetime.now(UTC), subscriber.name, again)

        try:
            return box.replay(send, keep)
        finally:
            account.closed = True
            desk.accounts.write()


def _tell_replayed(done: Replayed, json: bool) -> None:
    if json:
        print_json({"delivered": done.delivered, "kept": done.kept})
    else:
        OUT.print(f"{done.delivered} delivered, {done.kept} not taken and kept")


def _tell_letters(letters: list[Letter], json: bool) -> None:
    """No plate: what a letter holds is for who may see its hit."""
    if json:
        print_json({"letters": [_letter(one) for one in letters]})
        return
    table = Table("failed at", "reason", "what", "hit")
    for one in letters:
        about = one.about
        place = f"{about.source_topic} {about.source_partition}/{about.source_offset}"
        table.add_row(f"{about.failed_at:%Y-%m-%d %H:%M:%S}", about.reason, escape(about.detail), place)
    OUT.print(table if letters else "no dead letters")


def _letter(one: Letter) -> dict[str, Any]:
    about = one.about
    return {
        "dead_letter_id": str(about.dead_letter_id),
        "failed_at": about.failed_at,
        "reason": about.reason,
        "detail": about.detail,
        "source_topic": about.source_topic,
        "source_partition": about.source_partition,
        "source_offset": about.source_offset,
    }


@contextmanager
def _desk(context: typer.Context) -> Iterator[_Desk]:
    with open_platform(settings_of(context), broker="none", say=say) as platform:
        settings, clock = platform.settings, SystemClock()
        client, chain = connect(settings.dsn()), ChainFile(settings.data_dir)
        actor = settings.officer
        yield _Desk(
            settings,
            Register(client, clock.now, actor, chain),
            SubscriberRegister(client, clock.now, actor, chain),
            credentials_of(settings),
            Accounts(Audit(client, clock.now, chain), clock.now, clock.monotonic),
        )


def _content(one: Subscriber) -> dict[str, object]:
    return {
        "subscriber": one.name,
        "generation": one.generation,
        "kinds": one.kinds,
        "zones": one.zones,
        "classes": one.classes,
        "webhook_url": one.webhook_url or None,
        "insecure": one.insecure,
        "valid_from": one.valid_from,
        "valid_until": None if one.valid_until >= FOREVER else one.valid_until,
        "registered_by": one.registered_by,
    }


def _may(one: Subscriber) -> str:
    """In words."""
    parts = (
        f"{' and '.join(one.classes)} hits" if one.classes else "hits",
        f"of {', '.join(one.kinds)}" if one.kinds else "of all lists",
        f"in {', '.join(escape(zone) for zone in one.zones)}" if one.zones else "everywhere",
    )
    return " ".join(parts)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
