"""A member of a consumer group, as its coordinator sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from anpr.embedded.log_broker.codec import Body
from anpr.embedded.log_broker.errors import Code

__all__ = ["Joining", "Member", "Reply"]

Reply = Callable[[Body], None]
"""Takes the answer to a request that had to wait."""


@dataclass(frozen=True)
class Joining:
    """A request to join a group."""

    member_id: str
    """Empty at the first time."""
    instance_id: str | None
    """Of a static member, which keeps its place over a restart."""
    client_id: str
    client_host: str
    session_s: float
    rebalance_s: float
    protocol_type: str
    protocols: tuple[tuple[str, bytes], ...]
    """Names and metadata of the ways to share partitions that it knows, the best first."""
    must_have_id: bool
    """Whether a member without an id is first given one and asked to come again."""


@dataclass(eq=False)
class Member:
    """One member; `joining` and `syncing` answer it while it waits for the others or for the leader."""

    member_id: str
    wish: Joining
    alive_until_s: float
    assignment: bytes = b""
    joining: Reply | None = None
    syncing: Reply | None = None

    @property
    def instance_id(self) -> str | None:
        """Of a static member."""
        return self.wish.instance_id

    @property
    def waiting(self) -> bool:
        """Whether it waits for us, and so cannot be asked to send heartbeats."""
        return self.joining is not None or self.syncing is not None

    def knows(self, protocol: str) -> bytes | None:
        """Its metadata for a protocol."""
        return dict(self.wish.protocols).get(protocol)

    def seen(self, now_s: float) -> None:
        """It gave a sign of life."""
        self.alive_until_s = now_s + self.wish.session_s

    def answer_join(self, body: Body) -> None:
        """Answer its request to join, if it waits for that."""
        reply, self.joining = self.joining, None
        if reply:
            reply(body)

    def answer_sync(self, body: Body) -> None:
        """Answer its request for an assignment, if it waits for that."""
        reply, self.syncing = self.syncing, None
        if reply:
            reply(body)

    def dismiss(self, code: Code) -> None:
        """Answer whatever it waits for with an error."""
        self.answer_join({"error_code": code, "member_id": self.member_id})
        self.answer_sync({"error_code": code})
