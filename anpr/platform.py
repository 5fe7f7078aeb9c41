"""The platform that a command works on: what the settings name, or embedded parts started for it.

Embedded: broker, store and workers are child processes that end with us. A platform that runs on the same data
folder (a demo in another terminal) is joined instead of started again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import psutil
from clickhouse_connect.driver.client import Client

from anpr.embedded.broker import BrokerProcess, start_broker
from anpr.embedded.child import Child, ChildError, start_child, wait_ready
from anpr.embedded.forking import load_ahead, start_anpr
from anpr.embedded.kafka import KafkaNode, start_kafka
from anpr.embedded.kafka_jars import fetch_kafka_jars, jar_cache
from anpr.embedded.store.launch import StoreProcess, start_store
from anpr.hotlist.seed import seed_hotlist
from anpr.settings import Settings
from pipeline.runtime.kafka import admin_client
from pipeline.runtime.reach import BrokerSilent, ask_broker
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import CONTROLLERS, LEZ, POLICE, Controller
from sinks.clickhouse.migrate import make_database, migrate
from sinks.clickhouse.officers import BOOTSTRAP_LEZ_ROLES, BOOTSTRAP_ROLES, Register
from topics.admin import Drift, check, create
from topics.spec import all_topics

__all__ = [
    "Platform",
    "PlatformFault",
    "check_broker",
    "check_folder",
    "create_topics",
    "databases",
    "make_secret_file",
    "open_lez",
    "open_platform",
    "open_stores",
    "restart_store",
    "settings_of_running",
    "topic_drifts",
    "wait_a_little",
]

LOGGER = logging.getLogger(__name__)
RUNNING_FILE = "running.json"
EMBEDDED_PARTITIONS = 1
WORKER_START_S = 60.0
WORKER_STARTS = 3
"""How often a dead worker is tried to be started before that is given up."""
BROKER_ANSWER_S = 5.0
FOLDER_WAIT_S = 30.0
"""How long a command waits for each other one that has the data folder: a search or a start-up takes seconds."""
FOLDER_IN_USE = re.compile(r"is in use by process (\w+)")
Say = Callable[[str], None]
BrokerKind = Literal["embedded", "kafka", "none"]


class PlatformFault(RuntimeError):
    """The platform cannot be started or reached; one sentence that says what to do."""


@dataclass(slots=True)
class Platform:
    """Broker, store and workers, ours or somebody else's."""

    settings: Settings
    """With the addresses filled in."""
    broker: BrokerProcess | KafkaNode | None = None
    store: StoreProcess | None = None
    workers: dict[str, Child] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    restarts: int = 0
    owner: psutil.Process | None = None
    """Whose platform it is, where we joined one that was running already."""
    noted: bool = False
    """True: the data folder says that others may join us."""
    program: tuple[str, ...] = ()
    """What a worker is started as, for a benchmark of another one beside it; empty: `anpr`."""

    @property
    def joined(self) -> bool:
        """True: somebody else's; it is not ours to start, tend or end."""
        return self.owner is not None

    def start_workers(self, names: Sequence[str], within_s: float = WORKER_START_S) -> None:
        """Start flows as processes and wait until each one runs. Raises ChildError."""
        for name in names:
            self.workers[name] = self._spawn(name)
        for name in names:
            self._await(name, within_s)

    def _spawn(self, name: str) -> Child:
        ready = self._ready_file(name)
        ready.unlink(missing_ok=True)
        words = ("worker", name, "--ready-file", str(ready))
        log, environ = self.settings.data_dir / "logs" / f"{name}.log", self.settings.environment()
        if self.program:
            return start_child(f"worker {name}", [*self.program, *words], log, environ=environ)
        return start_anpr(f"worker {name}", words, log, environ=environ)

    def _ready_file(self, name: str) -> Path:
        return self.settings.data_dir / f"worker.{name}.ready"

    def _await(self, name: str, within_s: float = WORKER_START_S) -> None:
        ready = self._ready_file(name)
        wait_ready(self.workers[name], ready.exists, timeout_s=within_s)
        self.ports[name] = json.loads(ready.read_text())["port"]

    def tend(self) -> list[str]:
        """Start dead workers again; returns their names with what ended them, for people to see."""
        notes = []
        for name, child in list(self.workers.items()):
            if child.returncode is not None:
                notes.append(f"worker {name} ended with {child.returncode}; started again")
                self.restarts += 1
                self._revive(name)
        self._check_parts()
        return notes

    def _revive(self, name: str) -> None:
        """Start a worker again. It may be killed once more while it starts; raises ChildError when it never runs."""
        for last in (*(False,) * (WORKER_STARTS - 1), True):
            self.workers[name] = self._spawn(name)
            try:
                self._await(name)
                return
            except ChildError:
                if last:
                    raise

    def _check_parts(self) -> None:
        if self.owner is not None and not self.owner.is_running():
            raise PlatformFault("the anpr whose broker and store this one shared has ended: run the command again")
        parts = {"broker": self.broker, "store": self.store}
        for name, part in parts.items():
            if part is not None and part.child.returncode is not None:
                raise PlatformFault(
                    f"the embedded {name} has ended ({part.child.returncode}); its log ends: {part.child.log_tail()}"
                )

    def processes(self) -> dict[str, int]:
        """Name → process id of all that was started here and lives."""
        found = {name: child.pid for name, child in self.workers.items() if child.returncode is None}
        if self.broker:
            found["broker"] = self.broker.pid
        if self.store:
            found["clickhouse"] = self.store.pid
        return found

    def rss_mb(self) -> dict[str, float]:
        """Resident memory by process, MB."""
        return {name: round(psutil.Process(pid).memory_info().rss / 1e6, 1) for name, pid in self.processes().items()}

    def cpu_s(self) -> dict[str, float]:
        """Processor time used so far by process, s."""
        times = {name: psutil.Process(pid).cpu_times() for name, pid in self.processes().items()}
        return {name: used.user + used.system for name, used in times.items()}

    def stop(self) -> None:
        """End what was started here: workers first, so that they commit; then store and broker."""
        for child in self.workers.values():
            child.stop()
        if self.store is not None:
            self.store.stop()
        if self.broker is not None:
            self.broker.stop()
        if self.noted:
            (self.settings.data_dir / RUNNING_FILE).unlink(missing_ok=True)


