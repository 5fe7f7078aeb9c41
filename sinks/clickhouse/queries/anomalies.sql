-- Plates on two vehicles and cameras that can not be right, at the cameras of the search and in its time, newest first.
-- search_id, officer: whose search (kind scenes; its first scene). kinds: only these; empty: those of plates. limit: most rows.
WITH (
    SELECT tuple(
        refused, key_regex, scenes[1].cameras, greatest(scenes[1].captured_from, captured_from),
        least(scenes[1].captured_until, captured_until), police_zone,
        throwIf(kind != 'scenes', 'kind_closed: this search was recorded for another kind of question; record one for this')
    ) FROM search_scope(search_id = {search_id:UUID}, officer = {officer:String})
) AS scope
SELECT
    anomaly_id, kind, plate, camera_id, observed_at, ended_at, score, distance_m, elapsed_s, needed_kmh, detail,
    length(passage_ids) AS passages,
    arrayMap(one -> one.passage_id, sightings) AS sighted,
    arrayMap(one -> one.camera_id, sightings) AS cameras,
    arrayMap(one -> one.captured_at, sightings) AS times,
    arrayMap(one -> one.evidence, sightings) AS pictures,
    arrayMap(one -> one.position.lat, sightings) AS lats,
    arrayMap(one -> one.position.lon, sightings) AS lons,
    arrayMap(one -> one.confidence, sightings) AS confidences
FROM anomalies FINAL
WHERE scope.1 = 0
  AND observed_at >= scope.4 AND observed_at < scope.5
  AND if(empty({kinds:Array(String)}), plate != '' OR kind = 'camera_clock', has({kinds:Array(String)}, kind))
  AND match(translate(plate, 'ODQILZSGB', '000112568'), scope.2)
  AND hasAny(arrayPushBack(arrayMap(one -> one.camera_id, sightings), camera_id), scope.3)
  AND (scope.6 = '' OR hasAny(
    arrayPushBack(arrayMap(one -> one.camera_id, sightings), camera_id),
    (SELECT groupArray(camera_id) FROM cameras FINAL WHERE police_zone = scope.6)
  ))
  AND NOT withdrawn
ORDER BY observed_at DESC, anomaly_id
LIMIT {limit:UInt32}
