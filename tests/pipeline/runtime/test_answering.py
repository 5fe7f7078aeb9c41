"""A silent broker, and one that has just come back, tell nothing of the end of a log."""

from __future__ import annotations

from pipeline.runtime.answering import GAP_S, SETTLE_S, Answering


def _told(looks: list[tuple[float, bool]]) -> list[bool]:
    """What is told at each look: (moment in seconds, whether the broker answers)."""
    at = [0.0]
    answers = iter([answer for _, answer in looks])
    answering = Answering(lambda: next(answers), lambda: at[0])

    def look(second: float) -> bool:
        at[0] = second
        return answering.steadily()

    return [look(second) for second, _ in looks]


def test_a_broker_that_answers_is_trusted_from_the_start() -> None:
    assert _told([(0, True), (1, True), (2, True)]) == [True] * 3


def test_after_a_silence_it_is_trusted_when_producers_have_come_through() -> None:
    looks = [(float(second), second != 1) for second in range(int(SETTLE_S) + 3)]
    assert _told(looks) == [True, *[False] * int(SETTLE_S), True, True]


def test_who_did_not_look_for_long_does_not_know() -> None:
    """The loop stood in a flush: all was silent maybe, and answers at once when it is asked again."""
    back = GAP_S + 0.5
    later = [(back + second, True) for second in range(int(SETTLE_S) + 2)]
    assert _told([(0.0, True), *later]) == [True, *[False] * int(SETTLE_S), True, True]
