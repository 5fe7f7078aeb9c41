"""The loop: its order, and that nothing is committed before all that follows from it is safe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import pytest

from pipeline.messages import Message
from pipeline.outcome import Rejection
from pipeline.runtime.dead_letters import HEADER
from pipeline.runtime.live_lane import Lane, LaneRules
from pipeline.runtime.loop import MOST_ON_WAY, Limits
from pipeline.runtime.output import DeliveryFailed
from pipeline.runtime.source import Place, Polled
from pipeline.runtime.waiting import GRACE_S
from schemas.dead_letter import DeadLetter
from tests.pipeline.builders import message
from tests.pipeline.runtime.fakes import PLACE, Bench, Broken, bad_reference

FULL = (b"picture", b"bad", b"good")
"""A batch that needs every part."""
SINCE = "anpr_waiting_since_timestamp_seconds"


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def stateful() -> Bench:
    return Bench(stateful=True)


def test_order_of_a_step(bench: Bench) -> None:
    assert bench.step(*FULL) == ["poll", "refresh", "stage", "pictures", "letters", "deliver", "commit"]
    assert bench.source.commits == [({PLACE: 3}, {})]
    assert [emit.value for emit in bench.output.sent] == [b"picture", b"good"]


def test_the_more_came_the_longer_the_next_batch_is_gathered(bench: Bench) -> None:
    bench.loop.limits = Limits(gather_s=0.2, gather_most_s=2.0, much=10)
    for came in (1, 4, 40, 0):
        bench.step(*[b"good"] * came)
    bench.step()
    assert bench.source.gathered_s == [0.2, 0.2, 0.8, 2.0, 0.2]


def test_order_of_a_run(bench: Bench) -> None:
    bench.stop_at_next_poll()
    bench.loop.run()
    assert bench.journal.take() == ["load", "open", "poll", "refresh", "close", "close reference"]


@pytest.mark.parametrize("part", ["poll", "refresh", "stage", "pictures", "letters", "deliver"])
def test_nothing_is_committed_when_a_part_breaks(bench: Bench, part: str) -> None:
    bench.journal.breaking = part
    bench.feed(*FULL)
    with pytest.raises(Broken):
        bench.loop.run()
    assert bench.source.commits == []
    assert bench.journal.events[-2:] == ["close", "close reference"]


def test_a_message_not_accepted_ends_the_process_without_a_commit(bench: Bench) -> None:
    bench.output.deliver = _refuse  # type: ignore[method-assign, assignment]
    bench.feed(*FULL)
    with pytest.raises(DeliveryFailed):
        bench.loop.step()
    assert bench.source.commits == []


def _refuse(*_arguments: object) -> list[Rejection]:
    raise DeliveryFailed("1 messages refused")


@pytest.mark.parametrize("part", ["load", "open"])
def test_whatever_breaks_at_the_start_leaves_no_connection_open(bench: Bench, part: str) -> None:
    bench.journal.breaking = part
    with pytest.raises(Broken):
        bench.loop.run()
    assert bench.journal.events[-2:] == ["close", "close reference"]


def test_a_rejected_message_advances_only_after_its_letter(bench: Bench) -> None:
    bench.journal.breaking = "letters"
    bench.feed(b"bad")
    with pytest.raises(Broken):
        bench.loop.step()
    assert bench.source.commits == []
    bench.journal.breaking = ""
    bench.step(b"bad")
    assert bench.source.commits == [({PLACE: 1}, {})]


def test_a_letter_holds_the_original_and_says_where_it_came_from(bench: Bench) -> None:
    bench.source.script.append(Polled((), [message(b"bad", 41, key=b"k", headers=(("h", b"v"),))]))
    bench.step()
    ((topic, key, value, headers),) = bench.letters.letters
    assert (topic, key, value, headers["original_h"]) == ("dead-letters", b"k", b"bad", b"v")
    letter = DeadLetter.model_validate_json(headers[HEADER])
    assert (letter.reason, letter.detail, letter.stage, letter.value_size) == ("not_json", "no JSON", "match", 3)
    assert (letter.source_topic, letter.source_partition, letter.source_offset) == ("reads", 0, 41)
    assert (letter.source_log, letter.failed_at) == ("cluster/log", bench.clock.now())


def test_what_the_receiver_refuses_becomes_a_letter_too(bench: Bench) -> None:
    bench.output.refused = [Rejection(message(b"good"), "refused_by_store", "no such column")]
    assert bench.step(b"good")[-3:] == ["deliver", "letters", "commit"]
    assert bench.metric("anpr_dead_letters_total", reason="refused_by_store") == 1


def test_bad_reference_records_become_letters(bench: Bench) -> None:
    bench.reference.rejections = [bad_reference()]
    assert bench.step() == ["poll", "refresh", "letters"]
    assert len(bench.letters.letters) == 1


def test_a_slow_output_keeps_the_source_alive_and_then_goes_on(bench: Bench) -> None:
    bench.output.waits = 2
    events = bench.step(b"good")
    assert events == ["poll", "refresh", "stage", "keep_alive", "keep_alive", "deliver", "resume", "commit"]
    assert bench.metric("anpr_retries_total", dependency="broker") == 2
    assert bench.beats == 3
    bench.output.waits = 0
    assert "resume" not in bench.step(b"good", offset=1)


def test_it_shows_for_what_it_waits_since_when_and_that_it_no_longer_does(bench: Bench) -> None:
    bench.loop.waits_for, bench.output.waits = "store", 2
    shown: list[float] = []
    bench.source.while_alive = lambda: shown.append(bench.metric(SINCE, dependency="store"))
    began = bench.clock.now().timestamp()
    bench.step(b"good")
    assert shown == [0, began]
    assert bench.metric(SINCE, dependency="store") == 0
    assert bench.metric(SINCE, dependency="broker") == 0


def test_a_broker_that_is_away_while_nothing_is_in_hand_is_shown_until_it_answers(bench: Bench) -> None:
    bench.step()
    assert bench.metric(SINCE, dependency="broker") == 0
    bench.source.answers = False
    bench.loop._waits.trouble()
    bench.step()
    bench.step()
    assert bench.metric(SINCE, dependency="broker") == bench.clock.now().timestamp()
    bench.source.answers = True
    bench.step()
    assert bench.metric(SINCE, dependency="broker") == 0


def test_who_is_told_to_end_while_it_waits_leaves_without_what_is_in_hand(bench: Bench) -> None:
    def told_to_end() -> None:
        bench.loop.stop()
        bench.clock.sleep(GRACE_S + 1)

    bench.source.while_alive = told_to_end
    bench.output.waits = 10**9
    bench.feed(b"good")
    bench.loop.run()
    assert bench.source.commits == []
    assert bench.journal.events[-3:] == ["keep_alive", "close", "close reference"]


def test_waiting_for_a_letter_about_a_reference_record_does_not_stop_the_source_for_good(bench: Bench) -> None:
    bench.reference.rejections, bench.letters.waits = [bad_reference()], 1
    assert "keep_alive" in bench.step(b"good")
    assert not bench.source.paused


def test_waiting_at_the_start_does_not_stop_the_source_for_good(bench: Bench) -> None:
    bench.reference.load = lambda: [bad_reference()]  # type: ignore[method-assign]
    bench.letters.waits = 1
    bench.stop_at_next_poll()
    bench.loop.run()


def test_a_commit_that_the_broker_does_not_take_is_made_later(bench: Bench) -> None:
    bench.source.answers = False
    assert bench.step(b"good")[-1] == "commit"
    bench.source.answers = True
    assert bench.step()[-1] == "commit"
    assert bench.source.commits == [({PLACE: 1}, {})]


def test_commits_only_what_changed(bench: Bench) -> None:
    bench.step(b"good")
    assert bench.step() == ["poll", "refresh"]
    assert bench.step(b"good", offset=1)[-1] == "commit"


def test_commits_no_more_often_than_told() -> None:
    bench = Bench(commit_every_s=5.0)
    bench.step(b"good")
    assert "commit" not in bench.step(b"good", offset=1)
    bench.clock.sleep(5)
    assert bench.step()[-1] == "commit"
    assert bench.source.commits[-1] == ({PLACE: 2}, {})


def test_references_are_looked_at_no_more_often_than_told() -> None:
    bench = Bench(refresh_every_s=0.1)
    assert "refresh" in bench.step()
    assert "refresh" not in bench.step()
    bench.clock.sleep(0.1)
    assert "refresh" in bench.step()


def test_replayed_messages_have_no_effect(stateful: Bench) -> None:
    events = stateful.step(b"good", replayed=[b"bad", b"picture"])
    assert events == ["poll", "refresh", "stage", "stage", "deliver", "commit"]
    assert [b.messages[0].value for b in stateful.stage.batches] == [b"bad", b"good"]
    assert stateful.letters.letters == []
    assert [emit.value for emit in stateful.output.sent] == [b"good"]
    assert stateful.metric("anpr_replayed_total") == 2
    assert stateful.metric("anpr_consumed_total") == 3


def test_replayed_messages_move_the_rewind_offset_only(stateful: Bench) -> None:
    """Else, where nothing new comes, it would stay back for ever: each restart would rebuild what has ended."""
    stateful.stage.needed = {PLACE: 1}
    stateful.step(replayed=[b"good", b"good"])
    stateful.stage.needed = {}
    stateful.step()
    assert stateful.source.commits == [({}, {PLACE: 1}), ({}, {PLACE: 2})]
    stateful.give_away()
    stateful.step()
    assert stateful.source.commits[-1] == ({}, {})


def test_the_rewind_offset_is_what_the_stage_needs_else_the_commit(stateful: Bench) -> None:
    stateful.step(b"good", b"good")
    stateful.stage.needed = {PLACE: 1}
    stateful.step()
    assert stateful.source.commits == [({PLACE: 2}, {PLACE: 2}), ({PLACE: 2}, {PLACE: 1})]


def test_what_the_stage_notes_goes_with_the_rewind_offset(stateful: Bench) -> None:
    stateful.loop.noting = Notes()
    stateful.step(b"good", replayed=[b"good"])
    assert stateful.source.commits == [({PLACE: 2}, {PLACE: 2})]
    assert stateful.source.notes == [{PLACE: "reached 2"}]


class Notes:
    """Tells its successor how far it has come."""

    def note(self, _place: Place, reached: int) -> str:
        return f"reached {reached}"

    def heed(self, place: Place, note: str, live: int) -> None:
        """Not asked here."""


def test_a_stage_with_state_is_told_what_is_read_to_its_end(stateful: Bench) -> None:
    stateful.source.lags = {PLACE: 0, ("reads", 1): 3}
    stateful.step()
    stateful.step()
    stateful.clock.sleep(1)
    stateful.step()
    assert [set(b.caught_up) for b in stateful.stage.batches] == [{PLACE}, set(), {PLACE}]


def test_a_partition_given_away_is_forgotten(stateful: Bench) -> None:
    stateful.step(b"good")
    stateful.give_away()
    assert stateful.stage.forgotten == [PLACE]
    stateful.step()
    assert stateful.source.commits[-1] == ({}, {})


def test_a_partition_given_away_while_waiting_is_not_committed_afterwards(stateful: Bench) -> None:
    """Its next worker has gone on: our offset and, worse, our rewind offset would overwrite that one's."""
    stateful.step(b"good")
    stateful.output.waits, stateful.source.while_alive = 1, stateful.give_away
    stateful.step(b"good", offset=1)
    stateful.step()
    assert all(offsets in ({}, {PLACE: 1}) for offsets, _ in stateful.source.commits)
    assert stateful.source.commits[-1] == ({}, {})


