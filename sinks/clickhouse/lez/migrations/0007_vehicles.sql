-- How many vehicles, where passages_by_hour says how many passages: of whole hours, without a camera and without a plate.
-- Those of which the plate was cleared (0001) cannot be told apart; their passages are counted.
CREATE VIEW IF NOT EXISTS vehicles_by_kind {on_cluster} AS
SELECT
    fuel, category, n1_class, standard, country,
    uniqExactIf(plate, plate != '') AS vehicles,
    uniqExactIf(plate, plate != '' AND verdict = 'compliant') AS compliant_vehicles,
    countIf(plate = '') AS nameless_passages
FROM verdicts_last FINAL
WHERE NOT withdrawn AND zone = {zone:String}
  AND captured_at >= toStartOfHour({since:DateTime('UTC')}) AND captured_at < toStartOfHour({until:DateTime('UTC')})
GROUP BY fuel, category, n1_class, standard, country
COMMENT 'Vehicles that passed in a zone, by what they are, as far as their plates are still held: zone, since, until';
