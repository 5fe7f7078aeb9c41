-- The zones have a database of their own (docs/decisions/0021): no verdict comes in here any more, nobody is granted what
-- is still here, and it goes by its own term, twelve months after the passages. It keeps its name: nothing is moved, so
-- nothing can be lost on the way, and this may run twice.
ALTER TABLE lez_verdicts {on_cluster}
    MODIFY COMMENT 'Closed: verdicts from before the low-emission zones had a database of their own; they go by their term';

DROP VIEW IF EXISTS verdicts_by_hour {on_cluster};
