"""assess_lez: judge each passage at a camera of a low-emission zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.decoding import decode_each
from pipeline.identity import derived_id
from pipeline.lez.judge import judge
from pipeline.lez.law import LawBook
from pipeline.lez.registry import PassBook, VehicleRegistry
from pipeline.messages import Batch
from pipeline.outcome import Emit, Outcome, Rejection
from schemas.camera import Camera
from schemas.codec import compiled, decoder, encode
from schemas.lez import LezVerdict
from schemas.passage import Passage

__all__ = ["AssessLez"]

VerdictRecord = compiled(LezVerdict)
USED = frozenset(
    {
        "passage_id",
        "revision",
        "withdrawn",
        "camera_id",
        "captured_at",
        "received_at",
        "plate",
        "country",
        "certainty",
    }
)
"""Fields of a passage that the law asks for. The others are not decoded: that is half of the stage's time."""


class AssessLez:
    """Passages in, verdicts out: one per passage and zone that its camera watches."""

    def __init__(
        self,
        laws: Mapping[str, LawBook],
        cameras: Mapping[str, Camera],
        vehicles: VehicleRegistry,
        passes: PassBook,
        topic: str = "lez-verdicts",
    ) -> None:
        self._laws, self._cameras, self._vehicles, self._passes = laws, cameras, vehicles, passes
        self._topic = topic
        self._decode: Callable[[bytes], Passage] = decoder(Passage, USED)

    def __call__(self, batch: Batch) -> Outcome:
        """Judge by the law of the moment of the passage, as known when its read was received.

        Rejected: `unknown_camera`. Dropped: `outside_zones`, `zone_without_law`.
        """
        outcome = Outcome()
        for message, passage in decode_each(batch.messages, self._decode, outcome.rejected):
            camera = self._cameras.get(passage.camera_id)
            if camera is None:
                outcome.rejected.append(Rejection(message, "unknown_camera", _unknown(passage.camera_id)))
            elif not camera.lez_zones:
                outcome.dropped["outside_zones"] += 1
            else:
                for zone in camera.lez_zones:
                    self._assess(passage, zone, outcome)
        return outcome

    def _assess(self, passage: Passage, zone: str, outcome: Outcome) -> None:
        law = self._laws.get(zone)
        if law is None:
            outcome.dropped["zone_without_law"] += 1
            return
        verdict = self._verdict(passage, law)
        outcome.emitted.append(Emit(self._topic, passage.plate.encode(), encode(verdict)))

    def _verdict(self, passage: Passage, law: LawBook) -> LezVerdict:
        vehicle = self._vehicles.get(passage.plate)
        known_at = passage.received_at
        passes = self._passes.of(passage.plate)
        found = judge(law, vehicle, passage.country, passes, at=passage.captured_at, known_at=known_at)
        return VerdictRecord(
            verdict_id=derived_id(passage.passage_id, f"zone {law.zone}", f"plate {passage.plate}"),
            revision=passage.revision,
            withdrawn=passage.withdrawn,
            passage_id=passage.passage_id,
            zone=law.zone,
            plate=passage.plate,
            camera_id=passage.camera_id,
            captured_at=passage.captured_at,
            known_at=known_at,
            verdict=found.verdict,
            action=found.action if passage.certainty == "sure" else "none",
            rule=found.rule,
            reason=found.reason,
            fine_eur=found.fine_eur if passage.certainty == "sure" else None,
            sure=passage.certainty == "sure" and found.verdict != "unknown",
            category=vehicle.category if vehicle else None,
            fuel=vehicle.fuel if vehicle else None,
            euro=found.euro,
            country=vehicle.country if vehicle else passage.country,
        )


def _unknown(camera_id: str) -> str:
    return f"camera {camera_id} is not registered, so its zones are not known: add it to the topic cameras"
