"""What each Kafka user may follows from the topic files and the roles, and is no more than its work needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from anpr.wiring import FLOWS
from topics.access.model import RoleError, all_roles, load_roles, role_of
from topics.access.rights import Right, rights
from topics.spec import all_topics

UNREAD = {"audit"}
"""Parts of topic files that no user is: the topic `searches` is read by nobody yet."""


def of(user: str) -> frozenset[Right]:
    return rights(role_of(user), user, all_topics())


def users_that(operation: str, topic: str) -> set[str]:
    return {name for name in all_roles() if Right("topic", topic, operation) in of(name)}  # type: ignore[arg-type]


def test_each_flow_has_a_user_that_may_read_what_it_reads_and_be_in_its_group() -> None:
    for name, flow in FLOWS.items():
        assert {Right("topic", topic, "read") for topic in flow.topics} <= of(name), name
        assert Right("group", name, "read") in of(name), name


@pytest.mark.parametrize(
    ("topic", "writers"),
    [
        ("hits", {"match", "lookback", "repair"}),
        ("reads", {"read", "door", "operator", "replay", "repair"}),
        ("frames", {"door", "operator", "replay", "repair"}),
        ("passages", {"consolidate", "repair"}),
        ("lez-verdicts", {"judge", "api", "operator", "repair"}),
        ("lez-notices", {"notices", "repair"}),
        ("case-files", {"cases", "repair"}),
        ("cases", {"cases", "repair"}),
    ],
)
def test_only_who_makes_a_message_may_write_it(topic: str, writers: set[str]) -> None:
    assert users_that("write", topic) == writers


def test_frames_and_files_are_read_by_those_who_work_on_them_alone() -> None:
    people = {"operator", "replay", "repair"}
    assert users_that("read", "frames") == {"read", "door"} | people
    assert users_that("read", "case-files") == {"cases"} | people
    assert users_that("read", "dead-letters") == {"store", "store-lez"} | people


def test_a_door_may_write_reads_and_frames_and_nothing_else() -> None:
    changed = {right for right in of("door.brussels") if right.operation != "describe"}
    assert {Right("topic", "reads", "write"), Right("topic", "frames", "write")} <= changed
    assert not {right for right in changed if right.kind == "topic" and right.name in ("hits", "passages", "hotlist")}


def test_a_sink_writes_letters_alone() -> None:
    for sink in ("store", "store-lez"):
        assert {right.name for right in of(sink) if right.operation == "write"} == {"dead-letters"}


def test_a_program_outside_is_in_groups_that_bear_its_name() -> None:
    groups = {right.name for right in of("subscriber.tow-cars") if right.kind == "group" and right.operation == "read"}
    assert groups == {"subscriber.tow-cars", "subscriber.tow-cars."}


def test_every_part_of_a_topic_file_is_some_user() -> None:
    named = {part for spec in all_topics().values() for part in (*spec.producers, *spec.consumers)}
    assert named - {part for role in all_roles().values() for part in role.parts} == UNREAD


def test_who_may_read_need_not_be_told_to_see() -> None:
    assert Right("topic", "passages", "describe") in of("lookback")
    assert Right("topic", "hotlist", "describe") not in of("lookback")


def test_a_user_without_a_role_is_refused() -> None:
    with pytest.raises(RoleError, match=r"the user mallory has no role: call it one of read, consolidate"):
        role_of("mallory")


def test_a_faulty_file_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "roles.yaml"
    file.write_text("store: {what: x, groups: [store], write: [hits]}\n")
    with pytest.raises(RoleError, match=r"roles.yaml: write: Extra inputs"):
        load_roles(file)
