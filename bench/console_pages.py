"""What a person at the console waits for, in a real browser: the first page, a search, a hit.

    python bench/console_pages.py [--rows 1000000] [--searches 40] [--hits 40] [--json]

Embedded broker and store with an invented history of so many passages, the worker `cases` and
`anpr serve`; hits are published where the worker `match` puts them. Debian's Chromium (`chromium` in PATH) at 1366×768.
First page: from the address to the largest paint and to the end of loading, nothing cached. Search: from the click to
the first results drawn, whole plates and parts by turns, all of plates that are in the history; of it the API's part,
from asking to the last byte of POST searches and of GET passages, and of that what the store was not asked for (`own`:
who asks, the records, the answer as JSON). Hit: from handing it to the broker to its case drawn
on the live map. Exit code 1: a search that had to find something found nothing, or a hit did not appear.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from anpr.bench.console_hits import fresh_hit
from anpr.bench.machine import busy_cores, machine
from anpr.bench.server_timing import server_timing
from anpr.bench.store_fill import Keys, fill
from anpr.bench.store_size import DAILY, whole_months
from anpr.cli.bench.group import end_in_order
from anpr.cli.console import progress_bar, say
from anpr.demo.console import DemoConsole
from anpr.demo.users import make_demo_users
from anpr.hit_watch import quantile
from anpr.platform import Platform, open_platform
from anpr.registering import register
from anpr.settings import Settings
from pipeline.runtime.kafka import producer_client
from replay.city import build_city
from replay.history.passages import History
from replay.history.plan import HistoryPlan
from schemas.codec import encode
from sinks.clickhouse.client import connect

BLOCK = 200_000
KEYS_FROM = timedelta(days=27)
"""Younger than that: within an officer's month."""
LOADS = 10
APART_S = 0.25
"""Between two hits."""
READ_S = 1.0
"""A person looks at least so long at what was found, while the page goes on to where the vehicle went."""
WHO = "officer"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PAINTS = """() => new Promise(resolve => {
  const load = performance.getEntriesByType('navigation')[0].loadEventEnd;
  new PerformanceObserver(list => resolve({load, paint: list.getEntries().at(-1).startTime}))
    .observe({type: 'largest-contentful-paint', buffered: true});
})"""
WATCH_SEARCH = """() => {
  document.getElementById('go').addEventListener('click', () => {
    for (const old of document.querySelectorAll('#results > li')) old.dataset.before = '';
    document.getElementById('none').hidden = true;
    window.began = performance.now();
    window.drawn = 0;
  }, true);
  const drawn = () => {
    if (!window.began || window.drawn) return;
    if (!document.querySelector('#results > li:not([data-before]), #none:not([hidden])')) return;
    window.drawn = -1;
    requestAnimationFrame(() => setTimeout(() => { window.drawn = performance.now() - window.began; }));
  };
  new MutationObserver(drawn).observe(document.body, {subtree: true, childList: true, attributes: true});
}"""
WATCH_HITS = """() => {
  window.seen = {};
  const look = () => {
    for (const [plate] of document.body.textContent.matchAll(/9[0-9A-F]{10}/g))
      window.seen[plate] ??= requestAnimationFrame(() => { window.seen[plate] = Date.now(); });
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="passages in the store")
    parser.add_argument("--searches", type=int, default=40)
    parser.add_argument("--hits", type=int, default=40)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    args = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("no `chromium` is installed: apt-get install chromium")
    end_in_order()
    load = busy_cores()
    with tempfile.TemporaryDirectory(dir=os.environ.get("ANPR_DATA_DIR")) as folder:
        settings = Settings(data_dir=Path(folder) / "data", officer="bench", log_level="warning", api_port=0)
        with open_platform(settings, workers=("cases",), say=say) as platform:
            found = _with_console(platform, chromium, args)
    result = {"rows": args.rows, **found, "machine": machine(load)}
    print(json.dumps(result) if args.json else _in_words(result))
    if result["empty_searches"] or result["hits_not_shown"]:
        sys.exit(1)


def _with_console(platform: Platform, chromium: str, args: argparse.Namespace) -> dict[str, Any]:
    city = build_city(7, 24)
    register(platform.settings.kafka(), list(city.cameras))
    keys = _history(platform, args.rows)
    console = DemoConsole(platform.settings, 0, make_demo_users(platform.settings))
    try:
        console.start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
            return _measure(platform, browser, console, keys, args)
    finally:
        console.stop()


def _history(platform: Platform, rows: int) -> Keys:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    keys = Keys(round((datetime.now(UTC) - KEYS_FROM).timestamp() * 1000))
    dsn, blocks = platform.settings.dsn(), History(HistoryPlan(rows, midnight, 1), min(BLOCK, rows)).blocks()
    with progress_bar() as show:
        for done in fill(dsn, blocks, keys):
            show("history into the store", done, rows)
        for what in whole_months(connect(dsn), DAILY):
            show(f"{what} to one part", 0, 0)
    return keys.shuffled()


def _measure(
    platform: Platform, browser: Browser, console: DemoConsole, keys: Keys, args: argparse.Namespace
) -> dict[str, Any]:
    state = _signed_in(browser, console)

    def context() -> BrowserContext:
        return browser.new_context(viewport={"width": 1366, "height": 768}, base_url=console.url, storage_state=state)

    loads = {path: [_first_page(context(), path) for _ in range(LOADS)] for path in ("/search", "/live")}
    searched, answered = _searches(context().new_page(), keys, args.searches)
    hits = _hits(platform, context().new_page(), args.hits)
    return {
        "first_page_ms": {
            path: {"paint": _spread([one["paint"] for one in took]), "load": _spread([one["load"] for one in took])}
            for path, took in loads.items()
        },
        "search_ms": {kind: _spread([ms for one, ms, _ in searched if one == kind]) for kind in ("whole", "part")},
        "api_ms": {name: _spread(took) for name, took in answered.items()},
        "empty_searches": sum(not found for _, _, found in searched),
        "hit_ms": _spread([ms for ms in hits if ms is not None]),
        "hits_not_shown": sum(ms is None for ms in hits),
        "browser": browser.version,
    }


def _signed_in(browser: Browser, console: DemoConsole) -> Any:
    context = browser.new_context(base_url=console.url)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("Name").fill(WHO)
    page.get_by_label("Password").fill(console.users[WHO])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    state = context.storage_state()
    context.close()
    return state


def _first_page(context: BrowserContext, path: str) -> dict[str, float]:
    """In a browser that has loaded nothing before."""
    page = context.new_page()
    page.goto(path, wait_until="load")
    took: dict[str, float] = page.evaluate(PAINTS)
    context.close()
    return took


def _searches(page: Page, keys: Keys, count: int) -> tuple[list[tuple[str, float, bool]], dict[str, list[float]]]:
    """(kind, ms, whether something was found) of each; and what the API took of it, ms, by part."""
    page.goto("/search")
    page.evaluate(WATCH_SEARCH)
    done, api = [], _ApiTimes(page)
    for number, seen in enumerate(keys.seen[: count + 1]):
        kind = ("whole", "part")[number % 2]
        pattern = seen.plate if kind == "whole" else f"{seen.plate[:-2]}??"
        page.locator("#pattern").fill(pattern)
        page.locator("#reason").fill("Hit and run in the Rue Neuve, a witness called")
        page.locator("#go").click()
        page.wait_for_function("() => window.drawn > 0", timeout=30_000)
        api.note()
        done.append((kind, float(page.evaluate("window.drawn")), page.locator("#results > li").count() > 0))
        page.wait_for_timeout(READ_S * 1000)
    return done[1:], {name: took[1:] for name, took in api.took.items()}  # before the first one nothing was ready


class _ApiTimes:
    """How long a page's requests for a search take."""

    def __init__(self, page: Page) -> None:
        self.took: defaultdict[str, list[float]] = defaultdict(list)
        self._now: dict[str, float] = {}
        self._waited: dict[str, float] = {}
        page.on("requestfinished", self._finished)

    def _finished(self, request: Request) -> None:
        path = urlsplit(request.url).path
        if request.method == "POST" and path == "/api/v1/searches":
            self._keep("opened", request)
        elif path.startswith("/api/v1/searches/") and path.endswith("/passages"):
            self._keep("passages", request)

    def _keep(self, name: str, request: Request) -> None:
        response = request.response()
        if name in self._now or response is None:
            return
        self._now[name] = request.timing["responseEnd"]
        for part, ms in server_timing(response.headers["server-timing"]).items():
            self._waited[part] = self._waited.get(part, 0.0) + ms

    def note(self) -> None:
        """A search is on the screen."""
        both = sum(self._now.values())
        told = {"both": both, "own": both - self._waited.get("store", 0.0), **self._waited}
        for name, ms in (self._now | told).items():
            self.took[name].append(ms)
        self._now, self._waited = {}, {}


