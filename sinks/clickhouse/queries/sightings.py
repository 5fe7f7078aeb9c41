"""Which view shows the sightings that a search opens: of the whole country, which is planned faster, or of a zone."""

from __future__ import annotations

from schemas.search import SearchRecord
from sinks.clickhouse.queries.ask import sql_of

__all__ = ["sightings_sql"]


def sightings_sql(name: str, search: SearchRecord) -> str:
    """Text of `NAME.sql`, which is written for a search of the whole country; of one police zone where it is one."""
    sql = sql_of(name)
    return sql.replace("sightings_of_search", "sightings_of_zone_search") if search.police_zone else sql
