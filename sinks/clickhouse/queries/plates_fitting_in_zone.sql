-- Plates of one month that a search of one police zone opens: those that fit to the letter first, then those that passed
-- last. search_id, officer: whose search. month: 202611. keys: save reading, see plates_of_search. limit: most rows.
SELECT plate, max(p.last_day) AS last_day, max(p.exact)::Bool AS exact
FROM plates_of_zone_search(
    search_id = {search_id:UUID}, officer = {officer:String}, month = {month:UInt32}, keys = {keys:Array(String)}
) AS p
GROUP BY plate
ORDER BY exact DESC, last_day DESC, plate
LIMIT {limit:UInt32}
