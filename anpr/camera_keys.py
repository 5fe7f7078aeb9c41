"""Which devices may upload, and how far they have come, as the topics say now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.reference import Reference, ReferenceReader
from schemas.base import Contract
from schemas.camera_key import CameraKey
from schemas.codec import current_form, decoder
from schemas.upload import Upload

__all__ = ["known_keys", "known_uploads"]

C = TypeVar("C", bound=Contract)


def known_keys(kafka: KafkaConfig) -> Sequence[CameraKey]:
    """All, the revoked ones too, by device. Raises KafkaUnusable, KafkaException."""
    found = _held(kafka, "camera-keys", CameraKey)
    return sorted(found, key=lambda key: key.device)


def known_uploads(kafka: KafkaConfig) -> Sequence[Upload]:
    """The newest upload of each spool."""
    return _held(kafka, "uploads", Upload)


def _held(kafka: KafkaConfig, topic: str, contract: type[C]) -> Sequence[C]:
    """Contracts themselves, not their fast twins: what a command changes and prints."""
    values: dict[bytes, C] = {}
    decode, current = decoder(contract), current_form(contract)

    def put(key: bytes, value: bytes) -> None:
        values[key] = contract.model_validate_json(value)

    def checked(value: bytes) -> bytes:
        decode(value)
        return current(value)

    def remove(key: bytes) -> None:
        values.pop(key, None)

    reader = ReferenceReader(kafka, Reference(topic, checked, put, remove, values.__len__))
    try:
        reader.load()
    finally:
        reader.close()
    return list(values.values())
