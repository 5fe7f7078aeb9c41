"""`python -m tests.deploy.record [--seconds 240]`: a short run of the embedded platform, kept for tests and pictures.

Runs `anpr demo` with all workers and `anpr serve` in a folder of its own, scrapes their pages as Prometheus would,
gives them something of everything to do (bad messages, searches with and without a reason, subscribers), and at the
end asks the store what the panels ask. Kept are counts only: series.gz and answers.json in recorded/. ClickHouse's own
series are read from the embedded engine's tables and named as a server's page names them. What is usual of each camera
is simulated (`usual_weeks.py`).
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import httpx
from clickhouse_connect.driver.client import Client

from anpr.dashboards import BOARDS
from anpr.dashboards.model import LEZ, Panel, Sql
from anpr.known_cameras import known_cameras
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.output import KafkaOutput
from sinks.clickhouse.client import connect
from tests.deploy.deployment import ROOT
from tests.deploy.evaluate import NAME, Recording
from tests.deploy.macros import Span, expand_macros
from tests.deploy.promql import CLICKHOUSE
from tests.deploy.recording import RECORDED, save_recording, scraped
from tests.deploy.usual_weeks import store_usual_weeks

CONSUMER = ROOT / "docs" / "examples" / "consumer.py"
INTERVAL_S = 10.0
"""deploy/prometheus.yml: scrape_interval."""
START_S = 240.0
ENOUGH_S = 600.0
"""More than all the rest takes: the demo is ended by us."""
TOO_MANY = 60
"""Requests at once: more than a second of `ANPR_REQUESTS_PER_S` and what may be saved up."""
REASONS = ("Hit and run in the Rue Neuve", "Theft of a lorry, file 26/114", "Theft of a lorry, file 26/114", "x")


def main() -> None:
    """Run, record, keep."""
    parser = argparse.ArgumentParser(description="Record what the platform shows Prometheus and Grafana.")
    parser.add_argument("--seconds", type=float, default=240.0, help="how long the city lives")
    seconds = parser.parse_args().seconds
    with TemporaryDirectory(prefix="anpr-record-") as folder, _receiver() as hook:
        run = _Run(Path(folder), hook, seconds)
        with contextlib.closing(run):
            recording, answers = run.record()
    part = RECORDED / "answers.part"
    part.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", "utf-8")
    part.rename(RECORDED / "answers.json")
    print(f"{len(recording.series)} series and {len(answers['answers'])} answers in {RECORDED}")


class _Run:
    """The platform, what it is given to do, and what it shows."""

    def __init__(self, folder: Path, hook: str, seconds: float) -> None:
        self._folder, self._hook, self._seconds = folder, hook, seconds
        self._pages = {"api": _free_port(), "door": _free_port()}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANPR_")}
        self._environment = {**environment, "ANPR_DATA_DIR": str(folder), "ANPR_OFFICER": "A. Peeters"}
        self._programs: list[subprocess.Popen[bytes]] = []
        self._recording = Recording()
        self._upload: Callable[[], None] = lambda: None

    def record(self) -> tuple[Recording, dict[str, Any]]:
        """Raises RuntimeError when a part does not come up in time."""
        self._start("demo", "--headless", "--seconds", str(self._seconds + ENOUGH_S), "--rate", "6", "--cameras", "60")
        running = _awaited("the platform", lambda: self._note("running.json"))
        found = running["environment"]
        workers = [name for name in running["workers"] if name not in ("broker", "clickhouse")]
        for name in workers:
            self._pages[name] = _awaited(name, lambda name=name: self._note(f"worker.{name}.ready"))["port"]  # type: ignore[misc]
        self._anpr("subscribers", "add", "desk", *_kinds(), "--webhook", self._hook, "--insecure")
        told = self._anpr("subscribers", "add", "dispatch", *_kinds(), "--json")
        ready = self._folder / "api.ready"
        page = {"ANPR_SERVICE_PORT": str(self._pages["api"]), "ANPR_REQUESTS_PER_S": "1"}
        self._start("serve", "--port", "0", "--ready-file", str(ready), **page)
        api = f"http://127.0.0.1:{_awaited('the API', lambda: self._note('api.ready'))['port']}"
        self._listen(api, json.loads(told.splitlines()[-1])["token"])
        self._listen(api, "a-token-that-nobody-has")
        given = self._anpr("officers", "token", "A. Peeters", "--json")
        officer = json.loads(given.splitlines()[-1])["token"]
        store, lez = connect(found["ANPR_STORE_DSN"]), connect(found["ANPR_LEZ_DSN"])
        kafka = KafkaConfig(found["ANPR_KAFKA_BOOTSTRAP"], "static")
        self._upload = self._device(kafka)
        self._scrape_for(store, self._seconds / 3)
        _send_bad(KafkaOutput(kafka))
        _visit(api, officer)
        self._scrape_for(store, self._seconds / 3)
        plates = [row[0] for row in store.query("SELECT plate FROM hits LIMIT 2").result_rows]
        searching = Thread(target=self._search, args=[(*plates, "1?", "1ABC123")], daemon=True)
        searching.start()
        _visit(api, officer)
        self._scrape_for(store, self._seconds / 3)
        while searching.is_alive():
            self._scrape_for(store, INTERVAL_S)
        RECORDED.mkdir(exist_ok=True)
        save_recording(RECORDED / "series.gz", self._recording)
        print("\nsimulating the weeks before, for what is usual of each camera", flush=True)
        placed = store.query("SELECT camera_id FROM cameras_now WHERE lat != 0 ORDER BY camera_id").result_rows
        store_usual_weeks(store, [row[0] for row in placed])
        return self._recording, _answers(store, lez)

    def _search(self, patterns: Sequence[str]) -> None:
        for pattern, reason in zip(patterns, REASONS, strict=True):
            self._anpr("search", pattern, "--reason", reason, check=False)

    def _note(self, name: str) -> Any:
        path = self._folder / name
        return json.loads(path.read_text()) if path.exists() else None

    def _start(self, *words: str, **more: str) -> None:
        log = (self._folder / f"{words[0]}.out").open("wb")
        command = [sys.executable, "-m", "anpr", *words]
        environment = {**self._environment, **more}
        self._programs.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))

    def _anpr(self, *words: str, check: bool = True) -> str:
        """What it prints."""
        command = [sys.executable, "-m", "anpr", *words]
        done = subprocess.run(command, env=self._environment, check=check, capture_output=True, text=True, timeout=120)
        return done.stdout

    def _listen(self, api: str, token: str) -> None:
        """A program that is told hits, or is not."""
        file = self._folder / f"token-{len(self._programs)}"
        file.write_text(token)
        command = [sys.executable, str(CONSUMER), "--http", api, "--token-file", str(file)]
        program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._programs.append(program)

    def _scrape_for(self, store: Client, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.monotonic()
            self._scrape(store)
            time.sleep(max(0.0, INTERVAL_S - (time.monotonic() - began)))

    def _device(self, kafka: KafkaConfig) -> Callable[[], None]:
        """Something that uploads at the ingest door a little each time it is called."""
        camera = min(known_cameras(kafka))
        given = self._anpr("cameras", "key", "add", "car-1", "--camera", camera, "--json")
        ready = self._folder / "door.ready"
        page = {"ANPR_SERVICE_PORT": str(self._pages["door"])}
        self._start("door", "--port", "0", "--ready-file", str(ready), **page)
        door = f"http://127.0.0.1:{_awaited('the door', lambda: self._note('door.ready'))['port']}"
        return functools.partial(_upload, door, json.loads(given.splitlines()[-1])["token"], camera)

    def _scrape(self, store: Client) -> None:
        self._upload()
        at = round(time.time(), 3)
        for name, port in self._pages.items():
            job = name if name in ("api", "door") else "workers"
            target = {"job": job, "worker": name, "instance": f"{name}:9100"}
            page = _page(port)
            self._recording.add({NAME: "up", **target}, at, float(page is not None))
            for labels, value in scraped(page or "", **target):
                self._recording.add(labels, at, value)
        for name, value in _clickhouse(store).items():
            self._recording.add({NAME: name, "job": "clickhouse", "instance": "clickhouse:9363"}, at, value)
        print(f"{len(self._recording.series)} series", end="\r", flush=True)

    def close(self) -> None:
        """End what was started, the newest first."""
        for program in reversed(self._programs):
            program.send_signal(signal.SIGINT)
            try:
                program.wait(90)
            except subprocess.TimeoutExpired:
                program.kill()


def _page(port: int) -> str | None:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    except httpx.HTTPError:
        return None


def _clickhouse(store: Client) -> dict[str, float]:
    sql = (
        "SELECT concat('ClickHouseMetrics_', metric) AS name, toFloat64(value) AS value FROM system.metrics\n"
        "UNION ALL SELECT concat('ClickHouseProfileEvents_', event), toFloat64(value) FROM system.events\n"
        "UNION ALL SELECT 'ClickHouseAsyncMetrics_DiskAvailable_default', toFloat64(free_space) FROM system.disks\n"
        "WHERE name = 'default'\n"
        "UNION ALL SELECT 'ClickHouseAsyncMetrics_DiskTotal_default', toFloat64(total_space) FROM system.disks\n"
        "WHERE name = 'default'"
    )
    shown = store.query(sql, settings={"system_events_show_zero_values": 1}).result_rows
    return {name: value for name, value in shown if name in CLICKHOUSE}


def _visit(api: str, officer: str) -> None:
    """Somebody mistypes a password, and a program asks too much."""
    wrong = {"officer": "A. Peeters", "password": "not this one"}
    httpx.post(f"{api}/api/v1/session", json=wrong, timeout=30)
    for _ in range(TOO_MANY):
        httpx.get(f"{api}/api/v1/cases", headers={"Authorization": f"Bearer {officer}"}, timeout=30)


def _upload(door: str, token: str, camera: str) -> None:
    """Reads, the same once more, a bad one, and somebody without a token."""
    now = datetime.now(UTC)
    read = {"camera_id": camera, "captured_at": now.isoformat(), "plate_raw": "1ABC123", "confidence": 0.9}
    headers = {"Authorization": f"Bearer {token}", "Anpr-Clock": (now + timedelta(seconds=0.3)).isoformat()}
    for reads, shown in (([read], headers), ([read], headers), ([read, {}], headers), ([read], {})):
        httpx.post(f"{door}/api/v1/reads", json=reads, headers=shown, timeout=30)


def _send_bad(output: KafkaOutput) -> None:
    """What a broken camera and an old program send."""
    for value in (b"no json", b"{}", b'{"schema_version": 99}', b""):
        output.produce("reads", b"gate-1", value, ())
        output.produce("passages", b"1ABC123", value, ())
    output.produce("frames", b"gate-1", b"no picture", ())
    output.flush()


def _kinds() -> list[str]:
    kinds = ("stolen_vehicle", "stolen_plate", "wanted_person", "missing_person", "no_insurance", "no_inspection")
    return [word for kind in kinds for word in ("--kind", kind)]


def _answers(store: Client, lez: Client) -> dict[str, Any]:
    """What the store answers to each panel, with plain JSON values."""
    now = datetime.now(UTC)
    camera = store.query(_CAMERA_IN_TROUBLE)
    chosen = {"camera": str(camera.result_rows[0][0])}
    found = {}
    for board in BOARDS:
        shown = timedelta(**{_UNITS[board.since[-1]]: int(board.since[4:-1])})
        span = Span(now - shown, now, max(10, int(shown.total_seconds() / 360)))
        for panel in (item for item in board.items if isinstance(item, Panel)):
            for number, query in enumerate(q for q in panel.queries if isinstance(q, Sql)):
                client = lez if query.source is LEZ else store
                answer = client.query(expand_macros(query.sql, span, chosen))
                rows = [[_plain(value) for value in row] for row in answer.result_rows]
                found[f"{board.uid}/{panel.title}/{number}"] = {"columns": list(answer.column_names), "rows": rows}
    return {"until": now.timestamp(), "chosen": chosen, "answers": found}


_UNITS = {"h": "hours", "d": "days"}
_CAMERA_IN_TROUBLE = "SELECT camera_id FROM cameras_now ORDER BY has(troubles, 'camera_silent') DESC LIMIT 1"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return value if value is None or isinstance(value, int | float | str | bool) else str(value)


class _Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Takes hits, and one in five not: a system that is busy."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked = getattr(self.server, "asked", 0) + 1  # type: ignore[attr-defined]
        self.send_response(503 if self.server.asked % 5 == 0 else 204)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """No news."""


@contextlib.contextmanager
def _receiver() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hook)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hits"
    finally:
        server.shutdown()
        server.server_close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _awaited(what: str, look: Callable[[], Mapping[str, Any] | None]) -> Mapping[str, Any]:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise RuntimeError(f"{what} did not come up in {START_S:.0f} s")


if __name__ == "__main__":
    main()
