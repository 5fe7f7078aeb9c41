"""The production files hold what `checks` demands, and each check finds a fault that is planted."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.deploy import checks
from tests.deploy.checks import CHECKS, ignored
from tests.deploy.deployment import ROOT, Deployment, Unset, expand, load
from tests.deploy.schema import schema_faults

Damage = Callable[[Deployment], Deployment | None]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_deployment_is_in_order(check: Callable[[Deployment], list[str]]) -> None:
    assert list(check(load())) == []


def _set(service: str, key: str, value: object) -> Damage:
    def damage(deployment: Deployment) -> None:
        deployment.services[service][key] = value

    return damage


def _drop(service: str, key: str) -> Damage:
    def damage(deployment: Deployment) -> None:
        del deployment.services[service][key]

    return damage


def _environment(service: str, **values: str) -> Damage:
    def damage(deployment: Deployment) -> None:
        deployment.services[service]["environment"] = {**deployment.services[service]["environment"], **values}

    return damage


def _unset(service: str, name: str) -> Damage:
    def damage(deployment: Deployment) -> None:
        given = deployment.services[service]["environment"]
        deployment.services[service]["environment"] = {one: value for one, value in given.items() if one != name}

    return damage


def _text(field: str, old: str, new: str) -> Damage:
    def damage(deployment: Deployment) -> Deployment:
        text = getattr(deployment, field)
        assert old in text
        return deployment.changed(**{field: text.replace(old, new)})

    return damage


def _without(service: str) -> Damage:
    def damage(deployment: Deployment) -> None:
        del deployment.services[service]

    return damage


def _forget_worker(deployment: Deployment) -> None:
    deployment.prometheus["scrape_configs"][0]["dns_sd_configs"][0]["names"].remove("judge")


def _scrape_nobody(deployment: Deployment) -> None:
    deployment.prometheus["scrape_configs"][1]["static_configs"] = [{"targets": ["zookeeper:7000"]}]


def _scrape_elsewhere(deployment: Deployment) -> None:
    deployment.prometheus["scrape_configs"][1]["static_configs"] = [{"targets": ["api:8080"]}]


def _other_database(deployment: Deployment) -> None:
    deployment.datasources["datasources"][1]["jsonData"]["defaultDatabase"] = "default"


def _other_interval(deployment: Deployment) -> None:
    deployment.prometheus["global"]["scrape_interval"] = "30s"


def _other_variable(deployment: Deployment) -> None:
    deployment.datasources["datasources"][1]["secureJsonData"]["password"] = "$OTHER"


def _way_out(deployment: Deployment) -> None:
    deployment.compose["networks"]["flow"]["internal"] = False


def _unused_volume(deployment: Deployment) -> None:
    deployment.compose["volumes"]["spare"] = None


FAULTS: tuple[tuple[Callable[[Deployment], object], Damage, str], ...] = (
    (checks.official_schema, _set("match", "comand", ["worker"]), "comand is not known"),
    (checks.official_schema, _set("match", "mem_limit", [1]), "mem_limit"),
    (checks.official_schema, _set("match", "depends_on", {"setup": {"condition": "healthy"}}), "'healthy' is none of"),
    (checks.documented_variables, _environment("match", ANPR_LOG_LEVEL="${LEVEL}"), "$LEVEL is not in .env.example"),
    (checks.documented_variables, _text("env_example", "LOG_LEVEL=info", "LOG_LEVEL=debug"), "the default is info"),
    (checks.documented_variables, _text("env_example", "#LOG_LEVEL", "#SPARE=1\n#LOG_LEVEL"), "SPARE"),
    (checks.passwords_demanded, _environment("grafana", GF_SECURITY_ADMIN_PASSWORD="admin"), "written into the file"),
    (checks.passwords_demanded, _environment("grafana", A="${MY_PASSWORD:-admin}"), "not demanded"),
    (checks.passwords_demanded, _text("env_example", "GRAFANA_PASSWORD=\n", "GRAFANA_PASSWORD=x\n"), "a value"),
    (checks.passwords_demanded, _environment("api", ANPR_SUBSCRIBER_KEY="x" * 32), "written into the file"),
    (checks.known_settings, _environment("match", ANPR_LOG_LEVLE="info"), "ANPR_LOG_LEVLE"),
    (checks.known_settings, _environment("match", ANPR_LOG_LEVEL="loud"), "log_level"),
    (checks.known_settings, _text("dockerfile", "ANPR_DATA_DIR", "ANPR_DATADIR"), "ANPR_DATADIR"),
    (checks.store_address, _environment("store", ANPR_STORE_DSN="http://anpr@elsewhere:8123/anpr"), "DSN"),
    (checks.store_address, _environment("match", ANPR_STORE_DSN="http://anpr@clickhouse:8123/anpr"), "given to"),
    (
        checks.store_address,
        _environment("store", ANPR_STORE_DSN="http://anpr:${CLICKHOUSE_PASSWORD:?}@clickhouse:8123/anpr"),
        "knows the owner's password",
    ),
    (
        checks.store_address,
        _environment("store-lez", ANPR_STORE_DSN="http://lez:${CLICKHOUSE_LEZ_PASSWORD:?}@clickhouse:8123/anpr"),
        "DSN is not ClickHouse's",
    ),
    (checks.store_address, _unset("api", "ANPR_LEZ_DSN"), "api: is not given ANPR_LEZ_DSN"),
    (
        checks.store_address,
        _environment("api", ANPR_LEZ_DSN="http://api_lez:${CLICKHOUSE_API_PASSWORD:?}@clickhouse:8123/lez"),
        "api: its DSN is not ClickHouse's",
    ),
    (
        checks.store_address,
        _environment("api", ANPR_AUDIT_DSN="http://api_audit:${CLICKHOUSE_API_AUDIT_PASSWORD:?}@clickhouse:8123/lez"),
        "api: its DSN is not ClickHouse's",
    ),
    (
        checks.store_rights,
        _environment("clickhouse", CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT="0"),
        "may not make roles",
    ),
    (checks.store_rights, _set("setup", "command", ["python -m anpr store migrate"]), "nobody makes the user of store"),
    (
        checks.store_rights,
        _set("setup", "command", ["python -m anpr store user worker --role anpr_search"]),
        "nobody makes the user of store",
    ),
    (
        checks.store_rights,
        _set("setup", "command", ["python -m anpr store user api --role anpr_search"]),
        "nobody makes the user of api",
    ),
    (
        checks.store_rights,
        _text("clickhouse_server", "db_requires_grant>true", "db_requires_grant>false"),
        "select_from_system_db_requires_grant is not true",
    ),
    (
        checks.store_rights,
        _text("clickhouse_server", "<allowed_disk>backups", "<allowed_disk>other"),
        "no disk backups",
    ),
    (checks.workers, _without("judge"), "flow judge has no service"),
    (checks.workers, _set("judge", "command", ["worker", "jugde"]), "not that of a flow"),
    (checks.workers, _set("match", "container_name", "match"), "forbids to scale"),
    (checks.workers, _set("match", "depends_on", {}), "does not wait"),
    (checks.workers, _drop("match", "stop_grace_period"), "last batch"),
    (checks.privileges, _set("read", "read_only", False), "writable"),
    (checks.privileges, _set("grafana", "read_only", False), "writable"),
    (checks.privileges, _set("clickhouse", "cap_drop", []), "clickhouse: keeps capabilities"),
    (checks.privileges, _drop("kafka-2", "user"), "kafka-2: runs as root"),
    (checks.our_containers, _way_out, "leads out"),
    (checks.our_containers, _set("match", "networks", ["flow", "door"]), "match: network door leads out"),
    (checks.images, _set("grafana", "image", "grafana/grafana:latest"), "no version"),
    (checks.images, _set("grafana", "image", "grafana/grafana"), "no version"),
    (checks.images, _text("dockerfile", ":3.11-slim-bookworm", ""), "base image"),
    (checks.tested_versions, _set("kafka-2", "image", "apache/kafka:4.0.0"), "not the tested"),
    (checks.tested_versions, _set("clickhouse", "image", "clickhouse/clickhouse-server:24.8"), "not the tested"),
    (checks.privileges, _set("grafana", "privileged", True), "privileged"),
    (checks.privileges, _set("grafana", "user", "root"), "root"),
    (checks.privileges, _set("grafana", "volumes", ["/var/run/docker.sock:/s:ro"]), "socket"),
    (checks.privileges, _drop("grafana", "security_opt"), "gain privileges"),
    (checks.loopback_ports, _set("grafana", "ports", ["3000:3000"]), "not bound"),
    (checks.loopback_ports, _set("grafana", "ports", ["0.0.0.0:3000:3000"]), "not bound"),
    (checks.loopback_ports, _set("grafana", "ports", ["127.0.0.1:9090:3000"]), "prometheus's"),
    (checks.referenced_things, _set("grafana", "volumes", ["./grafana/dashbords:/d:ro"]), "does not exist"),
    (checks.referenced_things, _set("grafana", "volumes", ["./grafana:/d"]), "is writable"),
    (checks.referenced_things, _set("grafana", "networks", ["backend"]), "backend"),
    (checks.referenced_things, _unused_volume, "spare"),
    (checks.referenced_things, _set("grafana", "depends_on", {"loki": {}}), "unknown"),
    (checks.operation, _drop("match", "mem_limit"), "no memory limit"),
    (checks.operation, _drop("match", "logging"), "without limit"),
    (checks.operation, _set("match", "restart", "always"), "restart"),
    (checks.operation, _drop("kafka-1", "healthcheck"), "no health check"),
    (checks.operation, _set("setup", "depends_on", {"kafka-2": {"condition": "service_healthy"}}), "switched off"),
    (checks.brokers, _text("env_example", "#KAFKA_COPIES=3", "#KAFKA_COPIES=2"), "copies on 3"),
    (checks.brokers, _text("env_example", ",3@kafka-3:9093", ""), "quorum"),
    (checks.brokers, _set("kafka-3", "ports", ["127.0.0.1:9099:9094"]), "advertised"),
    (checks.brokers, _set("kafka-1", "volumes", ["kafka-1:/kafka"]), "no volume"),
    (checks.image_content, _text("dockerfile", "COPY sinks /app/sinks\n", ""), "no sinks"),
    (checks.image_content, _text("dockerfile", "base.lock /tmp", "prod.lock /tmp"), "does not exist"),
    (checks.image_content, _text("dockerfile", "--require-hashes", ""), "--require-hashes"),
    (checks.image_content, _text("dockerignore", "!sinks\n", ""), "keeps sinks out"),
    (checks.image_content, _text("dockerignore", "!sinks\n", "!sinks\n!.env\n"), "lets .env in"),
    (checks.image_run, _text("dockerfile", "USER 10001:10001\n", ""), "runs as root"),
    (checks.image_run, _text("dockerfile", "/health'", "/metrics'"), "/health"),
    (checks.image_run, _text("dockerfile", "libgl1 libglib2.0-0 \\\n", "libgl1 \\\n"), "libglib2.0-0"),
    (checks.scraping, _forget_worker, "Prometheus watches"),
    (checks.scraping, _scrape_nobody, "no service"),
    (checks.scraping, _scrape_nobody, "does not watch the API"),
    (checks.scraping, _scrape_elsewhere, "the API shows its metrics at 9100"),
    (checks.scraping, _other_interval, "another interval"),
    (checks.scraping, _environment("match", ANPR_SERVICE_PORT="9101"), "not watched"),
    (checks.scraping, _text("clickhouse_server", "9363", "9364"), "9364"),
    (checks.grafana_sources, _environment("grafana", GF_AUTH_ANONYMOUS_ENABLED="true"), "anyone"),
    (checks.grafana_sources, _environment("grafana", GF_PLUGINS_PREINSTALL_SYNC=""), "not installed"),
    (
        checks.grafana_sources,
        _text("clickhouse_user", "CLICKHOUSE_GRAFANA_PASSWORD", "OTHER"),
        "not given the password",
    ),
    (checks.grafana_sources, _other_database, "no database default"),
    (
        checks.grafana_sources,
        _text("clickhouse_user", "lez.notices_by_day", "anpr.cases_by_hour"),
        "elsewhere than in lez",
    ),
    (checks.grafana_sources, _other_variable, "not given $OTHER"),
)


@pytest.mark.parametrize(
    ("check", "damage", "words"), FAULTS, ids=[f"{check.__name__}-{words}" for check, _, words in FAULTS]
)
def test_planted_fault_is_found(check: Callable[[Deployment], list[str]], damage: Damage, words: str) -> None:
    broken = load().changed()
    broken = damage(broken) or broken

    faults = list(check(broken))

    assert any(words in fault for fault in faults), faults


def test_every_check_has_a_planted_fault() -> None:
    assert {check for check, _, _ in FAULTS} == set(CHECKS)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${A}-${B}", "1-"),
        ("$A", "1"),
        ("${B:-two}", "two"),
        ("${E:-two}${E-two}", "two"),
        ("${A:+three}${B:+three}", "three"),
        ("$${A}", "${A}"),
        ("${A:?must}", "1"),
    ],
)
def test_variables_are_filled_in_as_compose_does(text: str, filled: str) -> None:
    assert expand(text, {"A": "1", "E": ""}) == filled


def test_demanded_variable_must_not_be_empty() -> None:
    with pytest.raises(Unset, match="E: set it"):
        expand("${E:?set it}", {"E": ""})


def test_unknown_schema_keyword_is_an_error() -> None:
    with pytest.raises(KeyError):
        schema_faults({}, {"type": "object", "minProperties": 1})


def test_dockerignore_last_pattern_decides() -> None:
    rules = "*\n!anpr\n**/*.pyc\n"
    assert [ignored(path, rules) for path in ("x", "anpr", "anpr/a.py", "anpr/a.pyc")] == [True, False, False, True]


def test_docker_compose_accepts_the_file(tmp_path: Path) -> None:
    """`docker compose config` needs no engine; where the client is absent, the schema check above must do."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no `docker compose` on this machine")
    for cluster in (False, True):
        settings = "".join(f"{name}={value}\n" for name, value in load().environment(cluster=cluster).items())
        file = tmp_path / ".env"
        file.write_text(settings)
        command = [docker, "compose", "--env-file", str(file), "-f", str(ROOT / "docker-compose.yml"), "config", "-q"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
