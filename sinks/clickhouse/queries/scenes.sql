-- Vehicles seen in several scenes of the search: in at least so many, or in all of them one after the other.
-- search_id, officer: whose search (kind scenes). least: how many scenes. in_order: each scene later than the one
-- before. limit: most vehicles. SIGHTINGS stands for one passages_of_scene per scene: see scenes.py.
SELECT
    plate, written, in_scenes, sightings, alike,
    arrayMap(s -> s.1, shown) AS times, arrayMap(s -> s.2, shown) AS scenes, arrayMap(s -> s.3, shown) AS cameras
FROM (
    SELECT
        argMax(s.plate, (s.confidence, s.plate)) AS plate,
        arraySort(groupUniqArray(8)(s.plate)) AS written,
        arraySort(groupUniqArray(s.scene)) AS in_scenes,
        count() AS sightings,
        arraySort(groupArray(1000)((s.captured_at, s.scene, s.camera_id))) AS shown,
        -- The earliest sighting of each next scene: if any chain through all scenes exists, this one does.
        arrayFold(
            (reached, s) -> if(s.2 = reached.1 + 1 AND s.1 > reached.2, (s.2, s.1), reached),
            shown, (toUInt16(0), toDateTime64(0, 3, 'UTC'))
        ).1 AS chain,
        count() OVER (PARTITION BY in_scenes) AS alike
    FROM (SIGHTINGS) AS s
    GROUP BY translate(s.plate, 'ODQILZSGB', '000112568') AS vehicle
    HAVING length(in_scenes) >= {least:UInt16} AND (NOT {in_order:Bool} OR chain >= {least:UInt16})
)
ORDER BY length(in_scenes) DESC, alike, sightings, plate
LIMIT {limit:UInt32}
