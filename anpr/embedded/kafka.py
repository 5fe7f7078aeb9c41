"""Apache Kafka from its jars, without Docker: for tests and chaos tools where Java 17 and Maven are.

One or more nodes in KRaft mode, each broker and controller at once, on free loopback ports, with their data in
a folder of the caller. Nodes can be killed and started again: on the same data, on an empty disk, by another version.
"""

from __future__ import annotations

import base64
import fcntl
import os
import shutil
import signal
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from anpr.embedded.child import Child, ChildError, find_program, free_port, run_to_end, start_child, wait_ready
from anpr.embedded.kafka_jars import class_archive
from anpr.embedded.ready import answers

__all__ = ["KafkaCluster", "KafkaNode", "start_kafka"]

_HOST = "127.0.0.1"
_FORMAT_TIMEOUT_S = 60
_ARCHIVE_TIMEOUT_S = 120


class KafkaNode:
    """One broker and controller. Built by `start_kafka`; survives `kill()` and `start()` with its data."""

    def __init__(self, node_id: int, port: int, folder: Path, java: Sequence[str]) -> None:
        self.node_id = node_id
        self.port = port
        self.folder = folder
        self._java = java
        self._child: Child | None = None

    @property
    def bootstrap(self) -> str:
        """Value for `bootstrap.servers`."""
        return f"{_HOST}:{self.port}"

    @property
    def child(self) -> Child:
        """The running process. Raises ChildError before the first `start()`."""
        if self._child is None:
            raise ChildError(f"Kafka node {self.node_id} was never started; start it first")
        return self._child

    @property
    def pid(self) -> int:
        """Process id of the running node."""
        return self.child.pid

    def start(self) -> None:
        """Start the node on what its folder holds; does not wait for it (see `KafkaCluster.wait`)."""
        command = [*self._java, "kafka.Kafka", str(self.folder / "server.properties")]
        self._child = start_child(f"Kafka node {self.node_id}", command, self.folder / "kafka.log")

    def stop(self) -> None:
        """Ask the node to end and hand over its partitions; killed when that takes more than 20 s."""
        self.child.stop(20)

    def kill(self) -> None:
        """End the node at once, as a crash would."""
        self.child.kill()

    def empty_disk(self, cluster_id: str) -> None:
        """What an operator does of a node whose disk is lost: an empty one, formatted for the cluster.

        Not while the node runs. Raises ChildError.
        """
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        _format(self, self._java, cluster_id)

    def exchange(self, jars: Path) -> None:
        """Run these jars from the next start on: another version, on the same data."""
        self._java = _java(jars, self._java[1], _classes_of(jars))


@dataclass(frozen=True)
class KafkaCluster:
    """Running nodes of one cluster."""

    nodes: tuple[KafkaNode, ...]
    cluster_id: str

    @property
    def bootstrap(self) -> str:
        """Value for `bootstrap.servers`, all nodes."""
        return ",".join(node.bootstrap for node in self.nodes)

    def wait(self, timeout_s: float) -> None:
        """Return when every node answers and knows all of them. Raises ChildError with the end of a log."""
        for node in self.nodes:
            self.wait_node(node, timeout_s)

    def wait_node(self, node: KafkaNode, timeout_s: float) -> None:
        """Return when one node answers and knows as many brokers as the cluster has nodes."""
        wait_ready(
            node.child,
            lambda: answers(node.bootstrap, self.cluster_id, brokers=len(self.nodes)),
            timeout_s=timeout_s,
        )

    def kill(self) -> None:
        """End all nodes at once. For data that nobody needs again it is the quick way to stop."""
        for node in self.nodes:
            node.kill()


def start_kafka(
    jars: Path,
    folder: Path,
    *,
    nodes: int = 1,
    heap_mb: int = 512,
    settings: Mapping[str, str] | None = None,
    timeout_s: float = 60.0,
    by_line: tuple[int, int] | None = None,
) -> KafkaCluster:
    """Format and start a new cluster in `folder` and wait until all nodes answer.

    settings: broker settings on top of ours. The nodes die with the thread that started them. by_line: of a single
    node, a second port that it listens on, and the one that whoever comes by it is told to come to.
    Raises ChildError with one sentence and the end of the log; then no node is left running.
    """
    java = _java(jars, f"-Xmx{heap_mb}m", _classes_of(jars))
    layout = _layout(nodes)
    members = [KafkaNode(node, ports[0], folder / f"node-{node}", java) for node, ports in layout.items()]
    for member in members:
        _prepare(member, _by_line(_properties(member, layout, settings or {}), by_line))
    return _start_all(members, java, timeout_s)


# Quick to start rather than quick for hours; warnings and errors only in the log.
_JVM_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)


