-- server only
-- The role of the worker that looks for new entries of the hotlists among what has passed (access.py).
CREATE ROLE IF NOT EXISTS anpr_lookback {on_cluster} SETTINGS readonly = 2 CONST, max_execution_time = 600 MAX 600;
