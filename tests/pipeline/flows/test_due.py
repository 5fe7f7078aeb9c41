"""What is due is taken once, when it is due, under the moment that was said last."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.flows.due import Due
from tests.pipeline.builders import at

STEP = st.tuples(st.sampled_from(["set", "drop", "take"]), st.integers(0, 5), st.integers(0, 20))


def test_the_earliest_comes_first_and_no_more_than_wanted() -> None:
    due = Due()
    for n in (3, 1, 2):
        due.set(b"%d" % n, at(n))
    assert due.take(at(10), 2) == [b"1", b"2"]
    assert due.take(at(10), 2) == [b"3"]
    assert (due.take(at(10), 2), len(due)) == ([], 0)


@given(st.lists(STEP, max_size=60))
def test_it_is_what_a_plain_table_would_be(steps: list[tuple[str, int, int]]) -> None:
    due, plain = Due(), dict[bytes, int]()
    for what, key, moment in steps:
        name = b"%d" % key
        if what == "set":
            due.set(name, at(moment))
            plain[name] = moment
        elif what == "drop":
            due.drop(name)
            plain.pop(name, None)
        else:
            found = due.take(at(moment), 100)
            assert sorted(found) == sorted(key for key, when in plain.items() if when <= moment)
            for one in found:
                del plain[one]
        assert len(due) == len(plain)
