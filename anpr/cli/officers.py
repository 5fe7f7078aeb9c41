"""`anpr officers add | list | end | token | password | second-factor | decide`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, cast, get_args

import segno
import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, print_json, say
from anpr.platform import open_lez, open_platform
from anpr.signin import end_sessions, give_password, local_users
from anpr.subscriber_key import credentials_of
from console.officer_tokens import MOST_HOURS, officer_token
from console.signin.passwords import LocalUsers, made_password, made_secret
from schemas.search import Role
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.audit.heads import end_of
from sinks.clickhouse.client import connect
from sinks.clickhouse.officers import FOREVER, Decision, Officer, OfficerRefused, Register

group = typer.Typer(help="Who may search, in which role; magistrates' decisions.", no_args_is_help=True)
app.add_typer(group, name="officers")
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Name = Annotated[str, typer.Argument(help="The officer, as ANPR_OFFICER or the console names them.")]
Lez = Annotated[bool, typer.Option("--lez", help="In the register of the low-emission zones, another controller's.")]
LEZ_ROLES = ("lez_agent", "auditor", "administrator")
RoleOption = Annotated[str | None, typer.Option(help=f"Only this role: {', '.join(get_args(Role))}.")]


@group.command("add")
def add(
    context: typer.Context,
    name: Name,
    role: Annotated[
        str | None, typer.Option(help=f"One of {', '.join(get_args(Role))}; unset: officer, with --lez lez_agent.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Only the cameras of this police zone; unset: all (federal).")] = "",
    until: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Last day, UTC; unset: no end.")] = None,
    lez: Lez = False,
    json: Json = False,
) -> None:
    """Register an officer in a role, or change zone or end of who is registered. It is recorded in the audit.

    Only an administrator may. Where nobody is registered yet, whoever does it first becomes administrator too.
    """
    ends = _end_of(until) if until else FOREVER
    own = role or ("lez_agent" if lez else "officer")
    _check_register(own, zone, lez=lez)
    officer = Officer(name, cast(Role, own), zone, datetime.now(UTC), ends)
    with _register(context, lez=lez) as register:
        if register.bootstrap(("administrator",)):
            say(f"nobody was registered: {settings_of(context).officer} is now administrator")
        register.require("administrator")
        register.add(officer)
    if json:
        print_json(_content(officer))
    else:
        where = "low-emission zones" if lez else escape(zone) or "federal"
        OUT.print(f"{escape(name)} is registered as {own}, {where}, until {_day(ends)}")


@group.command("list")
def list_officers(context: typer.Context, lez: Lez = False, json: Json = False) -> None:
    """Show who is and was registered."""
    with _register(context, lez=lez) as register:
        found = register.list()
    if json:
        print_json({"officers": [_content(one) for one in found]})
        return
    now = datetime.now(UTC)
    table = Table("officer", "role", "zone", "from", "until", "registered by")
    for one in found:
        until = f"ended {_day(one.valid_until)}" if one.valid_until <= now else _day(one.valid_until)
        zone = escape(one.police_zone) or "federal"
        table.add_row(escape(one.officer), one.role, zone, _day(one.valid_from), until, escape(one.registered_by))
    OUT.print(table)


@group.command("end")
def end(context: typer.Context, name: Name, role: RoleOption = None, lez: Lez = False, json: Json = False) -> None:
    """End a registration now: searches that are open close too. It is recorded in the audit."""
    with _register(context, lez=lez) as register:
        register.require("administrator")
        ended = register.end(name, cast(Role | None, role))
    if not lez:
        end_sessions(settings_of(context), name)
    if json:
        print_json({"officer": name, "ended": [one.role for one in ended]})
    else:
        OUT.print(f"{escape(name)} is no longer {', '.join(one.role for one in ended)}")


@group.command("token")
def token(
    context: typer.Context,
    name: Name,
    hours: Annotated[float, typer.Option(min=0.01, max=MOST_HOURS, help="How long it holds.")] = 12,
    json: Json = False,
) -> None:
    """Give an officer's program a token for the API, for a shift. Only an administrator may; it is in the audit.

    Who has it acts in the officer's name. It is kept nowhere, and worth nothing once the officer's registration ends.
    """
    settings = settings_of(context)
    until = datetime.now(UTC) + timedelta(hours=hours)
    with _register(context) as register:
        register.require("administrator")
        register.token_given(name, until)
    made = officer_token(credentials_of(settings), name, until)
    if json:
        print_json({"officer": name, "until": until, "token": made})
    else:
        OUT.print(f"{made}\n{escape(name)}, until {_day(until)} UTC", soft_wrap=True, highlight=False)


@group.command("password")
def password(
    context: typer.Context,
    name: Name,
    generate: Annotated[bool, typer.Option("--generate", help="Make one and print it once.")] = False,
    off: Annotated[bool, typer.Option("--off", help="Take it away: no more sign-in by password here.")] = False,
    json: Json = False,
) -> None:
    """Let somebody sign in at this machine's console: asks for a password. Only an administrator may.

    It is kept in the data folder, as an argon2id hash. Who has it signed in before is signed out. In the audit.
    """
    users = local_users(settings_of(context))
    with _register(context) as register:
        register.require("administrator")
        if off:
            _require_user(users, name)
            register.sign_in_changed("password_ended", name)
            users.remove(name)
        else:
            chosen = give_password(users, register, name, made_password() if generate else _asked_password(name))
    _tell_password(name, chosen if generate and not off else None, off=off, json=json)


def _tell_password(name: str, made: str | None, *, off: bool, json: bool) -> None:
    if json:
        print_json({"officer": name, "password": made, "off": off})
    elif made is not None:
        OUT.print(f"{escape(name)}: {made}", highlight=False)
    else:
        OUT.print(f"{escape(name)} signs in by {'no password here any more' if off else 'the new password'}")


def _asked_password(name: str) -> str:
    """Typed twice at a terminal; else the first line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True))


