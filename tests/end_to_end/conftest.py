"""A platform of real processes on a data folder of its own, and ways to feed it and to ask what it stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from anpr.platform import open_platform
from anpr.settings import Settings, resolve
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
