"""A role of the embedded store cannot be talked out of: each attack here once was a way in, or might become one."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import chdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anpr.embedded.child import ChildError
from anpr.embedded.store.access import CATALOGS, REACH_OUT, ROLES, WRITERS, check_words, database_of
from anpr.embedded.store.errors import StoreError
from anpr.embedded.store.launch import StoreProcess, start_store
from sinks.clickhouse.access import CLOSED, LIMITED, SYSTEM
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.migrate import make_database, migrate
from tests.anpr.embedded.store.test_http import ENDLESS, ask, health, wait_until

pytestmark = pytest.mark.slow

SECRET = "1SECRET"
OWNER_TOKEN = "of-the-owner"
FILE = "secret.txt"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    """A store with a token for each role, a passage, and a file beside it that nobody is to read."""
    place = tmp_path_factory.mktemp("guarded")
    (place / "token").write_text(OWNER_TOKEN)
    (place / FILE).write_text(SECRET)
    files = {role: place / role for role in ROLES}
    for role, path in files.items():
        path.write_text(f"of-{role}\n")
    store = start_store(place / "store", token_file=place / "token", role_token_files=files)
    client = connect(store.dsn)
    migrate(client)
    client.command(f"INSERT INTO passages (plate, captured_at) SELECT '{SECRET}', now64(3)")
    lez = make_database(store.lez_dsn)
    migrate(lez, controller=LEZ)
    lez.command(f"INSERT INTO verdicts_in (plate, captured_at) SELECT '{SECRET}', now64(3)")
    yield store
    assert store.stop() == 0
    assert "Traceback" not in store.child.log_path.read_text(), store.child.log_tail()


def as_role(store: StoreProcess, who: str, query: str, **url: str) -> tuple[int, str]:
    """Status and text of an answer to somebody with the token of this role; empty: the owner's."""
    token = store.role_tokens[who] if who else OWNER_TOKEN
    url = {"database": database_of(who), **url} if who else url
    status, _headers, body = ask(store, query.encode(), headers={"X-ClickHouse-Key": token}, **url)
    return status, body.decode(errors="replace")


