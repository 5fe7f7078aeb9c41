-- How many cases there are and how they stand, without plates: for whoever watches, and has no case.
CREATE VIEW IF NOT EXISTS cases_by_hour {on_cluster} AS
SELECT toStartOfHour(opened_at) AS hour, state, alert_class, escalation > 0 AS escalated, count() AS cases
FROM cases FINAL
GROUP BY hour, state, alert_class, escalated
COMMENT 'Cases by the hour of their first hit, by how they stand, and whether they were escalated';
