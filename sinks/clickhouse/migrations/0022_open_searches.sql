-- A search goes on in another process than the one that opened it: behind a balancer, or after a restart (0032). All that
-- it needs stands in the audit record that the search follows from; the table `searches` has of it what the guard asks.
-- Only the officer's own, and only while it may be open: the year's audit is read from its newest parts alone, as each
-- part knows its first and last moment (`at` is in the partition key).
CREATE VIEW IF NOT EXISTS search_record {on_cluster} AS
SELECT record FROM audit
WHERE at > now64(3) - toIntervalHour(1) AND action = 'search_opened' AND actor = {officer:String}
    AND JSONExtractString(record, 'about', 'search_id') = toString({search_id:UUID})
COMMENT 'The audit record of a search that is open or was a moment ago: search_id, officer';

-- The guard knows searches of a month. Whose an older one was: it stays closed to everybody else, and says so.
CREATE VIEW IF NOT EXISTS search_owner {on_cluster} AS
SELECT officer = {officer:String} AS own FROM searches WHERE search_id = {search_id:UUID}
COMMENT 'Whether a search is this officer''s, however old: search_id, officer';
