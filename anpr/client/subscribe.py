"""The calls that a program makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar, cast, get_args

from anpr.client.cameras import CameraZones
from anpr.client.http import HttpFeed
from anpr.client.kafka import KafkaFeed
from anpr.client.sources import Http, Kafka
from anpr.client.subscription import Subscription
from schemas.case import Case, CaseState
from schemas.hit import Hit
from schemas.hotlist import ListKind
from schemas.selection import LOWEST_PRIORITY, AlertClass, HitSelection, Selector

__all__ = ["subscribe", "subscribe_cases"]

Text = TypeVar("Text", bound=str)


def subscribe(
    *,
    source: Kafka | Http,
    kind: ListKind | Iterable[ListKind] = (),
    zone: str | Iterable[str] = (),
    alert_class: AlertClass | Iterable[AlertClass] = (),
    priority: int = LOWEST_PRIORITY,
    late: bool = True,
    retroactive: bool = True,
    withdrawn: bool = True,
    idle_s: float | None = None,
) -> Subscription[Hit]:
    """Hits as they come, for ever (or until none came for `idle_s`).

    kind, zone, alert_class: one or several; none: all. A hit is of the zone that owns the entry and of the one in which
    the camera stands; at a camera that nobody knows it is of every zone (over HTTP: that the token may see).
    priority: only hits at least as urgent, 0 life in danger … 100 all. late, retroactive: old passages too.
    withdrawn: withdrawals too, whatever their class and priority: who acted on a hit must learn that it is none.
    Raises ValueError for a kind or class that there is not, SubscriptionFailed when waiting will not help.
    """
    selection = HitSelection(
        kinds=_known(kind, get_args(ListKind), "kind of list"),
        zones=_several(zone),
        classes=_known(alert_class, get_args(AlertClass), "class"),
        priority=priority,
        late=late,
        retroactive=retroactive,
        withdrawn=withdrawn,
    )
    if isinstance(source, Http):
        return Subscription(HttpFeed(source, selection), idle_s)
    cameras = CameraZones(source) if selection.zones else None
    zones: Mapping[str, str | None] = {} if cameras is None else cameras.zones
    feed = KafkaFeed(source, "hits", Hit, Selector(selection, zones).takes, cameras)
    return Subscription(feed, idle_s)


def subscribe_cases(
    *,
    source: Kafka,
    kind: ListKind | Iterable[ListKind] = (),
    state: CaseState | Iterable[CaseState] = (),
    idle_s: float | None = None,
) -> Subscription[Case]:
    """Cases as they change: the highest revision of a case holds. As `subscribe` in all else.

    kind: cases in which a list of such a kind was hit. state: only cases that came into such a state.
    """
    kinds = _known(kind, get_args(ListKind), "kind of list")
    states = _known(state, get_args(CaseState), "state")

    def takes(case: Case) -> bool:
        return (not kinds or not kinds.isdisjoint(case.list_kinds)) and (not states or case.state in states)

    return Subscription(KafkaFeed(source, "cases", Case, takes, None), idle_s)


def _several(given: str | Iterable[str]) -> frozenset[str]:
    return frozenset((given,) if isinstance(given, str) else given)


def _known(given: Text | Iterable[Text], there_are: tuple[Text, ...], what: str) -> frozenset[Text]:
    """Of names from a closed list: a misspelt one would wait for ever for what cannot come."""
    wanted = _several(given)
    if unknown := sorted(wanted - set(there_are)):
        raise ValueError(f"there is no {what} {unknown[0]!r}: one of {', '.join(there_are)}")
    return cast(frozenset[Text], wanted)
