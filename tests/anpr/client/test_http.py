"""The client over HTTP against servers that break off, say no, or write what is no hit."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from anpr.client import Http, Subscription, SubscriptionFailed, SubscriptionRefused, subscribe
from schemas.hit import Hit
from tests.anpr.client.servers import STREAM, answering, event, refusal
from tests.anpr.program import wait_until
from tests.console.hits import hit


def _hits(url: str, idle_s: float = 10.0, **more: Any) -> Subscription[Hit]:
    options = {name: more.pop(name) for name in ("position", "start") if name in more}
    return subscribe(source=Http(url, "a-token", **options), idle_s=idle_s, **more)


def test_after_a_break_it_goes_on_behind_the_last_hit_that_was_done() -> None:
    first = STREAM + event(hit(1), "aaaaaaaa~1") + event(hit(2), "aaaaaaaa~2")
    torn = STREAM + event(hit(3), "aaaaaaaa~3") + event(hit(4), "aaaaaaaa~4")[:-3]
    with answering([first, torn, STREAM + event(hit(4), "aaaaaaaa~4")]) as server, _hits(server.url) as hits:
        assert [one.hit_id.int for one in islice(hits, 4)] == [1, 2, 3, 4]
        assert server.places() == [None, "aaaaaaaa~2", "aaaaaaaa~3"]
        assert "authorization: bearer a-token" in server.asked[0].lower()


def test_life_signs_move_the_place_on_and_are_no_hits() -> None:
    alive = b": alive\nid: aaaaaaaa~9\n\n"
    with answering([STREAM + event(hit(1), "aaaaaaaa~1") + alive, STREAM + event(hit(2), "a~10")]) as server:
        with _hits(server.url) as hits:
            assert [one.hit_id.int for one in islice(hits, 2)] == [1, 2]
        assert server.places() == [None, "aaaaaaaa~9"]


def test_what_is_wished_is_asked_for() -> None:
    with answering([STREAM + event(hit(1), "a~1")]) as server:
        wish: dict[str, Any] = {"kind": ["stolen_vehicle", "wanted_person"], "zone": "BRU-NORTH", "priority": 20}
        with _hits(server.url, late=False, alert_class="alert", start="oldest", **wish) as hits:
            next(hits)
        asked = server.asked[0].splitlines()[0]
        for part in ("kind=stolen_vehicle&kind=wanted_person", "zone=BRU-NORTH", "class=alert", "priority=20"):
            assert part in asked
        assert "late=false" in asked
        assert "retroactive" not in asked
        assert "from=oldest" in asked


@pytest.mark.slow
@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_server_that_cannot_now_is_asked_again(status: int) -> None:
    later = refusal(status, "ask again", "Retry-After: 1")
    with answering([later, STREAM + event(hit(1), "a~1")]) as server, _hits(server.url) as hits:
        assert next(hits).hit_id.int == 1


@pytest.mark.parametrize(
    ("status", "error"), [(401, SubscriptionRefused), (403, SubscriptionRefused), (422, SubscriptionFailed)]
)
def test_a_server_that_says_no_is_believed(status: int, error: type[Exception]) -> None:
    with (
        answering([refusal(status, "this token was ended")]) as server,
        _hits(server.url) as hits,
        pytest.raises(error, match=rf"\({status}\): this token was ended"),
    ):
        next(hits)


def test_an_end_with_a_reason_is_a_break_like_another() -> None:
    end = b'event: end\ndata: {"reason": "too_slow"}\n\n'
    answers = [STREAM + event(hit(1), "a~1") + end, STREAM + event(hit(2), "a~2")]
    with answering(answers) as server, _hits(server.url) as hits:
        assert [one.hit_id.int for one in islice(hits, 2)] == [1, 2]


def test_what_is_no_hit_is_passed_over_and_its_content_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    wrong = b'event: hit\ndata: {"plate": "1ABC999"}\nid: a~1\n\n'
    with answering([STREAM + wrong + event(hit(2), "a~2")]) as server, _hits(server.url) as hits:
        assert next(hits).hit_id.int == 2
        assert hits.unreadable == 1
    assert "passed over" in caplog.text
    assert "1ABC999" not in caplog.text


def test_a_hit_of_a_newer_version_is_not_passed_over(tmp_path: Path) -> None:
    """The program ends before it; a newer one goes on with this very hit."""
    newer = event(hit(2), "a~2").replace(b'"schema_version":1', b'"schema_version":2')
    path = tmp_path / "place"
    with (
        answering([STREAM + event(hit(1), "a~1") + newer]) as server,
        _hits(server.url, position=path) as hits,
    ):
        assert next(hits).hit_id.int == 1
        with pytest.raises(SubscriptionFailed, match="a hit of version 2, this program knows 1: install a newer anpr"):
            next(hits)
    assert path.read_text() == "a~1"


def test_it_ends_when_nothing_came_for_so_long_and_can_go_on() -> None:
    with answering([STREAM + event(hit(1), "a~1"), STREAM + event(hit(2), "a~2")]) as server:
        with _hits(server.url, idle_s=0.5) as hits:
            assert next(hits).hit_id.int == 1
        with _hits(server.url, idle_s=0.5) as hits:
            assert [one.hit_id.int for one in hits] == [2]


def test_a_place_is_kept_in_a_file_when_a_hit_is_done(tmp_path: Path) -> None:
    path = tmp_path / "place"
    with answering([STREAM + event(hit(1), "a~1") + event(hit(2), "a~2")]) as server:
        with _hits(server.url, position=path) as hits:
            next(hits)
            assert not path.exists()
            next(hits)
            assert path.read_text() == "a~1"
        assert path.read_text() == "a~1"
    with answering([STREAM]) as server:
        with _hits(server.url, position=path, idle_s=0.3) as hits:
            assert list(hits) == []
        wait_until(lambda: server.asked, what="the question", timeout_s=5)
        assert server.places() == ["a~1"]
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "place"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SubscriptionFailed, match="where the place in the stream is kept, cannot be read"):
        _hits("http://127.0.0.1:1", position=path)


def test_a_token_is_never_printed() -> None:
    assert "a-token" not in repr(Http("http://127.0.0.1:1", "a-token"))
