-- Cases that somebody means: of a plate, or of an identifier that begins so; open ones first, then the newest.
-- plate ('': none). begins: first digits of the identifier, with its dashes ('': none).
SELECT * EXCEPT (_log, _partition, _offset)
FROM cases FINAL
WHERE plate = {plate:String} OR ({begins:String} != '' AND startsWith(toString(case_id), {begins:String}))
ORDER BY state NOT IN ('new', 'acknowledged', 'pursuing'), opened_at DESC, case_id
LIMIT 20