ATTACKS = {
    "the table": "SELECT * FROM passages",
    "with its database": "SELECT plate FROM default.passages",
    "quoted": "SELECT plate FROM `default`.`pass\\x61ges`",
    "count only": "SELECT count() FROM passages",
    "subquery": "SELECT * FROM (SELECT plate FROM passages)",
    "cte": "WITH p AS (SELECT plate FROM passages) SELECT * FROM p",
    "union": "SELECT 'x' UNION ALL SELECT plate FROM passages",
    "join": "SELECT plate FROM cameras RIGHT JOIN passages USING camera_id",
    "scalar": "SELECT (SELECT max(plate) FROM passages)",
    "in": "SELECT 1 WHERE 'x' NOT IN (SELECT plate FROM passages)",
    "in a table": "SELECT 1 WHERE 'x' IN passages",
    "limit": "SELECT 1 LIMIT (SELECT count() FROM passages)",
    "error text": "SELECT toInt32(assumeNotNull((SELECT max(plate) FROM passages)))",
    "argument of a table function": "SELECT * FROM numbers((SELECT toUInt64(max(plate)) FROM passages))",
    "argument of a view": (
        "SELECT * FROM passages_of_search(search_id = (SELECT toUUID(max(plate)) FROM passages), officer = '',"
        " plates = [''])"
    ),
    "values": "SELECT * FROM values('a Int32', (SELECT toInt32(max(plate)) FROM passages))",
    "view()": "SELECT * FROM view(SELECT plate FROM passages)",
    "viewIfPermitted()": "SELECT * FROM viewIfPermitted(SELECT plate FROM passages ELSE null('plate String'))",
    "merge()": "SELECT plate FROM merge('default', '^passages$')",
    "merge of the catalogue": "SELECT query FROM merge('system', '^processes$')",
    "loop()": "SELECT plate FROM loop(default.passages) LIMIT 1",
    "mergeTreeIndex()": "SELECT * FROM mergeTreeIndex(default, passages)",
    "mergeTreeProjection()": "SELECT * FROM mergeTreeProjection(default, passages, x)",
    "remote()": "SELECT plate FROM remote('127.0.0.1', default.passages)",
    "cluster()": "SELECT plate FROM cluster('default', default.passages)",
    "dictionary()": "SELECT * FROM dictionary('passages')",
    "joinGet": "SELECT joinGet('passages', 'plate', 1)",
    "explain": "EXPLAIN SELECT plate FROM passages",
    "explain as a table": "SELECT * FROM (EXPLAIN indexes = 1 SELECT plate FROM passages)",
    "viewExplain()": "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT plate FROM passages))",
    "what fills a table": "SELECT plate FROM passages_in",
    "a materialised view": "SELECT plate FROM plates_from_in",
    "verdicts on all searches": "SELECT search_id FROM search_verdicts",
    "file as a table": "SELECT * FROM file('{file}', 'LineAsString')",
    "file's columns": "DESCRIBE TABLE file('{file}', 'CSV')",
    "file as a function": "SELECT file('{file}')",
    "in other letters": "SELECT FILE('{file}')",
    "spelt with an escape": "SELECT `fi\\x6ce`('{file}')",
    "in double quotes": "SELECT \"file\"('{file}')",
    "with a comment": "SELECT file/* */('{file}')",
    "with another space": "SELECT file\u00a0('{file}')",
    "applied to columns": "SELECT * APPLY(file) FROM (SELECT '{file}')",
    "applied, spelt": "SELECT * APPLY(`fi\\x6ce`) FROM (SELECT '{file}')",
    "in a lambda": "SELECT arrayMap(x -> file(x), ['{file}'])",
    "in an alias": "WITH file('{file}') AS f SELECT f",
    "eval()": "SELECT * FROM eval('SELECT fi' || 'le(''{file}'')')",
    "filesystem()": "SELECT * FROM filesystem('/')",
    "url()": "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "s3()": "SELECT * FROM s3('http://127.0.0.1:1/bucket/x', 'CSV', 'a String')",
    "executable()": "SELECT * FROM executable('cat', 'TSV', 'a String', (SELECT 1))",
    "sqlite()": "SELECT * FROM sqlite('{file}', 't')",
    "mysql()": "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
    "python()": "SELECT * FROM python(options)",
    "a Python variable": "SELECT * FROM options",
    "a template": "SELECT 1 SETTINGS format_template_resultset = '{file}' FORMAT Template",
    "processes": "SELECT query FROM system.processes",
    "processes, quoted": 'SELECT query FROM "system"."processes"',
    "processes, spelt": "SELECT query FROM `sys\\x74em`.processes",
    "show processlist": "SHOW PROCESSLIST",
    "information schema": "SELECT * FROM INFORMATION_SCHEMA.TABLES",
    "settings of the server": "SELECT * FROM system.server_settings",
    "its settings by function": "SELECT getServerSetting('path')",
    "users": "SELECT * FROM system.users",
    "other people's queries end": "KILL QUERY WHERE 1",
    "another role": "SET ROLE anpr_owner",
    "as somebody else": "EXECUTE AS default SELECT plate FROM passages",
    "two statements": "SELECT 1; SELECT plate FROM passages",
    "two statements, the first allowed": "SELECT 1;SET ROLE anpr_owner;SELECT plate FROM passages",
    "limits in the query": "SELECT 1 SETTINGS max_execution_time = 0",
    "limits in a subquery": "SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)",
    "readonly in the query": "SELECT 1 SETTINGS readonly = 0",
    "introspection": "SELECT addressToLine(1) SETTINGS allow_introspection_functions = 1",
    "write a file": "SELECT 1 INTO OUTFILE '/tmp/anpr-attack'",
    "write through a function": "INSERT INTO FUNCTION file('/tmp/anpr-attack', 'CSV', 'a String') VALUES ('x')",
    "a view of one's own": "CREATE OR REPLACE VIEW default.mine DEFINER = default SQL SECURITY DEFINER AS SELECT 1",
    "a temporary table": "CREATE TEMPORARY TABLE t AS SELECT plate FROM passages",
    "a function": "CREATE FUNCTION f AS x -> file(x)",
    "backup": "BACKUP TABLE passages TO File('/tmp/anpr-attack')",
    "attach": "ATTACH TABLE x FROM '/tmp' (a UInt8) ENGINE = MergeTree ORDER BY a",
    "export": "ALTER TABLE passages EXPORT PARTITION ID 'x' TO TABLE y",
    "columns of the table": "DESCRIBE TABLE passages",
    "how it is made": "SHOW CREATE TABLE passages",
    "by camera": "SELECT plate FROM passages_by_camera",
    "all plates": "SELECT plate FROM plates",
    "held passages": "SELECT plate FROM held_passages",
    "in comments": "SELECT/**/plate/*,*/FROM--\n#! x\n/*(*/passages/*)*/",
    "a plan with steps": "EXPLAIN PIPELINE SELECT plate FROM passages",
    "an estimate": "EXPLAIN ESTIMATE SELECT plate FROM passages WHERE plate = '1'",
    "as SQL": "SELECT plate FROM passages FORMAT SQLInsert",
    "as nothing": "SELECT throwIf(plate != '', plate) FROM passages FORMAT Null",
    "sample": "SELECT plate FROM passages SAMPLE 0.1",
    "log of queries": "SELECT query FROM system.query_log",
    "log of views": "SELECT view_query FROM system.query_views_log",
    "log of text": "SELECT message FROM system.text_log",
    "parts": "SELECT * FROM system.parts_columns",
    "errors of others": "SELECT last_error_message FROM system.errors",
    "backups": "SELECT name FROM system.backups",
    "clusterAllReplicas()": "SELECT query FROM clusterAllReplicas('default', 'system.query_log')",
    "a cached dictionary": "SELECT dictGet('passages', 'plate', 1)",
    "a dictionary of one's own": (
        "CREATE DICTIONARY d (a UInt64, plate String) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 'passages'))"
        " LIFETIME(0) LAYOUT(FLAT)"
    ),
    "a setting": "SET max_memory_usage = 0",
    "a file by its name": "SELECT * FROM `{file}`",
    "columns of a file by its name": "DESCRIBE TABLE `{file}`",
    "fileCluster()": "SELECT * FROM fileCluster('default', '{file}', 'LineAsString')",
    "generateRandom of its structure": "SELECT structureToProtobufSchema('plate String', file('{file}'))",
    "a window": "SELECT any(plate) OVER () FROM passages",
    "an alias": "SELECT p.plate FROM passages AS p ARRAY JOIN [1] AS x",
    "array join": "SELECT arrayJoin((SELECT groupArray(plate) FROM passages))",
    "a projection": "SELECT plate FROM passages FINAL PREWHERE plate != ''",
    "intersect": "SELECT '1SECRET' INTERSECT SELECT plate FROM passages",
    "what nobody recorded": (
        "SELECT plate FROM passages_of_search(search_id = toUUID('00000000-0000-0000-0000-000000000000'),"
        " officer = 'A. Peeters', plates = ['1SECRET'])"
    ),
    "no text": "SELECT 1 \udcff",
    "nothing": "   ",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
@pytest.mark.parametrize("role", ["anpr_analyst", "anpr_auditor", "anpr_search", "lez_analyst"])
def test_an_attack_shows_nothing(attack: str, role: str, guarded: StoreProcess) -> None:
    file = str(guarded.child.log_path.parents[1] / FILE)
    query = attack.replace("{file}", file)
    if role == "lez_analyst":  # the same words in the other database
        query = query.replace("passages_of_search", "verdicts_of_search").replace("passages", "verdicts")
    headers, sent = {"X-ClickHouse-Key": guarded.role_tokens[role]}, query.encode("utf-8", "surrogateescape")
    status, _headers, body = ask(guarded, sent, headers=headers, database=database_of(role))
    harmless = (role in ("anpr_auditor", "anpr_search") and "max_" in attack) or ("Permitted" in attack and not body)
    assert status >= 400 or harmless, body
    assert SECRET not in body.decode(errors="replace"), body
    assert not Path("/tmp/anpr-attack").exists()


# ---- the same, however it is put -------------------------------------------------------------------------------------

SPACES = st.sampled_from([" ", "\n", "\t", "/**/", " -- x\n", "/* FROM cameras */", "\u00a0"])
SPELLINGS = ("{0}", "default.{0}", "`{0}`", '"default"."{0}"', "`{0}` AS x", "{0} FINAL", "`\\x70{1}`")
"""Of a table; the last one of those whose name begins with a p."""
SHAPES = (
    *(
        "(SELECT~*~FROM~{})",
        "(SELECT~1~AS~n~WHERE~EXISTS~(SELECT~1~FROM~{}))",
        "(SELECT~1~WHERE~1~IN~(SELECT~1~FROM~{}))",
    ),
    *("(WITH~w~AS~(SELECT~*~FROM~{})~SELECT~*~FROM~w)", "(SELECT~1~UNION~ALL~SELECT~count()~FROM~{})"),
    *("numbers(assumeNotNull((SELECT~count()~FROM~{})))", "(EXPLAIN~SELECT~*~FROM~{})", "view(SELECT~*~FROM~{})"),
)
OPENED = sorted(name for name in CLOSED if name[0] == "p")
PUT = st.recursive(
    st.builds(lambda how, name: how.format(name, name[1:]), st.sampled_from(SPELLINGS), st.sampled_from(OPENED)),
    lambda inner: st.builds(str.format, st.sampled_from(SHAPES), inner),
    max_leaves=4,
)
ENDS = st.sampled_from(
    ["", ";", " FORMAT JSON", " FORMAT Pretty", " LIMIT 1", " SETTINGS output_format_json_quote_64bit_integers = 1"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shape=PUT, space=SPACES, end=ENDS, lower=st.booleans())
def test_however_a_closed_table_is_put_into_a_query_it_stays_closed(
    shape: str, space: str, end: str, lower: bool, guarded: StoreProcess
) -> None:
    query = f"SELECT~*~FROM~{shape}".replace("~", space) + end
    query = query.replace("SELECT", "select").replace("FROM", "from") if lower else query
    status, text = as_role(guarded, LIMITED, query)
    assert (status, SECRET in text) == (403, False), (query, text)
    assert as_role(guarded, "", query)[0] == 200, "nothing is wrong with the query itself"


# ---- those who may write ---------------------------------------------------------------------------------------------

WRITE_ATTACKS = {
    "a file among the values": "INSERT INTO cameras (_log) VALUES (file('{file}'))",
    "a file, not null": "INSERT INTO cameras (_log) VALUES (file(assumeNotNull('{file}')))",
    "a file in a format": "INSERT INTO cameras (_log) FORMAT Values (file('{file}'))",
    "a table among the values": "INSERT INTO cameras (_log) VALUES ((SELECT max(plate) FROM passages))",
    "expressions switched on": (
        "INSERT INTO cameras (_log) SETTINGS input_format_values_interpret_expressions = 1 VALUES (file('{file}'))"
    ),
    "switched on, spelt": (
        "INSERT INTO cameras (_log) SETTINGS `in\\x70ut_format_values_interpret_expressions` = 1"
        " VALUES (file('{file}'))"
    ),
    "a file selected": "INSERT INTO cameras (_log) SELECT file('{file}')",
    "a table selected": "INSERT INTO cameras (_log) SELECT plate FROM passages",
    "a file as data": "INSERT INTO cameras (_log) FROM INFILE '{file}' FORMAT LineAsString",
    "a file through input()": "INSERT INTO cameras (_log) SELECT * FROM input(file('{file}')) FORMAT TSV\n1\n",
    "into a file": "INSERT INTO FUNCTION file('/tmp/anpr-attack', 'CSV', 'a String') VALUES ('x')",
    "into a file, spelt": "INSERT INTO FUNCTION `fi\\x6ce`('/tmp/anpr-attack', 'CSV', 'a String') VALUES ('x')",
    "into an address": "INSERT INTO FUNCTION url('http://127.0.0.1:1/', 'CSV', 'a String') VALUES ('x')",
    "into a table of others": "INSERT INTO passages (plate) VALUES ('1')",
    "a schema of elsewhere": (
        "INSERT INTO cameras (_log) SETTINGS format_avro_schema_registry_url = 'http://x' FORMAT AvroConfluent\nx"
    ),
}


INLETS = {
    "anpr_search": ("audit_in (chain)", "audit_search_in (chain)"),
    "lez_agent": ("audit_in (chain)",),
    "lez_writer": ("permits (_log)",),
}
"""What a role may write into; the attacks name the store worker's."""


@pytest.mark.parametrize("attack", WRITE_ATTACKS.values(), ids=WRITE_ATTACKS.keys())
@pytest.mark.parametrize("role", sorted(WRITERS))
def test_who_may_write_reads_nothing_by_writing(attack: str, role: str, guarded: StoreProcess) -> None:
    """A writer reads `_log` back, so whatever it could put there it could read."""
    query = attack.replace("{file}", str(guarded.child.log_path.parents[1] / FILE))
    for inlet in INLETS.get(role, ("cameras (_log)",)):
        status, text = as_role(guarded, role, query.replace("cameras (_log)", inlet))
        assert (status >= 400, SECRET in text) == (True, False), text
    assert as_role(guarded, "", f"SELECT count() FROM cameras WHERE position(_log, '{SECRET}') > 0") == (200, "0\n")
    for table, column in (("audit", "chain"), ("lez.audit", "chain"), ("lez.permits", "_log")):
        found = f"SELECT count() FROM {table} WHERE position({column}, '{SECRET}') > 0"
        assert as_role(guarded, "", found) == (200, "0\n")
    assert not Path("/tmp/anpr-attack").exists()


def test_a_writer_puts_plain_values_in_and_reads_their_place(guarded: StoreProcess) -> None:
    assert as_role(guarded, "anpr_writer", "INSERT INTO cameras (camera_id, _log) VALUES ('c', 'plain')")[0] == 200
    assert as_role(guarded, "anpr_writer", "SELECT _log FROM cameras WHERE _log = 'plain'") == (200, "plain\n")


@pytest.mark.parametrize("role", ROLES)
def test_no_role_reaches_the_database_of_the_other_controller(role: str, guarded: StoreProcess) -> None:
    """Not by its name, not by choosing it, not through what fills it."""
    own, other = database_of(role), "default" if database_of(role) == "lez" else "lez"
    secret = {"default": "passages", "lez": "verdicts"}[other]
    reads = (f"SELECT * FROM {other}.{table}" for table in (secret, "audit", "store_tables"))
    inlets = {"default": ("audit_in", "audit_search_in"), "lez": ("audit_in",)}[other]
    writes = (f"INSERT INTO {other}.{inlet} (chain) VALUES ('x')" for inlet in inlets)
    for query in (*reads, *writes):
        status, text = as_role(guarded, role, query)
        assert (status, SECRET in text) == (403, False), text
    assert as_role(guarded, role, "SELECT 1", database=other)[0] == 403
    assert as_role(guarded, role, "SELECT currentDatabase()") == (200, f"{own}\n")


@pytest.mark.parametrize("role", ROLES)
def test_who_names_no_database_is_in_that_of_the_own_role(role: str, guarded: StoreProcess) -> None:
    """As a client is that asks for the server's version before anything else."""
    assert as_role(guarded, role, "SELECT currentDatabase()", database="") == (200, f"{database_of(role)}\n")
    with connect(guarded.dsn_as(role)) as client:
        assert client.command("SELECT currentDatabase()") == database_of(role)


def test_the_owner_sees_what_the_attacks_are_after(guarded: StoreProcess) -> None:
    """Else the attacks might fail for another reason."""
    file = str(guarded.child.log_path.parents[1] / FILE)
    assert as_role(guarded, "", "SELECT plate FROM passages") == (200, f"{SECRET}\n")
    assert as_role(guarded, "", "SELECT plate FROM lez.verdicts") == (200, f"{SECRET}\n")
    assert as_role(guarded, "", f"SELECT file('{file}')") == (200, f"{SECRET}\n")
    assert as_role(guarded, "", f"SELECT * APPLY(`fi\\x6ce`) FROM (SELECT '{file}')") == (200, f"{SECRET}\n")


@pytest.mark.parametrize(
    "url",
    [
        {"role": "anpr_search"},
        {"role": "anpr_owner"},
        {"role": "nobody"},
        {"database": "system"},
        {"dialect": "prql"},
        {"readonly": "0"},
        {"max_execution_time": "0"},
        {"max_execution_time": "100000"},
        {"max_memory_usage": "0"},
        {"max_bytes_to_read": "0"},
        {"profile": "default"},
        {"log_comment": "of-somebody-else"},
        {"allow_introspection_functions": "1"},
        {"allow_experimental_eval_table_function": "1"},
        {"format_template_resultset": "/etc/passwd"},
        {"format_schema": "/etc/passwd:x"},
        {"additional_table_filters": "{}"},
        {"use_query_cache": "1"},
        {"param_t": "system.processes"},
        {"param_t": "information_schema"},
        {"param_t": "pass`ages"},
    ],
)
def test_what_comes_with_a_request_widens_nothing(url: dict[str, str], guarded: StoreProcess) -> None:
    query = "SELECT * FROM {t:Identifier}" if "param_t" in url else "SELECT 1"
    assert as_role(guarded, LIMITED, query, **url)[0] == 403


def test_limits_may_be_lowered_and_formats_chosen(guarded: StoreProcess) -> None:
    assert as_role(guarded, LIMITED, "SELECT getSetting('max_execution_time')", max_execution_time="5") == (200, "5\n")
    assert as_role(guarded, LIMITED, "SELECT 1 AS a FORMAT JSONEachRow") == (200, '{"a":1}\n')
    assert as_role(guarded, LIMITED, "SELECT {a:Array(String)}", param_a="['x']") == (200, "['x']\n")
    assert as_role(guarded, LIMITED, "SELECT currentRoles()") == (200, "['anpr_analyst']\n")


def test_a_query_of_an_analyst_over_its_limits_fails_clearly_and_the_store_lives(guarded: StoreProcess) -> None:
    assert "MEMORY_LIMIT_EXCEEDED" in as_role(guarded, LIMITED, "SELECT groupArray(number) FROM numbers(1e9)")[1]
    assert "TIMEOUT_EXCEEDED" in as_role(guarded, LIMITED, ENDLESS, max_execution_time="1")[1]
    assert as_role(guarded, LIMITED, "SELECT 1") == (200, "1\n")


def test_the_owner_may_ask_in_a_role(guarded: StoreProcess) -> None:
    status, text = as_role(guarded, "", "SELECT plate FROM passages", role=LIMITED)
    assert (status, "ACCESS_DENIED" in text) == (403, True)
    assert as_role(guarded, "", "SELECT currentRoles()", role="anpr_auditor") == (200, "['anpr_auditor']\n")
    assert "UNKNOWN_ROLE" in as_role(guarded, "", "SELECT 1", role="boss")[1]


def test_a_wrong_token_opens_nothing(guarded: StoreProcess) -> None:
    for token in ("", "of-nobody", "of-anpr_analys"):
        assert ask(guarded, b"SELECT 1", headers={"X-ClickHouse-Key": token})[0] == 403


def test_analysts_cannot_keep_officers_waiting(guarded: StoreProcess) -> None:
    """All threads of analysts are busy without end, and more wait; everybody else is served, the next one is not."""
    key = {"X-ClickHouse-Key": guarded.role_tokens[LIMITED]}
    asked = [
        threading.Thread(
            target=ask, args=(guarded, ENDLESS.encode()), kwargs={"headers": key, "query_id": f"study-{n}"}
        )
        for n in range(5)
    ]
    for thread in asked:
        thread.start()
    wait_until(lambda: health(guarded)["running"]["analyst"] == 2 and health(guarded)["waiting"]["analyst"] == 3)
    assert as_role(guarded, "anpr_search", "SELECT 1") == (200, "1\n")
    assert as_role(guarded, "", "INSERT INTO cameras (camera_id) VALUES ('x')")[0] == 200
    assert health(guarded)["running"]["analyst"] == 2
    while any(thread.is_alive() for thread in asked):
        as_role(guarded, "", "KILL QUERY WHERE startsWith(Settings['log_comment'], 'study-') ASYNC")
        asked[0].join(0.05)
        asked.sort(key=lambda thread: not thread.is_alive())


@pytest.mark.slow
def test_tokens_that_would_be_mistaken_for_each_other_are_refused(tmp_path: Path) -> None:
    for name in ("owner", "same"):
        (tmp_path / name).write_text("one secret")
    with pytest.raises(ChildError, match="holds the secret of another role"):
        start_store(tmp_path / "s", token_file=tmp_path / "owner", role_token_files={LIMITED: tmp_path / "same"})
    with pytest.raises(ChildError, match="there is no role 'boss'"):
        start_store(tmp_path / "s", token_file=tmp_path / "owner", role_token_files={"boss": tmp_path / "same"})
    with pytest.raises(ChildError, match="--role-token needs --token-file"):
        start_store(tmp_path / "s", role_token_files={LIMITED: tmp_path / "same"})


# ---- what a new version of the engine might bring --------------------------------------------------------------------

SUSPICIOUS = re.compile(r"file|exec|python|eval|^ai|certif|header|serial|trace|address|macro|server|fuzz|catboost|url$")
HARMLESS = frozenset(
    {
        *("filesystemavailable", "filesystemcapacity", "filesystemunreserved", "serverpath", "servertimezone"),
        *(
            "serveruuid",
            "getserverport",
            "tupletonamevaluepairs",
            "currentprofiles",
            "defaultprofiles",
            "enabledprofiles",
            "hasthreadfuzzer",
        ),
        *("dumpcolumnstructure", "encodexmlcomponent", "decodexmlcomponent", "decodehtmlcomponent", "fuzzbits"),
        *("extracttextfromhtml", "isipaddressinrange", "gettypeserializationstreams", "currentrequesturl"),
        *("multifuzzymatchany", "multifuzzymatchanyindex", "multifuzzymatchallindices", "blockserializedsize"),
    }
)
"""Looked at: they tell nothing of what others do, read no file and call nobody."""


def test_every_function_whose_name_sounds_as_if_it_reached_out_was_looked_at() -> None:
    engine = chdb.connect(":memory:")
    try:
        names = str(engine.query("SELECT DISTINCT lower(name) FROM system.functions WHERE NOT is_aggregate", "TSV"))
    finally:
        engine.close()
    sounding = {name for name in names.split() if SUSPICIOUS.search(name)}
    assert len(sounding) > 20
    assert sounding - REACH_OUT - HARMLESS == set(), "closed or harmless? decide in access.py or here"


@pytest.mark.parametrize("word", sorted(REACH_OUT))
def test_each_closed_word_is_refused_as_a_word_and_not_as_text(word: str) -> None:
    check_words(f"SELECT '{word}(1)'".encode(), LIMITED)
    for spelt in (f"{word}(1)", f"`{word}`(1)", f'"{word}" (1)', f"{word.upper()} /* */ (1)"):
        with pytest.raises(StoreError, match="reaches outside"):
            check_words(f"SELECT {spelt}".encode(), LIMITED)


def test_of_the_catalogue_only_what_shows_nothing_of_others_is_open() -> None:
    for name in SYSTEM:
        check_words(f"SELECT * FROM system.{name}".encode(), LIMITED)
    for text in ("system.processes", "system.parts", "`system`", *CATALOGS):
        with pytest.raises(StoreError, match="catalogue"):
            check_words(f"SELECT * FROM {text}".encode(), LIMITED)
