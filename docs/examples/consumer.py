"""An alert consumer: hits of some lists and one police zone, one line each, repetitions dropped.

    python docs/examples/consumer.py --kafka 127.0.0.1:9094 --program dispatch --zone BRU-NORTH
    python docs/examples/consumer.py --http http://127.0.0.1:8080 --token-file token --position place

What is printed stands for what a dispatch desk does with a hit. It is dealt with when the next one is asked for: after
a crash the hit that was in hand comes again. `Seen` drops repetitions within one run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from anpr.client import Http, Kafka, Seen, subscribe
from schemas.hit import Hit


def main() -> None:
    """Listen until Ctrl-C, or until nothing came for `--idle` seconds."""
    options = _options()
    seen = Seen()
    wish = {"kind": options.kind, "zone": options.zone, "idle_s": options.idle}
    with subscribe(source=_source(options), **wish) as hits:
        for hit in hits:
            if seen.is_news(hit):
                print(line_of(hit), flush=True)


def line_of(hit: Hit) -> str:
    """What the desk must know first."""
    if hit.withdrawn:
        return f"TAKEN BACK  {hit.plate}: no hit after all, call off what was begun"
    if hit.alert_class == "confirm":
        what = f"COMPARE THE PICTURE FIRST  {hit.plate} may be {hit.listed_plate} ({hit.probability:.0%})"
    else:
        what = f"{'DANGEROUS  ' if hit.dangerous else ''}{hit.plate}: {hit.instruction}"
    age = " - an old passage, not where the vehicle is now" if hit.late or hit.retroactive else ""
    return f"{what}  {hit.list_kind}, {hit.camera_id}, {hit.captured_at:%H:%M:%S} UTC{age}"


def _source(options: argparse.Namespace) -> Kafka | Http:
    if options.kafka:
        return Kafka(options.kafka, options.program, start=options.start)
    token = options.token_file.read_text("utf-8").strip()
    return Http(options.http, token, position=options.position, start=options.start)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Print hits as they come.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--kafka", metavar="HOST:PORT")
    where.add_argument("--http", metavar="URL")
    parser.add_argument("--program", default="example-consumer", help="consumer group, with --kafka")
    parser.add_argument("--token-file", type=Path, help="with --http")
    parser.add_argument("--position", type=Path, help="file for the place in the stream, with --http")
    parser.add_argument("--start", choices=["now", "oldest"], default="now")
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--zone", action="append", default=[])
    parser.add_argument("--idle", type=float, help="seconds without a hit after which to end")
    return parser.parse_args()


if __name__ == "__main__":
    main()
