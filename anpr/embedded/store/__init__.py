"""The embedded store: one process owns a chdb folder and serves ClickHouse's HTTP protocol.

chdb lets one process open a folder; everybody else (our sink, CLI, console, tests) speaks
`clickhouse-connect` to a DSN, exactly as to a ClickHouse server. One request passes these files in this
order:

    server.py    HTTP: guard, body, answer        protocol.py  URL parameters, headers -> Request
    sql.py       where the statement ends and the data begins -> Statement
    pools.py     bounded hand-over to threads     engine.py    chdb

Start it with `python -m anpr.embedded.store --path DIR`, or from Python with `launch.start_store`.

access.py: what a caller with the token of a role may do; guard.py: who that is; backup.py: BACKUP and RESTORE.

Differences from a ClickHouse server: roles but no users (a token for each role), no sessions (`session_id` is
accepted, but SET, USE and temporary tables live for one request), no external tables, no `compress=1` and
`decompress=1` block format (HTTP compression works), and chdb chooses its own `system.processes.query_id`:
the client's query id stands in `Settings['log_comment']`, and
`KILL QUERY WHERE query_id = '…'` matches both. Inserts wait while a BACKUP notes which parts belong to it.
"""
