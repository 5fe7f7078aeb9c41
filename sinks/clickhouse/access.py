"""Who may do what in the police's database: one list, from which a server's roles and the embedded store's are made.

What is not granted here is denied. Every table and view of the migrations is named, if only as closed, so that a new
one cannot be forgotten (tests/sinks/test_access.py). Views run with the rights of who migrates (`migrate.render`):
whoever is granted a view needs nothing behind it, and gets nothing behind it.

    anpr_writer    the store worker: puts messages in, reads back only how far it came
    anpr_lookback  the worker that looks for a new entry among what has passed; the entry is the reason, and audited
    anpr_cases     the worker that makes cases: where vehicles go on to from a camera; its own cases and their hits,
                   should its memory be lost; no passage
    anpr_search    the console and the search: results of recorded searches, and writes their record
    anpr_analyst   people with SQL: the same results, references and counts
    anpr_auditor   the controller: who searched what and why; no passage

Nobody has ALTER, DELETE or TRUNCATE, so a record of the audit stays as it was written. On a server, users are made by
`anpr store user NAME --role ROLE`; in the embedded store a role is a token or the URL parameter `role`. The database of
the low-emission zones has roles of its own (`lez/access.py`); none of either has a right in the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["CLOSED", "LIMITED", "LOOK_UP", "PLACE", "ROLES", "Grant", "Roles", "grants_of", "statements", "why_denied"]

SEARCH_VIEWS = (
    *("search_scope", "passages_of_search", "passages_of_scene", "companions_of_search", "plates_of_search"),
    *("plates_of_zone_search", "sightings_of_search", "sightings_of_zone_search", "held_passages_of_search"),
)
REFERENCE = ("cameras", "purposes", "schema_migrations")
COUNTS = (
    *("camera_minutes", "travel", "learnt_days", "learnt_travel"),
    *("camera_health", "camera_health_by_hour", "cameras_now", "camera_anomalies"),
    *("traffic_by_minute", "hits_by_minute", "cases_by_hour", "dead_letters_by_hour", "store_tables"),
    *("searches_by_hour", "results_by_hour", "denials_by_hour", "audit_by_hour", "oldest_rows"),
)
"""How much and how fast, without plates."""
PLACE = "_log, _partition, _offset"
"""Columns that say how far the sink came; no other of the tables is read by it."""
OF_A_HIT = (
    "hit_id, revision, withdrawn, list_kind, priority, match, alert_class, camera_id, captured_at, received_at, late"
)
OF_A_LETTER = "source_topic, failed_at, stage, reason, value_size"
SYSTEM = ("one", "numbers", "settings", "functions", "formats", "tables", "columns", "databases")
"""What a client library and a curious analyst look up; they show only what is granted. No `processes`: it shows the
plates that others are asking for."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One privilege on some tables or views."""

    privilege: str
    """`SELECT`, `INSERT`, or either with columns in brackets."""
    on: tuple[str, ...]
    database: str = ""
    """Empty: ours."""


Roles = Mapping[str, tuple[Grant, ...]]
LOOK_UP = Grant("SELECT", SYSTEM, "system")
STORED = (
    *("reads", "passages", "hits", "anomalies", "cameras", "patrols", "cases", "dead_letters"),
    *("hotlist_entries", "camera_health"),
)

