-- Hits on these vehicles (`plates`) that passed since then (`since`), as they stand; those taken back are among them.
SELECT * EXCEPT (_log, _partition, _offset)
FROM hits FINAL
WHERE captured_at >= {since:DateTime64(3, 'UTC')}
    AND (plate IN {plates:Array(String)} OR listed_plate IN {plates:Array(String)})
