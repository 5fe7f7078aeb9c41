"""Who may upload now, and for which cameras, as the topic of camera keys says."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from anpr.door.tokens import device_of, hashed
from schemas.camera_key import CameraKey
from schemas.codec import Refused, decoder

__all__ = ["Device", "Keys", "NotAdmitted"]


class NotAdmitted(Exception):
    """No token of ours, or one that no longer holds."""


class Device:
    """A device that was admitted."""

    __slots__ = ("cameras", "name")

    def __init__(self, key: CameraKey) -> None:
        self.name = key.device
        self.cameras = frozenset(key.cameras)
        """Those that it may upload for."""


class Keys:
    """Keys by device; fed from the topic, asked for each request. One thread."""

    def __init__(self) -> None:
        self._known: dict[str, CameraKey] = {}
        self._decode: Callable[[bytes], CameraKey] = decoder(CameraKey)

    def put(self, key: bytes, value: bytes | None) -> None:
        """A message of the topic. Raises Refused; what held before then holds no longer: it may have been revoked."""
        device = key.decode("utf-8", "replace")
        self._known.pop(device, None)
        if not value:
            return
        record = self._decode(value)
        if record.device != device:
            raise Refused("key_mismatch", "the message's key is not its device")
        self._known[device] = record

    def holding(self) -> int:
        """How many may upload."""
        return sum(record.revoked_at is None for record in self._known.values())

    def admit(self, token: str) -> Device:
        """Whose token this is. Raises NotAdmitted."""
        device = device_of(token)
        record = self._known.get(device) if device is not None else None
        if record is None or not hmac.compare_digest(record.token_sha256, hashed(token)):
            raise NotAdmitted("this is no token of this platform")
        if record.revoked_at is not None:
            raise NotAdmitted("this token was revoked: ask the platform's administrator for a new one")
        return Device(record)
