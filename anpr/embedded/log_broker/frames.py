"""From the bytes of a request to a call, and from its outcome to the bytes of an answer."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from anpr.embedded.log_broker import wire
from anpr.embedded.log_broker.broker import Broker
from anpr.embedded.log_broker.codec import Body, codec
from anpr.embedded.log_broker.errors import Code
from anpr.embedded.log_broker.layouts import apis
from anpr.embedded.log_broker.requests import Answer, Request
from anpr.embedded.log_broker.table import API_VERSIONS, HANDLERS, offered
from anpr.embedded.log_broker.wire import Malformed, Reader

__all__ = ["Call", "perform", "read_call"]

_HEADER = struct.Struct(">hhi")
_SIZE = struct.Struct(">i")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been read, and how its answer is to be written."""

    key: int
    correlation: int
    request: Request
    offered: bool = True
    """False: a version of ApiVersions that is not known here, which is answered all the same, to say so."""

    @property
    def name(self) -> str:
        """Of the API, with the version."""
        return f"{apis()[self.key].name} v{self.request.version}"

    def answer(self, body: Body) -> bytearray:
        """The bytes of an answer, its size in front."""
        layout = codec(self.key, self.request.version)
        out = bytearray(4)
        out += _SIZE.pack(self.correlation)
        # The answer to ApiVersions has the old header in all versions: who asks does not know yet what we speak.
        if layout.flexible and self.key != API_VERSIONS:
            wire.put_tags(out)
        layout.write_response(out, body)
        _SIZE.pack_into(out, 0, len(out) - 4)
        return out


def read_call(frame: bytes, client_host: str) -> Call:
    """Raises Malformed for bytes that are no request, or for one that is not offered."""
    reader = Reader(memoryview(frame))
    key, version, correlation = reader.unpack(_HEADER)
    assert isinstance(key, int)
    assert isinstance(version, int)
    assert isinstance(correlation, int)
    if key not in HANDLERS:
        raise Malformed(f"API {key} is not offered")
    if version not in apis()[key].versions:
        if key == API_VERSIONS:
            return Call(key, correlation, Request(0, {}, "", client_host), offered=False)
        raise Malformed(f"{apis()[key].name} v{version} is not offered")
    client_id = wire.string(reader, compact=False) or ""
    layout = codec(key, version)
    if layout.flexible:
        wire.skip_tags(reader)
    return Call(key, correlation, Request(version, layout.read_request(reader), client_id, client_host))


def perform(broker: Broker, call: Call) -> Answer:
    """Do what is asked for."""
    if not call.offered:
        return {"error_code": Code.UNSUPPORTED_VERSION, "api_keys": offered()}
    return HANDLERS[call.key](broker, call.request)
