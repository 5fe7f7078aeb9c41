"""Who may ask: a shared secret where one is configured, and never a web page.

A browser on the same machine can reach loopback, so a page could post SQL without anyone's consent. Pages
are told by the headers that browsers always send: Origin on cross-site requests, and Host, which keeps the
page's own name when DNS was rebound to 127.0.0.1.
"""

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Iterable, Mapping
from pathlib import Path

from anpr.embedded.store.access import ROLES
from anpr.embedded.store.errors import AUTHENTICATION_FAILED, StoreError, StoreUnavailable, store_error


class Guard:
    """Checks the headers of every SQL request.

    token: None accepts every local caller, with all rights. role_tokens: secret → the one role that it opens.
    """

    def __init__(self, token: str | None, role_tokens: Mapping[str, str] | None = None) -> None:
        self._open = token is None
        self._roles = {} if token is None else {token.encode(): ""}
        self._roles |= {secret.encode(): role for secret, role in (role_tokens or {}).items()}

    def check(self, headers: Mapping[str, str]) -> str:
        """The role of the caller, empty for all rights. Raises StoreError (403) when it may not be answered."""
        if "Origin" in headers or (self._open and not _is_local_name(headers.get("Host", ""))):
            raise _refusal("requests from web pages are refused")
        if self._open:
            return ""
        presented = _presented(headers)
        found = [role for secret, role in self._roles.items() if hmac.compare_digest(presented, secret)]
        if not found:
            raise _refusal("Authentication failed: password is incorrect")
        return found[0]


def read_token(path: Path | None) -> str | None:
    """The secret in a token file, without white space around. Raises StoreUnavailable when there is none."""
    if path is None:
        return None
    try:
        token = path.read_text().strip()
    except OSError as err:
        raise StoreUnavailable(f"The token file {path} cannot be read ({err.strerror}): give one that can.") from err
    if not token:
        raise StoreUnavailable(f"The token file {path} is empty: write a secret into it.")
    return token


def read_role_tokens(given: Iterable[str], owner: str | None) -> dict[str, str]:
    """Secret → role, from `ROLE=FILE`. Raises StoreUnavailable for an unknown role and for a secret used twice."""
    found: dict[str, str] = {}
    for text in given:
        role, _, path = text.partition("=")
        if role not in ROLES:
            raise StoreUnavailable(f"--role-token {text}: there is no role {role!r}; there are {', '.join(ROLES)}.")
        token = read_token(Path(path))
        if token is None or token == owner or token in found:
            raise StoreUnavailable(f"The token file {path} holds the secret of another role: write one of its own.")
        found[token] = role
    return found


def _refusal(message: str) -> StoreError:
    return store_error(AUTHENTICATION_FAILED, message)


def _is_local_name(host: str) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name in ("localhost", ""):
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _presented(headers: Mapping[str, str]) -> bytes:
    """The password of a request: X-ClickHouse-Key, Basic (any user) or Bearer; b"" for none."""
    if "X-ClickHouse-Key" in headers:
        return headers["X-ClickHouse-Key"].encode()
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode()
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""
