"""An authority and certificates for trials and tests: whole, kept, and each for its service alone."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from cryptography import x509

from anpr.certificates import SERVICES, Authority, main


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_every_service_has_one_that_its_authority_signed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    authority = certificate(tmp_path / "ca.pem")
    for name, service in SERVICES.items():
        one = certificate(tmp_path / name / "certificate.pem")
        one.verify_directly_issued_by(authority)
        assert one.subject.rfc4514_string() == f"CN={name}", "what Kafka knows it by"
        assert _hosts(one) == set(service.hosts)
        assert (tmp_path / name / "both.pem").read_bytes() == b"".join(
            (tmp_path / name / file).read_bytes() for file in ("key.pem", "certificate.pem")
        )
    assert capsys.readouterr().out.startswith("made: kafka-1, kafka-2, kafka-3, clickhouse, door, setup")


def _hosts(one: x509.Certificate) -> set[str]:
    try:
        names = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    found = {str(host) for host in names.get_values_for_type(x509.DNSName)}
    return found | {str(ipaddress.ip_address(host)) for host in names.get_values_for_type(x509.IPAddress)}


def test_a_service_may_have_more_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--host", "door=anpr.example", "--host", "door=192.0.2.7"]) == 0
    hosts = _hosts(certificate(tmp_path / "door" / "certificate.pem"))
    assert hosts == {"door", "localhost", "127.0.0.1", "anpr.example", "192.0.2.7"}
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--host", "gate=anpr.example"])
    assert "--host gate=anpr.example: name a service (kafka-1" in capsys.readouterr().err


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    main([str(tmp_path)])
    keys = [tmp_path / "ca.key", *tmp_path.glob("*/key.pem"), *tmp_path.glob("*/both.pem")]
    assert len(keys) == 1 + 2 * len(SERVICES)
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
    assert not list(tmp_path.rglob("*.part"))


def test_what_is_there_stays_until_it_is_renewed_by_the_same_authority(tmp_path: Path) -> None:
    main([str(tmp_path)])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.pem")}
    main([str(tmp_path)])
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.pem")} == before
    main([str(tmp_path), "--renew"])
    after = {path: path.read_bytes() for path in tmp_path.rglob("*.pem")}
    assert {path for path in before if before[path] == after[path]} == {tmp_path / "ca.pem"}


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    Authority.in_folder(tmp_path)
    (tmp_path / "ca.key").write_text("no key")
    with pytest.raises(ValueError, match=r"Could not|Unable to load"):
        Authority.in_folder(tmp_path)
