-- The case that holds each of these anomalies; of several the one that was opened last.
-- anomalies: which. plates: theirs.
SELECT anomaly_id, argMax(case_id, opened_at) AS case_id
FROM (
    SELECT case_id, opened_at, arrayJoin(arrayMap(one -> one.anomaly_id, anomalies)) AS anomaly_id
    FROM cases FINAL
    WHERE plate IN {plates:Array(String)}
)
WHERE anomaly_id IN {anomalies:Array(UUID)}
GROUP BY anomaly_id
