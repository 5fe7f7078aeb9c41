"""What may be asked: a webhook must not turn the platform against its own network, nor carry hits in the clear."""

from __future__ import annotations

import ipaddress

import httpx

__all__ = ["TargetRefused", "check_target"]

MOST_CHARACTERS = 2_000


class TargetRefused(ValueError):
    """No hit may be sent there; the message says why."""


def check_target(url: str, *, insecure: bool = False) -> None:
    """Raises TargetRefused unless it is https, or http on this machine (`insecure`: anywhere).

    Private addresses are allowed: the targets of police zones are there. Link-local ones are not, as clouds keep
    secrets at 169.254.169.254. Names are not resolved: TLS says who answers.
    """
    if len(url) > MOST_CHARACTERS:
        raise TargetRefused(f"a webhook's address has {MOST_CHARACTERS} characters at most")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise TargetRefused(f"this is no address of a webhook: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise TargetRefused("a webhook's address begins with https://")
    if parsed.userinfo or parsed.fragment:
        raise TargetRefused("a webhook's address holds no password and no #: deliveries are signed instead")
    address = _address(parsed.host)
    if address is not None and (address.is_link_local or address.is_multicast or address.is_unspecified):
        raise TargetRefused("no webhook is at such an address")
    here = parsed.host == "localhost" or (address is not None and address.is_loopback)
    if parsed.scheme == "http" and not here and not insecure:
        raise TargetRefused("a webhook's address begins with https:// unless it is on this machine (or --insecure)")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