def _java(jars: Path, heap: str, classes: Sequence[str]) -> list[str]:
    return [find_program("java"), heap, *_JVM_OPTIONS, *classes, "-cp", f"{jars}/*"]


def _classes_of(jars: Path) -> list[str]:
    """Options by which a node takes its classes as another one had loaded them: they are most of what its start costs.

    The first one to ask has them archived, as Kafka's own image has it done when it is built; others wait for that.
    """
    archive = class_archive(jars, Path(find_program("java")))
    with archive.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            _archive_classes(jars, archive)
    return [f"-XX:SharedArchiveFile={archive}"] if archive.exists() and archive.stat().st_size else []


def _archive_classes(jars: Path, archive: Path) -> None:
    """From a node that starts and ends in order; an empty file says that this Java makes none."""
    made = archive.with_suffix(f".{os.getpid()}")
    java = _java(jars, "-Xmx512m", [f"-XX:ArchiveClassesAtExit={made}"])
    layout = _layout(1)
    with TemporaryDirectory(prefix="anpr-kafka-") as folder:
        node = KafkaNode(1, layout[1][0], Path(folder), java)
        _prepare(node, _properties(node, layout, {}))
        _start_all([node], _java(jars, "-Xmx512m", []), _ARCHIVE_TIMEOUT_S)
        node.stop()
    if node.child.returncode == -signal.SIGKILL:  # it was not done in time: half an archive is none
        made.unlink(missing_ok=True)
        return
    made.touch()
    made.rename(archive)


def _start_all(nodes: Sequence[KafkaNode], java: Sequence[str], timeout_s: float) -> KafkaCluster:
    """Format and start; java: what formats them."""
    cluster = KafkaCluster(tuple(nodes), _new_cluster_id())
    for node in nodes:
        _format(node, java, cluster.cluster_id)
    started: list[KafkaNode] = []
    try:
        for node in nodes:
            node.start()
            started.append(node)
        cluster.wait(timeout_s)
    except BaseException:
        for node in started:
            node.kill()
        raise
    return cluster


def _layout(nodes: int) -> dict[int, tuple[int, int]]:
    """Node id → its client port and its controller port."""
    return {node: (free_port(_HOST), free_port(_HOST)) for node in range(1, nodes + 1)}


def _properties(node: KafkaNode, layout: Mapping[int, tuple[int, int]], extra: Mapping[str, str]) -> dict[str, str]:
    port, controller_port = layout[node.node_id]
    return {
        "process.roles": "broker,controller",
        "node.id": str(node.node_id),
        "controller.quorum.voters": ",".join(f"{n}@{_HOST}:{ports[1]}" for n, ports in layout.items()),
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{_HOST}:{port},CONTROLLER://{_HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{_HOST}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(node.folder / "data"),
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        # A node that was killed may come back only once its old session has run out (9 s by default).
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        **_internal_topics(copies=min(3, len(layout))),
        **extra,
    }


def _by_line(properties: Mapping[str, str], ports: tuple[int, int] | None) -> Mapping[str, str]:
    """Kafka tells each client where its brokers are: who is to come by a line must be told the line's beginning."""
    if ports is None:
        return properties
    more = {
        "listeners": f",LINE://{_HOST}:{ports[0]}",
        "advertised.listeners": f",LINE://{_HOST}:{ports[1]}",
        "listener.security.protocol.map": ",LINE:PLAINTEXT",
    }
    return {**properties, **{name: properties[name] + value for name, value in more.items()}}


def _internal_topics(copies: int) -> dict[str, str]:
    """Kafka's own topics, small: fifty partitions each would be most of the start time."""
    required = str(max(1, copies - 1))
    return {
        "offsets.topic.replication.factor": str(copies),
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": str(copies),
        "transaction.state.log.min.isr": required,
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": str(copies),
        "share.coordinator.state.topic.min.isr": required,
    }


def _prepare(node: KafkaNode, properties: Mapping[str, str]) -> None:
    node.folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{name}={value}\n" for name, value in properties.items())
    (node.folder / "server.properties").write_text(text)


def _format(node: KafkaNode, java: Sequence[str], cluster_id: str) -> None:
    tool = ["kafka.tools.StorageTool", "format", "-t", cluster_id]
    command = [*java, *tool, "-c", str(node.folder / "server.properties")]
    run_to_end(f"formatting the storage of Kafka node {node.node_id}", command, timeout_s=_FORMAT_TIMEOUT_S)


def _new_cluster_id() -> str:
    """A random id in Kafka's form: 16 bytes in URL-safe base64 without padding.

    Never with a hyphen in front, as Kafka itself does it: its tools would take that for an option.
    """
    while (made := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return made
