"""Camera health: where they are, which are silent, what each reads against its usual hour."""

from __future__ import annotations

from anpr.dashboards.asking import per_second, quantiles
from anpr.dashboards.model import Board, Chosen, Item, Limit, Panel, Prom, Row, Sql

__all__ = ["CAMERAS"]

TOGETHER: tuple[Item, ...] = (
    Panel(
        "Registered",
        "Cameras in the topic cameras.",
        (Prom('max(anpr_reference_records{topic="cameras"})', "cameras"),),
        "stat",
        w=6,
        h=4,
    ),
    Panel(
        "Reporting",
        "Cameras of which reads come in.",
        (Prom("max(anpr_cameras_reporting)", "cameras"),),
        "stat",
        w=6,
        h=4,
    ),
    Panel(
        "Silent",
        "Cameras that are silent though they usually are not at this hour: `anpr cameras list` says since when.",
        (Prom("max(anpr_cameras_silent)", "cameras"),),
        "stat",
        w=6,
        h=4,
        limits=(Limit(1, "orange"), Limit(20, "red")),
    ),
    Panel(
        "Open troubles",
        "Anomalies of cameras that have no end yet.",
        (Sql("SELECT now() AS time, countIf(ended_at IS NULL) AS troubles\nFROM camera_anomalies"),),
        "stat",
        w=6,
        h=4,
        limits=(Limit(1, "orange"), Limit(20, "red")),
    ),
    Panel(
        "Map",
        "Cameras that hang somewhere; red where something is wrong. The browser of whoever looks fetches the base "
        "map's tiles.",
        (
            Sql(
                "SELECT camera_id, name, police_zone, lat, lon, round(silent_s / 60) AS silent_min, reads,\n"
                "    round(expected) AS usual, arrayStringConcat(troubles, ', ') AS what,\n"
                "    length(troubles) AS open\n"
                "FROM cameras_now\n"
                "WHERE lat != 0 OR lon != 0\n"
                "ORDER BY camera_id"
            ),
        ),
        "geomap",
        h=14,
        limits=(Limit(1, "red"),),
        colour_by="open",
    ),
    Panel(
        "In trouble",
        "What a technician begins with: the longest silent first.",
        (
            Sql(
                "SELECT camera_id, name, police_zone, arrayStringConcat(troubles, ', ') AS what, last_read_at,\n"
                "    silent_s, reads, round(expected) AS usual\n"
                "FROM cameras_now\n"
                "WHERE notEmpty(troubles)\n"
                "ORDER BY silent_s DESC\n"
                "LIMIT 100"
            ),
        ),
        "table",
        h=14,
        units={"silent_s": "s"},
    ),
)

RATES: tuple[Item, ...] = (
    Row("Reads against the usual hour"),
    Panel(
        "All cameras",
        "Reads of an hour, and what usually comes in that hour of the week. Of the hour under way: up to now.",
        (
            Sql(
                "SELECT hour AS time, sum(reads) AS reads, sum(expected) AS usual\n"
                "FROM camera_health_by_hour\n"
                "WHERE $__timeFilter(hour)\n"
                "GROUP BY time\n"
                "ORDER BY time"
            ),
        ),
    ),
    Panel(
        "Camera $camera",
        "Reads of an hour, what is usual, and from where on it is unusual.",
        (
            Sql(
                "SELECT hour AS time, reads, expected AS usual, low, high\n"
                "FROM camera_health_by_hour\n"
                "WHERE $__timeFilter(hour) AND camera_id = ${camera:sqlstring}\n"
                "ORDER BY time"
            ),
        ),
    ),
    Panel(
        "Furthest off in the last whole hour",
        "Cameras whose reads have least to do with their usual hour.",
        (
            Sql(
                "SELECT camera_id, reads, round(expected) AS usual, round(low) AS low, round(high) AS high,\n"
                "    round(reads / expected, 2) AS share\n"
                "FROM camera_health_by_hour\n"
                "WHERE hour = toStartOfHour(now()) - INTERVAL 1 HOUR AND expected > 0\n"
                "ORDER BY abs(log((reads + 1) / (expected + 1))) DESC\n"
                "LIMIT 30"
            ),
        ),
        "table",
        units={"share": "percentunit"},
    ),
    Panel(
        "Cameras with traffic",
        "Cameras past which at least one vehicle came. A drop: cameras or lines are down.",
        (
            Sql(
                "SELECT $__timeInterval(minute) AS time, uniqExact(camera_id) AS cameras\n"
                "FROM traffic_by_minute\n"
                "WHERE $__timeFilter(minute)\n"
                "GROUP BY time\n"
                "ORDER BY time"
            ),
        ),
    ),
)

