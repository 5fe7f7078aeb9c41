-- Cameras as they were told last, those with a trouble first, then the longest silent. No plates, so no search is asked.
-- zone: only of this police zone; empty: of all.
SELECT
    camera_id, name, kind, police_zone, told_until, last_read_at, silent_s, reads, expected, delay_p50_s, unreadable,
    troubles
FROM cameras_now
WHERE {zone:String} = '' OR police_zone = {zone:String}
ORDER BY empty(troubles), told_until IS NULL, silent_s DESC, camera_id
