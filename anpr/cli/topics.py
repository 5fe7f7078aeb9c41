"""`anpr topics list | create | check | versions`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, print_json
from anpr.platform import check_broker, topic_drifts
from anpr.topic_versions import Found, look_at_versions
from pipeline.runtime.kafka import admin_client
from topics.admin import create
from topics.spec import Topics, all_topics

group = typer.Typer(help="The Kafka topics: what there should be, and whether there is.", no_args_is_help=True)
app.add_typer(group, name="topics")
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]


@group.command("list")
def list_topics(json: Json = False) -> None:
    """Show all topics as the files define them."""
    topics = all_topics()
    if json:
        print_json({"topics": [spec.model_dump(mode="json", by_alias=True) for spec in topics.values()]})
        return
    table = Table("topic", "key", "partitions", "keeps", "personal data", "contract", "what")
    for name, spec in topics.items():
        contract = f"{spec.contract.name}/{spec.contract.version}"
        first = spec.description.split(". ")[0].strip().rstrip(".")
        table.add_row(
            name,
            spec.key.field,
            str(spec.partitions),
            spec.cleanup,
            spec.retention or "-",
            spec.pii.kind,
            contract,
            first,
        )
    OUT.print(table)


@group.command("create")
def create_topics(
    context: typer.Context,
    max_partitions: Annotated[int | None, typer.Option(min=1, help="Cap on partitions.")] = None,
    replication: Annotated[int | None, typer.Option(min=1, help="Copies of each partition.")] = None,
    json: Json = False,
) -> None:
    """Create what is missing at the broker. May be repeated; changes nothing that exists."""
    settings = settings_of(context)
    check_broker(settings)
    made = create(
        admin_client(settings.kafka()),
        all_topics(),
        max_partitions=max_partitions or settings.topics_max_partitions,
        replication=replication or settings.topics_replication,
    )
    if json:
        print_json({"topics": [asdict(one) for one in made]})
    else:
        for one in made:
            OUT.print(f"{one.topic}: {one.outcome} {one.detail}".rstrip())
    if any(one.outcome == "refused" for one in made):
        raise typer.Exit(1)


@group.command("check")
def check_topics(context: typer.Context, json: Json = False) -> None:
    """Say where the broker differs from the files. Exit code 1 if it does."""
    settings = settings_of(context)
    check_broker(settings)
    drifts = topic_drifts(settings)
    wrong = [drift for drift in drifts if drift.kind != "cannot tell"]
    if json:
        print_json({"in_order": not wrong, "drift": [asdict(drift) for drift in drifts]})
    else:
        for drift in drifts:
            OUT.print(f"{drift.topic}.{drift.field}: {drift.kind}, should be {drift.expected}, is {drift.actual}")
        OUT.print(
            "topics differ: `anpr topics create` adds what is missing" if wrong else "all topics are as they should be"
        )
    if wrong:
        raise typer.Exit(1)


@group.command("versions")
def show_versions(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Topics; none: all of them.")] = None,
    newest: Annotated[int, typer.Option(min=1, help="Look at so many messages of each topic, the newest.")] = 1_000,
    every: Annotated[bool, typer.Option("--all", help="Look at every message.")] = False,
    json: Json = False,
) -> None:
    """Say which versions of their contracts the topics hold. Exit code 1 where this program cannot read one."""
    settings = settings_of(context)
    check_broker(settings)
    found = look_at_versions(settings.kafka(), _chosen(names), None if every else newest)
    readable = all(one.readable for one in found)
    if json:
        print_json({"readable": readable, "topics": [asdict(one) for one in found]})
    else:
        OUT.print(_versions_table(found))
        OUT.print("this program reads all of it" if readable else NOT_READABLE, soft_wrap=True)
    if not readable:
        raise typer.Exit(1)


NOT_READABLE = "this program does not read all of it: exchange it for a newer one before it works on these topics"


def _chosen(names: list[str] | None) -> Topics:
    known = all_topics()
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise typer.BadParameter(f"there is no topic {', '.join(unknown)}: `anpr topics list` shows them")
    return Topics({name: spec for name, spec in known.items() if not names or name in names})


def _versions_table(found: list[Found]) -> Table:
    table = Table("topic", "contract", "this program", "version", "messages", "of", "newest", "")
    for one in found:
        contract = (one.topic, one.contract, str(one.known))
        for seen in one.seen:
            newest = seen.newest.isoformat(timespec="seconds")
            table.add_row(*contract, str(seen.version), f"{seen.messages:,}", f"{one.of:,}", newest, seen.standing)
        if one.without or not one.seen:
            table.add_row(*contract, "-", f"{one.without:,}", f"{one.of:,}", "", "")
    return table
