-- Cases in some states, the most urgent first: priority, sure before doubtful, escalated before not, the oldest first.
-- states. kinds: of these lists only ([]: of any). since: opened from then on. most: how many at most.
-- zones ([]: all), officer, urgent (kinds of lists): whose sight, as `CaseSight.sees` has it.
WITH (SELECT groupArray(camera_id) FROM cameras FINAL WHERE police_zone IN {zones:Array(String)}) AS theirs
SELECT * EXCEPT (_log, _partition, _offset)
FROM cases FINAL
WHERE state IN {states:Array(String)} AND opened_at >= {since:DateTime64(3, 'UTC')}
    AND (empty({kinds:Array(String)}) OR hasAny(list_kinds, {kinds:Array(String)}))
    AND (
        empty({zones:Array(String)})
        OR assigned_to = {officer:String}
        OR hasAny(list_kinds, {urgent:Array(String)})
        OR hasAny(owners, {zones:Array(String)})
        OR has(theirs, last_camera_id)
        OR arrayExists(event -> has(theirs, tupleElement(event, 'camera_id')), timeline)
        OR (last_camera_id = '' AND NOT arrayExists(event -> tupleElement(event, 'camera_id') != '', timeline))
    )
ORDER BY priority, alert_class, escalation DESC, opened_at, case_id
LIMIT {most:UInt32}
