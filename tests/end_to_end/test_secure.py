"""The platform on a Kafka that asks everybody who they are: each flow runs as its own user, and may nothing else.

The broker has the settings of docker-compose.secure.yml, the store is asked over TLS.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from confluent_kafka import KafkaError, Producer, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient

from anpr.certificates import Authority
from anpr.doctor import examine
from anpr.embedded.store.launch import start_store
from anpr.registering import register
from anpr.wiring import FLOWS, drain_order
from pipeline.outcome import Emit, Outcome
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.drain import Drain
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, admin_client, cause, producer_client
from pipeline.runtime.output import DeliveryFailed, KafkaOutput
from pipeline.runtime.reach import BrokerSilent, ask_broker
from pipeline.runtime.source import KafkaSource
from schemas.lez import Vehicle
from sinks.clickhouse.client import connect
from tests.anpr.program import Ran, anpr, start, wait_until
from tests.end_to_end.city import CAMERAS, traffic, wanted
from tests.secure_kafka import SecureKafka, secure_kafka, settings
from tests.tls_front import tls_front
from topics.access.broker import differences, mend, set_passwords
from topics.access.model import role_of
from topics.access.rights import Right, rights
from topics.model import Topics
from topics.spec import all_topics

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]
TRACKS = 60
AT_ONCE = 4
"""Processes that start at once: more would only wait for each other."""
START_S = 150.0
DOOR = ("door", "--port", "0")
ALL_S = 90.0


@dataclass(frozen=True)
class Secured:
    """Broker and store, set up as `setup` does it."""

    kafka: SecureKafka
    folder: Path
    store_port: int

    def as_user(self, name: str, password: str | None = None) -> KafkaConfig:
        """Configuration of a client of this user."""
        return settings(self.kafka.user(name, password)).kafka()

    def admin(self) -> AdminClient:
        """Of the super user."""
        return admin_client(settings(self.kafka.by_certificate()).kafka())

    def setup(self, *words: str, stdin: str = "") -> Ran:
        """A command of the super user."""
        return anpr(self.folder / "setup", *words, stdin=stdin, **self.kafka.by_certificate(), **self.store())

    def store(self) -> dict[str, str]:
        """Settings by which both databases are reached, over TLS."""
        address = f"https://default@127.0.0.1:{self.store_port}"
        return {
            "store_dsn": f"{address}/default",
            "lez_dsn": f"{address}/lez",
            "store_ca_file": str(self.kafka.certificates / "ca.pem"),
            "topics_max_partitions": "1",
            "topics_replication": "1",
        }


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Users, topics and tables are there."""
    folder = tmp_path_factory.mktemp("secured")
    with secure_kafka(folder) as kafka:
        store = start_store(folder / "embedded")
        both = Authority.in_folder(kafka.certificates).issue(folder / "front", "clickhouse", ("127.0.0.1",))
        try:
            with tls_front(both, store.port) as port:
                one = Secured(kafka, folder, port)
                lines = "".join(f"{name} {password}\n" for name, password in kafka.passwords.items())
                for words, text in ((("users", "-"), lines), (("create",), "")):
                    done = one.setup("topics", *words, stdin=text)
                    assert done.code == 0, done.err
                done = one.setup("store", "migrate")
                assert done.code == 0, done.err
                yield one
        finally:
            store.stop()


def test_every_flow_does_its_work_as_its_own_user(secured: Secured) -> None:
    running: dict[str, Popen[str]] = {}
    try:
        commands = {name: ("worker", name) for name in FLOWS} | {"api": ("serve", "--port", "0"), "door": DOOR}
        for some in (list(commands)[begin : begin + AT_ONCE] for begin in range(0, len(commands), AT_ONCE)):
            running |= {name: _start(secured, name, *commands[name]) for name in some}
            for name in some:
                _await(secured, name, running[name])
        _feed(secured)
        _drain(secured)
        with connect(settings(secured.store()).dsn()) as client, connect(settings(secured.store()).lez()) as lez:
            for table, source in {"passages_unpacked": client, "hits": client, "verdicts_now": lez}.items():
                assert source.command(f"SELECT count() FROM {table}"), table
            wait_until(lambda: client.command("SELECT count() FROM cases FINAL"), what="cases in the store")
            letters = client.query("SELECT stage, reason, detail FROM dead_letters").result_rows
        assert letters == []
        for name, process in running.items():
            assert process.poll() is None, _log(secured, name)
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait(30)
    for name in running:
        assert "authorization failed" not in _log(secured, name).lower(), name
        assert secured.kafka.passwords[name] not in _log(secured, name), name


