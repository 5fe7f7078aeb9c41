"""A platform of real processes on a data folder of its own, and ways to feed it and to ask what it stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from anpr.embedded.broker import start_broker
from anpr.embedded.kafka import start_kafka
from anpr.platform import open_platform
from anpr.settings import Settings, resolve
from tests.brokers import jars_or_skip
from tests.end_to_end.city import Town

FLOWS = ("consolidate", "match", "judge", "store", "store-lez")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that does not exist yet."""
    return tmp_path / "data"


@pytest.fixture
def settings(folder: Path) -> Settings:
    """Settings of a program on the folder."""
    return resolve({}, data_dir=folder)


@pytest.fixture
def town(settings: Settings) -> Iterator[Town]:
    """A running platform without the reader of pictures, with cameras, a hotlist and vehicles registered."""
    with open_platform(settings, workers=FLOWS) as platform:
        town = Town(platform)
        town.register()
        yield town
        town.close()


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def own_broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Bootstrap servers of a broker that nobody else uses, as topics under their own names want."""
    if request.param == "embedded":
        broker = start_broker(log_path=tmp_path / "broker.log")
        yield broker.bootstrap
        broker.kill()
        return
    cluster = start_kafka(jars_or_skip(), tmp_path / "kafka")
    yield cluster.bootstrap
    cluster.kill()
