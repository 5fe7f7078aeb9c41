-- Cameras as last registered: what an area is turned into before it is searched. No passages, so no search is asked.
SELECT
    camera_id, name, kind, police_zone, road,
    if(position.lat = 0 AND position.lon = 0, NULL, position.lat) AS lat,
    if(position.lat = 0 AND position.lon = 0, NULL, position.lon) AS lon
FROM cameras FINAL
ORDER BY camera_id