def _start(secured: Secured, name: str, *words: str) -> Popen[str]:
    """As its service is: its own user, data folder and pages."""
    folder = secured.folder / name
    folder.mkdir()
    ready = ("--ready-file", str(folder / "ready"))
    return start(folder / "data", *words, *ready, **secured.kafka.user(name), **secured.store())


def _await(secured: Secured, name: str, process: Popen[str]) -> None:
    ready = secured.folder / name / "ready"
    wait_until(lambda: ready.exists() or process.poll() is not None, what=f"{name} runs", timeout_s=START_S)
    assert process.poll() is None, _log(secured, name)


def _log(secured: Secured, name: str) -> str:
    return (secured.folder / name / "err.0").read_text()


def _feed(secured: Secured) -> None:
    vehicles = [Vehicle(plate=entry.plate, country="BE", category="M1", fuel="diesel", euro=3) for entry in wanted()]
    register(secured.as_user("operator"), [*CAMERAS, *wanted()])
    register(secured.as_user("registers"), vehicles)
    door = producer_client(secured.as_user("door"))
    failed: list[KafkaError] = []
    for key, value in traffic(TRACKS):
        door.produce("reads", value, key, on_delivery=lambda error, _raw: failed.extend([error] if error else []))
    assert door.flush(30) == 0
    assert failed == []


def _drain(secured: Secured) -> None:
    drain = Drain(secured.as_user("operator"), SystemClock())
    try:
        drain.wait(drain_order(FLOWS, settings({})), ALL_S)
    finally:
        drain.close()


def test_a_user_may_write_and_read_what_the_files_say_and_no_other_topic(secured: Secured) -> None:
    found, wanted_of = {}, {}
    for user in secured.kafka.passwords:
        config, own = secured.as_user(user), rights(role_of(user), user, all_topics())
        found[user] = (_writable(config), _readable(config))
        wanted_of[user] = tuple(
            {topic for topic in all_topics() if Right("topic", topic, operation) in own}  # type: ignore[arg-type]
            for operation in ("write", "read")
        )
    assert found == wanted_of
    assert sum(len(all_topics()) - len(writes) for writes, _reads in found.values()) > 250, "refusals were tried"


def _writable(config: KafkaConfig) -> set[str]:
    """Topics whose messages a broker took."""
    outcomes: dict[str, int] = {}
    client = {"bootstrap.servers": config.bootstrap, "message.timeout.ms": 10_000, "log_level": 0, **config.extra}
    producer = Producer(client)
    for topic in all_topics():
        producer.produce(
            topic,
            b"{}",
            b"nobody",
            on_delivery=lambda error, raw: outcomes.update({raw.topic() or "": error.code() if error else 0}),
        )
    assert producer.flush(30) == 0
    assert set(outcomes.values()) <= {0, KafkaError.TOPIC_AUTHORIZATION_FAILED}, outcomes
    return {topic for topic, code in outcomes.items() if code == 0}


def _readable(config: KafkaConfig) -> set[str]:
    """Topics that the broker says may be read."""
    admin = admin_client(config)
    asked = admin.describe_topics(
        TopicCollection(list(all_topics())), include_authorized_operations=True, request_timeout=30
    )
    return {topic for topic, future in asked.items() if _may_read(future)}


def _may_read(future: Any) -> bool:
    refused = future.exception()
    if refused is None:
        return AclOperation.READ in future.result().authorized_operations
    assert cause(refused).code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    return False


@pytest.mark.parametrize(("user", "topic"), [("store", "hits"), ("api", "reads"), ("door", "passages")])
def test_a_refusal_is_told_with_what_to_do(secured: Secured, user: str, topic: str) -> None:
    output = KafkaOutput(secured.as_user(user))
    with pytest.raises(DeliveryFailed, match=rf"first {topic}: .*authorization failed; `anpr topics acl --check` says"):
        output.deliver(Outcome(emitted=[Emit(topic, b"nobody", b"{}")]), lambda: None)


