"""`anpr lez notices | notice | approve | reject` from outside: from a passage to a decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from anpr.platform import Platform, open_platform
from anpr.settings import resolve
from pipeline.runtime.kafka import producer_client
from schemas.codec import encode
from sinks.clickhouse.client import connect
from tests.anpr.program import Ran, anpr, wait_until
from tests.pipeline.flows.notice_desk import ago, verdict_of
from tests.pipeline.flows.test_cases import plate_of

pytestmark = pytest.mark.slow
AGENT = "L. Janssens"
WHY = ("--reason", "daily review of notices")
Lez = Callable[..., Ran]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Broker, store and the workers of the zones; opening it registers the agent."""
    settings = resolve({}, data_dir=tmp_path_factory.mktemp("lez") / "data", officer=AGENT)
    with open_platform(settings, workers=("notices", "store-lez")) as platform:
        yield platform


@pytest.fixture
def client(platform: Platform) -> Client:
    """The database of the zones, as its owner."""
    return connect(platform.settings.lez())


@pytest.fixture
def lez(platform: Platform) -> Lez:
    """Runs `anpr lez` as whoever finds the platform running."""

    def run(*words: str, officer: str = AGENT) -> Ran:
        return anpr(Path(platform.settings.data_dir), "lez", *words, officer=officer)

    return run


def passed(platform: Platform, client: Client, *moments: datetime) -> str:
    """A barred vehicle passes; returns its plate once the store has a notice of each day."""
    plate = plate_of()
    producer = producer_client(platform.settings.kafka())
    for at in moments:
        producer.produce("lez-verdicts", encode(verdict_of(plate, at)), plate.encode())
    assert producer.flush(20) == 0
    count = "SELECT uniqExact(day) FROM notices WHERE plate = {plate:String}"
    given = {"plate": plate}
    wait_until(lambda: client.query(count, parameters=given).result_rows[0][0] == len(moments), what="in the store")
    return plate


def listed(lez: Lez, plate: str, *words: str) -> list[dict[str, Any]]:
    """The plate's notices, as the command lists them."""
    found = lez("notices", *words, *WHY, "--json", "--limit", "1000").json["notices"]
    return [one for one in found if one["plate"] == plate]


def test_a_notice_from_the_passage_to_the_decision(lez: Lez, platform: Platform, client: Client) -> None:
    plate = passed(platform, client, ago(100), ago(3))
    warning, fine = listed(lez, plate)
    assert (warning["kind"], fine["kind"], fine["fine_eur"]) == ("warning", "fine", 350)
    early = lez("approve", fine["notice_id"], "--note", "picture and plate agree")
    early.assert_clear("which is proposed: decide that first")
    assert early.code == 2
    done = lez("approve", warning["notice_id"][:8], "--note", "picture and plate agree", "--json").json["notice"]
    assert (done["state"], done["decided_by"], done["note"]) == ("approved", AGENT, "picture and plate agree")
    assert "fine of" in lez("reject", fine["notice_id"], "--note", "mud on the plate").out
    assert listed(lez, plate) == []
    (rejected,) = listed(lez, plate, "--state", "rejected", "--zone", "brussels")
    shown = lez("notice", rejected["notice_id"], *WHY, "--language", "nl").out
    assert "niet toegelaten" in shown
    states = lez("notice", rejected["notice_id"], *WHY, "--json").json["states"]
    assert [one["state"] for one in states] == ["proposed", "rejected"]
    again = lez("approve", rejected["notice_id"], "--note", "on second thoughts")
    again.assert_clear("cannot approve it: the notice is rejected")


def test_what_cannot_be_done_is_refused_in_words(lez: Lez, platform: Platform, client: Client) -> None:
    plate = passed(platform, client, ago(0))
    (waiting,) = listed(lez, plate, "--state", "waiting")
    lez("approve", waiting["notice_id"], "--note", "picture and plate agree").assert_clear(
        "the day is not final before"
    )
    lez("notice", "00000000", *WHY).assert_clear("there is no notice 00000000")
    lez("notice", "123", *WHY).assert_clear("give 6 digits")
    assert lez("notices", "--state", "sent", *WHY).code == 2
    stranger = lez("approve", waiting["notice_id"], "--note", "picture and plate agree", officer="X. Nobody")
    stranger.assert_clear("X. Nobody is not registered as lez_agent")


def test_each_look_and_each_decision_is_in_the_audit(lez: Lez, platform: Platform, client: Client) -> None:
    plate = passed(platform, client, ago(5))
    (proposed,) = listed(lez, plate)
    lez("approve", proposed["notice_id"], "--note", "picture and plate agree")
    found = client.query(
        "SELECT action FROM audit WHERE actor = {who:String} AND position(record, {notice:String}) > 0",
        parameters={"who": AGENT, "notice": proposed["notice_id"]},
    ).result_rows
    assert [row[0] for row in found] == ["notice_decided"]
