"""An authority and certificates for trials of `docker-compose.secure.yml` and for tests: no network, no other program.

`python -m anpr.certificates FOLDER` makes what is missing in the folder, one sub-folder for each service:

    ca.pem                 the authority; ca.key is its private key: keep it elsewhere once all is made
    NAME/key.pem           private key of a service, PKCS #8, without a password; readable by its user alone
    NAME/certificate.pem   its certificate
    NAME/both.pem          both in one file, as Kafka wants them

Police forces have an authority of their own: files of the same names and forms from there do as well.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["SERVICES", "Authority", "Service", "main"]

AUTHORITY_DAYS = 3650
DAYS = 397
"""As long as browsers take a certificate for; long enough to forget how it is renewed, so renew it sooner."""


@dataclass(frozen=True, slots=True)
class Service:
    """Who gets a certificate."""

    hosts: tuple[str, ...]
    """Names and addresses by which others reach it; none: it only signs in to others by it."""
    uid: int
    """User of its container, who must be able to read the key."""


_LOCAL = ("localhost", "127.0.0.1")
SERVICES: Mapping[str, Service] = {
    "kafka-1": Service(("kafka-1", *_LOCAL), 1000),
    "kafka-2": Service(("kafka-2", *_LOCAL), 1000),
    "kafka-3": Service(("kafka-3", *_LOCAL), 1000),
    "clickhouse": Service(("clickhouse", *_LOCAL), 101),
    "door": Service(("door", *_LOCAL), 10001),
    "setup": Service((), 10001),
}
"""The services of docker-compose.secure.yml that have one. A name is also the certificate's common name: brokers and
setup are known to Kafka by it."""


class Authority:
    """Signs certificates."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate, self._key = certificate, key

    @classmethod
    def new(cls, name: str = "ANPR trial authority", now: datetime | None = None) -> Authority:
        """A new one, of which nobody knows yet."""
        key, begins = ec.generate_private_key(ec.SECP256R1()), _begin(now)
        builder = _builder(
            _named(name), _named(name), key.public_key(), begins, begins + timedelta(days=AUTHORITY_DAYS)
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        return cls(builder.add_extension(_usage(signs=True), critical=True).sign(key, hashes.SHA256()), key)

    @classmethod
    def in_folder(cls, folder: Path) -> Authority:
        """The one of a folder, made there if it has none. Raises OSError, ValueError."""
        certificate, key = folder / "ca.pem", folder / "ca.key"
        if not certificate.exists():
            made = cls.new()
            _write(key, _pem(made._key), 0o600)
            _write(certificate, made.pem, 0o644)
        private = load_pem_private_key(key.read_bytes(), None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{key} is no key of ours: name a folder that this program made, or an empty one")
        return cls(x509.load_pem_x509_certificate(certificate.read_bytes()), private)

    @property
    def pem(self) -> bytes:
        """Its certificate, for whoever shall trust it."""
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(self, folder: Path, name: str, hosts: Sequence[str], *, ends: datetime | None = None) -> Path:
        """Write key and certificate of `name` into the folder; returns the file with both.

        ends: unset, after `DAYS`.
        """
        key, begins = ec.generate_private_key(ec.SECP256R1()), _begin(None)
        until = begins + timedelta(days=DAYS) if ends is None else ends
        builder = _builder(
            _named(name), self.certificate.subject, key.public_key(), min(begins, until - timedelta(days=1)), until
        )
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([_host(one) for one in hosts]), critical=False)
        both_sides = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(both_sides, critical=False).add_extension(_usage(signs=False), critical=True)
        signed = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        ).sign(self._key, hashes.SHA256())
        return _write_all(folder, _pem(key), signed.public_bytes(Encoding.PEM))


def _begin(now: datetime | None) -> datetime:
    """A little in the past: clocks differ."""
    return (now or datetime.now(UTC)) - timedelta(hours=1)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_all(folder: Path, key: bytes, certificate: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "key.pem", key, 0o600)
    _write(folder / "certificate.pem", certificate, 0o644)
    return _write(folder / "both.pem", key + certificate, 0o600)


def _write(path: Path, content: bytes, mode: int) -> Path:
    """Never readable by others for a moment; whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    draft.touch(mode=mode)
    draft.write_bytes(content)
    return draft.rename(path)


def make(folder: Path, *, renew: bool = False, hosts: Mapping[str, Sequence[str]] | None = None) -> list[str]:
    """Certificates of all services that lack one, or, with `renew`, of all; returns their names.

    hosts: by service, more names and addresses by which others reach it.
    """
    authority, made = Authority.in_folder(folder), []
    for name, service in SERVICES.items():
        if renew or not (folder / name / "both.pem").exists():
            authority.issue(folder / name, name, (*service.hosts, *(hosts or {}).get(name, ())))
            made.append(name)
        if os.geteuid() == 0:
            for path in (folder / name).iterdir():
                os.chown(path, service.uid, service.uid)
    return made


def main(arguments: Sequence[str]) -> int:
    """The command. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m anpr.certificates", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--renew", action="store_true", help="new keys and certificates for all, of the same authority")
    parser.add_argument(
        "--host", action="append", default=[], metavar="SERVICE=HOST", help="another name or address of a service"
    )
    given = parser.parse_args(arguments)
    hosts: dict[str, list[str]] = {}
    for one in given.host:
        service, _, host = one.partition("=")
        if service not in SERVICES or not host:
            parser.error(f"--host {one}: name a service ({', '.join(SERVICES)}) and a host, as in door=anpr.example")
        hosts.setdefault(service, []).append(host)
    made = make(given.folder, renew=given.renew, hosts=hosts)
    print(f"made: {', '.join(made) or 'nothing, all are there'}")
    if os.geteuid() != 0:
        owners = ", ".join(f"{name}: {service.uid}" for name, service in SERVICES.items())
        print(f"the users of the containers must own these files ({owners}): run it as root, or chown them")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
