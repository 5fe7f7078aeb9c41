"""Sign-in as the settings have it: local users of the data folder, or the organisation's own provider."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from clickhouse_connect.driver.client import Client

from anpr.settings import Settings, SettingsFault
from console.headers import Site
from console.signin.desk import Outcome, SignIn
from console.signin.file import SignInFile
from console.signin.passwords import LocalUsers, made_password
from console.signin.provider import Provider, ProviderConfig
from console.signin.registrations import Registrations
from console.signin.rules import Rules
from console.signin.sessions import Sessions
from pipeline.runtime.clock import Clock
from pipeline.runtime.metrics import Metrics
from sinks.clickhouse.audit.chain import Chain, ChainFile
from sinks.clickhouse.audit.records import Audit
from sinks.clickhouse.client import connect
from sinks.clickhouse.officers import Register

__all__ = [
    "check_sign_in",
    "end_sessions",
    "first_password",
    "give_password",
    "local_users",
    "provider_of",
    "sign_in_of",
    "site_of",
]


def sign_in_of(settings: Settings, client: Client, chain: Chain, metrics: Metrics, clock: Clock) -> SignIn:
    """Of the API process. Raises SettingsFault, SignInUnusable."""
    register = Register(client, clock.now, settings.officer, chain)
    config = provider_of(settings)
    return SignIn(
        SignInFile(settings.data_dir),
        Registrations(register.list, clock.now, clock.monotonic),
        Audit(client, clock.now, chain),
        clock,
        _rules(settings),
        provider=Provider(config, clock.now, clock.monotonic) if config else None,
        count=functools.partial(_count, metrics),
    )


def check_sign_in(settings: Settings) -> None:
    """Before anything is waited for. Raises SettingsFault."""
    site_of(settings)
    provider_of(settings)


def site_of(settings: Settings) -> Site:
    """How people reach it. Raises SettingsFault."""
    for name, address in (("ANPR_API_URL", settings.api_url), ("ANPR_TILES", settings.tiles)):
        if address is not None and not _is_web(address):
            raise SettingsFault(f"{name} is no address: write https://host, and no blanks or semicolons")
    if settings.tiles is not None and not all(part in settings.tiles for part in ("{z}", "{x}", "{y}")):
        raise SettingsFault("ANPR_TILES needs {z}, {x} and {y}: https://tiles.example/{z}/{x}/{y}.png")
    return Site(settings.api_url, settings.api_proxies, settings.tiles)


def provider_of(settings: Settings) -> ProviderConfig | None:
    """None: local users sign in. Raises SettingsFault."""
    if settings.oidc_issuer is None:
        if settings.oidc_client_id is not None:
            raise SettingsFault("ANPR_OIDC_CLIENT_ID is set, and no issuer: set ANPR_OIDC_ISSUER too")
        return None
    if settings.oidc_client_id is None:
        raise SettingsFault("ANPR_OIDC_ISSUER is set, and not what we are there: set ANPR_OIDC_CLIENT_ID too")
    secret = settings.oidc_client_secret
    try:
        return ProviderConfig(
            settings.oidc_issuer,
            settings.oidc_client_id,
            secret.get_secret_value() if secret else None,
            settings.oidc_claim,
            settings.oidc_ca_file,
        )
    except ValueError as error:
        raise SettingsFault(f"ANPR_OIDC_ISSUER: {error}") from error


def local_users(settings: Settings) -> LocalUsers:
    """Those of the data folder. Raises SignInUnusable."""
    return LocalUsers(SignInFile(settings.data_dir), _now)


def first_password(settings: Settings) -> str | None:
    """Where nobody could sign in yet, a password for the officer of the settings; None: somebody can. It is audited."""
    users = local_users(settings)
    if settings.oidc_issuer is not None or users.names():
        return None
    register = Register(connect(settings.dsn()), _now, settings.officer, ChainFile(settings.data_dir))
    if not register.current(settings.officer):
        return None
    return give_password(users, register, settings.officer, made_password())


def give_password(users: LocalUsers, register: Register, officer: str, password: str) -> str:
    """Recorded first, then done; returns it. Raises OfficerRefused, PasswordRefused."""
    users.check_new(officer, password)
    register.sign_in_changed("password_set", officer)
    users.set_password(officer, password)
    return password


def end_sessions(settings: Settings, officer: str) -> int:
    """Sign somebody out everywhere on this machine; returns of how many browsers."""
    return Sessions(SignInFile(settings.data_dir), _now, _rules(settings)).end_all(officer)


def _rules(settings: Settings) -> Rules:
    return Rules(
        timedelta(hours=settings.session_hours),
        timedelta(minutes=settings.session_idle_minutes),
        settings.requests_per_s,
    )


def _count(metrics: Metrics, outcome: Outcome) -> None:
    metrics.count("anpr_sign_ins_total", outcome=outcome)


def _is_web(address: str) -> bool:
    found = urlsplit(address)
    clean = not any(sign in address for sign in " ;,'\"\t\r\n")
    return clean and found.scheme in ("http", "https") and bool(found.hostname)


def _now() -> datetime:
    return datetime.now(UTC)
