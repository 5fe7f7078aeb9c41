"""The two controllers and their databases: the police (WPA), and the low-emission zones (region and tax, GDPR).

Each has tables, terms, roles and an audit of its own. The cameras are the same, and so are the programs; what differs
is said here, so that none of them is written twice. docs/decisions/0021.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sinks.clickhouse import access, tables
from sinks.clickhouse.access import Roles
from sinks.clickhouse.audit import effects
from sinks.clickhouse.audit.effects import Effects
from sinks.clickhouse.lez import access as lez_access
from sinks.clickhouse.lez import effects as lez_effects
from sinks.clickhouse.lez import rules as lez_rules
from sinks.clickhouse.lez import tables as lez_tables
from sinks.clickhouse.retention import rules
from sinks.clickhouse.retention.rules import Kept, Rule
from sinks.clickhouse.tables import Stored
from topics.spec import all_topics

__all__ = ["CONTROLLERS", "LEZ", "LIMITED", "POLICE", "Controller", "controller_of", "controller_of_role", "keeps"]


@dataclass(frozen=True, slots=True, eq=False)
class Controller:
    """Who answers for a database, and what is in it."""

    name: str
    """police, lez."""
    database: str
    """Its name in the embedded store; on a server the DSN says it."""
    package: str
    """Whose folder `migrations` makes the tables."""
    roles: Roles = field(repr=False)
    closed: Mapping[str, str] = field(repr=False)
    """Tables and views that nobody is granted, with the reason."""
    stored: tuple[Stored, ...] = field(repr=False)
    """Topics that end in its tables; dead letters besides."""
    rules: tuple[Rule, ...] = field(repr=False)
    """How long what is kept."""
    kept: Mapping[str, Kept] = field(repr=False)
    """Tables without an end."""
    effects: Effects = field(repr=False)
    """What follows from its audit."""


POLICE = Controller(
    name="police",
    database="default",
    package="sinks.clickhouse",
    roles=access.ROLES,
    closed=access.CLOSED,
    stored=tables.STORED,
    rules=rules.RULES,
    kept=rules.KEPT,
    effects=effects.POLICE,
)
LEZ = Controller(
    name="lez",
    database="lez",
    package="sinks.clickhouse.lez",
    roles=lez_access.ROLES,
    closed=lez_access.CLOSED,
    stored=lez_tables.STORED,
    rules=lez_rules.RULES,
    kept=lez_rules.KEPT,
    effects=lez_effects.LEZ,
)
CONTROLLERS = (POLICE, LEZ)
LIMITED = frozenset({access.LIMITED, lez_access.LIMITED})
"""Roles of people who write SQL."""


def controller_of_role(role: str) -> Controller:
    """Whose role it is. Raises KeyError for one that there is not."""
    for controller in CONTROLLERS:
        if role in controller.roles:
            return controller
    raise KeyError(role)


def controller_of(topic: str) -> Controller:
    """Whose database a dead letter from this topic belongs to: what it carries is as personal as the topic itself.

    That of the police where the topic is nobody's: a letter is never without a place.
    """
    spec = all_topics().get(topic)
    return LEZ if spec is not None and spec.owner == LEZ.name else POLICE


def keeps(controller: Controller, topic: str) -> bool:
    """Whether dead letters from this topic are stored by this controller."""
    return controller_of(topic) is controller
