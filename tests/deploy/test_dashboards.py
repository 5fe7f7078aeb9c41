"""Every panel asks for metrics and columns that exist, and Grafana's user at ClickHouse may read just those."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess, start_store
from pipeline.runtime.metrics import METRICS
from sinks.clickhouse.access import COUNTS
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.officers import Register
from sinks.clickhouse.searches import SearchDesk, SearchRefused, SearchRequest
from tests.deploy.dashboards import FILES, dashboard_faults, load_dashboard, queries
from tests.deploy.deployment import load
from tests.deploy.macros import MacroFault, Span, expand_macros
from tests.deploy.promql import CLICKHOUSE, promql_faults, variable_faults
from tests.sinks.queries.facts import Fact, assert_pruned, explained, store_facts

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
SPAN = Span(NOW - timedelta(hours=1), NOW, 60)
DASHBOARDS = {path.name: load_dashboard(path) for path in FILES}
SQL = {
    f"{name}-{title}": query
    for name, dashboard in DASHBOARDS.items()
    for title, query in queries(dashboard, "clickhouse")
}
PERSONAL = re.compile(r"plate|position|evidence|candidates|_base64|reason|officer|passage_id|track")
_COLUMN = re.compile(r"COLUMN id: \d+, column_name: (\w+),.*?source_id: (\d+)")
_TABLE = re.compile(r"TABLE id: (\d+),.*?table_name: \w+\.(\w+)")
_GRANT = re.compile(r"^GRANT SELECT\(([\w, ]+)\) ON anpr\.(\w+)$")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    """An embedded store."""
    process = start_store(tmp_path_factory.mktemp("store"))
    yield process
    process.stop()


@pytest.fixture(scope="module")
def client(store: StoreProcess) -> Iterator[Client]:
    """A client of it, with our tables and a few facts."""
    with connect(store.dsn) as opened:
        migrate(opened)
        _seed(opened)
        yield opened


@pytest.fixture(scope="module")
def analyst(store: StoreProcess, client: Client) -> Iterator[Client]:
    """A client without any right on the tables behind the views."""
    assert client
    with connect(store.dsn, role="anpr_analyst") as opened:
        yield opened


HALF_PAST = NOW - timedelta(minutes=30)


def _seed(client: Client) -> None:
    """Two passages in one minute, one of them revised, and one in the next; two hits of two kinds; searches."""
    facts = [(1, 1, 0), (1, 2, 0), (2, 1, 5), (4, 1, 60)]
    for n, revision, seconds in facts:
        more = {"passage_id": UUID(int=n), "revision": revision}
        store_facts(client, [Fact(f"{n}ABC123", "gate-1", HALF_PAST + timedelta(seconds=seconds), more)])
    client.insert(
        "hits",
        [(UUID(int=n), 1, f"{n}ABC123", kind, HALF_PAST) for n, kind in enumerate(("stolen", "wanted"), 1)],
        column_names=["hit_id", "revision", "plate", "list_kind", "captured_at"],
    )
    _seed_searches(client)


def _seed_searches(client: Client) -> None:
    """A search that was shown something, and one without a reason."""
    Register(client, lambda: HALF_PAST - timedelta(days=1), "A. Peeters").bootstrap()
    desk = SearchDesk(client, lambda: HALF_PAST)
    asked = SearchRequest(
        pattern="1ABC123",
        reason="Hit and run in the Rue Neuve",
        officer="A. Peeters",
        purpose="crime",
        captured_from=NOW - timedelta(days=1),
        captured_until=NOW,
    )
    desk.shown(desk.open(asked), "exact", 3)
    with pytest.raises(SearchRefused):
        desk.open(replace(asked, reason="x"))


def _sources() -> dict[str, str]:
    return {source["uid"]: source["type"] for source in load().datasources["datasources"]}


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboard_is_in_order(name: str) -> None:
    assert list(dashboard_faults(DASHBOARDS[name], _sources())) == []


def test_every_metric_is_on_a_dashboard() -> None:
    asked = " ".join(query for dashboard in DASHBOARDS.values() for _, query in queries(dashboard, "prometheus"))

    assert [metric.name for metric in METRICS if metric.name not in asked] == []


def test_each_dashboard_has_an_identifier_of_its_own() -> None:
    assert len(DASHBOARDS) >= 2
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)
    assert len({dashboard["title"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)


@pytest.mark.parametrize("sql", SQL.values(), ids=SQL)
def test_sql_gives_a_time_series_without_rights_on_tables(analyst: Client, sql: str) -> None:
    result = analyst.query(expand_macros(sql, SPAN))

    assert result.column_names[0] == "time"
    assert result.column_types[0].name.startswith("DateTime")
    assert any("Int" in kind.name or "Float" in kind.name for kind in result.column_types)
    assert result.result_rows, "the panel shows nothing"


def test_passages_are_counted_once_and_per_minute(client: Client) -> None:
    sql = dict(queries(DASHBOARDS["flow.json"], "clickhouse"))["Passages per minute"]

    by_minute = client.query(expand_macros(sql, SPAN)).result_rows
    by_ten = client.query(expand_macros(sql, Span(SPAN.start, SPAN.end, 600))).result_rows

    assert [value for _, value in by_minute] == [2, 1]
    assert [value for _, value in by_ten] == [0.3]


def _asked(client: Client, title: str) -> list[tuple[Any, ...]]:
    sql = dict(queries(DASHBOARDS["store.json"], "clickhouse"))[title]
    return [row[1:] for row in client.query(expand_macros(sql, SPAN)).result_rows]


def test_the_store_s_dashboard_counts_what_there_is(client: Client) -> None:
    assert _asked(client, "Searches by purpose") == [("crime", 1)]
    assert _asked(client, "Refusals by code") == [("reason_short", 1)]
    assert _asked(client, "Rows shown by question") == [("exact", 3)]
    assert ("search_denied", 1) in _asked(client, "Audit records by action")
    assert _asked(client, "Passages per second") == [(2 / 60,), (1 / 60,)]
    assert _asked(client, "Cameras with traffic") == [(1,), (1,)]
    assert {row[0] for row in _asked(client, "Size of tables")} >= {"passages", "hits", "audit"}
    oldest = {table: (moment, days) for table, moment, days, _ in _asked(client, "Oldest rows")}
    assert oldest["passages"] == (HALF_PAST, 0)
    assert oldest["reads"] == (None, None)


def test_what_is_kept_too_long_is_counted(client: Client) -> None:
    assert _asked(client, "Kept too long") == [(0,)]
    client.command("SYSTEM STOP TTL MERGES")
    client.insert("anomalies", [["clone", NOW - timedelta(days=400)]], column_names=["kind", "observed_at"])
    assert _asked(client, "Kept too long") == [(1,)]
    client.command("TRUNCATE TABLE anomalies")
    client.command("SYSTEM START TTL MERGES")


def test_clickhouse_has_the_series_that_dashboards_ask_for(client: Client) -> None:
    gauges = {name for (name,) in client.query("SELECT metric FROM system.metrics").result_rows}
    shown = {"system_events_show_zero_values": 1}
    events = {name for (name,) in client.query("SELECT event FROM system.events", settings=shown).result_rows}
    known = {f"ClickHouseMetrics_{name}": "gauge" for name in gauges}
    known |= {f"ClickHouseProfileEvents_{name}": "counter" for name in events}
    assert {name: known.get(name) for name in CLICKHOUSE} == CLICKHOUSE


def test_a_time_range_reads_only_its_months(client: Client) -> None:
    sql = dict(queries(DASHBOARDS["store.json"], "clickhouse"))["Passages per second"]
    assert_pruned(explained(client, expand_macros(sql, SPAN), {}), "camera_minutes")


def test_hits_are_split_by_kind(client: Client) -> None:
    sql = dict(queries(DASHBOARDS["flow.json"], "clickhouse"))["Hits by list kind"]

    assert [row[1:] for row in client.query(expand_macros(sql, SPAN)).result_rows] == [("stolen", 1), ("wanted", 1)]


def _granted() -> dict[str, set[str]]:
    """Table → columns that Grafana's user may read."""
    tree = ElementTree.fromstring(load().clickhouse_user)
    matches = [_GRANT.match(query.text or "") for query in tree.findall("users/grafana/grants/query")]
    assert matches
    assert all(matches), "only SELECT of named columns is understood"
    return {match[2]: set(match[1].split(", ")) for match in matches if match}


