"""ClickHouse over TLS: our own authority is trusted alone, and what is wrong with a certificate is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from anpr.certificates import Authority
from anpr.embedded.store.launch import StoreProcess
from anpr.settings import Settings, SettingsFault
from sinks.clickhouse.client import StoreUnreachable, connect
from tests.tls_front import tls_front

HERE = ("localhost", "127.0.0.1")


def settings(port: int, authority: Path | None) -> Settings:
    dsn = SecretStr(f"https://default:s3cret@127.0.0.1:{port}/default")
    return Settings(store_dsn=dsn, lez_dsn=dsn, audit_dsn=dsn, store_ca_file=authority)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.in_folder(tmp_path)


def test_questions_and_rows_go_over_tls_on_any_port(store: StoreProcess, tmp_path: Path, authority: Authority) -> None:
    with tls_front(authority.issue(tmp_path / "store", "store", HERE), store.port) as port:
        asked = settings(port, tmp_path / "ca.pem")
        for dsn in (asked.dsn(), asked.lez(), asked.audit() or ""):
            with connect(dsn) as client:
                assert client.command("SELECT 41 + 1") == 42
        with connect(asked.dsn()) as client:
            client.command("CREATE TABLE over_tls (n UInt32) ENGINE = MergeTree ORDER BY n")
            client.insert("over_tls", [[n] for n in range(1000)], column_names=["n"])
            assert client.command("SELECT sum(n) FROM over_tls") == 499_500
            client.command("DROP TABLE over_tls")


@pytest.mark.parametrize(
    ("hosts", "ends", "words"),
    [
        (HERE, datetime.now(UTC) - timedelta(days=1), "certificate has expired"),
        (("clickhouse",), None, "IP address mismatch"),
    ],
    ids=["expired", "another's"],
)
def test_a_certificate_that_does_not_hold(
    tmp_path: Path, authority: Authority, hosts: tuple[str, ...], ends: datetime | None, words: str
) -> None:
    with tls_front(authority.issue(tmp_path / "store", "store", hosts, ends=ends)) as port:
        told = _refused(settings(port, tmp_path / "ca.pem").dsn())
    assert f"no ClickHouse at 127.0.0.1:{port}/default: its certificate is not accepted: {words}" in told
    assert "is ANPR_STORE_CA_FILE right?" in told


@pytest.mark.parametrize("own", [True, False], ids=["another authority", "those that Mozilla trusts"])
def test_an_authority_that_is_not_ours(tmp_path: Path, authority: Authority, own: bool) -> None:
    Authority.in_folder(tmp_path / "other")
    with tls_front(authority.issue(tmp_path / "store", "store", HERE)) as port:
        told = _refused(settings(port, tmp_path / "other" / "ca.pem" if own else None).dsn())
    assert "its certificate is not accepted: unable to get local issuer certificate" in told


def _refused(dsn: str) -> str:
    with pytest.raises(StoreUnreachable) as refused:
        connect(dsn)
    assert "s3cret" not in str(refused.value)
    return str(refused.value)


def test_a_store_in_plain_text_is_asked_as_ever(tmp_path: Path) -> None:
    Authority.in_folder(tmp_path)
    plain = SecretStr("http://worker:s3cret@store:8123/anpr")
    assert Settings(store_dsn=plain, store_ca_file=tmp_path / "ca.pem").dsn() == "http://worker:s3cret@store:8123/anpr"


def test_an_authority_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match=r"ANPR_STORE_CA_FILE names .*absent.pem, which does not exist"):
        settings(8443, tmp_path / "absent.pem").dsn()
