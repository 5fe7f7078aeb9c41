"""The operator's dashboard: does the stream move, how late, and what goes wrong."""

from __future__ import annotations

from anpr.dashboards.asking import increase, per_second, quantiles
from anpr.dashboards.model import Board, Chosen, Item, Limit, Panel, Prom, Row

__all__ = ["FLOW"]

OF_FLOW = 'flow=~"$flow"'
OURS = 'job=~"workers|api"'

AT_A_GLANCE: tuple[Item, ...] = (
    Panel(
        "Alerts",
        "Alerts that fire now; docs/watching.md says of each what to do.",
        (Prom('count(ALERTS{alertstate="firing"}) or vector(0)', "alerts"),),
        "stat",
        w=4,
        h=4,
        limits=(Limit(1, "red"),),
    ),
    Panel(
        "Processes down",
        "Workers and API that do not answer Prometheus.",
        (Prom(f"count(up{{{OURS}}} == 0) or vector(0)", "down"),),
        "stat",
        w=4,
        h=4,
        limits=(Limit(1, "red"),),
    ),
    Panel(
        "Reads per second",
        "Taken in by consolidate.",
        (Prom('sum(rate(anpr_consumed_total{flow="consolidate"}[$__rate_interval]))', "reads"),),
        "stat",
        unit="cps",
        w=4,
        h=4,
    ),
    Panel(
        "Most behind",
        "Messages not yet taken, of the flow that is most behind.",
        (Prom("max(sum by (flow) (anpr_lag_messages))", "messages"),),
        "stat",
        w=4,
        h=4,
        limits=(Limit(20_000, "orange"), Limit(200_000, "red")),
    ),
    Panel(
        "Passage to hit, p99",
        "From a passage told to its hits acknowledged by Kafka.",
        (quantiles("anpr_age_seconds", where='flow="match"')[1],),
        "stat",
        unit="s",
        w=4,
        h=4,
        limits=(Limit(1, "orange"), Limit(5, "red")),
    ),
    Panel(
        "Dead letters, last hour",
        "Messages that could not be used: below by reason, in the table dead_letters whole.",
        (Prom("sum(increase(anpr_dead_letters_total[1h]))", "letters"),),
        "stat",
        w=4,
        h=4,
        limits=(Limit(1, "orange"), Limit(100, "red")),
    ),
    Panel(
        "Alerts that fire",
        "By how urgent they are. Empty: none.",
        (Prom('sum by (alertname, severity, worker) (ALERTS{alertstate="firing"})'),),
        "table",
        w=24,
        h=5,
    ),
)

