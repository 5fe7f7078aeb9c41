"""`anpr doctor`: what is reachable and what is misconfigured, in words."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException

from anpr.platform import PlatformFault, check_folder
from anpr.settings import Settings, SettingsFault
from pipeline.runtime.kafka import admin_client, cause
from pipeline.runtime.reach import BrokerSilent, ask_broker
from pipeline.vision.engines import load_engine
from sinks.clickhouse.client import StoreUnreachable, connect
from sinks.clickhouse.controllers import LEZ, POLICE, Controller
from sinks.clickhouse.migrate import load_migrations
from topics.admin import check
from topics.spec import all_topics

__all__ = ["Finding", "examine"]

LEAST_FREE_GB = 2
BROKER_ANSWER_S = 5.0
_NONE_SET = "none set, an embedded one is started when needed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: Literal["ok", "warning", "fault"]
    words: str
    """What was found, and for anything but `ok` what to do."""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything that a command or worker needs. Changes nothing."""
    for look in (_python, _folder, _space, _broker, _store, _lez_store, _engine, _memory):
        yield look(settings)


def _python(_settings: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", "ok", version)


def _folder(settings: Settings) -> Finding:
    try:
        check_folder(settings.data_dir)
    except PlatformFault as fault:
        return Finding("data folder", "fault", str(fault))
    return Finding("data folder", "ok", f"{settings.data_dir.resolve()} can be written")


def _space(settings: Settings) -> Finding:
    place = next(folder for folder in [settings.data_dir, *settings.data_dir.resolve().parents] if folder.exists())
    free_gb = shutil.disk_usage(place).free / 1e9
    if free_gb < LEAST_FREE_GB:
        return Finding("disk", "warning", f"{free_gb:.1f} GB free: make room, or set ANPR_DATA_DIR elsewhere")
    return Finding("disk", "ok", f"{free_gb:.0f} GB free")


def _broker(settings: Settings) -> Finding:
    if settings.kafka_bootstrap is None:
        return Finding("broker", "ok", f"{_NONE_SET} (ANPR_KAFKA_BOOTSTRAP names another)")
    try:
        kafka = settings.kafka()
        brokers = len(ask_broker(kafka, BROKER_ANSWER_S).brokers)
        drifts = check(
            admin_client(kafka),
            all_topics(),
            max_partitions=settings.topics_max_partitions,
            replication=settings.topics_replication,
        )
    except (BrokerSilent, SettingsFault) as fault:
        return Finding("broker", "fault", str(fault))
    except KafkaException as error:
        words = f"no Kafka at {settings.kafka_bootstrap} ({cause(error).str()}): start it or set ANPR_KAFKA_BOOTSTRAP"
        return Finding("broker", "fault", words)
    wrong = [drift for drift in drifts if drift.kind != "cannot tell"]
    if wrong:
        first = wrong[0]
        words = f"{len(wrong)} differences, first {first.topic}.{first.field} {first.kind}: run `anpr topics check`"
        return Finding("broker", "warning", words)
    return Finding("broker", "ok", f"{settings.kafka_bootstrap}, {brokers} brokers, all topics as they should be")


def _store(settings: Settings) -> Finding:
    if settings.store_dsn is None:
        return _embedded("store", "chdb", "ANPR_STORE_DSN")
    return _database("store", POLICE, settings.dsn(), "ANPR_STORE_DSN")


def _lez_store(settings: Settings) -> Finding:
    if settings.lez_dsn is not None:
        return _database("lez store", LEZ, settings.lez(), "ANPR_LEZ_DSN")
    if settings.store_dsn is None:
        return _embedded("lez store", "chdb", "ANPR_LEZ_DSN")
    return Finding("lez store", "ok", "none set: this machine does not work for the low-emission zones (ANPR_LEZ_DSN)")


def _database(what: str, controller: Controller, dsn: str, setting: str) -> Finding:
    ours = len(load_migrations(controller))
    try:
        client = connect(dsn)
        done = client.command("EXISTS TABLE schema_migrations")
        applied = client.query("SELECT count() FROM schema_migrations FINAL").result_rows[0][0] if done else 0
    except (StoreUnreachable, ClickHouseError) as error:
        return Finding(what, "fault", f"{str(error).splitlines()[0]}; start it, or set {setting}")
    if applied < ours:
        return Finding(what, "warning", f"{applied} of {ours} migrations: run `anpr store migrate`")
    return Finding(what, "ok", f"ClickHouse {client.server_version}, {applied} migrations applied")


def _embedded(what: str, package: str, setting: str) -> Finding:
    if importlib.util.find_spec(package) is None:
        return Finding(what, "fault", f"the package {package} is missing: install it, or set {setting}")
    return Finding(what, "ok", f"{_NONE_SET} ({setting} names another)")


def _engine(settings: Settings) -> Finding:
    try:
        engine = load_engine(settings.vision_engine, threads=settings.vision_threads, models=settings.vision_models)
    except (ValueError, ImportError, OSError, RuntimeError) as error:
        return Finding("vision", "fault", str(error))
    return Finding("vision", "ok", f"{engine.name} is loaded, {settings.vision_threads} thread(s)")


def _memory(_settings: Settings) -> Finding:
    total_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = len(os.sched_getaffinity(0))
    words = f"{cores} cores, {total_gb:.0f} GB of memory"
    if cores < 2 or total_gb < 4:
        return Finding("machine", "warning", f"{words}: the demo wants two cores and 4 GB")
    return Finding("machine", "ok", words)
