"""Hits as server-sent events, from the process that people run, mostly through the client that programs use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from anpr.client import SubscriptionFailed, SubscriptionRefused
from anpr.client.events import Event, EventParser
from schemas.hit import Hit
from sinks.clickhouse.subscribers import Subscriber
from tests.console.hits import hit, log_ends, tell_hits
from tests.console.world import World, now, until

pytestmark = pytest.mark.slow


class Listener:
    """A program that listens in a thread, and what it got."""

    def __init__(self, world: World, subscriber: Subscriber, **wish: Any) -> None:
        self.hits: list[Hit] = []
        self.ended_by: BaseException | None = None
        self._subscription = world.listen(subscriber, **wish)
        self._most = 10**9
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def _listen(self) -> None:
        try:
            for one in self._subscription:
                self.hits.append(one)
                if one.reason == "the last":
                    self._subscription.done()
                    return
        except SubscriptionFailed as error:
            self.ended_by = error
        finally:
            self._subscription.close()

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()

    def numbers(self) -> list[int]:
        return [one.hit_id.int for one in self.hits]


@contextmanager
def listening(world: World, subscriber: Subscriber, **wish: Any) -> Iterator[Listener]:
    """A listener that is connected; ended by a last hit for everybody."""
    before = len(world.audited(subscriber, "subscriber_connected"))
    listener = Listener(world, subscriber, **wish)
    listener.start()
    until(lambda: len(world.audited(subscriber, "subscriber_connected")) > before, "the connection")
    # The record is written before the place is taken; what is told from here on must come all the same.
    until(lambda: _health(world)["streams"] > 0, "the stream")
    yield listener
    if listener.ended_by is None:
        tell_hits(world.bootstrap, hit(999_999, reason="the last"))
    listener.join()


def _health(world: World) -> dict[str, Any]:
    report: dict[str, Any] = httpx.get(f"{world.url}/health", timeout=5).json()
    return report


def test_a_program_is_told_what_it_wants_and_may_see(world: World) -> None:
    subscriber = world.add(zones=("BRU-NORTH",))
    with listening(world, subscriber, kind="stolen_vehicle", alert_class="alert") as here:
        tell_hits(
            world.bootstrap,
            hit(1),
            hit(2, camera_id="south-1"),
            hit(3, camera_id="nobody-knows-it"),
            hit(4, list_kind="no_insurance"),
            hit(5, alert_class="confirm"),
            hit(6, captured_at=now() + timedelta(days=1), late=True),
            hit(1, revision=2, withdrawn=True),
        )
        until(lambda: len(here.hits) >= 3, "what it is told")  # the last hit, in another partition, may overtake them
    assert sorted(here.numbers()) == [1, 1, 6, 999_999], world.said()
    until(lambda: world.audited(subscriber, "subscriber_delivered"), "the account")
    (account,) = world.audited(subscriber, "subscriber_delivered")
    assert (account["way"], account["hits"]) == ("stream", 4)


def test_the_stream_goes_on_where_the_api_was_killed_and_nothing_is_lost(world: World) -> None:
    subscriber = world.add()
    with listening(world, subscriber) as here:
        for first in range(1000, 1400, 100):
            tell_hits(world.bootstrap, *(hit(first + n) for n in range(50)))
            until(lambda n=first: n in here.numbers(), "some hits")
            world.kill()
            tell_hits(world.bootstrap, *(hit(first + n) for n in range(50, 100)))
            world.serve()
        until(lambda: len(set(here.numbers())) == 400, "all hits")
    assert sorted(set(here.numbers())) == [*range(1000, 1400), 999_999]


def test_a_program_that_was_ended_goes_on_behind_the_last_hit_that_was_done(world: World, tmp_path: Path) -> None:
    subscriber, place = world.add(), tmp_path / "place"
    with world.listen(subscriber, position=place, start="oldest") as hits:
        tell_hits(world.bootstrap, *(hit(2000, revision=n) for n in range(1, 7)))
        seen = islice((one for one in hits if one.hit_id.int == 2000), 4)
        assert [one.revision for one in seen] == [1, 2, 3, 4]
    with world.listen(subscriber, position=place) as hits:
        ours = (one for one in hits if one.hit_id.int == 2000)
        assert next(ours).revision == 4, "it was in hand, not done"
        hits.done()
    with world.listen(subscriber, position=place) as hits:
        assert [one.revision for one in islice((one for one in hits if one.hit_id.int == 2000), 2)] == [5, 6]


def test_who_begins_at_the_oldest_gets_all_that_the_log_holds(world: World) -> None:
    tell_hits(world.bootstrap, hit(2100))
    count = sum(log_ends(world.bootstrap, "hits").values())
    with world.listen(world.add(), start="oldest") as hits:
        assert len(list(islice(hits, count))) == count


def test_a_client_that_is_too_slow_is_told_so_and_misses_nothing_when_it_comes_again(world: World) -> None:
    subscriber, count = world.add(), 30_000
    headers = {"Authorization": f"Bearer {world.token(subscriber)}"}
    with httpx.stream("GET", f"{world.url}/v1/hits/stream", headers=headers, timeout=30) as answer:
        chunks = answer.iter_raw()
        parser = EventParser()
        events = list(parser.feed(next(chunks)))
        before = world.consumed()
        tell_hits(world.bootstrap, *(hit(3000, revision=n + 1, reason="x" * 500) for n in range(count)))
        until(lambda: world.consumed() >= before + count, "all of them to go by", timeout_s=60)
        # It did not look while three times as much went by as the platform keeps for anybody.
        events += [event for chunk in chunks for event in parser.feed(chunk)]
    assert (events[-1].name, '"too_slow"' in events[-1].data) == ("end", True)
    first = _revisions(events)
    assert 0 < len(first) < count
    with httpx.stream(
        "GET", f"{world.url}/v1/hits/stream", headers=headers | {"Last-Event-ID": str(events[-1].id)}, timeout=30
    ) as answer:
        parser, rest = EventParser(), []
        for chunk in answer.iter_raw():
            rest += _revisions(parser.feed(chunk))
            if len(first) + len(rest) >= count:
                break
    assert first + rest == list(range(1, count + 1))


def _revisions(events: Any) -> list[int]:
    found: list[int] = [Hit.model_validate_json(one.data).revision for one in events if one.name == "hit"]
    return found


def test_a_token_that_is_ended_ends_its_open_streams_within_seconds(world: World) -> None:
    subscriber = world.add()
    with listening(world, subscriber) as here:
        world.register.end(subscriber.name)
        until(lambda: here.ended_by is not None, "the end", timeout_s=5)
        assert isinstance(here.ended_by, SubscriptionRefused)
        assert "was ended or replaced" in str(here.ended_by)
    assert world.stream(subscriber).status_code == 401


def test_a_token_that_is_replaced_is_refused_and_the_new_one_is_good_at_once(world: World) -> None:
    subscriber = world.add()
    rotated = world.register.rotate(subscriber.name)
    with listening(world, rotated):
        until(lambda: world.stream(subscriber).status_code == 401, "the old one to be refused", timeout_s=5)


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"kind": "1ABC234"}, 422, "query.kind.0: Input should be"),
        ({"priority": 101}, 422, "query.priority"),
        ({"late": "perhaps"}, 422, "query.late"),
        ({"from": "yesterday"}, 422, "query.from"),
    ],
)
def test_what_is_asked_wrongly_is_a_problem_that_repeats_nothing(
    query: dict[str, Any], status: int, said: str, world: World
) -> None:
    answer = world.stream(world.add(), **query)
    problem = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert (problem["status"], problem["type"]) == (status, "about:blank")
    assert said in problem["detail"]
    assert str(next(iter(query.values()))) not in answer.text


def test_whoever_has_no_token_is_refused_as_a_problem(world: World) -> None:
    for token in ("nonsense", world.token(world.add())[:-1] + "_"):
        answer = world.stream(world.add(), token=token)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.json()["title"] == "Unauthorized"
        assert token not in answer.text
    assert httpx.get(f"{world.url}/v1/hits/stream", timeout=5).status_code == 401


def test_an_id_that_was_never_given_is_refused(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token(world.add())}", "Last-Event-ID": "nonsense"}
    answer = httpx.get(f"{world.url}/v1/hits/stream", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["detail"]) == (422, "Last-Event-ID is not an id that this stream gave")


def test_one_token_opens_so_many_streams_and_no_more(world: World) -> None:
    subscriber = world.add()
    headers = {"Authorization": f"Bearer {world.token(subscriber)}"}
    with httpx.Client(base_url=world.url, headers=headers, timeout=10, limits=httpx.Limits(max_connections=30)) as web:
        opened = [web.send(web.build_request("GET", "/v1/hits/stream"), stream=True) for _ in range(20)]
        assert [one.status_code for one in opened] == [200] * 20
        refused = web.get("/v1/hits/stream")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "5")
        opened.pop().close()
        until(lambda: _one_more(web), "room for another")
        for one in opened:
            one.close()


def _one_more(web: httpx.Client) -> bool:
    answer = web.send(web.build_request("GET", "/v1/hits/stream"), stream=True)
    answer.close()
    return answer.status_code == 200


def test_contracts_health_and_the_description_are_there_for_everybody(world: World) -> None:
    assert httpx.get(f"{world.url}/v1/schemas").json()["hit"] == 1
    schema = httpx.get(f"{world.url}/v1/schemas/hit")
    assert schema.headers["Content-Type"] == "application/schema+json"
    assert schema.json()["$id"] == "urn:anpr:schema:hit:1"
    assert httpx.get(f"{world.url}/v1/schemas/plates").status_code == 404
    assert _health(world)["alive"] is True
    described = httpx.get(f"{world.url}/openapi.json").json()
    assert described["openapi"].startswith("3.")
    asked = {one["name"] for one in described["paths"]["/api/v1/hits/stream"]["get"]["parameters"]}
    assert {"kind", "zone", "class", "priority", "late", "retroactive", "withdrawn", "from"} <= asked
    assert httpx.get(f"{world.url}/docs").status_code == 404, "it would load scripts from elsewhere"


def test_it_ends_in_order_with_streams_open_and_says_why(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token(world.add())}"}
    events: list[Event] = []
    with httpx.stream("GET", f"{world.url}/v1/hits/stream", headers=headers, timeout=30) as answer:
        parser, chunks = EventParser(), answer.iter_raw()
        events += parser.feed(next(chunks))
        assert world.stop() == 0, world.said()
        for chunk in chunks:
            events += parser.feed(chunk)
    assert (events[-1].name, '"closing"' in events[-1].data) == ("end", True)
    assert "1ABC" not in world.said()
