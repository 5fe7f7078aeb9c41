"""Where an act on a case is not done in time: who does not answer, the broker or the worker."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anpr.embedded.broker import BrokerProcess, start_broker
from console import case_answers
from console.case_answers import CaseAnswers, CaseUnanswered
from pipeline.cases.records import ActionRecord
from schemas.case_input import CaseAction
from tests.brokers import fresh_topic
from tests.console.cases import NOW, case
from tests.pipeline.runtime.workers import static

GiveUp = Callable[[float], None]


@pytest.fixture
def frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrokerProcess]:
    """A broker that can be made to stand still, with the topics of cases and nobody who does what they ask for."""
    broker = start_broker(log_path=tmp_path / "broker.log")
    monkeypatch.setattr(case_answers, "CASES", fresh_topic(broker.bootstrap, 2))
    monkeypatch.setattr(case_answers, "INPUTS", fresh_topic(broker.bootstrap))
    yield broker
    broker.kill()


def acknowledge() -> CaseAction:
    """What an officer does to the invented case."""
    return ActionRecord(action_id=uuid.uuid4(), case_id=case().case_id, what="acknowledge", officer="J. Peeters")


def test_a_worker_that_does_not_answer_is_told(frozen: BrokerProcess) -> None:
    with (
        CaseAnswers(static(frozen.bootstrap), case()) as answers,
        pytest.raises(CaseUnanswered, match="it is sent, but no worker has done it within 0 s"),
    ):
        answers.ask(acknowledge(), NOW, wait_s=0.1)


def test_a_broker_that_stands_still_is_told(frozen: BrokerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_answers, "CALL_S", 0.5)
    with CaseAnswers(static(frozen.bootstrap), case()) as answers:
        os.kill(frozen.pid, signal.SIGSTOP)
        with pytest.raises(CaseUnanswered, match="the broker does not answer"):
            answers.ask(acknowledge(), NOW, wait_s=30)


def test_a_broker_that_is_slow_leaves_the_worker_its_time(
    frozen: BrokerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker takes the action later than the worker would be waited for, and it is not blamed."""
    give_up: GiveUp = case_answers._give_up

    def goes_on(deadline: float) -> None:
        os.kill(frozen.pid, signal.SIGCONT)
        give_up(deadline)

    monkeypatch.setattr(case_answers, "_give_up", goes_on)
    with CaseAnswers(static(frozen.bootstrap), case()) as answers:
        os.kill(frozen.pid, signal.SIGSTOP)
        with pytest.raises(CaseUnanswered, match="it is sent, but no worker has done it"):
            answers.ask(acknowledge(), NOW, wait_s=0.1)