MOVING: tuple[Item, ...] = (
    Row("Flow"),
    Panel(
        "Consumed",
        "Messages taken from Kafka, by flow.",
        (per_second("anpr_consumed_total", "flow", OF_FLOW),),
        unit="cps",
    ),
    Panel(
        "Emitted",
        "Messages sent and acknowledged, by flow and topic.",
        (per_second("anpr_emitted_total", "flow, topic", OF_FLOW),),
        unit="cps",
    ),
    Panel(
        "Lag",
        "Messages not yet taken. Steady growth: the flow needs more workers or partitions.",
        (Prom(f"sum by (flow, topic) (anpr_lag_messages{{{OF_FLOW}}})", "{{flow}} {{topic}}"),),
    ),
    Panel(
        "Backlog beside",
        "Messages of a backlog that is worked off while what has just come goes first, and what was worked on first a "
        "second. 0: no worker is far behind.",
        (
            Prom(f"sum by (flow) (anpr_backlog_messages{{{OF_FLOW}}})", "{{flow}} left"),
            Prom(
                f"sum by (flow) (rate(anpr_lane_messages_total{{{OF_FLOW}}}[$__rate_interval]))", "{{flow}} first, 1/s"
            ),
        ),
    ),
    Panel(
        "Backlog, how old",
        "Age of the oldest message of such a backlog.",
        (Prom(f"max by (flow) (anpr_backlog_seconds{{{OF_FLOW}}})", "{{flow}}"),),
        unit="s",
    ),
    Panel(
        "Since received",
        "From a read received to what follows from it acknowledged, by flow: what an officer waits for. A plate that "
        "is doubtful is told after a few seconds only, so the p99 of match is about five.",
        quantiles("anpr_event_age_seconds", "flow", f'{OF_FLOW},since="received"'),
        unit="s",
    ),
    Panel(
        "Since captured",
        "The same from the camera's moment on: with the camera's clock, its line, and late uploads.",
        quantiles("anpr_event_age_seconds", "flow", f'{OF_FLOW},since="captured"'),
        unit="s",
    ),
    Panel(
        "Age of messages",
        "From message stamp to batch delivered: one hop.",
        quantiles("anpr_age_seconds", "flow", OF_FLOW),
        unit="s",
    ),
    Panel(
        "Batch time",
        "From batch taken to batch delivered.",
        quantiles("anpr_batch_seconds", "flow", OF_FLOW),
        unit="s",
    ),
    Panel(
        "Batch size",
        "Messages per batch, mean.",
        (
            Prom(
                f"sum by (flow) (rate(anpr_batch_messages_sum{{{OF_FLOW}}}[$__rate_interval])) "
                f"/ sum by (flow) (rate(anpr_batch_messages_count{{{OF_FLOW}}}[$__rate_interval]))",
                "{{flow}}",
            ),
        ),
    ),
)

WRONG: tuple[Item, ...] = (
    Row("What goes wrong"),
    Panel(
        "Dead letters by reason",
        "Messages that could not be used. The table dead_letters tells more.",
        (per_second("anpr_dead_letters_total", "flow, reason", OF_FLOW),),
        unit="cps",
    ),
    Panel(
        "Dropped by reason",
        "Records left out on purpose.",
        (per_second("anpr_dropped_total", "flow, reason", OF_FLOW),),
        unit="cps",
    ),
    Panel(
        "Waits for a dependency",
        "Kafka, the store or the evidence store did not answer; the flow waits and tries again.",
        (per_second("anpr_retries_total", "flow, dependency", OF_FLOW),),
        unit="cps",
    ),
    Panel(
        "Waiting for",
        "For how long a flow has been waiting for the broker, the store or the place of pictures; nothing: none waits.",
        (
            Prom(
                f"time() - max by (flow, dependency) (anpr_waiting_since_timestamp_seconds{{{OF_FLOW}}} > 0)",
                "{{flow}}: {{dependency}}",
            ),
        ),
        unit="s",
    ),
    Panel(
        "Trouble with Kafka",
        "What the client reported: brokers lost, connections refused. It tries again by itself.",
        (increase("anpr_kafka_errors_total", "flow", OF_FLOW),),
    ),
    Panel(
        "Rebalances",
        "Partitions given to a worker or taken away. Many: workers come and go, or are too slow for their group.",
        (increase("anpr_rebalances_total", "flow, change", OF_FLOW),),
    ),
    Panel(
        "Restarts",
        "Processes that began anew. A delivery that Kafka refuses ends a worker, and its successor tries again.",
        (Prom(f"sum by (worker) (changes(process_start_time_seconds{{{OURS}}}[10m]))", "{{worker}}"),),
    ),
    Panel(
        "State rebuilt",
        "Restarts and rebalances after which a flow rebuilt its state from the log, and the messages read for it.",
        (
            increase("anpr_state_rebuilds_total", "flow", OF_FLOW, "{{flow}} times"),
            per_second("anpr_replayed_total", "flow", OF_FLOW, "{{flow}} messages/s"),
        ),
    ),
    Panel(
        "Copies of state",
        "On the disks of workers, every quarter of a minute: written, taken over at a start, and what must not be: not "
        "written for want of space (failed), or broken. Without them a worker that starts reads hours again.",
        (
            Prom(
                f"sum by (flow, outcome) (increase(anpr_state_copies_total{{{OF_FLOW}}}[$__rate_interval]))",
                "{{flow}} {{outcome}}",
            ),
        ),
    ),
    Panel(
        "Told beside a backlog, and not after",
        "Messages told first that working the backlog off did not lead to. Of consolidate it must be 0; of match it "
        "may grow when a list is changed meanwhile.",
        (Prom(f"sum by (flow) (anpr_lane_differing{{{OF_FLOW}}})", "{{flow}}"),),
    ),
    Panel(
        "Open tracks",
        "What a stage still follows: vehicles, hits that may be taken back, plates.",
        (Prom(f"sum by (flow) (anpr_open_tracks{{{OF_FLOW}}})", "{{flow}}"),),
    ),
)

