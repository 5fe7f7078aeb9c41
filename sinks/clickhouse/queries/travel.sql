-- Movements between two cameras, or from or to one of them, learnt from days: counts and travel times.
-- kind: next (no camera between) or journey (first and last camera of a trip: origin and destination).
-- from_camera, to_camera: '' any. week_hours: only these hours of the week; empty: all. since: days from then on.
SELECT
    t.from_camera AS from_camera, a.name AS from_name, t.to_camera AS to_camera, b.name AS to_name,
    t.moves AS moves, t.days AS days, t.times.1 AS bins, t.times.2 AS counts
FROM (
    SELECT from_camera, to_camera, sum(estimated_moves) AS moves, uniqExact(day) AS days, sumMap(bins, counts) AS times
    FROM learnt_travel
    WHERE kind = {kind:String} AND day >= {since:Date} AND to_camera NOT IN ('', '*')
      AND ({from_camera:String} = '' OR from_camera = {from_camera:String})
      AND ({to_camera:String} = '' OR to_camera = {to_camera:String})
      AND (empty({week_hours:Array(UInt8)}) OR has({week_hours:Array(UInt8)}, week_hour))
    GROUP BY from_camera, to_camera
    ORDER BY moves DESC, from_camera, to_camera
    LIMIT {limit:UInt32}
) AS t
LEFT JOIN (SELECT camera_id, name FROM cameras FINAL) AS a ON a.camera_id = t.from_camera
LEFT JOIN (SELECT camera_id, name FROM cameras FINAL) AS b ON b.camera_id = t.to_camera
ORDER BY moves DESC, from_camera, to_camera
