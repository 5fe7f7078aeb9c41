-- Patrols nearest to a point, with the age of their position. No vehicles in it, so no search is asked.
-- lat, lon: the point, WGS 84. at: now. max_age_s: an older position is stale. with_stale: show those too.
-- statuses: only these. police_zone: only its units; '': all.
SELECT
    patrol_id, status, police_zone, position.lat AS lat, position.lon AS lon, heading_deg, speed_kmh,
    patrols.at AS fixed_at,
    greatCircleDistance({lon:Float64}, {lat:Float64}, position.lon, position.lat) AS distance_m,
    dateDiff('millisecond', patrols.at, {at:DateTime64(3)}) / 1000 AS age_s,
    toBool(age_s > {max_age_s:UInt32}) AS stale
FROM patrols FINAL
WHERE has({statuses:Array(String)}, status)
  AND ({police_zone:String} = '' OR police_zone = {police_zone:String})
  AND ({with_stale:Bool} OR NOT stale)
ORDER BY stale, distance_m, patrol_id
LIMIT {limit:UInt32}
