-- How many entries each list has: by owner and kind, the most urgent kinds first. No plate.
-- now: entries that are valid; soon: those that end before then are told; since: hits on what passed since then.
SELECT
    owner, list_kind, min(entry_priority) AS priority, count() AS entries,
    countIf(is_pattern) AS patterns, countIf(ends < {soon:DateTime64(3, 'UTC')}) AS ending, sum(hit) AS hits,
    fromUnixTimestamp64Milli(toInt64(max(stamp)), 'UTC') AS changed_at
FROM (
    SELECT
        e.owner AS owner, e.list_kind AS list_kind, e.priority AS entry_priority, e.ends_at AS ends,
        position(e.plate, '*') > 0 OR position(e.plate, '?') > 0 AS is_pattern, h.hits AS hit, e._stamp_ms AS stamp
    FROM hotlist_entries AS e FINAL
    LEFT JOIN (
        SELECT entry_id, count() AS hits FROM hits FINAL
        WHERE captured_at >= {since:DateTime64(3, 'UTC')} AND NOT withdrawn
        GROUP BY entry_id
    ) AS h ON h.entry_id = e.entry_id
    WHERE NOT e.removed AND e.ends_at > {now:DateTime64(3, 'UTC')}
)
GROUP BY owner, list_kind
ORDER BY priority, list_kind, owner
