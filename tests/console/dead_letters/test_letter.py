"""A letter and the message that it was."""

from __future__ import annotations

from uuid import UUID

from console.dead_letters.letter import Letter, letter_of
from pipeline.messages import Message
from pipeline.outcome import Rejection
from pipeline.runtime.dead_letters import HEADER, MOST_BYTES, TOPIC, Headers, letters
from tests.pipeline.builders import T0


def letter(headers: Headers = (), value: bytes = b"{}", stage: str = "consolidate", offset: int = 7) -> Letter:
    message = Message("reads", 2, offset, 0, b"cam-1", value, headers)
    ((emit, told),) = letters(stage, {"reads": "log"}, [Rejection(message, "not_json", "x")], T0)
    found = letter_of(Message(TOPIC, 0, 0, 0, emit.key, emit.value, told))
    assert found is not None
    return found


def test_two_stages_that_refuse_one_message_are_one_replay() -> None:
    first, second, other = letter(), letter(stage="store"), letter(offset=8)
    assert first.about.dead_letter_id != second.about.dead_letter_id
    assert first.replay_id == second.replay_id
    assert first.replay_id != other.replay_id


def test_headers_come_back_as_they_were_and_name_the_ancestor() -> None:
    ancestor = UUID(int=5)
    own = (("frame", b"1"), ("frame", b"2"), ("original_x", b""), (HEADER, b"theirs"))
    found = letter((*own, ("replay_of", str(ancestor).encode())))
    assert found.headers == own
    assert found.ancestor == ancestor
    assert letter().ancestor is None


def test_a_claim_that_is_no_identifier_names_nobody() -> None:
    assert letter((("replay_of", b"\xff"),)).ancestor is None


def test_what_says_not_where_it_comes_from_is_no_letter() -> None:
    assert letter_of(Message(TOPIC, 0, 0, 0, b"", b"")) is None
    assert letter_of(Message(TOPIC, 0, 0, 0, b"", b"", ((HEADER, b"{}"),))) is None


def test_a_whole_letter_says_nothing_of_a_cut() -> None:
    assert letter(value=b"x" * (MOST_BYTES // 2)).cut == ""
    assert "value" in letter(value=b"x" * (MOST_BYTES + 1)).cut
