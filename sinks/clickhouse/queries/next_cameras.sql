-- Where vehicles went from a camera: how many to each next one, from all hours to this hour of the week.
-- camera_id, direction ('': any): where from. week_hour: now, local. since: days from then on.
SELECT
    t.to_camera AS to_camera, c.name AS camera_name, t.n_all AS n_all, t.n_direction AS n_direction,
    t.n_kind AS n_kind, t.n_hour AS n_hour, t.times.1 AS bins, t.times.2 AS counts
FROM (
    SELECT
        to_camera,
        sum(moves) AS n_all,
        sumIf(moves, {direction:String} IN ('', direction)) AS n_direction,
        sumIf(moves, {direction:String} IN ('', direction) AND week_hour != 255
            AND week_hour % 24 = {week_hour:UInt8} % 24 AND (week_hour >= 120) = ({week_hour:UInt8} >= 120)) AS n_kind,
        sumIf(moves, {direction:String} IN ('', direction) AND week_hour = {week_hour:UInt8}) AS n_hour,
        sumMap(bins, counts) AS times
    FROM learnt_travel
    WHERE kind = 'next' AND from_camera = {camera_id:String} AND day >= {since:Date}
    GROUP BY to_camera
) AS t
LEFT JOIN (SELECT camera_id, name FROM cameras FINAL) AS c ON c.camera_id = t.to_camera
ORDER BY n_all DESC, to_camera
