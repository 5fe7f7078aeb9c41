"""docker-compose.secure.yml over the first file holds what `secure_checks` demands, and each check finds a fault."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deploy import secure_checks
from tests.deploy.deployment import ROOT, Deployment, expand, load
from tests.deploy.overlay import load_overlay, merged
from tests.deploy.secure_checks import SECURE_CHECKS

Damage = Callable[[Deployment], Deployment | None]


@pytest.mark.parametrize("check", SECURE_CHECKS, ids=lambda check: check.__name__)
def test_secure_deployment_is_in_order(check: Callable[[Deployment], list[str]]) -> None:
    assert list(check(load().secured())) == []


def _environment(service: str, **values: str | None) -> Damage:
    def damage(deployment: Deployment) -> None:
        given = {**deployment.services[service]["environment"], **values}
        deployment.services[service]["environment"] = {n: value for n, value in given.items() if value is not None}

    return damage


def _set(service: str, key: str, value: object) -> Damage:
    def damage(deployment: Deployment) -> None:
        deployment.services[service][key] = value

    return damage


def _server(old: str, new: str) -> Damage:
    def damage(deployment: Deployment) -> Deployment:
        assert old in deployment.secure_clickhouse
        return deployment.changed(secure_clickhouse=deployment.secure_clickhouse.replace(old, new))

    return damage


def _other_source(deployment: Deployment) -> None:
    deployment.datasources["datasources"][1]["jsonData"]["defaultDatabase"] = "lez"


def _spare_source(deployment: Deployment) -> None:
    del deployment.datasources["datasources"][2]


def _map(**changed: str) -> str:
    protocols = {"INSIDE": "SASL_SSL", "CONTROLLER": "SSL", "HOST": "SASL_SSL", "BROKER": "SSL", **changed}
    return ",".join(f"{name}:{protocol}" for name, protocol in protocols.items())


KEY = "${CERTIFICATES:-./certificates}/kafka-1/both.pem:/etc/anpr/both.pem:ro"
FAULTS: tuple[tuple[Callable[[Deployment], object], Damage, str], ...] = (
    (secure_checks.all_others, _environment("store", ANPR_STORE_DSN="http://worker@clickhouse:8123/anpr"), "DSN"),
    (
        secure_checks.no_plain_listener,
        _environment("kafka-1", KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=_map(HOST="PLAINTEXT")),
        "kafka-1: HOST lets anybody in",
    ),
    (
        secure_checks.no_plain_listener,
        _environment("kafka-2", KAFKA_LISTENER_NAME_CONTROLLER_SSL_CLIENT_AUTH=None),
        "kafka-2: CONTROLLER lets anybody in",
    ),
    (
        secure_checks.no_plain_listener,
        _environment("kafka-2", KAFKA_INTER_BROKER_LISTENER_NAME="INSIDE"),
        "do not sign in to each other",
    ),
    (secure_checks.no_plain_listener, _environment("kafka-3", KAFKA_SASL_ENABLED_MECHANISMS="PLAIN"), "takes PLAIN"),
    (
        secure_checks.no_plain_listener,
        _environment("kafka-3", KAFKA_LISTENERS="INSIDE://:9092,PLAIN://:9096"),
        "kafka-3: listens as",
    ),
    (secure_checks.denied_by_default, _environment("kafka-1", KAFKA_AUTHORIZER_CLASS_NAME=None), "no authorizer"),
    (
        secure_checks.denied_by_default,
        _environment("kafka-1", KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND="true"),
        "allows what no ACL",
    ),
    (secure_checks.denied_by_default, _environment("kafka-1", KAFKA_SUPER_USERS="User:api"), "super users are"),
    (secure_checks.users_of_kafka, _environment("match", ANPR_KAFKA_USERNAME="judge"), "match: is not itself"),
    (
        secure_checks.users_of_kafka,
        _environment("match", ANPR_KAFKA_PASSWORD="${KAFKA_JUDGE_PASSWORD:?set it in .env}"),
        "match: is not itself",
    ),
    (secure_checks.users_of_kafka, _environment("match", ANPR_KAFKA_SECURITY_PROTOCOL=None), "match: speaks plaintext"),
    (secure_checks.users_of_kafka, _environment("setup", KAFKA_USERS="read x\nnobody y"), "no service is"),
    (secure_checks.users_of_kafka, _environment("setup", KAFKA_USERS="read x\n"), "makes no Kafka user judge"),
    (secure_checks.users_of_kafka, _environment("setup", KAFKA_USERS="read x\n"), "gives it another password"),
    (secure_checks.setup_by_certificate, _environment("setup", ANPR_KAFKA_SECURITY_PROTOCOL="sasl_ssl"), "password"),
    (secure_checks.setup_by_certificate, _set("setup", "entrypoint", ["sh", "-c"]), "does not make users"),
    (secure_checks.files_are_mounted, _set("match", "volumes", []), "match: /etc/anpr/ca.pem is not mounted"),
    (secure_checks.files_are_mounted, _set("kafka-2", "volumes", [KEY]), "kafka-2: holds a key of kafka-1"),
    (
        secure_checks.files_are_mounted,
        _set("kafka-1", "volumes", [KEY.replace("both", "all").replace("/all.pem:ro", "/both.pem:ro")]),
        "nobody makes kafka-1/all.pem",
    ),
    (secure_checks.store_over_tls, _server('<tcp_port remove="1"/>', ""), "tcp_port stays open"),
    (secure_checks.store_over_tls, _server("certificateFile", "certFile"), "certFile is not known"),
    (secure_checks.store_over_tls, _set("clickhouse", "ports", ["127.0.0.1:8123:8123"]), "publishes"),
    (secure_checks.store_over_tls, _environment("api", ANPR_STORE_CA_FILE=None), "api: trusts anybody"),
    (secure_checks.health_over_tls, _set("kafka-1", "healthcheck", {"test": ["CMD", "localhost:9092"]}), "another"),
    (secure_checks.health_over_tls, _set("clickhouse", "healthcheck", {"test": ["CMD"]}), "in plain text"),
    (secure_checks.grafana_over_tls, _other_source, "differs in more than TLS"),
    (secure_checks.grafana_over_tls, _spare_source, "in the first file only"),
)


@pytest.mark.parametrize(
    ("check", "damage", "words"), FAULTS, ids=[f"{check.__name__}-{words}" for check, _, words in FAULTS]
)
def test_planted_fault_is_found(check: Callable[[Deployment], list[str]], damage: Damage, words: str) -> None:
    broken = load().secured()
    broken = damage(broken) or broken

    faults = list(check(broken))

    assert any(words in fault for fault in faults), faults


def test_every_check_has_a_planted_fault() -> None:
    assert {check for check, _, _ in FAULTS} == set(SECURE_CHECKS)


def test_the_first_file_alone_stays_as_it_is() -> None:
    before = json.dumps(load().compose, sort_keys=True)
    load().secured()
    assert json.dumps(load().compose, sort_keys=True) == before


def test_files_are_merged_as_compose_does() -> None:
    under = {
        "a": {"environment": {"X": 1, "Y": 2}, "ports": ["1:1"], "volumes": ["./a:/x", "b:/y"], "command": ["one"]}
    }
    over = load_overlay(
        "a: {environment: {Y: !reset null, Z: 3}, ports: !override ['2:2'], volumes: ['./c:/x:ro'], "
        "command: [two], new: 1}"
    )
    assert merged(under, over) == {
        "a": {
            "environment": {"X": 1, "Z": 3},
            "ports": ["2:2"],
            "volumes": ["./c:/x:ro", "b:/y"],
            "command": ["two"],
            "new": 1,
        }
    }


def test_docker_compose_merges_as_we_do(tmp_path: Path) -> None:
    """`docker compose config` needs no engine; where the client is absent, the checks above must do."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no `docker compose` on this machine")
    settings = load().environment()
    file = tmp_path / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    files = [word for name in ("docker-compose.yml", "docker-compose.secure.yml") for word in ("-f", str(ROOT / name))]
    command = [docker, "compose", "--env-file", str(file), *files, "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    theirs, ours = json.loads(done.stdout)["services"], expand(load().secured().services, settings)
    for name in theirs:
        assert _told(theirs[name]) == _told(ours[name]), name


def _told(service: dict[str, Any]) -> tuple[dict[str, str], set[str], set[str]]:
    """Environment, published ports and mount targets, in whichever form they are told."""
    environment = {name: str(value) for name, value in service.get("environment", {}).items() if value is not None}
    ports = {
        one if isinstance(one, str) else f"{one['host_ip']}:{one['published']}:{one['target']}"
        for one in service.get("ports", [])
    }
    mounts = {
        one.removesuffix(":ro").rpartition(":")[2] if isinstance(one, str) else one["target"]
        for one in service.get("volumes", [])
    }
    return environment, ports, mounts
