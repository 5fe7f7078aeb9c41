-- Cases in some states, the most urgent first: priority, sure before doubtful, escalated before not, the oldest first.
-- states. kinds: of these lists only ([]: of any). since: opened from then on. most: how many at most.
SELECT * EXCEPT (_log, _partition, _offset)
FROM cases FINAL
WHERE state IN {states:Array(String)} AND opened_at >= {since:DateTime64(3, 'UTC')}
    AND (empty({kinds:Array(String)}) OR hasAny(list_kinds, {kinds:Array(String)}))
ORDER BY priority, alert_class, escalation DESC, opened_at, case_id
LIMIT {most:UInt32}
