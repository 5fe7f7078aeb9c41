"""The default engine, loaded once for all tests of reading."""

import pytest

from pipeline.vision.engines import load_engine
from pipeline.vision.protocols import Engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    return load_engine("rapidocr", threads=1)
