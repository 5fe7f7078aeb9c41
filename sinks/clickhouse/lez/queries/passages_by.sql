-- Passages of a zone by one thing about them, from the counts without plates.
-- zone; since, until: whole hours, UTC; timezone: of the zone; by: fuel, standard, category, country, camera, hour or day
-- (of the zone's clocks), verdict or action. Barred: those for which the vehicle may not be there.
SELECT
    multiIf(
        {by:String} = 'fuel', toString(fuel),
        {by:String} = 'standard', toString(standard),
        {by:String} = 'category', if(n1_class = '', toString(category), concat(category, '-', n1_class)),
        {by:String} = 'country', toString(country),
        {by:String} = 'camera', toString(camera_id),
        {by:String} = 'hour', leftPad(toString(toHour(toTimeZone(hour, {timezone:String}))), 2, '0'),
        {by:String} = 'day', toString(toDate(toTimeZone(hour, {timezone:String}))),
        {by:String} = 'verdict', toString(verdict),
        toString(action)
    ) AS part,
    sum(p.passages) AS passages,
    sumIf(p.passages, verdict IN ('non_compliant', 'unregistered')) AS barred,
    sumIf(p.passages, action != 'none') AS acted_on
FROM passages_by_hour AS p
WHERE zone = {zone:String} AND hour >= {since:DateTime('UTC')} AND hour < {until:DateTime('UTC')}
GROUP BY part
ORDER BY passages DESC, part
