"""`anpr topics acl | users` where no broker is needed; with one: tests/end_to_end/test_secure.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from anpr.cli import main
from topics.access.model import all_roles


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["anpr", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_each_role_is_shown_with_its_rights(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "topics", "acl", "--json") == 0
    users = json.loads(capsys.readouterr().out)["users"]
    assert users.keys() == all_roles().keys()
    assert "write topic hits" in users["match"]
    assert "write topic hits" not in users["store"]


def test_a_named_user_is_shown_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "topics", "acl", "--user", "subscriber.tow-cars", "--json") == 0
    assert json.loads(capsys.readouterr().out)["users"] == {
        "subscriber.tow-cars": [
            "describe group reference.cameras",
            "describe group reference.hits",
            "read group subscriber.tow-cars",
            "read group subscriber.tow-cars.*",
            "read topic cameras",
            "read topic hits",
        ]
    }


@pytest.mark.parametrize(
    ("line", "words"),
    [("store", "line 1 is no `NAME PASSWORD`"), ("mallory s3cret", "the user mallory has no role"), ("", "no line")],
)
def test_users_that_cannot_be_made_are_told_without_their_passwords(
    line: str,
    words: str,
    tmp_path: Path,
    embedded_broker: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ANPR_KAFKA_BOOTSTRAP", embedded_broker)
    (tmp_path / "users").write_text(line)
    assert run(monkeypatch, "topics", "users", str(tmp_path / "users")) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "s3cret" not in said
