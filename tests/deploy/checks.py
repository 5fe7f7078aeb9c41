"""What must hold for the production files. Each check gives sentences about what is wrong; none means all is well."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

import chdb

from anpr.embedded.kafka_jars import KAFKA_VERSION
from anpr.embedded.store.backup import DISK
from anpr.settings import PREFIX, SettingsFault, resolve
from anpr.wiring import FLOWS
from sinks.clickhouse.controllers import LEZ, POLICE, controller_of_role
from tests.deploy.deployment import Deployment, Instruction, Unset, variables
from tests.deploy.schema import compose_schema, schema_faults

__all__ = ["CHECKS", "OUR_IMAGE"]

OUR_IMAGE = "anpr-back-office"
STORE_USERS = (
    ("store", "ANPR_STORE_DSN", "worker", "anpr_writer"),
    ("lookback", "ANPR_STORE_DSN", "lookback", "anpr_lookback"),
    ("api", "ANPR_STORE_DSN", "api", "anpr_search"),
    ("api", "ANPR_LEZ_DSN", "api_lez", "lez_agent"),
    ("api", "ANPR_AUDIT_DSN", "api_audit", "anpr_auditor"),
    ("cases", "ANPR_STORE_DSN", "cases", "anpr_cases"),
    ("store-lez", "ANPR_LEZ_DSN", "lez", "lez_writer"),
)
"""Service that speaks to ClickHouse, by which setting, as which user there, and in which role. The role says in which
database."""
DATABASES = {POLICE: ("ANPR_STORE_DSN", "anpr"), LEZ: ("ANPR_LEZ_DSN", "lez")}
"""Setting that names a controller's database, and its name on the server."""
CERTIFICATES = "${CERTIFICATES:-./certificates}/"
"""Where certificates and keys come from."""
OUTWARD = {"api": "the API", "door": "the door"}
"""Services of ours that others reach, or that reach others."""
Faults = Iterator[str]
_VERSION = re.compile(r"^v?\d+\.\d+[\w.-]*$")
WRITABLE = {
    "kafka-": "its start script copies and writes its configuration in /opt/kafka/config of the image",
    "clickhouse": "its start script writes the owner's user into /etc/clickhouse-server/users.d of the image",
}
"""Services whose root file system is not read-only, by the beginning of their names, with the reason."""
_ESCAPES = ("privileged", "cap_add", "devices", "pid", "ipc", "network_mode", "userns_mode")


def official_schema(deployment: Deployment) -> Faults:
    """The compose file fits Compose's own schema."""
    yield from schema_faults(deployment.compose, compose_schema())


def documented_variables(deployment: Deployment) -> Faults:
    """Variables of the compose file and of the example are the same; defaults shown are the true ones."""
    used, shown = variables([deployment.compose, _plain(deployment.overlay)]), deployment.documented
    yield from (f"${name} is not in .env.example" for name in used.keys() - shown.keys())
    yield from (f".env.example has {name}, which nothing uses" for name in shown.keys() - used.keys() - _OF_COMPOSE)
    cluster = deployment.environment(cluster=True).keys()
    for name in (used.keys() & shown.keys()) - cluster:
        for operator, word in used[name]:
            if operator == ":-" and word != shown[name]:
                yield f".env.example shows {name}={shown[name]}, the default is {word}"


def _plain(overlay: dict[str, Any]) -> dict[str, Any]:
    return {name: content for name, content in overlay.items() if not name.startswith("x-")}


_OF_COMPOSE = {"COMPOSE_PROFILES", "COMPOSE_FILE"}
_SECRET = re.compile("PASSWORD|SUBSCRIBER_KEY")


def passwords_demanded(deployment: Deployment) -> Faults:
    """No password or key has a default; the file is refused without one."""
    for name, uses in variables(deployment.compose).items():
        if _SECRET.search(name) and {operator for operator, _ in uses} != {":?"}:
            yield f"${name} is not demanded by :?"
    for name, value in deployment.documented.items():
        if _SECRET.search(name) and value:
            yield f".env.example gives {name} a value"
    for service, name, value in _environment(deployment.services):
        if _SECRET.search(name) and not value.startswith("${"):
            yield f"{service}: {name} is written into the file"
    try:
        Deployment.filled(deployment.changed(env_example=""))
        yield "the file is accepted without any password"
    except Unset:
        pass


