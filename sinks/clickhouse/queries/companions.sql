-- Vehicles that were near the search's plate at one camera or more, and how they use these cameras otherwise.
-- search_id, officer: whose search (kind companions). near_s: this near counts as together. within_s: the ring around
-- it, which tells how common a vehicle is there.
SELECT
    plate, written, near_cameras, near_times, near_ms, ring, all_ring, all_vehicles
FROM (
    SELECT
        argMax(plate, (certainty = 'sure', plate)) AS plate,
        arraySort(groupUniqArray(8)(c.plate)) AS written,
        groupArrayIf((c.camera_id, c.target_captured_at, c.after_ms), abs(c.after_ms) <= {near_s:UInt32} * 1000) AS near,
        near.1 AS near_cameras, near.2 AS near_times, near.3 AS near_ms,
        countIf(abs(c.after_ms) > {near_s:UInt32} * 1000) AS ring,
        sum(ring) OVER () AS all_ring,
        count() OVER () AS all_vehicles
    FROM companions_of_search(
        search_id = {search_id:UUID}, officer = {officer:String}, within_s = {within_s:UInt32}
    ) AS c
    GROUP BY translate(c.plate, 'ODQILZSGB', '000112568') AS vehicle
)
WHERE notEmpty(near_ms)
ORDER BY length(near_ms) DESC, plate
