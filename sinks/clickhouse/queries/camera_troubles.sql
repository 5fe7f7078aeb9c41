-- What was told of cameras since a moment, or is not over: the newest first. camera: only of this one; empty: of all,
-- and of zones, which have none.
SELECT kind, camera_id, observed_at, ended_at, score, detail
FROM camera_anomalies
WHERE (observed_at >= {since:DateTime64(3, 'UTC')} OR ended_at IS NULL) AND ({camera:String} IN ('', camera_id))
ORDER BY observed_at DESC, kind, camera_id
LIMIT {limit:UInt32}
