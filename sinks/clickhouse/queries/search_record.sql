-- The audit record of one's own search that is open, or was a moment ago; it is for a process that did not open it.
-- search_id, officer: whose search.
SELECT record FROM search_record(search_id = {search_id:UUID}, officer = {officer:String})