def test_a_commit_in_mid_batch_leaves_the_rewind_offset_alone(stateful: Bench) -> None:
    """The state is that of the batch in hand already: a track that just ended is missing in it."""
    stateful.stage.needed = {PLACE: 0}
    stateful.step(b"good")
    stateful.stage.needed = {}
    stateful.output.waits, stateful.source.while_alive = 1, stateful.give_away
    stateful.step(b"good", offset=1)
    assert (({PLACE: 1}, {PLACE: 1})) not in stateful.source.commits
    assert stateful.source.commits[1] == ({PLACE: 1}, {})


def test_the_same_when_the_batch_breaks_and_leaving_the_group_commits(stateful: Bench) -> None:
    stateful.stage.needed = {PLACE: 0}
    stateful.step(b"good")
    stateful.stage.needed, stateful.journal.breaking = {}, "deliver"
    stateful.feed(b"good", offset=1)
    with pytest.raises(Broken):
        stateful.loop.step()
    stateful.give_away()
    assert stateful.source.commits[1:] == [({PLACE: 1}, {})]


def test_messages_of_a_partition_given_away_before_they_reach_the_stage_are_left_alone(stateful: Bench) -> None:
    """Their state is gone; taken without it, they would be told as other passages than the next worker tells."""
    stateful.reference.rejections, stateful.letters.waits = [bad_reference()], 1
    stateful.source.while_alive = stateful.give_away
    other = message(b"good", 5, partition=1)
    stateful.source.script.append(Polled([message(b"good", 0)], [message(b"good", 1), other]))
    stateful.step()
    assert [m for b in stateful.stage.batches for m in b.messages] == [other]