def _read_columns(client: Client, sql: str) -> set[tuple[str, str]]:
    """(table, column) that a query reads."""
    plan = str(client.command(f"EXPLAIN QUERY TREE dump_passes = 0 {expand_macros(sql, SPAN)}"))
    tables = dict(_TABLE.findall(plan))
    assert tables
    return {(tables[source], column) for column, source in _COLUMN.findall(plan) if source in tables}


def test_grafana_may_read_what_panels_ask_and_no_more(client: Client) -> None:
    granted = {(table, column) for table, columns in _granted().items() for column in columns}

    read = set().union(*(_read_columns(client, sql) for sql in SQL.values()))

    assert read == granted


def test_grants_name_columns_that_exist_and_no_personal_data(client: Client) -> None:
    for table, columns in _granted().items():
        known = {row[0] for row in client.query(f"DESCRIBE TABLE {table}").result_rows}
        assert columns <= known
        assert not [column for column in columns if PERSONAL.search(column)]


def test_grafana_reads_views_only_and_none_that_an_analyst_may_not(client: Client) -> None:
    views = {row[0] for row in client.query("SELECT name FROM system.tables WHERE engine = 'View'").result_rows}
    assert _granted().keys() <= views & set(COUNTS)


def test_read_columns_sees_a_plate(client: Client) -> None:
    sql = "SELECT count() FROM passages FINAL WHERE startsWith(plate, '1') AND $__timeFilter(captured_at)"
    assert _read_columns(client, sql) == {("passages", "plate"), ("passages", "captured_at")}


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("sum(rate(anpr_consumd_total[5m]))", "no metric anpr_consumd_total"),
        ("sum by (camera) (rate(anpr_consumed_total[5m]))", "no label camera"),
        ('rate(anpr_consumed_total{plate="1ABC123"}[5m])', "no label plate"),
        ("sum(anpr_consumed_total)", "to be read as a rate"),
        ("rate(anpr_lag_messages[5m])", "not to be read as a rate"),
        ("rate(anpr_age_seconds[5m])", "no metric anpr_age_seconds"),
        ("histogram_quantile(0.9, sum by (flow) (rate(anpr_age_seconds_bucket[5m])))", "by le"),
        ("sum(rate(anpr_consumed_total[$__interval]))", "unknown macro"),
        ("sum(rate(anpr_consumed_total[5m])", "brackets"),
        ("irate(anpr_consumed_total[5m])", "function irate"),
        ("anpr_lag_messages{flow}", "cannot read"),
        ("1 + 1", "no metric"),
    ],
)
def test_promql_fault_is_found(expression: str, words: str) -> None:
    assert words in "; ".join(promql_faults(expression))


