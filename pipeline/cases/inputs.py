"""From messages of hits and anomalies, keyed by what was read, to inputs of cases, keyed by the vehicle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pipeline.cases.findings import KINDS
from pipeline.cases.hits import vehicle_of
from pipeline.cases.records import InputRecord, OriginRecord, changed
from pipeline.messages import Message
from pipeline.outcome import Rejection
from schemas.anomaly import Anomaly
from schemas.camera import Camera
from schemas.case_input import CaseInput
from schemas.codec import Refused, decoder
from schemas.hit import Hit

__all__ = ["Inputs"]


class Inputs:
    """Makes the input of a message; None: it is nothing for a case."""

    def __init__(self, logs: Mapping[str, str], cameras: Mapping[str, Camera]) -> None:
        """logs: topic → log identity."""
        self._logs, self._cameras = logs, cameras
        self._makers: Mapping[str, tuple[Callable[[bytes], Any], Callable[[Any], CaseInput | None]]] = {
            "hits": (decoder(Hit), self._of_hit),
            "anomalies": (decoder(Anomaly), self._of_anomaly),
        }

    def __call__(self, message: Message, now: datetime) -> CaseInput | Rejection | None:
        """now: our clock."""
        decode, make = self._makers[message.topic]
        try:
            given = make(decode(message.value))
        except Refused as refused:
            return Rejection(message, refused.reason, refused.detail)
        if given is None:
            return None
        if not given.plate.isalnum():
            return Rejection(message, "no_plate_text", "a vehicle has a plate without wildcards")
        origin = OriginRecord(log=self._logs[message.topic], partition=message.partition, offset=message.offset)
        return changed(given, at=now, origin=origin)

    def _of_hit(self, hit: Hit) -> CaseInput:
        camera = self._cameras.get(hit.camera_id)
        return InputRecord(
            plate=vehicle_of(hit.match, hit.plate, hit.listed_plate),
            at=hit.received_at,
            hit=hit,
            place=hit.position or (camera.position if camera else None),
        )

    def _of_anomaly(self, anomaly: Anomaly) -> CaseInput | None:
        if anomaly.kind not in KINDS or anomaly.plate is None:
            return None
        return InputRecord(plate=anomaly.plate, at=anomaly.observed_at, anomaly=anomaly)
