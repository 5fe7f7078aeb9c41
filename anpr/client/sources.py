"""Where hits come from: the topics themselves, or the API process over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

__all__ = ["Http", "Kafka", "Start"]

Start = Literal["now", "oldest"]


@dataclass(frozen=True, slots=True)
class Kafka:
    """The platform's Kafka, for programs inside its network. Rights are those of the Kafka user."""

    bootstrap: str
    """host:port[,host:port…]"""
    program: str
    """Name of the program: its consumer group. Instances of one program share it, and with it the hits; two programs
    must not. At most as many instances get hits as the topic has partitions (12)."""
    start: Start = "now"
    """Where a program begins that was never here before; after that it goes on where it stopped."""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """More librdkafka settings: `security.protocol` and the like. Never printed."""


@dataclass(frozen=True, slots=True)
class Http:
    """The API process (`anpr serve`), for programs that only have HTTP. Rights are those of the token."""

    url: str
    """http(s)://host:port of the API."""
    token: str = field(repr=False)
    """As `anpr subscribers add` printed it."""
    position: Path | None = None
    """File in which the place in the stream is kept, so that a program that was ended goes on there; None: it begins
    at `start` each time. One file for each program."""
    start: Start = "now"
    """Where to begin without a place."""
    ca_file: Path | None = None
    """Certificate authority of the API; None: those of the machine."""