def _environment(services: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Service, name, value."""
    for service, content in services.items():
        for name, value in content.get("environment", {}).items():
            yield service, name, str(value)


def known_settings(deployment: Deployment) -> Faults:
    """Every ANPR_ variable is a setting, and the values of each service are accepted together."""
    for cluster in (False, True):
        for service, content in deployment.filled(cluster=cluster).items():
            given = {k: str(v) for k, v in content.get("environment", {}).items() if k.startswith(PREFIX)}
            yield from (f"{service}: {fault}" for fault in _refused(given))
    baked = dict(re.findall(rf"\b({PREFIX}\w+)=(\S+)", " ".join(_rests(deployment.final_stage, "ENV"))))
    yield from (f"Dockerfile: {fault}" for fault in _refused(baked))


def _refused(given: dict[str, str]) -> Faults:
    try:
        resolve({**given, "ANPR_CONFIG": "/dev/null"})
    except SettingsFault as fault:
        yield str(fault)


def _rests(instructions: list[Instruction], name: str) -> list[str]:
    return [one.rest for one in instructions if one.name == name]


def store_address(deployment: Deployment) -> Faults:
    """Whoever speaks to ClickHouse has its user, password, host and database right; nobody else has the password."""
    clickhouse = deployment.filled()["clickhouse"]["environment"]
    user, password, database = (clickhouse.get(f"CLICKHOUSE_{part}") for part in ("USER", "PASSWORD", "DB"))
    if database != (None if deployment.secure else DATABASES[POLICE][1]):
        yield f"ClickHouse makes the database {database}"
    scheme, port = ("https", 8443) if deployment.secure else ("http", 8123)
    owner = f"{scheme}://{user}:{password}@clickhouse:{port}"
    wanted = {("setup", setting): f"{owner}/{name}" for setting, name in DATABASES.values()}
    for service, setting, name, role in STORE_USERS:
        own = deployment.environment()[f"CLICKHOUSE_{name.upper()}_PASSWORD"]
        database = DATABASES[controller_of_role(role)][1]
        wanted[service, setting] = f"{scheme}://{name}:{own}@clickhouse:{port}/{database}"
    settings = {setting for _service, setting in wanted}
    having = {(s, name): value for s, name, value in _environment(deployment.filled()) if name in settings}
    yield from (
        f"{service}: its DSN is not ClickHouse's"
        for (service, setting), value in having.items()
        if value != wanted.get((service, setting))
    )
    yield from (f"the store's password is given to {s} by {setting}" for s, setting in having.keys() - wanted.keys())
    yield from (f"{service}: is not given {setting}" for service, setting in wanted.keys() - having.keys())
    yield from (
        f"{service}: knows the owner's password"
        for service, name, value in _environment(deployment.services)
        if service not in ("setup", "clickhouse") and "${CLICKHOUSE_PASSWORD" in value
    )


def store_rights(deployment: Deployment) -> Faults:
    """The owner may make roles, the worker has one, and what is not granted is denied; backups have their disk."""
    if deployment.services["clickhouse"]["environment"].get("CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT") != "1":
        yield "the owner may not make roles and users"
    command = " ".join(deployment.services["setup"]["command"])
    made = re.findall(r"anpr store user (\w+) --role (\w+)", command)
    for service, _setting, name, role in STORE_USERS:
        if (name, role) not in made:
            yield f"nobody makes the user of {service} with its role"
    server = ElementTree.fromstring(deployment.clickhouse_server)
    rights = server.find("access_control_improvements")
    for name in _CLOSED_UNLESS_GRANTED:
        if rights is None or rights.findtext(name) != "true":
            yield f"server.xml: {name} is not true"
    if (
        server.find(f"storage_configuration/disks/{DISK}/path") is None
        or server.findtext("backups/allowed_disk") != DISK
    ):
        yield f"server.xml: no disk {DISK} for backups"


_CLOSED_UNLESS_GRANTED = (
    *("select_from_system_db_requires_grant", "select_from_information_schema_requires_grant"),
    *("on_cluster_queries_require_cluster_grant", "table_engines_require_grant"),
)


def workers(deployment: Deployment) -> Faults:
    """One service per flow, named after it, free to scale."""
    found = {
        name: content for name, content in deployment.services.items() if content.get("command", [""])[0] == "worker"
    }
    yield from (f"flow {name} has no service" for name in FLOWS.keys() - found.keys())
    for name, content in found.items():
        if content["command"] != ["worker", name] or name not in FLOWS:
            yield f"{name}: its command {content['command']} is not that of a flow of this name"
        yield from (
            f"{name}: {key} forbids to scale it" for key in ("container_name", "ports", "hostname") if key in content
        )
        if "stop_grace_period" not in content:
            yield f"{name}: no time to deliver its last batch"
        if content.get("depends_on", {}).get("setup", {}).get("condition") != "service_completed_successfully":
            yield f"{name}: does not wait for topics and tables"


def our_containers(deployment: Deployment) -> Faults:
    """What we build has no way out, but for the API, which sends webhooks."""
    for name, content in deployment.services.items():
        if not content["image"].startswith(OUR_IMAGE):
            continue
        for network in content.get("networks", ["default"]):
            outside = not (deployment.compose["networks"].get(network) or {}).get("internal")
            if outside and name not in OUTWARD:
                yield f"{name}: network {network} leads out"


def images(deployment: Deployment) -> Faults:
    """Every image has a version."""
    for name, content in deployment.services.items():
        tag = content["image"].rpartition(":")[2]
        if not _VERSION.match(tag):
            yield f"{name}: image {content['image']} has no version"
    for base in _rests(deployment.instructions, "FROM"):
        if not _VERSION.match(base.split()[0].rpartition(":")[2]):
            yield f"Dockerfile: base image {base} has no version"


def tested_versions(deployment: Deployment) -> Faults:
    """Kafka and ClickHouse are the versions that the tests run."""
    engine = ".".join(chdb.engine_version.split(".")[:2])
    wanted = {"apache/kafka": KAFKA_VERSION, "clickhouse/clickhouse-server": engine}
    for name, content in deployment.services.items():
        repository, _, tag = content["image"].rpartition(":")
        if wanted.get(repository, tag) != tag:
            yield f"{name}: {content['image']} is not the tested {wanted[repository]}"
    for repository in wanted:
        if not any(content["image"].startswith(f"{repository}:") for content in deployment.services.values()):
            yield f"no service runs {repository}"


def privileges(deployment: Deployment) -> Faults:
    """No container may more than it must."""
    for name, content in deployment.services.items():
        yield from (f"{name}: {key}" for key in _ESCAPES if content.get(key))
        own = content["image"].startswith(OUR_IMAGE)  # its Dockerfile says as whom: `image_run`
        if str(content.get("user", "10001" if own else "0")).partition(":")[0] in ("0", "root"):
            yield f"{name}: runs as root"
        if content.get("cap_drop") != ["ALL"]:
            yield f"{name}: keeps capabilities"
        if not content.get("read_only") and not any(name.startswith(one) for one in WRITABLE):
            yield f"{name}: root file system is writable"
        if "no-new-privileges:true" not in content.get("security_opt", []):
            yield f"{name}: may gain privileges"
        if any("docker.sock" in volume for volume in content.get("volumes", [])):
            yield f"{name}: holds Docker's socket"


def loopback_ports(deployment: Deployment) -> Faults:
    """Published ports are bound to this machine, each once."""
    seen: dict[str, str] = {}
    for name, content in deployment.services.items():
        for port in content.get("ports", []):
            host, _, rest = str(port).partition(":")
            published = rest.partition(":")[0]
            if not _is_loopback(host) or not published:
                yield f"{name}: port {port} is not bound to 127.0.0.1"
            if published in seen:
                yield f"{name}: port {published} is {seen[published]}'s"
            seen[published] = name


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def referenced_things(deployment: Deployment) -> Faults:
    """Files, volumes, networks and services that are named are there; what is declared is used."""
    used: dict[str, set[str]] = {"volumes": set(), "networks": set()}
    for name, content in deployment.services.items():
        used["networks"] |= set(content.get("networks", []))
        yield from (
            f"{name}: waits for {other}, unknown"
            for other in content.get("depends_on", {})
            if other not in deployment.services
        )
        for volume in content.get("volumes", []):
            source = volume.removesuffix(":ro").rpartition(":")[0]
            if source.startswith(CERTIFICATES):  # made on the spot, never in git
                if not volume.endswith(":ro"):
                    yield f"{name}: {source} is writable"
            elif not source.startswith((".", "/")):
                used["volumes"].add(source)
            elif not (deployment.root / source).exists():
                yield f"{name}: {source} does not exist"
            elif not volume.endswith(":ro"):
                yield f"{name}: {source} is writable"
        build = content.get("build", {"context": "."})
        if not (deployment.root / build["context"] / build.get("dockerfile", "Dockerfile")).is_file():
            yield f"{name}: nothing to build in {build}"
    for kind, names in used.items():
        yield from (f"{kind}: {name} is used or declared only" for name in names ^ deployment.compose[kind].keys())


def operation(deployment: Deployment) -> Faults:
    """Limits, logs that end, restarts, health: for everything that runs."""
    for name, content in deployment.services.items():
        wanted = "no" if name == "setup" else "unless-stopped"
        if content.get("restart") != wanted:
            yield f"{name}: restart is {content.get('restart')}, not {wanted}"
        if "mem_limit" not in content:
            yield f"{name}: no memory limit"
        if not {"max-size", "max-file"} <= content.get("logging", {}).get("options", {}).keys():
            yield f"{name}: its log grows without limit"
        if not content["image"].startswith(OUR_IMAGE) and "test" not in content.get("healthcheck", {}):
            yield f"{name}: no health check"
    for name, content in deployment.services.items():
        for other, wait in content.get("depends_on", {}).items():
            optional = "profiles" in deployment.services.get(other, {})
            if optional and "profiles" not in content and wait.get("required", True):
                yield f"{name}: demands {other}, which may be switched off"


def brokers(deployment: Deployment) -> Faults:
    """With one broker and with three: quorum, addresses and copies fit together."""
    for cluster in (False, True):
        running = {
            name: content
            for name, content in deployment.filled(cluster=cluster).items()
            if content["image"].startswith("apache/kafka:") and (cluster or not content.get("profiles"))
        }
        if len(running) != (3 if cluster else 1):
            yield f"{len(running)} brokers with cluster={cluster}"
        voters = ",".join(f"{content['environment']['KAFKA_NODE_ID']}@{name}:9093" for name, content in running.items())
        bootstrap = ",".join(f"{name}:9092" for name in running)
        for name, content in running.items():
            yield from _broker(name, content, voters, len(running), secure=deployment.secure)
        for service, variable, value in _environment(deployment.filled(cluster=cluster)):
            by_certificate = deployment.secure and service == "setup"
            if variable == "ANPR_KAFKA_BOOTSTRAP" and value != ("kafka-1:9095" if by_certificate else bootstrap):
                yield f"{service}: bootstrap {value} with cluster={cluster}"
            if variable == "ANPR_TOPICS_REPLICATION" and int(value) != min(3, len(running)):
                yield f"{service}: {value} copies on {len(running)} brokers"


def _broker(name: str, content: dict[str, Any], voters: str, count: int, *, secure: bool) -> Faults:
    environment = content["environment"]
    if environment["KAFKA_CONTROLLER_QUORUM_VOTERS"] != voters:
        yield f"{name}: quorum {environment['KAFKA_CONTROLLER_QUORUM_VOTERS']}, should be {voters}"
    advertised = dict(part.split("://") for part in environment["KAFKA_ADVERTISED_LISTENERS"].split(","))
    published = content["ports"][0].rpartition(":")[0]
    among_brokers = {"BROKER": f"{name}:9095"} if secure else {}
    if advertised != {"INSIDE": f"{name}:9092", "HOST": published, **among_brokers}:
        yield f"{name}: is advertised as {advertised}"
    copies = {key: int(value) for key, value in environment.items() if key.endswith("REPLICATION_FACTOR")}
    yield from (f"{name}: {key}={value} on {count} brokers" for key, value in copies.items() if value != count)
    needed = {key: int(value) for key, value in environment.items() if key.endswith("MIN_ISR")}
    yield from (f"{name}: {key}={value} of {count}" for key, value in needed.items() if value != max(1, count - 1))
    if not any(volume.endswith(f":{environment['KAFKA_LOG_DIRS']}") for volume in content["volumes"]):
        yield f"{name}: its log is in no volume"


def image_content(deployment: Deployment) -> Faults:
    """The image holds every import root and the locked requirements, and nothing that git does not know of."""
    sources = [source for one in deployment.instructions for source in _sources(one)]
    yield from (f"Dockerfile copies no {root}" for root in deployment.import_roots if root not in sources)
    for source in sources:
        if not (deployment.root / source).exists():
            yield f"Dockerfile copies {source}, which does not exist"
        elif ignored(source, deployment.dockerignore):
            yield f".dockerignore keeps {source} out"
    for secret in (
        ".env",
        ".git/config",
        "anpr.toml",
        ".anpr/evidence",
        "tests/deploy/checks.py",
        "anpr/__pycache__/x.pyc",
    ):
        if not ignored(secret, deployment.dockerignore):
            yield f".dockerignore lets {secret} in"
    installs = [rest for rest in _rests(deployment.instructions, "RUN") if "pip install" in rest]
    for option in ("--require-hashes", "--no-deps", "--only-binary :all:"):
        if not installs or any(option not in rest for rest in installs):
            yield f"Dockerfile installs without {option}"
    if "requirements/base.lock" not in sources:
        yield "Dockerfile does not use the lock file"


def _sources(instruction: Instruction) -> list[str]:
    if instruction.name not in ("COPY", "ADD") or "--from=" in instruction.rest:
        return []
    return [word for word in instruction.rest.split()[:-1] if not word.startswith("--")]


def ignored(path: str, dockerignore: str) -> bool:
    """Whether a path stays out of the build; the last pattern that fits it, or a folder above it, decides."""
    parts = PurePosixPath(path).parts
    places = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    verdict = False
    for line in dockerignore.splitlines():
        pattern = line.strip().removeprefix("!")
        if pattern and not pattern.startswith("#"):
            names = [PurePosixPath(place).name for place in places] if pattern.startswith("**/") else places
            if any(fnmatch(name, pattern.removeprefix("**/")) for name in names):
                verdict = not line.strip().startswith("!")
    return verdict


def image_run(deployment: Deployment) -> Faults:
    """The image runs as a user without rights, says how it is, and ends by SIGTERM."""
    stage = deployment.final_stage
    users = _rests(stage, "USER")
    if not users or users[-1].partition(":")[0] in ("0", "root"):
        yield "the image runs as root"
    if not any("/health" in rest and "ANPR_SERVICE_PORT" in rest for rest in _rests(stage, "HEALTHCHECK")):
        yield "the image does not ask /health at ANPR_SERVICE_PORT"
    if _rests(stage, "ENTRYPOINT") != ['["python", "-m", "anpr"]']:
        yield "the image does not run anpr"
    yield from (
        f"OpenCV needs {library}"
        for library in ("libgl1", "libglib2.0-0")
        if library not in " ".join(_rests(stage, "RUN"))
    )


def scraping(deployment: Deployment) -> Faults:
    """Prometheus asks every flow by name at the workers' port, and ClickHouse at its own."""
    jobs = {job["job_name"]: job for job in deployment.prometheus["scrape_configs"]}
    found = jobs["workers"]["dns_sd_configs"][0]
    if deployment.prometheus["global"]["scrape_interval"] != _grafana_interval(deployment):
        yield "Grafana reckons with another interval of scrapes"
    if set(found["names"]) != FLOWS.keys() or found["type"] != "A":
        yield f"Prometheus watches {found['names']}"
    ports = {s: value for s, name, value in _environment(deployment.filled()) if name == "ANPR_SERVICE_PORT"}
    yield from (
        f"{name}: port {ports.get(name)} is not watched" for name in FLOWS if ports.get(name) != str(found["port"])
    )
    targets = [t for job in jobs.values() for static in job.get("static_configs", []) for t in static["targets"]]
    watched = {target.partition(":")[0] for target in targets}
    yield from (f"Prometheus does not watch {OUTWARD[name]}" for name in OUTWARD if name not in watched)
    for target in targets:
        host, _, port = target.partition(":")
        if host not in deployment.services and host != "localhost":
            yield f"Prometheus watches {target}, no service"
        if host in OUTWARD and port != str(found["port"]):
            yield f"{OUTWARD[host]} shows its metrics at {found['port']}, not {port}"
        if host == "clickhouse" and port != deployment.metrics_port:
            yield f"ClickHouse shows its metrics at {deployment.metrics_port}, not {port}"


def _grafana_interval(deployment: Deployment) -> str:
    sources = deployment.datasources["datasources"]
    return str(next(one["jsonData"]["timeInterval"] for one in sources if one["type"] == "prometheus"))


def grafana_sources(deployment: Deployment) -> Faults:
    """Grafana's data sources are services here; their user, plugin and password are set."""
    grafana = deployment.services["grafana"]["environment"]
    if grafana.get("GF_AUTH_ANONYMOUS_ENABLED") != "false":
        yield "Grafana lets anyone in"
    plugins = [name.partition("@")[0] for name in grafana.get("GF_PLUGINS_PREINSTALL_SYNC", "").split(",")]
    for source in deployment.datasources["datasources"]:
        host = source["jsonData"].get("host") or re.sub(r"^\w+://|:\d+$", "", source["url"])
        if host not in deployment.services:
            yield f"data source {source['name']} is at {host}, no service"
        if source["type"] != "prometheus" and source["type"] not in plugins:
            yield f"plugin {source['type']} is not installed"
        # $__file{…} is Grafana's own
        yield from (f"Grafana is not given ${name}" for name in variables(source) if name not in {*grafana, "__file"})
        if source["type"].startswith("grafana-clickhouse"):
            yield from _grafana_user(deployment, source["jsonData"])


def _grafana_user(deployment: Deployment, wanted: dict[str, Any]) -> Faults:
    user = ElementTree.fromstring(deployment.clickhouse_user).find(f"users/{wanted['username']}")
    if user is None:
        yield f"ClickHouse knows no {wanted['username']}"
        return
    password = user.find("password")
    variable = None if password is None else password.get("from_env")
    if variable not in deployment.services["clickhouse"]["environment"]:
        yield f"ClickHouse is not given the password of {wanted['username']}"
    database = wanted["defaultDatabase"]
    if database not in {name for _, name in DATABASES.values()}:
        yield f"no database {database}"
    grants = [query.text or "" for query in user.findall("grants/query")]
    if not grants or any(f" ON {database}." not in grant for grant in grants):
        yield f"{wanted['username']} may read elsewhere than in {database}"


CHECKS: tuple[Callable[[Deployment], Faults], ...] = (
    official_schema,
    documented_variables,
    passwords_demanded,
    known_settings,
    store_address,
    store_rights,
    workers,
    our_containers,
    images,
    tested_versions,
    privileges,
    loopback_ports,
    referenced_things,
    operation,
    brokers,
    image_content,
    image_run,
    scraping,
    grafana_sources,
)
