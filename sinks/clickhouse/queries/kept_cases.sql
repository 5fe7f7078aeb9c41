-- The last cases of each of these vehicles (`plates`), so many of each (`most`), the oldest first.
SELECT * EXCEPT (_log, _partition, _offset)
FROM (
    SELECT * FROM cases FINAL
    WHERE plate IN {plates:Array(String)}
    ORDER BY opened_at DESC, case_id
    LIMIT {most:UInt8} BY plate
)
ORDER BY plate, opened_at, case_id
