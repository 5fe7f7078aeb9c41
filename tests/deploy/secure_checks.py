"""What must hold where docker-compose.secure.yml lies over the first file: sentences on what is wrong, as `checks`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

from anpr.certificates import SERVICES
from tests.deploy.checks import CERTIFICATES, CHECKS, OUR_IMAGE
from tests.deploy.deployment import Deployment
from topics.access.model import RoleError, role_of

__all__ = ["SECURE_CHECKS"]

Faults = Iterator[str]
BY_CERTIFICATE = "setup"
PLACE = "/etc/anpr/"
"""Where certificates lie in a container."""
PLAIN_PORTS = ("http_port", "tcp_port", "mysql_port", "postgresql_port", "interserver_http_port")
SUPER_USERS = {"User:CN=kafka-1", "User:CN=kafka-2", "User:CN=kafka-3", f"User:CN={BY_CERTIFICATE}"}
KNOWN_SERVER_KEYS = {*PLAIN_PORTS, "https_port", "tcp_port_secure", "openSSL"}
"""Of https://clickhouse.com/docs/operations/server-configuration-parameters/settings."""
KNOWN_TLS_KEYS = {
    "certificateFile",
    "privateKeyFile",
    "verificationMode",
    "loadDefaultCAFile",
    "cacheSessions",
    "disableProtocols",
    "preferServerCiphers",
}


def all_others(deployment: Deployment) -> Faults:
    """What holds without the second file holds with it."""
    for check in CHECKS:
        yield from check(deployment)