# ---- ahead of what is acknowledged --------------------------------------------------------------------------


@pytest.fixture
def ahead() -> Bench:
    """Two messages are a full batch; nothing is committed by itself."""
    bench = Bench(stateful=True, ahead=True, batch_messages=2, commit_every_s=1e9)
    bench.loop._committed_at = bench.clock.monotonic()
    return bench


TAKEN = ["poll", "refresh", "stage", "hand over"]


class ActiveLane:
    """A lane beside a backlog, of which nothing is to be taken now."""

    rules = LaneRules()

    def look(self, done: Mapping[Any, int], lag: object) -> None:
        """Nothing new."""

    def active(self) -> bool:
        """It is."""
        return True

    def take(self, most: int) -> Sequence[Message]:  # noqa: ARG002
        """Nothing has come."""
        return ()

    def backlog_may_go_on(self) -> bool:
        """It may."""
        return True

    def untold(self, emitted: list[Any]) -> list[Any]:
        """All of it."""
        return emitted

    def done(self, messages: Sequence[Message]) -> None:
        """Noted."""


def test_while_batches_are_full_the_next_is_taken_before_the_last_is_acknowledged(ahead: Bench) -> None:
    assert ahead.step(b"a", b"b") == TAKEN
    assert ahead.step(b"c", b"d", offset=2) == TAKEN
    assert ahead.step(b"e", offset=4) == [*TAKEN, "settle"]
    ahead.loop.commit()
    assert ahead.source.commits == [({PLACE: 5}, {PLACE: 5})]
    assert ahead.metric("anpr_consumed_total") == 5


