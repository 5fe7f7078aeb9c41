-- Whether a search is this officer's, however old it is; no row: there is none.
-- search_id, officer: who asks.
SELECT own FROM search_owner(search_id = {search_id:UUID}, officer = {officer:String})
