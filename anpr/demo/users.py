"""Somebody to sign in as in every role, for a demo."""

from __future__ import annotations

from datetime import UTC, datetime

from anpr.settings import Settings
from anpr.signin import give_password, local_users
from console.signin.passwords import made_password
from schemas.search import Role
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.client import connect
from sinks.clickhouse.officers import FOREVER, Officer, Register

__all__ = ["USERS", "make_demo_users"]

USERS: tuple[Role, ...] = ("officer", "investigator", "hotlist_manager", "lez_agent", "auditor", "administrator")
"""Each is a name, and the role of that name, on all cameras."""


def make_demo_users(settings: Settings) -> dict[str, str]:
    """Register them and give each a new password; returns name → password.

    lez_agent and auditor are in the register of the low-emission zones too, where there is one.
    """
    register = Register(connect(settings.dsn()), _now, settings.officer, ChainFile(settings.data_dir))
    _register(register, USERS)
    if settings.lez_dsn is not None:
        lez = Register(connect(settings.lez()), _now, settings.officer, ChainFile(settings.lez_chain))
        _register(lez, ("lez_agent", "auditor"))
    users = local_users(settings)
    return {name: give_password(users, register, name, made_password()) for name in USERS}


def _register(register: Register, roles: tuple[Role, ...]) -> None:
    for role in roles:
        if not register.current(role, role):
            register.add(Officer(role, role, "", _now(), FOREVER))


def _now() -> datetime:
    return datetime.now(UTC)
