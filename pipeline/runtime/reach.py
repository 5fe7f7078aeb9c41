"""Whether a broker answers, and if it does not, why: in words that name the setting to look at."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import ClusterMetadata

from pipeline.runtime.kafka import KafkaConfig, admin_client, cause

__all__ = ["BrokerSilent", "ask_broker", "asking", "tls_context"]

PROBE_S = 3.0
ASKING_S = 2.0
LISTEN_S = 0.5


class BrokerSilent(RuntimeError):
    """No broker answers us; the message says why, as far as it can be known."""


def ask_broker(config: KafkaConfig, timeout_s: float) -> ClusterMetadata:
    """What the brokers say of themselves and of the topics that we may see. Raises BrokerSilent."""
    heard: list[KafkaError] = []
    admin = admin_client(config, on_error=heard.append)
    try:
        return admin.list_topics(timeout=timeout_s)
    except KafkaException as error:
        while admin.poll(0):  # what went wrong on the way waits there
            pass
        raise BrokerSilent(_why(config, [cause(error), *heard])) from error


def asking(config: KafkaConfig) -> Callable[[], bool]:
    """A question for whoever asks again and again: whether the brokers say anything within two seconds."""
    client = cache(partial(admin_client, config))  # one connection, and none before the first question

    def answers() -> bool:
        try:
            client().list_topics(timeout=ASKING_S)
        except KafkaException:
            return False
        return True

    return answers


def _why(config: KafkaConfig, errors: Sequence[KafkaError]) -> str:
    codes = {error.code() for error in errors}
    if KafkaError._AUTHENTICATION in codes:
        user = config.extra.get("sasl.username", "of our certificate")
        return (
            f"{config.bootstrap} does not let the user {user} in: are ANPR_KAFKA_USERNAME, ANPR_KAFKA_PASSWORD and "
            "ANPR_KAFKA_SASL_MECHANISM right?"
        )
    if (fault := _transport_fault(config)) is not None:
        return f"no safe connection to {config.bootstrap}: {fault}"
    return f"no broker answers at {config.bootstrap} ({errors[0].str()}): is it up, is ANPR_KAFKA_BOOTSTRAP right?"


def _transport_fault(config: KafkaConfig) -> str | None:
    """What is wrong below Kafka's protocol, by a look of our own: librdkafka only says that something is."""
    own = config.extra.get("security.protocol", "plaintext").lower()
    try:
        context = tls_context(config) if own.endswith("ssl") else _any_tls()
    except OSError as error:
        return f"our own certificate files cannot be used ({error.strerror or type(error).__name__})"
    for host, port in _hosts(config):
        try:
            plain = socket.create_connection((host, port), PROBE_S)
        except OSError:
            continue
        with plain:
            return _fault_at(plain, host, context, own)
    return None


def _fault_at(plain: socket.socket, host: str, context: ssl.SSLContext, own: str) -> str | None:
    wants_tls = own.endswith("ssl")
    try:
        with context.wrap_socket(plain, server_hostname=host) as safe:
            if not wants_tls:
                return f"it speaks TLS, not {own}: is ANPR_KAFKA_SECURITY_PROTOCOL right?"
            return _fault_of_ours(safe)
    except ssl.SSLCertVerificationError as error:
        return f"the certificate of {host} is not accepted: {error.verify_message}; is ANPR_KAFKA_CA_FILE right?"
    except OSError:
        return f"it does not speak {own}: is ANPR_KAFKA_SECURITY_PROTOCOL right?" if wants_tls else None


def _fault_of_ours(safe: ssl.SSLSocket) -> str | None:
    """Whether the other side lets us in without a password: of TLS 1.3 it tells only after the handshake."""
    safe.settimeout(LISTEN_S)
    try:
        safe.recv(1)
    except TimeoutError:
        return None
    except ssl.SSLError:
        return "it takes nobody without a certificate of its authority: is ANPR_KAFKA_CERTIFICATE_FILE right?"
    return None


def _any_tls() -> ssl.SSLContext:
    """To see whether somebody speaks TLS at all; nothing is said over it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def tls_context(config: KafkaConfig) -> ssl.SSLContext:
    """As librdkafka is told: whom we trust, and who we are. Raises OSError for files that cannot be used."""
    given = config.extra
    context = ssl.create_default_context(cafile=given.get("ssl.ca.location"))
    if certificate := given.get("ssl.certificate.location"):
        context.load_cert_chain(certificate, given.get("ssl.key.location"))
    return context


def _hosts(config: KafkaConfig) -> Iterator[tuple[str, int]]:
    for address in config.bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        if port.isdigit():
            yield host.strip("[]"), int(port)
