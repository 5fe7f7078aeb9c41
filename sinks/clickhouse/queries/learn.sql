-- Learns one day of movements into the table travel. No plate leaves this statement.
-- captured_from, captured_until: the day, UTC. version: of this learning. horizon_ms: not seen for longer ends a trip.
-- one_in: of so many vehicles one is looked at. edges: bins of travel times, ms. zone: time zone of the hours.
-- least_vehicles: what fewer do is told less exactly, or not at all. fastest_m_per_ms: no car makes more.
INSERT INTO travel (kind, from_camera, direction, to_camera, week_hour, day, version, moves, bins, counts)
WITH
    -- A vehicle is its confusion-class key, so that a misread of it is still it.
    seen AS (
        SELECT
            translate(plate, 'ODQILZSGB', '000112568') AS vehicle, camera_id, captured_at, direction,
            lagInFrame(toNullable(camera_id)) OVER before AS last_camera,
            lagInFrame(captured_at) OVER before AS last_at
        FROM passages_by_camera FINAL
        WHERE NOT withdrawn
          AND captured_at >= {captured_from:DateTime64(3)} - toIntervalMillisecond({horizon_ms:UInt32})
          AND captured_at < {captured_until:DateTime64(3)} + toIntervalMillisecond(3 * {horizon_ms:UInt32})
          AND cityHash64(translate(plate, 'ODQILZSGB', '000112568')) % {one_in:UInt32} = 0
        WINDOW before AS (
            PARTITION BY translate(plate, 'ODQILZSGB', '000112568') ORDER BY captured_at, camera_id
            ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
        )
    ),
    -- Twice before one camera within a minute is one passage in two parts.
    passed AS (
        SELECT
            vehicle, camera_id, captured_at, direction,
            leadInFrame(toNullable(camera_id)) OVER after AS next_camera,
            leadInFrame(captured_at) OVER after AS next_at,
            lagInFrame(toNullable(captured_at)) OVER before AS last_at
        FROM seen
        WHERE last_camera IS NULL OR last_camera != camera_id OR captured_at >= seen.last_at + toIntervalMinute(1)
        WINDOW
            after AS (PARTITION BY vehicle ORDER BY captured_at, camera_id ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING),
            before AS (PARTITION BY vehicle ORDER BY captured_at, camera_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    ),
    numbered AS (
        SELECT
            vehicle, camera_id, captured_at,
            sum(last_at IS NULL OR dateDiff('millisecond', last_at, captured_at) > {horizon_ms:UInt32})
                OVER (PARTITION BY vehicle ORDER BY captured_at, camera_id ROWS UNBOUNDED PRECEDING) AS trip
        FROM passed
    ),
    moved AS (
        SELECT
            'next' AS kind, vehicle, camera_id AS from_camera, direction, captured_at AS at,
            if(next_camera IS NULL OR dateDiff('millisecond', captured_at, next_at) > {horizon_ms:UInt32},
                '', assumeNotNull(next_camera)) AS to_camera,
            if(to_camera = '', 0, dateDiff('millisecond', captured_at, next_at)) AS ms
        FROM passed
        UNION ALL
        SELECT
            'journey', vehicle, argMin(camera_id, (captured_at, camera_id)), '', min(captured_at) AS at,
            argMax(camera_id, (captured_at, camera_id)), dateDiff('millisecond', at, max(captured_at))
        FROM numbered
        GROUP BY vehicle, trip
        HAVING count() > 1
    ),
    places AS (SELECT camera_id, position FROM cameras FINAL WHERE position.lat != 0 OR position.lon != 0),
    -- Nobody learns from a vehicle in two places at once: that is a misread or a twin.
    possible AS (
        SELECT
            m.kind AS kind, m.vehicle AS vehicle, m.from_camera AS from_camera, m.direction AS direction,
            m.to_camera AS to_camera, m.ms AS ms,
            toUInt8((toDayOfWeek(m.at, 0, {zone:String}) - 1) * 24 + toHour(m.at, {zone:String})) AS week_hour
        FROM moved AS m
        LEFT JOIN places AS a ON a.camera_id = m.from_camera
        LEFT JOIN places AS b ON b.camera_id = m.to_camera
        WHERE m.at >= {captured_from:DateTime64(3)} AND m.at < {captured_until:DateTime64(3)}
          AND (
              m.to_camera = '' OR (a.position.lat = 0 AND a.position.lon = 0)
              OR (b.position.lat = 0 AND b.position.lon = 0)
              OR greatCircleDistance(a.position.lon, a.position.lat, b.position.lon, b.position.lat)
                  <= 300 + (m.ms + 5000) * {fastest_m_per_ms:Float64}
          )
    ),
    -- `few` names at most so many vehicles: enough to know whether there were that many, and gone with this statement.
    by_hour AS (
        SELECT
            kind, from_camera, direction, to_camera, week_hour, count() AS moves,
            sumMap([toUInt8(arrayCount(edge -> edge <= ms, {edges:Array(UInt32)}))], [toUInt64(to_camera != '')]) AS times,
            groupUniqArray({least_vehicles:UInt8})(vehicle) AS few
        FROM possible
        GROUP BY kind, from_camera, direction, to_camera, week_hour
    ),
    by_day AS (
        SELECT
            kind, from_camera, direction, to_camera,
            if(length(by_hour.few) >= {least_vehicles:UInt8}, by_hour.week_hour, 255) AS told_hour,
            sum(by_hour.moves) AS moves, sumMap(by_hour.times.1, by_hour.times.2) AS times,
            groupUniqArrayArray({least_vehicles:UInt8})(by_hour.few) AS few
        FROM by_hour
        GROUP BY kind, from_camera, direction, to_camera, told_hour
    )
SELECT
    kind, from_camera, direction,
    if(length(by_day.few) >= {least_vehicles:UInt8}, by_day.to_camera, '*') AS told_camera,
    told_hour, toDate({captured_from:DateTime64(3)}, 'UTC'), {version:DateTime64(3)}, sum(by_day.moves) AS told_moves,
    sumMap(by_day.times.1, by_day.times.2).1, sumMap(by_day.times.1, by_day.times.2).2
FROM by_day
GROUP BY kind, from_camera, direction, told_camera, told_hour
HAVING length(groupUniqArrayArray({least_vehicles:UInt8})(by_day.few)) >= {least_vehicles:UInt8}
