"""Settings, resolved once: defaults ← file `anpr.toml` ← environment `ANPR_…` ← flags. Frozen; secrets stay hidden.

Nothing else in the program reads the environment. An unknown setting is an error, since a misspelt one would
otherwise leave a default in force.
"""

from __future__ import annotations

import getpass
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from pipeline.runtime.kafka import KafkaConfig

__all__ = ["PREFIX", "Settings", "SettingsFault", "resolve"]

PREFIX = "ANPR_"
CONFIG_FILE = "anpr.toml"
# Read by test fixtures or by the launcher of a worker, not by the program's settings.
NOT_SETTINGS = frozenset({"ANPR_CONFIG", "ANPR_TEST_KAFKA"})


class SettingsFault(ValueError):
    """A setting is wrong; the message names it and says what would be right."""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        return f"uid-{os.getuid()}"


class Settings(BaseModel):
    """All settings of every command and worker."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    data_dir: Path = Path(".anpr")
    """Folder of the embedded store, the evidence pictures and the logs."""
    kafka_bootstrap: str | None = None
    """host:port of the Kafka brokers; unset: an embedded broker is started."""
    kafka_assignment: Literal["group", "static"] = "group"
    """How workers share partitions; `static`: one worker per flow takes all, without joining a group."""
    kafka_instance: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,100}$")
    """Name of this worker among those of its flow, the same after each restart (a container's host name, say): its
    partitions then wait for it for ten seconds, and nobody else has to rebuild their state; unset: they go to the
    others as soon as it is missed."""
    kafka_fetch_wait_ms: int = Field(default=500, ge=1, le=60_000)
    """How long a broker may hold an empty fetch; low only for the embedded broker."""
    kafka_security_protocol: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    """Transport to Kafka."""
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    """How to sign in to Kafka."""
    kafka_username: str | None = None
    """User at Kafka."""
    kafka_password: SecretStr | None = None
    """Password at Kafka."""
    kafka_ca_file: Path | None = None
    """Certificate authority of the brokers; unset: those that the machine trusts."""
    kafka_certificate_file: Path | None = None
    """Our own certificate, by which we sign in to Kafka instead of by a password."""
    kafka_key_file: Path | None = None
    """Its private key, PEM."""
    store_dsn: SecretStr | None = None
    """http://user:password@host:port/database of ClickHouse, the police's; unset: an embedded store is started."""
    lez_dsn: SecretStr | None = None
    """The same of the database of the low-emission zones, another controller's: another database, of the same server or
    another; unset: beside an embedded store."""
    audit_dsn: SecretStr | None = None
    """The same of a user with the role anpr_auditor, by which the console shows the audit to auditors; unset: as
    `store_dsn`, which on a server may not read it."""
    store_ca_file: Path | None = None
    """Certificate authority of ClickHouse, of every DSN that begins with https; unset: those that Mozilla trusts."""
    store_cluster: str | None = None
    """Name of the ClickHouse cluster for replicated tables; unset: one server."""
    store_reads: Literal["all", "best", "none"] = "none"
    """Which reads become rows of their own: all, the one that each passage shows, or none. A passage's row holds
    text, picture and confidences of its best read in any case."""
    evidence: str | None = None
    """Folder or URL (s3://bucket/prefix) of evidence pictures; unset: a folder in `data_dir`."""
    vision_engine: str = "anpr"
    """Engine that finds and reads plates."""
    vision_threads: int = Field(default=1, ge=1, le=64)
    """Processor threads of one engine."""
    vision_models: Path | None = None
    """Folder of the weights of an engine that may lack its own (easyocr); unset: where they usually are."""
    vision_max_megapixels: float = Field(default=50, gt=0, le=500)
    """Larger pictures are refused."""
    vision_keep_not_plates: bool = False
    """Whether pictures of readings dropped as no plates are kept for study, under `not-plates/` among the evidence."""
    vision_keep_frames: bool = False
    """Whether the whole frame is kept beside the picture of each plate: for who must compare make and colour. It shows
    people, and takes far more room; it goes when the plate's picture goes. `anpr serve` must know it too."""
    lookback_hours: float = Field(default=24, gt=0, le=14 * 24)
    """How far back a new entry of a hotlist is searched for among what has passed, h."""
    service_host: str = "127.0.0.1"
    """Address of a worker's /metrics and /health."""
    service_port: int = Field(default=0, ge=0, le=65535)
    """Port of a worker's /metrics and /health; 0: a free one."""
    worker_niceness: int = Field(default=0, ge=0, le=19)
    """How far a worker steps back once it runs, so that whoever starts on the same machine goes first; 0: not at all.
    For machines without a free core; in a cluster that is the scheduler's business."""
    api_host: str = "127.0.0.1"
    """Address of the HTTP API (`anpr serve`)."""
    api_port: int = Field(default=8080, ge=0, le=65535)
    """Port of the HTTP API; 0: a free one."""
    api_url: str | None = None
    """Address that people type, `https://console.example`, where a proxy with TLS stands before the API; unset: as each
    request says."""
    api_proxies: str = "127.0.0.1"
    """Addresses, separated by commas, of proxies that are believed about who asks (X-Forwarded-For)."""
    door_host: str = "127.0.0.1"
    """Address of the ingest door (`anpr door`)."""
    door_port: int = Field(default=8090, ge=0, le=65535)
    """Port of the ingest door; 0: a free one."""
    door_name: str | None = Field(default=None, min_length=1, max_length=100)
    """Name of this ingest door, the same after each restart and no other door's: its uploads that were cut short are
    taken up again at once, those of others after five minutes; unset: host name and port."""
    door_certificate_file: Path | None = None
    """Certificate of the ingest door with its chain, PEM; unset: plain HTTP, for a proxy with TLS before it."""
    door_key_file: Path | None = None
    """Key of that certificate, PEM; unset: in the same file."""
    door_reads_per_s: float = Field(default=1000, gt=0, le=1_000_000)
    """Reads that one device may upload in the long run, a frame counted as twenty; ten seconds' worth at once."""
    door_answer_s: float = Field(default=10, gt=0, le=60)
    """A device whose upload the broker has not acknowledged in so long is told to come again, s; it is tried on."""
    door_waiting_mb: float = Field(default=64, ge=1, le=100)
    """Most that the ingest door holds of what the broker has not acknowledged; beyond it devices must come again."""
    edge_url: str | None = None
    """Address of the ingest door that `anpr edge` uploads to, `https://door.example`."""
    edge_token: SecretStr | None = None
    """Token of this device, as `anpr cameras key add` printed it."""
    edge_token_file: Path | None = None
    """File with the token, read again whenever it is refused; instead of `edge_token`."""
    edge_ca_file: Path | None = None
    """Certificate authority of the ingest door; unset: those that Mozilla trusts."""
    edge_spool: Path = Path("spool")
    """Folder where `anpr edge` keeps what is not uploaded yet."""
    edge_spool_mb: float = Field(default=1024, gt=0, le=1_000_000)
    """Most that the spool holds; a full one takes no more, and says so."""
    requests_per_s: float = Field(default=30, gt=0, le=10_000)
    """Requests that one person may make at the API in the long run; ten seconds' worth at once."""
    session_hours: float = Field(default=12, gt=0, le=24)
    """How long a sign-in at the console holds at most."""
    session_idle_minutes: float = Field(default=15, gt=0, le=240)
    """After so long without anybody at it a console asks for the password again."""
    oidc_issuer: str | None = None
    """OpenID Connect provider that people sign in at, `https://…`; unset: by passwords of the data folder."""
    oidc_client_id: str | None = None
    """What we are called at the provider."""
    oidc_client_secret: SecretStr | None = None
    """Our secret at the provider; unset: a public client, by PKCE alone."""
    oidc_claim: str = Field(default="preferred_username", min_length=1)
    """Which of the provider's claims is the officer's name in our register."""
    oidc_ca_file: Path | None = None
    """Certificate authority of the provider; unset: those that Mozilla trusts."""
    tiles: str | None = None
    """Address of map tiles, `https://tiles.example/{z}/{x}/{y}.png`; unset: a schematic map, nothing from outside."""
    subscriber_key: SecretStr | None = Field(default=None, min_length=32)
    """Key from which tokens and signing secrets of subscribers are made; unset: a file in `data_dir`. Whoever changes
    it ends them all."""
    webhook_retry_hours: float = Field(default=24, gt=0, le=24 * 14)
    """How long a hit is tried to be delivered to a webhook that does not take it."""
    webhook_ca_file: Path | None = None
    """Certificate authority of webhooks; unset: those that Mozilla trusts."""
    topics_max_partitions: int | None = Field(default=None, ge=1)
    """Cap on partitions when topics are created; unset: as the topic files say."""
    topics_replication: int | None = Field(default=None, ge=1, le=7)
    """Copies of each partition; unset: as the topic files say."""
    batch_messages: int = Field(default=2000, ge=1, le=100_000)
    """Most messages that a worker takes at once."""
    lane_behind_s: float = Field(default=30, ge=0, le=86_400)
    """Where the next message of a partition is older than this, s, the workers `consolidate` and `match` tell what has
    just come at once, beside the backlog; 0: they work in order alone."""
    lane_backlog_per_s: float = Field(default=20_000, ge=1_000, le=1_000_000)
    """Most messages of a backlog that one worker works off in a second while it does so: what is left of the machine is
    for those who read what it tells."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is logged."""
    log_format: Literal["console", "json"] = "console"
    """How log lines look."""
    officer: str = Field(default_factory=_user, min_length=1, max_length=64)
    """Who searches, for the record."""

    @property
    def evidence_place(self) -> str:
        """Folder or URL of the evidence store."""
        return self.evidence or str(self.data_dir / "evidence")

    @property
    def lez_chain(self) -> Path:
        """Folder of our audit chain in the database of the low-emission zones; the police's is `data_dir`."""
        return self.data_dir / "lez"

    def kafka(self) -> KafkaConfig:
        """Configuration of Kafka clients. Raises SettingsFault when no broker is set."""
        if self.kafka_bootstrap is None:
            raise SettingsFault("no broker: set ANPR_KAFKA_BOOTSTRAP=host:port")
        return KafkaConfig(
            self.kafka_bootstrap,
            self.kafka_assignment,
            instance=self.kafka_instance,
            fetch_wait_ms=self.kafka_fetch_wait_ms,
            extra=self._security(),
        )

    def _security(self) -> dict[str, str]:
        self._check_security()
        wanted = {
            "security.protocol": self.kafka_security_protocol,
            "sasl.mechanism": self.kafka_sasl_mechanism,
            "sasl.username": self.kafka_username,
            "sasl.password": self.kafka_password.get_secret_value() if self.kafka_password else None,
            "ssl.ca.location": str(self.kafka_ca_file) if self.kafka_ca_file else None,
            "ssl.certificate.location": str(self.kafka_certificate_file) if self.kafka_certificate_file else None,
            "ssl.key.location": str(self.kafka_key_file) if self.kafka_key_file else None,
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def _check_security(self) -> None:
        """Raises SettingsFault for what no broker could take, or a client would take without a word."""
        protocol = self.kafka_security_protocol
        if protocol.startswith("sasl") and not (
            self.kafka_sasl_mechanism and self.kafka_username and self.kafka_password
        ):
            raise SettingsFault(
                f"ANPR_KAFKA_SECURITY_PROTOCOL={protocol} signs in by password: set ANPR_KAFKA_SASL_MECHANISM, "
                "ANPR_KAFKA_USERNAME and ANPR_KAFKA_PASSWORD"
            )
        if not protocol.startswith("sasl") and self.kafka_password is not None:
            raise SettingsFault(
                f"ANPR_KAFKA_PASSWORD is set, but ANPR_KAFKA_SECURITY_PROTOCOL={protocol} gives it to nobody: set "
                "sasl_ssl, or no password"
            )
        if (self.kafka_certificate_file is None) != (self.kafka_key_file is None):
            raise SettingsFault("ANPR_KAFKA_CERTIFICATE_FILE and ANPR_KAFKA_KEY_FILE are needed both, or neither")
        for path in (self.kafka_ca_file, self.kafka_certificate_file, self.kafka_key_file):
            if path is not None and not path.is_file():
                raise SettingsFault(f"there is no file {path}, which the settings of Kafka name")

    def dsn(self) -> str:
        """DSN of the store, with its password. Raises SettingsFault when none is set."""
        if self.store_dsn is None:
            raise SettingsFault("no store: set ANPR_STORE_DSN=http://user:password@host:port/database")
        return self._trusting(self.store_dsn)

    def lez(self) -> str:
        """DSN of the database of the low-emission zones, with its password. Raises SettingsFault when none is set."""
        if self.lez_dsn is None:
            raise SettingsFault(
                "no database of the low-emission zones: set ANPR_LEZ_DSN=http://user:password@host:port/lez, another "
                "one than ANPR_STORE_DSN names"
            )
        return self._trusting(self.lez_dsn)

    def audit(self) -> str | None:
        """DSN of the user that reads the audit for auditors, with its password; None: as `dsn`."""
        return None if self.audit_dsn is None else self._trusting(self.audit_dsn)

    def _trusting(self, dsn: SecretStr) -> str:
        """With our certificate authority, where it is one of https: whatever connects by it then trusts that alone."""
        text = dsn.get_secret_value()
        if self.store_ca_file is None or not text.startswith("https:"):
            return text
        if not self.store_ca_file.is_file():
            raise SettingsFault(f"ANPR_STORE_CA_FILE names {self.store_ca_file}, which does not exist")
        return f"{text}{'&' if '?' in text else '?'}{urlencode({'ca_cert': self.store_ca_file})}"

    def environment(self) -> dict[str, str]:
        """The same settings as `ANPR_…` variables, secrets included: for our own child processes only."""
        given = self.model_dump(exclude_none=True)
        return {PREFIX + name.upper(): _text(value) for name, value in given.items()}


def _text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def resolve(environ: Mapping[str, str], **flags: Any) -> Settings:
    """The settings in force. `flags` that are None count as not given. Raises SettingsFault."""
    found = {**_from_file(environ), **_from_environment(environ)}
    found |= {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsFault(f"setting {name} ({PREFIX}{name.upper()}): {first['msg']}") from error


def _from_file(environ: Mapping[str, str]) -> dict[str, Any]:
    named = environ.get("ANPR_CONFIG")
    path = Path(named or CONFIG_FILE)
    if not path.exists():
        if named:
            raise SettingsFault(f"ANPR_CONFIG names {named}, which does not exist")
        return {}
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
        raise SettingsFault(f"{path} cannot be read: {error}") from error
    _refuse_unknown(content, str(path), "")
    return content


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    ours = {k: v for k, v in environ.items() if k.startswith(PREFIX) and k not in NOT_SETTINGS}
    named = {k.removeprefix(PREFIX).lower(): v for k, v in ours.items()}
    _refuse_unknown(named, "the environment", PREFIX)
    return {name: value for name, value in named.items() if value != ""}


def _refuse_unknown(found: Mapping[str, Any], place: str, prefix: str) -> None:
    for name in found:
        if name not in Settings.model_fields:
            shown = prefix + (name.upper() if prefix else name)
            raise SettingsFault(f"{place} sets {shown}, which is no setting; `anpr settings` lists them")
