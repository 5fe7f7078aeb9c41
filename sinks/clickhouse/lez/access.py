"""Who may do what in the database of the low-emission zones; `sinks.clickhouse.access` is the police's list.

    lez_writer   the worker store-lez: puts messages in, reads back only how far it came
    lez_agent    the program in which agents work: results of recorded searches, and writes their record
    lez_analyst  people with SQL: counts without plates
    lez_auditor  the controller of the zones: who looked for what and why; no plate but what was looked for

No role of this list has a right in the police's database, and none of the police's has one here.
"""

from __future__ import annotations

from sinks.clickhouse.access import LOOK_UP, PLACE, Grant, Roles

__all__ = ["CLOSED", "COUNTS", "LIMITED", "OF_SEARCH", "ROLES"]

OF_SEARCH = (
    *("verdicts_of_search", "verdict_history_of_search", "notices_of_search", "notice_history_of_search"),
    *("passes_of_search", "permits_of_search"),
)
"""The only way to a plate: each demands a recorded search."""
REFERENCE = ("purposes", "schema_migrations")
COUNTS = (
    *("passages_by_hour", "notices_by_day", "dead_letters_by_hour", "searches_by_hour", "store_tables"),
    *("days_to_count", "days_well_counted", "vehicles_by_kind"),
)
"""How much, without plates."""
STORED = ("verdicts", "notices", "passes", "permits", "dead_letters")

ROLES: Roles = {
    "lez_writer": (
        Grant("INSERT", ("verdicts_in", *STORED[1:])),
        Grant(f"SELECT({PLACE})", STORED),
        Grant("SELECT", ("schema_migrations",)),
        LOOK_UP,
    ),
    "lez_agent": (
        Grant("SELECT", (*OF_SEARCH, *REFERENCE, *COUNTS)),
        Grant("SELECT", ("officers", "audit_heads")),
        Grant("SELECT(chain, seq, hash)", ("audit",)),
        Grant("INSERT", ("audit_in", "audit")),
        LOOK_UP,
    ),
    "lez_analyst": (
        Grant("SELECT", (*REFERENCE, *COUNTS)),
        LOOK_UP,
    ),
    "lez_auditor": (
        Grant("SELECT", ("audit", "audit_heads", "searches", "officers")),
        Grant("SELECT", (*REFERENCE, *COUNTS)),
        LOOK_UP,
    ),
}
LIMITED = "lez_analyst"
"""The role of people who write SQL: its queries are limited in time and memory."""
CLOSED: dict[str, str] = {
    "search_verdicts": "the ids of everybody's searches, which are the keys to their results",
    "verdicts": "opened by a recorded search only, through verdict_history_of_search",
    "verdicts_last": "opened by a recorded search only, through verdicts_of_search",
    "verdicts_now": "opened by a recorded search only, through verdicts_of_search",
    "notices": "opened by a recorded search only, through notice_history_of_search",
    "notices_now": "opened by a recorded search only, through notices_of_search",
    "passes": "opened by a recorded search only, through passes_of_search",
    "permits": "opened by a recorded search only, through permits_of_search",
    "dead_letters": "messages as they came, with their plates; dead_letters_by_hour counts them",
    "days_touched": "of passages_by_hour, which says the same",
    "hours_counted": "of passages_by_hour, which leaves out what does not hold any more",
    "days_counted": "of passages_by_hour, which says the same",
}
"""Tables and views whose content nobody is granted, with the reason; the sink's places in the log are no content."""