ROLES: Roles = {
    "anpr_writer": (
        Grant("INSERT", ("passages_in", *(table for table in STORED if table != "passages"))),
        Grant(f"SELECT({PLACE})", STORED),
        Grant("SELECT", ("schema_migrations",)),
        LOOK_UP,
    ),
    "anpr_search": (
        Grant("SELECT", (*SEARCH_VIEWS, *REFERENCE, *COUNTS)),
        Grant("SELECT", ("officers", "audit_heads", "holds", "hits", "cases", "patrols", "anomalies")),
        Grant("SELECT", ("hotlist_entries", "subscribers")),
        Grant("SELECT", ("search_record", "search_owner")),  # one's own search, to go on with it in another process
        Grant("SELECT(chain, seq, hash)", ("audit",)),  # whether a record that was on its way has come
        # Searches follow from the first, officers and decisions from the second in the same INSERT; from other records
        # nothing does.
        Grant("INSERT", ("audit_search_in", "audit_in", "audit")),
        LOOK_UP,
    ),
    "anpr_lookback": (
        Grant("SELECT", ("plates_passed_since", "passages_passed_since", "hits", "hotlist_entries")),
        Grant("SELECT", ("schema_migrations",)),
        LOOK_UP,
    ),
    "anpr_cases": (
        Grant("SELECT", ("learnt_travel", "cameras", "schema_migrations", "cases", "hits")),
        LOOK_UP,
    ),
    "anpr_analyst": (
        Grant("SELECT", (*SEARCH_VIEWS, *REFERENCE, *COUNTS)),
        Grant(f"SELECT({OF_A_HIT})", ("hits",)),
        Grant(f"SELECT({OF_A_LETTER})", ("dead_letters",)),
        LOOK_UP,
    ),
    "anpr_auditor": (
        Grant("SELECT", ("audit", "audit_heads", "searches", "officers", "access_decisions", "holds")),
        Grant("SELECT", ("subscribers",)),
        Grant("SELECT", (*REFERENCE, *COUNTS)),
        LOOK_UP,
    ),
}
LIMITED = "anpr_analyst"
"""The role of people who write SQL: its queries are limited in time and memory."""
CLOSED: dict[str, str] = {
    "search_verdicts": "the ids of everybody's searches, which are the keys to their results",
    "passages": "opened by a recorded search only, through passages_of_search",
    "passages_unpacked": "opened by a recorded search only, through passages_of_search",
    "passages_by_camera": "opened by a recorded search only, through passages_of_scene",
    "plates": "a list of everybody's plates",
    "held_passages": "opened by a recorded search on the case's file only, through held_passages_of_search",
    "reads": "plates and places, as passages",
    "lez_verdicts": "of before the low-emission zones had a database of their own; it goes by its term",
}
"""Tables whose content nobody is granted, with the reason; the sink's places in the log are no content."""


def grants_of(role: str, database: str, roles: Roles = ROLES) -> Iterator[str]:
    """`PRIVILEGE ON database.table`, one by one."""
    for grant in roles[role]:
        for name in grant.on:
            yield f"{grant.privilege} ON {_quoted(grant.database or database)}.{name}"


def statements(database: str, cluster: str | None = None, roles: Roles = ROLES) -> Iterator[str]:
    """One GRANT a role, for a server: afterwards the role has these rights and no others."""
    on_cluster = f"ON CLUSTER '{cluster}' " if cluster else ""
    for role in roles:
        yield f"GRANT {on_cluster}{', '.join(grants_of(role, database, roles))} TO {role} WITH REPLACE OPTION"


_WANTED = re.compile(r"have the grant ([A-Z ]+?)(?:\([^)]*\))? ON (?:\S*\.)?(\w+)")


def why_denied(text: str, role: str, roles: Roles = ROLES, closed: Mapping[str, str] = CLOSED) -> str:
    """One sentence for people out of ClickHouse's ACCESS_DENIED, which names a grant; empty: it is another error.

    roles, closed: of the database that was asked.
    """
    found = _WANTED.search(text)
    if found is None:
        return ""
    right, name = found.groups()
    if name in closed:
        return f"{name} is closed: {closed[name]}"
    if right == "READ":  # the embedded engine looks for a file where it knows no table
        return "there is no such table or view; SHOW TABLES lists what there is"
    columns = _columns_of(roles.get(role, ()), name)
    if columns:
        return f"the role {role} may read only these columns of {name}: {columns}"
    return f"the role {role} may not read {name}; SHOW TABLES lists what it may"


def _columns_of(grants: tuple[Grant, ...], table: str) -> str:
    """Columns that are granted where not all are."""
    granted = [grant.privilege for grant in grants if table in grant.on and "(" in grant.privilege]
    return ", ".join(privilege.partition("(")[2].rstrip(")") for privilege in granted)


def _quoted(name: str) -> str:
    """Names of databases are the administrator's choice."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
