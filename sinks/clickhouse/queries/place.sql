-- Everything that passed the cameras of a scene in its time, newest first.
-- search_id, officer: whose search. scene: which of its scenes, from 1. countries, vehicle_classes, directions: only
-- these; empty: any ('' among them: not told). limit: most rows.
SELECT
    p.camera_id AS camera_id, c.name AS camera_name, p.captured_at AS captured_at, p.plate AS plate,
    p.country AS country, p.vehicle_class AS vehicle_class, p.direction AS direction, p.confidence AS confidence,
    p.certainty AS certainty, p.late AS late
FROM (
    SELECT camera_id, captured_at, plate, country, vehicle_class, direction, confidence, certainty, late
    FROM passages_of_scene(search_id = {search_id:UUID}, officer = {officer:String}, scene = {scene:UInt16})
    WHERE (empty({countries:Array(String)}) OR has({countries:Array(String)}, country))
      AND (empty({vehicle_classes:Array(String)}) OR has({vehicle_classes:Array(String)}, vehicle_class))
      AND (empty({directions:Array(String)}) OR has({directions:Array(String)}, direction))
    ORDER BY captured_at DESC, camera_id, plate
    LIMIT {limit:UInt32}
) AS p
LEFT JOIN (SELECT camera_id, name FROM cameras FINAL) AS c ON c.camera_id = p.camera_id
ORDER BY captured_at DESC, camera_id, plate
