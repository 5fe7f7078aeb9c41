"""Which cameras are registered, as the topic says now."""

from __future__ import annotations

from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.reference import Reference, ReferenceReader
from schemas.camera import Camera
from schemas.codec import decoder

__all__ = ["known_cameras"]


def known_cameras(kafka: KafkaConfig) -> dict[str, Camera]:
    """Cameras by id; records that cannot be used are left to the workers' dead letters."""
    found: dict[str, Camera] = {}

    def put(_key: bytes, camera: Camera) -> None:
        found[camera.camera_id] = camera

    def remove(key: bytes) -> None:
        found.pop(key.decode("utf-8", "replace"), None)

    reader = ReferenceReader(kafka, Reference("cameras", decoder(Camera), put, remove, found.__len__))
    reader.load()
    reader.close()
    return found