def no_plain_listener(deployment: Deployment) -> Faults:
    """Every listener of a broker has TLS and asks who comes: brokers and setup by certificate, others by password."""
    for name, environment in _brokers(deployment):
        protocols = dict(one.split(":") for one in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
        listening = {one.partition("://")[0] for one in environment["KAFKA_LISTENERS"].split(",")}
        if listening != protocols.keys():
            yield f"{name}: listens as {sorted(listening)}, has protocols for {sorted(protocols)}"
        for listener, protocol in protocols.items():
            by_certificate = environment.get(f"KAFKA_LISTENER_NAME_{listener}_SSL_CLIENT_AUTH") == "required"
            if protocol != "SASL_SSL" and not (protocol == "SSL" and by_certificate):
                yield f"{name}: {listener} lets anybody in ({protocol})"
        if protocols.get(environment["KAFKA_INTER_BROKER_LISTENER_NAME"]) != "SSL":
            yield f"{name}: brokers do not sign in to each other by certificate"
        if environment["KAFKA_SASL_ENABLED_MECHANISMS"] != "SCRAM-SHA-512":
            yield f"{name}: takes {environment['KAFKA_SASL_ENABLED_MECHANISMS']}"


def denied_by_default(deployment: Deployment) -> Faults:
    """What no ACL allows is denied, but to brokers and setup."""
    for name, environment in _brokers(deployment):
        if environment.get("KAFKA_AUTHORIZER_CLASS_NAME") != "org.apache.kafka.metadata.authorizer.StandardAuthorizer":
            yield f"{name}: has no authorizer"
        if environment.get("KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND") != "false":
            yield f"{name}: allows what no ACL speaks of"
        if set(environment["KAFKA_SUPER_USERS"].split(";")) != SUPER_USERS:
            yield f"{name}: super users are {environment['KAFKA_SUPER_USERS']}"


def users_of_kafka(deployment: Deployment) -> Faults:
    """Each service of ours has a user of its own, called as it is, with a password that nobody else has."""
    services = {name: content["environment"] for name, content in _ours(deployment) if name != BY_CERTIFICATE}
    for name, environment in services.items():
        variable = f"${{KAFKA_{name.upper().replace('-', '_')}_PASSWORD:?set it in .env}}"
        if environment.get("ANPR_KAFKA_SECURITY_PROTOCOL") != "sasl_ssl":
            yield f"{name}: speaks {environment.get('ANPR_KAFKA_SECURITY_PROTOCOL', 'plaintext')} to Kafka"
        if environment.get("ANPR_KAFKA_USERNAME") != name or environment.get("ANPR_KAFKA_PASSWORD") != variable:
            yield f"{name}: is not itself at Kafka"
        yield from _role_fault(name)
    made = dict(line.split(" ", 1) for line in _setup(deployment)["KAFKA_USERS"].splitlines())
    yield from (f"setup makes no Kafka user {name}" for name in services.keys() - made.keys())
    yield from (f"setup makes the Kafka user {name}, which no service is" for name in made.keys() - services.keys())
    for name in made.keys() & services.keys():
        if made[name] != services[name].get("ANPR_KAFKA_PASSWORD"):
            yield f"{name}: setup gives it another password"


def _role_fault(name: str) -> Faults:
    try:
        role_of(name)
    except RoleError as error:
        yield str(error)


def setup_by_certificate(deployment: Deployment) -> Faults:
    """Setup signs in by certificate, makes the users first, and then does what it does without this file."""
    service = deployment.services[BY_CERTIFICATE]
    if _setup(deployment).get("ANPR_KAFKA_SECURITY_PROTOCOL") != "ssl":
        yield "setup signs in by password"
    if "anpr topics users -" not in service["entrypoint"][-1] or 'exec sh -c "$$0"' not in service["entrypoint"][-1]:
        yield "setup does not make users of Kafka before the rest"


def files_are_mounted(deployment: Deployment) -> Faults:
    """What a setting names under /etc/anpr is mounted there, from where `anpr.certificates` puts it."""
    made = {"ca.pem"} | {f"{name}/{file}" for name in SERVICES for file in ("key.pem", "certificate.pem", "both.pem")}
    for name, content in deployment.services.items():
        mounts = dict(volume.removesuffix(":ro").rpartition(":")[::-2] for volume in content.get("volumes", []))
        text = " ".join(
            [*map(str, content.get("environment", {}).values()), *content.get("healthcheck", {}).get("test", [])]
        )
        text += deployment.secure_clickhouse if name == "clickhouse" else ""
        for path in set(re.findall(rf"{PLACE}[\w.-]+", text)) - mounts.keys():
            yield f"{name}: {path} is not mounted"
        for target, source in mounts.items():
            if not source.startswith(CERTIFICATES):
                continue
            file = source.removeprefix(CERTIFICATES)
            if file not in made:
                yield f"{name}: nobody makes {file}"
            if file != "ca.pem" and file.partition("/")[0] != name:
                yield f"{name}: holds a key of {file.partition('/')[0]} at {target}"


def store_over_tls(deployment: Deployment) -> Faults:
    """ClickHouse has no plain port but that of its counts; whoever asks it trusts our authority alone."""
    server = ElementTree.fromstring(deployment.secure_clickhouse)
    for name in PLAIN_PORTS:
        found = server.find(name)
        if found is None or found.get("remove") is None:
            yield f"clickhouse.xml: {name} stays open"
    tls = server.find("openSSL/server")
    yield from (f"clickhouse.xml: {one.tag} is not known" for one in server if one.tag not in KNOWN_SERVER_KEYS)
    yield from (f"clickhouse.xml: {one.tag} is not known" for one in tls or () if one.tag not in KNOWN_TLS_KEYS)
    published = deployment.services["clickhouse"]["ports"]
    if published != [f"127.0.0.1:{server.findtext('https_port')}:{server.findtext('https_port')}"]:
        yield f"clickhouse publishes {published}"
    for name, content in _ours(deployment):
        dsns = [str(value) for key, value in content["environment"].items() if key.endswith("_DSN")]
        if dsns and content["environment"].get("ANPR_STORE_CA_FILE") != f"{PLACE}ca.pem":
            yield f"{name}: trusts anybody to be ClickHouse"


def health_over_tls(deployment: Deployment) -> Faults:
    """Health checks ask where the service still listens."""
    for name, _ in _brokers(deployment):
        if "localhost:9095" not in deployment.services[name]["healthcheck"]["test"]:
            yield f"{name}: its health check asks another listener"
    if "https://clickhouse:8443/ping" not in deployment.services["clickhouse"]["healthcheck"]["test"]:
        yield "clickhouse: its health check asks in plain text"


def grafana_over_tls(deployment: Deployment) -> Faults:
    """Grafana's sources are those of the first file, ClickHouse's over TLS."""
    plain = {source["uid"]: source for source in deployment.plain_datasources["datasources"]}
    for source in deployment.datasources["datasources"]:
        wanted = plain.pop(source["uid"], None)
        if wanted is None:
            yield f"{source['uid']} is in this file only"
        elif source["type"] == "prometheus":
            if source != wanted:
                yield f"{source['uid']} differs"
        elif source != _with_tls(wanted):
            yield f"{source['uid']} differs in more than TLS"
    yield from (f"{uid} is in the first file only" for uid in plain)


def _with_tls(source: dict[str, Any]) -> dict[str, Any]:
    data = {**source["jsonData"], "port": 8443, "secure": True, "tlsAuthWithCACert": True}
    return {
        **source,
        "jsonData": data,
        "secureJsonData": {**source["secureJsonData"], "tlsCACert": f"$__file{{{PLACE}ca.pem}}"},
    }


def _brokers(deployment: Deployment) -> Iterator[tuple[str, dict[str, str]]]:
    for name, content in deployment.services.items():
        if content["image"].startswith("apache/kafka:"):
            yield name, content["environment"]


def _ours(deployment: Deployment) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, content in deployment.services.items():
        if content["image"].startswith(OUR_IMAGE):
            yield name, content


def _setup(deployment: Deployment) -> dict[str, str]:
    environment: dict[str, str] = deployment.services[BY_CERTIFICATE]["environment"]
    return environment


SECURE_CHECKS: tuple[Callable[[Deployment], Faults], ...] = (
    all_others,
    no_plain_listener,
    denied_by_default,
    users_of_kafka,
    setup_by_certificate,
    files_are_mounted,
    store_over_tls,
    health_over_tls,
    grafana_over_tls,
)