def test_nobody_takes_part_in_a_group_of_others(secured: Secured) -> None:
    source = KafkaSource(secured.as_user("store"), "match", ("passages",))
    source.open()
    try:
        with pytest.raises(KafkaUnusable, match=r"Kafka refuses this worker: .*[Gg]roup authorization failed"):
            _poll_until_refused(source)
    finally:
        source.close()


def _poll_until_refused(source: KafkaSource) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        source.poll(10, 0.5)


def test_a_wrong_password_is_told(secured: Secured) -> None:
    with pytest.raises(BrokerSilent, match=r"does not let the user store in: are ANPR_KAFKA_USERNAME, ANPR_KAFKA_PASS"):
        ask_broker(secured.as_user("store", "wr0ng"), 3.0)
    told = next(one for one in examine(settings(secured.kafka.user("store", "wr0ng"))) if one.what == "broker")
    assert told.state == "fault"
    assert "does not let the user store in" in told.words
    assert "wr0ng" not in told.words


def test_a_certificate_that_is_no_super_user_may_nothing(secured: Secured) -> None:
    Authority.in_folder(secured.kafka.certificates).issue(secured.kafka.certificates / "mallory", "mallory", ())
    config = settings(secured.kafka.by_certificate("mallory")).kafka()
    assert ask_broker(config, 5.0).topics == {}
    with pytest.raises(DeliveryFailed, match="authorization failed"):
        KafkaOutput(config).deliver(Outcome(emitted=[Emit("reads", b"nobody", b"{}")]), lambda: None)


def test_without_a_certificate_nobody_is_a_broker(secured: Secured) -> None:
    given = {**secured.kafka.by_certificate(), "kafka_certificate_file": "", "kafka_key_file": ""}
    with pytest.raises(BrokerSilent, match="takes nobody without a certificate of its authority"):
        ask_broker(settings({name: value for name, value in given.items() if value}).kafka(), 3.0)


def test_a_new_password_holds_at_once_and_who_is_ended_may_nothing_more(secured: Secured) -> None:
    """As docs/security.md says it is done; who works on meanwhile is not disturbed by a new password."""
    old, user = secured.kafka.passwords["patrols"], "patrols"
    at_work = KafkaOutput(secured.as_user(user))
    _send(at_work, "patrols")
    set_passwords(secured.admin(), {user: "new-one"})
    _send(at_work, "patrols")
    wait_until(lambda: _refused(secured, user, old), what="the old password is refused")
    _send(KafkaOutput(secured.as_user(user, "new-one")), "patrols")
    assert secured.setup("topics", "users", "--end", user, "--json").json["ended"] == [user]
    with pytest.raises(DeliveryFailed, match="authorization failed"):
        wait_until(lambda: _send(at_work, "patrols"), what="it is refused", timeout_s=10)
    wait_until(lambda: _refused(secured, user, "new-one"), what="the new password is refused")


def _send(output: KafkaOutput, topic: str) -> None:
    output.deliver(Outcome(emitted=[Emit(topic, b"nobody", b"{}")]), lambda: None)


def _refused(secured: Secured, user: str, password: str) -> bool:
    try:
        ask_broker(secured.as_user(user, password), 2.0)
    except BrokerSilent as silent:
        return "does not let the user" in str(silent)
    return False


def test_rights_that_differ_are_told_and_mended(secured: Secured) -> None:
    everybody = sorted({*secured.kafka.passwords} - {"patrols"})
    assert differences(secured.admin(), everybody, all_topics()) == []
    short = {name: spec for name, spec in all_topics().items() if name != "camera-tallies"}
    mend(secured.admin(), ["health"], Topics(short), remove=True)
    told = secured.setup("topics", "acl", "--check", "--user", "health", "--json")
    lacks = ["describe group reference.camera-tallies", "read topic camera-tallies"]
    assert (told.code, [(one["right"], one["kind"]) for one in told.json["differs"]]) == (
        1,
        [(right, "missing") for right in lacks],
    )
    mended = mend(secured.admin(), ["health"], all_topics(), remove=False)
    assert [one.right for one in mended] == lacks
    assert differences(secured.admin(), everybody, all_topics()) == []
