"""A file that leaves the platform, as an answer."""

from __future__ import annotations

import base64
from typing import Any, Protocol

from starlette.responses import Response

from console.searching.export import FORMATS

__all__ = ["EXPORTS", "file_answer"]

EXPORTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {media.split(";")[0]: {} for media in FORMATS.values()}}
}
"""For the `responses` of a route that gives results in each of the formats."""


class Made(Protocol):
    """A file that was made, and recorded before it is handed out."""

    @property
    def content(self) -> bytes:
        """All of it."""
        ...

    @property
    def file_name(self) -> str:
        """As it is to be kept."""
        ...

    @property
    def sha256(self) -> str:
        """Of its bytes, hex."""
        ...


def file_answer(made: Made, media_type: str) -> Response:
    """With its name and digest (RFC 9530), kept by no browser."""
    digest = base64.b64encode(bytes.fromhex(made.sha256)).decode()
    headers = {
        "Content-Disposition": f'attachment; filename="{made.file_name}"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "Cache-Control": "no-store",
    }
    return Response(made.content, media_type=media_type, headers=headers)
