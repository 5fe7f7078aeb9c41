-- What a case tells the people who deal with it, without a look at its hits: who wants the vehicle and why, what happened
-- so far, who is near and where it goes. JSON of nested parts leaves defaults out: the parts' own defaults fill in.
ALTER TABLE cases {on_cluster}
    ADD COLUMN IF NOT EXISTS alert_class LowCardinality(String) DEFAULT 'confirm' COMMENT 'alert: a hit is sure enough to act on; confirm: compare the picture first' AFTER note,
    ADD COLUMN IF NOT EXISTS dangerous Bool COMMENT 'An entry says so' AFTER alert_class,
    ADD COLUMN IF NOT EXISTS instruction LowCardinality(String) COMMENT 'Of its most urgent entry; empty: none' AFTER dangerous,
    ADD COLUMN IF NOT EXISTS reason String COMMENT 'Of its most urgent entry' AFTER instruction,
    ADD COLUMN IF NOT EXISTS owners Array(LowCardinality(String)) COMMENT 'Who answer for its entries' AFTER reason,
    ADD COLUMN IF NOT EXISTS entry_ids Array(String) COMMENT 'Its entries, the most urgent first' AFTER owners,
    ADD COLUMN IF NOT EXISTS listed_plates Array(String) COMMENT 'As its entries have it' AFTER entry_ids,
    ADD COLUMN IF NOT EXISTS probability Nullable(Float32) COMMENT 'Best of its hits: that the vehicle carries a listed plate, 0-1; NULL: no hit' AFTER listed_plates,
    ADD COLUMN IF NOT EXISTS hit_count UInt32 COMMENT 'Hits that stand' AFTER probability,
    ADD COLUMN IF NOT EXISTS old_only Bool COMMENT 'True: nothing but late uploads and what was found afterwards' AFTER hit_count,
    ADD COLUMN IF NOT EXISTS last_seen_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Of the last sighting: captured, or received where the camera is ahead of our clock' AFTER old_only,
    ADD COLUMN IF NOT EXISTS evidence String COMMENT 'Picture of the last sighting; empty: none' AFTER last_seen_at,
    ADD COLUMN IF NOT EXISTS timeline Array(Tuple(
        at DateTime64(3, 'UTC'), kind String, who String, fact_id Nullable(UUID), camera_id String,
        captured_at Nullable(DateTime64(3, 'UTC')), evidence String, text String
    )) COMMENT 'What happened, the newest last: our clock, what, who (empty: the program), the hit, anomaly or action, and of a sighting camera, its clock, picture' AFTER evidence,
    ADD COLUMN IF NOT EXISTS timeline_count UInt32 COMMENT 'Events in all' AFTER timeline,
    ADD COLUMN IF NOT EXISTS escalation UInt8 COMMENT 'How often it was escalated while nobody acknowledged it' AFTER timeline_count,
    ADD COLUMN IF NOT EXISTS escalated_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When last' AFTER escalation,
    ADD COLUMN IF NOT EXISTS closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ended; NULL: it is open' AFTER escalated_at,
    ADD COLUMN IF NOT EXISTS closed_how LowCardinality(String) COMMENT 'person, silence or withdrawn; empty: it is open' AFTER closed_at,
    ADD COLUMN IF NOT EXISTS next_cameras Array(Tuple(
        camera_id String, probability Float32, p50_s Nullable(Float32), p90_s Nullable(Float32)
    )) COMMENT 'Where it may show next: camera, how likely, seconds after last_seen_at when half and nine in ten are there' AFTER closed_how,
    ADD COLUMN IF NOT EXISTS nearest_patrols Array(Tuple(
        patrol_id String, distance_m Float32, road_s Float32, position_age_s Float32
    )) COMMENT 'Patrols on duty and free, the soonest there first: straight m, estimated s by road, s of age' AFTER next_cameras,
    ADD COLUMN IF NOT EXISTS patrols_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When that was looked up; NULL: it was not' AFTER nearest_patrols,
    ADD COLUMN IF NOT EXISTS anomalies Array(Tuple(
        anomaly_id UUID, kind String, observed_at DateTime64(3, 'UTC'), score Float32, detail String, evidence Array(String)
    )) COMMENT 'What does not fit about the plate, with the pictures to compare' AFTER patrols_at;
