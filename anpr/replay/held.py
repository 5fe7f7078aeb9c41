"""What a store holds before a recording is played into it: nothing, the same, or something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from clickhouse_connect.driver.client import Client

from replay.recording.format import RecordingInfo
from replay.recording.reader import Recording
from replay.recording.summary import document_of

__all__ = ["Held", "decided_notices", "what_is_held"]

SAMPLE = 2_000
MOST_CAMERAS = 500
"""More are not named in the question: then it is about the time alone."""
FOREIGN_SHARE = 0.01
"""Of the sample: at the edges of a recording a passage may stand on a read that came just before."""
ROWS = """SELECT count() AS total, countIf(
    (empty({cameras:Array(String)}) OR camera_id IN {cameras:Array(String)})
    AND captured_at + toIntervalMillisecond(received_after_ms) >= {since:DateTime64(3, 'UTC')}
    AND captured_at + toIntervalMillisecond(received_after_ms) <= {until:DateTime64(3, 'UTC')}
) AS inside FROM passages"""
SOME = """SELECT passage_id, best_read_id, frame_id FROM passages_unpacked
WHERE (empty({cameras:Array(String)}) OR camera_id IN {cameras:Array(String)})
    AND received_at >= {since:DateTime64(3, 'UTC')} AND received_at <= {until:DateTime64(3, 'UTC')}
ORDER BY cityHash64(passage_id) LIMIT {sample:UInt32}"""
ALL = "SELECT count() AS total FROM passages"
DECIDED = """SELECT count() FROM notices_now WHERE decided_by != ''
    AND captured_at >= {since:DateTime64(3, 'UTC')} AND captured_at <= {until:DateTime64(3, 'UTC')}"""


@dataclass(frozen=True, slots=True)
class Held:
    """Passages in a store, against a recording."""

    elsewhere: int
    """Rows at other cameras or of another time."""
    here: int
    """Rows at its cameras, received in its time."""
    foreign: int = 0
    """Of a sample of these: those that come from no message of the recording."""
    sampled: int = 0

    @property
    def mixed(self) -> bool:
        """Whether other passages stand where the recording's will: nobody could tell them apart afterwards."""
        return self.foreign > FOREIGN_SHARE * self.sampled

    @property
    def empty(self) -> bool:
        """No passage at all."""
        return not self.elsewhere and not self.here


def what_is_held(client: Client, recording: Recording) -> Held:
    """Look into the store, and for a sample of what is there into the recording."""
    asked = _question(recording.info)
    if asked is None:
        return Held(elsewhere=int(client.query(ALL).result_rows[0][0]), here=0)
    total, inside = map(int, client.query(ROWS, parameters=asked).result_rows[0])
    if not inside:
        return Held(elsewhere=total, here=0)
    rows = client.query(SOME, parameters={**asked, "sample": SAMPLE}).result_rows
    return Held(total - inside, inside, foreign=_foreign(recording, rows), sampled=len(rows))


def decided_notices(client: Client, recording: Recording) -> int:
    """Notices on passages of the recording's time that somebody has decided. client: of the zones' database."""
    asked = _question(recording.info)
    if asked is None:
        return 0
    times = {name: asked[name] for name in ("since", "until")}
    return int(client.query(DECIDED, parameters=times).result_rows[0][0])


def _question(info: RecordingInfo) -> dict[str, Any] | None:
    """Cameras and time of the recording; None: it holds nothing that passages come of."""
    if info.received_from is None or info.received_until is None:
        return None
    cameras = list(info.cameras) if len(info.cameras) <= MOST_CAMERAS else []
    return {"cameras": cameras, "since": info.received_from, "until": info.received_until}


class _Ids(msgspec.Struct):
    passage_id: UUID | None = None
    read_id: UUID | None = None
    frame_id: UUID | None = None


def _foreign(recording: Recording, rows: Sequence[Sequence[UUID]]) -> int:
    """How many of these passages come from no message of the recording."""
    owners = {some: passage for passage, read, frame in rows for some in (passage, read, frame) if some.int}
    wanting = {passage for passage, _, _ in rows}
    decode = msgspec.json.Decoder(_Ids).decode
    contracts = {topic.topic: topic.contract for topic in recording.info.topics}
    placed = [topic for topic, contract in contracts.items() if contract in ("frame", "read", "passage")]
    for message in recording.messages(placed):
        document = document_of(message, contracts[message.topic])
        if document and message.version is not None:
            ids = decode(document)
            for some in (ids.passage_id, ids.read_id, ids.frame_id):
                if some in owners:
                    wanting.discard(owners[some])
    return len(wanting)
