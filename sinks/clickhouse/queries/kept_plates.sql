-- Plates of vehicles that have an open case, or one that changed since then (`since`).
SELECT DISTINCT plate
FROM cases FINAL
WHERE state IN ('new', 'acknowledged', 'pursuing') OR updated_at >= {since:DateTime64(3, 'UTC')}
ORDER BY plate