DEVICE_SKEW = "histogram_quantile({}, sum by (le) (rate(anpr_device_skew_seconds_bucket[$__rate_interval])))"
SKEW = "histogram_quantile({}, sum by (le) (rate(anpr_camera_skew_seconds_bucket[$__rate_interval])))"
QUALITY: tuple[Item, ...] = (
    Row("Clocks and lenses"),
    Panel(
        "Received after captured",
        "Over all cameras. Below 0 a clock is ahead; far above, it is behind or its line is slow.",
        tuple(Prom(SKEW.format(share), f"p{int(share * 100):02d}") for share in (0.05, 0.5, 0.95)),
        unit="s",
        below_zero=True,
    ),
    Panel(
        "Clocks furthest off",
        "Cameras by the median of their last hour.",
        (
            Sql(
                "SELECT camera_id, name, delay_p50_s, told_until\n"
                "FROM cameras_now\n"
                "WHERE delay_p50_s IS NOT NULL\n"
                "ORDER BY abs(delay_p50_s) DESC\n"
                "LIMIT 30"
            ),
        ),
        "table",
        units={"delay_p50_s": "s"},
    ),
    Panel(
        "Unreadable",
        "Share of reads without a plate that is more likely right than wrong, and what is usual.",
        (
            Sql(
                "SELECT hour AS time, sum(unreadable) / greatest(sum(reads), 1) AS unreadable,\n"
                "    avg(usual_unreadable) AS usual\n"
                "FROM camera_health_by_hour\n"
                "WHERE $__timeFilter(hour)\n"
                "GROUP BY time\n"
                "ORDER BY time"
            ),
        ),
        unit="percentunit",
    ),
    Panel(
        "Anomalies of cameras",
        "Told, by kind: silent, off its usual rate, unreadable, clock, turned round.",
        (Prom("sum by (kind) (increase(anpr_camera_anomalies_total[$__rate_interval]))", "{{kind}}"),),
        bars=True,
    ),
)

DOOR: tuple[Item, ...] = (
    Row("Ingest door"),
    Panel(
        "Uploaded",
        "Reads and frames by what became of them. Refused: `anpr edge refused` on the device says why.",
        (per_second("anpr_uploaded_total", "topic, outcome"),),
        unit="cps",
    ),
    Panel(
        "Requests",
        "By outcome. `broker_slow` and `full`: devices keep what they have and come again. `unknown_token`: a key was "
        "revoked, or somebody tries.",
        (per_second("anpr_door_requests_total", "outcome"),),
        unit="cps",
    ),
    Panel(
        "Until acknowledged",
        "From an upload that is read to its acknowledgement by the brokers.",
        quantiles("anpr_door_seconds"),
        unit="s",
    ),
    Panel(
        "Age when uploaded",
        "From the oldest capture of an upload to its arrival: high while patrol cars that were offline come back.",
        quantiles("anpr_upload_age_seconds"),
        unit="s",
    ),
    Panel(
        "Device clocks",
        "A device's clock less ours as it uploads, whenever its reads were captured. Above 0: it is ahead.",
        tuple(Prom(DEVICE_SKEW.format(share), f"p{int(share * 100):02d}") for share in (0.05, 0.5, 0.95)),
        unit="s",
        below_zero=True,
    ),
    Panel(
        "Waiting for the brokers",
        "The upload that waits longest.",
        (Prom("max(anpr_door_waiting_seconds)", "oldest"),),
        unit="s",
    ),
    Panel(
        "Held",
        "What the doors hold of what the brokers have not acknowledged; bounded by ANPR_DOOR_WAITING_MB.",
        (Prom("sum(anpr_door_held_bytes)", "bytes"),),
        unit="bytes",
    ),
    Panel(
        "Keys",
        "Devices that may upload.",
        (Prom("max(anpr_camera_keys)", "devices"),),
    ),
)

CAMERAS = Board(
    "police/cameras.json",
    "anpr-cameras",
    "Camera health",
    "Which cameras are silent or unwell, and what each reads against its usual hour.",
    (*TOGETHER, *RATES, *QUALITY, *DOOR),
    (
        Chosen(
            "camera",
            "Camera",
            Sql("SELECT camera_id FROM cameras_now ORDER BY notEmpty(troubles) DESC, camera_id"),
            several=False,
        ),
    ),
    refresh="1m",
    since="now-7d",
)