def _hits(platform: Platform, page: Page, count: int) -> list[float | None]:
    """From the broker to the screen, ms; None: it did not come."""
    page.goto("/live")
    page.evaluate(WATCH_HITS)
    producer = producer_client(platform.settings.kafka(), linger_ms=0)
    producer.list_topics("hits", 30)
    sent: dict[str, float] = {}
    for _ in range(count + 1):
        hit = fresh_hit("bxl-5339-001")
        sent[hit.plate] = time.time() * 1000
        producer.produce("hits", encode(hit), hit.plate.encode())
        if producer.flush(10):
            raise RuntimeError("the broker takes no hits")
        page.wait_for_timeout(APART_S * 1000)
    last = next(reversed(sent))
    try:
        page.wait_for_function("plate => window.seen[plate] > 1e9", arg=last, timeout=15_000)
    except PlaywrightTimeout:
        say("the last hit did not appear within 15 s")
    shown: dict[str, float] = page.evaluate("window.seen")
    return [shown[plate] - at if plate in shown else None for plate, at in list(sent.items())[1:]]


def _spread(taken: Sequence[float]) -> dict[str, float | int | None]:
    return {"p50": quantile(list(taken), 0.5, 0), "p95": quantile(list(taken), 0.95, 0), "samples": len(taken)}


def _in_words(result: dict[str, Any]) -> str:
    about = result["machine"]
    busy = ", BUSY: figures are worth little" if about["busy"] else ""
    hit = result["hit_ms"]
    lines = [
        f"{about['at']}, {about['cpu']}, {about['cores']} cores, load {about['load_before']}{busy}; "
        f"Chromium {result['browser']}; {result['rows']:,} passages",
        *(
            f"first page {path}: largest paint p50 {one['paint']['p50']}, p95 {one['paint']['p95']} ms; "
            f"loaded p50 {one['load']['p50']}, p95 {one['load']['p95']} ms"
            for path, one in result["first_page_ms"].items()
        ),
        *(
            f"search, {kind} plate: p50 {one['p50']}, p95 {one['p95']} ms of {one['samples']}"
            for kind, one in result["search_ms"].items()
        ),
        *(f"  of it the API, {name}: p50 {one['p50']}, p95 {one['p95']} ms" for name, one in result["api_ms"].items()),
        f"hit → on screen: p50 {hit['p50']}, p95 {hit['p95']} ms of {hit['samples']}",
        f"searches that found nothing: {result['empty_searches']}; hits not shown: {result['hits_not_shown']}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
