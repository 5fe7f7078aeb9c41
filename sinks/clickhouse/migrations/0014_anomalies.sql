-- What an officer needs of an anomaly: the passages that do not fit, side by side, and how fast a car would have been.
ALTER TABLE anomalies {on_cluster}
    ADD COLUMN IF NOT EXISTS sightings Array(Tuple(
        passage_id UUID, camera_id String, captured_at DateTime64(3, 'UTC'), evidence String,
        position Tuple(lat Float64, lon Float64), confidence Float32
    )) COMMENT 'Passages shown beside each other, in order of time: camera, its clock, picture ('''': none), WGS 84 ((0, 0): not told)' AFTER passage_ids,
    ADD COLUMN IF NOT EXISTS needed_kmh Nullable(Float64) COMMENT 'What one car would have driven at least, clocks and places stretched in its favour, km/h' AFTER elapsed_s;
