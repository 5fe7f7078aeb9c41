-- What a hit says beside its entry: why the two plates are held to be the same, and who is near.
ALTER TABLE hits {on_cluster}
    ADD COLUMN IF NOT EXISTS why String COMMENT 'In words: exact, 8 for B at place 3, fits 1AB*' AFTER differing,
    ADD COLUMN IF NOT EXISTS nearest_patrols Array(Tuple(
        patrol_id String, distance_m Float32, road_s Float32, position_age_s Float32
    )) COMMENT 'Patrols on duty and free, the soonest there first: straight m, estimated s by road, s of age; empty: not urgent, late or nobody' AFTER retroactive;
