"""Whether a message could be taken at all: what its contract and its key say, before it is put back."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from pipeline.hotlist.entries import decode_listed
from pipeline.runtime.dead_letters import HEADER, Headers
from schemas.codec import Refused, decoder
from schemas.registry import CONTRACTS
from topics.model import TopicSpec
from topics.spec import all_topics

__all__ = ["why_unfit"]

IN_HEADER = {"frames": "frame", "dead-letters": HEADER}
"""Topics whose contract is that of a header; of their value only its readers can judge."""
STRICTER: dict[str, Callable[[bytes], Any]] = {"hotlist": decode_listed}


def why_unfit(topic: str, key: bytes | None, value: bytes, headers: Headers) -> str:
    """What every reader of the topic would refuse, in words without a plate; empty: nothing. Stages may refuse more."""
    spec = all_topics().get(topic)
    if spec is None:
        return f"there is no topic {topic} any more"
    if not value and "compact" in spec.cleanup:
        return "" if key else "key_missing: a removal needs the key of what goes"
    told = dict(headers).get(IN_HEADER[topic]) if topic in IN_HEADER else value
    if told is None:
        return f"header_missing: the header {IN_HEADER[topic]} says what it is"
    try:
        _decoder(topic)(told)
    except Refused as refused:
        return f"{refused.reason}: {refused.detail}"
    return _fault_of_key(spec, key, told)


def _fault_of_key(spec: TopicSpec, key: bytes | None, told: bytes) -> str:
    """Of a key that is a field of the message; pictures and letters are told by a header, and keep any key."""
    if spec.name in IN_HEADER:
        return "" if key or spec.name != "frames" else "key_missing: a frame needs its camera id as key"
    said = json.loads(told).get(spec.key.field)
    if said is None or (key or b"") == str(said).encode():
        return ""
    return f"key_mismatch: key is not the {spec.key.field} of the message" if key else "key_missing: it has no key"


@cache
def _decoder(topic: str) -> Callable[[bytes], Any]:
    return STRICTER.get(topic) or decoder(CONTRACTS[all_topics()[topic].contract.name])
