"""Why a broker does not answer is told so that one knows what to mend."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anpr.certificates import Authority
from anpr.embedded.child import free_port
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.reach import BrokerSilent, ask_broker
from tests.tls_front import tls_front

HERE = ("localhost", "127.0.0.1")
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


def why(bootstrap: str, **security: str) -> str:
    extra = {name.replace("_", "."): value for name, value in security.items()}
    with pytest.raises(BrokerSilent) as silent:
        ask_broker(KafkaConfig(bootstrap, extra=extra), 1.5)
    return str(silent.value)


def over_tls(port: int, authority: Path) -> str:
    return why(f"127.0.0.1:{port}", security_protocol="ssl", ssl_ca_location=str(authority))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.in_folder(tmp_path)


def test_nobody_there() -> None:
    port = free_port()
    words = why(f"127.0.0.1:{port}")
    assert words.startswith(f"no broker answers at 127.0.0.1:{port} (")
    assert words.endswith("is it up, is ANPR_KAFKA_BOOTSTRAP right?")


@pytest.mark.parametrize(
    ("hosts", "ends", "words"),
    [
        (HERE, YESTERDAY, "the certificate of 127.0.0.1 is not accepted: certificate has expired"),
        (("kafka-1",), None, "the certificate of 127.0.0.1 is not accepted: IP address mismatch"),
    ],
    ids=["expired", "another's"],
)
def test_a_certificate_that_does_not_hold(
    tmp_path: Path, authority: Authority, hosts: tuple[str, ...], ends: datetime | None, words: str
) -> None:
    with tls_front(authority.issue(tmp_path / "broker", "broker", hosts, ends=ends)) as port:
        told = over_tls(port, tmp_path / "ca.pem")
    assert told.startswith(f"no safe connection to 127.0.0.1:{port}: {words}"), told
    assert "ANPR_KAFKA_CA_FILE" in told


def test_another_authority(tmp_path: Path, authority: Authority) -> None:
    Authority.in_folder(tmp_path / "other")
    with tls_front(authority.issue(tmp_path / "broker", "broker", HERE)) as port:
        told = over_tls(port, tmp_path / "other" / "ca.pem")
    assert "unable to get local issuer certificate; is ANPR_KAFKA_CA_FILE right?" in told


def test_plain_text_to_a_broker_with_tls(tmp_path: Path, authority: Authority) -> None:
    with tls_front(authority.issue(tmp_path / "broker", "broker", HERE)) as port:
        told = why(f"127.0.0.1:{port}")
    words = "it speaks TLS, not plaintext: is ANPR_KAFKA_SECURITY_PROTOCOL right?"
    assert told == f"no safe connection to 127.0.0.1:{port}: {words}"


def test_tls_to_a_broker_without(embedded_broker: str, tmp_path: Path) -> None:
    Authority.in_folder(tmp_path)
    told = why(embedded_broker, security_protocol="ssl", ssl_ca_location=str(tmp_path / "ca.pem"))
    assert (
        told
        == f"no safe connection to {embedded_broker}: it does not speak ssl: is ANPR_KAFKA_SECURITY_PROTOCOL right?"
    )