def test_no_more_than_a_few_batches_are_on_their_way(ahead: Bench) -> None:
    events = [ahead.step(b"a", b"b", offset=2 * n)[-1] for n in range(2 * MOST_ON_WAY)]
    assert events == [*["hand over"] * (MOST_ON_WAY - 1), "settle"] * 2


def test_where_nothing_more_comes_all_is_acknowledged_without_a_stage_that_keeps_state() -> None:
    bench = Bench(ahead=True, batch_messages=2, commit_every_s=1e9)
    bench.loop._committed_at = bench.clock.monotonic()
    assert bench.step(b"a", b"b") == TAKEN
    assert bench.step() == ["poll", "refresh", "settle"]


def test_before_a_commit_all_is_acknowledged(ahead: Bench) -> None:
    ahead.step(b"a", b"b")
    ahead.clock.sleep(1e9)
    assert ahead.step(b"c", b"d", offset=2) == [*TAKEN, "settle", "commit"]
    assert ahead.source.commits == [({PLACE: 4}, {PLACE: 4})]


def test_what_is_on_its_way_is_in_no_commit_and_no_rewind(ahead: Bench) -> None:
    ahead.stage.needed = {PLACE: 0}
    ahead.step(b"a")
    ahead.stage.needed = {}  # by now the state is ahead of what is acknowledged
    ahead.step(b"b", b"c", offset=1)
    ahead.loop.commit()
    assert ahead.source.commits == [({PLACE: 1}, {})]


def test_a_partition_given_away_with_messages_on_their_way_is_not_committed(ahead: Bench) -> None:
    ahead.step(b"a", b"b")
    ahead.give_away()
    ahead.step(b"c", offset=2)  # it has come back, and is read again from where it was committed
    ahead.loop.commit()
    assert ahead.source.commits[-1] == ({PLACE: 3}, {PLACE: 3})
    ahead.step(b"d", b"e", offset=3)
    ahead.output.waits, ahead.source.while_alive = 1, ahead.give_away
    ahead.step()
    ahead.loop.commit()
    assert ahead.source.commits[-1] == ({}, {})


