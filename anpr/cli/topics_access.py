"""`anpr topics acl | users`: who may do what at Kafka."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from confluent_kafka.admin import AdminClient
from rich.table import Table

from anpr.cli.app import settings_of
from anpr.cli.console import OUT, print_json
from anpr.cli.topics import Json, group
from anpr.platform import check_broker
from anpr.settings import Settings, SettingsFault
from pipeline.runtime.kafka import admin_client
from topics.access.broker import Difference, differences, end_users, mend, set_passwords, users_with_password
from topics.access.model import all_roles, role_of
from topics.access.rights import Right, rights
from topics.spec import all_topics

User = Annotated[list[str] | None, typer.Option("--user", help="Only this user; may be given again.")]


@group.command("acl")
def acl(
    context: typer.Context,
    user: User = None,
    check: Annotated[bool, typer.Option("--check", help="Compare with the broker; exit code 1 if it differs.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Give users at the broker the rights they lack.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="With --apply: take what the files do not give.")] = False,
    json: Json = False,
) -> None:
    """What each Kafka user may, by topics/*.yaml and topics/access/roles.yaml; who is there: `anpr topics users`."""
    if not check and not apply:
        _show({name: rights(role_of(name), name, all_topics()) for name in user or all_roles()}, json=json)
        return
    admin = _super_user(settings_of(context))
    users = user or users_with_password(admin)
    changed = mend(admin, users, all_topics(), remove=remove) if apply else []
    left = differences(admin, users, all_topics())
    _tell(users, changed, left, json=json)
    if left:
        raise typer.Exit(1)


def _show(found: dict[str, frozenset[Right]], *, json: bool) -> None:
    if json:
        print_json({"users": {name: [str(right) for right in sorted(all_of)] for name, all_of in found.items()}})
        return
    table = Table("user", "writes", "reads", "groups", "sees only")
    for name, all_of in found.items():
        cells = (
            [str(one).split(" ", 2)[2] for one in sorted(all_of) if (one.kind, one.operation) == wanted]
            for wanted in (("topic", "write"), ("topic", "read"), ("group", "read"))
        )
        seen = [str(one).removeprefix("describe ") for one in sorted(all_of) if one.operation == "describe"]
        table.add_row(name, *("\n".join(cell) for cell in cells), "\n".join(seen), end_section=True)
    OUT.print(table)


def _tell(users: list[str], changed: list[Difference], left: list[Difference], *, json: bool) -> None:
    if json:
        told = {"users": users, "changed": [asdict(one) for one in changed], "differs": [asdict(one) for one in left]}
        print_json({"in_order": not left, **told})
        return
    for one in changed:
        OUT.print(f"{one.user}: {'given' if one.kind == 'missing' else 'taken'}: {one.right}", highlight=False)
    for one in left:
        OUT.print(f"{one.user}: {one.kind}: {one.right}", highlight=False)
    words = "rights differ: `anpr topics acl --apply` gives what is missing, with --remove takes what is beyond"
    OUT.print(words if left else f"all {len(users)} users may what the files say")


@group.command("users")
def users(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Lines `NAME PASSWORD`; - reads standard input.")] = None,
    end: Annotated[list[str] | None, typer.Option("--end", help="End this user; may be given again.")] = None,
    json: Json = False,
) -> None:
    """Make Kafka users with the rights of their roles, or give them new passwords; end them; or list them.

    A user is called as its role is, or ROLE.NAME: `anpr topics acl` lists the roles.
    """
    admin = _super_user(settings_of(context))
    given = _passwords(file) if file is not None else {}
    if given:
        set_passwords(admin, given)
        mend(admin, given, all_topics(), remove=True)
    if end:
        end_users(admin, end)
    there = users_with_password(admin)
    if json:
        print_json({"set": sorted(given), "ended": sorted(end or ()), "users": there})
    elif given or end:
        OUT.print(f"{len(given)} set, {len(end or ())} ended", highlight=False)
    else:
        OUT.print("\n".join(there) or "no users", highlight=False)


def _passwords(file: Path) -> dict[str, str]:
    """Name → password. Raises SettingsFault, RoleError; neither quotes a line, as it may hold a password."""
    text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if len(words) != 2 and words:
            raise SettingsFault(f"line {number} is no `NAME PASSWORD`")
        if words:
            found[words[0]] = words[1]
            role_of(words[0])
    if not found:
        raise SettingsFault("no line `NAME PASSWORD` was given")
    return found


def _super_user(settings: Settings) -> AdminClient:
    check_broker(settings)
    return admin_client(settings.kafka())
