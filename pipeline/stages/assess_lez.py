"""assess_lez: judge each passage at a camera of a low-emission zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pipeline.decoding import decode_each
from pipeline.identity import digests_of, mixed_id
from pipeline.lez.answers import Answers
from pipeline.lez.book import LawBook
from pipeline.lez.registry.passes import PassBook
from pipeline.lez.registry.permits import PermitBook
from pipeline.lez.registry.vehicles import ASK, NOT_A_PLATE, VehicleRegistry
from pipeline.lez.verdict_parts import passage_part
from pipeline.messages import Batch, Message
from pipeline.outcome import Emit, Outcome, Rejection
from schemas.camera import Camera
from schemas.codec import decoder, encode
from schemas.passage import Passage

__all__ = ["AssessLez"]

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
_zone_digest, _plate_digest = digests_of("zone"), digests_of("plate")
PATTERNED = frozenset({"camera_id", "plate", "country"})
"""Those whose form is looked at here, where it is new: their patterns take as long as all the rest."""


class _Zone(NamedTuple):
    answers: Answers
    digest: int
    """Of its part in the identifiers of verdicts."""


class AssessLez:
    """Passages in, verdicts out: one per passage and zone that its camera watches."""

    def __init__(
        self,
        laws: Mapping[str, LawBook],
        cameras: Mapping[str, Camera],
        vehicles: VehicleRegistry,
        passes: PassBook,
        permits: PermitBook,
        topic: str = "lez-verdicts",
    ) -> None:
        self._cameras, self._vehicles, self._passes, self._topic = cameras, vehicles, passes, topic
        self._zones = {
            name: _Zone(Answers(law, vehicles.profiles, passes, permits), _zone_digest(law.zone.encode()))
            for name, law in laws.items()
        }
        self._decode: Callable[[bytes], Passage] = decoder(Passage, USED, PATTERNED)
        self._check: Callable[[bytes], Passage] = decoder(Passage, USED)
        self._countries: set[str | None] = {None}

    def __call__(self, batch: Batch) -> Outcome:
        """Judge by the law of the moment of the passage, as known when its read was received.

        Rejected: `unknown_camera`. Dropped: `outside_zones`, `zone_without_law`.
        """
        outcome = Outcome()
        self._passes.forget_old(batch.now.date())
        read = list(decode_each(batch.messages, self._decode, outcome.rejected))
        if not read:
            return outcome
        plates, oldest = [passage.plate for _, passage in read], min(passage.captured_at for _, passage in read)
        seen = self._vehicles.look(plates, oldest)
        for (message, passage), profile, day in zip(read, seen.profiles, seen.days, strict=True):
            camera = self._cameras.get(passage.camera_id)
            if camera is None or profile == NOT_A_PLATE or passage.country not in self._countries:
                camera = self._looked_at_closely(message, outcome)
            if camera is None:
                continue
            if camera.lez_zones:
                self._assess(passage, camera.lez_zones, profile, day, outcome)
            else:
                outcome.dropped["outside_zones"] += 1
        return outcome

    def _looked_at_closely(self, message: Message, outcome: Outcome) -> Camera | None:
        """The camera of a passage whose form was not looked at yet; None: it was rejected."""
        for _, passage in decode_each([message], self._check, outcome.rejected):
            self._countries.add(passage.country)
            camera = self._cameras.get(passage.camera_id)
            if camera is None:
                outcome.rejected.append(Rejection(message, "unknown_camera", _unknown(passage.camera_id)))
            return camera
        return None

    def _assess(self, passage: Passage, zones: Sequence[str], profile: int, day: int, outcome: Outcome) -> None:
        if profile == ASK:
            profile, day = self._vehicles.bearer(passage.plate, passage.country, passage.captured_at)
        key = passage.plate.encode()
        digest = _plate_digest(key)
        for name in zones:
            zone = self._zones.get(name)
            if zone is None:
                outcome.dropped["zone_without_law"] += 1
                continue
            own = passage_part(
                # As `derived_id(passage_id, "zone …", "plate …")` has it.
                verdict_id=mixed_id(passage.passage_id, zone.digest ^ digest),
                revision=passage.revision,
                withdrawn=passage.withdrawn,
                passage_id=passage.passage_id,
                plate=passage.plate,
                camera_id=passage.camera_id,
                captured_at=passage.captured_at,
                known_at=passage.received_at,
            )
            told = encode(own)[:-1] + zone.answers.part(passage, profile, day)
            outcome.emitted.append(Emit(self._topic, key, told))


def _unknown(camera_id: str) -> str:
    return f"camera {camera_id} is not registered, so its zones are not known: add it to the topic cameras"