@contextlib.contextmanager
def open_platform(
    settings: Settings,
    *,
    broker: BrokerKind = "embedded",
    workers: Sequence[str] = (),
    say: Say = lambda _: None,
    tables: bool = True,
) -> Iterator[Platform]:
    """The platform of these settings, with topics and tables in place; ended again on the way out.

    `broker`: what to start where the settings name none; `none` for commands that only need the store.
    `tables`: False leaves the store as it is, even empty. Raises PlatformFault.
    """
    if broker != "none" and settings.kafka_bootstrap is not None and settings.store_dsn is None:
        raise PlatformFault(
            "ANPR_KAFKA_BOOTSTRAP names a broker, but no store is named, and its workers cannot write into one that "
            "ends with this command: set ANPR_STORE_DSN too, or neither of them"
        )
    if settings.lez_dsn is not None and settings.store_dsn is None:
        raise PlatformFault("ANPR_LEZ_DSN names a store, ANPR_STORE_DSN none: set both, or neither for embedded ones")
    if broker != "none" and settings.kafka_bootstrap is not None:
        check_broker(settings)
    check_folder(settings.data_dir)
    if workers:
        load_ahead()
    platform = Platform(settings)
    try:
        _claim_store(platform, say)
        if not platform.joined and tables:
            _start(platform, broker, workers, say)
        yield platform
    except ChildError as error:
        raise PlatformFault(str(error)) from error
    finally:
        platform.stop()


@contextlib.contextmanager
def open_stores(settings: Settings, say: Say = lambda _: None, *, tables: bool = True) -> Iterator[Settings]:
    """The settings with the databases that they name, one of them or both, or with those of the embedded store.

    For commands that do the same to each database. Raises PlatformFault.
    """
    if settings.lez_dsn is not None and settings.store_dsn is None:
        yield settings
        return
    with open_platform(settings, broker="none", say=say, tables=tables) as platform:
        yield platform.settings


