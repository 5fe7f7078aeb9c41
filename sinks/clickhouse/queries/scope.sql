-- The guard of a search, and nothing behind it: an error with the reason where it opens nothing now.
-- search_id, officer: whose search.
SELECT refused FROM search_scope(search_id = {search_id:UUID}, officer = {officer:String})
