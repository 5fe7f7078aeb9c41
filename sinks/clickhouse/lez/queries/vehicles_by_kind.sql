-- Vehicles that passed in a zone by what the law asks of them, as far as their plates are still held.
-- zone; since, until: whole hours, UTC. compliant: those that were so at least once.
SELECT
    toString(v.fuel) AS fuel, toString(v.category) AS category, toString(v.n1_class) AS n1_class,
    toString(v.standard) AS standard, toString(v.country) AS country,
    vehicles, compliant_vehicles, nameless_passages
FROM vehicles_by_kind(zone = {zone:String}, since = {since:DateTime('UTC')}, until = {until:DateTime('UTC')}) AS v
ORDER BY fuel, category, n1_class, standard, country
