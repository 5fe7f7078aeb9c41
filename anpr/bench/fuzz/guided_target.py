"""What atheris feeds: the first byte chooses a decoder, the others are its input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anpr.bench.fuzz.decoders import decoded
from pipeline.hotlist.entries import decode_listed
from schemas.codec import Refused, decoder
from schemas.registry import CONTRACTS

__all__ = ["DECODERS", "one_input"]

DECODERS: list[Callable[[bytes], Any]] = [*(decoder(model) for model in CONTRACTS.values()), decode_listed, decoded]


def one_input(data: bytes) -> None:
    """Raises what a decoder may not raise."""
    if not data:
        return
    try:
        DECODERS[data[0] % len(DECODERS)](data[1:])
    except Refused:
        return
