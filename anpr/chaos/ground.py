"""The platform under fire: each part a process of its own, started again at once, as a service manager would."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from anpr.chaos.plan import API, BROKER, CLICKHOUSE, CONTROLLER, ChaosPlan, Say
from anpr.chaos.traffic import references
from anpr.embedded.broker import BrokerProcess, start_broker
from anpr.embedded.child import Child, start_child, wait_ready
from anpr.embedded.forking import OF_THE_API, load_ahead, start_anpr
from anpr.embedded.kafka import KafkaCluster, KafkaNode, start_kafka
from anpr.embedded.kafka_jars import fetch_kafka_jars, jar_cache
from anpr.embedded.kafka_quorum import QuorumUnknown, leader_of
from anpr.platform import Platform, PlatformFault, create_topics, open_platform, restart_store
from anpr.registering import register
from anpr.settings import PREFIX, Settings
from pipeline.runtime.kafka import admin_client

__all__ = ["Ground", "open_ground"]

START_S = 120.0
ANSWER_S, COPIES_ANSWER_S = 0.5, 2.0
GIVES_WAY = 5
"""Niceness of workers that run: they share one machine with those that start, the brokers and the database."""
FIRST = "consolidate"
"""The flow that gives way to nobody: all others live of what it tells."""


@dataclass(slots=True)
class Ground:
    """All processes, by part."""

    plan: ChaosPlan
    platform: Platform
    """Its store; workers and brokers are ours."""
    broker: KafkaCluster | BrokerProcess
    children: dict[str, Child] = field(default_factory=dict)
    """Workers and the API by name."""
    ended_by_themselves: list[str] = field(default_factory=list)
    """Parts that nobody struck: how long after the begin they ended, with what, and their last word."""
    older: Path | None = None
    """Folder of another release of the program, from which workers run that are not exchanged yet."""
    exchanged: set[str] = field(default_factory=set)
    """Workers that run from our own folder, where there is an older release."""
    added: dict[str, str] = field(default_factory=dict)
    """Workers beside those of the plan → their flow."""
    began: float = field(default_factory=time.monotonic)
    """Of the monotonic clock."""
    _asking: AdminClient | None = None

    def age_s(self) -> float:
        """How long it is there, on the clock of the strikes."""
        return time.monotonic() - self.began

    @property
    def settings(self) -> Settings:
        """By which all parts find each other."""
        return self.platform.settings

    def start(self) -> None:
        """Start workers and the API, and wait until each one runs. Raises ChildError."""
        for name in (*self.plan.instances(), API):
            self._spawn(name)
        for name, child in self.children.items():
            wait_ready(child, self._ready_file(name).exists, timeout_s=START_S)

    def add_worker(self, name: str, flow: str) -> None:
        """One more, unknown to the group: it is let in at once, and when it leaves its partitions go to the others."""
        self.added[name] = flow
        self._spawn(name)

    def remove_worker(self, name: str) -> None:
        """Ask it to end, and do not wait: its partitions are on their way while it does."""
        self.children[name].send(signal.SIGTERM)

    def has_left(self, name: str) -> bool:
        """Whether it has ended; then it is forgotten. Raises PlatformFault when it did not end in order."""
        code = self.children[name].returncode
        if code is None:
            return False
        if code:
            raise PlatformFault(f"worker {name} ended with {code}: {self.children[name].log_tail()}")
        del self.children[name]
        return True

    def exchange(self, name: str) -> None:
        """End a worker of the older release in order, and start ours under its name; does not wait for it."""
        self.remove_worker(name)
        self.await_end(name)
        code = self.children[name].returncode
        if code:
            raise PlatformFault(f"worker {name} ended with {code}: {self.children[name].log_tail()}")
        self.exchanged.add(name)
        self._spawn(name)

    def runs(self, name: str) -> bool:
        """Whether it says that it is ready."""
        return self._ready_file(name).exists()

    def works(self, process: str) -> bool:
        """Whether it is there again, as far as it says so itself; of a broker and the database its users tell."""
        if process == API:
            return self._api_answers()
        return process not in self.children or self.runs(process)

    def _spawn(self, name: str) -> None:
        ready = self._ready_file(name)
        ready.unlink(missing_ok=True)
        flow = self.plan.instances().get(name)
        command = ["serve", "--port", "0"] if name == API else ["worker", flow or self.added[name]]
        instance = {} if flow is None or self.plan.broker == "embedded" else {"ANPR_KAFKA_INSTANCE": name}
        words = [*command, "--ready-file", str(ready)]
        log = self.settings.data_dir / "logs" / f"{name}.log"
        if self.older is None or name in self.exchanged:
            niceness = 0 if name.startswith(FIRST) else GIVES_WAY
            environ = {**self.settings.environment(), f"{PREFIX}WORKER_NICENESS": str(niceness), **instance}
            self.children[name] = start_anpr(name, words, log, environ=environ)
        else:
            python = [sys.executable, "-P", "-m", "anpr"]
            environ = self._of_older() | {"PYTHONPATH": str(self.older), **instance}
            self.children[name] = start_child(name, [*python, *words], log, environ=environ)

    def _of_older(self) -> dict[str, str]:
        """It refuses settings that it does not know; nobody sets one to its default."""
        wanted = {PREFIX + name.upper() for name in self.settings.model_dump(exclude_defaults=True)}
        return {name: value for name, value in self.settings.environment().items() if name in wanted}

    def _ready_file(self, name: str) -> Path:
        return self.settings.data_dir / f"{name}.ready"

    def flows_of(self, part: str) -> tuple[str, ...]:
        """Flows that cannot go on while this part is gone."""
        if part == API:
            return ()
        if part == CLICKHOUSE:
            return ("store", "store-lez")
        instances = self.plan.instances()
        return (instances[part],) if part in instances else tuple(dict.fromkeys(instances.values()))

    def find(self, part: str) -> str:
        """Which process that is now: a broker by its number, drawn or the leader's."""
        if isinstance(self.broker, BrokerProcess) or part not in (BROKER, CONTROLLER):
            return part
        leader = self._leader()
        others = [node.node_id for node in self.broker.nodes if node.node_id != leader]
        return f"broker {leader if part == CONTROLLER else others[0]}"

    def _leader(self) -> int:
        assert isinstance(self.broker, KafkaCluster)
        for node in self.broker.nodes:
            with contextlib.suppress(QuorumUnknown):  # another one knows
                return leader_of(node.bootstrap)
        raise PlatformFault("no broker tells who leads the cluster")

    def pid(self, process: str) -> int:
        """Of a process by its name."""
        if process == CLICKHOUSE:
            assert self.platform.store is not None
            return self.platform.store.pid
        if process in self.children:
            return self.children[process].pid
        return self.broker.pid if isinstance(self.broker, BrokerProcess) else self._node(process).pid

    def _node(self, process: str) -> KafkaNode:
        assert isinstance(self.broker, KafkaCluster)
        return next(node for node in self.broker.nodes if process == f"broker {node.node_id}")

    def signal(self, process: str, number: signal.Signals) -> None:
        """Send it a signal."""
        self._child(process).send(number)

    def await_end(self, process: str) -> None:
        """Return when a process that was told to end has ended; it is killed where it does not."""
        self._child(process).stop(60.0)

    def revive(self, process: str) -> None:
        """Start it again. The store is waited for, all others come up by themselves."""
        if process == CLICKHOUSE:
            restart_store(self.platform)
        elif process in self.children:
            self._spawn(process)
        else:
            self._node(process).start()

    def _child(self, process: str) -> Child:
        if process == CLICKHOUSE:
            assert self.platform.store is not None
            return self.platform.store.child
        if process in self.children:
            return self.children[process]
        return self.broker.child if isinstance(self.broker, BrokerProcess) else self._node(process).child

    def log_tail(self, process: str) -> str:
        """The end of what it logged."""
        return self._child(process).log_tail()

    def processes(self) -> list[str]:
        """Names of all of them."""
        nodes = (
            [f"broker {node.node_id}" for node in self.broker.nodes] if isinstance(self.broker, KafkaCluster) else []
        )
        return [*self.children, CLICKHOUSE, *nodes]

    def tend(self) -> None:
        """Start again what has ended though nobody struck it, and note that."""
        for process in self.processes():
            code = self._child(process).returncode
            if code is not None:
                last_word = self.log_tail(process).splitlines()[-1]
                self.ended_by_themselves.append(f"{process} ended with {code} after {self.age_s():.0f} s: {last_word}")
                self.revive(process)

    def _api_answers(self) -> bool:
        """Whether the API says that it works."""
        try:
            port = json.loads(self._ready_file(API).read_text())["port"]
            with urlopen(f"http://127.0.0.1:{port}/api/health", timeout=ANSWER_S) as answer:
                return bool(answer.status == 200)
        except (FileNotFoundError, URLError, TimeoutError, ConnectionError):
            return False

    def copies_whole(self) -> bool:
        """Whether every partition has all its copies; no, where no broker says so."""
        self._asking = self._asking or admin_client(self.settings.kafka())
        try:
            topics = self._asking.list_topics(timeout=COPIES_ANSWER_S).topics.values()
        except KafkaException:
            return False
        return all(len(one.isrs) == len(one.replicas) for topic in topics for one in topic.partitions.values())

    def rest(self) -> None:
        """End workers and the API in order; brokers and the database go on, for whoever looks what was done."""
        for child in self.children.values():
            child.send(signal.SIGCONT)
            child.send(signal.SIGTERM)
        for child in self.children.values():
            child.stop(30.0)
        self.children.clear()

    def stop(self) -> None:
        """End workers in order, then the brokers at once: nobody needs their logs again."""
        self.rest()
        self.broker.kill()


