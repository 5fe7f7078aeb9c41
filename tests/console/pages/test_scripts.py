"""The modules that all pages share, in a real browser."""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from console.pages.shell import STATIC

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium: apt-get install chromium"),
]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_given: Any) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page that may import the console's modules; its device is in Tokyo."""
    handler = functools.partial(_Quiet, directory=str(STATIC.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as play:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_context(timezone_id="Asia/Tokyo").new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/static/")
        yield page
        browser.close()
        server.shutdown()


def _ask(page: Page, module: str, body: str, given: Any = None) -> Any:
    return page.evaluate(f"async (given) => {{ const it = await import('/static/js/{module}.js'); {body} }}", given)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-07-01T12:00", "2026-07-01T10:00:00.000Z"),
        ("2026-12-01T12:00", "2026-12-01T11:00:00.000Z"),
        ("2026-03-29T01:59", "2026-03-29T00:59:00.000Z"),
        ("2026-03-29T03:00", "2026-03-29T01:00:00.000Z"),
        ("2026-10-25T01:59", "2026-10-24T23:59:00.000Z"),
        ("2026-10-25T03:30", "2026-10-25T02:30:00.000Z"),
        ("2026-01-01T00:15", "2025-12-31T23:15:00.000Z"),
        ("", None),
    ],
)
def test_a_field_tells_the_wall_clock_of_brussels_wherever_the_device_is(
    page: Page, typed: str, moment: str | None
) -> None:
    assert _ask(page, "time", "return it.fromField(given);", typed) == moment
    if moment:
        assert _ask(page, "time", "return it.toField(given);", moment) == typed


@pytest.mark.parametrize(("off_s", "told"), [(3600, 3600), (-90, -90), (0.4, 0)])
def test_a_wrong_clock_is_found_and_not_gone_by(page: Page, off_s: float, told: float) -> None:
    body = """
        const at = Date.now(), right = at - given * 1000;
        it.heardClock(new Date(Math.floor(right / 1000) * 1000).toUTCString(), at - 20, at + 20);
        return [it.clockOff(), it.now() - (Date.now() - given * 1000)];
    """
    off, wrong_by_ms = _ask(page, "time", body, off_s)
    assert off == pytest.approx(told, abs=1.1)
    assert abs(wrong_by_ms) <= 1_100


def test_what_comes_from_outside_is_text(page: Page) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    body = "const made = it.plate(given, 'BE'); return [made.children.length, made.lastChild.textContent];"
    assert _ask(page, "dom", body, hostile) == [1, hostile]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"code": "case_refused", "detail": "cannot pursue"}, "Refusé : cannot pursue"),
        ({"code": "of_a_later_version", "detail": "something new"}, "something new"),
        ({"detail": "no code at all"}, "no code at all"),
    ],
)
def test_a_refusal_is_told_in_the_language_of_the_page(page: Page, told: dict[str, str], message: str) -> None:
    body = """
        const block = it.el("script", { type: "application/json", id: "words" },
          JSON.stringify({ code_case_refused: "Refusé : {detail}" }));
        document.body.append(block);
        const { get } = await import(`/static/js/api.js?${Math.random()}`), before = window.fetch;
        window.fetch = async () => new Response(JSON.stringify(given), { status: 409 });
        try { await get("/anything"); } catch (problem) { return [problem.message, problem.told]; }
        finally { window.fetch = before; block.remove(); }
    """
    assert _ask(page, "dom", body, told) == [message, told]


def test_ten_thousand_rows_come_in_slices_and_stop_when_told(page: Page) -> None:
    body = """
        const list = it.el("ol"), rows = Array.from({ length: 10_000 }, (_, at) => at);
        const first = it.inSlices(list, rows, (row) => it.el("li", {}, String(row)));
        const atOnce = list.children.length;
        first();
        await new Promise((resolve) => it.inSlices(it.el("ol"), rows, () => it.el("li"), { done: resolve }));
        return [atOnce, list.children.length];
    """
    assert _ask(page, "dom", body) == [100, 100]


def test_a_table_sorts_by_number_and_text_and_what_is_missing_comes_last(page: Page) -> None:
    body = """
        const table = document.createElement("table");
        const sorted = it.sortable(table, [{ title: "n", cell: (one) => String(one), by: (one) => one }]);
        sorted.show([10, null, 9, 100]);
        const seen = () => [...table.tBodies[0].rows].map((row) => row.textContent);
        sorted.sort(0); const up = seen();
        sorted.sort(0, true);
        return [up, seen()];
    """
    assert _ask(page, "table", body) == [["9", "10", "100", "null"], ["100", "10", "9", "null"]]
