"""What stands while others are struck, on Apache Kafka: whoever ends by itself comes again as what it was."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from anpr.chaos.ground import open_ground
from anpr.chaos.plan import ChaosPlan
from anpr.settings import Settings
from tests.anpr.program import wait_until
from tests.brokers import jars_or_skip

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]
MORE = "match-more"


def test_an_added_worker_that_ends_by_itself_comes_again(tmp_path: Path) -> None:
    jars_or_skip()
    plan = ChaosPlan(kills=0, brokers=1, workers={"match": 1})
    with open_ground(Settings(data_dir=tmp_path / "chaos"), plan, lambda _: None) as ground:
        ground.add_worker(MORE, "match")
        wait_until(lambda: ground.runs(MORE), what="one more at work")
        ground.children[MORE].send(signal.SIGKILL)
        wait_until(lambda: ground.children[MORE].returncode is not None, what="its end")
        ground.tend()
        wait_until(lambda: ground.runs(MORE), what="it at work again")
        assert [MORE in told for told in ground.ended_by_themselves] == [True]
