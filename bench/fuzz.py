"""Mutated messages of every topic through every consumer, and mutated pictures through every decoder.

    python bench/fuzz.py --messages 1000000 --seed 1 --json
    python bench/fuzz.py --topics reads frames --messages 20000
    python bench/fuzz.py --pictures 100000
    python bench/fuzz.py --workers --messages 20000
    python bench/fuzz.py --guided 60

In process: each consumer that the platform has (stages, sinks, Faust apps, reference tables, streams, readers of
letters) takes batches of messages, of which most are damaged; nothing but an answer may come out: taken, refused with
a reason, left out under a name. `--workers`: real workers on the embedded broker and store; none may end, what is
refused must be among the dead letters, what is good must come through. `--guided`: coverage-guided, by atheris where
that is installed. Exit code 1 where anything did not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from anpr.bench.fuzz.decoders import fuzz_pictures
from anpr.bench.fuzz.guided import guided
from anpr.bench.fuzz.run import Found, fuzz, fuzzed_topics
from anpr.bench.fuzz.workers import fuzz_workers
from anpr.bench.machine import busy_cores, machine


def main() -> int:
    """Run what was asked for."""
    asked, load = _arguments(), busy_cores()
    if asked.guided:
        return guided(asked.guided, asked.seed)
    if asked.workers:
        told = fuzz_workers(asked.topics or fuzzed_topics(), asked.messages, asked.seed, _say)
    elif asked.pictures:
        told = fuzz_pictures(asked.pictures, asked.seed)
    else:
        topics = asked.topics or fuzzed_topics()
        told = _content(fuzz(topics, -(-asked.messages // len(topics)), asked.seed, tell=_progress), topics)
    told |= {"seed": asked.seed, "machine": machine(load)}
    _show(told, as_json=asked.json)
    return 1 if told["faults"] else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000, help="over all topics")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--topics", nargs="*")
    parser.add_argument("--pictures", type=int, default=0, metavar="N", help="pictures through the decoders instead")
    parser.add_argument("--workers", action="store_true", help="through real workers")
    parser.add_argument("--guided", type=int, default=0, metavar="SECONDS", help="coverage-guided")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _content(found: Found, topics: list[str]) -> dict[str, Any]:
    return {
        "messages": found.messages.total(),
        "seconds": round(found.seconds, 1),
        "faults": [str(fault) for fault in found.faults],
        "topics": {
            topic: {
                "through_consumers": found.messages[topic],
                "taken": found.taken(topic),
                "rejected": dict(found.rejected[topic].most_common()),
                "dropped": dict(found.dropped[topic].most_common()),
            }
            for topic in topics
        },
    }


def _show(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(told))
        return
    for name, value in told.items():
        if isinstance(value, dict) and name == "topics":
            for topic, one in value.items():
                print(f"{topic:22} {json.dumps(one)}")
        elif name == "faults":
            print("\n".join(value) or "no fault")
        else:
            print(f"{name:22} {value}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _progress(topic: str, done: int) -> None:
    if done % 10_000 == 0:
        _say(f"{topic}: {done:,}")


if __name__ == "__main__":
    sys.exit(main())
