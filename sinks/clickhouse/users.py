"""Users of a ClickHouse server: one role each."""

from __future__ import annotations

import hashlib
import secrets

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.controllers import CONTROLLERS

__all__ = ["make_user", "user_statements"]

ROLES = tuple(role for controller in CONTROLLERS for role in controller.roles)


def make_user(client: Client, name: str, role: str, password: str, cluster: str | None = None) -> None:
    """Make a user with this role and no other right, or change it to that. Errors of ClickHouse pass through.

    Raises ValueError for an unknown role and an empty password. Only a salted digest of the password is sent, since
    a server keeps its statements in a log.
    """
    if role not in ROLES or not password:
        raise ValueError(f"needs a password and a role of {', '.join(ROLES)}")
    for statement in user_statements(name, role, password, secrets.token_hex(16), cluster):
        client.command(statement)


def user_statements(name: str, role: str, password: str, salt: str, cluster: str | None = None) -> tuple[str, str]:
    """They take no query parameters: what is quoted here is a name and hexadecimal digits."""
    digest = hashlib.sha256((password + salt).encode()).hexdigest()
    quoted = "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"
    on_cluster = f" ON CLUSTER '{cluster}'" if cluster else ""
    known = f"IDENTIFIED WITH sha256_hash BY '{digest}' SALT '{salt}' DEFAULT ROLE {role}"
    return (
        f"CREATE USER OR REPLACE {quoted}{on_cluster} {known}",
        f"GRANT{on_cluster} {role} TO {quoted} WITH REPLACE OPTION",
    )
