"""A real notices worker in a process of its own: verdicts in, notices out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pipeline.identity import fact_id
from schemas.codec import decoder, encode
from schemas.lez import LezPass, LezPermits, LezVerdict
from schemas.lez_notice import Decision, LezNotice
from tests.pipeline.flows.workplace import Workplace
from tests.pipeline.notices import builders
from tests.pipeline.runtime.workers import DEADLINE_S, until

decode_notice = decoder(LezNotice)
Notices = dict[UUID, LezNotice]


class NoticeDesk(Workplace):
    """The notices worker."""

    worker = "notices"

    def send_verdicts(self, verdicts: Iterable[LezVerdict]) -> None:
        """As the stage judge writes them."""
        self.send("lez-verdicts", ((one.plate, encode(one)) for one in verdicts))

    def send_passes(self, passes: Iterable[LezPass]) -> None:
        """As the seller's register writes them."""
        self.send("lez-passes", ((one.plate, encode(one)) for one in passes))

    def send_permits(self, plate: str, permits: LezPermits | None) -> None:
        """As the register of exemptions writes them. None: nothing is granted any more."""
        self.send("lez-permits", [(plate, None if permits is None else encode(permits))])

    def decide(self, notice: LezNotice, what: Decision, **changes: Any) -> None:
        """As whoever decides writes it."""
        said = builders.decision(notice, what, plate=notice.plate, at=datetime.now(UTC), **changes)
        self.send("lez-inputs", [(notice.plate, encode(said))])

    def told(self, plates: Iterable[str]) -> Sequence[LezNotice]:
        """Every state that was told of these plates, in the order of the log."""
        wanted = set(plates)
        found = (decode_notice(message.value) for message in self.messages("lez-notices"))
        return [one for one in found if one.plate in wanted]

    def notices(self, plates: Iterable[str]) -> Notices:
        """The notices of these plates as they stand: the highest revision holds."""
        latest: Notices = {}
        for one in self.told(plates):
            if one.notice_id not in latest or one.revision >= latest[one.notice_id].revision:
                latest[one.notice_id] = one
        return latest

    def await_notices(
        self, plates: Iterable[str], enough: Callable[[Notices], object], what: str, deadline_s: float = DEADLINE_S
    ) -> Notices:
        """The notices once they are as `enough` wants them. Raises TimeoutError."""
        found: Notices = {}

        def look() -> None:
            found.clear()
            found.update(self.notices(plates))

        until(lambda: bool(found) and bool(enough(found)), look, what, deadline_s)
        return found


def ago(days: float, **more: float) -> datetime:
    """A moment so long before now."""
    return datetime.now(UTC) - timedelta(days=days, **more)


def verdict_of(plate: str, captured_at: datetime, **changes: Any) -> LezVerdict:
    """The verdict on a passage of the barred diesel with this plate, known of now."""
    known_at = changes.pop("known_at", ago(0))
    name = changes.pop("name", f"{plate} {captured_at}")
    return builders.verdict("", name=name, plate=plate, captured_at=captured_at, known_at=known_at, **changes)


def pass_of(plate: str, captured_at: datetime, **changes: Any) -> LezPass:
    """A pass for the day of a passage, bought an hour after it."""
    day = builders.LAWS["brussels"].local_day(captured_at).isoformat()
    bought_at = captured_at + timedelta(hours=1)
    fields = {"plate": plate, "pass_id": fact_id("test-pass", plate, day)}
    return builders.day_pass(day, bought_at, **fields | changes)
