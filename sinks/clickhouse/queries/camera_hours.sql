-- Hours of a camera against what is usual of it, oldest first.
SELECT
    hour, told_until, reads, expected, low, high, common, unreadable, usual_unreadable, late, delay_p50_s, usual_delay_s,
    approaching, departing, usual_approaching, last_read_at, silent_s, troubles
FROM camera_health_by_hour
WHERE camera_id = {camera:String} AND hour >= {since:DateTime64(3, 'UTC')}
ORDER BY hour