def test_variable_fault_is_found() -> None:
    assert list(variable_faults("label_values(anpr_consumed_total, flow)")) == []
    assert list(variable_faults("label_values(anpr_consumed_total, camera)"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT $__timeGroup(t)",
        "SELECT $__timeFilter()",
        "SELECT $__timeFilter",
        "SELECT '$flow'",
        "SELECT $__timeFilter(a, b)",
    ],
)
def test_unknown_macro_is_refused(sql: str) -> None:
    with pytest.raises(MacroFault):
        expand_macros(sql, SPAN)


def _twice(dashboard: dict[str, Any]) -> None:
    dashboard["panels"].append(dashboard["panels"][1])


def _other_source(dashboard: dict[str, Any]) -> None:
    dashboard["panels"][1]["targets"][0]["datasource"]["uid"] = "influx"


def _mute(dashboard: dict[str, Any]) -> None:
    dashboard["panels"][1]["description"] = ""


def _empty(dashboard: dict[str, Any]) -> None:
    dashboard["panels"][1]["targets"] = []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_twice, "overlap"),
        (_twice, "one id"),
        (_other_source, "influx"),
        (_mute, "does not say"),
        (_empty, "asks nothing"),
    ],
)
def test_dashboard_fault_is_found(damage: Any, words: str) -> None:
    broken = deepcopy(DASHBOARDS["flow.json"])
    damage(broken)

    assert words in "; ".join(dashboard_faults(broken, _sources()))
