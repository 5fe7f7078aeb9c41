-- Passages of a zone by hour of the day and by what the law asks of a vehicle, from the counts without plates.
-- zone; since, until: whole hours, UTC; timezone: of the zone.
SELECT
    toUInt8(toHour(toTimeZone(hour, {timezone:String}))) AS hour_of_day,
    toString(p.fuel) AS fuel, toString(p.category) AS category, toString(p.n1_class) AS n1_class,
    toString(p.standard) AS standard, toString(p.country) AS country, toString(p.verdict) AS verdict,
    sum(p.passages) AS passages
FROM passages_by_hour AS p
WHERE zone = {zone:String} AND hour >= {since:DateTime('UTC')} AND hour < {until:DateTime('UTC')}
GROUP BY hour_of_day, fuel, category, n1_class, standard, country, verdict
ORDER BY hour_of_day, fuel, category, n1_class, standard, country, verdict
