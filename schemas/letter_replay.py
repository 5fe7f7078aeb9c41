"""`letter_replay`: that the message of a dead letter is put back into its topic. Who asked for it is in the audit."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.base import UUID, Contract, Instant

__all__ = ["LetterReplay"]

Offset = Annotated[int, Field(ge=0, le=2**63 - 1)]


class LetterReplay(Contract):
    """One step of putting a message back: `begun` before it is sent, `done` when it lies there.

    Messages of one `replay_id` are read in their order. The first `begun` holds, until a `done`, or until a later
    `begun` that is half a minute younger: its run has died.
    """

    contract: ClassVar[str] = "letter_replay"
    version: ClassVar[int] = 1

    schema_version: Literal[1] = 1
    """Version of this contract."""
    replay_id: UUID
    """UUIDv5 of topic, log, partition and offset of the message that was refused: letters of several stages about one
    message are one replay."""
    dead_letter_id: UUID
    """The letter by which it was chosen; the message that is put back has it in its header `replay_of`."""
    run_id: UUID
    """The run of the command that says so."""
    state: Literal["begun", "done"]
    """begun: it is sent now, or it was and nobody said so any more. done: it lies there, and is never sent again."""
    at: Instant
    """Our clock when it was said."""
    topic: Annotated[str, StringConstraints(min_length=1, max_length=249)]
    """Where it is put."""
    partition: Annotated[int, Field(ge=0, le=2**31 - 1)]
    """Partition there."""
    begin_offset: Offset
    """End of that partition before it was sent: it lies there or behind."""
    offset: Offset | None = None
    """Where it lies; absent while it is only begun."""
    repaired: bool = False
    """True: its value or key is another one than that of the letter."""
