"""Every panel asks for series and columns that exist and shows something, and Grafana's users may read just those."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from clickhouse_connect.driver.client import Client

from anpr.dashboards.__main__ import main as dashboards
from anpr.embedded.store.launch import StoreProcess, start_store
from pipeline.runtime.metric_list import METRICS
from sinks.clickhouse.access import COUNTS
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.lez.access import COUNTS as LEZ_COUNTS
from sinks.clickhouse.migrate import make_database, migrate
from tests.deploy.dashboards import FILES, dashboard_faults, load_dashboard, queries
from tests.deploy.deployment import load
from tests.deploy.evaluate import Recording, evaluate
from tests.deploy.macros import MacroFault, Span, expand_macros
from tests.deploy.promql import CLICKHOUSE, asked_metrics, expanded, promql_faults, variable_faults
from tests.deploy.recording import load_recording
from tests.deploy.seeds import HALF_PAST, NOW, seed, seed_lez
from tests.sinks.queries.facts import assert_pruned, explained

SPAN = Span(NOW - timedelta(hours=1), NOW, 60)
DASHBOARDS = {path.stem: load_dashboard(path) for path in FILES}
CHOSEN = {"camera": "gate-1"}


def _sql(source: str) -> dict[str, str]:
    return {
        f"{name}-{title}": query
        for name, dashboard in DASHBOARDS.items()
        for title, query in queries(dashboard, source)
    }


SQL, LEZ_SQL = _sql("clickhouse"), _sql("clickhouse-lez")
PROMQL = [
    pytest.param(query, id=f"{name}-{title}-{number}")
    for name, dashboard in DASHBOARDS.items()
    for number, (title, query) in enumerate(queries(dashboard, "prometheus"))
]
PERSONAL = re.compile(r"plate|position|evidence|candidates|_base64|reason_|officer$|passage_id|track|hit_id|case_id")
_COLUMN = re.compile(r"COLUMN id: \d+, column_name: (\w+),.*?source_id: (\d+)")
_TABLE = re.compile(r"TABLE id: (\d+),.*?table_name: \w+\.(\w+)")
_GRANT = re.compile(r"^GRANT SELECT\(([\w, ]+)\) ON (\w+)\.(\w+)$")
SHAPES = {panel["title"]: panel["type"] for dashboard in DASHBOARDS.values() for panel in dashboard["panels"]}


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
        seed(opened)
        yield opened


@pytest.fixture(scope="module")
def analyst(store: StoreProcess, client: Client) -> Iterator[Client]:
    """A client without any right on the tables behind the views."""
    assert client
    with connect(store.dsn, role="anpr_analyst") as opened:
        yield opened


@pytest.fixture(scope="module")
def lez(store: StoreProcess) -> Iterator[Client]:
    """A client of the zones' database, with its tables and a few facts."""
    with make_database(store.lez_dsn) as opened:
        migrate(opened, controller=LEZ)
        seed_lez(opened)
        yield opened


@pytest.fixture(scope="module")
def lez_analyst(store: StoreProcess, lez: Client) -> Iterator[Client]:
    """A client that may count what is in the zones' database."""
    assert lez
    with connect(store.lez_dsn, role="lez_analyst") as opened:
        yield opened


def _sources() -> dict[str, str]:
    return {source["uid"]: source["type"] for source in load().datasources["datasources"]}


def test_dashboards_are_what_the_code_says() -> None:
    assert dashboards(["--check"]) == 0, "run python -m anpr.dashboards"


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboard_is_in_order(name: str) -> None:
    assert list(dashboard_faults(DASHBOARDS[name], _sources())) == []


def test_every_metric_is_on_a_dashboard() -> None:
    asked = frozenset().union(*(asked_metrics(str(one.values[0])) for one in PROMQL))

    assert [metric.name for metric in METRICS if metric.name not in asked] == []