def databases(settings: Settings) -> Iterator[tuple[Controller, str]]:
    """The databases that the settings name, with their DSN."""
    if settings.store_dsn is not None:
        yield POLICE, settings.dsn()
    if settings.lez_dsn is not None:
        yield LEZ, settings.lez()


@contextlib.contextmanager
def open_lez(settings: Settings, say: Say = lambda _: None) -> Iterator[Settings]:
    """The settings with the database of the low-emission zones: the one they name, else that of the embedded store.

    Who works for the zones on a server has no DSN of the police's database. Raises PlatformFault, and SettingsFault
    where the settings name the police's alone.
    """
    if settings.lez_dsn is not None or settings.store_dsn is not None:
        settings.lez()
        yield settings
        return
    with open_platform(settings, broker="none", say=say) as platform:
        yield platform.settings


def _start(platform: Platform, broker: BrokerKind, workers: Sequence[str], say: Say) -> None:
    settings = platform.settings
    for controller, dsn in databases(settings):
        client = make_database(dsn, settings.store_cluster)
        migrate(client, settings.store_cluster, controller)
        if platform.store is not None:
            _register_owner(client, controller, settings)
    if broker != "none" and platform.settings.kafka_bootstrap is None:
        say(f"starting {'Apache Kafka' if broker == 'kafka' else 'the embedded broker'}")
        _start_broker(platform, broker)
        create_topics(platform.settings)
        if platform.store is not None:
            _seed(platform.settings, say)
        if workers:
            say(f"starting workers: {', '.join(workers)}")
        platform.start_workers(workers)
        _note_running(platform)


def _register_owner(client: Client, controller: Controller, settings: Settings) -> None:
    """Whoever owns an embedded store may search in it: the first command on a fresh one registers its officer."""
    roles, folder = BOOTSTRAP_ROLES, settings.data_dir
    if controller is LEZ:
        roles, folder = BOOTSTRAP_LEZ_ROLES, settings.lez_chain
    Register(client, lambda: datetime.now(UTC), settings.officer, ChainFile(folder)).bootstrap(roles)


def check_broker(settings: Settings) -> None:
    """Ask the broker for a sign of life. Raises PlatformFault, and SettingsFault when none is named."""
    try:
        ask_broker(settings.kafka(), BROKER_ANSWER_S)
    except BrokerSilent as silent:
        raise PlatformFault(str(silent)) from silent


