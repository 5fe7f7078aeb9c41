"""`anpr bench lez`: what it says, and what its register and its traffic are made of."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from anpr.bench.lez import LezBench, run_lez_bench
from anpr.bench.lez_traffic import CAMERAS, traffic
from anpr.settings import Settings
from replay.register import register_plates
from schemas.codec import decoder
from schemas.passage import Passage

decode = decoder(Passage)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("bench"))
    return run_lez_bench(settings, LezBench(vehicles=2_000, passages=3_000), lambda _: None, lambda *_: None)


@pytest.mark.slow
def test_it_says_what_its_interface_promises(figures: dict[str, Any]) -> None:
    assert all(isinstance(figures[name], int | float) for name in ("reads_per_s", "memory_mb", "start_s"))
    assert figures["reads_per_s"] > 0
    assert 0 < figures["start_s"] < 60
    assert {"compliant", "exempt", "non_compliant", "unknown", "unregistered"} <= figures["verdicts"].keys()
    assert sum(figures["verdicts"].values()) == 3_000


def test_the_same_seed_gives_the_same_passages_at_cameras_that_are_known() -> None:
    one, other = ([message for batch in traffic(1_000, 2_500, 7) for message in batch.messages] for _ in range(2))
    assert one == other
    passages = [decode(message.value) for message in one]
    assert [message.key for message in one] == [passage.plate.encode() for passage in passages]
    assert {passage.camera_id for passage in passages} <= CAMERAS.keys()
    assert len({passage.passage_id for passage in passages}) == len(passages)
    known = set(register_plates(np.arange(1_000))[0])
    met = Counter(passage.plate in known for passage in passages)
    assert 0.05 < met[False] / len(passages) < 0.15
    assert {passage.certainty for passage in passages} == {"sure", "doubtful"}
