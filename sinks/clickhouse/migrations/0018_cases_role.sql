-- server only
-- The role of the worker that makes cases (access.py); where vehicles go on to is of no use to it after a second.
CREATE ROLE IF NOT EXISTS anpr_cases {on_cluster} SETTINGS readonly = 2 CONST, max_execution_time = 10 MAX 10;