@contextlib.contextmanager
def open_ground(settings: Settings, plan: ChaosPlan, say: Say, older: Path | None = None) -> Iterator[Ground]:
    """Brokers, store, topics, tables, references, workers: all there and running. Raises PlatformFault.

    older: folder of another release of the program, from which the workers run at first.
    """
    load_ahead(OF_THE_API)
    with open_platform(settings, broker="none", say=say) as platform:
        say(f"starting {plan.brokers} Apache Kafka" if plan.broker == "kafka" else "starting the embedded broker")
        broker = _start_broker(settings, plan)
        try:
            named = {
                "kafka_bootstrap": broker.bootstrap,
                "kafka_assignment": "group" if plan.broker == "kafka" else "static",
                "topics_max_partitions": plan.partitions if plan.broker == "kafka" else 1,
                "topics_replication": plan.copies,
            }
            platform.settings = Settings.model_validate({**platform.settings.model_dump(), **named})
            ground = Ground(plan, platform, broker, older=older)
            create_topics(platform.settings)
            register(platform.settings.kafka(), references(datetime.now(UTC)))
            say(f"starting workers: {', '.join(plan.instances())}")
            try:
                ground.start()
                yield ground
            finally:
                ground.stop()
        finally:
            broker.kill()


def _start_broker(settings: Settings, plan: ChaosPlan) -> KafkaCluster | BrokerProcess:
    if plan.broker == "kafka":
        jars = fetch_kafka_jars(jar_cache())
        return start_kafka(jars, settings.data_dir / "kafka", nodes=plan.brokers, heap_mb=512, timeout_s=START_S)
    return start_broker(log_path=settings.data_dir / "logs" / "broker.log")
