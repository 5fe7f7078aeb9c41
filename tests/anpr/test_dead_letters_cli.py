"""`anpr dead-letters` from outside: counted without content, shown and put back by who may, recorded, once."""

from __future__ import annotations

import json
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.cli import main
from anpr.embedded.broker import start_broker
from anpr.embedded.store.launch import StoreProcess
from console.dead_letters.letter import Letter
from pipeline.runtime.dead_letters import TOPIC
from sinks.clickhouse.officers import Register
from tests.anpr.program import Ran, anpr, environment, start, wait_until
from tests.console.dead_letters.post import Post, read_of
from tests.sinks import audited

pytestmark = pytest.mark.slow

CHIEF = "C. Chief"
WHY = ("--why", "reads of a camera in the Rue Neuve are missing")
PLATE = "1XYZ987"
Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """A broker with our topics."""
    broker = start_broker(log_path=tmp_path_factory.mktemp("broker") / "broker.log")
    post = Post(broker.bootstrap)
    post.make_topics()
    yield post
    broker.kill()


@pytest.fixture
def client(tables: Client) -> Client:
    """A store with an administrator and nobody else."""
    audited.empty(tables)
    Register(tables, audited.now, CHIEF).bootstrap(("administrator",))
    return tables


@pytest.fixture
def run(store: StoreProcess, client: Client, post: Post, tmp_path: Path) -> Run:
    """Runs `anpr dead-letters`."""
    assert client

    def run(*words: str, by: str = CHIEF, **settings: str) -> Ran:
        given = {"store_dsn": store.dsn, "kafka_bootstrap": post.bootstrap, "officer": by, **settings}
        return anpr(tmp_path / "data", "dead-letters", *words, **given)

    return run


def _refused(post: Post, **changes: object) -> Letter:
    return post.refused(key=b"cam-7", value=read_of(b"cam-7", plate_raw=PLATE, **changes))


def _actions(client: Client, action: str) -> list[dict[str, object]]:
    rows = [row for row in audited.rows(client) if row["action"] == action]
    return [json.loads(row["record"])["about"] for row in rows]


def test_letters_are_counted_without_content_and_without_a_store(run: Run, post: Post) -> None:
    letter = _refused(post)
    post.send(TOPIC, b"k", b"no letter")
    words = ("list", "--topic", "reads", "--reason", "unknown_camera", "--stage", "consolidate")
    counted = run(*words, "--json", store_dsn="http://127.0.0.1:9/")
    assert counted.code == 0, counted.err
    assert counted.json["newest"][0]["dead_letter_id"] == str(letter.about.dead_letter_id)
    (group,) = counted.json["groups"]
    assert (group["topic"], group["reason"], group["letters"]) == ("reads", "unknown_camera", counted.json["letters"])
    assert counted.json["strangers"] >= 1
    told = run(*words, "--limit", "1")
    assert str(letter.about.dead_letter_id) in told.out
    assert PLATE not in told.out + counted.out + told.err
    assert run("list", "--since", "2100-01-01", "--json").json["letters"] == 0


def test_a_letter_is_shown_to_an_administrator_who_says_why(
    run: Run, post: Post, client: Client, tmp_path: Path
) -> None:
    letter = _refused(post)
    name = str(letter.about.dead_letter_id)
    out = tmp_path / "value.json"
    shown = run("show", name[:8], *WHY, "--out", str(out), "--json")
    assert shown.code == 0, shown.err
    assert PLATE in shown.json["value"]["text"]
    assert (shown.json["reason"], shown.json["in_words"]) == ("unknown_camera", "nobody has registered its camera")
    assert (shown.json["key"]["text"], shown.json["source"]["topic"]) == ("cam-7", "reads")
    assert out.read_bytes() == letter.message.value
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    (record,) = _actions(client, "letter_shown")
    assert (record["dead_letter_id"], record["reason"], record["written"]) == (name, WHY[1], True)
    assert PLATE not in json.dumps(record)
    told = run("show", name, *WHY)
    assert PLATE in told.out
    assert audited.verified(client).intact, audited.said(audited.verified(client))


def test_bytes_are_shown_as_bytes(run: Run, post: Post) -> None:
    letter = post.refused(value=bytes(range(256)) * 3, reason="not_json", headers=(("h", b"\x00\x01"),))
    told = run("show", str(letter.about.dead_letter_id), *WHY)
    assert "00000010  10 11 12" in told.out
    assert "512 bytes more: --out FILE writes all" in told.out
    assert "h: 00 01" in told.out