def check_folder(folder: Path) -> None:
    """Make the data folder and try it. Raises PlatformFault."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f"probe.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise PlatformFault(
            f"the data folder {folder} cannot be written ({error.strerror}): set ANPR_DATA_DIR to one that can"
        ) from error


def _claim_store(platform: Platform, say: Say) -> None:
    """Join the platform that runs on our data folder, or start a store there, whose lock makes the folder ours.

    Waits a little for another command that has the folder, and anew for each that comes in between: a queue that
    moves is not given up. Raises PlatformFault, ChildError.
    """
    holder, deadline = "", 0.0
    while not _join(platform) and platform.settings.store_dsn is None:
        if not holder:
            say("starting the embedded store")
        try:
            _start_store(platform)
        except ChildError as error:
            users = FOLDER_IN_USE.findall(str(error))
            if not users:
                raise
            if not holder:
                say("another anpr works on this data folder: waiting for it")
            if users[-1] != holder:
                holder, deadline = users[-1], time.monotonic() + FOLDER_WAIT_S
            elif time.monotonic() > deadline:
                raise PlatformFault(_whose_folder(platform.settings.data_dir, holder)) from error


def _whose_folder(folder: Path, process: str) -> str:
    return (
        f"another anpr works on the data folder {folder} (its store is process {process}): "
        "wait until it has ended, or set ANPR_DATA_DIR to another folder"
    )


def restart_store(platform: Platform) -> None:
    """Start the store again at its old address, after it was killed. Raises ChildError."""
    assert platform.store is not None, "the store is ours"
    _start_store(platform, platform.store.port)


def _start_store(platform: Platform, port: int = 0) -> None:
    settings = platform.settings
    token = settings.data_dir / "store.token"
    roles = [role for controller in CONTROLLERS for role in controller.roles]
    role_tokens = {role: settings.data_dir / f"{role}.token" for role in roles}
    for path in (token, *role_tokens.values()):
        if not path.exists():
            make_secret_file(path)
    platform.store = start_store(settings.data_dir / "store", port=port, token_file=token, role_token_files=role_tokens)
    named = {"store_dsn": platform.store.dsn, "lez_dsn": platform.store.lez_dsn}
    platform.settings = Settings.model_validate({**settings.model_dump(), **named})


def make_secret_file(path: Path) -> None:
    """A secret of the data folder: whole or not at all, and the first one holds where two programs start at once."""
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(24))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _start_broker(platform: Platform, kind: BrokerKind) -> None:
    settings = platform.settings
    if kind == "kafka":
        platform.broker = start_kafka(fetch_kafka_jars(jar_cache()), settings.data_dir / "kafka", heap_mb=1024).nodes[0]
    else:
        platform.broker = start_broker(log_path=settings.data_dir / "logs" / "broker.log")
    embedded = {
        "kafka_bootstrap": platform.broker.bootstrap,
        "kafka_assignment": "static",
        "topics_max_partitions": settings.topics_max_partitions or EMBEDDED_PARTITIONS,
        "topics_replication": 1,
    }
    platform.settings = Settings.model_validate({**settings.model_dump(), **embedded})


def create_topics(settings: Settings) -> None:
    """All topics, as the settings cap them. Raises PlatformFault where the broker refuses one."""
    made = create(
        admin_client(settings.kafka()),
        all_topics(),
        max_partitions=settings.topics_max_partitions,
        replication=settings.topics_replication,
    )
    refused = [f"{one.topic}: {one.detail}" for one in made if one.outcome == "refused"]
    if refused:
        raise PlatformFault(f"the broker refuses topics: {'; '.join(refused)}")


def topic_drifts(settings: Settings) -> list[Drift]:
    """Where the broker's topics differ from the files, as the settings cap them."""
    return check(
        admin_client(settings.kafka()),
        all_topics(),
        max_partitions=settings.topics_max_partitions,
        replication=settings.topics_replication,
    )


def _seed(settings: Settings, say: Say) -> None:
    """The embedded broker forgets when it ends; the store has the lists as they stood."""
    count = seed_hotlist(connect(settings.dsn()), settings.kafka())
    if count:
        say(f"{count:,} entries of the hotlists are as they were")


def _note_running(platform: Platform) -> None:
    content = {
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),
        "environment": {k: v for k, v in platform.settings.environment().items() if k != "ANPR_DATA_DIR"},
        "workers": platform.processes(),
    }
    path = platform.settings.data_dir / RUNNING_FILE
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)  # before it holds the secrets; whole or not at all, as others may be reading
    part.write_text(json.dumps(content))
    part.rename(path)
    platform.noted = True


def _join(platform: Platform) -> bool:
    """Turn into the embedded platform that another process runs on our data folder, if there is one."""
    settings = platform.settings
    path = settings.data_dir / RUNNING_FILE
    if settings.kafka_bootstrap or settings.store_dsn or not path.exists():
        return False
    try:
        note = json.loads(path.read_text())
        owner = psutil.Process(note["pid"])
        if owner.create_time() != note["started"]:
            return False
        found = {k.removeprefix("ANPR_").lower(): v for k, v in note["environment"].items()}
        wanted = ("kafka_bootstrap", "kafka_assignment", "kafka_fetch_wait_ms", "store_dsn", "lez_dsn")
        merged = {**settings.model_dump(), **{name: found[name] for name in wanted}}
        platform.settings, platform.owner = Settings.model_validate(merged), owner
    except (psutil.NoSuchProcess, ValueError, KeyError, TypeError, AttributeError, OSError):
        return False  # not ours to mend: whoever starts next writes it anew
    return True


def settings_of_running(settings: Settings) -> Settings | None:
    """The settings with the addresses of the embedded platform that runs on the data folder; None: none does."""
    platform = Platform(settings)
    return platform.settings if _join(platform) else None


def wait_a_little(seconds: float = 0.1) -> None:
    """One turn of a waiting foreground loop."""
    time.sleep(seconds)