def test_what_was_refused_of_several_batches_ends_the_worker_with_nothing_of_them_committed(ahead: Bench) -> None:
    ahead.step(b"a")
    ahead.loop.commit()
    ahead.step(b"b", b"c", offset=1)
    ahead.journal.breaking = "settle"
    ahead.feed(b"d", offset=3)
    with pytest.raises(Broken):
        ahead.loop.step()
    ahead.give_away()
    assert ahead.source.commits == [({PLACE: 1}, {PLACE: 1}), ({PLACE: 1}, {})]


def test_messages_read_again_come_after_all_is_acknowledged(ahead: Bench) -> None:
    ahead.step(b"a", b"b")
    assert ahead.step(replayed=[b"c"])[:4] == ["poll", "refresh", "settle", "stage"]


def test_beside_a_lane_each_batch_is_acknowledged_at_once(ahead: Bench) -> None:
    """It looks how far the flow is, and must not tell what the flow has told."""
    ahead.loop.lane = cast(Lane, ActiveLane())
    assert ahead.step(b"a", b"b") == [*TAKEN, "settle"]


def test_who_leaves_has_all_acknowledged_and_committed(ahead: Bench) -> None:
    ahead.feed(b"a", b"b")
    ahead.feed(b"c", b"d", offset=2)
    ahead.loop.on_progress = lambda: ahead.loop.stop() if len(ahead.stage.batches) == 2 else None
    ahead.loop.run()
    assert ahead.source.commits == [({PLACE: 4}, {PLACE: 4})]


def test_stop_ends_after_the_batch_in_hand(bench: Bench) -> None:
    bench.feed(b"good")
    bench.feed(b"never taken", offset=1)
    bench.output.waits = 1
    bench.source.while_alive = bench.loop.stop
    bench.loop.run()
    assert [emit.value for emit in bench.output.sent] == [b"good"]
    assert bench.source.commits == [({PLACE: 1}, {})]
    assert bench.journal.take()[-2:] == ["close", "close reference"]


def test_partitions_advance_by_themselves(bench: Bench) -> None:
    bench.source.script.append(Polled((), [message(b"a", 7), message(b"b", 3, partition=2), message(b"c", 8)]))
    bench.step()
    assert bench.source.commits == [({PLACE: 9, ("reads", 2): 4}, {})]


def test_counts(bench: Bench) -> None:
    bench.step(*FULL)
    assert bench.metric("anpr_consumed_total") == 3
    assert bench.metric("anpr_emitted_total", topic="passages") == 2
    assert bench.metric("anpr_dead_letters_total", reason="not_json") == 1
    assert bench.metric("anpr_reference_records", topic="cameras") == 1
    assert bench.metric("anpr_batch_messages_sum") == 3


def test_the_age_of_events_is_that_of_the_oldest_in_a_batch(bench: Bench) -> None:
    moments = [bench.clock.now() - timedelta(seconds=ago) for ago in (7, 1)]
    bench.step(*(json.dumps({"received_at": at.isoformat()}).encode() for at in moments))
    assert bench.metric("anpr_event_age_seconds_count", since="received") == 1
    assert bench.metric("anpr_event_age_seconds_sum", since="received") == pytest.approx(7, abs=1e-3)
    assert bench.metric("anpr_event_age_seconds_count", since="captured") == 0


def test_lag_is_told_by_topic(bench: Bench) -> None:
    bench.source.lags = {("reads", 0): 3, ("reads", 1): 4, ("cameras", 0): 1}
    bench.step(b"a")
    assert bench.metric("anpr_lag_messages", topic="reads") == 7
    assert bench.metric("anpr_lag_messages", topic="cameras") == 1


def test_a_flow_that_stands_still_is_seen_to_fall_behind(bench: Bench) -> None:
    bench.step(b"a")
    bench.source.lags = {("reads", 0): 900}
    bench.step()
    assert bench.metric("anpr_lag_messages", topic="reads") == 900


def test_a_flow_without_partitions_has_no_lag(bench: Bench) -> None:
    bench.source.lags = {("reads", 0): 900}
    bench.step(b"a")
    bench.source.lags = {}
    bench.step()
    assert bench.metric("anpr_lag_messages", topic="reads") == 0
