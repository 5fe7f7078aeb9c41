"""A worker that keeps files does not begin on topics where one vehicle's messages would lie apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from anpr.embedded.broker import start_broker
from anpr.embedded.child import ChildError
from tests.pipeline.flows.desk import Desk
from tests.pipeline.flows.health_desk import HealthDesk
from tests.pipeline.flows.notice_desk import NoticeDesk
from tests.pipeline.flows.workplace import Workplace

pytestmark = pytest.mark.slow  # three processes start and end


@pytest.fixture
def empty_broker(tmp_path: Path) -> Iterator[str]:
    """A broker without a topic."""
    broker = start_broker(log_path=tmp_path / "broker.log")
    yield broker.bootstrap
    broker.kill()


@pytest.mark.parametrize(
    ("kind", "odd"), [(NoticeDesk, "lez-passes"), (Desk, "case-files"), (HealthDesk, "health-files")]
)
def test_a_worker_of_files_refuses_topics_that_differ(
    kind: type[Workplace], odd: str, empty_broker: str, tmp_path: Path
) -> None:
    """They differ where one was made before the files said otherwise: `anpr topics create` leaves it as it is."""
    admin = AdminClient({"bootstrap.servers": empty_broker})
    admin.create_topics([NewTopic(odd, 2, 1)])[odd].result()
    place = kind(empty_broker, tmp_path, "static")
    with pytest.raises(ChildError, match="ended early"):
        place.open()
    assert f"{odd} 2" in place.log()
    assert "anpr topics check" in place.log()
    assert "Traceback" not in place.log()
