-- What became of cases, by what their surest hit said: per kind of list, class, kind of match and probability.
-- since: opened from then on. edges: where the ranges of probability begin, rising from 0.
-- A person's end of a case that is not `false` is taken as: it was the vehicle. Silence says nothing.
WITH ended AS (
    SELECT
        case_id, state = 'false' AS was_false, state = 'closed' AND closed_how = 'person' AS was_right,
        arrayJoin(hit_ids) AS hit_id
    FROM cases FINAL
    WHERE state IN ('closed', 'false') AND opened_at >= {since:DateTime64(3, 'UTC')}
)
SELECT
    list_kind, alert_class, match, roundDown(probability, {edges:Array(Float64)}) AS from_probability,
    count() AS cases, countIf(was_right) AS right_cases, countIf(was_false) AS false_cases,
    sumIf(probability, was_right OR was_false) AS expected_right
FROM (
    SELECT
        ended.case_id AS case_id, any(ended.was_false) AS was_false, any(ended.was_right) AS was_right,
        max(toFloat64(h.probability)) AS probability,
        argMax((h.list_kind, h.alert_class, h.match), (h.probability, h.hit_id)) AS surest,
        surest.1 AS list_kind, surest.2 AS alert_class, surest.3 AS match
    FROM ended
    INNER JOIN (
        SELECT hit_id, list_kind, alert_class, match, probability
        FROM hits FINAL
        WHERE NOT withdrawn AND hit_id IN (SELECT hit_id FROM ended)
    ) AS h ON h.hit_id = ended.hit_id
    GROUP BY ended.case_id
)
GROUP BY list_kind, alert_class, match, from_probability
ORDER BY list_kind, alert_class, match, from_probability