def test_it_is_put_back_once_and_its_story_told(run: Run, post: Post, client: Client) -> None:
    letter = _refused(post)
    name = str(letter.about.dead_letter_id)
    dry = run("replay", name, "--dry-run", "--json", by="A. Peeters", store_dsn="http://127.0.0.1:9/")
    assert (dry.code, dry.json["put_back"], post.copies(letter)) == (0, 1, [])
    first = run("replay", name, *WHY, "--json")
    assert (first.code, first.json["put_back"]) == (0, 1), first.err
    second = run("replay", name, *WHY, "--json")
    assert (second.code, second.json["put_back"], second.json["already"]) == (0, 0, 1)
    (copy,) = post.copies(letter)
    (record,) = _actions(client, "letters_replayed")
    assert (record["letters"], record["topic"], record["reason"]) == ([name], "reads", WHY[1])
    again = post.bury(copy)
    story = run("show", str(again.about.dead_letter_id), *WHY, "--json").json["chain"]
    assert [link["dead_letter_id"] for link in story] == [name, str(again.about.dead_letter_id)]
    assert story[0]["put_back"]["offset"] == copy.offset
    assert "put back" in run("show", name, *WHY).out
    listed = run("list", "--topic", "reads", "--json").json["newest"]
    assert {one["dead_letter_id"]: one["put_back"] for one in listed}[name] is True


def test_a_repaired_value_is_put_back(run: Run, post: Post, tmp_path: Path) -> None:
    letter = post.refused(value=b"{", reason="not_json")
    mended = tmp_path / "mended.json"
    mended.write_bytes(b"[")
    name = str(letter.about.dead_letter_id)
    unfit = run("replay", name, "--value-file", str(mended), *WHY, "--json")
    assert (unfit.code, unfit.json["unfit"]) == (1, 1)
    mended.write_bytes(read_of(b"cam-1"))
    done = run("replay", name, "--value-file", str(mended), *WHY)
    assert done.code == 0, done.err
    assert "put back" in done.out
    assert [copy.value for copy in post.copies(letter)] == [read_of(b"cam-1")]


def test_killed_in_the_middle_of_many_it_goes_on_and_nothing_is_there_twice(
    run: Run, post: Post, store: StoreProcess, tmp_path: Path
) -> None:
    many = [post.refused(key=b"cam-9", value=read_of(b"cam-9"), reason="no_plate_text") for _ in range(450)]
    words = ("replay", "--topic", "reads", "--reason", "no_plate_text", *WHY)
    settings = {"store_dsn": store.dsn, "kafka_bootstrap": post.bootstrap, "officer": CHIEF}
    process = start(tmp_path / "data", "dead-letters", *words, **settings)
    wait_until(lambda: any(post.copies(many[n]) for n in (0, 250)), what="the first is put back")
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = run(*words, "--json")
    assert done.code == 0, done.err
    assert done.json["put_back"] + done.json["found"] + done.json["already"] == len(many)
    lying = [dict(one.headers).get("replay_of") for one in post.messages("reads") if one.key == b"cam-9"]
    back = [name for name in lying if name is not None]
    assert sorted(back) == sorted(str(one.about.dead_letter_id).encode() for one in many)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "--topic", "reeds"), "there is no topic reeds: one of"),
        (("list", "--reason", "odd"), "there is no reason odd: one of"),
        (("list", "--since", "noon"), "--since noon is no day or moment"),
        (("show", "ffffffff", *WHY), "there is no dead letter ffffffff"),
        (("show", "fff", *WHY), "give 6 digits of the letter's identifier or more"),
        (("show", "ffffffff", "--why", "x"), "state a reason"),
        (("replay", *WHY), "say which: identifiers, or --topic"),
        (("replay", "ffffffff", "--topic", "reads", *WHY), "not both"),
        (("replay", "--topic", "reads", "--key", "k", *WHY), "for one letter"),
        (("replay", "ffffffff", "--value-file", "nowhere", *WHY), "nowhere cannot be read"),
        (("replay", "--topic", "reads"), "state a reason"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    words: tuple[str, ...], said: str, post: Post, store: StoreProcess, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """In this process, which is quicker than starting one."""
    settings = {"store_dsn": store.dsn, "kafka_bootstrap": post.bootstrap, "officer": CHIEF}
    for name, value in environment(tmp_path / "data", **settings).items():
        if name.startswith("ANPR_"):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["anpr", "dead-letters", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capfd.readouterr()
    Ran(2, out, err).assert_clear(said)
    assert ended.value.code == 2


def test_only_an_administrator_sees_content_and_puts_back(run: Run, post: Post, client: Client) -> None:
    letter = _refused(post)
    name = str(letter.about.dead_letter_id)
    for words in (("show", name, *WHY), ("replay", name, *WHY)):
        refused = run(*words, by="A. Peeters")
        refused.assert_clear("A. Peeters is not registered as administrator")
        assert PLATE not in refused.err
    assert post.copies(letter) == []
    assert _actions(client, "letter_shown") == _actions(client, "letters_replayed") == []


def test_without_a_broker_it_says_what_to_set(run: Run) -> None:
    run("list", kafka_bootstrap="127.0.0.1:9").assert_clear("no broker answers at 127.0.0.1:9")
