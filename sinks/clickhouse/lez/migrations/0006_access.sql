-- server only
-- Roles of this database alone. What each may do is sinks/clickhouse/lez/access.py and is granted anew after every
-- migration. None of them has a right in the police's database, and no role of the police has one here.
CREATE ROLE IF NOT EXISTS lez_writer {on_cluster};

CREATE ROLE IF NOT EXISTS lez_agent {on_cluster};

CREATE ROLE IF NOT EXISTS lez_analyst {on_cluster} SETTINGS
    readonly = 2 CONST,
    max_execution_time = 60 MAX 60,
    max_memory_usage = 2000000000 MAX 2000000000,
    max_bytes_to_read = 68719476736 MAX 68719476736,
    max_threads = 4 MAX 4,
    allow_introspection_functions = 0 CONST;

CREATE ROLE IF NOT EXISTS lez_auditor {on_cluster} SETTINGS readonly = 2 CONST, max_execution_time = 300 MAX 300;