READINGS = 'flow="read",reason!="no_plate"'
NO_PLATES: tuple[Item, ...] = (
    Row("Pictures"),
    Panel(
        "Readings that are no plates",
        "What the engine read and the flow read left out: signs, words, phone numbers, badges, shapes that no plate "
        "has. With ANPR_VISION_KEEP_NOT_PLATES their pictures are kept for study.",
        (per_second("anpr_dropped_total", "reason", READINGS),),
        unit="cps",
    ),
    Panel(
        "Share of readings that are no plates",
        "Of all that the engine read. A camera that looks at a shop front raises it; so does dirt on its lens.",
        (
            Prom(
                f"sum(rate(anpr_dropped_total{{{READINGS}}}[$__rate_interval])) "
                f"/ (sum(rate(anpr_dropped_total{{{READINGS}}}[$__rate_interval])) "
                '+ sum(rate(anpr_emitted_total{flow="read",topic="reads"}[$__rate_interval])))',
                "no plates",
            ),
        ),
        unit="percentunit",
        most=1,
    ),
)

HELD: tuple[Item, ...] = (
    Row("Lists and registers"),
    Panel(
        "Reference records",
        "Records held of each reference topic; every worker holds all of them.",
        (Prom(f"max by (flow, topic) (anpr_reference_records{{{OF_FLOW}}})", "{{flow}} {{topic}}"),),
    ),
    Panel(
        "Since the last change",
        "Of each reference topic. A hotlist that nobody changes for a day: its import does not run.",
        (Prom("time() - max by (topic) (anpr_reference_changed_timestamp_seconds)", "{{topic}}"),),
        unit="s",
    ),
    Panel(
        "Age of snapshots",
        "From which a worker begins instead of the whole topic. One is taken every four hours of lists over 50,000.",
        (Prom("time() - max by (flow, topic) (anpr_reference_snapshot_timestamp_seconds)", "{{flow}} {{topic}}"),),
        unit="s",
    ),
    Row("Processes"),
    Panel(
        "Processor",
        "Cores in use, by worker.",
        (Prom(f"sum by (worker) (rate(process_cpu_seconds_total{{{OURS}}}[$__rate_interval]))", "{{worker}}"),),
    ),
    Panel(
        "Memory",
        "Resident, by worker.",
        (Prom(f"sum by (worker) (process_resident_memory_bytes{{{OURS}}})", "{{worker}}"),),
        unit="bytes",
    ),
    Panel(
        "Open files",
        "Share of what the system allows.",
        (Prom(f"max by (worker) (process_open_fds{{{OURS}}} / process_max_fds{{{OURS}}})", "{{worker}}"),),
        unit="percentunit",
        most=1,
    ),
    Panel(
        "Versions",
        "Of the program and of Python, and how many processes run them. Two versions: an update is under way.",
        (Prom("count by (version, python) (anpr_build_info)"),),
        "table",
    ),
)

FLOW = Board(
    "police/flow.json",
    "anpr-flow",
    "ANPR flow",
    "Is the stream moving, how late, and what goes wrong.",
    (*AT_A_GLANCE, *MOVING, *WRONG, *NO_PLATES, *HELD),
    (Chosen("flow", "Flow", Prom("label_values(anpr_consumed_total, flow)")),),
)
