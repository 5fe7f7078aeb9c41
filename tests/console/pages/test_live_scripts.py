"""The scripts of the live pages in a real browser, against a server that does what a line to the platform may do."""

from __future__ import annotations

import json
import mimetypes
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, get_args

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from console.pages.shell import STATIC
from pipeline.cases.actions import LEADS_TO
from schemas.case import CaseState
from schemas.case_input import CaseAction
from tests.console.pages.site import browser

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium"),
]
PAGE = browser("auditor").get("/live").content
"""Refused: the shell alone."""
Answer = Callable[[BaseHTTPRequestHandler], None]


class Line:
    """A server of scripts, and of a stream that answers each call as the next of `answers` does."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[str | None] = []
        """`Last-Event-ID` of each call."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        line = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith("/static/"):
                    file = STATIC / self.path.removeprefix("/static/")
                    _send(self, 200, file.read_bytes(), mimetypes.guess_type(file.name)[0] or "text/plain")
                elif self.path.startswith("/api/v1/cases/stream"):
                    line.asked.append(self.headers.get("Last-Event-ID"))
                    line.answers.pop(0)(self)
                elif self.path.startswith("/api/"):
                    refusing(404, "not here")(self)
                else:
                    _send(self, 200, PAGE, "text/html")

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def saying(*pieces: bytes, until: threading.Event | None = None) -> Answer:
    """An answer that says this and ends; until: only then."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        for piece in pieces:
            handler.wfile.write(piece)
            handler.wfile.flush()
        if until is not None:
            until.wait(30)

    return answer


def refusing(status: int, detail: str, **headers: str) -> Answer:
    """A problem."""
    body = json.dumps({"status": status, "detail": detail}).encode()
    return lambda handler: _send(handler, status, body, "application/problem+json", **headers)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    thread = threading.Thread(target=line.server.serve_forever, daemon=True)
    thread.start()
    yield line
    line.server.shutdown()
    line.server.server_close()


@pytest.fixture
def page(chromium: Browser, line: Line) -> Iterator[Page]:
    page = chromium.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.goto(line.url)
    yield page
    page.close()
    assert not faults


LISTEN = """async (silentMs) => {
  const { openStream } = await import("/static/js/stream.js");
  window.heard = []; window.states = [];
  window.stream = openStream("/cases/stream", {
    onEvent: (type, data) => window.heard.push([type, data]), onState: (state) => window.states.push(state), silentMs,
  });
}"""


def wait(page: Page, condition: str) -> None:
    page.wait_for_function(condition, timeout=15_000)


def test_a_line_that_is_cut_is_told_and_mended_behind_the_last_event(page: Page, line: Line) -> None:
    end = threading.Event()
    line.answers = [
        saying(
            b"retry: 1000\nid: a\nevent: alive\ndata: {}\n\nid: b\nevent: case\nda",
            b'ta: {"case_id": "1"}\n\n: x\n\nid: c\n\n',
        ),
        refusing(503, "the store is away", Retry_After="0"),
        saying(b'id: d\nevent: case\ndata: {"case_id": "2"}\n\n', until=end),
    ]
    page.evaluate(LISTEN, 20_000)
    wait(page, "window.heard.length === 3")
    assert page.evaluate("window.heard.map(([type, data]) => [type, data.case_id ?? null])") == [
        ["alive", None],
        ["case", "1"],
        ["case", "2"],
    ]
    assert line.asked == [None, "c", "c"], "it goes on behind the last life sign"
    told = page.evaluate("window.states.map(({live, again, detail}) => [live, again, detail])")
    assert told == [[True, False, ""], [False, False, ""], [False, False, "the store is away"], [True, True, ""]]
    since = page.evaluate("window.states.map(({since}) => since && +since)")
    assert (since[0], since[1], since[3]) == (None, since[2], None), "cut once, since then"
    page.evaluate("window.stream.close()")
    end.set()


def test_a_line_without_life_signs_is_dead(page: Page, line: Line) -> None:
    never, end = threading.Event(), threading.Event()
    line.answers = [saying(b"id: a\n\n", until=never), saying(b"id: b\n\n", until=end)]
    page.evaluate(LISTEN, 1_000)
    wait(page, "window.states.filter(({live}) => live).length === 2")
    assert [one["live"] for one in page.evaluate("window.states")] == [True, False, True]
    page.evaluate("window.stream.close()")
    never.set()
    end.set()


def test_a_log_that_is_gone_is_begun_anew_and_who_may_not_is_told_once(page: Page, line: Line) -> None:
    gone, closed = refusing(422, "no such place"), refusing(403, "not yours")
    line.answers = [saying(b"id: a\n\n"), gone, saying(b"id: b\n\n"), closed]
    page.evaluate(LISTEN, 20_000)
    wait(page, 'window.states.at(-1)?.detail === "not yours"')
    assert line.asked == [None, "a", None, "b"]
    assert not line.answers, "nobody asks again for what is refused"


READ = """async (pieces) => {
  const { EventReader } = await import("/static/js/stream.js");
  const reader = new EventReader();
  return pieces.flatMap((piece) => reader.take(piece));
}"""


def test_however_a_stream_is_cut_into_pieces_the_events_are_the_same(page: Page) -> None:
    text = 'id: é1\nevent: case\ndata: {"a":\ndata: 1}\n\n: alive\nid: 2\n\nretry: 5\n\ndata: x\r\n\r\n'
    whole = page.evaluate(READ, [text])
    assert [(one["type"], one["id"], one["data"], one["retry"]) for one in whole] == [
        ("case", "é1", '{"a":\n1}', None),
        ("message", "2", None, None),
        ("message", None, None, 5),
        ("message", None, "x", None),
    ]
    for at in range(len(text)):
        assert page.evaluate(READ, [text[:at], text[at:]]) == whole, at
    assert page.evaluate(READ, list(text)) == whole


def case(**changes: Any) -> dict[str, Any]:
    """A case as the API tells it."""
    return {"case_id": "c", "revision": 1, "plate": "1ABC234", "state": "new", "priority": 10, **changes}


def parts(page: Page, script: str, given: Any) -> Any:
    """What a function of case_parts.js says."""
    imported = 'const m = await import("/static/js/case_parts.js");'
    return page.evaluate(f"async (given) => {{ {imported} return {script}; }}", given)


def test_an_uncertain_reading_is_compared_before_anything_else(page: Page) -> None:
    hits = {"list_kinds": ["stolen_vehicle"], "hit_count": 1, "opened_at": "2026-11-26T03:00:00Z"}
    said = {"at": "2026-11-26T03:00:09Z", "kind": "compared", "who": "A"}
    cases = [
        case(**hits),
        case(**hits, alert_class="alert"),
        case(**hits, state="acknowledged"),
        case(**hits, state="closed"),
        case(**hits, timeline=[said]),
        case(**hits, timeline=[said | {"kind": "no_picture"}]),
        case(**hits, timeline=[said | {"kind": "noted", "text": "picture compared: not by this remark"}]),
        case(**hits, timeline=[said | {"evidence": "a.jpg"}], evidence="a.jpg"),
        case(**hits, timeline=[said | {"evidence": "a.jpg"}], evidence="b.jpg"),
        case(opened_at="2026-11-26T03:00:00Z"),
    ]
    asks = parts(page, "given.map((one) => m.mustCompare(m.readCase(one)))", cases)
    assert asks == [True, False, True, False, False, False, True, False, True, False]


@pytest.mark.parametrize("state", get_args(CaseState))
@pytest.mark.parametrize("seen", [True, False])
def test_each_answer_about_the_picture_is_something_that_the_service_does(
    state: CaseState, seen: bool, page: Page
) -> None:
    sighted = {"kind": "sighted", "at": "2026-11-26T03:00:00Z", "captured_at": "2026-11-26T03:00:00Z"}
    hit_id = str(uuid.uuid4())
    story = [sighted | {"fact_id": hit_id}, {"kind": "noted", "at": "2026-11-26T03:00:09Z"}]
    answers = parts(page, "m.comparison(m.readCase(given[0]), given[1])", [case(state=state, timeline=story), seen])
    assert list(answers) == ["yes", "no", "unsure"]
    for answer in answers.values():
        given = {"action_id": uuid.uuid4(), "case_id": uuid.uuid4(), "officer": "A", **answer}
        action = CaseAction.model_validate(given, strict=False)
        assert state in LEADS_TO[action.what], answer
        assert action.text
    assert {one["picture_of"] for one in answers.values()} == {hit_id}, "the picture that was looked at"
    assert [one["picture"] for one in answers.values()] == ["compared", "compared", "compared" if seen else "none"]
    assert LEADS_TO[answers["yes"]["what"]][state] in ("acknowledged", "pursuing"), "somebody deals with it"
    taken = state in ("acknowledged", "pursuing")
    assert LEADS_TO[answers["no"]["what"]][state] == (state if taken else "false"), (
        "an earlier picture may have been it"
    )
    assert LEADS_TO[answers["unsure"]["what"]][state] == state


def test_danger_comes_first_and_what_is_not_now_last(page: Page) -> None:
    at = {"last_seen_at": "2026-11-26T03:00:00Z", "opened_at": "2026-11-26T03:00:00Z"}
    cases = [
        case(case_id="old", dangerous=True, priority=0, old_only=True, **at),
        case(case_id="papers", priority=60, **at),
        case(case_id="taken", state="acknowledged", **at),
        case(case_id="earlier", **at | {"last_seen_at": "2026-11-26T02:00:00Z"}),
        case(case_id="now", **at),
        case(case_id="danger", dangerous=True, priority=30, **at),
    ]
    order = parts(page, "given.map(m.readCase).sort(m.byUrgency).map((one) => one.case_id)", cases)
    assert order == ["danger", "now", "earlier", "taken", "papers", "old"]


def test_what_a_stream_tells_is_added_to_what_is_known(page: Page) -> None:
    events = [{"at": f"2026-11-26T03:{n // 60:02}:{n % 60:02}Z", "kind": "noted", "text": str(n)} for n in range(90)]
    known = case(revision=70, timeline=events[10:70], timeline_count=70)
    told = case(revision=75, timeline=events[65:75], timeline_count=75)
    both = "m.merged(given[0] && m.readCase(given[0]), m.readCase(given[1]))"
    merge = f"{both}.timeline.map((event) => Number(event.text))"
    assert parts(page, merge, [known, told]) == list(range(15, 75))
    assert parts(page, merge, [known, told | {"revision": 69}]) == list(range(10, 70)), "an older one changes nothing"
    assert parts(page, merge, [None, told]) == list(range(65, 75))
    said = known | {"timeline": [events[10] | {"kind": "compared"}, *events[11:70]]}
    kept = parts(page, merge, [said, told])
    assert kept == [10, *range(15, 75)], "what was said of the picture stays"
    whole = case(revision=71, timeline=events[:5], timeline_count=5)
    assert parts(page, merge, [known, whole]) == list(range(5))


TONES = """async () => {
  let made = 0;
  const Real = window.AudioContext;
  window.AudioContext = class extends Real { constructor() { super(); made += 1; } };
  const { ring, soundIsHeard } = await import("/static/js/alarm.js");
  window.ringing = (what) => [ring(what), made, soundIsHeard()];
}"""


def test_no_tone_before_somebody_switched_the_sound_on_and_no_flood_after(page: Page) -> None:
    page.evaluate(TONES)
    page.keyboard.press("Tab")
    assert page.evaluate("window.ringing('danger')") == [False, 0, False], "not even made"
    page.get_by_role("button", name="Sound is off").click()
    wait(page, "window.ringing('case')[0]")
    rung = page.evaluate("['case', 'danger', 'danger'].map((what) => window.ringing(what)[0])")
    assert rung == [False, True, False], "one tone a moment, but danger is heard over anything"


WHOLE = """async (kept) => {
  const { wholePicture } = await import("/static/js/pictures.js"), image = new Image();
  document.querySelector("meta[name=frames]").content = kept;
  image.src = "/api/v1/cases/c/pictures/f";
  const offered = wholePicture(image);
  if (!offered) return null;
  document.body.append(offered);
  offered.querySelector("button").click();
  const address = new URL(image.src);
  return [offered.querySelector("button").textContent, address.pathname + address.search];
}"""


@pytest.mark.parametrize(
    ("kept", "offered"), [("", None), ("kept", ["case_terms.picture_frame", "/api/v1/cases/c/pictures/f?kind=frame"])]
)
def test_the_whole_picture_is_offered_where_the_platform_keeps_it(kept: str, offered: object, page: Page) -> None:
    assert page.evaluate(WHOLE, kept) == offered
