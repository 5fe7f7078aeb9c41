-- Whose passage it is, as far as the search opens it: for whoever refers to one that another process has shown.
-- search_id, officer: whose search. plates: compact, named in full, of which it may be. passage_id: which.
SELECT plate
FROM sightings_of_search(search_id = {search_id:UUID}, officer = {officer:String}, plates = {plates:Array(String)})
WHERE passage_id = {passage_id:UUID}
LIMIT 1
