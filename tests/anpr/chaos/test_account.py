"""A run without a strike is whole, and one of which something is taken away is not: on the embedded broker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from anpr.chaos.account import settle_accounts
from anpr.chaos.facts import Difference
from anpr.chaos.ground import Ground, open_ground
from anpr.chaos.plan import ChaosPlan
from anpr.chaos.run import Run
from anpr.chaos.traffic import Acknowledged
from anpr.settings import resolve
from sinks.clickhouse.client import connect
from tests.anpr.program import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@dataclass(frozen=True)
class Worked:
    """A platform that has worked off a little traffic."""

    ground: Ground
    acknowledged: Acknowledged

    def account(self) -> dict[str, dict[str, Difference]]:
        """As at the end of a run."""
        return settle_accounts(self.ground.settings, self.acknowledged)


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worked]:
    """No kill; some seconds of traffic."""
    plan = ChaosPlan(kills=0, broker="embedded", rate_per_s=1_500)
    settings = resolve({}, data_dir=tmp_path_factory.mktemp("chaos"))
    with open_ground(settings, plan, lambda _: None) as ground:
        run = Run(ground, plan, lambda _: None)
        run.work()
        run.drain()
        yield Worked(ground, run.traffic.acknowledged)


def test_without_a_strike_all_is_whole_and_something_is_there(worked: Worked) -> None:
    for kind, named in worked.account().items():
        for name, told in named.items():
            assert told.whole, (kind, name, told)
            assert told.facts or name in {"dead-letters", "dead_letters"}, (kind, name)


def test_what_is_taken_away_doubled_or_changed_in_the_store_is_seen(worked: Worked) -> None:
    client = connect(worked.ground.settings.dsn())
    (hit,) = client.query("SELECT min(hit_id) FROM hits FINAL WHERE NOT withdrawn").result_rows[0]
    _end_cases(worked.ground)
    (case,) = client.query("SELECT max(case_id) FROM cases FINAL WHERE hit_count > 0").result_rows[0]
    client.command(f"DELETE FROM hits WHERE hit_id = '{hit}'")
    client.command(f"DELETE FROM cases WHERE case_id = '{case}'")
    tables = worked.account()["tables"]
    assert tables["hits"].lost == 1
    assert tables["cases"].lost > 0
    assert tables["passages"].whole


def _end_cases(ground: Ground) -> None:
    """Time alone changes a case, and the store would have it again."""
    ground.remove_worker("cases")
    wait_until(lambda: ground.has_left("cases"), what="the worker's end")


def test_a_read_that_the_log_does_not_hold_is_lost(worked: Worked) -> None:
    noted = Acknowledged()
    noted.partitions, noted.offsets = worked.acknowledged.partitions[:], worked.acknowledged.offsets[:]
    noted.digests = worked.acknowledged.digests[:]
    noted.digests[7] ^= 1
    noted.partitions.append(0)
    noted.offsets.append(10**9)
    noted.digests.append(1)
    told = settle_accounts(worked.ground.settings, noted)["topics"]["reads"]
    assert told.lost == 2
