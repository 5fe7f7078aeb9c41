-- server only
-- Roles. What each may do is sinks/clickhouse/access.py and is granted anew after every migration, so that a table that
-- comes later is closed until it is named there. Nobody is granted ALTER, DELETE or TRUNCATE. The embedded store makes
-- the same roles from the same list (anpr/embedded/store/access.py).
CREATE ROLE IF NOT EXISTS anpr_writer {on_cluster};

CREATE ROLE IF NOT EXISTS anpr_search {on_cluster};

-- People who write SQL read only, and one query can not take the machine; they may lower these, not lift them.
CREATE ROLE IF NOT EXISTS anpr_analyst {on_cluster} SETTINGS
    readonly = 2 CONST,
    max_execution_time = 60 MAX 60,
    max_memory_usage = 2000000000 MAX 2000000000,
    max_bytes_to_read = 68719476736 MAX 68719476736,
    max_threads = 4 MAX 4,
    allow_introspection_functions = 0 CONST;

CREATE ROLE IF NOT EXISTS anpr_auditor {on_cluster} SETTINGS readonly = 2 CONST, max_execution_time = 300 MAX 300;
