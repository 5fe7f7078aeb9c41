"""All brokers are lost with their disks: what docs/operations.md says of it is done as written."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from anpr.platform import Platform, open_platform
from anpr.settings import Settings
from pipeline.runtime.kafka import admin_client
from tests.anpr.program import ROOT, anpr
from tests.brokers import jars_or_skip
from tests.end_to_end.city import Town, traffic
from tests.end_to_end.conftest import FLOWS

TRACKS = 400
KEPT = range(300, 400)
"""Vehicles whose reads the devices still have, as the door had not acknowledged them."""
WORKERS = (*FLOWS, "cases")
DOCUMENT = (ROOT / "docs" / "operations.md").read_text("utf-8")
pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(300)]


def _typed(word: str) -> list[str]:
    """The command of the document that holds these words."""
    return shlex.split(re.search(rf"^\$ anpr (.*{word}.*)$", DOCUMENT, re.MULTILINE)[1])  # type: ignore[index]


@contextmanager
def _town(settings: Settings, workers: tuple[str, ...] = ()) -> Iterator[Town]:
    with open_platform(settings, broker="kafka", workers=workers) as platform:
        town = Town(platform)
        yield town
        town.close()


def _run(platform: Platform, words: list[str]) -> None:
    done = anpr(platform.settings.data_dir, *words)
    assert done.code == 0, done.err


def _identity(town: Town) -> str:
    """Which log its reads lie in."""
    return str(admin_client(town.platform.settings.kafka()).list_topics(timeout=10).cluster_id)


def _cases(town: Town) -> dict[object, int]:
    """Case → hits in it."""
    return dict(town.rows("SELECT case_id, hit_count FROM cases FINAL"))


def _assert_cases_went_on(town: Town, before: dict[object, int]) -> None:
    """The worker has their files anew of what the store keeps: hits that come go into the cases that are open."""
    after = _cases(town)
    assert before.keys() <= after.keys()
    assert town.rows("SELECT plate FROM cases FINAL GROUP BY plate HAVING count() > 1") == [], "no vehicle has two"
    assert all(after[case] >= hits for case, hits in before.items())
    assert sum(after.values()) == town.rows("SELECT count() FROM hits FINAL WHERE NOT withdrawn")[0][0]


def test_nothing_in_the_store_is_skipped_or_doubled(settings: Settings, folder: Path) -> None:
    jars_or_skip()
    with _town(settings, WORKERS) as first:
        first.register()
        first.send(traffic(TRACKS))
        first.drain()
        _run(first.platform, _typed("replay record"))
        before, cases, log = first.truth(), _cases(first), _identity(first)
        assert first.stored_passages() == before.passages
        assert cases
    shutil.rmtree(folder / "kafka")
    with _town(settings) as second:
        assert _identity(second) != log
        _run(second.platform, [word for word in _typed("replay play") if word != "--dry-run"])
        second.platform.start_workers(WORKERS)
        again = [(one.key, one.value) for one in first.sent if any(f'"1-{n}"' in one.value.decode() for n in KEPT)]
        second.send(again)
        second.send(traffic(TRACKS, seed=2))
        second.drain()
        after = second.truth()
        _assert_stored(second, before.passages | after.passages, before.hits | after.hits)
        assert second.stored_verdicts() == before.verdicts | after.verdicts
        assert len(before.passages | after.passages) == 2 * TRACKS
        _assert_cases_went_on(second, cases)


def _assert_stored(town: Town, passages: set[tuple[object, ...]], hits: set[tuple[object, ...]]) -> None:
    assert town.stored_passages() == passages
    assert town.stored_hits() == hits
    for table, ident in (("passages", "passage_id"), ("hits", "hit_id")):
        assert town.doubles(table, ident) == (0, 0), table
    assert town.rows("SELECT reason, count() FROM dead_letters GROUP BY 1") == []