@group.command("second-factor")
def second_factor(
    context: typer.Context,
    name: Name,
    off: Annotated[bool, typer.Option("--off", help="Ask for the password alone again.")] = False,
    json: Json = False,
) -> None:
    """Ask this officer for a code of a telephone's app too: shows a QR code to scan, and asks for the first code.

    Only an administrator may. It is in the audit.
    """
    users = local_users(settings_of(context))
    with _register(context) as register:
        register.require("administrator")
        _require_user(users, name)
        if off:
            register.sign_in_changed("second_factor_ended", name)
            users.end_second_factor(name)
        else:
            secret = _shown_secret(name, json=json)
            code = str(typer.prompt("The code that it shows now", err=True))
            users.check_code(secret, code)
            register.sign_in_changed("second_factor_set", name)
            users.set_second_factor(name, secret, code)
    if json:
        print_json({"officer": name, "second_factor": not off})
    else:
        OUT.print(f"{escape(name)} signs in by password {'alone' if off else 'and code'}")


def _shown_secret(name: str, *, json: bool) -> str:
    """A new one, as a QR code and in letters; with --json as a line of its own, before the code is asked for."""
    secret, address = made_secret(name)
    if json:
        print_json({"officer": name, "secret": secret, "address": address})
    else:
        segno.make(address).terminal(compact=True)
        OUT.print(f"Scan it with an authenticator app, or type: {secret}", highlight=False, soft_wrap=True)
    return secret


def _require_user(users: LocalUsers, name: str) -> None:
    if name not in users.names():
        raise OfficerRefused(f"{name} has no password here: anpr officers password")


@group.command("decide")
def decide(
    context: typer.Context,
    decision_id: Annotated[str, typer.Argument(help="Reference of the decision.")],
    magistrate: Annotated[str, typer.Option(help="Who decided.")],
    case_number: Annotated[str, typer.Option(help="Number of the file that it belongs to.")],
    covers_from: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="First day that it opens, UTC.")],
    covers_until: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day that it opens, UTC.")],
    valid_until: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Last day to search by it, UTC.")],
    json: Json = False,
) -> None:
    """Record a magistrate's decision that opens what is older than a month. Somebody else searches by it."""
    begin = _end_of(covers_from) - timedelta(days=1)
    decision = Decision(decision_id, magistrate, case_number, begin, _end_of(covers_until), _end_of(valid_until))
    with _register(context) as register:
        register.require(None)
        register.decide(decision)
    if json:
        print_json(asdict(decision))
    else:
        OUT.print(
            f"decision {escape(decision_id)} opens {covers_from} to {covers_until} for file {escape(case_number)}, "
            f"searches until {valid_until}, to anybody but who recorded it"
        )


@contextmanager
def _register(context: typer.Context, *, lez: bool = False) -> Iterator[Register]:
    settings = settings_of(context)
    if lez:
        with open_lez(settings, say) as opened:
            chain = ChainFile(opened.lez_chain)
            yield Register(connect(opened.lez()), lambda: datetime.now(UTC), settings.officer, chain)
        return
    with open_platform(settings, broker="none", say=say) as platform:
        client = connect(platform.settings.dsn())
        chain = ChainFile(platform.settings.data_dir)
        yield Register(client, lambda: datetime.now(UTC), settings.officer, chain)


def _check_register(role: str, zone: str, *, lez: bool) -> None:
    """Raises OfficerRefused for who does not belong into the zones' register."""
    if lez and (role not in LEZ_ROLES or zone):
        raise OfficerRefused(f"the low-emission zones register {', '.join(LEZ_ROLES)}, and no police zone")


def _content(officer: Officer) -> dict[str, object]:
    return {**asdict(officer), "valid_until": None if officer.valid_until >= FOREVER else officer.valid_until}


def _day(moment: datetime) -> str:
    return "no end" if moment >= FOREVER else f"{moment:%Y-%m-%d %H:%M}"


def _end_of(day: str) -> datetime:
    """The moment after a day, UTC. Raises OfficerRefused."""
    try:
        return end_of(date.fromisoformat(day))
    except (ValueError, OverflowError) as error:
        raise OfficerRefused(f"'{day}' is no day: write YYYY-MM-DD") from error