def test_each_dashboard_has_an_identifier_of_its_own() -> None:
    assert len(DASHBOARDS) == 7
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)
    assert len({dashboard["title"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS)


UNUSUAL: tuple[tuple[dict[str, str], float], ...] = (
    # What a short run in good order has none of: alerts, snapshots of long lists, signs that are taken for plates,
    # a worker that comes back to a backlog, a store that is away.
    ({"__name__": "ALERTS", "alertname": "NoReads", "alertstate": "firing", "severity": "critical"}, 0),
    ({"__name__": "anpr_reference_snapshot_timestamp_seconds", "flow": "match", "topic": "hotlist"}, 0),
    ({"__name__": "anpr_dropped_total", "flow": "read", "reason": "word"}, 1),
    ({"__name__": "anpr_backlog_messages", "flow": "consolidate"}, 1),
    ({"__name__": "anpr_backlog_seconds", "flow": "consolidate"}, 1),
    ({"__name__": "anpr_lane_messages_total", "flow": "consolidate"}, 1),
    ({"__name__": "anpr_lane_differing", "flow": "consolidate"}, 0),
    ({"__name__": "anpr_waiting_since_timestamp_seconds", "flow": "store", "dependency": "store"}, 1),
)


@pytest.fixture(scope="module")
def recording() -> Recording:
    """What was recorded of a short run, and beside it what such a run has none of."""
    recorded = load_recording()
    moments = recorded.moments()
    series = dict(recorded.series)
    found = Recording(series, {name: list(recorded.of(name)) for name in recorded.names()})
    for labels, growth in UNUSUAL:
        for number, at in enumerate(moments):
            found.add(labels, at, number * growth)
    return found


@pytest.mark.parametrize("expression", PROMQL)
def test_panel_shows_something_of_recorded_series(recording: Recording, expression: str) -> None:
    moments = recording.moments()[-1::-3]
    found = (sample for at in moments for sample in evaluate(expanded(expression), recording, at + 0.5))

    assert any(not math.isnan(sample.value) for sample in found), "the panel shows nothing"


def test_a_panel_that_shows_nothing_is_found(recording: Recording) -> None:
    assert evaluate('sum(rate(anpr_consumed_total{flow="camera"}[1m]))', recording, recording.span()[1]) == []


def test_what_is_shown_of_the_flow_is_more_than_zeros() -> None:
    recording, rates = load_recording(), 'sum by (flow) (rate(anpr_consumed_total{flow!~"lookback|webhooks"}[2m]))'

    flows = {dict(one.labels)["flow"]: one.value for one in evaluate(rates, recording, recording.span()[1])}

    assert all(value > 0 for name, value in flows.items() if name in ("read", "consolidate", "match", "judge", "store"))


def test_no_recorded_label_was_one_that_may_not_be() -> None:
    recording = load_recording()
    assert not [labels for labels in recording.series if any(value == "other" for _, value in labels)]


def test_the_recording_has_every_metric() -> None:
    names = load_recording().names()
    unusual = {labels["__name__"] for labels, _ in UNUSUAL}
    missing = [m.name for m in METRICS if not {m.name, f"{m.name}_bucket"} & (names | unusual)]
    assert missing == []


def _check(client: Client, name: str, sql: str) -> None:
    result = client.query(expand_macros(sql, SPAN, CHOSEN))

    assert result.result_rows, "the panel shows nothing"
    title = name.partition("-")[2]
    if SHAPES.get(title, "table") in ("timeseries", "stat"):
        assert result.column_names[0] == "time"
        assert result.column_types[0].name.startswith("DateTime")
        assert any("Int" in kind.name or "Float" in kind.name for kind in result.column_types)


@pytest.mark.parametrize("name", SQL)
def test_sql_shows_something_without_rights_on_tables(analyst: Client, name: str) -> None:
    if "last whole hour" in name and datetime.now(UTC).hour != NOW.hour:
        pytest.skip("the clock has struck since the hour was filled")
    _check(analyst, name, SQL[name])


@pytest.mark.parametrize("name", LEZ_SQL)
def test_sql_of_the_zones_shows_something_without_rights_on_tables(lez_analyst: Client, name: str) -> None:
    _check(lez_analyst, name, LEZ_SQL[name])


def test_map_has_places_and_what_colours_them(client: Client) -> None:
    (panel,) = [one for one in DASHBOARDS["cameras"]["panels"] if one["type"] == "geomap"]
    (layer,) = panel["options"]["layers"]
    columns = client.query(panel["targets"][0]["rawSql"]).column_names
    wanted = [layer["location"]["latitude"], layer["location"]["longitude"], layer["config"]["style"]["color"]["field"]]
    assert set(wanted) <= set(columns)


def test_passages_are_counted_once_and_per_minute(client: Client) -> None:
    sql = SQL["hits-Passages per minute"]

    by_minute = client.query(expand_macros(sql, SPAN)).result_rows
    by_ten = client.query(expand_macros(sql, Span(SPAN.start, SPAN.end, 600))).result_rows

    assert [value for _, value in by_minute] == [2, 1]
    assert [value for _, value in by_ten] == [0.3]


def _asked(client: Client, name: str) -> list[tuple[Any, ...]]:
    return [tuple(row[1:]) for row in client.query(expand_macros(({**SQL, **LEZ_SQL})[name], SPAN, CHOSEN)).result_rows]


def test_searches_and_audit_are_counted(client: Client) -> None:
    assert _asked(client, "searches-Searches by purpose") == [("crime", 1)]
    assert _asked(client, "searches-People who search") == [("officer", 1)]
    assert _asked(client, "searches-Refusals by code") == [("reason_short", 1)]
    assert _asked(client, "searches-Rows shown by question") == [("exact", 3)]
    assert _asked(client, "searches-Answers, and empty ones") == [(1, 0)]
    assert ("search_denied", 1) in _asked(client, "searches-Audit records by action")


def test_the_store_s_dashboard_counts_what_there_is(client: Client) -> None:
    assert _asked(client, "store-Passages per second") == [(2 / 60,), (1 / 60,)]
    assert _asked(client, "store-Dead letters stored") == [("match not_json", 1)]
    assert {row[0] for row in _asked(client, "store-Size of tables")} >= {"passages", "hits", "audit"}
    oldest = {table: (moment, days) for table, moment, days, _ in _asked(client, "store-Oldest rows")}
    assert oldest["passages"] == (HALF_PAST, 0)
    assert oldest["reads"] == (None, None)


def test_cameras_are_shown_against_their_usual_hour(client: Client) -> None:
    assert _asked(client, "cameras-Cameras with traffic") == [(1,), (1,)]
    assert _asked(client, "cameras-Camera $camera") == [(40, 100.0, 70.0, 130.0)]
    assert _asked(client, "cameras-All cameras") == [(240, 300.0)]
    assert _asked(client, "cameras-Open troubles") == [(1,)]
    (silent,) = client.query(SQL["cameras-In trouble"]).result_rows
    assert silent[0] == "gate-1"
    assert client.query(SQL["cameras-$camera"]).result_rows[0] == ("gate-1",)


def test_cases_are_counted_by_how_they_stand(client: Client) -> None:
    assert _asked(client, "hits-Open") == [(2,)]
    assert _asked(client, "hits-Nobody has taken") == [(1,)]
    assert _asked(client, "hits-Escalated and still new") == [(1,)]
    assert sorted(_asked(client, "hits-Cases by how they stand")) == [("acknowledged", 1), ("closed", 1), ("new", 1)]


def test_hits_are_split_by_kind(client: Client) -> None:
    assert _asked(client, "hits-Hits by list kind") == [("stolen", 1), ("wanted", 1)]


def test_zones_are_counted(lez: Client) -> None:
    assert _asked(lez, "lez-By zone") == [("brussels", 3)]
    assert _asked(lez, "lez-Share of passages with an offence") == [(0.5,)]
    assert _asked(lez, "lez-Not sure") == [(1 / 3,)]
    assert _asked(lez, "lez-Waiting for a person") == [(1,)]
    assert _asked(lez, "lez-Oldest that waits") == [((datetime.now(UTC).date() - NOW.date()).days,)]
    assert _asked(lez, "lez-Searches by purpose") == [("complaint", 1)]


def test_what_is_kept_too_long_is_counted(client: Client) -> None:
    assert _asked(client, "store-Kept too long") == [(0,)]
    client.command("SYSTEM STOP TTL MERGES")
    client.insert("anomalies", [["clone", NOW - timedelta(days=400)]], column_names=["kind", "observed_at"])
    assert _asked(client, "store-Kept too long") == [(1,)]
    client.command("ALTER TABLE anomalies DELETE WHERE kind = 'clone' SETTINGS mutations_sync = 1")
    client.command("SYSTEM START TTL MERGES")


def test_clickhouse_has_the_series_that_dashboards_ask_for(client: Client) -> None:
    gauges = {name for (name,) in client.query("SELECT metric FROM system.metrics").result_rows}
    shown = {"system_events_show_zero_values": 1}
    events = {name for (name,) in client.query("SELECT event FROM system.events", settings=shown).result_rows}
    known = {f"ClickHouseMetrics_{name}": "gauge" for name in gauges}
    known |= {f"ClickHouseProfileEvents_{name}": "counter" for name in events}
    # Of a server only, named after its disks: the embedded engine reckons none of them.
    known |= {name: kind for name, kind in CLICKHOUSE.items() if name.startswith("ClickHouseAsyncMetrics_Disk")}
    assert {name: known.get(name) for name in CLICKHOUSE} == CLICKHOUSE


def test_a_time_range_reads_only_its_months(client: Client) -> None:
    assert_pruned(explained(client, expand_macros(SQL["store-Passages per second"], SPAN), {}), "camera_minutes")


def _granted(user: str, database: str) -> dict[str, set[str]]:
    """View → columns that a user of Grafana may read."""
    tree = ElementTree.fromstring(load().clickhouse_user)
    matches = [_GRANT.match(query.text or "") for query in tree.findall(f"users/{user}/grants/query")]
    assert matches
    assert all(matches), "only SELECT of named columns is understood"
    assert {match[2] for match in matches if match} == {database}
    return {match[3]: set(match[1].split(", ")) for match in matches if match}


def _read_columns(client: Client, sql: str) -> set[tuple[str, str]]:
    """(table, column) that a query reads."""
    plan = str(client.command(f"EXPLAIN QUERY TREE dump_passes = 0 {expand_macros(sql, SPAN, CHOSEN)}"))
    tables = dict(_TABLE.findall(plan))
    assert tables
    return {(tables[source], column) for column, source in _COLUMN.findall(plan) if source in tables}


USERS = [("grafana", "anpr"), ("grafana_lez", "lez")]


@pytest.mark.parametrize(("user", "database"), USERS)
def test_grafana_may_read_what_panels_ask_and_no_more(client: Client, lez: Client, user: str, database: str) -> None:
    granted = {(table, column) for table, columns in _granted(user, database).items() for column in columns}
    asking, asked = (client, SQL) if database == "anpr" else (lez, LEZ_SQL)

    read = set().union(*(_read_columns(asking, sql) for sql in asked.values()))

    assert read == granted


@pytest.mark.parametrize(("user", "database"), USERS)
def test_grants_name_columns_that_exist_and_no_personal_data(
    client: Client, lez: Client, user: str, database: str
) -> None:
    asked = client if database == "anpr" else lez
    for table, columns in _granted(user, database).items():
        known = {row[0] for row in asked.query(f"DESCRIBE TABLE {table}").result_rows}
        assert columns <= known
        assert not [column for column in columns if PERSONAL.search(column)]


@pytest.mark.parametrize(("user", "database"), USERS)
def test_grafana_reads_views_only_and_none_that_an_analyst_may_not(
    client: Client, lez: Client, user: str, database: str
) -> None:
    asked, counts = (client, COUNTS) if database == "anpr" else (lez, LEZ_COUNTS)
    sql = "SELECT name FROM system.tables WHERE engine = 'View' AND database = currentDatabase()"
    views = {row[0] for row in asked.query(sql).result_rows}
    assert _granted(user, database).keys() <= views & set(counts)


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
        ("sum(rate(anpr_consumed_total[5m])", "cannot be read"),
        ("irate(anpr_consumed_total[5m])", "function irate"),
        ("anpr_lag_messages{flow}", "cannot be read"),
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
        "SELECT ${other:sqlstring}",
        "SELECT $__timeFilter(a, b)",
    ],
)
def test_unknown_macro_is_refused(sql: str) -> None:
    with pytest.raises(MacroFault):
        expand_macros(sql, SPAN)


def _twice(dashboard: dict[str, Any]) -> None:
    dashboard["panels"].append(dashboard["panels"][2])


def _other_source(dashboard: dict[str, Any]) -> None:
    dashboard["panels"][2]["targets"][0]["datasource"]["uid"] = "influx"


def _mute(dashboard: dict[str, Any]) -> None:
    dashboard["panels"][2]["description"] = ""


def _empty(dashboard: dict[str, Any]) -> None:
    dashboard["panels"][2]["targets"] = []


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
    broken = deepcopy(DASHBOARDS["flow"])
    damage(broken)

    assert words in "; ".join(dashboard_faults(broken, _sources()))
